"""The settings, their example file and the clock agree with the code."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import get_resolver

from config.schedule import SCHEDULE
from papers.views.plumbing import ROBOTS

SETTINGS = Path(settings.BASE_DIR, "config", "settings.py").read_text()
EXAMPLE = Path(settings.BASE_DIR, ".env.example").read_text()


def test_every_variable_the_settings_read_is_explained_in_the_example():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    explained = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    asked_by_compose = set(re.findall(r"\$\{([A-Z_]+)", Path(settings.BASE_DIR, "compose.yaml").read_text()))
    assert read | asked_by_compose == explained


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
    "BEHIND_PROXY": "True",
}


def manage(command, tmp_path, **environment):
    """Run manage.py in a process of its own, with no other environment than this."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment, "VAR_DIR": str(tmp_path)},
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


def test_a_public_site_does_not_start_with_its_errors_laid_open(tmp_path):
    done = manage(["check"], tmp_path, **PRODUCTION, DEBUG="True")
    assert done.returncode != 0
    assert "Set DEBUG to False" in done.stderr


@pytest.mark.parametrize("name", ["LINK_KEYS", "HASH_KEY", "METRICS_TOKEN"])
def test_a_key_that_could_be_guessed_is_told(tmp_path, name):
    done = manage(["check", "--deploy"], tmp_path, **{**PRODUCTION, name: "lantern"})
    assert f"{name} is short enough to be guessed" in done.stderr
    assert "lantern" not in done.stderr


def test_a_filled_in_copy_of_the_example_runs(tmp_path):
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    filled_in = {name: value for name, value in PRODUCTION.items() if not example[name]}
    words = "print(settings.ALLOWED_HOSTS, settings.CELERY_BROKER_URL)"
    done = manage(["shell", "-c", f"from django.conf import settings; {words}"], tmp_path, **{**example, **filled_in})
    assert "['papers.example.org'] redis://localhost:6379/0" in done.stdout, done.stderr
    checked = manage(["check", "--deploy", "--fail-level", "WARNING"], tmp_path, **{**example, **filled_in})
    assert checked.returncode == 0, checked.stderr


def test_a_site_with_tls_that_no_proxy_ends_is_told_that_it_would_redirect_for_ever(tmp_path):
    done = manage(["check", "--deploy"], tmp_path, **{**PRODUCTION, "BEHIND_PROXY": "False"})
    assert "BEHIND_PROXY is False" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ON_UNKNOWN", "maybe", "it must be one of resend_once, hold, assume_sent"),
        ("DIGEST_ADDRESS", "digest", "it must be a mail address"),
        ("BOUNCE_MAILBOX", "/var/mail/bounces", "it must begin with maildir:"),
        ("DKIM_KEY_FILE", "/not/there.pem", "there is no such file"),
    ],
)
def test_a_setting_that_would_be_taken_for_another_stops_the_start(tmp_path, name, value, said):
    done = manage(["run_digests"], tmp_path, **{**PRODUCTION, name: value})
    assert done.returncode != 0
    assert f"{name} is “" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"EMAIL_URL": ""}, "Letters go to the captured mailbox"),
        (
            {"EMAIL_URL": "smtp://user:password@mail.example.org:25"},
            "The password for mail.example.org travels in clear",
        ),
        ({"TRANSPORTS": '[{"name": "a", "url": "smtp://user:password@10.0.0.7"}]'}, "for 10.0.0.7 travels in clear"),
        ({"BOUNCE_MAILBOX": "imap://user:password@10.0.0.8/INBOX"}, "for 10.0.0.8 travels in clear"),
        ({"HASH_KEY": "k" * 50}, "SECRET_KEY, LINK_KEYS and HASH_KEY must differ"),
    ],
)
def test_the_deployment_check_warns_of_what_runs_and_yet_harms(tmp_path, changed, said):
    done = manage(["check", "--deploy"], tmp_path, **{**PRODUCTION, **changed})
    assert said in done.stderr


def test_a_relative_folder_for_files_is_the_same_from_wherever_a_command_is_called(tmp_path):
    words = "from django.conf import settings; print(settings.VAR_DIR)"
    done = subprocess.run(
        [sys.executable, Path(settings.BASE_DIR, "manage.py"), "shell", "-c", words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "VAR_DIR": "var"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(settings.BASE_DIR / "var") in done.stdout, done.stderr


def test_a_broker_of_files_leaves_none_in_the_folder_that_a_command_is_called_from(tmp_path):
    (tmp_path / "var" / "messages").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, Path(settings.BASE_DIR, "manage.py"), "shell", "-c", _RING],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var"), "BROKER_URL": "filesystem://"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "var" / "messages").iterdir())) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["var"]


_RING = "from config.celery import app; from papers.tasks import fetch_sources; fetch_sources.delay()"


def test_no_link_with_a_token_is_for_crawlers_or_for_the_log_of_the_proxy_that_we_advise():
    doors = {path.split("/")[0] for path in addresses(get_resolver()) if "<str:token>" in path}
    logged = re.search(r"/\(([a-z|]+)\)/", Path(settings.BASE_DIR, "deploy", "nginx.conf").read_text())
    assert doors == set(logged[1].split("|"))
    assert all(f"Disallow: /{door}/" in ROBOTS for door in doors)


def addresses(resolver, before=""):
    """Yield the pattern of every address of the site."""
    for each in resolver.url_patterns:
        path = before + str(each.pattern)
        yield from addresses(each, path) if hasattr(each, "url_patterns") else [path]


def test_the_folder_of_the_embedded_database_is_its_owners_alone(tmp_path):
    assert manage(["check"], tmp_path / "var").returncode == 0
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_the_embedded_secrets_can_be_read_by_their_owner_alone(tmp_path):
    assert manage(["check"], tmp_path).returncode == 0
    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in ("secret_key", "link_key", "hash_key")} == {
        "0o600"
    }
