"""MJML, compiled once and filled many times: the only file that knows the MJML engine.

What a reader or a source wrote is filled in afterwards by Django's templates, so it never meets the MJML parser
(which 50,000 nested tags bring down). Two habits keep a template sound: only single quotes inside attributes (the
engine writes `\\"` for a double one), and loose template tags stand in <mj-raw>.
"""

from __future__ import annotations

import functools
import re

from django.template import Template
from mjml import mjml2html

from mail import templates

_STYLES = re.compile(r"<style.*?</style>", re.DOTALL)
_SPACE = re.compile(r"\s*([{};>])\s*|(?<=[\w,-]:) | (?=!important)")
# For Internet Explorer, Outlook 2003 and columns beside each other: our letters have one column, as wide as the page.
_NOT_OURS = re.compile(
    r"<!--\[if !mso\]><!--><meta http-equiv=.X-UA-Compatible.*?<!--<!\[endif\]-->"
    r"|<!--\[if lte mso 11\]>.*?<!\[endif\]-->\s*"
    r"|<style[^>]*>[^<.]*(?:\.moz-text-html )?\.mj-column-per-100\{[^{}]*\}\}?\s*</style>",
    re.DOTALL,
)


class BadLetter(Exception):
    """A letter's template cannot be compiled; the message names the template and what is wrong in it."""


@functools.cache
def compiled(name: str) -> Template:
    """Return the Django template of an MJML file ("mail/confirm.mjml"), compiled at the first call."""
    return Template("{% load i18n %}" + html_of(name), name=name)


def html_of(name: str) -> str:
    """Return the HTML of an MJML file with its template tags unfilled; raise BadLetter."""
    try:
        html: str = mjml2html(templates.source(name), fonts={})
    except ValueError as error:
        raise BadLetter(f"{name}: {error}") from error
    if unknown := re.search(r"<mj-[\w-]+", html):
        raise BadLetter(f"{name}: the engine does not know {unknown[0]}>")
    return _NOT_OURS.sub("", _STYLES.sub(lambda match: _SPACE.sub(r"\1", match[0]), html))
