"""A snapshot as it lies in its files, asked for a few rows: nothing is read into memory, and no digest is taken.

In: kept tables, and what a program means. Out: a connection to them under the names that queries use, and which
partners can be paid. The two snapshots of a true-up are two of these, in one database: who is asked about one may read
the files of both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.facts.connection import ROWS_IN_MEMORY_MAX, connected, open_table
from engine.facts.grammar import SQL_TYPES
from engine.facts.read import table_name
from engine.facts.snapshot import Snapshot
from engine.facts.sql import identifier
from engine.facts.versions import prepare
from rules.calendar import Calendar, Period
from rules.check.uses import reimbursing
from rules.meaning import Meaning
from rules.tables import Table

_NO_ROWS = 0  # of a table are read into memory


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One snapshot: its connection, the tables that it has, and the partners that can be paid (`payable`)."""

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, Table]
    period: Period
    calendar: Calendar
    payable: Callable[[], frozenset[str]]
    scratch: Path
    _late: dict[str, frozenset[int]] = field(default_factory=dict)

    def records(self, query: str) -> frozenset[int]:
        """The records that a query selects."""
        found = self.connection.execute(query).fetchnumpy()
        return frozenset(next(iter(found.values())).tolist()) if found else frozenset()

    def register(self, name: str, records: Iterable[int]) -> None:
        """Records under a name, as the column `record`."""
        self.connection.register(name, pa.table({"record": pa.array(sorted(records), pa.int64())}))

    def look_up(self, table: str, records: Collection[int], rows: pa.Table | None) -> None:
        """Take in the rows that are late, or read them once where nobody has: `rows_of` finds them then without going
        through the table."""
        self.register("late_records", records)
        query = f"SELECT t.* FROM {table_name(table)} AS t SEMI JOIN late_records USING (record)"
        if rows is not None:
            self.connection.register("late_rows", rows)
            lacks = [column for column in self.tables[table].columns if column.name not in rows.column_names]
            blank = "".join(f", CAST(NULL AS {SQL_TYPES[each.type]}) AS {identifier(each.name)}" for each in lacks)
            query = f"SELECT t.*{blank} FROM late_rows AS t"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(f'late_{table}')} AS {query}")
        self._late[table] = frozenset(records)

    def rows_of(self, table: str, records: Collection[int]) -> str:
        """A relation in which these rows of a table stand, and others perhaps."""
        is_late = self._late.get(table, frozenset()).issuperset(records)
        return identifier(f"late_{table}") if is_late else table_name(table)


@contextmanager
def sides_of(meaning: Meaning, kept: Sequence[Mapping[str, Path]], period: Period) -> Iterator[Sequence[Side]]:
    """The snapshots of some kept tables, as a period sees them."""
    with tempfile.TemporaryDirectory(prefix="partage-") as name, ExitStack() as stack:
        scratch = Path(name)
        folders = sorted({path.parent for tables in kept for path in tables.values()})
        first = stack.enter_context(connected([*folders, scratch], scratch))
        found = []
        for number, tables in enumerate(kept):
            own = scratch / str(number)
            own.mkdir()
            found.append(_side_of(stack.enter_context(connected([], None, first)), meaning, tables, period, own))
        yield found


def _side_of(
    connection: duckdb.DuckDBPyConnection, meaning: Meaning, kept: Mapping[str, Path], period: Period, scratch: Path
) -> Side:
    """One snapshot, in a database of its own."""

    @cache
    def payable() -> frozenset[str]:
        with opened(meaning, kept, period, _NO_ROWS, beside=side) as snapshot:
            return frozenset(map(str, snapshot.partners().keys.tolist()))

    there = {table: meaning.tables[table] for table in kept}
    for table, path in kept.items():
        open_table(connection, there[table], path, _NO_ROWS)
    prepare(connection, there)
    side = Side(connection, there, period, meaning.calendar, payable, scratch)
    return side


@contextmanager
def opened(
    meaning: Meaning,
    kept: Mapping[str, Path],
    period: Period,
    rows_in_memory_max: int = ROWS_IN_MEMORY_MAX,
    only: frozenset[str] | None = None,
    *,
    beside: Side,
) -> Iterator[Snapshot]:
    """The facts of kept tables that a side may read, whose digests nobody asks for; of some partners alone where these
    are named."""
    with connected([], None, beside.connection) as connection:
        files = {source.table: source.shown for source in meaning.sources}
        yield Snapshot(
            connection,
            meaning.tables,
            files,
            period,
            meaning.calendar,
            meaning.eligible,
            kept,
            rows_in_memory_max,
            exchange=meaning.exchange,
            only=only,
            funds=reimbursing(meaning),
        )
