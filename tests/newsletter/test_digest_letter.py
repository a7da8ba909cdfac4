"""A reader's digest from the database to the finished letter."""

import datetime as dt
import email
import email.policy
import re

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command

from newsletter import preparing
from newsletter.models import Digest, Edition
from newsletter.preparing import Stock, prepare
from newsletter.previewing import digest_for
from papers.models import Paper, PaperTopic, Topic
from subscribers.models import Subscriber, TopicPreference
from subscribers.tokens import Purpose, sign

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
DAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def papers():
    vision = Topic.objects.create(slug="vision", name="Vision")
    made = []
    for number in range(1, 13):
        paper = Paper.objects.create(
            identity=f"title:{number}",
            title_key=str(number),
            title=f"Finding{number}: a careful look at <b>things</b> & {{{{ number }}}} {number}",
            abstract="We look at things. They look back. " * 12,
            authors=["Ada Example", "Ben Sample", "Cleo Specimen", "Dan Model"],
            url=f"https://papers.example/{number}?a=1&b=2",
            pdf_url=f"https://papers.example/{number}.pdf",
            code_url="https://code.example/x" if number % 2 else "javascript:alert(1)",
            featured_on=DAY,
            votes=100 - number,
        )
        PaperTopic.objects.create(paper=paper, topic=vision, confidence=0.9)
        made.append(paper)
    return made


def reader(**wishes):
    person = Subscriber.objects.create(
        email=wishes.pop("email", "ada@example.org"), state="active", confirmed_at=NOW, **wishes
    )
    TopicPreference.objects.create(subscriber=person, topic=Topic.objects.get(slug="vision"), weight=1)
    return person


def digest(person, papers, reason=("topic", "vision")):
    edition = Edition.objects.of_day(DAY)
    kind, value = reason
    picks = [{"paper": paper.pk, "reason": {"kind": kind, "value": value}} for paper in papers]
    times = {"due_at": NOW, "not_before": NOW, "expires_at": NOW}
    return Digest(edition=edition, subscriber=person, picks=picks, topics=1, **times, pk=77)


def printed(one):
    press = prepare(one.edition, [one], now=NOW)
    return press.letter(press.issues[0])


def parse(letter):
    return email.message_from_bytes(letter.wire, policy=email.policy.strict)


def test_a_digest_carries_every_header_that_providers_ask_for(papers, settings):
    letter = printed(digest(reader(), papers[:10]))
    message = parse(letter)
    assert message.defects == []
    for name in ("Date", "From", "To", "Subject", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert len(message.get_all(name)) == 1, name
        assert message[name].defects == ()
    unsubscribe = message["List-Unsubscribe"]
    assert re.fullmatch(r"<https?://[^>]+/u/[\w-]{44}/>,\s+<mailto:[^>]+\?subject=[\w-]{44}>", unsubscribe)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"].endswith(f"@{settings.MAIL_DOMAIN}>")
    assert message["From"].addresses[0].addr_spec == settings.DIGEST_ADDRESS
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"[^:\s]*(:[^:\s]*){0,2}:[A-Za-z0-9]{5,15}", message["Feedback-ID"])
    assert message["List-Id"] == f"<digest.{settings.MAIL_DOMAIN}>"
    assert message["Subject"] == "Finding1 and 9 more in Vision"


def test_the_bytes_are_seven_bit_with_short_lines_and_nothing_to_stuff(papers):
    wire = printed(digest(reader(), papers[:10])).wire
    assert wire.isascii()
    assert b"\0" not in wire
    assert b"\r\n." not in wire
    assert b"\n" not in wire.replace(b"\r\n", b"")
    head, _, body = wire.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, head.split(b"\r\n"))) <= 998


def test_both_parts_lead_to_the_same_places(papers, settings):
    letter = printed(digest(reader(), papers[:10]))
    soup = BeautifulSoup(letter.html, "html.parser")
    in_html = {link["href"] for link in soup.find_all("a")}
    in_text = set(re.findall(r"https?://\S+", letter.text))
    assert in_html == in_text
    assert settings.POSTAL_ADDRESS in letter.text
    assert settings.POSTAL_ADDRESS in letter.html
    assert [heading.a.text for heading in soup.find_all("h2")[:10]] == [paper.title for paper in papers[:10]]


