"""What the press is told of an edition, its papers and its readers."""

import datetime as dt

import pytest

from newsletter.models import Digest, Edition
from newsletter.preparing import Stock, papers_by_id, prepare
from subscribers.models import TopicPreference
from tests.newsletter.readers import DAY, MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db
NEW = {"kind": "new", "value": ""}


def a_digest(reader, *papers, day=DAY, **values):
    picks = [{"paper": paper.pk, "reason": NEW} for paper in papers]
    values = {"due_at": MORNING, "not_before": MORNING, "picks": picks, **values}
    return Digest.objects.create(edition=Edition.objects.of_day(day), subscriber=reader, **values)


def issue(digest):
    (one,) = prepare(digest.edition, [digest], now=MORNING).issues
    return one


def test_a_reader_who_was_deleted_has_no_issue_and_the_others_have_theirs():
    gone, stays = a_digest(make_reader(1), make_paper(1)), a_digest(make_reader(2), make_paper(2))
    gone.subscriber.delete()
    gone.refresh_from_db()
    press = prepare(stays.edition, [gone, stays], now=MORNING)
    assert [one.digest_id for one in press.issues] == [stays.pk]


def test_two_editions_that_leave_at_one_moment_have_each_its_own_day():
    stock = Stock()
    days = (DAY, DAY - dt.timedelta(days=1))
    shelves = [stock.shelf(Edition.objects.of_day(day), now=MORNING) for day in days]
    assert tuple(shelf.press.edition.day for shelf in shelves) == days


def test_a_new_note_of_the_editors_is_read_at_once():
    stock, edition = Stock(), Edition.objects.of_day(DAY)
    stock.shelf(edition, now=MORNING)
    edition.note = "  A word.\nAnd\0 another. "
    assert stock.shelf(edition, now=MORNING).press.edition.note == "A word.\nAnd another."


def test_a_hidden_paper_is_in_no_digest_headline_or_count():
    shown, hidden = make_paper(1), make_paper(2, is_hidden=True)
    make_paper(3, featured_on=DAY - dt.timedelta(days=6)), make_paper(4, featured_on=DAY - dt.timedelta(days=7))
    digest = a_digest(make_reader(), hidden, shown)
    press = prepare(digest.edition, [digest], now=MORNING)
    assert [item.paper.id for item in press.issues[0].items] == [shown.pk]
    assert [paper.id for paper in press.edition.headlines] == [shown.pk]
    assert (press.edition.total, press.edition.week_total) == (1, 2)


def test_what_a_source_says_is_one_line_and_leads_to_the_web_or_nowhere():
    paper = make_paper(
        title="\r\n",
        abstract="One.\r\nBcc: two",
        authors=["Ada\nLovelace"],
        url="javascript:alert(1)",
        pdf_url="ftp://a.example/x.pdf",
        code_url="HTTPS://code.example/ä",
        project_url="https://a.example/ b",
    )
    told = papers_by_id([paper.pk])[paper.pk]
    assert (told.title, told.abstract, told.authors) == ("?", "One. Bcc: two", ("Ada Lovelace",))
    assert told.url.endswith(f"/paper/{paper.pk}/")
    assert (told.pdf_url, told.code_url, told.project_url) == ("", "HTTPS://code.example/%C3%A4", "")


def test_a_reader_is_told_as_they_wished():
    reader = make_reader(topics=("vision", "robots"), cadence="weekly", tracking="granted")
    reader.topic_preferences.filter(topic__slug="robots").update(weight=TopicPreference.Weight.MUTE)
    one = issue(a_digest(reader, make_paper(), is_first=True))
    assert (one.to, one.muted) == (reader.email, {"robots"})
    assert (one.is_tracked, one.is_weekly, one.is_first) == (True, True, True)


@pytest.mark.parametrize("tracking", ["unknown", "denied"])
def test_nobody_is_tracked_who_did_not_say_yes(tracking):
    one = issue(a_digest(make_reader(tracking=tracking, cadence="days", days=[1]), make_paper()))
    assert (one.is_tracked, one.is_weekly, one.is_first, one.muted) == (False, False, False, frozenset())


@pytest.mark.parametrize(
    ("left", "wishes", "is_wanted"),
    [
        (2, {"min_papers": 2}, True),
        (1, {"min_papers": 2}, False),
        (1, {"min_papers": 2, "wants_quiet_letter": True}, True),
        (0, {"min_papers": 1}, False),
    ],
)
def test_an_issue_that_lost_papers_is_wanted_as_long_as_enough_are_left(left, wishes, is_wanted):
    papers = [make_paper(number, is_hidden=number > left) for number in (1, 2)]
    wishes = {"wants_quiet_letter": False, **wishes}
    assert issue(a_digest(make_reader(**wishes), *papers)).is_wanted is is_wanted


def test_a_quiet_letter_that_was_wished_for_is_wanted():
    assert issue(a_digest(make_reader(min_papers=5, wants_quiet_letter=False))).is_wanted
