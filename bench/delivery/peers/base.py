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


SITE = "https://papers.example"
# Ten papers as a lab would write them: a loop, what may be missing, and Django's own filters.
CARDS = {
    "html": """{% for paper in papers %}<h2 class="r" dir="auto"><a href="{{ site }}/c/{{ token }}/{{ paper.number }}0/">{{ paper.title }}</a></h2>
<p class="k">{{ paper.authors|slice:":3"|join:", " }}{% if paper.authors|length > 3 %} and {{ paper.authors|length|add:"-3" }} more{% endif %} · {{ paper.topics|slice:":2"|join:", " }}{% if paper.why %}<br><b class="a">●</b> {{ paper.why }}{% endif %}</p>
{% if paper.abstract %}<p dir="auto">{{ paper.abstract|truncatewords:60 }}</p>
{% endif %}<p class="k u">{% if paper.votes %}▲ {{ paper.votes }} · {% endif %}{% for link in paper.links %}<a href="{{ site }}/c/{{ token }}/{{ paper.number }}{{ forloop.counter }}/">{{ link.name }}</a>{% if not forloop.last %} · {% endif %}{% endfor %}&emsp;<span><a href="{{ site }}/f/{{ token }}/{{ paper.number }}/upvote/">upvote</a> · <a href="{{ site }}/f/{{ token }}/{{ paper.number }}/more/">more like this</a> · <a href="{{ site }}/f/{{ token }}/{{ paper.number }}/less/">less</a></span></p>
{% endfor %}""",  # noqa: E501 (a line of a letter)
    "text": """{% for paper in papers %}* {{ paper.title }}
{{ paper.authors|slice:":3"|join:", " }}{% if paper.authors|length > 3 %} and {{ paper.authors|length|add:"-3" }} more{% endif %} · {{ paper.topics|slice:":2"|join:", " }}{% if paper.votes %} · ▲ {{ paper.votes }}{% endif %}
{% if paper.why %}({{ paper.why }})
{% endif %}{% if paper.abstract %}{{ paper.abstract|truncatewords:60 }}
{% endif %}{{ site }}/c/{{ token }}/{{ paper.number }}0/
{% for link in paper.links %}{{ link.name }}: {{ site }}/c/{{ token }}/{{ paper.number }}{{ forloop.counter }}/
{% endfor %}upvote: {{ site }}/f/{{ token }}/{{ paper.number }}/upvote/
more like this: {{ site }}/f/{{ token }}/{{ paper.number }}/more/
less: {{ site }}/f/{{ token }}/{{ paper.number }}/less/

{% endfor %}""",  # noqa: E501
}


def template(part):
    """Return a part of the digest as a Django template of `papers`, `token` and `site`."""
    # Verbatim: a style sheet may hold what Django would take for a comment.
    pieces = ("{% verbatim %}" + piece + "{% endverbatim %}" for piece in LETTER[part].split("TOKEN"))
    frame = "{{ token }}".join(pieces)
    cards = "{% endverbatim %}" + CARDS[part] + "{% verbatim %}"
    body = frame.replace("CARDS", cards)
    return body if part == "html" else "{% autoescape off %}" + body + "{% endautoescape %}"


def token_of(number):
    """Return a reader's token, as long as ours."""
    return f"token-of-reader-{number:08}-abcdefghijklmnopqrs"


def context(number):
    return {"token": token_of(number), "site": SITE, "papers": LETTER["papers"]}


def reader(number):
    return f"reader{number}@host{number % 50}.example"


def set_up(*apps, templates=None, builtins=(), **more):
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
                "OPTIONS": {"builtins": list(builtins)},
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
