"""What every test may lean on."""

import base64
import ssl
import subprocess
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import translation

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the checkout; a test that needs it skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no real inputs: {SHARED} is absent")
    return SHARED


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What one test left in the cache (the slow pace of a host, counted sign-ups) is no business of the next.

    Nor is the language of the last page that it asked for.
    """
    cache.clear()
    translation.deactivate()


@pytest.fixture
def public_key(tmp_path, settings):
    """A DKIM key of our own is in force; its record in the DNS."""
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True, capture_output=True)
    command = ["openssl", "rsa", "-in", key, "-pubout", "-outform", "der"]
    public = subprocess.run(command, check=True, capture_output=True).stdout
    settings.DKIM_KEY_FILE, settings.DKIM_SELECTOR = str(key), "s1"
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    try:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files], check=True)
    except FileNotFoundError:
        pytest.skip("openssl is not here to make a certificate")
    return folder


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    return context


@pytest.fixture
def _trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
