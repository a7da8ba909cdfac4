"""A reader moves to another address."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from readers import NOW, a_reader, link

from subscribers import preferences, signup, tokens
from subscribers.models import AddressChange, Notice, Suppression

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def new_address(asked):
    return reverse("new_address", args=[tokens.sign(tokens.Purpose.ADDRESS, asked.pk, now=NOW)])


def test_an_address_moves_only_when_the_new_one_says_so_and_the_old_one_is_told(client):
    reader = a_reader()
    old_link = link("manage", reader)
    client.post(link("manage_address", reader), {"email": "ada@new.example"})
    notice = Notice.objects.get()
    assert (notice.kind, notice.details["to"]) == ("address_new", "ada@new.example")

    page = new_address(AddressChange.objects.get())
    client.get(page)
    reader.refresh_from_db()
    assert reader.email == "ada@example.org"

    client.post(page)
    reader.refresh_from_db()
    assert reader.email == reader.email_normalised == "ada@new.example"
    assert Notice.objects.get(kind="address_old").details["to"] == "ada@example.org"
    assert client.get(old_link).status_code == 404


def test_the_old_address_can_take_the_subscription_back(client):
    reader = a_reader()
    client.post(link("manage_address", reader), {"email": "thief@example.org"})
    client.post(new_address(AddressChange.objects.get()))
    way_back = AddressChange.objects.get(pk=Notice.objects.get(kind="address_old").details["change"])
    client.post(new_address(way_back))
    reader.refresh_from_db()
    assert reader.email == "ada@example.org"


def test_a_confirmed_link_does_nothing_a_second_time(client):
    reader = a_reader()
    client.post(link("manage_address", reader), {"email": "ada@new.example"})
    page = new_address(AddressChange.objects.get())
    client.post(page)
    assert "ada@new.example" in client.post(page).content.decode()
    assert Notice.objects.filter(kind="address_old").count() == 1


def test_an_older_wish_for_an_address_ends_with_a_newer_move(client):
    reader = a_reader()
    client.post(link("manage_address", reader), {"email": "typo@example.org"})
    with time_machine.travel(NOW + dt.timedelta(minutes=1), tick=False):
        client.post(link("manage_address", reader), {"email": "right@example.org"})
        typo, right = AddressChange.objects.order_by("pk")
        client.post(new_address(right))
        client.post(new_address(typo))
    reader.refresh_from_db()
    assert reader.email == "right@example.org"


def take(email, how):
    if how == "reader":
        a_reader(email)
    else:
        Suppression.remember(email, Suppression.Reason.COMPLAINED, now=NOW)


@pytest.mark.parametrize("how", ["reader", "suppressed"])
def test_an_address_that_is_taken_gets_the_same_answer_and_no_letter(client, how):
    reader = a_reader()
    take("bob@example.org", how)
    answer = client.post(link("manage_address", reader), {"email": "bob@example.org"}, follow=True)
    assert "We have written to bob@example.org" in answer.content.decode()
    client.post(link("manage_address", reader), {"email": "Bob@EXAMPLE.org"})
    assert not Notice.objects.exists()


@pytest.mark.parametrize("how", ["reader", "suppressed"])
def test_the_file_of_ones_data_does_not_tell_who_else_is_a_reader(client, how):
    reader = a_reader()
    take("bob@example.org", how)
    told = {}
    for name in ("bob", "eve"):
        for days in range(5):  # the fourth letter of a week is none, for both
            preferences.ask_address(reader, f"{name}@example.org", now=NOW + dt.timedelta(days=days))
        data = client.get(link("manage_data", reader)).json()
        told[name] = [data["notices"], *(each["email"].count(name) for each in data["address_changes"])]
        reader.address_changes.all().delete()
    assert told["bob"] == told["eve"] == [[], 1, 1, 1]


@pytest.mark.parametrize("how", ["reader", "suppressed"])
def test_an_address_that_is_taken_meanwhile_is_not_moved_to(client, how):
    reader = a_reader()
    client.post(link("manage_address", reader), {"email": "Bob@example.org"})
    take("bob@example.org", how)
    client.post(new_address(AddressChange.objects.get()))
    reader.refresh_from_db()
    assert reader.email == "ada@example.org"


def test_ones_own_address_in_other_capitals_is_not_taken(client):
    reader = a_reader()
    client.post(link("manage_address", reader), {"email": "Ada@example.org"})
    client.post(new_address(AddressChange.objects.get()))
    reader.refresh_from_db()
    assert reader.email == "Ada@example.org"


def test_a_reader_asks_for_six_moves_a_day_and_takes_them_from_nobody_else():
    for reader in (a_reader(), a_reader("bob@example.org")):
        for number in range(8):
            preferences.ask_address(reader, f"{reader.pk}.{number}@example.org", now=NOW)
        assert reader.notices.count() == 6


def test_an_address_that_no_letter_can_go_to_is_refused_at_once(client):
    answer = client.post(link("manage_address", a_reader()), {"email": '"ada"@example.org'})
    assert answer.status_code == 422
    assert "We cannot write to such an address yet" in answer.content.decode()
    assert not AddressChange.objects.exists()


def test_a_strangers_inbox_cannot_be_filled_through_the_form(client):
    first, second = a_reader(), a_reader("bob@example.org")
    for reader in (first, second, first, second):
        client.post(link("manage_address", reader), {"email": "victim@example.org"})
    assert Notice.objects.count() == 1


def test_an_unreachable_reader_is_back_with_a_new_address(client, post):
    reader = a_reader()
    reader.mark_unreachable(now=NOW)
    client.post(link("manage_address", reader), {"email": "ada@new.example"})
    assert [letter.to for letter in post.deliver(now=NOW)] == [["ada@new.example"]]
    client.post(new_address(AddressChange.objects.get()))
    reader.refresh_from_db()
    assert (reader.state, reader.next_digest_day) == ("active", dt.date(2026, 5, 5))


def test_no_strangers_mailbox_is_filled_by_readers_who_come_and_go(client):
    for number in range(6):
        reader = a_reader(f"thief{number}@example.org")
        for mailbox in ("victim@gmail.com", f"victim+{number}@gmail.com", "v.ictim@googlemail.com"):
            client.post(link("manage_address", reader), {"email": mailbox})
        tell = Notice.objects.filter(kind="address_new").count()
        client.post(link("manage_delete", reader))
        assert tell == (1 if number == 0 else 0)


def test_a_move_takes_nothing_from_the_letters_of_a_sign_up(client):
    preferences.ask_address(a_reader("ada@example.org"), "new@example.org", now=NOW)
    signup.ask("new@example.org", signup.Wanted(), signup.Visitor(network="n"), now=NOW)
    signup.settle(now=NOW)
    assert Notice.objects.filter(kind="confirm").count() == 1
