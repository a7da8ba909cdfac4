"""Leaving: one press, at once, for good, and the way back."""

import datetime as dt

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from subscribers import leaving, letters
from subscribers.models import AddressChange, Ask, ConsentRecord, Notice, Subscriber
from subscribers.tokens import Purpose, sign

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
State = Subscriber.State
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def reader():
    reader = Subscriber.objects.create(email="ada@example.org", timezone="Europe/Berlin")
    reader.confirm(now=NOW - dt.timedelta(days=9))
    return reader


@pytest.fixture
def mail_program():
    """A client as strict as the world: no cookie, CSRF checked."""
    return Client(enforce_csrf_checks=True)


def page(reader):
    return reverse("unsubscribe", args=[reader.token(Purpose.UNSUBSCRIBE, now=NOW)])


def header(reader):
    return reverse("one_click", args=[reader.token(Purpose.UNSUBSCRIBE, now=NOW)])


def state(reader):
    return Subscriber.objects.get(pk=reader.pk).state


def test_the_page_shows_and_only_its_button_acts(client, reader):
    for _ in range(5):
        assert b"Stop all mail?" in client.get(page(reader)).content
        client.head(page(reader))
    assert state(reader) == State.ACTIVE
    assert b"All mail has stopped" in client.post(page(reader)).content
    assert state(reader) == State.UNSUBSCRIBED
    assert ConsentRecord.objects.get().action == "withdrawn"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (
            '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_a_mail_program_stops_it_with_one_post_as_often_as_it_likes(mail_program, reader, body, encoding):
    for _ in range(3):
        answer = mail_program.post(header(reader), body, content_type=encoding)
        assert answer.status_code == 200
        assert "Location" not in answer
        assert not answer.cookies
    assert state(reader) == State.UNSUBSCRIBED
    assert ConsentRecord.objects.count() == 1


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method_than_post_is_told_which_there_are(mail_program, reader, method):
    answer = mail_program.generic(method, header(reader), ONE_CLICK, "application/x-www-form-urlencoded")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
    assert state(reader) == State.ACTIVE


def test_a_post_that_does_not_say_one_click_stops_nothing(mail_program, reader):
    answer = mail_program.post(header(reader), "x=1", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert state(reader) == State.ACTIVE


def test_a_person_who_opens_the_header_link_gets_the_page(client, reader):
    answer = client.get(header(reader))
    assert b"Stop all mail?" in answer.content
    assert state(reader) == State.ACTIVE


def test_a_one_click_for_somebody_deleted_is_fine_and_a_forged_one_is_not(mail_program, reader):
    link = header(reader)
    reader.delete()
    body = {"data": ONE_CLICK, "content_type": "application/x-www-form-urlencoded"}
    assert mail_program.post(link, **body).status_code == 200
    assert mail_program.post(link.replace("/u/A", "/u/B"), **body).status_code == 404


def test_who_was_deleted_and_opens_an_old_link_reads_that_all_mail_has_stopped(client, reader):
    link = page(reader)
    reader.delete()
    for answer in (client.get(link), client.post(link)):
        assert (answer.status_code, "All mail has stopped" in answer.text) == (200, True)


def test_the_link_lives_for_ever_through_new_keys_and_revoked_links(mail_program, reader, settings, clock):
    link = header(reader)
    settings.SECRET_KEY = "another"
    settings.LINK_KEYS = ["new", *settings.LINK_KEYS]
    reader.revoke_links()
    clock.shift(dt.timedelta(days=2000))
    mail_program.post(link, ONE_CLICK, content_type="application/x-www-form-urlencoded")
    assert state(reader) == State.UNSUBSCRIBED


def test_a_slip_is_undone_with_everything_as_it_was(client, reader):
    goodbye = client.post(page(reader)).text
    undo = goodbye.split('action="/undo/')[1].split('"')[0]
    assert b"Tuesday, 3 March at 07:00 (Europe/Berlin)" in client.post(f"/undo/{undo}").content
    assert state(reader) == State.ACTIVE
    assert [record.action for record in ConsentRecord.objects.all()] == ["withdrawn", "given"]


def test_a_second_press_on_undo_finds_everything_as_it_was(client, reader):
    undo = client.post(page(reader)).text.split('action="/undo/')[1].split('"')[0]
    for _ in range(2):
        assert "You are back" in client.post(f"/undo/{undo}").text
    assert "You are back" in client.get(f"/undo/{undo}").text
    assert ConsentRecord.objects.count() == 2


def test_an_undo_takes_back_its_own_leave_only(client, reader, clock):
    undo = client.post(page(reader)).text.split('action="/undo/')[1].split('"')[0]
    client.post(f"/undo/{undo}")
    clock.shift(3600)
    client.post(page(reader))
    assert client.post(f"/undo/{undo}").status_code == 404
    assert state(reader) == State.UNSUBSCRIBED


def test_pressing_again_offers_no_second_undo(client, reader):
    client.post(page(reader))
    assert "/undo/" not in client.post(page(reader)).text


@pytest.mark.parametrize(("reason", "kept"), [("too_many", "too_many"), ("<script>", ""), ("", "")])
def test_a_reason_is_optional_and_one_of_ours(client, reader, reason, kept):
    client.post(page(reader))
    client.post(f"{page(reader)}why/", {"reason": reason})
    assert Subscriber.objects.get().left_reason == kept


def test_less_mail_is_offered_beside_and_more_is_not(client, reader):
    assert b"30 March" in client.post(page(reader), {"act": "rest"}).content
    assert state(reader) == State.PAUSED
    reader.resume(now=NOW)
    assert b"Once a week" in client.post(page(reader), {"act": "fewer"}).content
    assert Subscriber.objects.get().cadence == "weekly"
    client.post(page(reader))
    client.post(page(reader), {"act": "rest"})
    client.post(page(reader), {"act": "fewer"})
    assert state(reader) == State.UNSUBSCRIBED


def test_a_letter_to_the_unsubscribe_address_counts_and_no_letter_answers(post, reader):
    token = reader.token(Purpose.UNSUBSCRIBE, now=NOW)
    assert leaving.leave_by_mail(f"unsubscribe+{token}@paper-round.example", "unsubscribe", now=NOW)
    assert state(reader) == State.UNSUBSCRIBED
    assert ConsentRecord.objects.get().form == "mail"
    assert leaving.leave_by_mail("", f"Re: {token}", now=NOW)
    assert post.deliver(now=NOW) == []


@pytest.mark.parametrize("kind", Notice.Kind)
def test_no_letter_that_waits_comes_after_a_leave(post, reader, clock, kind):
    ask = Ask.objects.create(
        email=reader.email, limit_key="k", network="n", form="page", created_at=NOW, subscriber=reader, settled_at=NOW
    )
    moved = AddressChange.objects.create(subscriber=reader, email="b@example.org", address_hash="h", asked_at=NOW)
    letters.write(reader, kind, details={"ask": ask.pk, "change": moved.pk}, now=NOW)
    clock.shift(1)
    leaving.leave(reader, by="page", now=NOW + dt.timedelta(seconds=1))
    assert post.deliver(now=NOW + dt.timedelta(minutes=1)) == []
    assert Notice.objects.get().state == "failed"


def test_whoever_left_and_asks_again_gets_the_letter_that_was_asked_for(client, post, reader, clock):
    leaving.leave(reader, by="page", now=NOW)
    clock.shift(60)
    client.post(reverse("subscribe"), {"email": reader.email})
    [letter] = post.deliver(now=NOW + dt.timedelta(seconds=60))
    assert "/confirm/" in letter.body


def test_a_move_that_was_asked_for_before_a_leave_moves_nothing(client, reader):
    moved = AddressChange.objects.create(subscriber=reader, email="b@example.org", address_hash="h", asked_at=NOW)
    leaving.leave(reader, by="page", now=NOW)
    answer = client.post(reverse("new_address", args=[sign(Purpose.ADDRESS, moved.pk, now=NOW)]))
    assert b"does not work any more" in answer.content
    assert Subscriber.objects.get().email == "ada@example.org"


def test_the_token_is_found_behind_words_that_look_like_one_and_behind_one_of_somebody_deleted(reader):
    gone = Subscriber.objects.create(email="bob@example.org")
    theirs = gone.token(Purpose.UNSUBSCRIBE, now=NOW)
    gone.delete()
    assert not leaving.leave_by_mail(theirs, now=NOW)
    assert leaving.leave_by_mail("A" * 44, theirs, reader.token(Purpose.UNSUBSCRIBE, now=NOW), now=NOW)
    assert state(reader) == State.UNSUBSCRIBED


def test_who_never_left_takes_nothing_back(reader):
    assert not leaving.undo(reader, now=NOW)
    assert not ConsentRecord.objects.exists()


def test_a_letter_without_a_token_of_ours_stops_nothing(reader):
    manage = reader.token(Purpose.MANAGE, now=NOW)
    assert not leaving.leave_by_mail("unsubscribe@paper-round.example", "please stop", manage, "A" * 44, now=NOW)
    assert state(reader) == State.ACTIVE
    assert mail.outbox == []