def test_without_consent_nothing_is_counted(papers):
    letter = printed(digest(reader(tracking="denied"), papers[:10]))
    assert "/o/" not in letter.html
    assert "/c/" not in letter.html + letter.text
    assert "https://papers.example/1?a=1&b=2" in letter.text


def test_with_consent_links_and_opens_are_counted(papers):
    letter = printed(digest(reader(tracking="granted"), papers[:10]))
    token = re.search(r'src="[^"]*/o/([\w-]{44})', letter.html)
    assert token
    assert letter.html.count("/c/") >= 20
    assert "/c/" in letter.text


def test_an_address_of_a_source_that_is_no_web_address_is_left_out(papers):
    assert "javascript:" not in printed(digest(reader(), papers[:10])).html


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (("topic", "vision"), "because you follow Vision"),
        (("keyword", "thin<gs"), "because it mentions “thin<gs”"),
        (("author", "Ada Example"), "because Ada Example is an author"),
        (("opened", "SkeletonX"), "because you opened “SkeletonX”"),
        (("liked", "SkeletonX"), "because you liked “SkeletonX”"),
        (("votes", "42"), "much upvoted by the research community"),
        (("editor", ""), "chosen by the editor"),
        (("new", ""), "new this week"),
    ],
)
def test_every_paper_says_why_it_is_there(papers, reason, words):
    letter = printed(digest(reader(tracking="granted"), papers[:1], reason=reason))
    assert words in letter.text
    assert words in BeautifulSoup(letter.html, "html.parser").text


def test_a_reader_who_is_not_tracked_is_never_told_what_they_opened(papers):
    letter = printed(digest(reader(tracking="denied"), papers[:1], reason=("opened", "SkeletonX")))
    assert "SkeletonX" not in letter.text
    assert "opened" not in letter.text


def test_a_subject_names_the_topics_of_the_others_and_says_that_there_are_more(papers):
    sound = Topic.objects.create(slug="audio", name="Speech, audio & music")
    PaperTopic.objects.filter(paper__in=papers[4:]).update(topic=sound)
    PaperTopic.objects.filter(paper=papers[0]).update(topic=Topic.objects.create(slug="3d", name="3D"))
    person = Subscriber.objects.create(email="ada@example.org", state="active", confirmed_at=NOW)
    of = {count: parse(printed(digest(person, papers[:count])))["Subject"] for count in (4, 6)}
    assert of == {4: "Finding1 and 3 more in Vision", 6: "Finding1 and 5 more in Vision, Speech, audio & music"}
    Topic.objects.filter(slug="vision").update(name="Computer vision & recognition")
    subject = parse(printed(digest(person, papers[:6])))["Subject"]
    assert subject == "Finding1 and 5 more in Computer vision & recognition and other topics"
    Topic.objects.filter(slug="vision").update(name="Computer vision, recognition & all that")
    assert (
        "and 5 more in Speech, audio & music and other topics" in printed(digest(person, papers[:6])).headers["Subject"]
    )


def test_a_german_letter_names_the_shipped_topics_in_german_and_an_editors_own_as_typed(papers):
    Topic.objects.filter(slug="vision").update(name="Agents & tool use")
    own = Topic.objects.create(slug="tides", name="Tides and lamps")
    PaperTopic.objects.filter(paper__in=papers[2:]).update(topic=own)
    letter = printed(digest(reader(language="de"), papers[:3]))
    assert parse(letter)["Subject"] == "Finding1 und 2 weitere zu Agenten & Werkzeuge, Tides and lamps"
    assert "weil Sie dem Thema Agenten & Werkzeuge folgen" in letter.text
    assert "2 weitere · Agenten & Werkzeuge" in letter.text
    assert "2 weitere · Tides and lamps" in letter.text
    assert "Agents" not in letter.text


def test_a_long_name_before_the_colon_stands_whole_in_a_subject(papers):
    papers[0].title = "The Simulation of an Imagined World by Invented Machines: A Roadmap"
    papers[0].save()
    subject = parse(printed(digest(reader(), papers[:10])))["Subject"]
    assert subject == "The Simulation of an Imagined World by Invented Machines and 9 more in Vision"


