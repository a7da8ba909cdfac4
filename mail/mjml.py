"""MJML, compiled once and filled many times: the only file that knows the MJML engine.

What a reader or a source wrote is filled in afterwards by Django's templates, so it never meets the MJML parser
(which 50,000 nested tags bring down). Two habits keep a template sound: only single quotes inside attributes (the
engine writes `\\"` for a double one), and loose template tags stand in <mj-raw>.
"""

from __future__ import annotations

import functools
import posixpath
import re

from django.template import Engine, Template
from django.template.exceptions import TemplateDoesNotExist
from mjml import mjml2html

# The engine's own include forgets the width of the page, so sections that came by it are not 600 px wide.
_INCLUDE = re.compile(r'<mj-include path="\./(?P<path>[\w./-]+)" */>')
_LOAD = "{% load i18n %}"


class BadLetter(Exception):
    """A letter's template cannot be compiled; the message names the template and what is wrong in it."""


@functools.cache
def compiled(name: str) -> Template:
    """Return the Django template of an MJML file ("mail/confirm.mjml"), compiled at the first call."""
    return Template(_LOAD + html_of(name), name=name)


def html_of(name: str) -> str:
    """Return the HTML of an MJML file with its template tags unfilled; raise BadLetter."""
    try:
        html: str = mjml2html(_source(name), fonts={})
    except ValueError as error:
        raise BadLetter(f"{name}: {error}") from error
    if unknown := re.search(r"<mj-[\w-]+", html):
        raise BadLetter(f"{name}: the engine does not know {unknown[0]}>")
    return html


def _source(name: str) -> str:
    folder = posixpath.dirname(name)
    return _INCLUDE.sub(lambda match: _source(f"{folder}/{match['path']}"), _contents(name).strip())


def _contents(name: str) -> str:
    for loader in Engine.get_default().template_loaders:
        for origin in loader.get_template_sources(name):
            try:
                contents: str = loader.get_contents(origin)  # type: ignore[attr-defined]
            except TemplateDoesNotExist:
                continue
            return contents
    raise TemplateDoesNotExist(name)
