"""The source of a letter's template, and the named parts it may hold."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from django.template import Engine
from django.template.exceptions import TemplateDoesNotExist

# The MJML engine's own include forgets the width of the page, so sections that came by it would not be 600 px wide.
_INCLUDE = re.compile(r'<mj-include path="\./(?P<path>[\w./-]+)" */>')
_PART = re.compile(r"<!--part (?P<name>\w+)-->(?P<source>.*?)<!--/part-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A template whose parts are taken out; where each stood, the frame says {{ name }}."""

    frame: str
    parts: dict[str, str]


def source(name: str) -> str:
    """Return a template as it was written, with its includes in place; an operator's own folder comes first."""
    folder = posixpath.dirname(name)
    return _INCLUDE.sub(lambda match: source(f"{folder}/{match['path']}"), _contents(name).strip())


def cut(text: str) -> Sheet:
    """Take the parts, `<!--part name-->…<!--/part-->`, out of a template."""
    parts = {match["name"]: match["source"] for match in _PART.finditer(text)}
    return Sheet(_PART.sub(lambda match: f"{{{{ {match['name']} }}}}", text), parts)


def _contents(name: str) -> str:
    for loader in Engine.get_default().template_loaders:
        for origin in loader.get_template_sources(name):
            try:
                contents: str = loader.get_contents(origin)  # type: ignore[attr-defined]
            except TemplateDoesNotExist:
                continue
            return contents
    raise TemplateDoesNotExist(name)
