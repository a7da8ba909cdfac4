"""Several ways out: shares, the next one when one fails, and a letter never by two ways."""

import uuid
from collections import Counter
from types import SimpleNamespace

import pytest

from mail import transport
from mail.transport import fleet as fleets
from mail.transport.fleet import Fleet
from mail.transport.outcome import NoJournal
from mail.transport.route import read_routes
from tests.mail.test_smtp_stages import Diary, letter
from tests.sink import ACCEPT_DROP, Sink
from tests.stub import Stub


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
        fleet = fleet_of(one, other, way_1={"weight": 9})
        outcomes = hand_over(fleet, 400)
        assert Counter(outcome.kind for outcome in outcomes) == {"accepted": 400}
        assert 320 <= len(one.messages) <= 390
        assert len(one.messages) + len(other.messages) == 400
    assert not any(way._addresses for way in fleet.ways)  # a worker that runs for months keeps nothing of a letter


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


def test_a_person_who_waits_gets_a_letter_whatever_the_ways_have_left():
    with Sink() as one, Sink() as other:
        fleet = fleet_of(one, other, way_1={"domains": {"*": 0.1}}, way_2={"domains": {"*": 0.1}})
        outcomes = hand_over(fleet, 20, is_urgent=True)
    assert {outcome.kind for outcome in outcomes} == {"accepted"}


def test_a_letter_in_doubt_never_goes_to_another_way():
    with Sink({"dot": ACCEPT_DROP}) as one, Sink({"dot": ACCEPT_DROP}) as other:
        outcomes = hand_over(fleet_of(one, other), 10)
        kinds = Counter(outcome.kind for outcome in outcomes)
        assert kinds["accepted"] == 0
        assert sum(kinds.values()) == 10
        assert max((one.accepted + other.accepted).values()) == 1


@pytest.mark.parametrize(("reply", "kind"), [(b"550 5.1.1 No\r\n", "refused"), (b"450 4.2.0 Later\r\n", "deferred")])
def test_what_one_way_is_told_of_a_reader_stands(reply, kind):
    with Sink({"rcpt": reply}) as one, Sink({"rcpt": reply}) as other:
        outcomes = hand_over(fleet_of(one, other), 4)
        assert {outcome.kind for outcome in outcomes} == {kind}
        assert sum(command.startswith("RCPT") for sink in (one, other) for command in sink.commands) == 4


def test_when_every_way_fails_each_letter_waits_once_and_the_journal_hears_one_last_word():
    diary = Diary()
    with Sink({"banner": b"421 no\r\n"}) as one, Sink({"banner": b"421 no\r\n"}) as other:
        fleet = fleet_of(one, other)
        outcomes = hand_over(fleet, 5, diary)
        assert {outcome.stage for outcome in hand_over(fleet, 5)} == {"rest"}
    assert {(outcome.kind, outcome.is_transport) for outcome in outcomes} == {("deferred", True)}
    assert sorted(diary.entries) == [("A", str(number)) for number in range(5)]


def test_the_journal_hears_the_answer_to_each_letter_whatever_way_it_took():
    diary = Diary()
    with Sink() as one, Sink() as other:
        hand_over(fleet_of(one, other), 20, diary)
    assert sorted(diary.entries) == sorted((word, str(number)) for number in range(20) for word in "SA")


