"""What comes back is kept once and does what EFFECTS says, in any order and number."""

import datetime as dt
import itertools

import pytest

from mail.transport import Kind as OutcomeKind
from mail.transport import Outcome
from newsletter.events import EFFECTS, Report, key_of, record, report_of
from newsletter.models import Digest, Event
from subscribers.models import AddressChange, Subscriber, Suppression
from tests.newsletter.sent import NOW, make_digest, make_paper, make_reader

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def digest():
    return make_digest(make_reader(), make_paper())


def report(kind, digest, *, at=NOW, key=None, **values):
    return Report(kind=Event.Kind(kind), at=at, key=key or f"{kind}/{digest.pk}/{at}", digest_id=digest.pk, **values)


def state_of(digest):
    reader = Subscriber.objects.get(pk=digest.subscriber_id)
    row = Digest.objects.get(pk=digest.pk)
    return reader.state, row.state, row.delivered_at, row.bounced_at, row.complained_at


def test_every_kind_of_event_has_its_effect_written_down():
    assert set(EFFECTS) == set(Event.Kind)


def test_a_report_that_comes_46_times_is_one(digest):
    record([report("delivered", digest)] * 20, now=NOW)
    for _ in range(26):
        record([report("delivered", digest)], now=NOW)
    assert Event.objects.count() == 1


def test_every_order_of_arrival_ends_the_same(digest):
    reports = [
        report("delivered", digest, at=NOW + HOUR),
        report("delivered", digest, at=NOW, key="again"),
        report("bounced", digest, at=NOW + 2 * HOUR, verdict="hard", detail="5.1.1"),
        report("complained", digest, at=NOW + 3 * HOUR),
    ]
    ends = set()
    for order in itertools.permutations(reports):
        Event.objects.all().delete()
        Suppression.objects.all().delete()
        Digest.objects.update(delivered_at=None, bounced_at=None, complained_at=None)
        Subscriber.objects.update(state="active", left_at=None)
        for one in order:
            record([one], now=NOW)
        ends.add(state_of(digest))
    assert ends == {("complained", "sent", NOW, NOW + 2 * HOUR, NOW + 3 * HOUR)}


def test_a_hard_bounce_stops_the_letters_and_is_remembered_by_hash(digest):
    record([report("bounced", digest, verdict="hard", detail="5.1.1 no such user")], now=NOW)
    assert Subscriber.objects.get().state == "unreachable"
    assert Suppression.objects.get().reason == "unreachable"


@pytest.mark.parametrize("verdict", ["policy", "content", "soft", ""])
def test_one_other_bounce_is_never_the_readers_fault(digest, verdict):
    record([report("bounced", digest, verdict=verdict)], now=NOW)
    assert Subscriber.objects.get().state == "active"
    assert not Suppression.objects.exists()


def soft(digest, days_ago):
    return report("bounced", digest, at=NOW - dt.timedelta(days=days_ago), verdict="soft", detail="4.2.2")


def test_five_days_of_soft_bounces_within_fourteen_are_enough(digest):
    for days_ago in (4, 3, 2, 1):
        record([soft(digest, days_ago)], now=NOW)
    assert Subscriber.objects.get().state == "active"
    record([soft(digest, 0)], now=NOW)
    assert Subscriber.objects.get().state == "unreachable"


def test_old_soft_bounces_are_forgotten(digest):
    record([soft(digest, days_ago) for days_ago in (30, 25, 20, 16, 15, 1)], now=NOW)
    assert Subscriber.objects.get().state == "active"


def test_refusals_that_are_our_fault_do_not_count_among_a_mailboxs_own(digest):
    ours = [report("bounced", digest, at=NOW - days * 24 * HOUR, verdict="policy") for days in (4, 3, 2, 1)]
    record([*ours, soft(digest, 0)], now=NOW)
    assert Subscriber.objects.get().state == "active"


def test_ten_soft_bounces_of_one_day_are_one_day(digest):
    record([report("bounced", digest, key=f"{n}", verdict="soft") for n in range(10)], now=NOW)
    assert Subscriber.objects.get().state == "active"


@pytest.mark.parametrize(
    ("kind", "is_machine", "state"),
    [
        ("delivered", False, "active"),
        ("clicked", False, "active"),
        ("more", False, "active"),
        ("clicked", True, "unreachable"),  # by a scanner before the mailbox
        ("opened", False, "unreachable"),  # proxies open everything
    ],
)
def test_a_sign_of_life_starts_the_count_again(digest, kind, is_machine, state):
    record([soft(digest, days_ago) for days_ago in (6, 5, 4, 3)], now=NOW)
    record([report(kind, digest, at=NOW - dt.timedelta(days=2), is_machine=is_machine)], now=NOW)
    record([soft(digest, days_ago) for days_ago in (1, 0)], now=NOW)
    assert Subscriber.objects.get().state == state


