"""The fast way to a letter and the slow way say the same; no text of a paper or reader changes a letter's structure."""

import datetime as dt
import email
import email.policy
import random
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.encoding import one_line
from mail.letter import BadAddress
from newsletter.preparing import web_address
from newsletter.rendering import EditionContents, Issue, Item, PaperContents, Press
from newsletter.rendering.box import LARGEST_HTML
from newsletter.rendering.reference import reference
from papers.ranking import Reason

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
DAY = NOW.date()
KINDS = ("topic", "keyword", "author", "opened", "votes", "editor", "new", "explore")
NASTY = (
    "",
    ". starts with a dot\n",
    "ünïcödé 表 שלום 🎉",
    "=3D =\r\n",
    "{{ x }} {% y %}",
    "</td><b>",
    "From here",
    "x" * 90,
)


def paper(number, dice):
    return PaperContents(
        id=number,
        title=one_line(f"Model{number}: {dice.choice(NASTY)} {'word ' * dice.randrange(20)}"),
        url=f"https://papers.example/{number}?a=1&b={dice.choice('xyz')}",
        abstract=one_line(f"{dice.choice(NASTY)} A sentence. {'More and more of it. ' * dice.randrange(30)}"),
        authors=tuple(f"Author {dice.choice(NASTY)[:9]}{n}" for n in range(dice.randrange(6))),
        topics=("Vision", "Audio", "Robotics & <control>")[: dice.randrange(4)],
        topic_slugs=frozenset(dice.sample(("vision", "audio"), dice.randrange(3))),
        pdf_url=dice.choice(("", f"https://papers.example/{number}.pdf")),
        code_url=dice.choice(("", "https://code.example/~a/?q=1&r=2")),
        votes=dice.randrange(3) * 40,
        day=DAY - dt.timedelta(days=dice.randrange(6)),
    )


def issue(number, papers, dice, **kwargs):
    chosen = dice.sample(papers, dice.randrange(13))
    return Issue(
        number,
        f"reader{number}@example.org",
        number + 5000,
        epoch=dice.randrange(3),
        language=dice.choice(("en", "de")),
        items=tuple(Item(one, Reason(dice.choice(KINDS), "A & <b>")) for one in chosen),
        topics=dice.randrange(5),
        muted=frozenset(dice.choice(((), ("audio",)))),
        is_tracked=dice.random() < 0.3,
        is_first=dice.random() < 0.2,
        is_weekly=dice.random() < 0.2,
    )


@pytest.fixture(scope="module")
def press():
    dice = random.Random(3)
    papers = [paper(number, dice) for number in range(1, 61)]
    edition = EditionContents(
        DAY, total=60, week_total=300, note="A word.\nAnd <another>.", headlines=tuple(papers[:30])
    )
    return Press(edition, [issue(number, papers, dice) for number in range(1, 1001)], now=NOW)


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def contents(message):
    """Return everything a mail program would see: headers without their folding, and the decoded parts."""
    headers = {name: " ".join(str(value).split()) for name, value in message.items() if name != "Content-Type"}
    parts = [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n").rstrip()) for part in message.iter_parts()
    ]
    return headers, parts


def test_letters_say_what_the_slow_way_says(press):
    assert_equal_in_meaning(press, press.issues[:60])


@pytest.mark.slow
def test_a_thousand_letters_say_what_the_slow_way_says(press):
    assert_equal_in_meaning(press, press.issues)


def assert_equal_in_meaning(press, issues):
    for one in issues:
        fast, slow = parse(press.letter(one).wire), parse(reference(press, one).message().as_bytes())
        assert fast.defects == []
        assert contents(fast) == contents(slow), one.digest_id


