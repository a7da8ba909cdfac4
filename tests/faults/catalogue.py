"""The list of faults: what each is, and which tests try it. A test of the default suite keeps it complete.

Under each fault stand its tests as room/file::name, after a colon with the words of the parameters that count; without
words all its parameters do. Indented further, the words go on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LIST = """
F01 a worker is killed with -9 again and again
    faults/workers_die::kill_9_again_and_again
    faults/endurance::a_worker_dies_every_hundred_letters
F02 the whole tree of workers is killed
    faults/workers_die::the_whole_tree_is_killed
F03 killed between the 250 and its record
    faults/workers_die::death_at_a_named_place: after_250
F04 killed at each other named place
    faults/workers_die::death_at_a_named_place: mid_build, before_ready, after_claim, after_prepare, after_intent,
        before_dot, after_record, before_commit, after_commit, before_done
F05 SIGTERM of a deploy
    faults/workers_die::a_deploy_loses_and_doubles_nothing
F06 a worker is stopped past its lease
    faults/workers_die::a_stopped_worker_that_wakes_up_is_fenced
F07 no clock in the due minute
    faults/broker_fails::a_clock_that_was_dead_for_the_due_minute_is_made_up_for
F08 two clocks, many ticks at once
    faults/workers_die::many_that_start_at_the_same_instant_send_once
    faults/broker_fails::nudges_that_come_thrice_or_a_day_late_change_nothing
F09 the web is killed in a POST
    faults/editors_and_readers_act::the_web_is_killed_while_readers_leave
F10 Redis is stopped in the middle
    faults/broker_fails::an_edition_rung_for_by_celery_survives_trouble_of_the_broker: stop_and_start
    faults/broker_fails::no_page_waits_for_the_broker: gone
F11 Redis is emptied
    faults/broker_fails::an_edition_rung_for_by_celery_survives_trouble_of_the_broker: empty
F12 Redis was never there
    faults/broker_fails::without_redis_from_start_to_end_the_plain_loop_sends_everything
F13 Redis is full or takes no writes
    faults/broker_fails::an_edition_rung_for_by_celery_survives_trouble_of_the_broker: fill, refuse_writes
    faults/broker_fails::no_page_waits_for_the_broker: full
F14 Redis hangs
    faults/broker_fails::an_edition_rung_for_by_celery_survives_trouble_of_the_broker: freeze
    faults/broker_fails::no_page_waits_for_the_broker: frozen
F15 nudges twice or late
    faults/broker_fails::nudges_that_come_thrice_or_a_day_late_change_nothing
F16 PostgreSQL restarts
    faults/database_fails::postgres_goes_away_and_comes_back: fast, immediate
F17 PostgreSQL is killed with -9
    faults/database_fails::postgres_goes_away_and_comes_back: kill
F18 connections are cut each second
    faults/database_fails::connections_are_cut_each_second
F19 the database freezes; rows are held
    faults/database_fails::a_frozen_database_and_rows_that_somebody_holds
F20 no connection is left
    faults/database_fails::when_no_connection_is_left_workers_wait_and_pages_say_so
F21 the disk is full
    faults/disk_is_full::sqlites_disk_is_full_for_a_while
    faults/disk_is_full::the_journals_disk_is_full_for_a_while
F22 SQLite is locked
    faults/database_fails::sqlite_is_locked_by_somebody_else
F23 the log takes nothing
    faults/disk_is_full::a_log_that_takes_nothing_harms_no_letter
F24 SMTP: dropped before the dot
    faults/mail_server_fails::a_fault_of_the_mail_server_in_the_middle: banner dropped, banner hangs, ehlo dropped,
        mail dropped, 550 at mail, rcpt dropped, rcpt hangs, data dropped, body dropped, body reset
F25 SMTP: accepted, then no clear answer
    faults/mail_server_fails::a_fault_of_the_mail_server_in_the_middle: accepted and dropped, accepted and reset,
        accepted and silent, accepted and garbage, accepted and half a reply, dropped at the dot, quit dropped
F26 SMTP: 421 and 451 at each stage
    faults/mail_server_fails::a_fault_of_the_mail_server_in_the_middle: 421 at the banner, 421 at mail, 421 at rcpt,
        421 at data, 451 at data, 421 after the dot, 451 after the dot
F27 SMTP: greylisted
    faults/mail_server_fails::a_host_that_greylists_gets_its_letters_later
F28 SMTP: 5xx for one in a hundred
    faults/mail_server_fails::one_in_a_hundred_is_refused_alone
F29 SMTP: 5xx for all
    faults/mail_server_fails::a_server_that_refuses_everybody_stops_the_edition
F30 SMTP: 535 and 454 at AUTH
    faults/mail_server_fails::a_refused_password_burns_no_letter
