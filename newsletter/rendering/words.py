"""How a letter says things: authors, reasons, subjects, sums. Each returns plain text in the active language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from newsletter.rendering.contents import Item
from papers.models import topic_label
from papers.ranking import Reason

_ABSTRACT = 270  # characters: four lines of a letter, whole sentences
_NAME = 60  # characters of a paper's name in a subject line
_TOPICS = 36  # characters of the topics there
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[^a-z\s])")


def day_in_words(day: dt.date) -> str:
    """Return the day as people write it: Saturday, 22 November 2026."""
    return date_format(day, _("l, j F Y"))


def editor_in_words(name: str) -> str:
    """Return who signs the editor's note: the name as it was set, or "the editor" where none was."""
    return _("the editor") if name == "the editor" else name


def authors_in_short(authors: Sequence[str]) -> str:
    """Return all of up to three authors, else the first two and how many more."""
    if len(authors) <= 3:
        return ", ".join(authors)
    rest = len(authors) - 2
    return _("%(names)s and %(count)s more") % {
        "names": ", ".join(authors[:2]),
        "count": number_format(rest, force_grouping=True),
    }


def abstract_in_short(abstract: str) -> str:
    """Return whole sentences of the abstract, about 270 characters; a longer first one is cut at a word."""
    taken = ""
    for sentence in _SENTENCE_END.split(abstract):
        if taken and len(taken) + 1 + len(sentence) > _ABSTRACT:
            break
        taken = f"{taken} {sentence}".strip()
    return cut_at_word(taken, _ABSTRACT + 20)


def cut_at_word(text: str, length: int) -> str:
    """Return the text, or as many of its words as fit with an ellipsis."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:.") + "…"


def short_title(title: str) -> str:
    """Return how a paper is called in a subject line: the name before the colon when there is one."""
    name = title.partition(":")[0]
    return name if 2 < len(name) <= _NAME and name != title else cut_at_word(title, _NAME)


def reason_in_words(reason: Reason, *, is_tracked: bool = True) -> str:
    """Return why this paper is here; empty when there is nothing to say.

    Who took back the consent after the choice is not told what they opened before.
    """
    value = cut_at_word(topic_label(reason.value) if reason.kind == "topic" else reason.value, 90)
    match reason.kind:
        case "topic":
            return _("because you follow %(topic)s") % {"topic": value}
        case "keyword":
            return _("because it mentions “%(word)s”") % {"word": value}
        case "near":
            return _("because it is close to your keyword “%(word)s”") % {"word": value}
        case "author":
            return _("because %(name)s is an author") % {"name": value}
        case "liked":
            return _("because you liked “%(title)s”") % {"title": value}
        case "opened" if is_tracked:
            return _("because you opened “%(title)s”") % {"title": value}
        case "votes":
            return _("much upvoted by the research community")
        case "editor":
            return _("chosen by the editor")
        case "explore":
            return _("from further afield, to keep the window open")
        case "new":
            return _("new this week")
        case "update":
            return _("a new version of a paper you were sent")
    return ""


def subject(items: Sequence[Item], day: str) -> str:
    """Return the subject: the first paper by name, how many more, and in what."""
    if not items:
        return _("A quiet day: no papers for you on %(day)s") % {"day": day}
    lead, more = short_title(items[0].paper.title), len(items) - 1
    if not more:
        return lead
    topics, has_others = subject_topics(items)
    sentence = _and_more(get_language(), more, bool(topics), has_others)
    return sentence % {"lead": lead, "count": more, "topics": ", ".join(topics)}


@lru_cache(maxsize=1_024)
def _and_more(language: str, more: int, has_topics: bool, has_others: bool) -> str:
    """Return the sentence of a subject in the active language: looked up once, for there are thousands of subjects."""
    if has_topics and has_others:
        return ngettext(
            "%(lead)s and %(count)s more in %(topics)s and other topics",
            "%(lead)s and %(count)s more in %(topics)s and other topics",
            more,
        )
    if has_topics:
        return ngettext("%(lead)s and %(count)s more in %(topics)s", "%(lead)s and %(count)s more in %(topics)s", more)
    return ngettext("%(lead)s and %(count)s more", "%(lead)s and %(count)s more", more)


def subject_topics(items: Sequence[Item]) -> tuple[list[str], bool]:
    """Return up to two topics of the papers after the first, short enough to read; and whether they have others too.

    It looks at the first three of their topics only.
    """
    found = list(dict.fromkeys(item.paper.topics[0] if item.paper.topics else "" for item in items[1:]))
    names = [topic_label(name) for name in [name for name in found if name][:2]]
    if len(found) > 1 and sum(map(len, names)) > _TOPICS:
        names = [name for name in names if len(name) <= _TOPICS][:1]
    return names, len(names) < len(found)


def summary(shown: int, earlier: int, total: int, topics: int, *, is_weekly: bool = False) -> str:
    """Return the line under the masthead: 10 of 63 new papers, picked for your 4 topics.

    `earlier` of the `shown` papers are not of the day (never so in a weekly one), of whose papers there are `total`.
    """
    if not shown:
        return _("Nothing today fits your wishes well enough. That is rare, and it saves you a quarter of an hour.")
    new = shown - earlier
    counts = {"new": new, "total": total, "earlier": earlier, "shown": shown}
    if is_weekly and total > shown:
        papers = _("%(shown)s of the %(total)s papers of this week") % counts
    elif new and earlier and total >= new:
        papers = _("%(new)s of %(total)s new papers and %(earlier)s of the days before") % counts
    elif earlier:
        papers = ngettext("%(count)s paper of the days before", "%(count)s papers of the days before", shown) % {
            "count": shown
        }
    elif total > shown:
        papers = _("%(shown)s of %(total)s new papers") % counts
    else:
        papers = ngettext("%(count)s paper", "%(count)s papers", shown) % {"count": shown}
    if not topics:
        return papers
    picked = ngettext("picked for your topic", "picked for your %(count)s topics", topics) % {"count": topics}
    return f"{papers}, {picked}"


def rest_heading(*, is_for_reader: bool, is_all: bool) -> str:
    """Return what stands above the titles after the cards: papers that found no room, else others of the day."""
    if is_for_reader:
        return _("More for you, by title")
    return _("The rest of the day, by title") if is_all else _("More of the day, by title")


def whole_day(total: int) -> str:
    """Return the link that leads to all papers of the day."""
    return _("All %(total)s papers of the day") % {"total": total}


def preheader(items: Sequence[Item]) -> str:
    """Return what a mailbox shows beside the subject: the next papers by name."""
    return " · ".join(short_title(item.paper.title) for item in items[1:5])
