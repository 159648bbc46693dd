"""The outside of a CSV file: its bytes, its header and where its records begin.

The rows are read by DuckDB as text; what it would guess or pass over is decided here: UTF-8 only, comma and double
quote, LF or CRLF, one header with the names that the program expects, each once.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.problem import Place, Problem

HEADER_BYTES_MAX = 65_536
FIELD_MAX = 65_536


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A readable CSV file: its header's names, its newline as DuckDB wants it named, and the digest of its bytes."""

    path: Path
    shown: str
    header: tuple[str, ...]
    newline: str
    sha256: str


def open_csv(path: Path, shown: str) -> tuple[CsvFile | None, tuple[Problem, ...]]:
    """Read the outside of a file; `shown` is its name for people. Gives the file, or the problems that stop it."""
    try:
        sha256 = _sha256(path)
        with path.open("rb") as stream:
            head = stream.read(HEADER_BYTES_MAX)
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        return None, (Problem("F101", f"cannot read {shown}: {reason}", Place(shown), "check the path and its rights"),)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        return None, (Problem("F102", "this is not UTF-8 text", Place(shown, 1), "save it as CSV UTF-8"),)
    first, newline = _first_record(head)
    if newline is None:
        hint = "end lines with LF or CRLF, and give the file a header"
        return None, (Problem("F103", "the file has no header line", Place(shown, 1), hint),)
    try:
        names = next(csv.reader(io.StringIO(first.decode("utf-8-sig")), strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None, (Problem("F102", "the header is not UTF-8 CSV", Place(shown, 1), "save it as CSV UTF-8"),)
    return CsvFile(path, shown, tuple(names), newline, sha256), ()


def header_problems(file: CsvFile, expected: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is wrong with the header: names twice, and `expected` names (our column: its name there) that it lacks."""
    problems = []
    for name in dict.fromkeys(each for each in file.header if file.header.count(each) > 1):
        message = f"the header names '{name}' more than once"
        problems.append(Problem("F104", message, Place(file.shown, 1, field=name), "give each column its own name"))
    for column, name in expected.items():
        if name not in file.header:
            message = f"the file has no column '{name}' for {column}"
            hint = "its columns are " + ", ".join(file.header[:20])
            problems.append(Problem("F105", message, Place(file.shown, 1, field=name), hint))
    return tuple(problems)


def lines_of(file: CsvFile, records: Iterable[int]) -> Mapping[int, int]:
    """The line on which each of some records (1-based, header not counted) begins: quoted cells may span lines."""
    wanted = set(records)
    found: dict[int, int] = {}
    if not wanted:
        return found
    last = max(wanted)
    csv.field_size_limit(FIELD_MAX * 16)
    with file.path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        reader = csv.reader(stream)
        for record, line in _records(reader):
            if record in wanted:
                found[record] = line
            if record >= last:
                break
    return found


def _records(reader: object) -> Iterator[tuple[int, int]]:
    record, before = -1, 0
    for row in reader:  # type: ignore[attr-defined]
        line, before = before + 1, reader.line_num  # type: ignore[attr-defined]
        if row:
            record += 1
            if record:
                yield record, line


def _first_record(head: bytes) -> tuple[bytes, str | None]:
    """The header's bytes and the kind of newline after it: the first line end that is outside of quotes."""
    quoted = False
    for at, byte in enumerate(head):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x0A and not quoted:
            crlf = at > 0 and head[at - 1] == 0x0D
            return head[: at - crlf], "\\r\\n" if crlf else "\\n"
    return head, None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
