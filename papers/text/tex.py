"""TeX to Unicode: what is marked as maths, what can be nothing else, and no more."""

from __future__ import annotations

import re
import unicodedata

from papers.text.symbols import (
    ABBREVIATIONS,
    ACCENTS,
    BARE_WRAPPERS,
    COLOURS,
    FUNCTIONS,
    GREEK,
    LETTERS,
    NOTHING,
    SIGNS,
    SPACES,
    SUBSCRIPT,
    SUPERSCRIPT,
    WRAPPERS,
    words,
)

# As pandoc has it: no space inside the signs, no digit behind the second. So "$5 and $10" are two prices.
_DOLLARS = re.compile(r"(?<![\\\w])\$\$?(?![\s$])([^$]{1,400}?)(?<![\s\\$])\$\$?(?!\d)")
# LeC$^2$O and 100 fb$^{-1}$: a raised or lowered sign is no price, whatever stands before it.
_WITHIN_WORDS = re.compile(r"\$(?<=\w\$)([_^](?:\{[^{}$]{1,40}\}|[0-9A-Za-z]))\$")
_PARENTHESES = re.compile(r"\\\((.{1,400}?)\\\)|\\\[(.{1,400}?)\\\]")
_PRICE = re.compile(r"^\d[\d.,]*\s*[a-zA-Z]*\s[^\\^_{}=<>+]*$")

_ACCENT = re.compile(r"""\\(?P<mark>['`^"~=.])\s?(?:\{\\?(?P<braced>[A-Za-z])\}|\\?(?P<bare>[A-Za-z]))""")
_LETTER_ACCENT = re.compile(r"\\(?P<mark>[cvuHkrdb])(?:\{\\?(?P<braced>[A-Za-z])\}| (?P<bare>[A-Za-z]))")
_QUOTED = re.compile(r'(?<![A-Za-z])\\"([^"\\]{1,300}?)\\"(?![A-Za-z])')
_APOSTROPHE = re.compile(r"(?<=[A-Za-z])\\'(?=(?:s|t|d|m|re|ve|ll)\b)")

_NAMES = "|".join(sorted(WRAPPERS, key=len, reverse=True))
_BARE_NAMES = "|".join(sorted([*BARE_WRAPPERS, *COLOURS], key=len, reverse=True))
_WRAPPED = re.compile(rf"(?:\\(?:{_NAMES}|[a-z]*color\{{[^{{}}]*\}})|\b(?:{_BARE_NAMES}))\s?\{{([^{{}}]*)\}}")
# What every wrapped text or fraction has, found by its brace at once; _WRAPPED stops at each word.
_MAY_BE_WRAPPED = re.compile(r"\{(?:(?<=[a-z]\{)|(?<=[a-z]\s\{)|(?<=\}\{)|(?<=\}\s\{))")
_COLOUR = re.compile(r"\\?\b(?:text)?color\s?\{[^{}]*\}")
_HREF = re.compile(r"\\?\bhref\s?\{[^{}]*\}\s?\{([^{}]*)\}")
_FRACTION = re.compile(r"\\?\b[dt]?frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?(\s*\{\})?( ?)")
_ESCAPED = re.compile(r"\\([%&_#${}])")
_SPACED = re.compile(r"\\[,;:! ]|\\\\(?:\[[^\]]*\])?")
_SCRIPT = re.compile(r"([_^])\s?(?:\{([^{}]*)\}|\\?(circ|star|ast|prime|dagger)\b|([0-9A-Za-z*+′-]))")
_LONE_NAME = re.compile(r"\{([A-Za-z]{2,12})\}")
_BRACED = re.compile(r"\{([^{}]*)\}")
# {\em so} and {\bf so}: the braces belong to the command.
_SWITCH = re.compile(r"\{\\?(?:em|it|bf|tt|sc|sl|rm|sf)\s+([^{}]*)\}")
_LONE_COMMAND = re.compile(r"\{\\([A-Za-z]+)\s?\}")
# Braces that TeX needs around capitals and accents: {BERT}, iGPT{}, {\"o}.
_CAPITALS = re.compile(r"\{([A-ZÀ-ɏ][\w.+-]*|)\}")
_EQUATION = re.compile(r"\s*([=≤≥<>≈→∈×])\s*")


