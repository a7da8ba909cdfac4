"""The whole clock on one page: what beat nudges, how often, and why so often."""

SCHEDULE = {
    # One tick finds due readers, sends what waits and sweeps what a dead worker left; a lost one costs 15 s,
    # and one that waited so long is thrown away: the next is there.
    "tick": {"task": "newsletter.tasks.tick", "schedule": 15.0, "options": {"expires": 15}},
    # Account letters (confirmations) are waited for by a person who looks at the mailbox.
    "notices": {"task": "subscribers.tasks.send_notices", "schedule": 10.0},
    # Addresses that nobody confirmed are deleted two weeks after they came.
    "forget": {"task": "subscribers.tasks.forget_unconfirmed", "schedule": 3600.0},
    # Silent readers are asked whether the digest is still of use, some hundreds an hour.
    "silent": {"task": "subscribers.tasks.ask_silent_readers", "schedule": 3600.0},
    # A dead mailbox is known within the hour, well before its next digest.
    "bounces": {"task": "newsletter.tasks.fetch_bounces", "schedule": 1800.0},
    # A ranking experiment that harms is over within the hour, well before the next day's digests.
    "experiment": {"task": "newsletter.tasks.guard_experiment", "schedule": 3600.0},
    # Ten seconds at a time, so that a day of a million readers is gone within the day.
    "old digests": {"task": "newsletter.tasks.discard_old_digests", "schedule": 900.0, "options": {"expires": 900}},
    # A file of papers waits an hour for an editor's yes; where nobody cleared them, logins stayed for ever.
    "sessions": {"task": "papers.tasks.clear_sessions", "schedule": 3600.0},
    # Each source has its own hours in the database; this only asks which are due.
    "sources": {"task": "papers.tasks.fetch_sources", "schedule": 300.0},
    # New papers get their vectors well before anybody's digest; 200 of them stay under a task's time limit.
    "vectors": {"task": "papers.tasks.keep_vectors", "schedule": 120.0},
}
