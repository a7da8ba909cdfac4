"""The signature of links, return addresses and hashed addresses."""

import hmac

import pytest

from mail.keyed import keyed


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_the_quick_signature_is_the_standard_one(length):
    key = bytes(number % 251 for number in range(length))
    for message in (b"", b"short", b"x" * 300):
        assert keyed(key, b"context ")(message) == hmac.digest(key, b"context " + message, "sha256")
