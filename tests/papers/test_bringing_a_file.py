"""Papers out of a file that an editor has: looked at first, brought once, written down."""

import datetime as dt
import gzip
import json
from io import StringIO

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from papers import tasks
from papers.admin.file import FORMS, LARGEST_FILE, MOST_PAPERS
from papers.admin.waiting import Waiting
from papers.models import Paper, Source, SourceRun
from papers.sources import READERS
from tests.papers.shelf import ABSTRACT

pytestmark = pytest.mark.django_db
CHOOSE = "/admin/papers/paper/file/"
RIVERS, TIDES = "Evening Rivers,https://arxiv.org/abs/2507.00001", "Morning Tides,https://arxiv.org/abs/2507.00002"
LIST = f"title,url\n{RIVERS}\n{TIDES}\n,https://arxiv.org/abs/2507.00003\n"
PAGE = f"Daily Papers\n\nby AK and the research community\n\nJul 29\n\nA Study of Lamps\n\n{ABSTRACT}\n\n"


def show(client, body=LIST, **values):
    """Choose a file and look at it."""
    upload = SimpleUploadedFile("list.csv", body.encode() if isinstance(body, str) else body)
    return client.post(CHOOSE, {"upload": upload, "kind": "", "day": "", **values}, follow=True)


def press(client, look):
    return client.post(look.request["PATH_INFO"], follow=True)


def counts(answer):
    """Return how many are new, known and changed, known, and rejected."""
    return [int(tag.text) for tag in BeautifulSoup(answer.content, "html.parser").select("#content ul strong")]


def test_a_look_says_what_would_come_and_changes_nothing(admin_client):
    press(admin_client, show(admin_client, f"title,url\n{RIVERS}\n"))
    look = show(admin_client)
    assert "Read as a list with columns (CSV or TSV)." in look.text
    assert "2 papers" in look.text
    assert counts(look) == [1, 0, 1, 1]
    assert "Morning Tides" in look.text
    assert "3: https://arxiv.org/abs/2507.00003: has no title" in look.text
    assert (Paper.objects.count(), SourceRun.objects.count()) == (1, 1)


def test_a_press_brings_the_papers_and_says_so_and_lets_go_of_the_file(admin_client, admin_user):
    done = press(admin_client, show(admin_client))
    assert "What came of it" in done.text
    assert counts(done) == [2, 0, 0, 1]
    assert set(Paper.objects.values_list("arxiv_id", flat=True)) == {"2507.00001", "2507.00002"}
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(SourceRun.objects.get().pk))
    assert entry.change_message == "brought from list.csv: 2 new, 0 changed, 0 the same, 1 rejected"
    assert not any("Rivers" in json.dumps(row.get_decoded()) for row in Session.objects.all())


def test_a_second_press_leads_to_the_same_result_and_brings_nothing(admin_client):
    look = show(admin_client)
    first, second = press(admin_client, look), press(admin_client, look)
    assert counts(first) == counts(second) == [2, 0, 0, 1]
    assert (SourceRun.objects.count(), LogEntry.objects.count()) == (1, 1)


def test_of_two_presses_at_the_same_moment_one_brings():
    now = timezone.now()
    key = Waiting(by=1, name="a", kind="csv", day="2025-07-29", file="title").put(now=now)
    both = [Waiting.find(key, by=1, now=now) for _ in range(2)]
    assert [each.take(key, now=now + dt.timedelta(seconds=5)) for each in both] == [True, False]


def test_while_the_first_press_is_at_work_the_page_says_so(admin_client, admin_user):
    kept = Waiting(by=admin_user.pk, name="a", kind="csv", day="2025-07-29", file="title")
    key = kept.put(now=timezone.now())
    kept.take(key, now=timezone.now())
    assert "It is being brought" in admin_client.get(f"{CHOOSE}{key}/").text


