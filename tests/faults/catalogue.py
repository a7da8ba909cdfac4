"""The list of faults: what each is, and which tests try it. A test of the default suite keeps it complete."""

from __future__ import annotations

from dataclasses import dataclass

_FAULTS, _NEWS, _MAIL, _READ = (
    "tests/faults/test_",
    "tests/newsletter/test_",
    "tests/mail/test_",
    "tests/subscribers/test_",
)
_BROKER, _DATABASE, _DISK = (
    f"{_FAULTS}broker_fails.py::",
    f"{_FAULTS}database_fails.py::",
    f"{_FAULTS}disk_is_full.py::",
)
_SERVER, _PEOPLE = f"{_FAULTS}mail_server_fails.py::", f"{_FAULTS}editors_and_readers_act.py::"
_WORKERS, _CLOCK = f"{_FAULTS}workers_die.py::", f"{_FAULTS}clock_jumps.py::"
_MIDDLE = f"{_SERVER}test_a_fault_of_the_mail_server_in_the_middle"
_RUNG = f"{_BROKER}test_an_edition_rung_for_by_celery_survives_trouble_of_the_broker"
_PAGES = f"{_BROKER}test_no_page_waits_for_the_broker"
_POSTGRES = f"{_DATABASE}test_postgres_goes_away_and_comes_back"
_PLACES = f"{_WORKERS}test_death_at_a_named_place"


@dataclass(frozen=True, slots=True)
class Fault:
    """`tests` are "file::function" or "file::function[words of its parameters]"."""

    what: str
    tests: tuple[str, ...]


