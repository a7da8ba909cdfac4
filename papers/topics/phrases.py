"""Phrases as words, compiled once, and where they stand in a text.

Most words of a text belong to no phrase. Those that do are few, and all words that mean the same to every phrase share
one `Word`, so that what two neighbours begin together is worked out once and remembered.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WEAK, DECLARED = 0.25, 3.0
WEIGHTS = {"~": WEAK, "+": DECLARED}
SIGNS = frozenset("~!^+")
# How many words `...` may stand for.
GAP = 6
MIXED_ACRONYMS = frozenset({"MoE", "LoRA", "CoT", "NeRF", "ViT", "RoPE"})
# Words of texts that are remembered; an archive of a million papers holds more, most of them once.
MOST_WORDS = 200_000

_WORD = re.compile(r"[A-Za-z0-9]+")


# Every byte between words becomes a space: much faster than to find the words by a pattern.
_SPACED = bytes(code if chr(code) in string.ascii_letters + string.digits else ord(" ") for code in range(256))
_PART = re.compile(r"[A-Za-z0-9]+|\.\.\.")


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """One phrase of one topic, ready to be compared with words."""

    topic: int
    text: str
    words: tuple[str, ...]
    weight: float = 1.0
    is_acronym: bool = False
    is_veto: bool = False
    is_for_titles: bool = False


# A phrase and the place of its first word.
Hit = tuple[int, Phrase]


@dataclass(slots=True, eq=False)
class Word:
    """What a word of a text is to the phrases: the names they may call it by, and what it begins."""

    keys: tuple[str, ...]
    begins: Node | None = None
    # What the word leads to together with each next one, remembered: the phrases complete by then that nothing stands
    # before, and the node to go on from.
    pairs: dict[Word | None, tuple[tuple[Phrase, ...], Node | None]] = field(default_factory=dict)

    def pair(self, follow: Word | None) -> tuple[tuple[Phrase, ...], Node | None]:
        assert self.begins
        found: tuple[tuple[Phrase, ...], Node | None] = (), self.begins
        if not self.begins.far:
            done, node = self.begins.done, self.begins.after_word(follow)
            found = (done, node) if node is None or node.far or node.open else (done + node.done, None)
        self.pairs[follow] = found
        return found


@dataclass(slots=True, eq=False)
class Node:
    """Phrases whose first words stand in the text: those complete by now, those that need a word, or one further on."""

    depth: int
    done: tuple[Phrase, ...] = ()
    far: tuple[Phrase, ...] = ()
    # The words that follow the `...` of those.
    beyond: frozenset[str] = frozenset()
    # Those that need a word, by what it may be called.
    open: dict[str, list[Phrase]] = field(default_factory=dict)
    # What each next word leads to, remembered.
    after: dict[Word, Node | None] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Sequence[Phrase], depth: int) -> Node | None:
        if not phrases:
            return None
        far = tuple(phrase for phrase in phrases if phrase.words[depth : depth + 1] == ("...",))
        node = cls(
            depth,
            done=tuple(phrase for phrase in phrases if len(phrase.words) == depth),
            far=far,
            beyond=frozenset(key for phrase in far for key in phrase.words[depth + 1 : depth + 2]),
        )
        for phrase in phrases:
            if len(phrase.words) > depth and phrase not in node.far:
                node.open.setdefault(phrase.words[depth], []).append(phrase)
        return node

    def after_word(self, word: Word | None) -> Node | None:
        """Return where the next word leads."""
        if word is None:
            return None
        if word not in self.after:
            going = [phrase for key in word.keys if key in self.open for phrase in self.open[key]]
            self.after[word] = Node.of(going, self.depth + 1)
        return self.after[word]

    def found_beyond(self, words: Sequence[Word | None], start: int) -> list[Phrase]:
        """Return the phrases with `...` that begin at `start`."""
        at, beyond = start + self.depth, self.beyond
        for word in words[at : at + GAP + 1]:
            if word is not None and not beyond.isdisjoint(word.keys):
                return [phrase for phrase in self.far if _stands_at(phrase.words, words, start)]
        return []


class Vocabulary(dict[bytes, Word | None]):
    """The words met so far, None for those that belong to no phrase; a new word is looked at once."""

    def __init__(self, topics: Iterable[Sequence[str]]) -> None:
        """Learn the phrases of each topic, in order."""
        super().__init__()
        self._begun: dict[str, list[Phrase]] = {}
        self._keys: set[str] = set()
        self._prefixes: dict[str, set[str]] = {}  # by their first two letters
        self._alike: dict[tuple[str, ...], Word] = {}
        for number, texts in enumerate(topics):
            for text in texts:
                self._learn(number, text)

    def hits(self, text: str) -> list[Hit]:
        """Return each phrase that stands in `text`."""
        words = [*map(self.__getitem__, text.encode("utf-8", "replace").translate(_SPACED).split())]
        words.append(None)  # so that every word has a next one
        return _found(words)

    def __missing__(self, word: bytes) -> Word | None:
        if len(self) >= MOST_WORDS:
            self.clear()
        known = self[word] = self._know(word.decode())
        return known

    def _learn(self, topic: int, text: str) -> None:
        bare = text.strip()
        sign, bare = (bare[0], bare[1:].strip()) if bare[:1] in SIGNS else ("", bare)
        is_acronym = bare.isupper() or bare in MIXED_ACRONYMS
        forms = {tuple(_PART.findall(bare.removesuffix("*")))}
        if "-" in bare and "*" not in bare:
            # "pre-training" is also written "pretraining".
            forms.add(tuple(_WORD.findall(bare.replace("-", "", 1))))
        for words in sorted(filter(None, forms)):
            if is_acronym:
                keys = words
            elif bare.endswith("*"):
                keys = (*map(stem, words[:-1]), words[-1].lower() + "*")
                self._prefixes.setdefault(words[-1][:2].lower(), set()).add(words[-1].lower())
            else:
                keys = tuple(map(stem, words))
            phrase = Phrase(topic, bare, keys, WEIGHTS.get(sign, 1.0), is_acronym, sign == "!", sign == "^")
            self._begun.setdefault(keys[0], []).append(phrase)
            self._keys.update(keys)

    def _know(self, word: str) -> Word | None:
        """Return the word by all names that a phrase may call it: as written, its stem and its prefixes."""
        lower = word.lower()
        names = [word, stem(word)]
        if word[-1] == "s" and word[:-1].isupper():
            # Acronyms are compared as written, but "LLMs" are several of what "LLM" is one.
            names.insert(1, word[:-1])
        if starts := self._prefixes.get(lower[:2]):
            names += [f"{start}*" for start in sorted(starts) if lower.startswith(start)]
        keys = tuple(dict.fromkeys([name for name in names if name in self._keys]))
        if keys and keys not in self._alike:
            begun = [phrase for key in keys for phrase in self._begun.get(key, ())]
            self._alike[keys] = Word(keys, Node.of(begun, 1))
        return self._alike[keys] if keys else None


def stem(word: str) -> str:
    """Fold plural and British spelling, enough to compare words of titles."""
    word = word.lower()
    if word[-1:] == "s":
        if len(word) > 4 and word.endswith("ies"):
            word = word[:-3] + "y"
        elif len(word) > 3 and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    if "is" in word or "ll" in word:
        word = word.replace("isation", "ization").replace("ising", "izing").replace("modelling", "modeling")
    return word


def _found(words: Sequence[Word | None]) -> list[Hit]:
    found: list[Hit] = []
    for start, word in enumerate(words):
        if word is None or word.begins is None:
            continue
        follow = words[start + 1]
        done, node = word.pairs[follow] if follow in word.pairs else word.pair(follow)
        if done:
            found += [(start, phrase) for phrase in done]
        while node is not None:
            found += [(start, phrase) for phrase in node.done]
            if node.far:
                found += [(start, phrase) for phrase in node.found_beyond(words, start)]
            node = node.after_word(words[start + node.depth]) if node.open else None
    return found


def _stands_at(wanted: tuple[str, ...], words: Sequence[Word | None], start: int) -> bool:
    """Tell whether a phrase with `...` stands there."""
    at, reach = start, 1
    for key in wanted:
        if key == "...":
            reach = GAP + 1
            continue
        for place in range(at, min(at + reach, len(words))):
            if (word := words[place]) is not None and key in word.keys:
                at, reach = place + 1, 1
                break
        else:
            return False
    return True
