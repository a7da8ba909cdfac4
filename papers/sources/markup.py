"""XML without its attacks, and text out of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from xml.etree.ElementTree import Element, ParseError

from bs4 import BeautifulSoup
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from papers.sources.base import SourceError, line, refuse_page, text_of

# The parser of the standard library takes quadratic time over tags that are never closed, so it sees none.
_TAG = re.compile(r"""<(/?)[a-zA-Z](?:[^<>"']|"[^"]*"|'[^']*')*>""")
_NOISE = re.compile(r"<!--.*?-->|<[!?][^<>]*>", re.S)
_LONE_AND = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,30};)")
_MARK = re.compile(r"</?(?:p|br|div|span|i|b|em|strong)\s?/?>|<a\s[^<>]{0,500}>|</a>", re.I)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_HEAD = re.compile(r"<\?xml[^<>]{0,200}\?>")
_HTML_NAME = re.compile(r"&([a-zA-Z]{2,30});")
_PREFIX = re.compile(r"""</?([a-zA-Z]\w{0,30}):|\s([a-zA-Z]\w{0,30}):[\w-]{1,40}=["']""")
_DECLARED = re.compile(r"xmlns:([a-zA-Z]\w{0,30})")
_ROOT = re.compile(r"<[a-zA-Z][\w:.-]{0,60}")
# A page of 300 papers has some 20,000.
MOST_TAGS = 60_000
# Tags within tags; pages have some thirty.
DEEPEST = 500
_TAG_NAME = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,10})")
# They need no closing tag, and many pages give them none.
_OFTEN_OPEN = "area base br col embed hr img input link meta source track wbr p li dt dd option tr td th thead tbody"


def tree(body: bytes, what: str) -> Element:
    """Return the root of an XML answer; document types and entities are refused, nothing is ever fetched for it."""
    if not body.strip():
        raise SourceError("The file is empty. Fetch it again and try once more.")
    refuse_page(body, what)
    try:
        try:
            root = fromstring(body.strip(), forbid_dtd=True)
        except ParseError:
            root = fromstring(_mended(body), forbid_dtd=True)
    except DefusedXmlException:
        raise SourceError(f"This XML declares entities of its own, which {what} never does; it was not read.") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise SourceError(f"This is no {what}: its XML cannot be read ({error}).") from None
    assert isinstance(root, Element)
    return root


def _mended(body: bytes) -> str:
    """Return XML without the slips that stop a strict reader: signs it may not hold, a lone &, &nbsp;, no namespace."""
    text = _NO_XML.sub("", text_of(body)).strip()
    text = _XML_HEAD.sub("", text, count=1)
    text = _LONE_AND.sub("&amp;", _HTML_NAME.sub(_html_sign, text))
    prefixes = {found[1] or found[2] for found in _PREFIX.finditer(text)} - {"xml", "xmlns"}
    unknown = prefixes - set(_DECLARED.findall(text))
    declared = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(unknown)[:20])
    return _ROOT.sub(rf"\g<0>{declared}", text, count=1) if declared else text


def _html_sign(found: re.Match[str]) -> str:
    known = found[1] in {"amp", "lt", "gt", "quot", "apos"}
    return found[0] if known or unescape(found[0]) == found[0] else escape(unescape(found[0]))


def name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Yield the children of any of these names, whatever their namespace."""
    return (child for child in element if name(child) in names)


def texts(element: Element, *names: str) -> list[str]:
    """Return the texts of the children of these names as lines, empty ones left out."""
    return [text for child in children(element, *names) if (text := line(_glue(child).join(child.itertext())))]


def _glue(element: Element) -> str:
    """Return what stands between the texts of an element: paragraphs are apart, words within one are not."""
    return " " if any(name(inner) in {"p", "div", "li", "br"} for inner in element.iter()) else ""


def first(element: Element, *names: str) -> str:
    """Return the text of the first such child, "" for none; the names are tried in their order."""
    return next((text for wanted in names for text in texts(element, wanted)), "")


def soup_of(text: str) -> BeautifulSoup:
    """Return a page of HTML ready to be asked; what is no tag becomes text first."""
    tags = entities = depth = 0
    parts: list[str] = []
    for part in _pieces(_without_noise(text)):
        if part.startswith("<"):
            tags += 1
            depth = max(0, depth + _deeper(part))
        else:
            entities += part.count("&")
        if tags > MOST_TAGS or entities > MOST_TAGS or depth > DEEPEST:
            raise SourceError(
                f"This is no page of papers: it holds more than {MOST_TAGS:,} tags, or {DEEPEST} in a row."
            )
        parts.append(part)
    return BeautifulSoup("".join(parts), "html.parser")


def _deeper(tag: str) -> int:
    if tag.startswith("</"):
        return -1
    found = _TAG_NAME.match(tag)
    return 0 if tag.endswith("/>") or (found and found[1].lower() in _OFTEN_OPEN.split()) else 1


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
    return line(unescape(_TAG.sub(" ", _without_noise(text)))) if "<" in text or "&" in text else text


def without_marks(text: str) -> str:
    """Return a text without the tags that feeds put around and into abstracts; `a < b` and other tags stay."""
    return line(_MARK.sub(" ", text)) if "<" in text else text
