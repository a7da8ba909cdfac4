"""Search vectors of PostgreSQL, put together outside of it.

`to_tsvector` cost the server half a millisecond a paper, most of it for words that it had seen a thousand times. So it
is asked once for each piece of text between two spaces, and what it answers is remembered: the vectors are the same to
the letter, whatever its version and its dictionaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from papers.ahead import Weave, Words
from papers.search.index import FOLD

# A tag may hold spaces, and a path is read otherwise at the end of a text; JSON writes some signs of a name otherwise.
_SPANS_PIECES = re.compile(r"<|/\.|\.\.")
_ESCAPED = re.compile(r'["\\$\x00-\x1f]')
# What a vector of PostgreSQL can count is more; such a text is left to the server.
LONGEST = 40_000  # characters
MOST_PIECES = 400_000
# Signs around a word that are no part of it.
_EDGES = ".,;:!?()"
# Stands behind a piece, so that its place tells how many places the piece takes, words that are left out included. The
# space before it is there because some signs mean something else at the very beginning of a text. A vector is sorted,
# and this comes last.
_END = "zzqxend"
_ASK = f"""SELECT piece, to_tsvector('english', ' ' || {FOLD.format(text="piece")} || ' {_END}')::text
    FROM unnest(%s::text[]) AS piece"""
_LEXEME = re.compile(r"('(?:[^'\\]|''|\\\\)+'):([\d,]+)")
_OF_DJANGO = {"context", "cursor_factory", "prepare_threshold"}

# What a piece is in a vector: one lexeme, quoted and with its colon, or how many places it takes and its lexemes, each
# with its place.
_Piece = str | tuple[int, tuple[tuple[str, int], ...]]
# What most pieces are answered with: one lexeme at the first place.
_ONE = f":1 '{_END}':2"


@dataclass(slots=True)
class Weaver:
    """Makes the vectors of papers; `parameters` are how the server is reached."""

    parameters: dict[str, Any]
    _connection: Any = None
    _pieces: dict[str, _Piece] = field(default_factory=dict)

    def weave(self, papers: Sequence[Words]) -> Iterator[tuple[str, str] | None]:
        """Yield for each title, authors and abstract the columns `search_title` and `search`; None leaves both to
        the server."""
        import psycopg  # not there where there is no PostgreSQL

        texts = [_texts(paper) for paper in papers]
        try:
            self._learn(set().union(*(text for three in texts if three for text in three)))
        except psycopg.Error:
            # No connection to spare: the server finds the words by itself.
            self._connection = None
            yield from [None] * len(texts)
            return
        for three in texts:
            yield self._vectors(*three) if three else None

    def _learn(self, pieces: set[str]) -> None:
        """Ask the server, once, for all pieces that are new."""
        if len(self._pieces) > MOST_PIECES:
            self._pieces.clear()
        bare = {piece: _bare(piece) for piece in pieces - self._pieces.keys()}
        if unknown := set(bare.values()) - self._pieces.keys():
            if self._connection is None:
                import psycopg

                self._connection = psycopg.connect(**self.parameters, autocommit=True)
            for piece, vector in self._connection.execute(_ASK, [sorted(unknown)]):
                self._pieces[piece] = _read(vector)
        for piece, word in bare.items():
            self._pieces[piece] = self._pieces[word]

    def _vectors(self, title: list[str], authors: list[str], abstract: list[str]) -> tuple[str, str]:
        own: list[str] = []
        self._place(own, title, 0, "")
        whole: list[str] = []
        end = self._place(whole, title, 0, "A")
        end = self._place(whole, authors, end, "B")
        self._place(whole, abstract, end, "")
        return "".join(own), "".join(whole)

    def _place(self, placed: list[str], text: list[str], start: int, weight: str) -> int:
        """Add the lexemes of a text behind `start`, each as often as it is there; return the last place of one.

        The server gathers the places of a lexeme when it reads them; done here it took twice as long.
        """
        last = at = start
        numbers, put = _numbers(weight), placed.append
        for piece in map(self._pieces.__getitem__, text):
            if isinstance(piece, str):
                put(piece)
                put(numbers[at])
                last = at = at + 1
            else:
                size, lexemes = piece
                for lexeme, place in lexemes:
                    last = at + place
                    put(lexeme)
                    put(numbers[last - 1])
                at += size
        return last


@cache
def _numbers(weight: str) -> list[str]:
    """Return the places of a text as a vector writes them: writing each anew was half the work."""
    return [f"{place}{weight} " for place in range(1, 2 * LONGEST)]


def weaver_for(connection: BaseDatabaseWrapper) -> Weave | None:
    """Return what makes the vectors of a database apart from it; None for SQLite, which indexes without any."""
    if connection.vendor != "postgresql":
        return None
    parameters = connection.get_connection_params()
    return Weaver({name: value for name, value in parameters.items() if name not in _OF_DJANGO}).weave


def _texts(paper: Words) -> tuple[list[str], list[str], list[str]] | None:
    title, names, abstract = paper
    authors = " ".join(names)
    if len(title) + len(authors) + len(abstract) > LONGEST or _ESCAPED.search(authors):
        return None
    if _SPANS_PIECES.search(f"{title} {abstract}") or not all(
        text[:1].isalnum() for text in (title, authors, abstract)
    ):
        return None
    return title.split(), authors.split(), abstract.split()


def _bare(piece: str) -> str:
    """Return the word without the signs around it where it is nothing but a word."""
    word = piece.strip(_EDGES)
    return word.lower() if word.isascii() and word.isalpha() else piece


def _read(vector: str) -> _Piece:
    if vector.endswith(_ONE) and vector.count("'") == 4:
        return vector[: 1 - len(_ONE)]
    places = [(f"{lexeme}:", int(place)) for lexeme, found in _LEXEME.findall(vector) for place in found.split(",")]
    places.sort(key=itemgetter(1))
    size = places.pop()[1] - 1  # of the end
    return size, tuple(places)
