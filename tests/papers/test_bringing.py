"""Papers that an editor names by their arXiv ids."""

import datetime as dt
from contextlib import closing

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from papers.fetching import open_web
from papers.importing import import_by_id
from papers.models import Paper, SourceRun
from papers.search import Wish, search
from papers.sources import SourceError, arxiv_api
from tests.papers.shelf import DAY, make_paper
from tests.stub import Stub

pytestmark = pytest.mark.django_db
PAGE = "/admin/papers/paper/bring/"
ENTRY = """<entry><id>http://arxiv.org/abs/{id}v1</id><title>A lamp that reads {id}</title>
<summary>It reads by its own light.</summary><published>2003-09-19T00:00:00Z</published>
<author><name>Ada Lamp</name></author><category term="cs.CV"/></entry>"""


def feed(*known):
    entries = "".join(ENTRY.format(id=each) for each in known)
    return 200, {}, f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


BROKEN = (200, {}, b"<html>Rate exceeded</html>")


@pytest.fixture
def arxiv(monkeypatch, settings):
    """Return a function that puts an arXiv with this answer on loopback."""
    settings.FETCH_HOSTS = ["127.0.0.1"]
    stubs = []

    def answer(reply):
        stubs.append(Stub(reply).__enter__())
        monkeypatch.setattr(arxiv_api, "API", f"{stubs[-1].url}api/query")
        return stubs[-1]

    yield answer
    for stub in stubs:
        stub.__exit__()


def bring(*ids):
    with closing(open_web()) as web:
        return import_by_id(ids, web=web, day=DAY, now=timezone.now())


@pytest.fixture
def desk(admin_client):
    """Return a function that fills in the page of the desk."""
    return lambda ids, day="2025-07-29": admin_client.post(PAGE, {"ids": ids, "day": day}, follow=True)


def test_papers_named_by_their_ids_come_with_the_day_however_old_in_one_question_and_are_found_at_once(arxiv):
    stub = arxiv(feed("2507.19849", "2507.19850"))
    tally = bring("2507.19849", "2507.19850", "2507.99999")
    assert len(stub.requests) == 1
    assert {paper.featured_on for paper in Paper.objects.all()} == {DAY}
    assert search(Wish("lamp")).count == 2
    assert [each.entry for each in tally.rejections] == ["2507.99999"]
    assert (SourceRun.objects.get().new, SourceRun.objects.get().rejected) == (2, 1)


def test_a_paper_that_is_here_keeps_its_day(arxiv):
    arxiv(feed("2507.19849"))
    paper = make_paper(19849, featured_on=DAY - dt.timedelta(days=9))
    tally = bring("2507.19849")
    paper.refresh_from_db()
    assert (tally.new, paper.featured_on) == (0, DAY - dt.timedelta(days=9))


def test_arxiv_that_does_not_answer_is_a_run_with_an_error(arxiv):
    arxiv(BROKEN)
    with pytest.raises(SourceError):
        bring("2507.19849")
    assert SourceRun.objects.get().error


def test_an_editor_pastes_a_list_as_it_stands_somewhere(arxiv, desk):
    arxiv(feed("2507.19849", "math/0309136"))
    page = desk("- https://arxiv.org/abs/2507.19849v2 (Ada)\n\n* math.GT/0309136, a classic\n2507.99999\n2507.19849")
    assert set(Paper.objects.values_list("arxiv_id", flat=True)) == {"2507.19849", "math/0309136"}
    assert "2 new on 29\u00a0Jul\u00a02025, 0 were here already." in page.text
    assert "2507.99999 is not known to arXiv" in page.text
    assert LogEntry.objects.filter(change_message="brought by its arXiv id").count() == 2


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ("2507.19849\nLamps & wicks", "There is no arXiv id in “Lamps &amp; wicks”."),
        ("\n".join(f"2507.{number:05}" for number in range(101)), "A hundred papers at once at most"),
        ("", "This field is required"),
    ],
)
def test_what_cannot_be_brought_is_said_and_nothing_is_lost(desk, ids, said):
    page = desk(ids).text
    assert said in page
    assert ids.split("\n")[0] in page
    assert not SourceRun.objects.exists()


@pytest.mark.parametrize("day", ["0001-01-01", "0025-07-29", "3025-07-29", "9999-12-31"])
def test_a_slip_of_a_day_that_no_address_can_name_is_refused_before_it_takes_the_front_page_away(
    admin_client, desk, day
):
    assert "Enter a valid date" in desk("2507.19849", day).text
    paper = make_paper(1)
    page = reverse("admin:papers_paper_change", args=[paper.pk])
    slip = {"title": paper.title, "featured_on": day, "published_on": day}
    assert admin_client.post(page, slip).context["errors"][0] == ["Enter a valid date."]
    assert not SourceRun.objects.exists()


def test_an_arxiv_that_fails_leaves_the_list_on_the_page(arxiv, desk):
    arxiv(BROKEN)
    page = desk("2507.19849").text
    assert "answer of the arXiv API" in page
    assert "2507.19849</textarea>" in page


def test_looking_asks_nobody_and_who_may_only_look_brings_nothing(client, admin_client):
    assert admin_client.get(PAGE).status_code == 200
    assert PAGE in admin_client.get(reverse("admin:papers_paper_changelist")).text
    looker = User.objects.create_user("lo", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_paper"))
    client.force_login(looker)
    assert client.post(PAGE, {"ids": "2507.19849", "day": "2025-07-29"}).status_code == 403
    assert PAGE not in client.get(reverse("admin:papers_paper_changelist")).text
    assert not SourceRun.objects.exists()
