"""A letter that the editor writes by hand goes to whoever asked for such letters, once, by the way of all letters."""

import email
import email.policy
import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from newsletter.building import address_announcements, addressing, build_due
from newsletter.models import Announcement, Digest, Edition
from newsletter.sending import send_pending, sweep
from newsletter.steering import ORDERS, carry_out
from subscribers import leaving
from subscribers.models import Subscriber
from tests.newsletter.readers import CONFIRMED, MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


def written(**values) -> Announcement:
    values = {"subject": "An afternoon of papers", "text": "Dear readers,\n\ncome on Friday.", **values}
    return Announcement.objects.create(**values)


def willing(number: int, **wishes) -> Subscriber:
    return make_reader(number, announcements_since=CONFIRMED, next_digest_at=None, next_digest_day=None, **wishes)


def released(**values) -> Edition:
    announcement = written(**values)
    announcement.release(now=MORNING)
    return announcement.edition


def read(message: bytes):
    letter = email.message_from_bytes(message, policy=email.policy.default)
    text, html = (part.get_content() for part in letter.iter_parts())
    return letter, text.replace("\r\n", "\n"), html


def reasons() -> dict[str, str]:
    return dict(Digest.objects.values_list("state", "reason"))


def test_a_draft_is_nobodys_letter(mail_server):
    sink = mail_server()
    willing(1)
    written()
    assert address_announcements(now=MORNING) == 0
    assert send_pending(now=MORNING) == {}
    assert sink.recipients == []


def test_it_goes_to_those_who_asked_for_it_and_is_done(mail_server):
    sink = mail_server()
    edition = released()
    willing(1)
    make_reader(2)
    willing(3).pause(until=None, now=MORNING)
    assert address_announcements(now=MORNING) == 1
    assert send_pending(now=MORNING) == {"sent": 1}
    assert sink.recipients == ["reader1@example.org"]
    assert address_announcements(now=MORNING) == 0
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert (edition.state, edition.accounts()) == ("done", {"sent": 1})


def test_the_letter_says_it_in_the_editors_words_and_can_be_left_and_read_on_the_web(mail_server, client):
    sink = mail_server()
    released(text="Dear readers,\n\ncome & see <b>us</b>: https://papers.example/afternoon\n.hidden line\nfrom Ada")
    reader = willing(1, language="de")
    address_announcements(now=MORNING)
    send_pending(now=MORNING)
    letter, text, html = read(sink.messages[0])
    assert letter["Subject"] == "An afternoon of papers"
    assert letter["List-Id"].startswith("<announcement.")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "come & see <b>us</b>: https://papers.example/afternoon\n.hidden line\nfrom Ada\n" in text
    assert "come &amp; see &lt;b&gt;us&lt;/b&gt;" in html
    assert 'href="https://papers.example/afternoon"' in html
    page = client.get(re.search(r"Im Browser lesen: http://[^/]+(/\S+)", text)[1])
    assert page.status_code == 200
    assert "come &amp; see" in page.text
    client.post(
        re.search(r"<http://[^/]+(/u/[^>]+)>", letter["List-Unsubscribe"])[1], {"List-Unsubscribe": "One-Click"}
    )
    reader.refresh_from_db()
    assert reader.state == "unsubscribed"


def test_pressed_twice_it_is_released_once():
    announcement = written()
    assert announcement.release(now=MORNING)
    assert not Announcement.objects.get().release(now=MORNING)
    assert Edition.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (leaving.only_digests, "wants no more announcements"),
        (lambda reader, now: leaving.leave(reader, by="page", now=now), "left, or must not be written to"),
    ],
)
def test_who_takes_the_wish_back_after_it_was_released_gets_none(mail_server, change, reason):
    sink = mail_server()
    released()
    reader = willing(1)
    address_announcements(now=MORNING)
    change(reader, now=MORNING)
    assert send_pending(now=MORNING) == {"skipped": 1}
    assert sink.recipients == []
    assert reasons() == {"skipped": reason}


def test_cut_off_in_the_middle_it_goes_on_there_and_the_accounts_balance(mail_server, monkeypatch):
    monkeypatch.setattr(addressing, "CHUNK", 2)
    sink = mail_server()
    edition = released()
    readers = [willing(number) for number in range(1, 6)]
    assert address_announcements(now=MORNING, limit=1) == 2
    assert send_pending(now=MORNING) == {"sent": 2}
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert edition.state == "sending"  # three are still to come
    readers[1].delete()
    assert address_announcements(now=MORNING) == 3  # from the last number on that has a reader still
    assert send_pending(now=MORNING) == {"sent": 3}
    assert sorted(sink.recipients) == [f"reader{number}@example.org" for number in range(1, 6)]
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert edition.state == "done"
    assert edition.is_balanced()


def test_stopped_it_reaches_nobody_more_until_it_is_resumed(mail_server, admin_user):
    sink = mail_server()
    edition = released()
    willing(1)
    carry_out(ORDERS["pause"], edition, user=admin_user, now=MORNING)
    assert address_announcements(now=MORNING) == 0
    edition.refresh_from_db()
    carry_out(ORDERS["resume"], edition, user=admin_user, now=MORNING)
    assert address_announcements(now=MORNING) == 1
    assert send_pending(now=MORNING) == {"sent": 1}
    assert sink.recipients == ["reader1@example.org"]


def test_with_nobody_to_read_it_is_done_at_once(mail_server):
    mail_server()
    edition = released()
    assert address_announcements(now=MORNING) == 0
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert edition.state == "done"


def test_what_is_grave_holds_it_before_the_first_letter(mail_server):
    sink = mail_server()
    edition = released(text="All is on http://10.0.0.7/x")
    willing(1)
    address_announcements(now=MORNING)
    assert send_pending(now=MORNING) == {}
    edition.refresh_from_db()
    assert edition.is_paused
    assert "a bare machine" in edition.paused_reason
    assert sink.recipients == []


def test_an_address_to_write_to_is_nothing_grave(mail_server):
    mail_server()
    released(text="A line to ada@papers.example keeps a chair for you.")
    willing(1)
    address_announcements(now=MORNING)
    assert send_pending(now=MORNING) == {"sent": 1}


def test_the_digest_of_the_day_goes_on_as_if_there_were_none(mail_server, capsys):
    sink = mail_server()
    make_paper()
    reader = make_reader(1, announcements_since=CONFIRMED, last_digest_day=None)
    edition = released()
    address_announcements(now=MORNING)
    assert send_pending(now=MORNING) == {"sent": 1}
    build_due(now=MORNING)
    assert send_pending(now=MORNING) == {"sent": 1}
    assert sink.recipients == [reader.email] * 2
    assert Digest.objects.exclude(edition=edition).get().is_first  # an announcement is no digest
    assert Edition.objects.of_day(edition.day) != edition
    call_command("edition", f"{edition.day}", "show")
    assert "Tuesday, 29 July 2025" in capsys.readouterr().out


def test_the_whole_round_addresses_and_sends_it(mail_server):
    sink = mail_server()
    released()
    willing(1)
    call_command("run_digests", now=MORNING.isoformat())
    assert sink.recipients == ["reader1@example.org"]


def test_one_edition_a_day_stands_in_the_database():
    released()
    first = Edition.objects.of_day(MORNING.date())
    assert Edition.objects.of_day(MORNING.date()) == first
    assert Edition.objects.filter(day=MORNING.date()).count() == 2


def test_an_editor_finds_it_among_the_examples(client, admin_user):
    client.force_login(admin_user)
    assert "An afternoon of papers" in client.get(reverse("gallery_html", args=["announcement"])).text
