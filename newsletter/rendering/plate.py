"""The printing plates of an edition: all that its letters share, already as mail bytes.

A plate is made once for a language and for tracked or plain links. What it prints is pieces: quoted-printable
between marks, with room left for a reader's tokens so that no line break splits one, and a whole letter is one join.
Searching the finished letter for its marks instead would cost four times as much (docs/letters.md).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template import Context, Template
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from mail import encoding, mjml, templates
from mail.links import absolute, reverse
from newsletter.link_numbers import Target
from newsletter.rendering import words
from newsletter.rendering.contents import EditionContents, Item, PaperContents
from newsletter.rendering.imprint import Imprint, Mark
from newsletter.rendering.shapes import Shapes
from papers.models import topic_label
from papers.ranking import Reason

SLOTS = ("preheader", "summary", "intro", "card", "rest_heading", "line", "all", "pixel")
_SLOT = re.compile("\1(\\w+)\1")
_MARK = re.compile("(\0[A-Z])")
_TOKEN = 44  # characters of every token
_TOKEN_GROWTH = _TOKEN - 2  # it takes the place of a mark
_LONGEST_LINE = 75  # and the "=" of a soft line break (RFC 2045, 6.7)


# Runs of text with one mark between: ((b"\0C", (text, text, text)), (b"\0F", (b"", text))…). A run without a mark has
# b"". So most of a letter is joins in C: text and mark by turns, looked up one by one, cost a quarter more.
Pieces = tuple[tuple[bytes, tuple[bytes, ...]], ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """A part of a letter in HTML and in text; `size` is what it adds to the HTML, in bytes."""

    html: Pieces
    text: Pieces
    size: int


NOTHING = Printed((), (), 0)


def joined(parts: Iterable[Pieces]) -> Pieces:
    """Return the parts as one, in as few runs as can be: each run costs at every letter."""
    runs: list[tuple[bytes, list[bytes]]] = [(b"", [b""])]
    for mark, (text, *more) in itertools.chain.from_iterable(parts):
        last_mark, texts = runs[-1]
        texts[-1] += text
        if not more:
            continue
        if mark == last_mark:
            texts += more
        elif len(texts) == 1:
            runs[-1] = (mark, texts + more)
        else:
            runs.append((mark, [b"", *more]))
    return tuple((mark, tuple(texts)) for mark, texts in runs)


@dataclass(frozen=True, slots=True)
class Card:
    """A paper as printed: above and below the reason, and its name for the preheader."""

    above: Printed
    below: Printed
    teaser: bytes
    size: int


class Side:
    """One part of a letter, HTML or text: its templates, compiled once."""

    def __init__(self, name: str) -> None:
        self.is_html = name.endswith(".mjml")
        sheet = templates.cut(mjml.html_of(name) if self.is_html else templates.source(name) + "\n")
        self.frame = Template("{% load i18n %}" + sheet.frame)
        self.parts = {part: Template("{% load i18n %}" + source) for part, source in sheet.parts.items()}

    def render(self, part: str, values: Mapping[str, Any]) -> SafeString:
        """Return one part filled in ("" is the frame), with every value escaped as this side needs it."""
        template = self.parts[part] if part else self.frame
        return mark_safe(template.render(Context(values, autoescape=self.is_html)))  # noqa: S308 (autoescaped)


@functools.cache
def sides() -> tuple[Side, Side]:
    """Return the two sides of a digest: HTML and text."""
    return Side("mail/digest.mjml"), Side("mail/digest.txt")


@functools.cache
def card_shapes(language: str) -> tuple[Shapes, Shapes]:
    """Return the cards' shapes in one language: HTML and text."""
    html, text = (Shapes(functools.partial(side.render, "card"), is_escaped=side.is_html) for side in sides())
    return html, text


