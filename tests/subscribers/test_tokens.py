"""What a token says and for how long: links in letters that were sent long ago are read as they were meant."""

import datetime as dt

import pytest

from subscribers.tokens import ExpiredToken, Purpose, read, sign

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SENT = {
    "CONFIRM": "AQAAAAAAARFwAAAAAwAHgzxZRTHO7l_kqzX2ORqDeMg_",
    "MANAGE": "AgAAAAAAARFwAAAAAwAHgzy_8CekmpqdZlmPL0DVVbM_",
    "UNSUBSCRIBE": "AwAAAAAAARFwAAAAAwAHgzzRXRfBUdIp6ly0Vg-R-BMi",
    "WEB_VIEW": "BAAAAAAAARFwAAAAAwAHgzwNlICivMXNjupt628FTgLB",
    "OPEN": "BQAAAAAAARFwAAAAAwAHgzxyne4yX_BS5beJv4ARL9mH",
    "CLICK": "BgAAAAAAARFwAAAAAwAHgzwil9AaQ9wywxu2x8AT4zfh",
    "FEEDBACK": "BwAAAAAAARFwAAAAAwAHgzzSVkWAn-DetZRaIHIl8HW5",
    "ADDRESS": "CAAAAAAAARFwAAAAAwAHgzyFcqyVLtBgV15BXLFrW-1t",
    "UNDO": "CQAAAAAAARFwAAAAAwAHgzy9oLz7wLhz34qZLaxyHA03",
    "FEED": "CgAAAAAAARFwAAAAAwAHgzx0dNnViqj6V5PjSbWqgGg6",
}


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_links_of_letters_sent_long_ago_still_read(purpose, settings):
    settings.LINK_KEYS = ["a key of today", "a key of long ago"]
    claim = read(purpose, SENT[purpose.name], now=NOW)
    assert (claim.subject, claim.epoch, claim.issued_at) == (70_000, 3, NOW)


def test_a_token_holds_for_its_time_and_says_afterwards_whose_it_was():
    token = sign(Purpose.CONFIRM, 7, epoch=2, now=NOW + dt.timedelta(minutes=59))
    day = dt.timedelta(days=1)
    assert read(Purpose.CONFIRM, token, now=NOW + day, max_age=day).subject == 7
    with pytest.raises(ExpiredToken) as expired:
        read(Purpose.CONFIRM, token, now=NOW + day + dt.timedelta(seconds=1), max_age=day)
    assert (expired.value.claim.subject, expired.value.claim.epoch, expired.value.claim.issued_at) == (7, 2, NOW)
    assert read(Purpose.CONFIRM, token, now=NOW + 3650 * day).subject == 7
