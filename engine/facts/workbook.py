"""A sheet of an Excel workbook as records of text: what a cell holds, never how it is shown.

Text stays text; a number is taken by its shortest decimal text, if that has at most 9 decimals and 15 digits (all that
Excel keeps); a date without a time is year-month-day; a flag is true or false; a formula counts by its kept value, and
a formula's error rejects its row. Sizes are checked before anything is unpacked.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine

from engine.facts.csvfile import csv_relation
from engine.facts.csvscan import scan
from engine.facts.texts import ROWS_MAX, Fault, RawRow, TextRows, joined, plain, too_many_rows
from rules.problem import Place, Problem

UNPACKED_BYTES_MAX = 200_000_000
RATIO_MAX = 100
DECIMALS_MAX = 9
DIGITS_MAX = 15
_CURE = "save the workbook anew as .xlsx, without a password"


def open_workbook(
    path: Path, shown: str, sheet: str, scratch: Path, rows_max: int = ROWS_MAX
) -> tuple[TextRows | None, tuple[Problem, ...]]:
    """Open one sheet; its first row that is not empty is the header. `scratch` is where its text goes."""
    problem = _hostile(path, shown)
    if problem is not None:
        return None, (problem,)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if sheet not in names and (sheet or len(names) != 1):
            message = f"the workbook has no sheet '{sheet}'" if sheet else "the workbook has more than one sheet"
            hint = "add sheet: with one of " + ", ".join(names[:20])
            return None, (Problem("F108", message, Place(shown), hint),)
        found = book.get_sheet_by_name(sheet or names[0])
        errors = _error_cells(path, found.name)
        return _texts(found, shown, errors, scratch, scan(path).sha256, rows_max)
    except (python_calamine.CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError) as error:
        message = f"{shown} cannot be read as a workbook: {type(error).__name__}"
        return None, (Problem("F107", message, Place(shown), _CURE),)


def cell_text(value: object) -> str | Fault:
    """The text of a cell's value, or why it has none.

    >>> cell_text(0.1), cell_text(1250.0), cell_text(datetime(2026, 1, 31)), cell_text(True)
    ('0.1', '1250', '2026-01-31', 'true')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number_text(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | datetime():
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        case time() | timedelta():
            return str(value)
        case _:
            return str(value)


def _number_text(value: float) -> str | Fault:
    exact = Decimal(repr(value)).normalize()
    if not exact.is_finite() or len(exact.as_tuple().digits) > DIGITS_MAX or abs(exact) >= 10**DIGITS_MAX:
        hint = "keep it as text where it comes from: in Excel before it is put in, in a query by a cast"
        return Fault("F211", "", f"the number {value!r} has more than the 15 digits that are kept of it", hint)
    text = f"{exact:f}"
    if len(text.partition(".")[2]) > DECIMALS_MAX:
        message = f"the number {value!r} has more than {DECIMALS_MAX} decimals"
        return Fault("F211", "", message, "round it in the workbook or the query, as the contract says")
    return "0" if text == "-0" else text


def _texts(
    sheet: Any, shown: str, errors: Mapping[tuple[int, int], str], scratch: Path, sha256: str, rows_max: int
) -> tuple[TextRows | None, tuple[Problem, ...]]:
    """Write the sheet's text, and remember the row of each record."""
    lines: list[int] = []
    faults: dict[int, Fault] = {}
    header: list[str] = []
    left = sheet.start[1] if sheet.start else 0
    with scratch.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [cell_text(value) for value in row]
            bad = [at for at in range(len(cells)) if (number, left + at + 1) in errors]
            if not any(cells) and not bad:
                continue
            if not header:
                header = [each if isinstance(each, str) else "" for each in cells]
            else:
                lines.append(number)
                for at in bad:
                    hint = "mend the formula, or put its value in"
                    told = f"the formula of this cell gives {errors[number, left + at + 1] or 'an error'}"
                    faults[len(lines)] = Fault("F210", header[at], told, hint)
                for at, cell in enumerate(cells):
                    if isinstance(cell, Fault) and header[at]:
                        faults.setdefault(len(lines), Fault(cell.code, header[at], cell.message, cell.hint))
            if len(lines) > rows_max:
                return None, (too_many_rows(shown, len(lines), rows_max),)
            writer.writerow([each if isinstance(each, str) else "" for each in cells])
    if not any(header):
        return None, (Problem("F103", "the sheet has no header row", Place(shown), "name the columns in its top row"),)
    relation, parameters = csv_relation(scratch, len(header))
    while header and not header[-1]:
        header.pop()
    named = tuple(name or f"(column {at})" for at, name in enumerate(header, start=1))
    return TextRows(
        shown, named, relation, parameters, sha256, len(lines), _reader(scratch, lines.__getitem__), faults
    ), ()


def _reader(path: Path, line_of: Callable[[int], int]) -> Callable[[Collection[int]], Mapping[int, RawRow]]:
    """Finds records of a CSV file of our own again."""

    def cells(records: Collection[int]) -> Mapping[int, RawRow]:
        return dict(own_rows(path, records, lambda record: line_of(record - 1)))

    return cells


def own_rows(path: Path, records: Collection[int], line_of: Callable[[int], int]) -> Iterator[tuple[int, RawRow]]:
    """Some records of a CSV file that was written by ourselves, with the line that each has in its source."""
    wanted, last = set(records), max(records, default=0)
    with path.open(encoding="utf-8", newline="") as stream:
        for record, row in enumerate(csv.reader(stream)):
            if record in wanted:
                yield record, RawRow(line_of(record), tuple(cell or None for cell in row), joined(row))
            if record >= last:
                break


def _hostile(path: Path, shown: str) -> Problem | None:
    """Whether unpacking the workbook would be a risk, or is no use."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        return Problem("F101", f"cannot read {shown}: {reason}", Place(shown), "check the path and its rights")
    except zipfile.BadZipFile:
        return Problem("F107", f"{shown} is no .xlsx workbook", Place(shown), _CURE)
    unpacked = sum(each.file_size for each in parts)
    packed = max(1, path.stat().st_size)
    if unpacked > UNPACKED_BYTES_MAX or unpacked > RATIO_MAX * packed:
        message = f"{shown} would unpack to {unpacked:,} bytes from {packed:,}"
        return Problem("F116", message, Place(shown), "save the sheet as CSV UTF-8")
    return None


_VALUE = re.compile(rb"(?:(?!</?(?:\w+:)?c\b).)*?<(?:\w+:)?v>([^<]{0,20})", re.DOTALL)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def _error_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Row and column (1-based) of the cells whose formula gives an error, and which; the reader shows them as blank."""
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        key = next((each.get(_RELATION) for each in book.iter(f"{_MAIN}sheet") if each.get("name") == sheet), None)
        target = next((each.get("Target", "") for each in links if each.get("Id") == key), "")
        data = archive.read("xl/" + target.removeprefix("/xl/").removeprefix("xl/"))
    cells = re.finditer(rb"<(?:\w+:)?c\b([^>]*)>", data) if re.search(rb"\bt\s*=\s*[\"']e[\"']", data) else ()
    found = {}
    for cell in cells:
        if re.search(rb"\bt\s*=\s*[\"']e[\"']", cell[1]) and (
            at := re.search(rb"\br\s*=\s*[\"']([A-Z]{1,3})([0-9]+)", cell[1])
        ):
            column = 0
            for letter in at[1].decode():
                column = column * 26 + ord(letter) - 64
            value = _VALUE.match(data, cell.end(), cell.end() + 8_192)
            found[int(at[2]), column] = plain(value[1].decode("utf-8", "replace")) if value else ""
    return found