def untex(text: str) -> str:
    """Return `text` with its TeX turned into Unicode; what does not look like TeX stays as it is."""
    if "$" in text:
        text = _DOLLARS.sub(_marked, _WITHIN_WORDS.sub(lambda found: maths(found[1]), text))
    if "\\" in text:
        text = _PARENTHESES.sub(lambda found: maths(found[1] or found[2]), text)
    if "\\" in text or "{" in text:
        text = _outside(text)
    return _naked(text)


def maths(text: str) -> str:
    """Return the inside of a formula as a line of Unicode."""
    text = _commands(_unwrapped(text), in_maths=True)
    text = _SCRIPT.sub(_script, text)
    while _BRACED.search(text):
        text = _BRACED.sub(r"\1", text)
    return _EQUATION.sub(r" \1 ", text).replace("~", " ").strip() if "=" in text else text.strip()


def _marked(found: re.Match[str]) -> str:
    return found[0] if _PRICE.match(found[1]) else maths(_ESCAPED.sub(r"\1", found[1]))


def _outside(text: str) -> str:
    text = _braced_scripts(_commands(_unwrapped(text), in_maths=False))
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "{" not in text:
        return text
    text = _LONE_NAME.sub(lambda found: GREEK.get(found[1]) or SIGNS.get(found[1]) or found[0], text)
    return _CAPITALS.sub(r"\1", text)


def _unwrapped(text: str) -> str:
    """Return `text` without the commands that only dress their argument, from the inside out."""
    if "\\" in text:
        text = _APOSTROPHE.sub("'", _QUOTED.sub(r'"\1"', text))
        text = _LETTER_ACCENT.sub(_accent, _ACCENT.sub(_accent, text))
    if "{" in text:
        text = _undressed(text)
    return _SPACED.sub(" ", text) if "\\" in text else text


def _undressed(text: str) -> str:
    if "href" in text:
        text = _HREF.sub(r"\1", text)
    for _ in range(6):  # deeper nesting is no title and no abstract
        if not _MAY_BE_WRAPPED.search(text):
            break
        plain = _WRAPPED.sub(r"\1", text)
        plain = _FRACTION.sub(r"\1/\2", plain) if "frac" in plain else plain
        if plain == text:
            break
        text = plain
    return _COLOUR.sub("", text) if "color" in text else text


def _accent(found: re.Match[str]) -> str:
    letter = found["braced"] or found["bare"]
    return unicodedata.normalize("NFC", letter + ACCENTS[found["mark"]])


def _commands(text: str, *, in_maths: bool) -> str:
    if "{" in text:
        text = _LONE_COMMAND.sub(r"\\\1{}", _SWITCH.sub(r"\1", text))
    return _COMMAND.sub(_sign if in_maths else _word, text) if "\\" in text else text


def _sign(found: re.Match[str]) -> str:
    name, space = found[1], found[3]
    if name in NOTHING:
        return ""
    if name in FUNCTIONS:
        return f"{name}{space}"
    sign = GREEK.get(name) or SIGNS.get(name) or LETTERS.get(name) or SPACES.get(name)
    if sign is None:
        return f"{name}{space}"
    return f" {sign} " if name in _SPACED_SIGNS and space else sign


_SPACED_SIGNS = frozenset(words("times le leq ge geq ne neq approx to rightarrow in sim pm equiv"))


def _word(found: re.Match[str]) -> str:
    """A command in running text: a sign, an abbreviation, or a name whose backslash is all that TeX left."""
    name, space = found[1], found[3]
    before = found.string[found.start() - 1 : found.start()]
    if name in ABBREVIATIONS:
        rest = found.string[found.end() : found.end() + 1]
        return ABBREVIATIONS[name].removesuffix("." if rest == "." else "\0") + space
    if name in NOTHING:
        return ""
    sign = GREEK.get(name) or SIGNS.get(name) or LETTERS.get(name) or SPACES.get(name)
    if sign is not None:
        return sign + space
    # C:\Users and "\n" are code, not TeX.
    return found[0] if len(name) < 2 or before in {":", '"', "\\"} or before.isalnum() else f"{name}{space}"


