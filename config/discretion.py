"""No log line names a reader or opens a door: addresses lose their local part, tokens become eight digits."""

from __future__ import annotations

import hashlib
import logging
import re
from typing import Any

# The tokens of our links (44 characters) and everything longer that looks like one: session keys, signed cookies.
_TOKEN = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32,}(?![\w-])")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)(?=[\w-]+\.)")


class DiscreetFormatter(logging.Formatter):
    """The usual line, tracebacks included, without what it should not say; always one line for one message."""

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))

    def formatException(self, ei: Any) -> str:
        """Set a traceback in: the text of an error may hold what came from outside, line ends too."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  {line.translate(_CONTROLS)}" for line in lines)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Keep a message on its line: what came from outside cannot write a line of its own."""
        record.message = record.message.translate(_CONTROLS)
        return super().formatMessage(record)


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


def discreet(text: str) -> str:
    """Return the text with every address as "…@domain" and every token as its hash."""
    return _TOKEN.sub(lambda found: "#" + hashlib.sha256(found[0].encode()).hexdigest()[:8], _ADDRESS.sub("…@", text))


def logging_to_console(level: str) -> dict[str, Any]:
    """Return the settings of a log of this level ("INFO") that goes to the console, discreetly."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": DiscreetFormatter,
                "format": "{asctime} {levelname} {name} {message}",
                "style": "{",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        # aiosmtpd would write every conversation with its addresses; the clock would name each of its strokes, and
        # Celery each function that it wraps.
        "loggers": {name: {"level": "WARNING"} for name in ("mail.log", "celery.beat", "celery.utils.functional")},
        "root": {"handlers": ["console"], "level": level},
    }
