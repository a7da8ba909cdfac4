"""A mail server of one's own."""

import pytest

from tests.sink import Sink


@pytest.fixture
def mail_server(settings, tmp_path):
    """Return a function that starts a sink with a script and makes it our mail server."""
    settings.VAR_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    sinks = []

    def start(script=None) -> Sink:
        sink = Sink(script).__enter__()
        sinks.append(sink)
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        return sink

    yield start
    for sink in sinks:
        sink.__exit__()
