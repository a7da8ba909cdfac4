"""The editor writes an announcement in admin: looked at, tried on oneself, released by typing the number of readers."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.urls import reverse

from newsletter.building import address_announcements
from newsletter.models import Announcement, Digest, Edition
from newsletter.sending import send_pending
from papers.clock import database_now
from tests.newsletter.readers import CONFIRMED, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Announcement:
    return Announcement.objects.create(subject="An afternoon of papers", text="Dear readers,\n\ncome on Friday.")


def willing(count: int) -> None:
    for number in range(1, count + 1):
        make_reader(number, announcements_since=CONFIRMED)


def page_of(announcement: Announcement, name: str = "change") -> str:
    return reverse(f"admin:newsletter_announcement_{name}", args=[announcement.pk])


def look(client, announcement: Announcement, **said):
    return client.post(page_of(announcement, "look"), said, follow=True).text


def test_the_page_shows_the_letter_and_how_many_asked_for_it(admin_client, draft):
    willing(2)
    make_reader(3)
    assert "look" in admin_client.get(page_of(draft)).text
    page = look(admin_client, draft)
    assert "2 readers asked for announcements" in page
    frame = admin_client.get(re.search(r'src="([^"]+/letter/[^"]*)"', page)[1])
    assert "come on Friday" in frame.text
    assert "'none'" in frame["Content-Security-Policy"]
    assert not Edition.objects.exists()


def test_the_editor_reads_it_in_a_mailbox_first(admin_client, admin_user, draft):
    willing(1)
    assert "on its way to you" in look(admin_client, draft, to_me="yes")
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([admin_user.email], "An afternoon of papers")
    assert not Edition.objects.exists()


@pytest.mark.parametrize("typed", ["", "1", "20", "two", "٢"])
def test_any_other_number_releases_nothing(admin_client, draft, typed):
    willing(2)
    assert "Type the number of readers" in look(admin_client, draft, release="yes", readers=typed)
    draft.refresh_from_db()
    assert draft.is_draft


def test_the_number_of_readers_releases_it_once_and_it_is_written_down_who_did(admin_client, admin_user, draft):
    willing(2)
    page = look(admin_client, draft, release="yes", readers=" 2 ")
    assert "Its letters leave now" in page
    assert "Look at it and send it" not in page
    assert "released before" in look(admin_client, draft, release="yes", readers="2")
    assert LogEntry.objects.get(user=admin_user).change_message == "released"
    now = database_now()
    assert address_announcements(now=now) == 2
    assert send_pending(now=now) == {"sent": 2}
    assert "2 sent" in admin_client.get(page_of(draft)).text


def test_what_was_released_cannot_be_deleted_a_draft_can(admin_client, draft):
    sent = Announcement.objects.create(subject="Sent", text="…")
    sent.release(now=database_now())
    assert admin_client.post(page_of(sent, "delete"), {"post": "yes"}).status_code == 403
    admin_client.post(page_of(draft, "delete"), {"post": "yes"})
    assert Announcement.objects.get() == sent


def test_its_edition_is_paused_and_resumed_like_a_day(admin_client, draft):
    willing(1)
    draft.release(now=database_now())
    address = reverse("admin:newsletter_edition_change", args=[draft.edition.pk])
    page = admin_client.get(address).text
    assert "“An afternoon of papers”" in page
    assert 'name="note"' not in page
    assert "placements-0" not in page
    orders = {"action": "pause", "_selected_action": [draft.edition.pk], "confirmed": "yes"}
    admin_client.post(reverse("admin:newsletter_edition_changelist"), orders)
    assert address_announcements(now=database_now()) == 0
    assert not Digest.objects.exists()


def test_a_second_edition_of_a_day_is_refused_in_words_and_one_beside_an_announcement_is_not(admin_client, draft):
    now = database_now()
    draft.release(now=now)
    new = {"day": now.date().isoformat(), "note": "", "placements-TOTAL_FORMS": "0", "placements-INITIAL_FORMS": "0"}
    address = reverse("admin:newsletter_edition_add")
    assert admin_client.post(address, new).status_code == 302
    assert "There is an edition of this day" in admin_client.post(address, new).text
    assert Edition.objects.count() == 2


@pytest.mark.parametrize("slip", ["0025-01-01", "9999-12-31", "tomorrow"])
def test_a_slip_of_the_year_makes_no_edition(admin_client, slip):
    new = {"day": slip, "note": "", "placements-TOTAL_FORMS": "0", "placements-INITIAL_FORMS": "0"}
    assert "Enter a valid date" in admin_client.post(reverse("admin:newsletter_edition_add"), new).text
    assert not Edition.objects.exists()


def test_staff_without_the_right_release_nothing(client, django_user_model, draft):
    willing(1)
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))
    assert client.get(page_of(draft, "letter")).status_code == 403
    look(client, draft, release="yes", readers="1")
    draft.refresh_from_db()
    assert draft.is_draft