class Plate:
    """All that the letters of an edition share in one language, with tracked links or plain ones."""

    def __init__(self, imprint: Imprint, edition: EditionContents, language: str, is_tracked: bool) -> None:
        self.imprint, self.edition, self.language, self.is_tracked = imprint, edition, language, is_tracked
        html, text = sides()
        with translation.override(language):
            values = frame_values(imprint, edition, language)
            self.day = values["day"]
            slots = {slot: f"\1{slot}\1" for slot in SLOTS}
            framed = html.render("", {**values, **slots})
            self.html_frame = _between_slots(framed)
            self.text_frame = _between_slots(text.render("", {**values, **slots}))
            self.intro = self._printed("intro", values)
            self.all = self._printed("all", values)
            self.pixel = self._printed("pixel", values) if is_tracked else NOTHING
        self.html_size = _size(framed)
        self.separator = encoding.body(" · ")

    def card(self, paper: PaperContents) -> Card:
        """Return a paper printed."""
        return card_of(self.imprint, self.language, self.is_tracked, paper)

    def line(self, paper: PaperContents) -> Printed:
        """Return a paper as one line with its title."""
        return self._printed("line", {"url": paper.url, "title": words.cut_at_word(paper.title, 160)})

    def reason(self, reason: Reason) -> Printed:
        """Return why a paper is here, printed; nothing when there is nothing to say."""
        with translation.override(self.language):
            why = words.reason_in_words(reason, is_tracked=self.is_tracked)
        return self._printed("why", {"why": why}) if why else NOTHING

    def rest_heading(self, is_for_reader: bool, is_all: bool) -> Printed:
        """Return the heading of the titles after the cards."""
        with translation.override(self.language):
            heading = words.rest_heading(is_for_reader=is_for_reader, is_all=is_all)
        return self._printed("rest_heading", {"rest": heading})

    def summary(self, shown: int, earlier: int, topics: int, is_weekly: bool) -> Printed:
        """Return the line that says how many papers of how many."""
        total = self.edition.week_total if is_weekly else self.edition.total
        with translation.override(self.language):
            line = words.summary(shown, earlier, total, topics, is_weekly=is_weekly)
        return Printed(quoted(escape(line)), quoted(line), len(line.encode()))

    def subject(self, items: Sequence[Item]) -> bytes:
        """Return the Subject line of a digest with these papers."""
        with translation.override(self.language):
            text = words.subject(items, self.day)
        return encoding.header_line("Subject", encoding.header(text)).encode()

    def _printed(self, part: str, values: Mapping[str, Any]) -> Printed:
        with translation.override(self.language):
            html, text = (side.render(part, values) if part in side.parts else "" for side in sides())
        return Printed(quoted(html), quoted(text), _size(html))


@functools.lru_cache(maxsize=64)
def plate_of(imprint: Imprint, edition: EditionContents, language: str, is_tracked: bool) -> Plate:
    """Return the plate of an edition in one style, kept for the edition's other batches."""
    return Plate(imprint, edition, language, is_tracked)


@functools.lru_cache(maxsize=4_096)
def card_of(imprint: Imprint, language: str, is_tracked: bool, paper: PaperContents) -> Card:
    """Return a paper printed in one style, kept for all batches and readers; a changed paper is another value."""
    with translation.override(language):
        values = card_values(imprint, paper, is_tracked) | {"reason": Mark.REASON}
        html, text = (shapes.fill(values).split(Mark.REASON) for shapes in card_shapes(language))
        teaser = escape(words.short_title(paper.title))
    above, below = (Printed(quoted(html[half]), quoted(text[half]), _size(html[half])) for half in (0, 1))
    return Card(above, below, encoding.body(teaser), above.size + below.size + len(teaser.encode()))


def frame_values(imprint: Imprint, edition: EditionContents, language: str) -> dict[str, Any]:
    """Return what the frame of every letter of an edition says, in the active language."""
    day = words.day_in_words(edition.day)
    return {
        "newsletter_name": imprint.newsletter_name,
        "editor_name": words.editor_in_words(imprint.editor_name),
        "site_url": imprint.site_url,
        "postal_address": imprint.postal_address,
        "web_view_url": imprint.web_view_url,
        "manage_url": imprint.manage_url,
        "unsubscribe_url": imprint.unsubscribe_url,
        "pixel_url": imprint.pixel_url,
        "language": language,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "subject": f"{imprint.newsletter_name}, {day}",
        "day": day,
        "day_url": absolute(reverse("day", args=[edition.day])),
        "whole_day": words.whole_day(edition.total),
        "note": edition.note,
    }


