"""The type of one style laid ready: everything printed from a plate is kept and found by id."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence

from mail.letter import FRAME_FOOT, FRAME_HEAD, FRAME_MIDDLE
from newsletter.rendering import words
from newsletter.rendering.contents import Issue, Item, PaperContents
from newsletter.rendering.plate import NOTHING, Card, Pieces, Plate, Printed, joined
from papers.ranking import Reason

LARGEST_HTML = 90_000  # bytes; Gmail clips behind 102 kB, and what is clipped includes the way out
MARGIN = 1_500  # bytes for the summary, the first digest's word, the heading of the rest and the preheader
REST = 6  # titles of the day after the cards
_MOST_ITEMS = 4_096  # of 3 kB each


_HEAD, _MIDDLE, _FOOT = (((b"", (part,)),) for part in (FRAME_HEAD, FRAME_MIDDLE, FRAME_FOOT))


class Box:
    """A plate, and all that was printed from it."""

    def __init__(self, plate: Plate) -> None:
        self.plate = plate
        self._cards: dict[int, Card] = {}
        self._items: dict[tuple[int, Reason], Printed] = {}
        self._lines: dict[int, Printed] = {}
        self._reasons: dict[Reason, Printed] = {}
        self._headings: dict[dt.date | None, Printed] = {}
        self._summaries: dict[tuple[int, int, int, bool], Printed] = {}
        self._rest_headings: dict[tuple[bool, bool], Printed] = {}
        self._subjects: dict[tuple[object, ...], bytes] = {}

    def subject(self, items: Sequence[Item]) -> bytes:
        """Return the Subject line of a digest with these papers."""
        topics = words.subject_topics(items)
        key = (items[0].paper.id if items else 0, len(items), *topics)
        if key not in self._subjects:
            self._subjects[key] = self.plate.subject(items)
        return self._subjects[key]

    def body(self, issue: Issue) -> list[Pieces]:
        """Return both parts of the message; the reader's tokens are still marks."""
        html, text, plate = self.plate.html_frame, self.plate.text_frame, self.plate
        cards, left = self._cards_that_fit(issue)
        of_the_day = (None, plate.edition.day)
        new = sum([item.paper.day in of_the_day for item in issue.items])
        rest = self._rest(issue, left, room=LARGEST_HTML - plate.html_size - sum([card.size for card in cards]))
        is_all = new + len(rest) >= plate.edition.total
        heading = self._rest_heading((bool(left), is_all)) if rest else NOTHING
        whole_day = plate.all if rest and not is_all and not issue.is_weekly else NOTHING
        intro = plate.intro if issue.is_first and issue.items else NOTHING
        earlier = 0 if issue.is_weekly else len(issue.items) - new
        summary = self._summary((len(issue.items), earlier, issue.topics, issue.is_weekly))
        return [
            *(_HEAD, text[""], summary.text, text["summary"], intro.text, text["intro"]),
            *(card.text for card in cards),
            *(text["card"], heading.text, text["rest_heading"]),
            *(line.text for line in rest),
            *(
                text["line"],
                whole_day.text,
                text["all"],
                _MIDDLE,
                html[""],
                self._preheader(issue.items),
                html["preheader"],
            ),
            *(summary.html, html["summary"], intro.html, html["intro"]),
            *(card.html for card in cards),
            *(html["card"], heading.html, html["rest_heading"]),
            *(line.html for line in rest),
            *(html["line"], whole_day.html, html["all"], plate.pixel.html, html["pixel"], _FOOT),
        ]

    def _cards_that_fit(self, issue: Issue) -> tuple[list[Printed], list[PaperContents]]:
        """Return the pieces of the cards in order, and the papers that found no room."""
        pieces: list[Printed] = []
        left: list[PaperContents] = []
        items = by_day(issue.items) if issue.is_weekly else issue.items
        printed = [self._item(item) for item in items]
        room, day = self._room(items, printed), None
        for item, card in zip(items, printed, strict=True):
            room -= card.size
            if room < 0:
                left.append(item.paper)
                continue
            if issue.is_weekly and item.paper.day != day:
                day = item.paper.day
                pieces.append(self._heading(item.paper))
            pieces.append(card)
        return pieces, left

    def _room(self, items: Sequence[Item], printed: Sequence[Printed]) -> int:
        """Return the bytes for cards: less when not all fit, so that each of the others has room for its title."""
        room = LARGEST_HTML - MARGIN - self.plate.html_size
        if sum([card.size for card in printed]) > room:
            room -= sum(self._line(item.paper).size for item in items)
        return room

    def _rest(self, issue: Issue, left: list[PaperContents], *, room: int) -> list[Printed]:
        """Return the title lines: papers that found no room, then the best of the day that the reader has not got."""
        lines = []
        for paper in left or self._headlines(issue):
            line = self._line(paper)
            room -= line.size
            if room < MARGIN:
                break
            lines.append(line)
        return lines

    def _headlines(self, issue: Issue) -> list[PaperContents]:
        if issue.is_weekly:
            return []
        shown = {item.paper.id for item in issue.items}
        others = (paper for paper in self.plate.edition.headlines if paper.id not in shown)
        if issue.muted:
            others = (paper for paper in others if not issue.muted & paper.topic_slugs)
        return list(itertools.islice(others, REST))

    # What follows is printed at its first use.
    def _item(self, item: Item) -> Printed:
        """Return a paper's card with its reason in it."""
        key = (item.paper.id, item.reason)
        found = self._items.get(key)
        if found is None:
            if len(self._items) >= _MOST_ITEMS:  # as many as "because you opened …" has titles
                self._items.clear()
            card, reason = self.card(item.paper), self._reason(item.reason)
            parts = (card.above, reason, card.below)
            html, text = joined(part.html for part in parts), joined(part.text for part in parts)
            found = self._items[key] = Printed(html, text, card.size + reason.size)
        return found

    def card(self, paper: PaperContents) -> Card:
        """Return a paper's card."""
        try:
            return self._cards[paper.id]
        except KeyError:
            return self._cards.setdefault(paper.id, self.plate.card(paper))

    def _line(self, paper: PaperContents) -> Printed:
        if paper.id not in self._lines:
            self._lines[paper.id] = self.plate.line(paper)
        return self._lines[paper.id]

    def _reason(self, reason: Reason) -> Printed:
        try:  # looked up once: a reason's hash and equality are most of the cost here
            return self._reasons[reason]
        except KeyError:
            return self._reasons.setdefault(reason, self.plate.reason(reason))

    def _heading(self, paper: PaperContents) -> Printed:
        if paper.day not in self._headings:
            self._headings[paper.day] = self.plate.heading(paper)
        return self._headings[paper.day]

    def _rest_heading(self, of: tuple[bool, bool]) -> Printed:
        if of not in self._rest_headings:
            self._rest_headings[of] = self.plate.rest_heading(*of)
        return self._rest_headings[of]

    def _summary(self, of: tuple[int, int, int, bool]) -> Printed:
        if of not in self._summaries:
            self._summaries[of] = self.plate.summary(*of)
        return self._summaries[of]

    def _preheader(self, items: Sequence[Item]) -> Pieces:
        return ((b"", (self.plate.separator.join([self.card(item.paper).teaser for item in items[1:5]]),)),)


def by_day(items: Iterable[Item]) -> list[Item]:
    """Return the papers of a week grouped by day, the newest day first, each day in the order of choice."""
    return sorted(items, key=lambda item: item.paper.day or dt.date.min, reverse=True)
