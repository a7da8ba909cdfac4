"""Reading an archive ahead: a second process understands, cleans and classifies while the first one writes.

Both halves of an import cost about the same, so with two processors it takes half the time. The second process knows
no database and no Django; what it found out is a hint, and whoever lacks it works it out again. So the halves need not
be equal: while the first process waits, the second one hands over its papers before it has classified them all.
"""

from __future__ import annotations

import gc
import gzip
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from ctypes import c_byte
from dataclasses import dataclass, field, fields
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from operator import attrgetter
from pathlib import Path

from papers.sources import READERS, Reader, Record, Rejection, SourceError
from papers.sources.base import line
from papers.text import clean, title_key
from papers.topics import Classifier, TopicRule, Verdict

# Entries that go through the pipe at once; as many as one transaction takes.
BATCH = 500
# What reading a damaged file raises; a flipped bit in compressed data is a zlib.error.
DAMAGE = (OSError, EOFError, zlib.error)
LONGEST_LINE = 4 * 1024 * 1024

# What a verdict depends on: title, abstract, keywords, categories.
_Key = tuple[str, str, tuple[str, ...], tuple[str, ...]]
# A frozen dataclass is slow to send, the plain tuple of its values is not.
_VALUES = attrgetter(*(field.name for field in fields(Record)))


# Title, authors, abstract; and what a database's search index holds of them, None when it must find it out itself.
Words = tuple[str, tuple[str, ...], str]
Weave = Callable[[Sequence[Words]], Iterator[tuple[str, str] | None]]


@dataclass(frozen=True, slots=True)
class State:
    """What the second process sees of the first: whether it has nothing to do, and whether the papers are new to it."""

    is_waiting: c_byte = field(default_factory=lambda: RawValue("b", False))
    brings_new: c_byte = field(default_factory=lambda: RawValue("b", True))


@dataclass(slots=True)
class Study:
    """What is found out about a paper from its words alone; the findings of another process are known already."""

    classifier: Classifier
    weave: Weave | None = None
    _texts: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _verdicts: dict[_Key, list[tuple[str, float]]] = field(default_factory=dict)
    _vectors: dict[Words, tuple[str, str] | None] = field(default_factory=dict)
    _brings_new: bool = True  # whether the papers of the last batch had to be written

    def vectors(self, title: str, authors: Sequence[str], abstract: str) -> tuple[str, str] | None:
        """Return what the search index holds of a new paper when another process found it out."""
        self._brings_new = True
        return self._vectors.get((title, tuple(authors), abstract)) if self._vectors else None

    def clean(self, text: str) -> str:
        """Return the text as people read it."""
        known = self._texts.get(text)
        if known is None:
            if len(self._texts) > 4 * BATCH:
                self._texts.clear()
            known = self._texts[text] = clean(text)
        return known

    def key(self, title: str) -> str:
        """Return the hash under which a title is found again."""
        known = self._keys.get(title)
        if known is None:
            if len(self._keys) > 4 * BATCH:
                self._keys.clear()
            known = self._keys[title] = title_key(self.clean(title))
        return known

    def classify(
        self, title: str, abstract: str = "", *, keywords: Iterable[str] = (), categories: Iterable[str] = ()
    ) -> list[Verdict]:
        """Return the topics of a paper, without the evidence when another process found them."""
        keywords, categories = tuple(keywords), tuple(categories)
        known = self._verdicts.get((title, abstract, keywords, categories))
        if known is None:
            return self.classifier.classify(title, abstract, keywords=keywords, categories=categories)
        return [Verdict(slug, confidence) for slug, confidence in known]

    def read(self, reader: Reader, path: Path) -> Iterator[Record | Rejection]:
        """Yield the entries of an archive in lines, read by a second process; raise its `SourceError`."""
        ours, theirs = multiprocessing.Pipe(duplex=False)
        state = State()
        ahead = _Ahead(reader.name, path, tuple(self.classifier.rules), self.weave, state)
        # A daemon ends with us whatever ends us; another would be waited for, and it waits for us to read.
        process = multiprocessing.Process(target=_read_ahead, args=(ours, theirs, ahead), daemon=True)
        process.start()
        theirs.close()
        try:
            yield from self._received(ours, state)
        finally:
            ours.close()
            process.join()

    def _received(self, pipe: Connection, state: State) -> Iterator[Record | Rejection]:
        while True:
            state.is_waiting.value = True
            state.brings_new.value, self._brings_new = self._brings_new, False
            try:
                items, told = pipe.recv()
            except (EOFError, OSError):
                raise SourceError("The process that reads the archive ended early. Import it again to go on.") from None
            state.is_waiting.value = False
            if isinstance(told, SourceError):
                raise told
            if not items:
                return
            self._texts, self._keys, self._vectors, self._verdicts = told
            for item in items:
                yield Record(*item) if isinstance(item, tuple) else item


