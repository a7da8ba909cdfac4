"""A digest or an announcement as a letter: plain values in, a finished letter out, no query anywhere."""

from newsletter.rendering.contents import EditionContents, Issue, Item, PaperContents, Words
from newsletter.rendering.press import Press

__all__ = ["EditionContents", "Issue", "Item", "PaperContents", "Press", "Words"]
