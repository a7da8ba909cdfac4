"""Text as mail bytes: header values in ASCII, bodies as quoted-printable in pieces that can be joined."""

from __future__ import annotations

import base64
import binascii
import re

# C0 and C1 controls (tab and line feed apart), the other line ends of Unicode, what turns the direction of the text
# that follows (a title could turn ours), lone surrogates.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORD_BYTES = 42  # with "Subject: " and "=?utf-8?b??=" 77 characters: a line of 78, a word of 75 (RFC 2047)


def one_line(text: str) -> str:
    """Return the text fit for one line of a letter: whitespace collapsed, no control character, no half character."""
    return " ".join(_UNSAFE.sub(" ", text).split())


def header(text: str) -> str:
    """Return a header's value in ASCII on one line; what ASCII cannot say becomes encoded words (RFC 2047)."""
    text = one_line(text)
    if text.isascii() and "=?" not in text and all(len(word) <= 70 for word in text.split(" ")):
        return text
    return " ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in _words(text))


def header_line(name: str, value: str) -> str:
    """Return one header with its line end, folded at spaces so that no line is longer than 78 where it can be."""
    lines, line = [], f"{name}:"
    for word in value.split(" "):
        if len(line) + 1 + len(word) > 78 and line.strip():
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"


def _words(text: str) -> list[bytes]:
    """Cut UTF-8 into pieces for encoded words, never within a character."""
    words, word = [], b""
    for character in text:
        encoded = character.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    return [*words, word]


def body(text: str) -> bytes:
    """Return quoted-printable that may be joined to more of it: each piece ends a line, hard or soft.

    No line is longer than 76, none begins with a dot (nothing to stuff for SMTP) or with "From " (nothing to mangle).
    """
    # The extra "=" leaves room for our own soft break and keeps a space at the end as it is; it is cut off again.
    data = text.replace("\r\n", "\n").encode() + b"="
    quoted = b"\r\n" + binascii.b2a_qp(data)[:-3].replace(b"\n", b"\r\n")
    while b"\r\n." in quoted:
        quoted = quoted.replace(b"\r\n.", b"\r\n=2E=\r\n")
    quoted = quoted.replace(b"\r\nFrom ", b"\r\n=46rom=\r\n ")[2:]
    return quoted if not quoted or quoted.endswith(b"\n") else quoted + b"=\r\n"