def lines(reader: Reader, path: Path) -> Iterator[Record | Rejection]:
    """Yield a record for each line; the file may be compressed and of any size."""
    assert reader.parse_line
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            while body := file.readline(LONGEST_LINE):
                if body.strip():
                    yield reader.parse_line(body)
    except DAMAGE as error:
        raise SourceError(f"{path} cannot be read to its end: {line(str(error))}. What came before it is in.") from None


def in_lines(path: Path) -> bool:
    """Tell whether a file holds one entry a line; some programs write one array under the same name."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            return not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    except DAMAGE:
        return True  # reading it will tell


def in_batches(entries: Iterable[Record | Rejection]) -> Iterator[list[Record | Rejection]]:
    """Yield the entries, 500 at once; when reading them breaks, first what came before and then the error."""
    items: list[Record | Rejection] = []
    try:
        for entry in entries:
            items.append(entry)
            if len(items) == BATCH:
                yield items
                items = []
    except SourceError:
        yield items
        raise
    if items:
        yield items


def _read_ahead(ours: Connection, theirs: Connection, ahead: _Ahead) -> None:
    """Be the second process: send batch after batch, then an empty one, or the error in its place."""
    # The other end would keep the pipe open when the first process is killed; Ctrl-C is the first one's to hear.
    ours.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is kept grows by a hundred thousand words; to look through it for circles again and again, of which there
    # are none, took a fifth of the time.
    gc.freeze()
    gc.set_threshold(500_000)
    # A pipe holds less than a batch, and who fills it waits: two may stand ready while the first process is busy.
    ready: queue.Queue[bytes] = queue.Queue(maxsize=2)
    threading.Thread(target=_send, args=(theirs, ready)).start()
    try:
        for message in ahead.messages():
            ready.put(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
    finally:
        ready.put(b"")


def _send(pipe: Connection, ready: queue.Queue[bytes]) -> None:
    try:
        while message := ready.get():
            pipe.send_bytes(message)
    except OSError:
        os._exit(0)  # the first process has gone: nobody waits for the rest


@dataclass(slots=True)
class _Ahead:
    """What the second process is given."""

    kind: str
    path: Path
    rules: Sequence[TopicRule]
    weave: Weave | None
    state: State

    def messages(self) -> Iterator[tuple[list, object]]:
        """Yield entries with what is found out about them; a last message without entries may hold an error."""
        classifier = Classifier(self.rules)
        try:
            for items in in_batches(lines(READERS[self.kind], self.path)):
                plain = [_VALUES(item) if isinstance(item, Record) else item for item in items]
                yield plain, self._told([item for item in items if isinstance(item, Record)], classifier)
        except SourceError as error:
            yield [], error
        else:
            yield [], None

    def _told(self, records: Sequence[Record], classifier: Classifier) -> tuple[dict, dict, dict, dict]:
        texts: dict[str, str] = {}
        for record in records:
            texts[record.title], texts[record.abstract] = clean(record.title), clean(record.abstract)
        keys = {record.title: title_key(texts[record.title]) for record in records}
        vectors: dict[Words, tuple[str, str] | None] = {}
        # Known papers need none. For new ones always: the server would need three times as long for it.
        if self.weave and self.state.brings_new.value:
            words = [(texts[record.title], record.authors, texts[record.abstract]) for record in records]
            vectors.update(zip(words, self.weave(words), strict=True))
        verdicts: dict[_Key, list[tuple[str, float]]] = {}
        for record in records:
            if self.state.is_waiting.value:
                break
            told = texts[record.title], texts[record.abstract], record.keywords, record.categories
            found = classifier.classify(told[0], told[1], keywords=told[2], categories=told[3])
            verdicts[told] = [(verdict.slug, verdict.confidence) for verdict in found]
        return texts, keys, vectors, verdicts
