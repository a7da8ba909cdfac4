"""Old digests go beside whoever works on them in this moment: nobody waits for anybody."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings

from bench.postgres import cluster, find_binaries

NAME = "kept"
OLD = """
INSERT INTO newsletter_edition (day, state, note, is_paused, paused_reason, has_braked, candidate_count, excluded_count,
 closing_accounts, findings, expires_at, created_at)
SELECT current_date - 500, 'done', '', false, '', false, 3, 0, '{"sent": 3}', '[]', now(), now();
INSERT INTO newsletter_digest (edition_id, picks, state, reason, attempts, resends, reclaims, due_at, expires_at,
 not_before, lease_owner, claim_no, created_at, provider_id, last_stage, last_code)
SELECT id, '', 'sent', '', 1, 0, 0, now(), now(), now(), '', 1, now(), '', '', ''
FROM newsletter_edition, generate_series(1, 3);
"""


@pytest.fixture
def server():
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with cluster() as server:
        yield server


@pytest.mark.postgres
def test_what_is_in_anybodys_hands_stays_for_the_next_time_and_nobody_waits(server, tmp_path):
    environment = {**os.environ, "DATABASE_URL": server.url(NAME), "VAR_DIR": str(tmp_path)}

    def left(*command):
        command = [sys.executable, "manage.py", *(command or ("discard_old_digests", "--yes"))]
        subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True, timeout=60)
        return server.rows("SELECT count(*) FROM newsletter_digest", NAME)[0][0]

    left("migrate", "--verbosity", "0")
    server.execute(OLD, NAME)
    with psycopg.connect(server.address(NAME)) as other:
        other.execute("SELECT id FROM newsletter_edition FOR UPDATE")  # as another worker that discards
        assert left() == 3
        other.rollback()
        other.execute(
            "UPDATE newsletter_digest SET bounced_at = now() WHERE id = (SELECT min(id) FROM newsletter_digest)"
        )
        assert left() == 1
        other.commit()
    assert left() == 0
    assert server.rows("SELECT closing_accounts FROM newsletter_edition", NAME) == [
        ({"sent": 3, "gone": {"digests": 3}},)
    ]
