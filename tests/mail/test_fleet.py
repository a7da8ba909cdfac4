"""Several ways out: shares, the next one when one fails, and a letter never by two ways."""

from collections import Counter

import pytest

from mail import transport
from mail.transport import fleet as fleets
from mail.transport.fleet import Fleet
from mail.transport.outcome import NoJournal
from mail.transport.route import read_routes
from tests.mail.test_smtp_stages import Diary, letter
from tests.sink import ACCEPT_DROP, Sink


@pytest.fixture(autouse=True)
def _own_counters(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def fleet_of(*sinks, **more):
    entries = [
        {"name": f"way-{number}", "url": f"smtp://127.0.0.1:{sink.port}", "connections": 2, "timeout": 0.5}
        | more.get(f"way_{number}", {})
        for number, sink in enumerate(sinks, 1)
    ]
    return Fleet(read_routes(entries, our_name="us"))


def hand_over(fleet, count, journal=None, **options):
    return list(fleet.deliver(map(letter, range(count)), journal or NoJournal(), **options))


def test_letters_are_shared_by_weight():
    with Sink() as one, Sink() as other:
        outcomes = hand_over(fleet_of(one, other, way_1={"weight": 9}), 400)
        assert Counter(outcome.kind for outcome in outcomes) == {"accepted": 400}
        assert 320 <= len(one.messages) <= 390
        assert len(one.messages) + len(other.messages) == 400


def test_a_way_that_fails_gives_its_letters_to_the_next_and_rests():
    with Sink({"banner": b"421 4.3.2 Not now\r\n"}) as bad, Sink() as good:
        fleet = fleet_of(bad, good)
        outcomes = hand_over(fleet, 250)
        assert Counter(outcome.kind for outcome in outcomes) == {"accepted": 250}
        assert set(good.accepted.values()) == {1}
        assert bad.connections < 25  # it rests between tries, instead of being asked for each letter


def test_a_way_without_weight_is_only_a_spare():
    with Sink() as one, Sink() as spare:
        hand_over(fleet_of(one, spare, way_2={"weight": 0}), 50)
        assert len(spare.messages) == 0
    with Sink() as spare:
        hand_over(fleet_of(one, spare, way_2={"weight": 0}), 50)
        assert len(spare.messages) == 50


def test_a_letter_in_doubt_never_goes_to_another_way():
    with Sink({"dot": ACCEPT_DROP}) as one, Sink({"dot": ACCEPT_DROP}) as other:
        outcomes = hand_over(fleet_of(one, other), 10)
        kinds = Counter(outcome.kind for outcome in outcomes)
        assert kinds["accepted"] == 0
        assert sum(kinds.values()) == 10
        assert max((one.accepted + other.accepted).values()) == 1


def test_a_reader_whom_one_way_refuses_is_refused():
    with Sink({"rcpt": b"550 5.1.1 No\r\n"}) as one, Sink({"rcpt": b"550 5.1.1 No\r\n"}) as other:
        outcomes = hand_over(fleet_of(one, other), 4)
        assert {outcome.kind for outcome in outcomes} == {"refused"}
        assert sum(command.startswith("RCPT") for sink in (one, other) for command in sink.commands) == 4


def test_when_every_way_fails_each_letter_waits_once_and_the_journal_hears_one_last_word():
    diary = Diary()
    with Sink({"banner": b"421 no\r\n"}) as one, Sink({"banner": b"421 no\r\n"}) as other:
        outcomes = hand_over(fleet_of(one, other), 5, diary)
    assert {(outcome.kind, outcome.is_transport) for outcome in outcomes} == {("deferred", True)}
    assert sorted(diary.entries) == [("A", str(number)) for number in range(5)]


def test_a_way_in_trouble_is_left_alone_and_then_tried_again(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(fleets.time, "monotonic", lambda: clock[0])
    with Sink() as sink:
        fleet = fleet_of(sink)
    (way,) = fleet.ways
    rests = []
    for _ in range(7):
        outcomes = hand_over(fleet, 1)
        assert outcomes[0].is_transport
        rests.append(way.rest_left())
        assert hand_over(fleet, 1)[0].stage == "rest"
        clock[0] += way.rest_left()
    assert rests == [0.5, 1, 2, 4, 8, 10, 10]
    with Sink(port=sink.port):
        assert hand_over(fleet, 1)[0].kind == "accepted"


def test_over_its_budget_a_letter_is_told_to_wait_and_an_urgent_one_is_not(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "fleet"}}
    with Sink() as sink:
        fleet = fleet_of(sink, way_1={"daily_cap": 3, "name": "capped"})
        outcomes = hand_over(fleet, 5)
        assert Counter((outcome.kind, outcome.stage) for outcome in outcomes) == {
            ("accepted", "dot"): 3,
            ("deferred", "cap"): 2,
        }
        assert all(0 < outcome.retry_after <= 86_400 for outcome in outcomes if outcome.stage == "cap")
        assert hand_over(fleet, 1, is_urgent=True)[0].kind == "accepted"


def test_the_settings_name_the_ways(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with Sink() as sink:
        settings.TRANSPORTS = [
            {"name": "relay", "url": f"smtp://127.0.0.1:{sink.port}"},
            {"name": "esp", "backend": "anymail.backends.postmark.EmailBackend", "weight": 0},
        ]
        assert [outcome.kind for outcome in transport.deliver([letter(1)])] == ["accepted"]
        assert transport.providers() == {"postmark"}


def test_in_tests_djangos_own_backend_takes_the_letters(settings, mailoutbox):
    settings.TRANSPORTS = [{"url": "smtp://127.0.0.1:1"}]
    assert [outcome.kind for outcome in transport.deliver([letter(1)])] == ["accepted"]
    assert [message.to for message in mailoutbox] == [["reader1@there.example"]]
