"""From a waiting digest to a letter in the sink, and what each outcome does to the row."""

import datetime as dt

import pytest
from django.core.management import call_command

from newsletter import tasks
from newsletter.building import build_due
from newsletter.models import Digest, Edition, Pulse
from newsletter.preflight import hold_if_unfit
from newsletter.sending import send_pending, sweep
from newsletter.sending.batch import Batch, Run
from newsletter.sending.handover import Wire
from newsletter.steering import ORDERS
from papers.models import Paper
from subscribers.models import Ask, Suppression
from tests.newsletter.readers import DAY, MORNING, make_reader
from tests.papers.shelf import make_paper
from tests.sink import ACCEPT_DROP, DROP

pytestmark = pytest.mark.django_db


def built(readers: int = 3) -> Edition:
    make_paper(topics=("vision",))
    for number in range(1, readers + 1):
        make_reader(number, topics=("vision",))
    build_due(now=MORNING)
    return Edition.objects.get()


def states() -> list[str]:
    return list(Digest.objects.order_by("pk").values_list("state", flat=True))


def test_every_waiting_digest_is_handed_over_once(mail_server):
    sink = mail_server()
    built(3)
    assert send_pending(now=MORNING) == {"sent": 3}
    assert send_pending(now=MORNING) == {}
    assert sorted(sink.recipients) == [f"reader{number}@example.org" for number in (1, 2, 3)]
    assert states() == ["sent"] * 3
    assert Digest.objects.first().sent_at is not None


def test_who_is_left_with_too_few_papers_gets_what_is_left_only_if_they_like_to_be_told(mail_server):
    sink = mail_server()
    make_paper(1)
    taken_back = make_paper(2)
    make_reader(1)
    make_reader(2, min_papers=2)
    make_reader(3, min_papers=2, wants_quiet_letter=True)
    build_due(now=MORNING)
    Paper.objects.filter(pk=taken_back.pk).update(is_hidden=True)
    assert send_pending(now=MORNING) == {"sent": 2, "skipped": 1}
    assert sorted(sink.recipients) == ["reader1@example.org", "reader3@example.org"]
    assert states() == ["sent", "skipped", "sent"]
    assert Digest.objects.get(state="skipped").reason == "quiet day: papers were taken back"


def test_a_quiet_day_is_told_in_a_short_letter_to_those_who_asked_for_it_and_to_nobody_else(mail_server):
    sink = mail_server()
    make_reader(1, wants_quiet_letter=True)
    make_reader(2)
    build_due(now=MORNING)
    assert not hold_if_unfit(Edition.objects.get(), now=MORNING)
    assert send_pending(now=MORNING) == {"sent": 1}
    assert sink.recipients == ["reader1@example.org"]
    assert b"Subject: A quiet day" in sink.messages[0]
    assert states() == ["sent", "skipped"]


def test_an_edition_is_done_when_all_are_sent_and_nobody_is_awaited(mail_server):
    mail_server()
    edition = built(2)
    send_pending(now=MORNING)
    edition.refresh_from_db()
    assert edition.state == "sending"
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert edition.state == "done"


def test_an_edition_waits_for_the_readers_whose_hour_is_to_come(mail_server):
    mail_server()
    edition = built(2)
    make_reader(9, next_digest_at=MORNING + dt.timedelta(hours=5))
    send_pending(now=MORNING)
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert edition.state == "sending"


def test_who_left_after_the_choice_gets_no_letter(mail_server):
    sink = mail_server()
    built(2)
    reader = Digest.objects.first().subscriber
    type(reader).objects.filter(pk=reader.pk).update(state="unsubscribed")
    assert send_pending(now=MORNING) == {"sent": 1, "skipped": 1}
    assert reader.email not in sink.recipients


def test_a_suppressed_address_gets_no_letter(mail_server):
    sink = mail_server()
    built(2)
    Suppression.remember("reader1@example.org", Suppression.Reason.EDITOR, now=MORNING)
    send_pending(now=MORNING)
    assert sink.recipients == ["reader2@example.org"]


def test_a_deleted_reader_gets_no_letter_and_the_row_stays(mail_server):
    sink = mail_server()
    built(1)
    Digest.objects.get().subscriber.delete()
    send_pending(now=MORNING)
    assert (sink.recipients, states()) == ([], ["skipped"])


def test_a_refused_reader_fails_alone(mail_server):
    answers = iter([None, b"550 5.1.1 no such user\r\n", None])  # over however many connections
    mail_server(lambda stage, *_: next(answers) if stage == "rcpt" else None)
    built(3)
    assert send_pending(now=MORNING) == {"sent": 2, "failed": 1}
    failed = Digest.objects.get(state="failed")
    assert (failed.last_stage, failed.last_code) == ("rcpt", "5.1.1")
    assert failed.reason.startswith("refused")


