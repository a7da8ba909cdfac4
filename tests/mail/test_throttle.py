"""Budgets: what leaves in a window, what a host's "too much" does, and what happens while nobody can be asked."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import InvalidCacheBackendError
from django.core.exceptions import ImproperlyConfigured

from mail.transport.outcome import Kind, Outcome
from mail.transport.route import WarmUp, read_routes
from mail.transport.throttle import Counters, Limits, Throttle, domain_of
from tests.sink import Sink

START = 1_772_438_400.0  # a whole window, day and minute


class Alone(Counters):
    """Counters of one test."""

    def _do(self, act):
        return act(self._own)


@pytest.fixture
def counters():
    one = Alone()
    one._own.clear()
    return one


def leave(throttle, address, seconds, *, start=START, a_second=100):
    """Return how many of a steady stream may leave in so many seconds."""
    instants = (start + step / a_second for step in range(int(seconds * a_second)))
    return sum(throttle.wait(address, now=now) == 0 for now in instants)


def too_much(code=421, enhanced="4.7.0"):
    return Outcome("1", Kind.DEFERRED, "rcpt", code, enhanced)


def test_without_limits_everything_leaves(counters):
    assert leave(Throttle("t", Limits(), counters), "a@gmail.com", 10) == 1000


def test_a_host_gets_its_letters_a_minute_and_no_more(counters):
    throttle = Throttle("t", Limits(domains={"gmail.com": 5, "*": 20}), counters)
    assert leave(throttle, "a@gmail.com", 60) == 300
    assert leave(throttle, "a@elsewhere.example", 60) == 1200


@pytest.mark.parametrize("limits", [Limits(rate=0.02), Limits(domains={"*": 0.02})], ids=str)
def test_less_than_one_letter_a_window_is_counted_over_a_longer_one(counters, limits):
    throttle = Throttle("t", limits, counters)
    start = START - START % 50
    assert leave(throttle, "a@x.example", 200, start=start, a_second=1) == 4
    assert throttle.wait("a@x.example", now=start + 199) == 1


def test_what_waits_for_one_budget_takes_nothing_of_the_other(counters):
    throttle = Throttle("t", Limits(rate=2, domains={"a.example": 1}), counters)
    assert leave(throttle, "a@a.example", 10) == 10


def test_names_of_one_host_share_its_budget(counters):
    throttle = Throttle("t", Limits(domains={"gmail.com": 5}), counters)
    both = leave(throttle, "a@gmail.com", 10) + leave(throttle, "a@googlemail.com", 10)
    assert both == 50
    assert domain_of("a@Hotmail.com") == domain_of("b@outlook.com")


def test_all_workers_draw_from_one_budget(counters):
    workers = [Throttle("t", Limits(domains={"*": 10}), counters) for _ in range(4)]
    assert 90 <= sum(leave(worker, "a@x.example", 10) for worker in workers) <= 100


def test_a_421_halves_the_rate_and_time_brings_it_back(counters):
    throttle = Throttle("t", Limits(domains={"*": 8}), counters)
    throttle.learn(too_much(), "a@x.example", now=START - 10)
    assert leave(throttle, "a@x.example", 60) == 240
    throttle.learn(too_much(), "a@x.example", now=START + 60)
    assert leave(throttle, "a@x.example", 60, start=START + 70) == 120
    assert leave(throttle, "a@other.example", 60, start=START + 70) == 480
    assert leave(throttle, "a@x.example", 60, start=START + 400) == 240
    assert leave(throttle, "a@x.example", 60, start=START + 700) == 480


def test_a_storm_of_421_in_one_window_is_one_step(counters):
    throttle = Throttle("t", Limits(domains={"*": 8}), counters)
    for _ in range(50):
        throttle.learn(too_much(), "a@x.example", now=START - 10)
    assert leave(throttle, "a@x.example", 10) == 40


def test_a_host_without_a_limit_gets_half_of_what_it_had(counters):
    throttle = Throttle("t", Limits(), counters)
    leave(throttle, "a@x.example", 30, a_second=40)
    throttle.learn(too_much(451, "4.7.1"), "a@x.example", now=START + 29.9)
    assert leave(throttle, "a@x.example", 10, start=START + 40, a_second=40) == 200
    throttle.learn(too_much(421, ""), "a@x.example", now=START + 49.9)
    assert leave(throttle, "a@x.example", 10, start=START + 60, a_second=40) == 100


def test_a_day_of_421_is_forgiven_in_half_an_hour(counters):
    throttle = Throttle("t", Limits(domains={"*": 8}), counters)
    for number in range(60):
        throttle.learn(too_much(), "a@x.example", now=START + 10 * number)
    assert leave(throttle, "a@x.example", 10, start=START + 600) == 1
    assert leave(throttle, "a@x.example", 10, start=START + 600 + 1800) == 80


def test_what_two_workers_hear_of_two_hosts_is_both_kept(counters):
    one, other, third = (Throttle("t", Limits(domains={"*": 8}), counters) for _ in range(3))
    one.wait("a@x.example", now=START - 10.2)
    other.learn(too_much(), "a@x.example", now=START - 10.1)
    one.learn(too_much(), "a@y.example", now=START - 10)
    assert [leave(third, address, 10) for address in ("a@x.example", "a@y.example")] == [40, 40]


def test_a_worker_with_one_letter_leaves_the_rest_of_a_small_budget_to_the_others(counters):
    one, other = (Throttle("t", Limits(domains={"*": 1}), counters) for _ in range(2))
    assert one.wait("a@x.example", now=START) == 0
    assert leave(other, "a@x.example", 10) == 9


def test_the_other_workers_hear_of_a_421_within_a_second(counters):
    one, other = (Throttle("t", Limits(domains={"*": 8}), counters) for _ in range(2))
    other.wait("a@x.example", now=START - 11)
    one.learn(too_much(), "a@x.example", now=START - 10)
    assert leave(other, "a@x.example", 10) == 40


def test_what_a_host_said_is_known_to_a_worker_that_starts_long_after(counters):
    with time_machine.travel(START, tick=False) as clock:
        for seconds in (0, 10, 20):
            Throttle("t", Limits(domains={"*": 8}), counters).learn(too_much(), "a@x.example", now=START + seconds)
        clock.shift(700)
        assert leave(Throttle("t", Limits(domains={"*": 8}), counters), "a@x.example", 10, start=START + 700) == 40


def test_each_way_out_has_budgets_of_its_own(counters):
    one, other = (Throttle(name, Limits(domains={"*": 5}), counters) for name in ("one", "other"))
    one.learn(too_much(), "a@x.example", now=START - 10)
    assert [leave(way, "a@x.example", 10) for way in (one, other)] == [25, 50]


def test_what_is_used_up_is_not_asked_for_again():
    class Asked(Alone):
        questions = 0

        def add(self, *args, **options):
            self.questions += 1
            return super().add(*args, **options)

    counters = Asked()
    counters._own.clear()
    assert leave(Throttle("t", Limits(domains={"*": 5}), counters), "a@x.example", 10) == 50
    assert counters.questions <= 11


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("1", Kind.REFUSED, "rcpt", 550, "5.7.1"),
        Outcome("1", Kind.REFUSED, "rcpt", 550, "4.7.1"),
        Outcome("1", Kind.DEFERRED, "rcpt", 450, "4.2.0"),
        Outcome("1", Kind.DEFERRED, "banner", 421, "4.3.2", is_transport=True),
        Outcome("1", Kind.ACCEPTED, "dot", 250, "2.0.0"),
    ],
    ids=str,
)
def test_other_answers_slow_nobody(counters, outcome):
    throttle = Throttle("t", Limits(domains={"*": 8}), counters)
    throttle.learn(outcome, "a@x.example", now=START - 10)
    assert leave(throttle, "a@x.example", 10) == 80


@pytest.mark.parametrize("limits", [Limits(rate=5), Limits(domains={"*": 1})], ids=str)
def test_urgent_letters_never_wait_but_count(counters, limits):
    throttle = Throttle("t", limits, counters)
    assert all(throttle.wait("a@x.example", now=START, is_urgent=True) == 0 for _ in range(50))
    assert throttle.wait("a@x.example", now=START) > 0


def test_a_day_has_its_cap(counters):
    throttle = Throttle("t", Limits(), counters)
    assert sum(throttle.has_room(100, now=START + number) for number in range(150)) == 100
    throttle.give_back_room()
    assert [throttle.has_room(100, now=START + 200) for _ in range(2)] == [True, False]
    assert throttle.has_room(100, now=START + 86_400)


def test_while_redis_is_away_each_worker_counts_for_itself_and_hardly_asks(settings):
    with Sink() as no_redis:
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{no_redis.port}",
            }
        }
        throttle = Throttle("away", Limits(domains={"*": 5}), Counters())
        assert leave(throttle, "a@x.example", 10) == 50
    assert 0 < no_redis.connections < 10


def test_a_cache_whose_disk_is_away_is_an_absence_too(settings):
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "/dev/null/nowhere"}}
    assert leave(Throttle("away", Limits(domains={"*": 4}), Counters()), "a@y.example", 10) == 40


def test_a_mistake_of_ours_is_not_taken_for_an_absence(settings):
    settings.CACHES = {"default": {"BACKEND": "nowhere.Cache"}}
    with pytest.raises(InvalidCacheBackendError):
        Counters().get("x")


def test_a_new_address_warms_up():
    warm_up = WarmUp(dt.date(2026, 11, 1), first=500)
    caps = [warm_up.cap(dt.date(2026, 11, 1) + dt.timedelta(days=days)) for days in range(12)]
    assert caps == [500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 96000, 144000, 172800, 207360]
    assert warm_up.cap(dt.date(2026, 10, 1)) == 500
    assert warm_up.cap(dt.date(2046, 10, 1)) > 1_000_000
    assert [WarmUp(dt.date(2026, 11, 1), first).cap(dt.date(2026, 11, 2)) for first in (50_000, 100_000)] == [
        75_000,
        120_000,
    ]


def test_the_smaller_of_cap_and_warm_up_counts():
    entry = {"url": "smtp://x", "daily_cap": 1500, "warm_up": {"since": "2026-11-01"}}
    (route,) = read_routes([entry], our_name="us")
    days = (dt.date(2026, 11, day) for day in (1, 2, 3))
    assert [route.cap(day) for day in days] == [500, 1000, 1500]


def test_no_transports_are_no_mistake():
    assert read_routes([], our_name="us") == []


def test_a_url_says_host_port_and_secrecy():
    (route,) = read_routes(
        [{"url": "smtp+tls://me%40us:p%40ss@mx.example", "timeout": 7, "connections": 3}], our_name="us"
    )
    server = route.server
    assert (server.host, server.port, server.use_tls, server.username, server.password) == (
        "mx.example",
        587,
        True,
        "me@us",
        "p@ss",
    )
    assert not server.use_ssl
    assert server.our_name == "us"
    assert (server.timeouts["rcpt"], server.timeouts["dot"], server.connections) == (7, 120, 3)
    assert "p@ss" not in repr(route)
    (route,) = read_routes([{"url": "smtp://[2001:db8::1]:2525"}], our_name="us")
    assert (route.server.host, route.server.port) == ("2001:db8::1", 2525)
    (route,) = read_routes([{"url": "smtp+ssl://mx.example"}], our_name="us")
    assert (route.server.port, route.server.use_tls, route.server.use_ssl) == (465, False, True)


@pytest.mark.parametrize(
    "entries",
    [
        [{}],
        [{"url": "smtp://a", "backend": "b"}],
        [{"url": "ftp://a"}],
        [{"url": "smtp://"}],
        [{"url": "smtp://a", "wieght": 1}],
        [{"url": "smtp://a", "rate": "fast"}],
        [{"url": "smtp://a", "rate": None}],
        [{"url": "smtp://a", "domains": ["a"]}],
        [{"url": "smtp://a", "connections": 0}],
        [{"url": "smtp://a", "name": "x"}, {"url": "smtp://b", "name": "x"}],
        [{"url": "smtp://a", "weight": 0}],
        [{"url": "smtp://a", "warm_up": {}}],
    ],
    ids=str,
)
def test_a_mistake_in_transports_is_named(entries):
    with pytest.raises(ImproperlyConfigured, match="TRANSPORTS"):
        read_routes(entries, our_name="us")