# A word without which the pattern finds nothing, the pattern, and what stands instead. Patterns begin with fixed
# letters where they can: the engine jumps to those, but stops at every letter for a `\\b`.
_NAKED: list[tuple[str, re.Pattern[str], str]] = [
    ("circ", re.compile(r"\^\s?\{?\\?circ(?:\}|\b|(?=times))"), "°"),
    ("times", re.compile(r"(?<=[\d°%KMGkm])( ?)times( ?)(?=\d)"), r"\1×\2"),
    ("times", re.compile(r"times(?<=[\d°]times)(?![a-z])"), "×"),
    ("sim", re.compile(r"sim(?<=\bsim) ?(?=\d)(?!\d(?:real|sim)\b)"), "~"),
    ("approx", re.compile(r"approx(?<=\bapprox) ?(?=\d)"), "≈"),
    ("ge", re.compile(r"ge(?<=\bge)q? ?(?=\d)"), "≥"),
    ("le", re.compile(r"le(?<=\ble)q? ?(?=[\d(])"), "≤"),
    ("pm", re.compile(r" ?pm ?(?=\d+\.\d|\d+%)"), "±"),
    ("arrow", re.compile(r"leftrightarrow(?![a-z])"), "↔"),
    ("arrow", re.compile(r"(?:long)?rightarrow(?![a-z])"), "→"),
    ("arrow", re.compile(r"(?:long)?leftarrow(?![a-z])"), "←"),
    ("arrow", re.compile(r"uparrow(?![a-z])"), "↑"),
    ("arrow", re.compile(r"downarrow(?![a-z])"), "↓"),
    ("math", re.compile(r"\b(?:mathbb|mathcal|mathbf|mathrm) ([A-Z])\b"), r"\1"),
]
_GREEK_NAMES = "|".join(sorted([*GREEK, "ell", "nabla"], key=len, reverse=True))
_NAKED_GREEK = re.compile(rf"(?<![A-Za-z\\])({_GREEK_NAMES})(?=[_^])")
_BRACED_SCRIPT = re.compile(r"(?<=[\w)°])([_^])\{([^{}]{1,40})\}")
_POWER = re.compile(r"\^(?<=[\w)]\^)(\d{1,3}|[*+]|[a-zA-Z](?![\w^]))")
_INDEX = re.compile(r"_(?<=[A-Za-zΑ-Ωα-ωℓ]_)(?<![\w/.`-]._)([0-9A-Za-z])(?![\w`(.]*[_\w`(])")


def _naked(text: str) -> str:
    """Turn what Hugging Face left of maths after it took the dollars and backslashes away."""
    for word, pattern, sign in _NAKED:
        if word in text:
            text = pattern.sub(sign, text)
    if "_" in text or "^" in text:
        text = _NAKED_GREEK.sub(lambda found: GREEK.get(found[1]) or SIGNS[found[1]], text)
        text = _braced_scripts(text)
        text = _POWER.sub(lambda found: _scripted("^", found[1]), text)
        text = _INDEX.sub(lambda found: _scripted("_", found[1]), text)
    return text


def _braced_scripts(text: str) -> str:
    for _ in range(3):
        if "_{" not in text and "^{" not in text:
            break
        text = _BRACED_SCRIPT.sub(lambda found: _scripted(found[1], found[2].replace("infty", "∞")), text)
    return text


def _script(found: re.Match[str]) -> str:
    inner = found[2] if found[2] is not None else SIGNS.get(found[3], "") or found[4] or ""
    return _scripted(found[1], inner)


def _scripted(sign: str, inner: str) -> str:
    """Return a raised or lowered text in Unicode where it has the letters, else behind its sign: x², x_stack."""
    inner = inner.strip()
    if sign == "^" and inner in {"circ", "∘", "°"}:
        return "°"
    table = SUPERSCRIPT if sign == "^" else SUBSCRIPT
    if inner and all(character in table for character in inner) and (len(inner) < 4 or not inner.isalpha()):
        return "".join(table[character] for character in inner)
    return f"{sign}{inner}" if inner else ""
