"""Every letter we send, in every state, filled with invented papers: for the gallery and for the validators."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from django.utils.translation import gettext_noop as _

from mail.letter import Letter, compose
from mail.links import absolute
from newsletter.preparing import web_address
from newsletter.rendering import EditionContents, Issue, Item, PaperContents, Press, Words
from papers.ranking import Reason

_ABOUT = (
    (
        "TideFormer: attention that follows the tide",
        "Sequence models treat every hour of the sea alike. TideFormer lets attention breathe with the tidal cycle, "
        "and predicts water levels two days ahead with a third fewer errors on eleven invented harbours.",
        ("Marit Solberg", "Jonas Keel", "Ana Prado", "Li Wen"),
        ("Time series", "Forecasting"),
    ),
    (
        "What a robot forgets when it learns to fold",
        "We taught one arm forty household tasks, one after another, and measured what it lost. Folding laundry cost "
        "it the most. A short nightly rehearsal of old tasks keeps 94 % of every skill.",
        ("Ruth Adeyemi", "Tom Hale"),
        ("Robotics",),
    ),
    (
        "Retrieval without an index: asking the margin notes",
        "Readers leave traces in the margins of books. We show that a small model, trained on notes alone, finds the "
        "right passage more often than an index of the text, and explains its choice in the reader's own words.",
        ("Clara Nowak",),
        ("Retrieval", "Language models"),
    ),
    (
        "Quiet pixels: denoising night photographs with a single exposure",
        "Night photographs are noisy because we ask too much of one moment. Quiet Pixels separates the noise of the "
        "sensor from the grain of the world and needs no second exposure.",
        ("Per Lund", "Aiko Mori", "Sam Reed"),
        ("Vision",),
    ),
    (
        "A proof assistant that knows when it is lost",
        "Provers rarely admit defeat. Ours estimates, at every step, whether the goal is still within reach, and hands "
        "the proof back to a person in time. Mathematicians finished 61 % of the proofs it returned.",
        ("Eva Lindqvist", "Omar Haddad", "Jun Park", "Nia Brown", "Leo Costa"),
        ("Theory", "Reasoning"),
    ),
    (
        "Speaking softly: speech recognition for whispered meetings",
        "Whispered speech has no pitch. We collected 300 hours of it from volunteers in libraries and trained a "
        "recogniser that is as good at a whisper as others are at a voice.",
        ("Greta Olsen", "Paul Ives"),
        ("Audio",),
    ),
)
_REASONS = (("topic", "Forecasting"), ("keyword", "robot"), ("liked", "MarginNotes"), ("editor", ""))
_HOSTILE = (
    '</td></tr></table><script>alert("x")</script> {{ settings }} {% debug %}',
    "שלום עולם: a title that begins from the right 🎉",
    "W" + "o" * 300 + "w",
)


def daily(issue: Issue, now: dt.datetime) -> Letter:
    return _press(now).letter(_with(issue, _papers(now, 6)))


def with_note(issue: Issue, now: dt.datetime) -> Letter:
    note = "Two papers today argue with each other.\nRead the third and the fifth side by side."
    return _press(now, note=note).letter(_with(issue, _papers(now, 5)))


def first(issue: Issue, now: dt.datetime) -> Letter:
    return _press(now).letter(_with(issue, _papers(now, 4), is_first=True))


def weekly(issue: Issue, now: dt.datetime) -> Letter:
    papers = [
        dataclasses.replace(paper, day=now.date() - dt.timedelta(days=number // 2))
        for number, paper in enumerate(_papers(now, 6))
    ]
    return _press(now).letter(_with(issue, papers, is_weekly=True))


def quiet(issue: Issue, now: dt.datetime) -> Letter:
    return _press(now).letter(_with(issue, []))


def counted(issue: Issue, now: dt.datetime) -> Letter:
    return _press(now).letter(_with(issue, _papers(now, 6), is_tracked=True))


def fifty(issue: Issue, now: dt.datetime) -> Letter:
    return _press(now).letter(_with(issue, _papers(now, 50)))


def hostile(issue: Issue, now: dt.datetime) -> Letter:
    papers = [
        PaperContents(
            number, title, web_address("https://papers.example/?a=1&b='\""), title, (title,) * 3000, (title[:40],)
        )
        for number, title in enumerate(_HOSTILE, start=1)
    ]
    return _press(now).letter(_with(issue, papers))


def announcement(issue: Issue, now: dt.datetime) -> Letter:
    words = Words(
        "An afternoon of papers, on the last Friday",
        "Dear readers,\n\nonce a year we read together. This time it is about time series: three short talks, then "
        "tea, and a table for whoever wants to show a draft.\n\nThe programme is at https://papers.example/afternoon, "
        "and a line to afternoon@papers.example keeps a chair for you.",
    )
    return Press(EditionContents(now.date(), words=words), now=now).letter(issue)


DIGESTS: dict[str, tuple[str, Callable[[Issue, dt.datetime], Letter]]] = {
    "daily": (_("A day"), daily),
    "note": (_("A day with a word from the editor"), with_note),
    "first": (_("The first digest"), first),
    "weekly": (_("A week"), weekly),
    "quiet": (_("A quiet day"), quiet),
    "counted": (_("With counted links (consent given)"), counted),
    "announcement": (_("An announcement"), announcement),
    "fifty": (_("Fifty papers: the last told by title"), fifty),
    "hostile": (_("Papers that mean harm"), hostile),
}
ACCOUNT = {
    "confirm": _("Confirm your address"),
    "already": _("You are already a reader"),
    "welcome": _("Welcome"),
    "manage": _("Your link to your preferences"),
    "address_new": _("Confirm your new address"),
    "address_old": _("The address was changed"),
    "miss_you": _("Shall we keep sending?"),
}


def names() -> dict[str, str]:
    """Return every example's name and what it shows, digests first."""
    return {name: title for name, (title, _make) in DIGESTS.items()} | ACCOUNT


