"""The type of one style laid ready: everything printed from a plate is kept, so that a letter is a few dozen joins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mail.letter import FRAME_FOOT, FRAME_HEAD, FRAME_MIDDLE
from newsletter.rendering.contents import Issue, Item, PaperContents
from newsletter.rendering.plate import NOTHING, Pieces, Plate, Printed, joined
from papers.ranking import Reason

LARGEST_HTML = 90_000  # bytes; Gmail clips behind 102 kB, and what is clipped includes the way out
MARGIN = 1_500  # bytes for the summary, the first digest's word, the heading of the rest and the preheader
REST = 6  # titles of the day after the cards
_MOST_KEPT = 4_096  # of 3 kB each

HEAD, MIDDLE, FOOT = (((b"", (part,)),) for part in (FRAME_HEAD, FRAME_MIDDLE, FRAME_FOOT))


class Block(NamedTuple):
    """A chosen paper as it stands in a letter, and what the frame around it must know of it."""

    html: Pieces
    text: Pieces
    size: int
    teaser: bytes
    paper: PaperContents
    is_new: bool  # of the edition's day
    topic: str
    is_followed: bool  # chosen because the reader follows its topic


class Frame(NamedTuple):
    """What stands around the cards and the titles."""

    above_text: Pieces
    between_text: Pieces
    above_preheader: Pieces
    above_html: Pieces
    between_html: Pieces
    below: Pieces


class Around(NamedTuple):
    """What a frame depends on."""

    shown: int
    earlier: int
    topics: int
    is_weekly: bool
    is_first: bool
    has_left: bool  # the titles are of papers that found no room
    has_rest: bool
    is_all: bool


class Box:
    """A plate, and all that was printed from it."""

    def __init__(self, plate: Plate) -> None:
        self.plate = plate
        self._blocks: dict[Item, Block] = {}
        self._reasons: dict[Reason, Printed] = {}
        self._lines: dict[int, Printed] = {}
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._subjects: dict[tuple[object, ...], bytes] = {}

    def lay(self, issue: Issue) -> tuple[bytes, list[Pieces]]:
        """Return the Subject line and both parts of the message; the reader's tokens are still marks."""
        items, known = issue.items, self._blocks
        blocks = [known.get(item) or self._block(item) for item in items]
        room = LARGEST_HTML - self.plate.html_size
        used, new = sum([block.size for block in blocks]), sum([block.is_new for block in blocks])
        cards: Sequence[Block] = blocks
        left: list[PaperContents] = []
        if used > room - MARGIN:
            cards, left = self._cards_that_fit(blocks, room - MARGIN)
            used = sum([card.size for card in cards])
        rest = left or self._headlines(issue, blocks)
        titles = self._titles(rest, room - used - MARGIN)
        count = len(blocks)
        earlier, is_all = 0 if issue.is_weekly else count - new, new + len(titles) >= self.plate.edition.total
        first = issue.is_first and count > 0
        topics = issue.topics if any(block.is_followed for block in blocks) else 0
        around = (count, earlier, topics, issue.is_weekly, first, bool(left), bool(titles), is_all)
        frame = self._frames.get(around) or self._frames.setdefault(around, self._frame(Around(*around)))
        preheader = self.plate.separator.join([block.teaser for block in blocks[1:5]])
        body = [frame.above_text, *[card.text for card in cards], frame.between_text]
        body += [title.text for title in titles]
        body += (frame.above_preheader, ((b"", (preheader,)),), frame.above_html)
        body += [card.html for card in cards]
        body.append(frame.between_html)
        body += [title.html for title in titles]
        body.append(frame.below)
        return self._subject(items, blocks), body

    def _block(self, item: Item) -> Block:
        """Return a paper's card with its reason in it."""
        if len(self._blocks) >= _MOST_KEPT:  # "because you opened …" has as many values as there are titles
            self._blocks.clear()
        card, reason, paper = self.plate.card(item.paper), self._reason(item.reason), item.paper
        parts = (card.above, reason, card.below)
        html, text = joined(part.html for part in parts), joined(part.text for part in parts)
        is_new = paper.day is None or paper.day == self.plate.edition.day
        topic = paper.topics[0] if paper.topics else ""
        is_followed = item.reason.kind == "topic"
        found = Block(html, text, card.size + reason.size, card.teaser, paper, is_new, topic, is_followed)
        return self._blocks.setdefault(item, found)

    def _cards_that_fit(self, blocks: Sequence[Block], room: int) -> tuple[list[Block], list[PaperContents]]:
        """Return the cards in order, and the papers that found no room: each of them must have room for its title."""
        cards: list[Block] = []
        left: list[PaperContents] = []
        room -= sum([self._line(block.paper).size for block in blocks])
        for block in blocks:
            room -= block.size
            if room < 0:
                left.append(block.paper)
            else:
                cards.append(block)
        return cards, left

    def _headlines(self, issue: Issue, blocks: Sequence[Block]) -> list[PaperContents]:
        """Return the best of the day that the reader has not got."""
        found: list[PaperContents] = []
        if issue.is_weekly:
            return found
        shown = {block.paper.id for block in blocks}
        for paper in self.plate.edition.headlines:
            if paper.id not in shown and not (issue.muted and issue.muted & paper.topic_slugs):
                found.append(paper)
                if len(found) == REST:
                    break
        return found

    def _titles(self, papers: Iterable[PaperContents], room: int) -> list[Printed]:
        """Return the papers as lines with their titles, as many as have room."""
        lines = []
        for paper in papers:
            line = self._line(paper)
            room -= line.size
            if room < 0:
                break
            lines.append(line)
        return lines

    def _line(self, paper: PaperContents) -> Printed:
        return self._lines.get(paper.id) or self._lines.setdefault(paper.id, self.plate.line(paper))

    def _frame(self, around: Around) -> Frame:
        plate = self.plate
        html, text = plate.html_frame, plate.text_frame
        summary = plate.summary(around.shown, around.earlier, around.topics, around.is_weekly)
        intro = plate.intro if around.is_first else NOTHING
        heading = plate.rest_heading(around.has_left, around.is_all) if around.has_rest else NOTHING
        whole_day = plate.all if around.has_rest and not around.is_all and not around.is_weekly else NOTHING
        return Frame(
            joined((HEAD, text[""], summary.text, text["summary"], intro.text, text["intro"])),
            joined((text["card"], heading.text, text["rest_heading"])),
            joined((text["line"], whole_day.text, text["all"], MIDDLE, html[""])),
            joined((html["preheader"], summary.html, html["summary"], intro.html, html["intro"])),
            joined((html["card"], heading.html, html["rest_heading"])),
            joined((html["line"], whole_day.html, html["all"], plate.pixel.html, html["pixel"], FOOT)),
        )

    def _subject(self, items: Sequence[Item], blocks: Sequence[Block]) -> bytes:
        key = (blocks[0].paper.id if blocks else 0, len(blocks), *self._topics(blocks))
        return self._subjects.get(key) or self._subjects.setdefault(key, self.plate.subject(items))

    def _topics(self, blocks: Sequence[Block]) -> tuple[str | None, ...]:
        """Return the first two topics after the first paper's and if there are more (words.subject_topics)."""
        first = second = None
        for block in blocks[1:]:
            topic = block.topic
            if topic == first:
                continue
            if first is None:
                first = topic
            elif second is None:
                second = topic
            elif topic != second:  # which it is matters only where one of the two is no name
                return first, second, "" if first and second else topic
        return first, second

    def _reason(self, reason: Reason) -> Printed:
        return self._reasons.get(reason) or self._reasons.setdefault(reason, self.plate.reason(reason))
