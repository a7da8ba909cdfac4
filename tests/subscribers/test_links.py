"""Signed links: each opens its own door, nothing else opens any, and looking changes nothing."""

import datetime as dt
import random
import re

import pytest
import time_machine
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from subscribers import letters
from subscribers.models import AddressChange, Ask, ConsentRecord, Notice, Subscriber
from subscribers.tokens import BadToken, Purpose, read, sign

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

# Every door that a link of a letter or of a page opens by GET, with the purpose that opens it.
DOORS = {
    "confirm": Purpose.CONFIRM,
    "welcome": Purpose.MANAGE,
    "manage": Purpose.MANAGE,
    "manage_data": Purpose.MANAGE,
    "manage_delete": Purpose.MANAGE,
    "unsubscribe": Purpose.UNSUBSCRIBE,
    "one_click": Purpose.UNSUBSCRIBE,
    "undo": Purpose.UNDO,
    "new_address": Purpose.ADDRESS,
}
ACTS = {
    **DOORS,
    "confirm_again": Purpose.CONFIRM,
    "say_why": Purpose.UNSUBSCRIBE,
    "manage_pause": Purpose.MANAGE,
    "manage_tracking": Purpose.MANAGE,
    "manage_address": Purpose.MANAGE,
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def reader(db):
    reader = Subscriber.objects.create(email="ada@example.org")
    reader.confirm(now=NOW - dt.timedelta(days=3))
    return reader


def token_of(purpose, reader):
    """A good token of each purpose, all of them naming the same number."""
    if purpose == Purpose.CONFIRM:
        Ask.objects.get_or_create(
            pk=reader.pk,
            defaults={"email": reader.email, "limit_key": "k", "network": "n", "form": "page", "subscriber": reader}
            | {"created_at": NOW, "settled_at": NOW, "outcome": "letter"},
        )
    if purpose == Purpose.ADDRESS:
        AddressChange.objects.get_or_create(
            pk=reader.pk,
            defaults={"subscriber": reader, "email": "b@example.org", "address_hash": "h", "asked_at": NOW},
        )
    return reader.token(purpose, now=NOW)


@pytest.mark.parametrize("door", DOORS)
def test_a_token_opens_its_own_door_and_no_other(client, reader, door):
    for purpose in Purpose:
        if purpose == Purpose.UNDO:  # the last of them, since it needs somebody who left
            reader.leave(now=NOW)
        status = client.get(reverse(door, args=[token_of(purpose, reader)])).status_code
        assert status == (200 if purpose == DOORS[door] else 404), purpose


@pytest.mark.parametrize("door", ACTS)
def test_a_foreign_token_acts_nowhere(client, reader, door):
    tokens = {purpose: token_of(purpose, reader) for purpose in Purpose if purpose != ACTS[door]}
    data = {"List-Unsubscribe": "One-Click", "email": "eve@example.org", "until": "2026-04-01", "answer": "yes"}
    before = world()
    for purpose, token in tokens.items():
        assert client.post(reverse(door, args=[token]), data).status_code in (404, 405), purpose
    assert world() == before


def world():
    """All rows of this room, as they stand."""
    models = (Subscriber, Ask, ConsentRecord, Notice, AddressChange)
    return [[model_to_dict(row) for row in model.objects.order_by("pk")] for model in models]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_bit_of_a_token_counts(purpose):
    token = sign(purpose, 7, epoch=1, now=NOW)
    forged = {token[:place] + other + token[place + 1 :] for place in range(len(token)) for other in "AZaz09-_="}
    forged |= {token[:length] for length in range(len(token))} | {token + "A", token + "=", f" {token}", f"{token}\n"}
    forged |= {token.replace("A", "\u0391", 1), token.replace("A", "\uff21", 1), token.swapcase()}
    for bad in forged - {token}:
        with pytest.raises(BadToken):
            read(purpose, bad, now=NOW)


@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_no_random_token_is_ours(count):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    chance = random.Random(8)
    for _ in range(count):
        with pytest.raises(BadToken):
            read(Purpose.MANAGE, "".join(chance.choices(alphabet, k=44)), now=NOW)


def test_a_new_key_signs_and_the_old_one_still_reads(settings):
    old = sign(Purpose.MANAGE, 7, now=NOW)
    settings.LINK_KEYS = ["new", *settings.LINK_KEYS]
    assert read(Purpose.MANAGE, old, now=NOW).subject == 7
    assert sign(Purpose.MANAGE, 7, now=NOW) != old
    settings.LINK_KEYS = ["new"]
    with pytest.raises(BadToken):
        read(Purpose.MANAGE, old, now=NOW)


@pytest.mark.parametrize(("email", "count"), [("Ada@example.org", 1), ("nobody@example.org", 0)])
def test_a_lost_link_is_sent_to_readers_and_the_page_does_not_tell_who_is_one(client, reader, post, email, count):
    answer = client.post(reverse("ask_link"), {"email": email})
    assert answer.url == reverse("check_mail")
    assert "If <strong>" in client.get(answer.url).text
    assert len(post.deliver(now=NOW)) == count


def test_looking_at_every_link_of_every_letter_changes_nothing(reader, post):
    """What a scanner of a mail provider does, five times."""
    newcomer = Subscriber.objects.create(email="new@example.org")
    ask = Ask.objects.create(
        email=newcomer.email,
        limit_key="k",
        network="n",
        form="page",
        subscriber=newcomer,
        created_at=NOW,
        settled_at=NOW,
    )
    change = AddressChange.objects.create(subscriber=reader, email="b@example.org", address_hash="h", asked_at=NOW)
    letters.write(newcomer, Notice.Kind.CONFIRM, details={"ask": ask.pk}, now=NOW)
    for kind in set(Notice.Kind) - {Notice.Kind.CONFIRM}:
        letters.write(reader, kind, details={"to": "b@example.org", "change": change.pk}, now=NOW)
    sent = post.deliver(now=NOW)
    assert len(sent) == len(Notice.Kind)
    links = {
        link
        for letter in sent
        for link in re.findall(r"http://127[^/]+(/[\w/-]+/)", letter.body + str(letter.alternatives))
    }
    before, scanner = world(), Client()
    for link in sorted(links) * 5:
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200
        assert scanner.options(link).status_code in (200, 400, 405)
    assert {link.split("/")[1] for link in links} == {"confirm", "preferences", "stay", "address"}
    assert world() == before


@pytest.mark.parametrize("door", sorted({*ACTS} - {*DOORS}))
def test_a_door_that_only_acts_refuses_a_look(client, reader, door):
    assert client.get(reverse(door, args=[token_of(ACTS[door], reader)])).status_code == 405


@pytest.mark.parametrize("door", sorted({*ACTS} - {"one_click"}))
def test_no_foreign_page_can_press_a_button(reader, door):
    strict = Client(enforce_csrf_checks=True)
    token = token_of(ACTS[door], reader)
    before = world()
    assert strict.post(reverse(door, args=[token])).status_code in (403, 405)
    assert world() == before


@pytest.mark.parametrize("value", ["//evil.example", "https:evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_address_in_a_query_leads_away(client, reader, value):
    token = reader.token(Purpose.MANAGE, now=NOW)
    for name in ("next", "url", "redirect", "return_to"):
        answer = client.post(f"{reverse('welcome', args=[token])}?{name}={value}", {name: value})
        assert answer.url == reverse("welcome", args=[token])


def test_the_links_of_letters_sent_long_ago_still_read(settings):
    sent = "AwAAAAAAEtaHAAAAAwAHgzxdeMRugDGn062EvU_vIUyA"
    settings.LINK_KEYS = ["a key of today", "a key of long ago"]
    claim = read(Purpose.UNSUBSCRIBE, sent, now=NOW)
    assert (claim.subject, claim.epoch, claim.issued_at) == (1234567, 3, NOW)
    settings.LINK_KEYS = ["a key of long ago"]
    assert sign(Purpose.UNSUBSCRIBE, 1234567, epoch=3, now=NOW) == sent


def test_a_token_has_one_spelling():
    token = next(token for subject in range(99) if "_" in (token := sign(Purpose.MANAGE, subject, now=NOW)))
    with pytest.raises(BadToken):
        read(Purpose.MANAGE, token.replace("_", "/"), now=NOW)
