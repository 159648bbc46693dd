"""The payouts of an old system: a CSV file, read by the grammar of every source, all its faults told at once.

In: the file, and what its columns are called. Out: its rows, amounts in minor units of the run's currency.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from engine.facts.clashes import clashes
from engine.facts.columns import shown
from engine.facts.connection import connect
from engine.facts.grammar import cell
from engine.facts.read import Staged, read_source
from engine.facts.rejected import list_rejected
from engine.facts.sql import identifier
from engine.values.matched import OldRow
from rules.expressions.tree import Type
from rules.meaning import SourceMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency
from rules.tables import Table, TableColumn

NEEDED = ("partner", "amount")
COLUMNS = ("partner", "component", "key", "amount", "base")
_TYPES = {"partner": Type.TEXT, "component": Type.TEXT, "key": Type.TEXT, "amount": Type.MONEY, "base": Type.MONEY}
_TABLE = Table("payouts of the old system", "a payout", tuple(TableColumn(name, _TYPES[name]) for name in COLUMNS))
_STRANGERS_MAX = 100  # that are told of
_MAP = Table(
    "partners of the old system",
    "a partner",
    (TableColumn("old", Type.TEXT, in_key=True), TableColumn("new", Type.ID)),
)


@dataclass(frozen=True, slots=True)
class OldFile:
    """What was read of an old system's file: the columns that it has, of COLUMNS, by what each is called there; and its
    rows."""

    columns: Mapping[str, str]
    rows: tuple[OldRow, ...]


def read_old(
    path: Path,
    columns: Mapping[str, str],
    currency: Currency,
    separator: str = ",",
    decimal: str = ".",
    partners: Mapping[str, str] | None = None,
) -> OldFile:
    """The rows of the file at `path`; `columns` says what a column of COLUMNS is called there, and `partners` what a
    partner's id is here, by what the file calls it.

    Raises Refused with every fault of the file: line and column, what is wrong, and the cure.
    """
    real = path.resolve()
    source = SourceMeaning(
        table=_TABLE.name,
        file=real.name,
        columns={**{name: name for name in NEEDED}, **columns},
        values={},
        place=Place(path.name),
        trim=True,
        separator=separator,
        decimal=decimal,
    )
    named = partners or {}
    with tempfile.TemporaryDirectory(prefix="partage-") as name:
        connection = connect([real.parent, Path(name)], None, Path(name))
        try:
            staged, problems = read_source(connection, source, _TABLE, currency, real.parent, Path(name))
            if staged is None:
                raise Refused(*(_hinted(problem, columns) for problem in problems))
            there = {name: staged.columns.there[name] for name in COLUMNS if name in staged.columns.there}
            found = [
                replace(row, partner=named.get(row.partner, row.partner)) for row in _rows(connection, staged, there)
            ]
            faults = [
                *_faults(staged, there),
                *_blanks(connection, staged, there),
                *_strangers(connection, staged, named),
            ]
            faults.sort(key=lambda each: each.place)
        finally:
            connection.close()
    if not found and not faults:
        faults = [Problem("F128", "the file has a header and no rows", Place(path.name, 1), "get the whole file")]
    if faults:
        raise Refused(*faults)
    return OldFile(there, tuple(found))


def _hinted(problem: Problem, columns: Mapping[str, str]) -> Problem:
    """A column that is not there is named on the command line."""
    missing = next((name for name in NEEDED if name not in columns and problem.place.field == name), None)
    if problem.code != "F105" or missing is None:
        return problem
    return replace(problem, hint=f"say what it is called there: --columns {missing}=NAME; {problem.hint}")


def _rows(connection: duckdb.DuckDBPyConnection, staged: Staged, there: Mapping[str, str]) -> list[OldRow]:
    """Every record, whether it is good or not; what is blank is empty, an amount 0. The first row of each component has
    its line in the file, the others have none."""
    cells = [identifier(name) if name in there else "NULL" for name in COLUMNS]
    query = f"SELECT {', '.join(cells)}, record FROM {staged.view} ORDER BY record"
    rows = connection.execute(query).fetchall()
    first = {component: record for _, component, *_, record in reversed(rows)}
    lines = {record: raw.line for record, raw in staged.texts.cells(sorted(first.values())).items()}
    return [
        OldRow(
            partner or "",
            component or "",
            key or "",
            int(amount or 0),
            None if base is None else int(base),
            lines.get(record, 0),
        )
        for partner, component, key, amount, base, record in rows
    ]


def read_partner_map(path: Path, currency: Currency) -> Mapping[str, str]:
    """What partners' ids are here by what an old system calls them, from a CSV file with the columns old and new;
    raises Refused with every fault of it."""
    real = path.resolve()
    source = SourceMeaning(_MAP.name, real.name, {"old": "old", "new": "new"}, {}, Place(path.name), trim=True)
    with tempfile.TemporaryDirectory(prefix="partage-") as name:
        connection = connect([real.parent, Path(name)], None, Path(name))
        try:
            staged, problems = read_source(connection, source, _MAP, currency, real.parent, Path(name))
            if staged is None:
                raise Refused(*problems)
            twice = clashes(connection, staged)
            if isinstance(twice, Problem):
                raise Refused(twice)
            every = {
                record: (*staged.faults.get(record, ()), *twice.get(record, ())) for record in {*staged.faults, *twice}
            }
            faults = [fault for row in list_rejected(staged, every, {}) for fault in row.faults]
            faults += _blanks(connection, staged, {"old": "old", "new": "new"})
            if faults:
                raise Refused(*sorted(faults, key=lambda each: each.place))
            return dict(connection.execute(f"SELECT old, new FROM {staged.view}").fetchall())
        finally:
            connection.close()


def _strangers(connection: duckdb.DuckDBPyConnection, staged: Staged, named: Mapping[str, str]) -> Iterator[Problem]:
    """Names of partners that are no id, and of which nobody says whose they are: each once, the first of many."""
    names = f"""SELECT partner, min(record) FROM {staged.view} WHERE NOT bad AND NOT {cell(Type.ID, 0).test("partner")}
        GROUP BY partner ORDER BY 2"""
    strangers = ((str(name), int(record)) for name, record in connection.execute(names).fetchall() if name not in named)
    first = {record: name for name, record in islice(strangers, _STRANGERS_MAX)}
    told = staged.columns.there["partner"]
    for record, raw in staged.texts.cells(sorted(first)).items():
        message = f"{shown(first[record])} is no id"
        hint = "say whose it is: --partners 'NAME=ID', or --partner-map FILE, a CSV file with the columns old and new"
        yield Problem("F201", message, Place(staged.texts.shown, raw.line, field=told), hint)


def _faults(staged: Staged, there: Mapping[str, str]) -> Iterator[Problem]:
    """The faults of cells, with their columns as they are called there."""
    for row in list_rejected(staged, staged.faults, {}):
        for fault in row.faults:
            yield replace(fault, place=replace(fault.place, field=there.get(fault.place.field, fault.place.field)))


def _blanks(connection: duckdb.DuckDBPyConnection, staged: Staged, there: Mapping[str, str]) -> Iterator[Problem]:
    """The cells without which a row says nothing; a blank base is unknown."""
    wanted = {name: told for name, told in there.items() if name != "base"}
    cells = ", ".join(f"{identifier(name)} IS NULL" for name in wanted)
    is_blank = cells.replace(", ", " OR ")
    query = f"SELECT record, {cells} FROM {staged.view} WHERE NOT bad AND ({is_blank}) ORDER BY record"
    blank = {
        int(record): [told for told, lacks in zip(wanted.values(), found, strict=True) if lacks]
        for record, *found in connection.execute(query).fetchall()
    }
    for record, raw in staged.texts.cells(sorted(blank)).items():
        for told in blank[record]:
            place = Place(staged.texts.shown, raw.line, field=told)
            yield Problem("S170", f"{told} is blank", place, "fill the cell in, or take the row out")
