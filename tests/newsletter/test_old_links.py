"""What the links of a letter open, and for how long: never more than on the day it came."""

import datetime as dt
import re

import pytest
import time_machine

from newsletter.preparing import prepare
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def digest():
    return make_digest(make_reader(), make_paper())


def letter_of(digest):
    digest.subscriber.refresh_from_db()
    press = prepare(digest.edition, [digest], now=NOW)
    return press.letter(press.issues[0]).html


def path_in(page, door):
    return re.search(rf"(/{door}/[^\s\"]+)\"", page)[1]


def test_the_page_of_a_letter_opens_nothing_that_the_letter_itself_opens_no_more(client, digest):
    old = path_in(letter_of(digest), "d")
    with time_machine.travel(NOW, tick=False):
        assert client.get(path_in(client.get(old).content.decode(), "preferences")).status_code == 200
    with time_machine.travel(NOW + dt.timedelta(days=31), tick=False):
        assert client.get(path_in(client.get(old).content.decode(), "preferences")).status_code == 410


def test_links_that_were_revoked_open_no_page_of_a_letter_either(client, digest):
    old = path_in(letter_of(digest), "d")
    digest.subscriber.revoke_links()
    with time_machine.travel(NOW, tick=False):
        assert client.get(old).status_code == 404


@pytest.mark.parametrize("door", ["d", "f", "c"])
def test_the_links_of_letters_after_a_move_work(client, digest, door):
    digest.subscriber.revoke_links()
    with time_machine.travel(NOW, tick=False):
        assert client.get(path_in(letter_of(digest), door)).status_code in (200, 302)
