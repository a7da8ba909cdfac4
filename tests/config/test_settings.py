"""The settings, their example file and the clock agree with the code."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from django.conf import settings

from config.schedule import SCHEDULE

SETTINGS = Path(settings.BASE_DIR, "config", "settings.py").read_text()
EXAMPLE = Path(settings.BASE_DIR, ".env.example").read_text()


def test_every_variable_the_settings_read_is_explained_in_the_example():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    explained = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert read == explained


def test_every_entry_of_the_schedule_names_a_task_that_exists():
    assert SCHEDULE
    for entry in SCHEDULE.values():
        module, _, name = entry["task"].rpartition(".")
        assert getattr(import_module(module), name).name == entry["task"]


def test_the_lock_files_name_no_registry():
    locks = sorted(Path(settings.BASE_DIR).glob("requirements*.txt"))
    assert locks
    assert [path.name for path in locks if "://" in path.read_text()] == []


PRODUCTION = {
    "SITE_URL": "https://papers.example.org",
    "SECRET_KEY": "Ab1-_" + "xyzuvw" * 8,
    "LINK_KEYS": "k" * 50,
    "HASH_KEY": "h" * 50,
    "POSTAL_ADDRESS": "1 Example Street, Exampletown",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
}


def manage(command, tmp_path, **environment):
    """Run manage.py in a process of its own, with no other environment than this."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_does_not_start_with_a_secret_made_up_on_the_way(tmp_path):
    environment = {**PRODUCTION, "HASH_KEY": ""}
    done = manage(["check"], tmp_path, **environment)
    assert done.returncode != 0
    assert "HASH_KEY must be set (see .env.example)" in done.stderr
    assert not (tmp_path / "hash_key").exists()


def test_the_deployment_check_finds_nothing_to_mend_in_a_complete_production(tmp_path):
    done = manage(["check", "--deploy", "--fail-level", "WARNING"], tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_the_embedded_secrets_can_be_read_by_their_owner_alone(tmp_path):
    assert manage(["check"], tmp_path).returncode == 0
    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in ("secret_key", "link_key", "hash_key")} == {
        "0o600"
    }
