"""A visitor gives an address. One row is written, the same for every address."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace

from subscribers import throttle
from subscribers.models import Ask

from .seeds import Seeds


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor wants to get: topic slugs, words, names, and when. Empty means: as it was, or the default."""

    topics: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    timezone: str = ""
    hour: int | None = None
    announcements: bool = False  # the editor's, too

    def with_seeds(self, seeds: Seeds) -> Wanted:
        """Return the same and what these papers speak for."""
        return replace(
            self,
            topics=_joined(self.topics, seeds.topics() if seeds else ()),
            keywords=_joined(self.keywords, seeds.keywords),
            authors=_joined(self.authors, seeds.authors),
        )


def _joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term for group in groups for term in group))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as limits and the consent ledger need it: network hash, language, form, and its wording."""

    network: str
    language: str = "en"
    form: str = "page"
    wording: str = ""


def ask(email: str, wanted: Wanted, visitor: Visitor, *, kind: str = Ask.Kind.SUBSCRIBE, now: dt.datetime) -> Ask:
    """Write down what is asked for; raise throttle.TooMany. Nobody is looked up here."""
    throttle.admit(visitor.network, now=now)
    return _write(email, asdict(wanted), visitor, kind=kind, now=now)


def ask_again(before: Ask, visitor: Visitor, *, now: dt.datetime) -> Ask:
    """Ask for the same letter once more; raise throttle.TooMany, also when the last ask is too young."""
    if (wait := before.created_at + throttle.REPEAT_AFTER - now) > dt.timedelta(0):
        raise throttle.TooMany(wait)
    throttle.admit(visitor.network, now=now)
    return _write(before.email, before.wishes, visitor, kind=before.kind, is_repeat=True, now=now)


def correct(before: Ask, email: str, visitor: Visitor, *, now: dt.datetime) -> Ask:
    """Take an ask back and make it for another address; raise throttle.TooMany, and then nothing has changed."""
    throttle.admit(visitor.network, now=now)
    before.withdraw(now=now)
    return _write(email, before.wishes, visitor, kind=before.kind, now=now)


def _write(email: str, wishes: dict, visitor: Visitor, *, now: dt.datetime, **more: object) -> Ask:
    return Ask.objects.create(
        email=email.strip(),
        limit_key=throttle.limit_key(email),
        wishes=wishes,
        created_at=now,
        **asdict(visitor),
        **more,
    )
