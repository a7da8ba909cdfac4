"""The way from SQLite to PostgreSQL, as docs/operating.md has it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from bench.postgres import cluster, find_binaries

FILL = """
from django.contrib.auth.models import User
from tests.newsletter.sent import make_digest, make_paper, make_reader
from papers.models import Source
User.objects.create_superuser("ed")
Source.objects.get(name="Details from arXiv").delete()
paper = make_paper(abstract="Of Đà Nẵng", vector=bytes(range(256)), vector_version="1")
make_digest(make_reader(1), paper)
make_reader(2).delete()
"""
ASK = """
import json
from django.contrib.auth.models import User
from newsletter.models import Digest
from papers.models import Paper, Source
from papers.search import Wish, search
from tests.newsletter.sent import make_reader
digest, paper = Digest.objects.get(), Paper.objects.get()
print(json.dumps({
    "choice": digest.picks, "address": digest.subscriber.email, "vector": list(bytes(paper.vector)),
    "found": search(Wish(text="nang")).count, "sources": Source.objects.count(),
    "editor": User.objects.get().username, "next": make_reader(3).pk,
}))
"""


def steps():
    """The commands of the page, by name."""
    page = Path(settings.BASE_DIR, "docs/operating.md").read_text()
    section = page.partition("## From SQLite to PostgreSQL")[2].partition("\n## ")[0]
    return {line.split()[0]: line.split() for line in re.findall(r"^    \S+ manage\.py (.+)$", section, re.M)}


def manage(arguments, folder, **environment):
    command = [sys.executable, str(Path(settings.BASE_DIR, "manage.py")), *arguments]
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(folder), **environment}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.postgres
def test_readers_papers_and_digests_move_and_no_number_comes_back(tmp_path):
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    path = {"PYTHONPATH": str(settings.BASE_DIR)}
    commands = steps()
    manage(["migrate"], tmp_path)
    manage(["shell", "--no-imports", "-c", FILL], tmp_path, **path)
    manage(commands.pop("dumpdata"), tmp_path)
    with cluster() as server:
        there = {"DATABASE_URL": server.url("moved")}
        for command in commands.values():
            manage(command, tmp_path, **there)
        answer = json.loads(manage(["shell", "--no-imports", "-c", ASK], tmp_path, **there, **path).splitlines()[-1])
    assert answer.pop("next") > 2
    assert answer == {
        "choice": [{"paper": 1, "reason": {"kind": "topic", "value": "Vision"}}],
        "address": "reader1@there.example",
        "vector": list(range(256)),
        "found": 1,
        "sources": 1,
        "editor": "ed",
    }