def test_the_papers_come_with_the_day_that_was_said_though_it_is_tomorrow_by_then(admin_client):
    with time_machine.travel(dt.datetime(2026, 11, 28, 23, 50, tzinfo=dt.UTC), tick=False):
        look = show(admin_client)
        assert "28 November 2026" in look.text
    with time_machine.travel(dt.datetime(2026, 11, 29, 0, 10, tzinfo=dt.UTC), tick=False):
        press(admin_client, look)
    assert {paper.featured_on for paper in Paper.objects.all()} == {dt.date(2026, 11, 28)}


def test_a_slip_of_a_day_that_no_address_can_name_is_refused(admin_client):
    assert "Enter a valid date" in show(admin_client, day="0025-07-29").text


@pytest.mark.parametrize(("said", "day"), [("", "29 July 2026"), ("2025-07-30", "30 July 2025")])
def test_an_editor_names_the_day_or_the_file_does(admin_client, said, day):
    with time_machine.travel(dt.datetime(2026, 11, 28, tzinfo=dt.UTC)):
        assert day in show(admin_client, PAGE, day=said).text


ENTITIES = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel/></rss>'


REFUSED = {
    "too large": (b"x" * (LARGEST_FILE + 1), "", "more than 16 MB"),
    "too large once unpacked": (gzip.compress(b"x" * (LARGEST_FILE + 1), mtime=0), "", "more than 16 MB"),
    "an archive": ("title\n" + "Rivers\n" * (MOST_PAPERS + 1), "", "20,000 papers"),
    "damaged": (gzip.compress(LIST.encode(), mtime=0)[:-20], "", "The file is damaged"),
    "empty": (b"", "", "The submitted file is empty"),
    "a program": (b"\x7fELF\x02\x01\x01\0", "", "no text but a picture or an archive"),
    "entities": (ENTITIES, "", "declares entities of its own"),
    "a diary": ("Dear diary, nothing came.", "", "no form that we know"),
    "a diary as a list": ("Dear diary, nothing came.", "csv", "The first row must name the columns"),
    "an address": ("It is https://arxiv.org/abs/2507.00001", "paper", "does not say which paper"),
}


@pytest.mark.parametrize(("body", "kind", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_file_of_papers_is_refused_in_words_and_never_kept(admin_client, body, kind, said):
    before = Session.objects.count()
    assert said in show(admin_client, body, kind=kind).text
    assert Session.objects.count() == before


def test_a_packed_file_is_unpacked(admin_client):
    assert counts(show(admin_client, gzip.compress(LIST.encode()))) == [2, 0, 0, 1]


def test_a_file_of_nothing_but_rejections_has_no_button(admin_client):
    look = show(admin_client, "@misc{rivers, year = 2025}")
    assert counts(look) == [0, 0, 0, 1]
    assert "Bring them" not in look.text


@pytest.mark.parametrize("clear", [tasks.clear_sessions, lambda: call_command("run_digests", stdout=StringIO())])
def test_a_file_waits_an_hour_and_then_is_gone(admin_client, clear):
    Source.objects.update(is_enabled=False)
    before = Session.objects.count()
    look = show(admin_client)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61), tick=False):
        assert "only for who chose it" in press(admin_client, look).text
        clear()
    assert Session.objects.count() == before
    assert not Paper.objects.exists()


def test_a_file_is_nobody_elses(admin_client, client):
    look = show(admin_client)
    client.force_login(User.objects.create_superuser("grace"))
    assert "only for who chose it" in press(client, look).text
    assert not Paper.objects.exists()


def test_who_may_only_look_brings_nothing(client, admin_client):
    assert CHOOSE in admin_client.get(reverse("admin:papers_paper_changelist")).text
    look = show(admin_client)
    looker = User.objects.create_user("lo", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_paper"))
    client.force_login(looker)
    assert show(client).status_code == press(client, look).status_code == 403
    assert CHOOSE not in client.get(reverse("admin:papers_paper_changelist")).text


def test_the_key_of_a_login_is_no_file(admin_client):
    assert "only for who chose it" in admin_client.get(f"{CHOOSE}{admin_client.session.session_key}/").text


def test_each_form_has_its_words():
    assert FORMS.keys() == READERS.keys()
