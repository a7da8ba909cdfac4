"""From the bytes of a file to rows of text: encodings, separators, archives."""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import _csv

_SEPARATORS = ",;\t|"
_LONGEST_CELL = 1_000_000
# How pictures, PDF, old spreadsheets and gzip begin: some of them could be read as text of a Western code page.
_NO_TEXT = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_LARGEST = 500_000_000  # bytes unpacked: a list of several million readers; reading them takes six times as much


class BadTable(Exception):
    """The file cannot be read as a table; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: its name, its column names as written, and its text."""

    name: str
    columns: tuple[str, ...]
    text: str
    separator: str

    @classmethod
    def all_of(cls, data: bytes, *, name: str, encoding: str = "", largest: int = _LARGEST) -> list[Table]:
        """Return the tables of a CSV file, or of each CSV file in a zip archive (Mailchimp, Substack); raise BadTable.

        An archive may unpack to `largest` bytes.
        """
        if data.startswith(b"PK\x03\x04"):
            return [cls.of(content, name=member, encoding=encoding) for member, content in _members(data, largest)]
        return [cls.of(data, name=name, encoding=encoding)]

    @classmethod
    def of(cls, data: bytes, *, name: str, encoding: str = "") -> Table:
        """Return the table; raise BadTable when there is none in it."""
        if data.startswith(_NO_TEXT):
            raise BadTable(f"{name} is no table but a picture, a PDF or the like. Save the list as CSV and bring that.")
        text = _decoded(data, encoding).replace("\0", "")
        first = text.lstrip("\r\n").split("\n", 1)[0]
        separator = max(_SEPARATORS, key=first.count)
        if first.lower().startswith("sep=") and len(first.strip()) == 5:  # a line for one spreadsheet program only
            separator, text = first.strip()[4], text.lstrip("\r\n").partition("\n")[2]
        try:
            columns: list[str] = next(_reader(text, separator), [])
        except csv.Error as error:
            raise BadTable(f"The first line of {name} names no columns that can be read: {error}.") from error
        if not any(cell.strip() for cell in columns):
            raise BadTable(f"{name} is empty: the first line must name the columns, one of them the address.")
        return cls(name, tuple(cell.strip() for cell in columns), text, separator)

    def rows(self) -> Iterator[tuple[int, dict[str, str] | None]]:
        """Return (line, row) for every row after the columns, blank ones left out; None for one that cannot be read."""
        reader = _reader(self.text, self.separator)
        next(reader)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield reader.line_num, None
                continue
            if any(cells):
                yield reader.line_num, dict(zip(self.columns, (cell.strip() for cell in cells), strict=False))


def _members(data: bytes, largest: int) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = _lists(archive)
            if sum(each.file_size for each in found) > largest:
                raise BadTable("The archive is too large unpacked; unpack it and bring its files one by one.")
            tables = [(each.filename.rpartition("/")[2], archive.read(each)) for each in found]
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise BadTable("The archive cannot be opened; unpack it and bring the CSV file.") from error
    if not tables:
        raise BadTable("There is no CSV file in it. A spreadsheet (.xlsx, .ods) is brought by saving it as CSV first.")
    return tables


def _lists(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members that are lists of people.

    Substack packs its list with those to whom each post was ever sent, people who left since among them. A Mac packs a
    shadow "._name" beside each file.
    """
    members = [(each.filename.rpartition("/")[2].lower(), each) for each in archive.infolist()]
    tables = [(name, each) for name, each in members if name.endswith(".csv") and not name.startswith("._")]
    return [each for name, each in tables if name.startswith("email_list")] or [each for _name, each in tables]


def _reader(text: str, separator: str) -> _csv.Reader:
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding or _encoding_of(data))
        # Some encodings that can be named bring halves of characters, which nothing can write out again.
        return text.encode("utf-8", "ignore").decode() if encoding else text
    except LookupError as error:
        raise BadTable(f"“{encoding}” is no encoding; usual ones are utf-8, utf-16 and cp1252.") from error
    except ValueError as error:
        written = encoding or getattr(error, "encoding", "")
        raise BadTable(f"The file is not written in {written}; say in which encoding it is.") from error


def _encoding_of(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if data[1:200:2].count(0) > 50:  # spreadsheet exports without a mark at the start
        return "utf-16-le"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"  # what Western spreadsheets write when they do not write UTF-8
    return "utf-8-sig"
