"""A template worked through once for all values that show the same parts of it.

Two hundred cards of a day have some ten shapes (with votes or without, with code or without), and Django takes half a
millisecond for each; filling in what differs takes a tenth of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.html import escape

_HOLDER = "\2%s\2"
_HELD = re.compile("\2([a-z_0-9]+)\2")


class Shapes:
    """What `render` makes of values, which are words, numbers and lists of (constant, words)."""

    def __init__(self, render: Callable[[Mapping[str, Any]], str], *, is_escaped: bool) -> None:
        self._render, self._is_escaped = render, is_escaped
        self._shapes: dict[tuple[object, ...], list[str]] = {}

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return what `render` would of these values, in the active language, which is always the same."""
        flat: dict[str, Any] = {}
        holders: dict[str, Any] = {}
        for name, value in values.items():
            if isinstance(value, list):
                flat |= {f"{name}_{number}": words for number, (_constant, words) in enumerate(value)}
                holders[name] = [(constant, _HOLDER % f"{name}_{n}") for n, (constant, _words) in enumerate(value)]
            else:
                flat[name] = value
                holders[name] = value and _HOLDER % name  # what is not there has no place
        shape = tuple([constant for name, value in holders.items() if isinstance(value, list) for constant, _ in value])
        key = (shape, *[bool(value) for value in flat.values()])
        if key not in self._shapes:
            self._shapes[key] = _HELD.split(self._render(holders))
        texts = list(self._shapes[key])
        texts[1::2] = [self._words(flat[name]) for name in texts[1::2]]
        return "".join(texts)

    def _words(self, value: Any) -> str:
        words = str(localize(value))
        return escape(words) if self._is_escaped else words
