"""What people load at go-live: files in the form of the tables `balances` and `scores`, and the ids of who is there.

In: a file. Out: its rows, each cell as it is written, with the line on which it stands; and all its faults. A file is
read by the grammar of every source.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.facts.clashes import clashes
from engine.facts.connection import connect
from engine.facts.read import Staged, read_source
from engine.facts.rejected import list_rejected
from engine.facts.sql import identifier
from rules.meaning import Meaning, SourceMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency
from rules.tables import Table, canonical


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """One row of a file: its cells by column, blank ones as "", and where each stands."""

    cells: Mapping[str, str]
    file: str
    line: int

    def place(self, column: str) -> Place:
        """Where a cell stands."""
        return Place(self.file, self.line, field=column)


def read_rows(path: Path, name: str, currency: Currency) -> tuple[list[LoadedRow], list[Problem]]:
    """The rows of a file in the form of the table `name`, and the faults of those that can't be read or say a thing
    twice; raises Refused where the file has not the columns of the table, and no others."""
    table, real = canonical()[name], path.resolve()
    needed = {column.name: column.name for column in table.columns}
    source = SourceMeaning(name, real.name, needed, {}, Place(path.name))
    with tempfile.TemporaryDirectory(prefix="partage-") as folder:
        scratch = Path(folder)
        connection = connect([real.parent, scratch], None, scratch)
        try:
            staged, problems = read_source(connection, source, table, currency, real.parent, scratch)
            if staged is None:
                raise Refused(*problems)
            _refuse_other_columns(staged, table)
            clashing = clashes(connection, staged)
            if isinstance(clashing, Problem):
                raise Refused(clashing)
            every = {
                record: (*staged.faults.get(record, ()), *clashing.get(record, ()))
                for record in {*staged.faults, *clashing}
            }
            faults = [fault for row in list_rejected(staged, every, {}) for fault in row.faults]
            return list(_rows(staged, table, every)), faults
        finally:
            connection.close()


def source_ids(meaning: Meaning, folder: Path, name: str, column: str) -> frozenset[str] | None:
    """The ids in a column that a program's source of a table has, such as those of partners; None where there is no
    such source, or it is not to be read: whoever calculates is told why."""
    source = next((each for each in meaning.sources if each.table == name), None)
    if source is None or (source.file and not (folder / source.file).is_file()):
        return None
    with tempfile.TemporaryDirectory(prefix="partage-") as place:
        scratch = Path(place)
        connection = connect([folder, scratch], None, scratch)
        try:
            table, own = meaning.tables[name], meaning.terms.currency
            staged, _ = read_source(connection, source, table, own, folder, scratch)
            if staged is None:
                return None
            cell = identifier(column)
            found = connection.execute(f"SELECT DISTINCT {cell} FROM {staged.view} WHERE {cell} IS NOT NULL")
            return frozenset(str(key) for (key,) in found.fetchall())
        finally:
            connection.close()


def _refuse_other_columns(staged: Staged, table: Table) -> None:
    known = {column.name for column in table.columns} | {"currency"}
    hint = "its columns: " + ", ".join(column.name for column in table.columns)
    shown = staged.texts.shown
    problems = [
        Problem("B162", f"the table {table.name} has no column '{each}'", Place(shown, 1, field=each), hint)
        for each in staged.texts.header
        if each not in known
    ]
    if problems:
        raise Refused(*problems)


def _rows(staged: Staged, table: Table, faulty: Mapping[int, object]) -> Iterator[LoadedRow]:
    """The rows without a fault, in their order."""
    names = [column.name for column in table.columns]
    raw = staged.texts.cells(range(1, staged.rows + 1))
    for record in range(1, staged.rows + 1):
        if record not in faulty:
            row = raw[record]
            cells = {name: row.cells[staged.columns.places[name]] or "" for name in names}
            yield LoadedRow(cells, staged.texts.shown, row.line)
