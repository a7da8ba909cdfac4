"""The digest as a letter: plain values in, a finished letter out, no query anywhere."""

from newsletter.rendering.contents import EditionContents, Issue, Item, PaperContents
from newsletter.rendering.press import Press

__all__ = ["EditionContents", "Issue", "Item", "PaperContents", "Press"]
