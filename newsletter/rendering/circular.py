"""The letter of an announcement in one style: alike for all its readers but for their tokens."""

from __future__ import annotations

import functools

from django.utils import translation

from mail import encoding
from newsletter.rendering.box import FOOT, HEAD, MIDDLE
from newsletter.rendering.contents import EditionContents, Issue, Words
from newsletter.rendering.imprint import Imprint
from newsletter.rendering.plate import Pieces, Side, frame_values, joined, quoted


class Circular:
    """A letter of the editor's words, printed once."""

    def __init__(self, imprint: Imprint, edition: EditionContents, words: Words, language: str, is_tracked: bool):
        html, text = _sides()
        with translation.override(language):
            values = frame_values(imprint, edition, language) | {"subject": words.subject, "text": words.text}
            pixel = html.render("pixel", values) if is_tracked else ""
            parts = (HEAD, quoted(text.render("", values)), MIDDLE, quoted(html.render("", values | {"pixel": pixel})))
        self._body = joined((*parts, FOOT))
        self._subject = encoding.header_line("Subject", encoding.header(words.subject)).encode()

    def lay(self, _issue: Issue) -> tuple[bytes, list[Pieces]]:
        """Return the Subject line and both parts of the message, like Box.lay."""
        return self._subject, [self._body]


@functools.cache
def _sides() -> tuple[Side, Side]:
    return Side("mail/announcement.mjml"), Side("mail/announcement.txt")