FAULTS: dict[str, Fault] = {
    "F01": Fault(
        "a worker is killed with -9 again and again",
        (f"{_WORKERS}test_kill_9_again_and_again", f"{_FAULTS}endurance.py::test_a_worker_dies_every_hundred_letters"),
    ),
    "F02": Fault("the whole tree of workers is killed", (f"{_WORKERS}test_the_whole_tree_is_killed",)),
    "F03": Fault("killed between the 250 and its record", (f"{_PLACES}[after_250]",)),
    "F04": Fault(
        "killed at each other named place",
        tuple(
            f"{_PLACES}[{place}]"
            for place in (
                *("mid_build", "before_ready", "after_claim", "after_prepare", "after_intent", "before_dot"),
                *("after_record", "before_commit", "after_commit", "before_done"),
            )
        ),
    ),
    "F05": Fault("SIGTERM of a deploy", (f"{_WORKERS}test_a_deploy_loses_and_doubles_nothing",)),
    "F06": Fault("a worker is stopped past its lease", (f"{_WORKERS}test_a_stopped_worker_that_wakes_up_is_fenced",)),
    "F07": Fault(
        "no clock in the due minute", (f"{_BROKER}test_a_clock_that_was_dead_for_the_due_minute_is_made_up_for",)
    ),
    "F08": Fault(
        "two clocks, many ticks at once",
        (
            f"{_WORKERS}test_many_that_start_at_the_same_instant_send_once",
            f"{_BROKER}test_nudges_that_come_thrice_or_a_day_late_change_nothing",
        ),
    ),
    "F09": Fault("the web is killed in a POST", (f"{_PEOPLE}test_the_web_is_killed_while_readers_leave",)),
    "F10": Fault("Redis is stopped in the middle", (f"{_RUNG}[stop_and_start]", f"{_PAGES}[gone]")),
    "F11": Fault("Redis is emptied", (f"{_RUNG}[empty]",)),
    "F12": Fault(
        "Redis was never there", (f"{_BROKER}test_without_redis_from_start_to_end_the_plain_loop_sends_everything",)
    ),
    "F13": Fault("Redis is full or takes no writes", (f"{_RUNG}[fill]", f"{_RUNG}[refuse_writes]", f"{_PAGES}[full]")),
    "F14": Fault("Redis hangs", (f"{_RUNG}[freeze]", f"{_PAGES}[frozen]")),
    "F15": Fault("nudges twice or late", (f"{_BROKER}test_nudges_that_come_thrice_or_a_day_late_change_nothing",)),
    "F16": Fault("PostgreSQL restarts", (f"{_POSTGRES}[fast]", f"{_POSTGRES}[immediate]")),
    "F17": Fault("PostgreSQL is killed with -9", (f"{_POSTGRES}[kill]",)),
    "F18": Fault("connections are cut each second", (f"{_DATABASE}test_connections_are_cut_each_second",)),
    "F19": Fault(
        "the database freezes; rows are held", (f"{_DATABASE}test_a_frozen_database_and_rows_that_somebody_holds",)
    ),
    "F20": Fault(
        "no connection is left", (f"{_DATABASE}test_when_no_connection_is_left_workers_wait_and_pages_say_so",)
    ),
    "F21": Fault(
        "the disk is full",
        (f"{_DISK}test_sqlites_disk_is_full_for_a_while", f"{_DISK}test_the_journals_disk_is_full_for_a_while"),
    ),
    "F22": Fault("SQLite is locked", (f"{_DATABASE}test_sqlite_is_locked_by_somebody_else",)),
    "F23": Fault("the log takes nothing", (f"{_DISK}test_a_log_that_takes_nothing_harms_no_letter",)),
    "F24": Fault(
        "SMTP: dropped before the dot",
        tuple(
            f"{_MIDDLE}[{how}]"
            for how in (
                *("banner dropped", "banner hangs", "ehlo dropped", "mail dropped", "550 at mail", "rcpt dropped"),
                *("rcpt hangs", "data dropped", "body dropped", "body reset"),
            )
        ),
    ),
    "F25": Fault(
        "SMTP: accepted, then no clear answer",
        tuple(
            f"{_MIDDLE}[{how}]"
            for how in (
                *("accepted and dropped", "accepted and reset", "accepted and silent", "accepted and garbage"),
                *("accepted and half a reply", "dropped at the dot", "quit dropped"),
            )
        ),
    ),
    "F26": Fault(
        "SMTP: 421 and 451 at each stage",
        tuple(
            f"{_MIDDLE}[{how}]"
            for how in (
                *("421 at the banner", "421 at mail", "421 at rcpt", "421 at data", "451 at data"),
                *("421 after the dot", "451 after the dot"),
            )
        ),
    ),
    "F27": Fault("SMTP: greylisted", (f"{_SERVER}test_a_host_that_greylists_gets_its_letters_later",)),
    "F28": Fault("SMTP: 5xx for one in a hundred", (f"{_SERVER}test_one_in_a_hundred_is_refused_alone",)),
    "F29": Fault("SMTP: 5xx for all", (f"{_SERVER}test_a_server_that_refuses_everybody_stops_the_edition",)),
    "F30": Fault("SMTP: 535 and 454 at AUTH", (f"{_SERVER}test_a_refused_password_burns_no_letter",)),
    "F31": Fault("SMTP: one byte at a time", (f"{_MIDDLE}[one byte at a time]",)),
    "F32": Fault("SMTP: STARTTLS taken out", (f"{_SERVER}test_where_starttls_was_taken_out_nothing_leaves_in_clear",)),
    "F33": Fault(
        "SMTP: closed after each ten letters",
        (f"{_SERVER}test_a_server_that_closes_after_each_ten_letters",),
    ),
    "F34": Fault("SMTP: not to be reached", (f"{_SERVER}test_a_mail_server_that_is_not_there_is_waited_for",)),
    "F35": Fault(
        "a provider's API in trouble",
        (
            f"{_FAULTS}provider_fails.py::test_a_provider_in_trouble",
            f"{_MAIL}providers.py::test_letters_go_one_by_one_so_that_one_refusal_stops_nobody_else",
        ),
    ),
    "F36": Fault("the clock jumps", (f"{_CLOCK}test_a_clock_that_jumps_makes_no_storm_and_no_second_digest",)),
    "F37": Fault(
        "summer time, zones, leap day, a reader who moves",
        (
            f"{_READ}cadence_everywhere.py::test_one_digest_a_local_day_where_the_clock_jumps_oddly",
            f"{_READ}cadence_everywhere.py::test_one_digest_a_local_day_in_every_zone_at_every_hour",
            f"{_READ}cadence_everywhere.py::test_a_reader_who_moves_from_zone_to_zone_gets_each_day_once",
            f"{_READ}cadence.py::test_a_leap_day_is_a_day",
        ),
    ),
    "F38": Fault(
        "webhooks twice, late, in any order, ten thousand at once",
        (
            f"{_NEWS}webhooks.py::test_forty_six_copies_of_a_report_are_one",
            f"{_NEWS}webhooks.py::test_every_order_of_arrival_ends_the_same",
            f"{_NEWS}webhooks.py::test_reports_replayed_a_week_later_change_nothing",
            f"{_NEWS}webhooks.py::test_ten_thousand_events_in_one_request_are_kept",
            f"{_NEWS}webhooks.py::test_a_report_about_a_letter_that_we_did_not_sign_touches_nobody",
        ),
    ),
    "F39": Fault(
        "forged webhooks",
        (
            f"{_NEWS}webhooks.py::test_a_stranger_is_refused_quickly_and_changes_nothing",
            f"{_NEWS}webhooks.py::test_a_wrong_signature_is_refused",
            f"{_NEWS}webhooks.py::test_a_signed_report_from_another_time_is_refused",
            f"{_NEWS}webhooks.py::test_another_shape_is_refused_or_says_nothing",
            f"{_NEWS}webhooks.py::test_a_huge_request_is_refused_unread",
        ),
    ),
    "F40": Fault(
        "no paper, one, five thousand; a source that is down or repeats itself",
        (
            f"{_FAULTS}papers_are_few_or_many.py::test_an_edition_of_few_or_many_papers",
            "tests/papers/test_fetching.py::test_a_host_that_is_not_to_be_reached_is_told_and_asked_again_later",
            "tests/papers/test_fetching.py::test_yesterdays_batch_on_a_working_day_is_stale",
        ),
    ),
    "F41": Fault(
        "one poison reader",
        (
            f"{_WORKERS}test_a_row_that_takes_its_worker_down_fails_alone",
            f"{_NEWS}press.py::test_an_address_with_a_line_end_is_refused",
        ),
    ),
    "F42": Fault(
        "one in a hundred is poison", (f"{_WORKERS}test_one_row_in_a_hundred_cannot_be_made_and_the_first_of_all",)
    ),
    "F43": Fault("many leave in the middle", (f"{_PEOPLE}test_nobody_who_left_gets_a_letter",)),
    "F44": Fault(
        "readers come in the due minute, others are deleted",
        (f"{_PEOPLE}test_readers_who_come_in_the_due_minute_get_one_and_the_deleted_none",),
    ),
    "F45": Fault(
        "a migration with old and new workers", (f"{_DATABASE}test_a_migration_runs_while_old_and_new_workers_send",)
    ),
    "F46": Fault("no more memory", (f"{_WORKERS}test_a_worker_that_gets_no_more_memory",)),
    "F47": Fault("yesterday's backup comes back", (f"{_DATABASE}test_yesterdays_backup_sends_nothing_of_yesterday",)),
    "F48": Fault(
        "the operator's keys",
        (
            f"{_PEOPLE}test_pause_and_resume_ten_times_a_second",
            f"{_PEOPLE}test_an_edition_cancelled_on_its_way_stops",
            f"{_NEWS}steering.py::test_resume_pressed_ten_times_is_one_resume",
            f"{_NEWS}steering.py::test_only_the_failed_are_tried_again_and_the_doubtful_never",
        ),
    ),
}


def faults_of(node: str) -> list[str]:
    """Return the faults that a test with this id tries (its parameters in brackets, joined with hyphens)."""
    test, _, given = node.partition("[")
    return [name for name, fault in FAULTS.items() if any(_fits(listed, test, given) for listed in fault.tests)]


def _fits(listed: str, test: str, given: str) -> bool:
    wanted, _, words = listed.partition("[")
    return wanted == test and (not words or words.rstrip("]") in given.rstrip("]"))
