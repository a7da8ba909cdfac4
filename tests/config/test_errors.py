"""Breakage on our side is told as what it is."""

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.mark.parametrize(("error", "status"), [(OperationalError("away"), 503), (ValueError("ours"), 500)])
def test_a_database_that_is_away_is_another_thing_than_a_mistake(monkeypatch, error, status):
    def broken(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("django.core.handlers.base.BaseHandler.resolve_request", broken)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("30" if status == 503 else None)
