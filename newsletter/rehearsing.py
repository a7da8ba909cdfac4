"""A letter that nobody gets, printed and read before the work begins.

Templates are compiled then, catalogues of translations read, tables of the HTML parser filled: a tenth of a second that
the first letters of the first edition would wait for, and memory that workers forked afterwards share.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.conf import settings

from newsletter.examples import example
from newsletter.preflight import findings_in
from newsletter.rendering import Issue

logger = logging.getLogger(__name__)


def rehearse(*, now: dt.datetime) -> None:
    """Print and read an example in every language; what is wrong with it is logged and stops nobody."""
    for language, _name in settings.LANGUAGES:
        try:
            letter = example("counted", now=now, language=language)
            found = sorted(set(findings_in(letter, Issue(0, letter.to, 0, language=language))))
        except Exception:  # whatever it is, the letters of readers fail alone, and say so in their rows
            logger.exception("An example of a digest could not be printed")
        else:
            for finding in found:
                logger.warning("An example of a digest (%s): %s", language, finding.what)
