"""Whether the text of a letter stands out from its ground (WCAG 2.2, contrast of at least 4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

_ENOUGH = 4.5
_INK = re.compile(r"(?:^|;)\s*color\s*:\s*#([0-9a-fA-F]{6})\b")
_GROUND = re.compile(r"background(?:-color)?\s*:\s*#([0-9a-fA-F]{6})\b")


def contrast(ink: str, ground: str) -> float:
    """Return the contrast of two colours, each six hex digits: 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faint_texts(page: BeautifulSoup) -> Iterator[str]:
    """Yield the beginning of every text whose colour, where it is written inline, is too near to its ground."""
    for element in page.find_all(style=_INK):
        ink, ground = _INK.search(str(element["style"])), _ground(element)
        text = element.get_text(" ", strip=True)
        if text and ink and contrast(ink[1], ground) < _ENOUGH:
            yield text[:40]


def _ground(element: Tag) -> str:
    for around in (element, *element.parents):
        if found := _GROUND.search(str(around.get("style", ""))):
            return found[1]
    return "FFFFFF"


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
