"""What every source looks like to the reader: named columns of text, in records counted from 1.

CSV is read as it is; workbooks and answers of databases are first written as CSV of our own; Parquet is cast to text.
`relation` is SQL that gives the columns `c0`, `c1`, ... of all records in their order; `cells` finds single records
again, with the line on which each begins and its text, for the list of rejected rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from rules.problem import Place, Problem

ROWS_MAX = 50_000_000
FIELD_BYTES_MAX = 65_536
REJECTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is rejected: a code, the column, what is wrong, the cure; `others` are records that it clashes with."""

    code: str
    column: str
    message: str
    hint: str
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RawRow:
    """A record as it stands in the source: its line (0: the source has none), its cells and its text."""

    line: int
    cells: tuple[str | None, ...]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class TextRows:
    """An opened source; `rows` is how many records it holds by our own count, None where the reader's count decides.

    `faults` are records that could not be cut into cells; in `relation` such a record is blank.
    """

    shown: str
    header: tuple[str, ...]
    relation: str
    parameters: tuple[object, ...]
    raw_sha256: str
    rows: int | None
    cells: Callable[[Collection[int]], Mapping[int, RawRow]]
    faults: Mapping[int, Fault] = field(default_factory=dict)


def plain(text: str) -> str:
    """A text of a source as it may be shown: what can't be seen, or would steer a terminal, as a dot."""
    return "".join(each if each.isprintable() else "·" for each in text)


def joined(cells: Iterable[str | None]) -> str:
    """The cells of a row that is no line of text, as one: a cell that holds a comma or a quote stands in quotes.

    >>> joined(["D-3", None, "1,000.00"])
    'D-3,,"1,000.00"'
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()


def too_many_rows(shown: str, rows: int, rows_max: int) -> Problem:
    """The problem of a source beyond the bound on rows."""
    message = f"{shown} has more rows ({rows:,}) than the {rows_max:,} that are read"
    return Problem("F109", message, Place(shown), "split the period or the source")


_SEPARATORS = {",": "','", ";": "';'", "\t": '"\\t"', "|": "'|'"}


def separator_hint(header: tuple[str, ...]) -> str:
    """What to write in the program where the whole header was read as one name; empty where it was not."""
    held = [each for each in _SEPARATORS if len(header) == 1 and each in header[0]]
    told = {"\t": "tabs"}.get(held[0], f"'{held[0]}'") if held else ""
    return f"its cells are parted by {told}: add separator: {_SEPARATORS[held[0]]} to the source" if held else ""


def header_problems(
    header: tuple[str, ...], shown: str, expected: Mapping[str, str], line: int = 1
) -> tuple[Problem, ...]:
    """What is wrong with a header: names twice, and `expected` names (our column: its name there) that it lacks."""
    problems = []
    for name in dict.fromkeys(each for each in header if header.count(each) > 1):
        message = f"the header names '{plain(name)}' more than once"
        problems.append(
            Problem("F104", message, Place(shown, line, field=plain(name)), "give each column its own name")
        )
    for column, name in expected.items():
        if name not in header:
            message = f"the source has no column '{name}' for {column}"
            hint = separator_hint(header) or "its columns are " + plain(", ".join(header[:20]))
            problems.append(Problem("F105", message, Place(shown, line, field=name), hint))
    return tuple(problems)
