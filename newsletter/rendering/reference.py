"""The same letter the slow way: every template rendered anew, the message built by Django and the standard library.

Nothing is sent this way. It is what the press is measured against (bench_letter) and what its letters must equal in
meaning (tests/newsletter/test_press.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from email.charset import QP, Charset
from email.utils import format_datetime

from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.safestring import mark_safe

from newsletter.rendering import words
from newsletter.rendering.box import REST
from newsletter.rendering.contents import Issue, Item
from newsletter.rendering.imprint import Imprint
from newsletter.rendering.plate import Side, card_values, frame_values, sides
from newsletter.rendering.press import Press, tokens_of

_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


def reference(press: Press, issue: Issue) -> EmailMultiAlternatives:
    """Return the message of an issue that folds nothing; `as_bytes` of its `message()` is the letter."""
    imprint = _filled(press, issue)
    with translation.override(issue.language):
        html, text = (_side(side, press, issue, imprint) for side in sides())
        subject = words.subject(issue.items, words.day_in_words(press.edition.day))
    message = EmailMultiAlternatives(subject, text, imprint.sender, [issue.to], headers=_headers(press, issue, imprint))
    message.attach_alternative(html, "text/html")
    message.encoding = _UTF8
    return message


def _filled(press: Press, issue: Issue) -> Imprint:
    """Return the imprint with this reader's tokens in its addresses."""
    values = {field.name: getattr(press.imprint, field.name) for field in dataclasses.fields(Imprint)}
    for mark, token in tokens_of(issue, press.sign).items():
        values = {name: value.replace(mark.decode(), token.decode()) for name, value in values.items()}
    return Imprint(**values)


def _side(side: Side, press: Press, issue: Issue, imprint: Imprint) -> str:
    values = frame_values(imprint, press.edition, issue.language)
    total = press.edition.week_total if issue.is_weekly else press.edition.total
    items = issue.items
    rest = _rest(press, issue)
    new = sum(item.paper.day in (None, press.edition.day) for item in items)
    earlier = 0 if issue.is_weekly else len(items) - new
    is_all = new + len(rest) >= press.edition.total
    heading = words.rest_heading(is_for_reader=False, is_all=is_all)
    topics = issue.topics if any(item.reason.kind == "topic" for item in items) else 0
    slots = {
        "preheader": words.preheader(issue.items),
        "summary": words.summary(len(items), earlier, total, topics, is_weekly=issue.is_weekly),
        "intro": side.render("intro", values) if issue.is_first and items else "",
        "card": mark_safe("".join(_cards(side, items, issue, imprint))),  # noqa: S308 (each rendered with autoescape)
        "rest_heading": side.render("rest_heading", {"rest": heading}) if rest else "",
        "line": mark_safe("".join(side.render("line", line) for line in rest)),  # noqa: S308
        "all": side.render("all", values) if rest and not is_all else "",
        "pixel": side.render("pixel", values) if issue.is_tracked and "pixel" in side.parts else "",
    }
    return str(side.render("", {**values, **slots}))


def _cards(side: Side, items: Sequence[Item], issue: Issue, imprint: Imprint) -> list[str]:
    cards: list[str] = []
    for item in items:
        why = words.reason_in_words(item.reason, is_tracked=issue.is_tracked)
        reason = side.render("why", {"why": why}) if why else ""
        cards.append(side.render("card", card_values(imprint, item.paper, issue.is_tracked) | {"reason": reason}))
    return cards


def _rest(press: Press, issue: Issue) -> list[dict[str, str]]:
    shown = {item.paper.id for item in issue.items}
    others = [
        paper for paper in press.edition.headlines if paper.id not in shown and not issue.muted & paper.topic_slugs
    ]
    lines = [] if issue.is_weekly else others[:REST]
    return [{"url": paper.url, "title": words.cut_at_word(paper.title, 160)} for paper in lines]


def _headers(press: Press, issue: Issue, imprint: Imprint) -> dict[str, str]:
    mailto = f"mailto:{imprint.unsubscribe_address}?subject="
    token = imprint.one_click_url.rstrip("/").rpartition("/")[2]
    return {
        "Date": format_datetime(press.now),
        "Message-ID": f"<{press.edition.day:%Y%m%d}.{issue.digest_id}@{imprint.mail_domain}>",
        "List-Id": f"<digest.{imprint.mail_domain}>",
        "List-Unsubscribe": f"<{imprint.one_click_url}>, <{mailto}{token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": f"{press.edition.day:%Y%m%d}:digest:{imprint.feedback_sender}",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
