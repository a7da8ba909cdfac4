"""What the Django peers share: settings, the letter as a template, the measuring. Runs in their own environments."""

import json
import os
import resource
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
LETTER = json.loads(Path("letter.json").read_text())


def template(part, token):
    """Return a part of the letter as a Django template: its text as it is, each reader's token from the context."""
    # Verbatim: a style sheet may hold what Django would take for a comment.
    pieces = ("{% verbatim %}" + piece + "{% endverbatim %}" for piece in LETTER[part].split("TOKEN"))
    return ("{{ " + token + " }}").join(pieces)


def reader(number):
    return f"reader{number}@host{number % 50}.example"


def set_up(*apps, templates=None, **more):
    for name, content in (templates or {}).items():
        path = Path("templates", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    for file in Path().glob("peer.sqlite3*"):
        file.unlink()
    settings.configure(
        SECRET_KEY="x",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *apps],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "peer.sqlite3"}},
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=PORT,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": ["templates"],
                "APP_DIRS": True,
            }
        ],
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)


def cpu_seconds():
    return sum(
        resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def measure(send):
    """Run `send` and say what it cost, with its children."""
    cpu, started = cpu_seconds(), time.monotonic()
    send()
    found = {"cpu_s": cpu_seconds() - cpu, "seconds": time.monotonic() - started, "load": os.getloadavg()[0]}
    sys.stdout.write("\n" + json.dumps(found) + "\n")