def test_what_comes_from_elsewhere_is_called_so_without_topics_that_a_reader_may_not_have(papers):
    person = Subscriber.objects.create(email="ada@example.org", state="active", confirmed_at=NOW)
    assert "(from further afield, to keep" in printed(digest(person, papers[:1], reason=("explore", ""))).text


def test_a_card_names_every_topic_that_a_reason_may_name(papers):
    for number, name in enumerate(("Speech, audio & music", "Robots"), 1):
        topic = Topic.objects.create(slug=f"topic{number}", name=name)
        PaperTopic.objects.create(paper=papers[0], topic=topic, confidence=0.9 - number / 10)
    person = Subscriber.objects.create(email="ada@example.org", state="active", confirmed_at=NOW)
    assert "2 more · Vision · Speech, audio & music · Robots · ▲ 99" in printed(digest(person, papers[:1])).text


def test_preparing_costs_the_same_few_queries_for_one_reader_and_for_many(papers, django_assert_max_num_queries):
    people = [reader(email=f"reader{number}@example.org") for number in range(20)]
    digests = [digest(person, papers[:10]) for person in people]
    with django_assert_max_num_queries(9):
        press = prepare(digests[0].edition, digests, now=NOW)
    with django_assert_max_num_queries(0):
        assert len(list(press.letters())) == 20


def test_the_next_batch_of_an_edition_reads_its_readers_only(papers, django_assert_max_num_queries):
    stock, one = Stock(), digest(reader(), papers[:10])
    first = prepare(one.edition, [one], now=NOW, stock=stock)
    with django_assert_max_num_queries(3):
        second = prepare(one.edition, [one], now=NOW, stock=stock)
    assert second.letter(second.issues[0]).wire == first.letter(first.issues[0]).wire


def test_a_word_of_the_editor_shows_in_the_next_batch(papers):
    stock, one = Stock(), digest(reader(), papers[:1])
    prepare(one.edition, [one], now=NOW, stock=stock)
    one.edition.note = "Today without the usual."
    press = prepare(one.edition, [one], now=NOW, stock=stock)
    assert "Today without the usual." in press.letter(press.issues[0]).text


@pytest.mark.parametrize(("language", "said"), [("en", "and 2,998 more"), ("de", "und 2.998 weitere")])
def test_thousands_of_authors_are_counted_as_the_reader_writes_numbers(papers, language, said):
    papers[0].authors = [f"Author {number}" for number in range(3000)]
    papers[0].save()
    assert said in printed(digest(reader(language=language), papers[:1])).text


def test_an_editor_without_a_name_signs_in_the_readers_language(papers, settings):
    one = digest(reader(language="de"), papers[:1])
    one.edition.note = "Heute ohne das Übliche."
    press = prepare(one.edition, [one], now=NOW)
    assert "(die Redaktion)" in press.letter(press.issues[0]).text
    settings.EDITOR_NAME = "Ada Lovelace"
    press = prepare(one.edition, [one], now=NOW)
    assert "(Ada Lovelace)" in press.letter(press.issues[0]).text


def test_a_paper_taken_back_leaves_the_later_batches(papers, monkeypatch):
    stock, one = Stock(), digest(reader(), papers[:3])
    prepare(one.edition, [one], now=NOW, stock=stock)
    Paper.objects.filter(pk=papers[1].pk).update(is_hidden=True)
    monkeypatch.setattr(preparing, "_KEPT_SECONDS", 0)
    press = prepare(one.edition, [one], now=NOW, stock=stock)
    assert papers[1].title not in press.letter(press.issues[0]).text


def test_a_paper_taken_back_after_the_choice_is_not_sent(papers):
    one = digest(reader(), papers[:3])
    Paper.objects.filter(pk=papers[1].pk).update(is_hidden=True)
    assert papers[1].title not in printed(one).text


def test_a_quiet_day_still_makes_a_sound_letter(papers):
    letter = printed(digest(reader(), []))
    assert parse(letter).defects == []
    assert "More of the day, by title" in letter.text
    assert "This is your first digest" not in letter.text


