"""The texts that readers see, in every language: python locale/texts.py [--check]

Collects them from templates and code, adds new ones to locale/<language>/LC_MESSAGES/django.po without a translation,
drops those that are gone, and compiles django.mo beside it. It needs none of the gettext tools. With --check it writes
nothing and fails when a text lacks its translation or a compiled catalogue is not the one of its source.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HOME = Path(__file__).resolve().parents[1]
LANGUAGES = ["de"]
# What readers see; the editor's pages speak English.
TEMPLATES = ["*.html", "papers/**/*.html", "subscribers/**/*.html", "newsletter/**/*.html", "mail/**/*.*"]
CODE = [
    "mail/**/*.py",
    "papers/views/**/*.py",
    "papers/*.py",
    "papers/templatetags/*.py",
    "subscribers/forms/*.py",
    "subscribers/views/*.py",
    "subscribers/preferences/*.py",
    "subscribers/signup/*.py",
    "subscribers/*.py",
    "newsletter/rendering/*.py",
    "newsletter/views/*.py",
]
TOPICS = "papers/data/topics.json"
NOT_FOR_READERS = re.compile(r"(^|/)(admin|apps|checks|dashboard|gallery|models)(/|\.py$|\.html$)")
ONE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
MANY = {"ngettext", "ngettext_lazy"}
_STRING = r"u?('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
_IN_TEMPLATE = re.compile(rf"\b(_|gettext|ngettext)\(\s*{_STRING}(?:\s*,\s*{_STRING})?", re.DOTALL)
_HEAD = "# The texts that readers see. locale/texts.py keeps this file: it adds and drops texts, you translate them."
Text = str | tuple[str, str]


def texts() -> dict[Text, set[str]]:
    """Return every text (with its plural) and the files that it stands in."""
    found: dict[Text, set[str]] = {}
    for path in _files("templates", TEMPLATES):
        for text in _texts_of_template(path.read_text()):
            found.setdefault(text, set()).add(str(path.relative_to(HOME)))
    for path in _files("", CODE):
        for text in _texts_of_code(path.read_text()):
            found.setdefault(text, set()).add(str(path.relative_to(HOME)))
    return found


def _files(folder: str, patterns: list[str]) -> list[Path]:
    found = {path for pattern in patterns for path in (HOME / folder).glob(pattern) if path.is_file()}
    return sorted(path for path in found if not NOT_FOR_READERS.search(str(path.relative_to(HOME))))


def _texts_of_template(source: str) -> Iterator[Text]:
    from django.conf import settings

    if not settings.configured:
        settings.configure()
    from django.utils.translation.template import templatize

    for name, one, many in _IN_TEMPLATE.findall(templatize(source)):
        text = ast.literal_eval(one)
        yield (text, ast.literal_eval(many)) if name == "ngettext" else text


def _texts_of_code(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        words = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if name in ONE and words:
            yield words[0]
        elif name in MANY and len(words) > 1:
            yield words[0], words[1]


def _words_of_topics() -> Iterator[str]:
    """Yield the names and descriptions of the shipped topics; they stand in the database, an editor's beside them."""
    for topic in json.loads((HOME / TOPICS).read_text()):
        yield from (topic["name"], topic["description"])


def catalogue(language: str) -> Catalog:
    """Return the language's catalogue as it stands in its source."""
    path = HOME / "locale" / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def complete(language: str) -> Catalog:
    """Return the catalogue of exactly the present texts, with the translations that are known."""
    known, now = catalogue(language), Catalog(locale=language, header_comment=_HEAD, fuzzy=False)
    for text, places in sorted(texts().items(), key=lambda item: str(item[0])):
        key = text if isinstance(text, str) else text[0]
        old = known.get(key)
        flags = ["python-format"] if re.search(r"%\(\w+\)[sd]", str(text)) else []
        translated = old.string if old and isinstance(old.id, str) == isinstance(text, str) else None
        now.add(text, translated or None, [(place, 0) for place in sorted(places)], flags=flags)
    for text in _words_of_topics():
        old = known.get(text, context="topic")
        now.add(text, old.string if old else None, [(TOPICS, 0)], context="topic")
    return now


def missing(language: str) -> list[str]:
    """Return the texts that readers see and that lack a translation."""
    lacking = [each for each in complete(language) if each.id and not all(_parts(each.string))]
    return [str(each.id) for each in lacking]


def _parts(string: object) -> tuple[str, ...]:
    return string if isinstance(string, tuple | list) else (string,)  # type: ignore[return-value]


def compiled(language: str) -> bytes:
    """Return the compiled catalogue."""
    packed, source = io.BytesIO(), catalogue(language)
    source.creation_date = source.revision_date = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # not the hour of the run
    write_mo(packed, source)
    return packed.getvalue()


def write(language: str) -> None:
    folder = HOME / "locale" / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    source = io.BytesIO()
    write_po(source, complete(language), width=120, include_lineno=False, omit_header=False)
    # Dates and made-up names would change the file at every run.
    noise = rb'"(Project-Id|Report|POT-Creation|PO-Revision|Last-Translator|Language-Team|Generated-By)[^\n]*\n'
    text = re.sub(noise, b"", source.getvalue())
    (folder / "django.po").write_bytes(text)
    (folder / "django.mo").write_bytes(compiled(language))


def main() -> int:
    for language in LANGUAGES:
        if "--check" not in sys.argv:
            write(language)
        stale = (HOME / "locale" / language / "LC_MESSAGES" / "django.mo").read_bytes() != compiled(language)
        lacking = missing(language)
        print(
            f"{language}: {len(texts())} texts, {len(lacking)} without a translation{', not compiled' if stale else ''}"
        )
        for text in lacking:
            print(f"  {text}")
        if lacking or stale:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