F31 SMTP: one byte at a time
    faults/mail_server_fails::a_fault_of_the_mail_server_in_the_middle: one byte at a time
F32 SMTP: STARTTLS taken out
    faults/mail_server_fails::where_starttls_was_taken_out_nothing_leaves_in_clear
F33 SMTP: closed after each ten letters
    faults/mail_server_fails::a_server_that_closes_after_each_ten_letters
F34 SMTP: not to be reached
    faults/mail_server_fails::a_mail_server_that_is_not_there_is_waited_for
F35 a provider's API in trouble
    faults/provider_fails::a_provider_in_trouble
    mail/providers::letters_go_one_by_one_so_that_one_refusal_stops_nobody_else
F36 the clock jumps
    faults/clock_jumps::a_clock_that_jumps_makes_no_storm_and_no_second_digest
F37 summer time, zones, leap day, a reader who moves
    subscribers/cadence_everywhere::one_digest_a_local_day_where_the_clock_jumps_oddly
    subscribers/cadence_everywhere::one_digest_a_local_day_in_every_zone_at_every_hour
    subscribers/cadence_everywhere::a_reader_who_moves_from_zone_to_zone_gets_each_day_once
    subscribers/cadence::a_leap_day_is_a_day
F38 webhooks twice, late, in any order, ten thousand at once
    newsletter/webhooks::forty_six_copies_of_a_report_are_one
    newsletter/webhooks::every_order_of_arrival_ends_the_same
    newsletter/webhooks::reports_replayed_a_week_later_change_nothing
    newsletter/webhooks::ten_thousand_events_in_one_request_are_kept
    newsletter/webhooks::a_report_about_a_letter_that_we_did_not_sign_touches_nobody
F39 forged webhooks
    newsletter/webhooks::a_stranger_is_refused_and_changes_nothing
    newsletter/webhooks::a_wrong_signature_is_refused
    newsletter/webhooks::a_signed_report_from_another_time_is_refused
    newsletter/webhooks::another_shape_is_refused_or_says_nothing
    newsletter/webhooks::a_huge_request_is_refused_unread
F40 no paper, one, five thousand; a source that is down or repeats itself
    faults/papers_are_few_or_many::an_edition_of_few_or_many_papers
    papers/fetching::a_host_that_is_not_to_be_reached_is_told_and_asked_again_later
    papers/fetching::yesterdays_batch_on_a_working_day_is_stale
F41 one poison reader
    faults/workers_die::a_row_that_takes_its_worker_down_fails_alone
    newsletter/press::an_address_with_a_line_end_is_refused
F42 one in a hundred is poison
    faults/workers_die::one_row_in_a_hundred_cannot_be_made_and_the_first_of_all
F43 many leave in the middle
    faults/editors_and_readers_act::nobody_who_left_gets_a_letter
F44 readers come in the due minute, others are deleted
    faults/editors_and_readers_act::readers_who_come_in_the_due_minute_get_one_and_the_deleted_none
F45 a migration with old and new workers
    faults/database_fails::a_migration_runs_while_old_and_new_workers_send
F46 no more memory
    faults/workers_die::a_worker_that_gets_no_more_memory
F47 yesterday's backup comes back
    faults/database_fails::yesterdays_backup_sends_nothing_of_yesterday
F48 the operator's keys
    faults/editors_and_readers_act::pause_and_resume_ten_times_a_second
    faults/editors_and_readers_act::an_edition_cancelled_on_its_way_stops
    newsletter/steering::resume_pressed_ten_times_is_one_resume
    newsletter/steering::only_the_failed_are_tried_again_and_the_doubtful_never
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """`tests` are "file::function" or "file::function[words of its parameters]"."""

    what: str
    tests: tuple[str, ...]


def _read(text: str) -> dict[str, Fault]:
    faults = {}
    for entry in re.split(r"\n(?=F)", text.strip()):
        head, *lines = re.sub(r"\n {5,}", " ", entry).split("\n")
        name, _, what = head.partition(" ")
        faults[name] = Fault(what, tuple(test for line in lines for test in _tests(line.strip())))
    return faults


def _tests(line: str) -> list[str]:
    test, _, words = line.partition(": ")
    path, _, name = test.partition("::")
    node = f"tests/{path.replace('/', '/test_')}.py::test_{name}"
    return [f"{node}[{one}]" for one in words.split(", ")] if words else [node]


FAULTS = _read(_LIST)


def faults_of(node: str) -> list[str]:
    """Return the faults that a test with this id tries (its parameters in brackets, joined with hyphens)."""
    test, _, given = node.partition("[")
    return [name for name, fault in FAULTS.items() if any(_fits(listed, test, given) for listed in fault.tests)]


def _fits(listed: str, test: str, given: str) -> bool:
    wanted, _, words = listed.partition("[")
    return wanted == test and (not words or words.rstrip("]") in given.rstrip("]"))