def test_the_counts_and_the_titles_below_them_tell_of_the_same_papers(papers):
    def said(chosen):
        lines = printed(digest(reader(email=f"{len(chosen)}@example.org"), chosen)).text.splitlines()
        return (
            lines[2],
            [line for line in lines if "by title" in line or line.startswith("All ")],
            len([line for line in lines if line.startswith("* ")]),
        )

    summary, around, titles = said(papers[:10])
    assert (summary, around) == ("10 of 12 new papers, picked for your topic", ["The rest of the day, by title"])
    assert titles == 12
    summary, around, titles = said(papers[:3])
    assert summary == "3 of 12 new papers, picked for your topic"
    assert around == ["More of the day, by title", f"All 12 papers of the day: http://127.0.0.1:8000/papers/{DAY}/"]
    assert titles == 9
    Paper.objects.filter(pk__in=[paper.pk for paper in papers[:8]]).update(featured_on=DAY - dt.timedelta(days=2))
    summary, around, titles = said(papers[:9])
    assert summary == "1 of 4 new papers and 8 of the days before, picked for your topic"
    assert (around, titles) == (["The rest of the day, by title"], 12)


def test_a_week_begins_with_the_best_paper_which_its_subject_names(papers):
    papers[0].featured_on = DAY - dt.timedelta(days=5)
    papers[0].save()
    letter = printed(digest(reader(cadence="weekly", days=[0]), papers[:3]))
    assert parse(letter)["Subject"].startswith("Finding1 and 2 more")
    found = [heading.text[:8] for heading in BeautifulSoup(letter.html, "html.parser").find_all("h2")]
    assert found == ["Finding1", "Finding2", "Finding3"]
    assert "3 of the 12 papers of this week" in letter.text


@pytest.mark.parametrize("reason", [("votes", "42"), ("keyword", "things"), ("editor", "")])
def test_where_no_topic_brought_a_paper_none_is_said_to_have_picked_it(papers, reason):
    letter = printed(digest(reader(), papers[:3], reason=reason))
    assert "3 of 12 new papers" in letter.text
    assert "picked" not in letter.text


def test_fifty_long_papers_stay_under_the_clip_and_none_is_lost(papers):
    for number in range(13, 63):
        papers.append(
            Paper.objects.create(
                identity=f"x{number}", title_key=f"x{number}", title=f"Long {number} " + "word " * 90, featured_on=DAY,
                abstract="Sentences go on. " * 200, url="https://papers.example/" + "u" * 400, authors=["N N"] * 3000,
            )
        )  # fmt: skip
    letter = printed(digest(reader(size=50), papers[12:]))
    assert len(letter.html.encode()) <= 90_000
    assert all(f"Long {number} " in letter.html for number in range(13, 63))


def test_a_ten_paper_digest_is_light(papers):
    letter = printed(digest(reader(), papers[:10]))
    assert len(letter.html.encode()) <= 25_000
    assert len(letter.wire) <= 35_000


def test_the_preview_shows_what_would_be_sent_and_keeps_nothing(papers, capsys, tmp_path):
    person = reader()
    letter = digest_for(person, DAY, now=NOW)
    assert "Finding1" in letter.text
    call_command("preview_digest", person.email, "--day", str(DAY), "--out", str(tmp_path / "a.eml"))
    assert parse(letter)["Subject"] == email.message_from_bytes((tmp_path / "a.eml").read_bytes())["Subject"]
    assert not Digest.objects.exists()
    assert not Edition.objects.exists()


def test_the_preview_of_nobody_says_so():
    with pytest.raises(CommandError, match="No reader has this address"):
        call_command("preview_digest", "nobody@example.org")


def test_the_web_view_opens_only_with_its_own_token(papers, client):
    one = digest(reader(tracking="granted"), papers[:3])
    one.save()
    page = client.get(f"/d/{sign(Purpose.WEB_VIEW, one.pk, now=NOW)}/")
    assert page.status_code == 200
    assert "/o/" not in page.text
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert client.get(f"/d/{sign(Purpose.OPEN, one.pk, now=NOW)}/").status_code == 404


def test_a_visitor_sees_a_digest_before_signing_up(papers, client):
    Paper.objects.update(featured_on=dt.date(2026, 1, 2))
    page = client.get("/preview/?topics=vision&size=3&theme=dark&language=en")
    assert page.status_code == 200
    assert page.text.count("because you follow Vision") == 3
    assert "prefers-color-scheme" not in page.text
    assert client.get("/preview/?topics=&size=zwei&language=xx").status_code == 200
