"""A CSV file that does not add up, cut into records by ourselves: each bad record is pinned to its line.

In: the file. Out: the same number of records as well-formed CSV, in which a bad one is blank, and why it is bad. A
record is bad where it has too few or too many cells, bytes that are no UTF-8, a cell beyond the bound, or a quote that
does not close. An open quote is pinned to its line only where every line that it would swallow is a whole record by
itself; where one is not, nobody can tell what the cell was, and the file is refused.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.facts.csvscan import RAW_BYTES_MAX
from engine.facts.texts import FIELD_BYTES_MAX, REJECTED_MAX, Fault
from rules.problem import Place, Problem

_SPAN_LINES_MAX = 1_000
_QUOTE_CURE = 'double each quote inside of a cell: ""'
_UNCLOSED = Fault("F110", "", "a quoted cell does not end as it should", _QUOTE_CURE)
TOO_LONG = Fault("F114", "", f"a cell is longer than {FIELD_BYTES_MAX:,} bytes", "check where its quotes close")
_MALFORMED = Fault("F112", "", "the row holds a carriage return", "end each line in the same way, with LF or CRLF")


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """A screened file: how many records it has, which are bad, and where each begins (its byte and its line)."""

    records: int
    faults: Mapping[int, Fault]
    starts: array[int]
    lines: array[int]

    def locate(self, path: Path, records: Collection[int]) -> Mapping[int, tuple[int, bytes]]:
        """The line and the bytes of some records."""
        found: dict[int, tuple[int, bytes]] = {}
        with path.open("rb") as stream:
            for record in sorted(set(records)):
                stream.seek(self.starts[record])
                size = self.starts[record + 1] - self.starts[record]
                found[record] = (self.lines[record], stream.read(min(size, RAW_BYTES_MAX)))
        return found


@dataclass(frozen=True, slots=True)
class _Line:
    """A physical line: its bytes, the byte at which it begins and its number."""

    data: bytes
    start: int
    number: int


def screen(path: Path, shown: str, columns: int, to: Path, separator: str = ",") -> Screened | Problem:
    """Cut a file into records, and write them anew to `to`."""
    csv.field_size_limit(RAW_BYTES_MAX)
    faults: dict[int, Fault] = {}
    starts, lines = array("q"), array("q")
    with to.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for begun, found in _records(path, columns, separator):
            if isinstance(found, Problem):
                return Problem(found.code, found.message, Place(shown, begun.number), found.hint)
            if isinstance(found, Fault) and starts:
                faults[len(starts)] = found
                if len(faults) > REJECTED_MAX:
                    return too_many_rejected(shown)
            starts.append(begun.start)
            lines.append(begun.number)
            writer.writerow([""] * columns if isinstance(found, Fault) else found)
    starts.append(path.stat().st_size)
    return Screened(len(lines) - 1, faults, starts, lines)


def too_many_rejected(shown: str) -> Problem:
    """The problem of a source whose rejected rows nobody could read through."""
    message = f"more than {REJECTED_MAX:,} rows of {shown} are bad"
    return Problem("F115", message, Place(shown), "mend how the source is written, or say how in the program")


def _records(path: Path, columns: int, separator: str) -> Iterator[tuple[_Line, list[str] | Fault | Problem]]:
    """Each record: where it begins, and its cells or its fault; a Problem ends the file."""
    waiting: deque[_Line] = deque()
    with path.open("rb") as stream:
        source = _lines(stream)

        def next_line() -> _Line | None:
            return waiting.popleft() if waiting else next(source, None)

        while (line := next_line()) is not None:
            if not line.data.strip(b"\r\n"):
                continue  # a blank line is no record
            span, found = [line], _cut(line.data, columns, separator)
            while (
                found is None and len(span) < _SPAN_LINES_MAX and sum(len(each.data) for each in span) < RAW_BYTES_MAX
            ):
                further = next_line()
                if further is None:
                    break
                span.append(further)
                if b'"' in further.data:
                    found = _cut(b"".join(each.data for each in span), columns, separator)
            if found is None or (found is _UNCLOSED and len(span) > 1):
                rest = span[1:]
                filled = (each.data for each in rest if each.data.strip(b"\r\n"))
                if not all(isinstance(_cut(each, columns, separator), list) for each in filled):
                    yield line, Problem("F110", _UNCLOSED.message, Place(), _QUOTE_CURE)
                    return
                waiting.extendleft(reversed(rest))
                found = _UNCLOSED
            yield line, found


def _cut(data: bytes, columns: int, separator: str) -> list[str] | Fault | None:
    """The cells of a record, its fault, or None where a quote is still open."""
    try:
        text = data.decode().removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as error:
        return _no_utf8(data, error.start)
    if "\x00" in text:
        return _no_utf8(data, data.index(b"\x00"))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        words = str(error)
        if "unexpected end of data" in words:
            return None
        if "field larger" in words:
            return TOO_LONG
        return _MALFORMED if "new-line" in words else _UNCLOSED
    if len(rows) != 1:
        return _MALFORMED
    cells = rows[0]
    if any(len(each.encode()) > FIELD_BYTES_MAX for each in cells if len(each) > FIELD_BYTES_MAX // 4):
        return TOO_LONG
    if len(cells) == columns:
        return cells
    message = f"the header has {columns} columns, this row has {len(cells)}"
    held = "a comma" if separator == "," else f"a {separator!r}"
    return Fault("F111", "", message, f"give each row as many cells as the header; quote cells that hold {held}")


def _no_utf8(data: bytes, at: int) -> Fault:
    """The fault of a row by the first byte of it that is no text, counted from 1."""
    message = f"the row holds a byte that is no UTF-8: 0x{data[at]:02X}, byte {at + 1:,} of the row"
    return Fault("F113", "", message, "save the file as CSV UTF-8")


def _lines(stream: io.BufferedReader) -> Iterator[_Line]:
    number = start = 0
    while data := stream.readline(RAW_BYTES_MAX):
        number += 1
        line = _Line(data, start, number)
        start += len(data)
        while len(data) == RAW_BYTES_MAX and not data.endswith(b"\n"):  # the rest of an endless line is passed over
            data = stream.readline(RAW_BYTES_MAX)
            start += len(data)
        yield line