def test_a_way_in_trouble_is_left_alone_and_then_tried_again(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(fleets.time, "monotonic", lambda: clock[0])
    with Sink() as sink:
        fleet = fleet_of(sink)
    (way,) = fleet.ways
    rests = []
    for _ in range(7):
        assert all(outcome.is_transport for outcome in hand_over(fleet, 3))
        rests.append(way.rest_left())
        assert hand_over(fleet, 1)[0].stage == "rest"
        clock[0] += way.rest_left()
    assert rests == [0.5, 1, 2, 4, 8, 10, 10]
    with Sink(port=sink.port) as well:
        assert hand_over(fleet, 1)[0].kind == "accepted"
        well.shut()
    hand_over(fleet, 1)
    assert way.rest_left() == 0.5  # it was well in between


def test_a_provider_that_names_its_pause_is_left_alone_for_so_long(settings, monkeypatch):
    monkeypatch.setattr(fleets.time, "monotonic", lambda: 100.0)
    with Stub((429, {"Retry-After": "120"}, {})) as stub:
        settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x", "POSTMARK_API_URL": stub.url}
        fleet = Fleet(read_routes([{"backend": "anymail.backends.postmark.EmailBackend"}], our_name="us"))
        hand_over(fleet, 1)
    assert hand_over(fleet, 1)[0].retry_after == 120


def test_our_own_full_journal_is_no_trouble_of_a_way_and_asks_no_other():
    diary = Diary(is_full=True)
    with Sink() as one, Sink() as other:
        fleet = fleet_of(one, other, way_2={"weight": 0})
        outcomes = hand_over(fleet, 3, diary)
    assert {(outcome.kind, outcome.stage, outcome.is_transport) for outcome in outcomes} == {
        ("deferred", "journal", True)
    }
    assert [way.rest_left() for way in fleet.ways] == [0, 0]
    assert other.connections == 0


@pytest.fixture
def clock(settings, monkeypatch):
    """The time of day, one hour after a midnight, and counters that all workers share; sleeping lets it pass."""
    location = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": uuid.uuid4().hex}
    settings.CACHES = {"default": location}
    clock, naps = [1_772_413_200.0], []
    monkeypatch.setattr(fleets.time, "time", lambda: clock[0])
    monkeypatch.setattr(fleets.time, "sleep", lambda nap: (naps.append(nap), clock.append(clock.pop() + nap)))
    return SimpleNamespace(let_pass=fleets.time.sleep, naps=naps)


@pytest.mark.parametrize("limits", [{"daily_cap": 3}, {"warm_up": {"since": "2026-03-02", "first": 3}}], ids=str)
def test_a_day_has_its_cap_and_urgent_letters_leave_but_count(clock, limits):
    diary = Diary()
    with Sink() as sink:
        fleet = fleet_of(sink, way_1=limits)
        assert [outcome.kind for outcome in hand_over(fleet, 2, is_urgent=True)] == ["accepted"] * 2
        clock.let_pass(3600)
        kept, *held = hand_over(fleet, 3, diary)
        assert (kept.kind, {(outcome.kind, outcome.stage) for outcome in held}) == ("accepted", {("deferred", "cap")})
        assert {outcome.retry_after for outcome in held} == {22 * 3600}
        assert {key for word, key in diary.entries if word == "A"} == {"0", "1", "2"}
        assert hand_over(fleet, 1, is_urgent=True)[0].kind == "accepted"


def test_a_turn_that_comes_within_a_second_is_waited_for_and_a_later_one_is_told(clock):
    with Sink() as sink:
        fleet = fleet_of(sink, way_1={"rate": 1})
        clock.let_pass(0.5)
        assert [outcome.kind for outcome in hand_over(fleet, 3)] == ["accepted"] * 3
        assert [nap for nap in clock.naps[1:] if nap] == [0.5, 1.0]
        later = hand_over(fleet_of(sink, way_1={"domains": {"*": 0.1}, "name": "slow"}), 2)
    assert [(outcome.stage, outcome.retry_after) for outcome in later] == [("dot", 0), ("throttle", 8.0)]


@pytest.fixture
def _in_new_york(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        fleets.time.tzset()
        yield
    fleets.time.tzset()


@pytest.mark.usefixtures("clock", "_in_new_york")
def test_a_day_of_warming_up_begins_at_midnight_utc_wherever_we_are():
    with Sink() as sink:
        fleet = fleet_of(sink, way_1={"warm_up": {"since": "2026-03-01", "first": 3}})
        assert Counter(outcome.stage for outcome in hand_over(fleet, 8)) == {"dot": 6, "cap": 2}


def test_a_letter_whose_turn_has_not_come_takes_nothing_of_the_days_cap(clock):
    with Sink() as sink:
        fleet = fleet_of(sink, way_1={"daily_cap": 5, "domains": {"*": 0.1}})
        for _ in range(7):
            stages = Counter(outcome.stage for outcome in hand_over(fleet, 4))
            clock.let_pass(10)
    assert len(sink.messages) == 5
    assert stages == {"cap": 4}


@pytest.mark.parametrize("script", [{"mail": b"451 4.3.0 Not now\r\n"}, {"banner": b"421 no\r\n"}], ids=str)
def test_while_the_server_takes_nothing_the_days_cap_stays_as_it_is(clock, monkeypatch, script):
    seconds = [100.0]
    monkeypatch.setattr(fleets.time, "monotonic", lambda: seconds[0])
    with Sink(script) as sink:
        fleet = fleet_of(sink, way_1={"daily_cap": 25})
        for _ in range(5):
            assert {outcome.kind for outcome in hand_over(fleet, 20)} == {"deferred"}
            seconds[0] += 10
        sink.script = {}
        assert Counter(outcome.stage for outcome in hand_over(fleet, 30)) == {"dot": 25, "cap": 5}


def test_nobodys_turn_is_waited_for_at_a_server_that_is_not_there(clock):
    with Sink() as sink:
        fleet = fleet_of(sink, way_1={"rate": 1})
        sink.shut()
        stages = Counter(outcome.stage for outcome in hand_over(fleet, 20))
    assert stages["rest"] >= 17
    assert len([nap for nap in clock.naps if nap]) <= 2


@pytest.mark.usefixtures("clock")
def test_a_host_that_says_too_much_gets_less_at_once():
    answers = iter([b"421 4.7.0 Too much from you\r\n"])
    with Sink(lambda stage, *_: next(answers, None) if stage == "rcpt" else None) as sink:
        fleet = fleet_of(sink)
        assert [outcome.stage for outcome in hand_over(fleet, 1)] == ["rcpt"]
        stages = Counter(outcome.stage for outcome in hand_over(fleet, 20))
    assert stages == {"dot": 5, "throttle": 15}


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
