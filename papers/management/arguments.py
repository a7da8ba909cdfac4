"""What is typed after a command, read so that a slip is answered in words."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentTypeError


def day(text: str) -> dt.date:
    """Return the day that is written YYYY-MM-DD."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day; write it like 2025-07-29.") from None


def count(text: str) -> int:
    """Return a whole number of one or more."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"“{text}” is no number of one or more.")
    return int(text)