def test_a_greylisted_reader_waits_a_minute(mail_server):
    mail_server({"rcpt": b"450 4.2.0 later\r\n"})
    built(1)
    assert send_pending(now=MORNING) == {"deferred": 1}
    digest = Digest.objects.get()
    assert (digest.state, digest.attempts) == ("pending", 1)
    assert dt.timedelta(minutes=1) <= digest.not_before - MORNING < dt.timedelta(minutes=2)


def test_the_eighth_refusal_is_the_last(mail_server):
    mail_server({"rcpt": b"450 4.2.0 later\r\n"})
    built(1)
    Digest.objects.update(attempts=7)
    send_pending(now=MORNING)
    assert (states(), Digest.objects.get().reason) == (["failed"], "refused 8 times")


def test_a_letter_accepted_without_an_answer_is_in_doubt_and_sent_again_once(mail_server):
    sink = mail_server({"dot": ACCEPT_DROP})
    built(1)
    assert send_pending(now=MORNING) == {"unknown": 1}
    sweep(now=MORNING)
    assert states() == ["unknown"]  # within the grace time something may still come back
    Digest.objects.update(sending_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    sweep(now=MORNING)
    sink.script = {}
    assert send_pending(now=MORNING) == {"sent": 1}
    assert Digest.objects.get().resends == 1
    assert list(sink.accepted.values()) == [2]  # the same Message-ID twice: the one documented gap


@pytest.mark.parametrize(("policy", "state"), [("hold", "failed"), ("assume_sent", "sent")])
def test_the_policy_says_what_becomes_of_doubt(mail_server, settings, policy, state):
    mail_server({"dot": ACCEPT_DROP})
    settings.ON_UNKNOWN = policy
    built(1)
    send_pending(now=MORNING)
    Digest.objects.update(sending_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    sweep(now=MORNING)
    assert states() == [state]


def test_a_mail_server_that_is_away_costs_no_attempt(mail_server):
    mail_server({"banner": DROP})
    built(3)
    assert send_pending(now=MORNING)["stopped"]
    assert set(Digest.objects.values_list("state", "attempts")) == {("pending", 0)}


def test_what_a_mail_server_says_that_wants_no_letter_is_kept_for_the_operator(mail_server, caplog):
    mail_server({"mail": b"550 5.7.1 <bounces+x@paper-round.example> is blocked here\r\n"})
    built(1)
    assert send_pending(now=MORNING)["stopped"]
    pulse = Pulse.seen()[Pulse.TURNED_AWAY]
    assert (pulse.at, pulse.said) == (MORNING, "mail: 550 5.7.1 <…@paper-round.example> is blocked here")
    assert "turned us away (mail: 550" in caplog.text


def test_between_two_turns_of_a_tick_the_letters_that_people_wait_for_leave(mail_server, monkeypatch):
    sink = mail_server()
    built(60)
    Ask.objects.create(email="a@example.org", limit_key="k", network="n", form="page", created_at=MORNING)
    monkeypatch.setattr(tasks, "database_now", lambda: MORNING)

    def send_one_batch(*, now, is_over):
        looks = iter([False])
        return send_pending(now=now, is_over=lambda: next(looks, True))

    monkeypatch.setattr(tasks, "send_pending", send_one_batch)
    tasks.tick()
    assert len(sink.recipients) == 61
    assert sink.recipients.index("a@example.org") == 50


def test_a_paused_edition_sends_nothing_until_it_is_resumed(mail_server):
    sink = mail_server()
    edition = built(1)
    edition.pause("a word is wrong")
    assert send_pending(now=MORNING) == {}
    edition.resume()
    assert send_pending(now=MORNING) == {"sent": 1}
    assert len(sink.recipients) == 1


def test_what_was_claimed_when_the_edition_was_paused_waits_again(mail_server):
    edition = built(1)
    claimed = Digest.objects.claim("me/1", edition=edition, now=MORNING, limit=5)
    edition.pause("now")
    assert Digest.objects.mark_sending("me/1", [claimed[0].pk], edition=edition) == set()


@pytest.mark.parametrize(
    ("ended", "last"),
    [
        ("cancel", ("skipped", "the edition was cancelled")),
        ("expire", ("failed", "expired: the edition's time is over")),
    ],
)
def test_what_a_worker_held_when_an_editor_ended_the_edition_says_so(mail_server, ended, last):
    edition = built(2)
    claimed = Digest.objects.claim("me/1", edition=edition, now=MORNING, limit=1)
    ORDERS[ended].act(edition, MORNING)
    Digest.objects.release("me/1", [claimed[0].pk])
    sweep(now=MORNING)
    assert Digest.objects.filter(pk=claimed[0].pk).values_list("state", "reason").get() == last


def test_yesterdays_digest_is_not_sent_tomorrow(mail_server):
    sink = mail_server()
    edition = built(1)
    assert send_pending(now=Digest.objects.get().expires_at) == {"failed": 1}
    assert Digest.objects.get().reason == "expired: too late for its day"
    sweep(now=MORNING + dt.timedelta(days=3))
    edition.refresh_from_db()
    assert (edition.state, sink.recipients) == ("done_with_errors", [])


def test_an_edition_that_stayed_paused_expires_with_a_reason(mail_server):
    edition = built(1)
    edition.pause("forgotten")
    sweep(now=MORNING + dt.timedelta(days=3))
    edition.refresh_from_db()
    assert (edition.state, states()) == ("expired", ["failed"])


def test_the_command_does_everything_and_says_what_it_did(mail_server, capsys):
    sink = mail_server()
    make_paper(topics=("vision",))
    make_reader(topics=("vision",))
    call_command("run_digests", now=MORNING.isoformat())
    assert sink.recipients == ["reader1@example.org"]
    assert capsys.readouterr().out == "Digests: 1 chosen, 1 sent, 1 closed.\n"
    assert Edition.objects.get(day=DAY).state == "done"


def test_a_refused_address_is_written_to_no_more(mail_server):
    mail_server({"rcpt": b"550 5.1.1 no such user\r\n"})
    built(1)
    send_pending(now=MORNING)
    digest = Digest.objects.get()
    assert (digest.subscriber.state, digest.bounced_at) == ("unreachable", MORNING)


def test_a_refusal_for_our_reputation_is_not_the_readers_fault(mail_server):
    mail_server({"rcpt": b"550 5.7.1 you are on a block list\r\n"})
    built(1)
    send_pending(now=MORNING)
    assert Digest.objects.get().subscriber.state == "active"


def test_the_first_fifty_are_looked_at_before_the_others_follow(mail_server):
    def refuse_every_other(stage, _line, letter):
        return b"550 5.1.1 no such user\r\n" if stage == "rcpt" and letter % 2 else None

    sink = mail_server(refuse_every_other)
    edition = built(80)
    send_pending(now=MORNING)
    edition.refresh_from_db()
    assert edition.is_paused
    assert "of the first 50 letters were refused" in edition.paused_reason
    assert states().count("pending") == 30
    sink.script = {}
    edition.resume()
    send_pending(now=MORNING)
    assert states().count("pending") == 0


def test_twenty_refusals_in_a_row_over_three_hosts_stop_the_edition(mail_server):
    sink = mail_server()
    edition = built(120)
    for digest in Digest.objects.select_related("subscriber"):
        type(digest.subscriber).objects.filter(pk=digest.subscriber_id).update(
            email=f"reader@host{digest.pk % 4}.example", email_normalised=f"reader{digest.pk}@host.example"
        )
    Edition.objects.update(state="sending")
    sink.script = {"rcpt": b"554 5.7.1 blocked\r\n"}
    send_pending(now=MORNING)
    edition.refresh_from_db()
    assert "20 letters in a row were refused" in edition.paused_reason
    assert edition.has_braked  # so the same refusals do not stop it again as a rate
    assert states().count("failed") <= 50  # twenty and what was in flight
    assert states().count("pending") >= 70


def test_bounces_that_come_back_later_stop_an_edition_once(mail_server):
    edition = built(30)
    Digest.objects.update(state="sent", bounced_at=MORNING)
    Edition.objects.update(state="sending")
    make_reader(99, next_digest_at=MORNING + dt.timedelta(hours=1))
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert edition.paused_reason == "30 of 30 letters bounced"
    edition.resume()
    sweep(now=MORNING)
    edition.refresh_from_db()
    assert not edition.is_paused


@pytest.mark.parametrize(("reclaims", "company"), [(0, 40), (1, 5), (2, 1)])
def test_the_more_workers_died_over_a_digest_the_fewer_travel_with_it(reclaims, company):
    edition = built(40)
    Digest.objects.filter(pk=Digest.objects.order_by("pk").first().pk).update(reclaims=reclaims)
    assert len(Digest.objects.claim("w/1", edition=edition, now=MORNING, limit=40)) == company


def test_who_is_suppressed_after_the_claim_and_before_the_intent_gets_no_letter(mail_server):
    sink = mail_server()
    edition = built(3)
    with Wire(now=MORNING) as wire:
        batch = Batch(Run(wire, now=MORNING), edition)
        batch.claim(3)
        letters = batch.prepare()
        Suppression.remember("reader1@example.org", Suppression.Reason.EDITOR, now=MORNING)
        wire.send(batch.intend(letters))  # which is the second of a claim, for example
    assert "reader1@example.org" not in sink.recipients
    assert sorted(states()) == ["sent", "sent", "skipped"]
