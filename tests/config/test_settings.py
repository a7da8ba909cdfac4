"""The settings, their example file and the clock agree with the code."""

import re
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