@pytest.mark.parametrize("proof", ["a move", "a confirmation"])
def test_a_bounce_of_before_the_address_was_proved_stops_nobody(digest, proof):
    """The letter went to the mailbox that the reader has left, or that works again."""
    reader = Subscriber.objects.get()
    if proof == "a move":
        AddressChange.objects.create(subscriber=reader, email="new@there.example", asked_at=NOW, confirmed_at=NOW)
        reader.move_to("new@there.example", now=NOW)
    else:
        reader.mark_unreachable(now=NOW)
        reader.confirm(now=NOW)
    record([report("bounced", digest, verdict="hard", detail="5.1.1")], now=NOW + HOUR)
    assert (Subscriber.objects.get().state, Suppression.objects.count()) == ("active", 0)
    assert Event.objects.get().verdict == "hard"
    later = make_digest(reader, make_paper(2), day=NOW.date() + dt.timedelta(days=1))
    Digest.objects.filter(pk=later.pk).update(sent_at=NOW + 2 * HOUR)
    record([report("bounced", later, verdict="hard", detail="5.1.1")], now=NOW + 3 * HOUR)
    assert Subscriber.objects.get().state == "unreachable"


def test_the_soft_bounces_of_before_the_address_was_proved_do_not_count(digest):
    record([soft(digest, days_ago) for days_ago in (9, 8, 7, 6, 5)], now=NOW)
    reader = Subscriber.objects.get()
    assert reader.state == "unreachable"
    reader.confirm(now=NOW - dt.timedelta(days=2))
    record([soft(digest, 0)], now=NOW)
    assert Subscriber.objects.get().state == "active"


@pytest.mark.parametrize(
    ("outcome", "is_bounce"),
    [
        (Outcome("1", OutcomeKind.REFUSED, "rcpt", 550, "5.1.1"), True),
        (Outcome("1", OutcomeKind.REFUSED, "build"), False),  # ours, and nobody said it
        (Outcome("1", OutcomeKind.DEFERRED, "rcpt", 450, "4.2.0"), False),
        (Outcome("1", OutcomeKind.UNKNOWN, "dot"), False),
        (Outcome("1", OutcomeKind.ACCEPTED, "dot", 250), False),
    ],
    ids=str,
)
def test_only_a_servers_no_for_good_is_a_bounce(outcome, is_bounce):
    assert (report_of(outcome, digest_id=1, attempt=1, now=NOW) is not None) == is_bounce


def test_votes_are_counted_paper_by_paper_and_the_last_word_has_its_time(digest):
    papers = [make_paper(number) for number in (2, 3)]
    for paper in papers:
        record([report("upvoted", digest, key=f"vote/{paper.pk}", paper_id=paper.pk)], now=NOW)
    record([report("unvoted", digest, key=f"vote/{papers[0].pk}", paper_id=papers[0].pk, at=NOW + HOUR)], now=NOW)
    votes = {paper.pk: type(paper).objects.get(pk=paper.pk).reader_votes for paper in papers}
    assert list(votes.values()) == [0, 1]
    assert Event.objects.get(kind="unvoted").at == NOW + HOUR


def test_a_complaint_is_for_ever(digest):
    record([report("complained", digest)], now=NOW)
    reader = Subscriber.objects.get()
    assert reader.state == "complained"
    assert not reader.confirm(now=NOW)
    assert Suppression.objects.get().reason == "complained"


def test_a_provider_that_unsubscribes_a_reader_is_heard(digest):
    record([report("unsubscribed", digest)], now=NOW)
    assert Subscriber.objects.get().state == "unsubscribed"


def test_what_comes_back_settles_doubt():
    digest = make_digest(make_reader(2), make_paper(2), state="unknown")
    record([report("delivered", digest)], now=NOW)
    assert Digest.objects.get(pk=digest.pk).state == "sent"


def test_reports_of_strangers_change_nothing(digest):
    stranger = Report(kind=Event.Kind.COMPLAINED, at=NOW, key="x", digest_id=999_999)
    nobody = Report(kind=Event.Kind.BOUNCED, at=NOW, key="y", verdict="hard")
    assert record([stranger, nobody], now=NOW) == 0
    assert not Event.objects.exists()
    assert Subscriber.objects.get().state == "active"


def test_a_report_touches_only_its_own_digest_and_reader(digest):
    other = make_digest(make_reader(7), make_paper(7))
    record([report("complained", digest, subscriber_id=other.subscriber_id)], now=NOW)
    assert state_of(other)[:2] == ("active", "sent")
    assert state_of(other)[4] is None


@pytest.mark.parametrize(
    ("kind", "is_machine", "is_sign"),
    [("clicked", False, True), ("clicked", True, False), ("opened", False, False), ("more", False, True)],
)
def test_a_reader_was_seen_when_they_did_something_on_purpose(digest, kind, is_machine, is_sign):
    record([report(kind, digest, is_machine=is_machine)], now=NOW)
    assert (Subscriber.objects.get().seen_at == NOW) == is_sign


def test_of_two_words_in_one_report_the_newest_counts_and_of_two_copies_the_oldest(digest):
    for order in (1, -1):
        words = [report("less", digest, key="word"), report("more", digest, key="word", at=NOW + HOUR)]
        copies = [report("opened", digest, key="copy"), report("opened", digest, key="copy", at=NOW + HOUR)]
        record(words[::order] + copies[::order], now=NOW)
        assert set(Event.objects.values_list("kind", "at")) == {("more", NOW + HOUR), ("opened", NOW)}
        Event.objects.all().delete()


def test_long_keys_that_begin_alike_stay_two():
    one, other = (key_of("x" * 200, end) for end in "ab")
    assert one != other
    assert len(one) <= 120
