"""The tools: how each is found, called and read. `folder` is where npm put what it installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from newsletter.validating.accessibility import axe, has_browser
from newsletter.validating.letters import Sample, Verdict
from newsletter.validating.spam import has_spamassassin, spamassassin

# What MJML writes for Outlook, and one attribute of its button; browsers and mail programs pass over them.
NOISE = ("xmlns:v", "xmlns:o", "mso-", "supported-color-schemes", "“vertical-align”")
# Habits of web pages that a letter cannot have.
_OFF = (
    "no-inline-style",
    "no-deprecated-attr",
    "no-conditional-comment",
    "void-style",
    "doctype-style",
    "prefer-native-element",
)
_CANIEMAIL = """
import { caniemail } from 'caniemail';
import { readFileSync } from 'node:fs';
const clients = ['gmail.*', 'outlook.*', 'apple-mail.*', 'yahoo.*'];
for (const file of process.argv.slice(2)) {
  const { issues } = caniemail({ clients, html: readFileSync(file, 'utf8') });
  const titles = new Set([...issues.errors.values()].flat().map((issue) => issue.title));
  console.log(JSON.stringify([...titles].sort()));
}
"""
# What one or another of these mail programs passes over; our letters are whole without it. The list may only shrink.
PASSED_OVER = Path(__file__).with_name("passed_over.txt")


@dataclass(frozen=True, slots=True)
class Tool:
    """One outside reader; `missing` says in words what has to be installed, empty when it is there."""

    name: str
    missing: Callable[[Path], str]
    run: Callable[[Sequence[Sample], Path], Iterator[Verdict]]


def _npm(package: str) -> Callable[[Path], str]:
    def missing(folder: Path) -> str:
        if not shutil.which("node"):
            return "node is not installed"
        is_there = (folder / "node_modules" / package).is_dir()
        return "" if is_there else f"npm install --prefix {folder} {package}"

    return missing


def _vnu_missing(folder: Path) -> str:
    return _npm("vnu-jar")(folder) or ("" if shutil.which("java") else "java is not installed")


def _vnu(letters: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    jar = folder / "node_modules/vnu-jar/build/dist/vnu.jar"
    files = [str(sample.html) for sample in letters]
    done = subprocess.run(["java", "-jar", jar, "--errors-only", "--format", "json", *files], capture_output=True)
    messages = json.loads(done.stderr)["messages"]
    for sample in letters:
        mine = (message["message"] for message in messages if message.get("url", "").endswith(f"/{sample.html.name}"))
        yield Verdict("vnu", sample.name, tuple(text for text in mine if not any(word in text for word in NOISE)))


def _html_validate(letters: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    rules = {"root": True, "extends": ["html-validate:recommended"], "rules": dict.fromkeys(_OFF, "off")}
    config = letters[0].html.with_name(".htmlvalidate.json")
    config.write_text(json.dumps(rules))
    program = folder / "node_modules/.bin/html-validate"
    files = [str(sample.html) for sample in letters]
    done = subprocess.run([program, "--config", config, "-f", "json", *files], capture_output=True)
    found = {Path(one["filePath"]).name: one["messages"] for one in json.loads(done.stdout or b"[]")}
    for sample in letters:
        complaints = {f"{one['ruleId']}: {one['message']}" for one in found.get(sample.html.name, ())}
        yield Verdict("html-validate", sample.name, tuple(sorted(complaints)))


def _caniemail(letters: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    script = folder / "caniemail-letters.mjs"
    script.write_text(_CANIEMAIL)
    files = [str(sample.html) for sample in letters]
    done = subprocess.run(["node", script, *files], capture_output=True, check=True, text=True)
    allowed = set(PASSED_OVER.read_text().splitlines())
    for sample, line in zip(letters, done.stdout.splitlines(), strict=True):
        titles = json.loads(line)
        yield Verdict("caniemail", sample.name, tuple(sorted(set(titles) - allowed)), note=f"{len(titles)} known")


def _mjml(_letters: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """The reference implementation checks the grammar of the templates, which the engine we use does not."""
    for path in sorted((settings.BASE_DIR / "templates" / "mail").glob("[!_]*.mjml")):
        program = folder / "node_modules/.bin/mjml"
        done = subprocess.run(
            [program, "--validate", path, "--config.allowIncludes", "true"], capture_output=True, text=True
        )
        lines = (done.stdout + done.stderr).strip().splitlines()
        yield Verdict("mjml", path.name, tuple(lines[:5]) if done.returncode else ())


TOOLS = (
    Tool("spamassassin", has_spamassassin, spamassassin),
    Tool("vnu", _vnu_missing, _vnu),
    Tool("html-validate", _npm("html-validate"), _html_validate),
    Tool("caniemail", _npm("caniemail"), _caniemail),
    Tool("axe", has_browser, axe),
    Tool("mjml", _npm("mjml"), _mjml),
)
