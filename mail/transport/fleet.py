"""Several ways out: shares by weight, the next one when one fails, rest for one in trouble, budgets for each."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import random
import time
from collections.abc import Iterable, Iterator

from django.utils.module_loading import import_string

from mail.letter import Letter
from mail.transport.outcome import Journal, Kind, Outcome, Transport
from mail.transport.route import Route
from mail.transport.smtp import SmtpTransport
from mail.transport.throttle import DAY_SECONDS, Throttle

logger = logging.getLogger(__name__)
# By its name, as Django knows the backends themselves: Anymail and requests are 3 MB that SMTP has no use for.
_BACKEND = "mail.transport.esp.BackendTransport"
# So many letters are shared out at a time; more would be asked for before the first ones have left.
_CHUNK = 100
# A transport in trouble rests 0.5 s, then twice as long each time; after 10 s at most somebody looks again.
_FIRST_REST, _LONGEST_REST = 0.5, 10.0
_LONGEST_WAIT = 1.0


class Way:
    """A route with its transport, its budgets and how it is."""

    def __init__(self, route: Route) -> None:
        self.route, self.name = route, route.name
        server = route.server
        self.transport: Transport = (
            SmtpTransport(server, route.name) if server else import_string(_BACKEND)(route.backend, route.name)
        )
        self.throttle = Throttle(route.name, route.limits)
        self._rests_until = 0.0
        self._rest = _FIRST_REST
        self._addresses: dict[str, str] = {}

    def rest_left(self) -> float:
        """Return for how many seconds this way is left alone, 0 when it may be tried."""
        return max(0.0, self._rests_until - time.monotonic())

    def deliver(self, letters: Iterable[Letter], journal: Journal, *, is_urgent: bool) -> Iterator[Outcome]:
        """Hand over what may leave now; the rest comes back deferred, with how long to wait."""
        held: list[Outcome] = []
        for outcome in self.transport.deliver(self._admitted(letters, held, is_urgent=is_urgent), journal):
            self._note(outcome)
            yield outcome
        for outcome in held:
            journal.answered(outcome)
            yield outcome

    def _admitted(self, letters: Iterable[Letter], held: list[Outcome], *, is_urgent: bool) -> Iterator[Letter]:
        for letter in letters:
            refusal = self._refusal(letter, is_urgent=is_urgent)
            if refusal is None:
                self._addresses[letter.key] = letter.to
                yield letter
            else:
                held.append(refusal)

    def _refusal(self, letter: Letter, *, is_urgent: bool) -> Outcome | None:
        """Return why the letter must wait, None when it may leave."""
        if rest := self.rest_left():
            return _waits(letter, "rest", "the transport is in trouble and rests", rest)
        now = time.time()
        if not self._has_room(now) and not is_urgent:
            return _waits(letter, "cap", "the day's cap is reached", DAY_SECONDS - now % DAY_SECONDS)
        wait = self.throttle.wait(letter.to, now=now, is_urgent=is_urgent)
        if 0 < wait <= _LONGEST_WAIT:
            time.sleep(wait)
            wait = self.throttle.wait(letter.to, now=time.time(), is_urgent=is_urgent)
        if not wait:
            return None
        self.throttle.give_back_room()
        return _waits(letter, "throttle", "its turn has not come", wait)

    def _has_room(self, now: float) -> bool:
        if not self.route.daily_cap and not self.route.warm_up:
            return True
        return self.throttle.has_room(self.route.cap(dt.datetime.fromtimestamp(now, dt.UTC).date()), now=now)

    def _note(self, outcome: Outcome) -> None:
        """Learn from an outcome how the way is."""
        address = self._addresses.pop(outcome.key, "")
        if outcome.kind == Kind.ACCEPTED:
            self._rest = _FIRST_REST
            return
        self.throttle.learn(outcome, address, now=time.time())
        if outcome.is_transport:
            self.throttle.give_back_room()
        if outcome.is_transport and outcome.stage != "journal" and not self.rest_left():
            rest = max(self._rest, outcome.retry_after)
            logger.warning("The way out “%s” turned us away (%s) and rests %.1f s", self.name, outcome.words, rest)
            self._rests_until = time.monotonic() + rest
            self._rest = min(_LONGEST_REST, self._rest * 2)


class Fleet:
    """All the ways out of one process."""

    def __init__(self, routes: list[Route]) -> None:
        self.ways = [Way(route) for route in routes]

    def deliver(self, letters: Iterable[Letter], journal: Journal, *, is_urgent: bool = False) -> Iterator[Outcome]:
        """Hand over the letters and yield one outcome each."""
        if len(self.ways) == 1:
            yield from self.ways[0].deliver(letters, journal, is_urgent=is_urgent)
            return
        supply = iter(letters)
        while chunk := list(itertools.islice(supply, _CHUNK)):
            yield from self._share_out(chunk, journal, is_urgent=is_urgent)

    def _share_out(self, chunk: list[Letter], journal: Journal, *, is_urgent: bool) -> Iterator[Outcome]:
        """Give each letter to a way; one that a way could not take goes to the next, the last one's word stands."""
        by_key = {letter.key: letter for letter in chunk}
        tried: dict[str, set[str]] = {letter.key: set() for letter in chunk}
        quiet = _LastWord(journal)
        waiting = chunk
        last: dict[str, Outcome] = {}
        while waiting:
            rounds: dict[str, list[Letter]] = {}
            for letter in waiting:
                way = self._choose(tried[letter.key])
                if way is None:
                    journal.answered(last[letter.key])
                    yield last[letter.key]
                else:
                    tried[letter.key].add(way.name)
                    rounds.setdefault(way.name, []).append(letter)
            waiting = []
            for way in (way for way in self.ways if way.name in rounds):
                for outcome in way.deliver(rounds[way.name], quiet, is_urgent=is_urgent):
                    if quiet.may_go_on(outcome):
                        last[outcome.key] = outcome
                        waiting.append(by_key[outcome.key])
                    else:
                        yield outcome

    def _choose(self, tried: set[str]) -> Way | None:
        """Return a way by weight among those not tried yet; the ones without weight come last."""
        left = [way for way in self.ways if way.name not in tried]
        weighty = [way for way in left if way.route.weight]
        if weighty:
            return random.choices(weighty, [way.route.weight for way in weighty])[0]  # noqa: S311
        return left[0] if left else None


class _LastWord:
    """Keeps from the journal what is not a letter's last word yet."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def leaving(self, letter: Letter) -> None:
        self._journal.leaving(letter)

    def answered(self, outcome: Outcome) -> None:
        if not self.may_go_on(outcome):
            self._journal.answered(outcome)

    @staticmethod
    def may_go_on(outcome: Outcome) -> bool:
        """Say whether another way may try the letter: it certainly did not leave, and it is not to blame."""
        return outcome.kind == Kind.DEFERRED and outcome.is_transport and outcome.stage != "journal"


def _waits(letter: Letter, stage: str, text: str, seconds: float) -> Outcome:
    return Outcome(letter.key, Kind.DEFERRED, stage, text=text, is_transport=True, retry_after=seconds)