def test_no_token_is_split_and_no_mark_is_left(press):
    for one in press.issues[:100]:
        wire = press.letter(one).wire
        assert b"\0" not in wire
        body = wire.partition(b"\r\n\r\n")[2]
        lines = body.split(b"\r\n")
        assert max(map(len, lines)) <= 76
        assert not any(line.startswith((b".", b"From ")) for line in lines)
        assert re.search(rb"[\w-]{44}(?=/)", wire.partition(b"\r\n\r\n")[0])  # the header's token is whole
        decoded = "".join(part.get_content() for part in parse(wire).iter_parts())
        assert len(re.findall(r"/(?:d|f|o|c|preferences|unsubscribe)/[\w-]{44}[/.]", decoded)) >= 6


def test_the_parts_can_be_read_back_for_a_provider_that_takes_no_finished_message(press):
    letter = press.letter(press.issues[0])
    assert letter.html.startswith("<!doctype html>")
    assert letter.headers["To"] == letter.to
    assert "Content-Type" not in letter.headers
    assert letter.text.startswith("Paper Round")


def test_an_address_with_a_line_end_is_refused(press):
    with pytest.raises(BadAddress):
        press.letter(Issue(1, "a@x.org\r\nBcc: b@x.org", 1))


class _Tree(HTMLParser):
    """The elements of a page and their attribute names, in order, without any text."""

    def __init__(self):
        super().__init__()
        self.elements = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(sorted(name for name, _ in attrs))))

    def handle_endtag(self, tag):
        self.elements.append(f"/{tag}")


def tree(html):
    parser = _Tree()
    parser.feed(html)
    parser.close()
    return parser.elements


def one_paper_press(title, abstract, author, reason):
    made = PaperContents(
        1,
        one_line(title) or "?",
        "https://x.example/",
        one_line(abstract) or "-",
        (one_line(author) or "-",),
        ("Vision",),
    )
    return Press(EditionContents(DAY, total=3), now=NOW).letter(
        Issue(1, "a@example.org", 1, items=(Item(made, Reason("keyword", one_line(reason) or "-")),), topics=1)
    )


hostile = st.one_of(
    st.text(max_size=600),
    st.sampled_from(
        [
            "{{ settings.SECRET_KEY }}{% include 'x' %}{# #}",
            "</td></tr></table><script>alert(1)</script>",
            "<!--part card--><!--/part-->",
            '" onmouseover="x" \'',
            "a\r\nBcc: everybody@example.org\r\n\r\n<html>",
            "\x00F\x00U\x01card\x01",
            "\ud800 lone",
            "\u202e reversed \u2066",
            "=?utf-8?q?x?=",
            "]]></mj-text><mj-raw>",
            "x" * 500,
        ]
    ),
)


@settings(max_examples=30, deadline=None)
@given(title=hostile, abstract=hostile, author=hostile, reason=hostile)
def test_no_text_of_a_paper_changes_the_structure_of_a_letter(title, abstract, author, reason):
    letter = one_paper_press(title, abstract, author, reason)
    plain = one_paper_press("A title", "An abstract.", "An Author", "word")
    assert tree(letter.html) == tree(plain.html)
    message = email.message_from_bytes(letter.wire, policy=email.policy.strict)
    assert message.keys() == parse(plain.wire).keys()
    assert message.defects == []
    assert message["Subject"].defects == ()
    assert max(map(len, letter.wire.split(b"\r\n"))) <= 998
    assert letter.wire.isascii()


def test_three_thousand_authors_take_one_line():
    made = PaperContents(1, "T", "https://x.example/", "A.", tuple(f"Author {n}" for n in range(3000)))
    letter = Press(EditionContents(DAY), now=NOW).letter(
        Issue(1, "a@example.org", 1, items=(Item(made, Reason("new", "")),))
    )
    assert "Author 0, Author 1 and 2,998 more" in letter.html
    assert len(letter.html.encode()) < LARGEST_HTML / 8


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a b", "", "ftp://x"]
)
def test_what_is_no_web_address_leads_nowhere(url):
    assert web_address(url) == ""
