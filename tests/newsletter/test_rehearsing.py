"""Before the work begins a letter is printed that nobody gets."""

import datetime as dt

from newsletter.rehearsing import rehearse

NOW = dt.datetime(2025, 7, 29, 7, tzinfo=dt.UTC)


def test_a_sound_installation_has_nothing_to_say(caplog):
    rehearse(now=NOW)
    assert caplog.messages == []


def test_what_is_wrong_with_every_letter_is_in_the_log_at_the_start(caplog, settings):
    settings.LINK_HOSTS = ["elsewhere.example"]
    rehearse(now=NOW)
    assert "LINK_HOSTS" in caplog.text


def test_a_letter_that_cannot_be_printed_stops_no_worker(caplog, settings):
    settings.DKIM_KEY_FILE = "/nowhere/key.pem"
    rehearse(now=NOW)
    assert "could not be printed" in caplog.text
