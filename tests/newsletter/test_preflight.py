"""The look before an edition goes out."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup

from mail.contrast import contrast, faint_texts
from newsletter import preflight
from newsletter.models import Digest, Edition
from newsletter.preflight import hold_if_unfit, inspect
from newsletter.preparing import prepare
from papers.models import Paper
from subscribers.models import Subscriber

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return Edition.objects.of_day(NOW.date())


def paper(number, **changes):
    values = {
        "identity": f"title:{number}",
        "title_key": str(number),
        "title": f"A careful look at thing {number}",
        "abstract": "We look.",
        "url": f"https://papers.example/{number}",
        "featured_on": NOW.date(),
    }
    return Paper.objects.create(**values | changes)


def add_digest(edition, papers, number=1):
    reader = Subscriber.objects.create(email=f"reader{number}@example.org", state="active", confirmed_at=NOW)
    picks = [{"paper": one.pk, "reason": {"kind": "new", "value": ""}} for one in papers]
    return Digest.objects.create(
        edition=edition, subscriber=reader, picks=picks, due_at=NOW, not_before=NOW, expires_at=NOW
    )


def test_a_sound_edition_goes_out_and_is_looked_at_once(edition, django_assert_num_queries):
    add_digest(edition, [paper(1), paper(2)])
    assert not hold_if_unfit(edition, now=NOW)
    assert edition.findings == []
    with django_assert_num_queries(0):
        assert not hold_if_unfit(edition, now=NOW)


def test_an_edition_that_its_editor_wrote_a_note_for_is_looked_at_when_its_digests_are_there(edition):
    assert not hold_if_unfit(edition, now=NOW)
    assert Edition.objects.get().checked_at is None
    add_digest(edition, [paper(1), paper(2, title="x")])
    assert hold_if_unfit(edition, now=NOW)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "https://10.0.0.7/x"}, "a bare machine"),
        ({"code_url": "http://intranet/x"}, "a bare machine"),
        ({"title": "A CAREFUL look at thing 1"}, "stands in a digest twice"),
        ({"title": "x"}, "no proper title"),
    ],
)
def test_what_is_grave_holds_the_edition_and_says_why(edition, changes, words):
    add_digest(edition, [paper(1), paper(2, **changes)])
    assert hold_if_unfit(edition, now=NOW)
    edition.refresh_from_db()
    assert edition.is_paused
    assert words in edition.paused_reason
    assert any(words in finding for finding in edition.findings)


def test_the_editor_has_the_last_word(edition):
    add_digest(edition, [paper(1), paper(2, title="x")])
    assert hold_if_unfit(edition, now=NOW)
    edition.resume()
    assert not hold_if_unfit(Edition.objects.get(), now=NOW)
    assert not Edition.objects.get().is_paused


def test_small_things_are_noted_and_hold_nothing(edition):
    add_digest(edition, [paper(1, abstract="")])
    assert not hold_if_unfit(edition, now=NOW)
    assert "has no abstract" in edition.findings[0]


def test_a_host_beyond_the_list_holds_the_edition(edition, settings):
    settings.LINK_HOSTS = ["papers.example"]
    add_digest(edition, [paper(1), paper(2, pdf_url="https://cdn.papers.example/2.pdf")])
    assert inspect(edition, now=NOW) == []
    add_digest(edition, [paper(3, url="https://papers.example.evil.example/")], number=2)
    assert [finding.is_grave for finding in inspect(edition, now=NOW)] == [True]


def test_a_letter_without_postal_address_holds_the_edition(edition, settings):
    settings.POSTAL_ADDRESS = ""
    add_digest(edition, [paper(1)])
    assert any("postal address" in finding.what for finding in inspect(edition, now=NOW))


def test_a_letter_that_is_too_large_is_told_with_its_size_in_bytes(edition, monkeypatch):
    monkeypatch.setattr(preflight, "LARGEST_HTML", 1_000)
    digest = add_digest(edition, [paper(1, title="Über Größen")])
    press = prepare(edition, [digest], now=NOW)
    size = len(press.letter(press.issues[0]).html.encode())
    assert f"too large ({size} bytes)" in inspect(edition, now=NOW)[0].what


def test_a_source_that_stopped_is_noticed(edition):
    add_digest(edition, [paper(1, featured_on=NOW.date() - dt.timedelta(days=6))])
    assert any("a source may have stopped" in finding.what for finding in inspect(edition, now=NOW))


def test_contrast_is_measured_as_the_guidelines_say():
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.01)
    page = BeautifulSoup('<p style="color:#999999">faint</p><p style="color:#5F5B53">clear</p>', "html.parser")
    assert list(faint_texts(page)) == ["faint"]
