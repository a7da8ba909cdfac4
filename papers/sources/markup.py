"""XML without its attacks, and text out of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element, ParseError

from bs4 import BeautifulSoup
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from papers.sources.base import SourceError, line

# The parser of the standard library takes quadratic time over tags that are never closed, so it sees none.
_TAG = re.compile(r"""<(/?)[a-zA-Z](?:[^<>"']|"[^"]*"|'[^']*')*>""")
_NOISE = re.compile(r"<!--.*?-->|<[!?][^<>]*>", re.S)
_LONE_AND = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,30};)")
# A page of 300 papers has some 20,000.
MOST_TAGS = 60_000


def tree(body: bytes, what: str) -> Element:
    """Return the root of an XML answer; document types and entities are refused, nothing is ever fetched for it."""
    if not body.strip():
        raise SourceError("The file is empty. Fetch it again and try once more.")
    try:
        root = fromstring(body.strip(), forbid_dtd=True)
    except DefusedXmlException:
        raise SourceError(f"This XML declares entities of its own, which {what} never does; it was not read.") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise SourceError(f"This is no {what}: its XML cannot be read ({error}).") from None
    assert isinstance(root, Element)
    return root


def name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the children of any of these names, whatever their namespace."""
    return (child for child in element if name(child) in names)


def texts(element: Element, *names: str) -> list[str]:
    """Return the texts of the children of these names as lines, empty ones left out."""
    return [text for child in children(element, *names) if (text := line("".join(child.itertext())))]


def first(element: Element, *names: str) -> str:
    """Return the text of the first such child, "" for none; the names are tried in their order."""
    return next((text for wanted in names for text in texts(element, wanted)), "")


def soup_of(text: str) -> BeautifulSoup:
    """Return a page of HTML ready to be asked; what is no tag becomes text first."""
    tags = entities = 0
    parts: list[str] = []
    for part in _pieces(_without_noise(text)):
        tags += part.startswith("<")
        entities += part.count("&") if not part.startswith("<") else 0
        parts.append(part)
    if tags > MOST_TAGS or entities > MOST_TAGS:
        raise SourceError(f"This is no page of papers: it holds more than {MOST_TAGS:,} tags.")
    return BeautifulSoup("".join(parts), "html.parser")


def _without_noise(text: str) -> str:
    """Return the page without comments and declarations; an open comment hides the rest, as in a browser."""
    parts = []
    end = 0
    while (start := text.find("<!--", end)) >= 0:
        parts.append(text[end:start])
        closing = text.find("-->", start)
        if closing < 0:
            return "".join(parts)
        end = closing + 3
    return _NOISE.sub("", "".join([*parts, text[end:]]))


def _pieces(text: str) -> Iterator[str]:
    """Yield whole tags and the text between them, in which no `<` is left and every `&` is an entity."""
    end = 0
    for found in _TAG.finditer(text):
        yield _as_text(text[end : found.start()])
        yield found[0]
        end = found.end()
    yield _as_text(text[end:])


def _as_text(text: str) -> str:
    return _LONE_AND.sub("&amp;", text).replace("<", "&lt;")


def without_tags(text: str) -> str:
    """Return the words of a text that may be HTML."""
    return line(unescape(_TAG.sub(" ", _NOISE.sub(" ", text)))) if "<" in text or "&" in text else text