def card_values(imprint: Imprint, paper: PaperContents, is_tracked: bool) -> dict[str, Any]:
    """Return what a paper's card says, in the active language; its links are counted only with consent."""

    def address(target: Target, plain: str) -> str:
        return imprint.click(paper.id, target) if is_tracked else plain

    others = (
        (Target.PDF, _("PDF"), paper.pdf_url),
        (Target.CODE, _("Code"), paper.code_url),
        (Target.PROJECT, _("Project"), paper.project_url),
    )
    # All topics: a reason may name the third. Between them what stands in no topic's name.
    byline = (words.authors_in_short(paper.authors), *map(topic_label, paper.topics))
    return {
        "title": paper.title,
        "url": address(Target.PAPER, paper.url),
        "byline": " · ".join(filter(None, byline)),
        "votes": paper.votes,
        "abstract": words.abstract_in_short(paper.abstract),
        "links": [(name, address(target, url)) for target, name, url in others if url],
        "more_url": imprint.more(paper.id),
        "less_url": imprint.less(paper.id),
        "upvote_url": imprint.upvote(paper.id),
    }


def head_of(imprint: Imprint, edition: EditionContents) -> list[bytes]:
    """Return the headers that every letter of an edition has alike, cut where the reader's token goes."""
    kind = "announcement" if edition.words else "digest"
    mailto = f"mailto:{imprint.unsubscribe_address}?subject={Mark.UNSUBSCRIBE}"
    headers = {
        "From": imprint.sender,
        "List-Id": f"<{kind}.{imprint.mail_domain}>",
        "List-Unsubscribe": f"<{imprint.one_click_url}>,\r\n <{mailto}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": f"{edition.day:%Y%m%d}:{kind}:{imprint.feedback_sender}",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("ascii").split(Mark.UNSUBSCRIBE.encode())


def _between_slots(framed: str) -> dict[str, Pieces]:
    """Return the frame in pieces: under each slot's name what follows it, under "" the beginning."""
    beginning, *rest = _SLOT.split(framed)
    return {"": quoted(beginning)} | {slot: quoted(after) for slot, after in zip(rest[::2], rest[1::2], strict=True)}


def quoted(text: str) -> Pieces:
    """Return quoted-printable between marks; a token shares its line with what stands around it where it fits."""
    found = [*_MARK.split(text), ""]
    quoted_texts: list[bytes] = []
    column = 0  # where the token before ends
    for piece, mark in zip(found[::2], found[1::2], strict=True):
        quoted = encoding.body("X" * column + piece)  # the X keep the token's place
        line = quoted.removesuffix(b"=\r\n").rpartition(b"\n")[2]
        fits = mark and line and len(line) + _TOKEN <= _LONGEST_LINE
        quoted_texts.append(quoted.removesuffix(b"=\r\n" if fits else b"")[column:])
        column = len(line) + _TOKEN if fits else _TOKEN
    return _runs(quoted_texts, [mark.encode() for mark in found[1:-1:2]])


def _runs(texts: Sequence[bytes], marks: Sequence[bytes]) -> Pieces:
    """Return the texts in runs of the same mark between them; there is one mark less than texts."""
    runs: list[tuple[bytes, tuple[bytes, ...]]] = []
    before, first = 0, texts[:1]
    for mark, group in itertools.groupby(marks):
        after = before + len(list(group))
        runs.append((mark, (*first, *texts[before + 1 : after + 1])))
        before, first = after, [b""]
    return tuple(runs) or ((b"", tuple(first)),)


def _size(html: str) -> int:
    return len(html.encode()) + _TOKEN_GROWTH * len(_MARK.findall(html))
