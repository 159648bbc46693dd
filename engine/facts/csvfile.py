"""A CSV file as records of text: its bytes are held against our own count, and DuckDB reads the cells.

What a reader would guess or pass over is decided here: the encoding and the separator that were named (a comma unless
one is), the double quote, LF or CRLF, one header. A file whose separators and line ends do not add up to whole records
is cut by `engine.facts.csvscreen`, row by row; all others, nearly all, are read at the speed of DuckDB.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.facts.csvscan import RAW_BYTES_MAX, Scan, locate, scan
from engine.facts.csvscreen import screen
from engine.facts.texts import ROWS_MAX, Fault, RawRow, TextRows, too_many_rows
from rules.problem import Place, Problem

HEADER_BYTES_MAX = 65_536
_ARCHIVES = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")
_Cells = Callable[[Collection[int]], Mapping[int, RawRow]]
_UTF8 = "save it as CSV UTF-8, or name its encoding: in the program"


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The outside of a CSV file: its path in UTF-8, its name for people, header, newline and what a scan counted."""

    path: Path
    shown: str
    header: tuple[str, ...]
    newline: str
    scanned: Scan
    raw_sha256: str
    separator: str = ","

    @property
    def is_regular(self) -> bool:
        """Whether separators and line ends add up to whole records, so that no reader can cut it in two ways."""
        lines = self.scanned.records
        returns = self.scanned.lines_ended if self.newline == "\\r\\n" else 0
        adds_up = self.scanned.separators == (len(self.header) - 1) * lines and self.scanned.returns == returns
        return adds_up and self.scanned.is_closed

    def rows(self) -> TextRows:
        """The records of a regular file."""

        def cells(records: Collection[int]) -> Mapping[int, RawRow]:
            found = locate(self.path, records)
            return {record: _raw(line, text, self.separator) for record, (line, text) in found.items()}

        relation = csv_relation(self.path, len(self.header), self.newline, self.separator)
        return self._texts(relation, self.scanned.records - 1, cells, {})

    def screened(self, scratch: Path) -> TextRows | Problem:
        """The records of a file that is not regular: cut by ourselves, written anew below `scratch`."""
        result = screen(self.path, self.shown, len(self.header), scratch, self.separator)
        if isinstance(result, Problem):
            return result

        def cells(records: Collection[int]) -> Mapping[int, RawRow]:
            found = result.locate(self.path, records)
            return {record: _raw(line, text, self.separator) for record, (line, text) in found.items()}

        texts = self._texts(csv_relation(scratch, len(self.header)), result.records, cells, result.faults)
        return texts if result.records <= ROWS_MAX else too_many_rows(self.shown, result.records, ROWS_MAX)

    def _texts(
        self, read: tuple[str, tuple[object, ...]], rows: int, cells: _Cells, faults: Mapping[int, Fault]
    ) -> TextRows:
        relation, parameters = read
        return TextRows(self.shown, self.header, relation, parameters, self.raw_sha256, rows, cells, faults)


def csv_relation(
    path: Path, columns: int, newline: str = "\\n", separator: str = ","
) -> tuple[str, tuple[object, ...]]:
    """SQL that reads a CSV file as text."""
    named = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(columns))
    options = f"""auto_detect=false, header=true, delim='{separator}', quote='"', escape='"', strict_mode=true,
        nullstr='', null_padding=false, max_line_size=2000000, encoding='utf-8', new_line='{newline}',
        compression='none'"""
    return f"SELECT * FROM read_csv(?, columns={{{named}}}, {options})", (str(path),)


def open_csv(
    path: Path, shown: str, encoding: str, scratch: Path, rows_max: int = ROWS_MAX, separator: str = ","
) -> tuple[CsvFile | None, tuple[Problem, ...]]:
    """Read the outside of a file; `scratch` is where its UTF-8 copy goes if it has another encoding."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEADER_BYTES_MAX)
        if head.startswith(_ARCHIVES):
            hint = "unpack it, and name the file that was in it"
            return None, (Problem("F106", f"{shown} is packed, and packed files are not read", Place(shown), hint),)
        if encoding == "utf-8" and head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return None, (Problem("F102", "this is UTF-16, not UTF-8 text", Place(shown, 1), _UTF8),)
        scanned = scan(path, separator)
        raw_sha256 = scanned.sha256
        if encoding != "utf-8":
            problem = _transcode(path, shown, encoding, scratch)
            if problem is not None:
                return None, (problem,)
            path, scanned = scratch, scan(scratch, separator)
            with path.open("rb") as stream:
                head = stream.read(HEADER_BYTES_MAX)
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        return None, (Problem("F101", f"cannot read {shown}: {reason}", Place(shown), "check the path and its rights"),)
    if scanned.nul_line:
        message = "this is not text: it holds a zero byte"
        return None, (Problem("F102", message, Place(shown, scanned.nul_line), _UTF8),)
    first, newline = _first_record(head)
    if newline is None:
        hint = "end lines with LF or CRLF, and give the file a header of at most 64 KiB"
        return None, (Problem("F103", "the file has no header line", Place(shown, 1), hint),)
    try:
        names = next(csv.reader(io.StringIO(first.decode("utf-8-sig")), delimiter=separator, strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        return None, (Problem("F102", "the header is not UTF-8 CSV", Place(shown, 1), _UTF8),)
    if not any(names):
        return None, (Problem("F103", "the file has no header line", Place(shown, 1), "name its columns there"),)
    if scanned.records - 1 > rows_max:
        return None, (too_many_rows(shown, scanned.records - 1, rows_max),)
    return CsvFile(path, shown, tuple(names), newline, scanned, raw_sha256, separator), ()


def _transcode(path: Path, shown: str, encoding: str, to: Path) -> Problem | None:
    """Write the file in UTF-8; a byte that the encoding does not have is told with its line."""
    line = 1
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with path.open("rb") as stream, to.open("w", encoding="utf-8", newline="") as out:
        while chunk := stream.read(1 << 20):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].decode(encoding, "ignore").count("\n")
                hint = "name the encoding that the file has, or save it as CSV UTF-8"
                return Problem("F102", f"a byte is not {encoding}", Place(shown, line), hint)
            line += text.count("\n")
            out.write(text)
        try:
            out.write(decoder.decode(b"", final=True))
        except UnicodeDecodeError:
            return Problem("F102", f"the file ends within a {encoding} character", Place(shown, line), "export it anew")
    return None


def _raw(line: int, text: bytes, separator: str) -> RawRow:
    decoded = text.decode("utf-8", "replace").rstrip("\r\n")
    csv.field_size_limit(RAW_BYTES_MAX)
    try:
        cells = next(csv.reader(io.StringIO(decoded, newline=""), delimiter=separator, strict=True), [])
    except csv.Error:
        cells = []
    return RawRow(line, tuple(cell or None for cell in cells), decoded)


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
