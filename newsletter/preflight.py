"""The last look before an edition goes out: a sample of its real letters is printed and read like a strict reader.

What is wrong with one letter is usually wrong with all, so a dozen are enough. A grave finding holds the edition until
the editor looks (Edition.is_paused with the reason); resuming it is the editor's word that it may go.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import ipaddress
import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from mail.contrast import faint_texts
from mail.letter import BadAddress, Letter
from newsletter.models import Digest, Edition
from newsletter.preparing import Stock, prepare
from newsletter.rendering import Issue, Press
from newsletter.rendering.box import LARGEST_HTML

logger = logging.getLogger(__name__)
_SAMPLE = 12
_OWN_HEADERS = ("To", "Subject", "Message-ID")  # which differ from letter to letter
_HREF = re.compile(r"""<a\b[^>]*?\bhref=["']([^"']*)""")
_STALE = dt.timedelta(days=4)  # a long weekend without new papers is nothing strange


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong with an edition, in words for its editor; a grave one holds it."""

    what: str
    is_grave: bool = True


def hold_if_unfit(edition: Edition, *, now: dt.datetime, stock: Stock | None = None) -> bool:
    """Look at an edition once, before its first letter leaves; return True when it is held now."""
    waiting = edition.digests.filter(state=Digest.State.PENDING)
    # Without a letter there is nothing to look at: tomorrow's edition is there as soon as its editor writes a note.
    if edition.checked_at is not None or not waiting.exists():
        return False
    with transaction.atomic():
        # The other workers wait here for the one that looks: all of them reading the sample cost as much as a thousand
        # letters each. Rows may be chosen meanwhile, which only needs the key.
        state = Edition.objects.select_for_update(no_key=True).get(pk=edition.pk)
        if state.checked_at is not None:
            return state.is_paused
        findings = _look(edition, now=now, stock=stock)
        edition.mark_checked([finding.what for finding in findings], now=now)
        grave = [finding.what for finding in findings if finding.is_grave]
        said = _("Held before sending: %(findings)s") % {"findings": " · ".join(grave)}
        return bool(grave) and edition.pause(said)


def _look(edition: Edition, *, now: dt.datetime, stock: Stock | None) -> list[Finding]:
    try:
        with transaction.atomic():
            return inspect(edition, now=now, stock=stock)
    except Exception:  # a letter that cannot be made fails alone when its batch is sent; the others do not wait for it
        logger.exception("The edition of %s could not be looked at", edition.day)
        return [Finding(_("a letter of the sample could not be made"), is_grave=False)]


def inspect(edition: Edition, *, now: dt.datetime, stock: Stock | None = None) -> list[Finding]:
    """Return what is wrong with a sample of the edition's waiting letters, each thing once, the grave ones first."""
    press = prepare(edition, _sample(edition), now=now, stock=stock)
    found = Counter[Finding]()
    styles: set[tuple[str, bool]] = set()
    for issue in press.issues:
        try:
            letter = press.letter(issue)
        except BadAddress as error:
            found[Finding(str(error), is_grave=False)] += 1
            continue
        style = (issue.language, issue.is_tracked)
        found.update(set(findings_in(letter, issue, is_new_style=style not in styles)))
        styles.add(style)
    found.update(_over_all(press))
    return sorted(found, key=lambda finding: (not finding.is_grave, finding.what))


def findings_in(letter: Letter, issue: Issue, *, is_new_style: bool = True) -> Iterator[Finding]:
    """Yield what is wrong with one letter; its pictures and colours, alike in a style, only if the style is new."""
    message = email.message_from_bytes(letter.wire, policy=email.policy.default)
    text, html = (str(part.get_content()) for part in message.iter_parts())
    yield from _frame(message, html, text, is_new_style=is_new_style)
    yield from _links(html)
    yield from _items(issue)
    if is_new_style:
        yield from _looks(BeautifulSoup(html, "html.parser"))
    if not translation.check_for_language(issue.language):
        yield Finding(_("no translation for the language “%(code)s”") % {"code": issue.language}, is_grave=False)


def _frame(message: EmailMessage, html: str, text: str, *, is_new_style: bool) -> Iterator[Finding]:
    if (size := len(html.encode())) > LARGEST_HTML:
        yield Finding(_("a letter is too large (%(size)s bytes): mail programs would cut it") % {"size": size})
    if message.defects or any(message[name].defects for name in (message if is_new_style else _OWN_HEADERS)):
        yield Finding(_("a letter is not a sound message"))
    missing = [name for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID") if name not in message]
    if missing or not str(message["Subject"]).strip():
        yield Finding(_("a letter lacks a header: %(names)s") % {"names": ", ".join(missing or ["Subject"])})
    for part in (html, text):
        if "/unsubscribe/" not in part:
            yield Finding(_("a letter has no link to unsubscribe"))
        if not settings.POSTAL_ADDRESS or settings.POSTAL_ADDRESS not in unescape(part):
            yield Finding(_("a letter has no postal address"))


def _looks(page: BeautifulSoup) -> Iterator[Finding]:
    if any(not image.has_attr("alt") for image in page.find_all("img")):
        yield Finding(_("an image has no words for those who do not see it"))
    for faint in faint_texts(page):
        yield Finding(_("text that is hard to read: %(where)s") % {"where": faint})


def _links(html: str) -> Iterator[Finding]:
    for address in set(map(unescape, _HREF.findall(html))):
        if why := _objection(address):
            yield Finding(f"{why}: {address[:80]}")


def _objection(address: str) -> str:
    """Return what is wrong with a link, in words; empty when it may stay."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return _("a link is malformed")
    if parts.scheme == "mailto":  # an editor's announcement may say whom to write to
        return ""
    if parts.scheme not in ("https", "http") or not host or " " in address:
        return _("a link does not lead to the web")
    if host == settings.SITE_HOST:
        return ""
    if _is_machine(host):
        return _("a link leads to a bare machine")
    if settings.LINK_HOSTS and not any(host == one or host.endswith(f".{one}") for one in settings.LINK_HOSTS):
        return _("a link leads to a host that is not on LINK_HOSTS")
    return ""


def _is_machine(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return True


def _items(issue: Issue) -> Iterator[Finding]:
    titles = Counter(item.paper.title.casefold() for item in issue.items)
    for title, count in titles.items():
        if count > 1:
            yield Finding(_("a paper stands in a digest twice: %(title)s") % {"title": title[:60]})
    for item in issue.items:
        if len(item.paper.title) < 4:
            yield Finding(_("a paper has no proper title (paper %(id)s)") % {"id": item.paper.id})
        if not item.paper.abstract:
            missing = _("a paper has no abstract: %(title)s") % {"title": item.paper.title[:60]}
            yield Finding(missing, is_grave=False)


def _over_all(press: Press) -> Iterator[Finding]:
    """Yield what shows only when the letters lie side by side."""
    if not press.issues:
        return
    if press.edition.words:
        return
    days = [item.paper.day for issue in press.issues for item in issue.items if item.paper.day]
    if not days:
        yield Finding(_("no digest of the sample has a single paper"))
    elif press.edition.day - max(days) > _STALE:
        stale = _("the newest paper is of %(day)s: a source may have stopped") % {"day": max(days)}
        yield Finding(stale, is_grave=False)
    choices = {tuple(item.paper.id for item in issue.items) for issue in press.issues}
    if len(press.issues) == _SAMPLE and len(choices) == 1 and len({issue.topics for issue in press.issues}) > 1:
        yield Finding(_("everybody gets the same papers: the ranking may have failed"), is_grave=False)


def _sample(edition: Edition) -> list[Digest]:
    """Return the oldest and the newest waiting digests: two index reads, however many there are."""
    waiting = edition.digests.filter(state=Digest.State.PENDING)
    if edition.announcement_id is None:  # a letter that says "nothing today" is short by the reader's choice
        waiting = waiting.exclude(picks=[])
    half = _SAMPLE // 2
    first, last = list(waiting.order_by("id")[:half]), list(waiting.order_by("-id")[:half])
    return list({digest.pk: digest for digest in first + last}.values())