def example(name: str, *, now: dt.datetime, language: str = "en", to: str = "reader@example.org") -> Letter:
    """Return one example as a finished letter; raise KeyError for a name that is none. Its links open nothing."""
    if name in DIGESTS:
        return DIGESTS[name][1](Issue(0, to, 0, language=language, topics=4), now)
    if name not in ACCOUNT:
        raise KeyError(name)
    return compose(name, key=name, to=to, context={"link": absolute("/")}, language=language)


def _press(now: dt.datetime, note: str = "") -> Press:
    return Press(
        EditionContents(now.date(), total=63, week_total=287, note=note, headlines=tuple(_papers(now, 18)[6:])), now=now
    )


def _with(issue: Issue, papers: list[PaperContents], **state: bool) -> Issue:
    items = (Item(paper, Reason(*_REASONS[number % len(_REASONS)])) for number, paper in enumerate(papers))
    return dataclasses.replace(issue, items=tuple(items), **state)  # type: ignore[arg-type]


def _papers(now: dt.datetime, count: int) -> list[PaperContents]:
    return [_paper(number, now.date()) for number in range(count)]


def _paper(number: int, day: dt.date) -> PaperContents:
    title, abstract, authors, topics = _ABOUT[number % len(_ABOUT)]
    again = number // len(_ABOUT)
    return PaperContents(
        id=number + 1,
        title=f"{title} ({again + 1})" if again else title,
        url=f"https://papers.example/{number + 1}",
        abstract=abstract,
        authors=authors,
        topics=topics,
        pdf_url=f"https://papers.example/{number + 1}.pdf",
        code_url=f"https://code.example/{number + 1}" if number % 2 else "",
        project_url=f"https://project.example/{number + 1}" if number % 3 == 2 else "",
        votes=(97 * (number + 3)) % 140,
        day=day,
    )
