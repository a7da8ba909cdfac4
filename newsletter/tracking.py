"""What a reader does with a letter: opens it, follows a link, says more or less like this, upvotes a paper.

A letter's links are /c/<token>/<number>/ (click, only with consent) and /f/<token>/<number>/<more|less|up|back>/
(feedback, with the number of the paper's own page). The door looks the paper up among the digest's picks and takes the
address from the paper, so nobody can make our links lead elsewhere.
"""

from __future__ import annotations

import datetime as dt
import functools
from urllib.parse import urlsplit

from crawlerdetect import CrawlerDetect

from newsletter import events
from newsletter.link_numbers import Target, read_link_number
from newsletter.models import Digest, Event
from papers.models import Paper
from subscribers import tokens

# A letter that is opened or clicked so soon after it left was looked at by a scanner.
_SCANNER_SECONDS = 5
# So many links of one letter within so many seconds: no person reads like that.
_SCANNER_CLICKS = 4
_SCANNER_BURST = dt.timedelta(seconds=5)


# What the doors look at: a digest's row, with its reader's, is wide.
_NEEDED = ("picks", "sent_at", "subscriber__link_epoch", "subscriber__language")


class NoSuchLink(Exception):
    """The link is not one of ours, or its reader or paper is gone."""


class NoLongerKept(NoSuchLink):
    """The link is ours, and its digest is older than what we keep; `paper` is the one that it was about, if any."""

    def __init__(self, paper: Paper | None = None) -> None:
        super().__init__("no longer kept")
        self.paper = paper


def note_open(token: str, *, agent: str, now: dt.datetime) -> None:
    """Keep that a letter was opened, if its reader agreed to be counted (events.record asks).

    A token that is none is passed over in silence, so that nobody learns which is.
    """
    try:
        digest = _digest(tokens.Purpose.OPEN, token, now)
    except NoSuchLink:
        return
    is_machine = is_machine_made(agent, digest, now)
    key = events.key_of("opened", digest.pk, "machine" if is_machine else "reader")
    events.record(
        [events.Report(kind=Event.Kind.OPENED, at=now, key=key, digest_id=digest.pk, is_machine=is_machine)], now=now
    )


def follow(token: str, number: int, *, agent: str, is_counted: bool, now: dt.datetime) -> str:
    """Return the address that a numbered link leads to, and keep the click; raise NoSuchLink."""
    paper_id, target = read_link_number(number)
    try:
        digest = _digest(tokens.Purpose.CLICK, token, now)
    except NoLongerKept:  # the paper is still what the reader wants
        return _address(_published(paper_id), target)
    paper = _paper(digest, paper_id)
    if is_counted:
        _note_click(digest, paper, number, agent, now)
    return _address(paper, target)


def opinion_on(token: str, number: int, *, now: dt.datetime) -> tuple[Digest, Paper]:
    """Return the digest and the paper that a feedback link is about; raise NoSuchLink or NoLongerKept."""
    paper_id, _target = read_link_number(number)
    try:
        digest = _digest(tokens.Purpose.FEEDBACK, token, now)
    except NoLongerKept as error:
        raise NoLongerKept(_published(paper_id)) from error
    return digest, _paper(digest, paper_id)


def say(digest: Digest, paper: Paper, kind: Event.Kind, *, now: dt.datetime) -> None:
    """Keep what a reader said of a paper; the last word counts, of votes the last in any letter.

    It is said by hand, so it needs no consent to be counted.
    """
    is_vote = events.EFFECTS[kind].is_vote
    key = events.key_of(*(("vote", digest.subscriber_id) if is_vote else ("opinion", digest.pk)), paper.pk)
    events.record([events.Report(kind=kind, at=now, key=key, digest_id=digest.pk, paper_id=paper.pk)], now=now)


def is_machine_made(agent: str, digest: Digest, now: dt.datetime) -> bool:
    """Say whether a scanner, a prefetching proxy or a library asked, by its name or by its haste."""
    is_hasty = digest.sent_at is None or now - digest.sent_at < dt.timedelta(seconds=_SCANNER_SECONDS)
    return is_hasty or is_machine_name(agent[:300])


@functools.lru_cache(maxsize=2048)
def is_machine_name(agent: str) -> bool:
    """Say whether a user agent is a scanner's, a library's or a prefetching proxy's."""
    if "GoogleImageProxy" in agent or "YahooMailProxy" in agent:  # they fetch when the reader opens the letter…
        return agent.endswith("Edge/12.246 Mozilla/5.0")  # …but this one of Google's beforehand
    # Apple's Mail Privacy Protection opens everything, hours early, under this bare name.
    return agent.strip() in ("", "Mozilla/5.0") or CrawlerDetect(user_agent=agent).isCrawler()


def _note_click(digest: Digest, paper: Paper, number: int, agent: str, now: dt.datetime) -> None:
    is_machine = is_machine_made(agent, digest, now)
    key = events.key_of("clicked", digest.pk, number, "machine" if is_machine else "reader")
    report = events.Report(
        kind=Event.Kind.CLICKED, at=now, key=key, digest_id=digest.pk, paper_id=paper.pk, is_machine=is_machine
    )
    if events.record([report], now=now):
        _unmask_burst(digest, now)


def _unmask_burst(digest: Digest, now: dt.datetime) -> None:
    """Call the clicks of a scanner what they are, once there are too many at a time for a person."""
    burst = Event.objects.filter(digest=digest, kind=Event.Kind.CLICKED, at__gt=now - _SCANNER_BURST)
    if burst.count() >= _SCANNER_CLICKS:
        burst.update(is_machine=True)


def _digest(purpose: tokens.Purpose, token: str, now: dt.datetime) -> Digest:
    try:
        claim = tokens.read(purpose, token, now=now)
        digest = Digest.objects.select_related("subscriber").only(*_NEEDED).get(pk=claim.subject)
    except tokens.BadToken as error:
        raise NoSuchLink from error
    except Digest.DoesNotExist as error:
        raise NoLongerKept from error
    # A reader who was deleted, or who made all old links useless, is nobody that we may count.
    if digest.subscriber is None or digest.subscriber.link_epoch != claim.epoch:
        raise NoSuchLink
    return digest


def _paper(digest: Digest, paper_id: int) -> Paper:
    if paper_id not in {pick["paper"] for pick in digest.picks}:
        raise NoSuchLink
    return _published(paper_id)


def _published(paper_id: int) -> Paper:
    paper = Paper.objects.published().filter(pk=paper_id).first()
    if paper is None:
        raise NoSuchLink
    return paper


def _address(paper: Paper, target: Target) -> str:
    addresses = {Target.PAPER: paper.url, Target.PDF: paper.pdf_url, Target.CODE: paper.code_url}
    address = addresses.get(target, paper.project_url) or paper.url
    parts = urlsplit(address)
    return address if parts.scheme in ("http", "https") and parts.hostname else paper.get_absolute_url()
