"""Observe a table of one's own: spends and outcomes of units in each period, from a CSV file.

Numbers are exact up to here; what is blank is unknown, left out and counted, never zero.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Set as AbstractSet
from fractions import Fraction
from pathlib import Path

from rules.calendar import MONTHS_BY_LENGTH, Calendar, NoSuchPeriod
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_number
from scenarios.curves.observed import Observation, Table

ROWS_MAX = 200_000
BYTES_MAX = 64 * 2**20
PROBLEMS_MAX = 20
COLUMNS = ("unit", "period", "spend", "outcome")


def observe_file(path: Path, by: str) -> Table:
    """The observations of a CSV table with the columns unit, period, spend and outcome; `group` and `weight` where it
    has them. A blank spend or outcome is unknown. Raises Refused with every problem of the table (M310 to M314)."""
    rows, header = _cells(path)
    if by not in ("partner", "group", "program") or (by == "group" and "group" not in header):
        message = f"--by {by} does not fit the table {path.name}"
        hint = "--by partner (each unit), --by group (its column group) or --by program (all units together)"
        raise Refused(Problem("M316", message, Place(), hint))
    groups: dict[str, list[Observation]] = defaultdict(list)
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    unknown, periods = 0, set()
    for line, cells in rows:
        row = dict(zip(header, cells, strict=False))
        try:
            one, group = _observation(row, len(cells), len(header))
        except Unwritable as error:
            problems.append(Problem("M311", error.message, Place(path.name, line), error.hint))
            continue
        unit, period = row["unit"], row["period"]
        if (earlier := seen.setdefault((unit, period), line)) != line:
            message = f"{unit} has a row for {period} already, on line {earlier}"
            problems.append(Problem("M312", message, Place(path.name, line), "keep one row for a unit and a period"))
        periods.add(period)
        if one is None:
            unknown += 1
            continue
        groups[{"partner": unit, "group": group, "program": "program"}[by]].append(one)
    if problems:
        raise Refused(*problems[:PROBLEMS_MAX])
    if not groups:
        hint = "give a row for each unit and period, with its spend and its outcome"
        raise Refused(Problem("M313", f"nothing was observed in {path.name}", Place(path.name), hint))
    named = ("outcome", ""), ("spend", "")
    return Table(path.name, *named, by, _every(periods), dict(sorted(groups.items())), unknown)


def _every(names: AbstractSet[str]) -> tuple[str, ...]:
    """All periods from the first to the last: of months, quarters, half-years and years also those that no row has, so
    that a gap is seen; other names in their order."""
    first, last = min(names), max(names)
    for length in MONTHS_BY_LENGTH:
        calendar = Calendar(length)
        try:
            every, end = [calendar.period(first)], calendar.period(last)
        except NoSuchPeriod:
            continue
        while every[-1].start < end.start and (after := calendar.after(every[-1])) is not None:
            every.append(after)
        if names <= (found := {each.name for each in every}):
            return tuple(sorted(found))
    return tuple(sorted(names))


def _cells(path: Path) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """The rows of a CSV file with their lines, and its header."""
    try:
        with path.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
        _refuse_large(path, len(data) > BYTES_MAX)
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(lines.line_num, cells) for cells in lines if cells]
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise Refused(
            Problem("M310", f"the table cannot be read: {reason}", Place(str(path)), "check its name")
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise Refused(Problem("M310", "the table is no CSV in UTF-8", Place(str(path)), "save it as CSV")) from None
    _refuse_large(path, len(rows) > ROWS_MAX + 1)
    header = [each.strip().lower() for each in rows[0][1]] if rows else []
    lacking = [name for name in COLUMNS if name not in header]
    if lacking:
        message = f"the table has no column {' and no column '.join(lacking)}"
        hint = "a table has the columns unit, period, spend and outcome"
        raise Refused(Problem("M310", message, Place(path.name, 1), hint))
    twice = [name for name, times in Counter(header).items() if name and times > 1]
    if twice:
        message = f"the table has several columns {' and several '.join(twice)}"
        raise Refused(Problem("M310", message, Place(path.name, 1), "keep one column of a name"))
    return rows[1:], header


def _refuse_large(path: Path, is_large: bool) -> None:
    if is_large:
        message = f"the table has more than {ROWS_MAX:,} rows or 64 MiB"
        raise Refused(Problem("M314", message, Place(path.name), "add up units or periods first"))


def _observation(row: Mapping[str, str], cells: int, columns: int) -> tuple[Observation | None, str]:
    """A row and its group; None where its spend or its outcome is unknown. Raises Unwritable."""
    if cells != columns:
        raise Unwritable("M311", f"the row has {cells} cells, and the header {columns}", "correct the row")
    for name in ("unit", "period", "group"):
        value = row.get(name, "-")
        if not value.strip() or not value.isprintable() or len(value) > 200:
            raise Unwritable("M311", f"{name} is blank, or no short text", f"write a {name}")
    if not row["spend"].strip() or not row["outcome"].strip():
        return None, row.get("group", "")
    spend, outcome = parse_number(row["spend"].strip()), parse_number(row["outcome"].strip())
    weight = parse_number(row["weight"].strip()) if row.get("weight", "").strip() else Fraction(1)
    if spend < 0 or weight <= 0:
        what = "spend is below zero" if spend < 0 else "weight is not above zero"
        raise Unwritable("M311", f"the {what}", "leave the row out, or correct it")
    return Observation(row["unit"], row["period"], spend, outcome, weight), row.get("group", "")
