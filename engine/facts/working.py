"""Working copies of kept tables, in which facts are changed: rows by their records, days, references, and the file that
is kept in the end.

In: tables kept as Parquet. Out: the same in the order of their keys, with what was changed. No text of a scenario is
ever a part of SQL: names are identifiers of tables that were looked up, values are parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.keep import order_sql
from engine.facts.read import ROW_GROUP_ROWS, table_name
from engine.facts.references import Reference, references
from engine.facts.seen import Seen
from engine.facts.sql import Sql, identifier
from rules.calendar import Period
from rules.expressions.tree import Expression, Type
from rules.expressions.vector import leaves, truth
from rules.tables import EVENT_DAYS, Table

_UNDATED = frozenset({"targets"})  # a goal is of its period, and not of the day on which it was set
_ENDS = ("valid_to", "expires_on")


class Working:
    """The tables of facts, copied where they are changed; the connection holds the facts as they are, too."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        kept: Mapping[str, Path],
        period: Period,
    ) -> None:
        self.connection, self.tables, self.period = connection, {name: tables[name] for name in kept}, period
        self._all, self._kept = tables, kept
        self._copied: set[str] = set()
        self.links: tuple[Reference, ...] = references(list(self.tables.values()))

    def copy(self, table: str) -> str:
        """The identifier of a table's working copy, which is made at the first call."""
        name = identifier(f"w_{table}")
        if table not in self._copied:
            file = str(self._kept[table]).replace("'", "''")
            self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{file}')")
            self._copied.add(table)
        return name

    def chosen(self, table: str, where: Expression | None) -> NDArray[np.int64]:
        """The records of the facts as they are for which a condition holds; where it is unknown, it does not."""
        seen, trees = Seen(self._all, table, self.period), []
        if where is not None:
            trees = list(dict.fromkeys(leaves(where, seen.type_of)))
        sql = Sql(seen.named)
        selected = ["t.record AS record", *(f"{seen.leaf(tree, sql)} AS leaf{at}" for at, tree in enumerate(trees))]
        query = f"SELECT {', '.join(selected)} FROM {table_name(table)} AS t {seen.joins()}"
        answer = self.connection.sql(query, params=sql.parameters).to_arrow_table()
        records: NDArray[np.int64] = answer["record"].to_numpy().astype(np.int64)
        if where is None:
            return records
        found = {tree: seen.answer(tree, answer[f"leaf{at}"]) for at, tree in enumerate(trees)}
        return records[truth(where, found.__getitem__, seen.type_of, len(records)).yes]

    def register(self, name: str, records: Collection[int] | NDArray[np.int64]) -> None:
        """Some records as a relation."""
        self.connection.register(name, pa.table({"record": pa.array(np.sort(np.array(list(records), dtype=np.int64)))}))

    def remove(self, table: str, records: Collection[int] | NDArray[np.int64]) -> None:
        """Take rows out."""
        self.register("going", records)
        self.connection.execute(f"DELETE FROM {self.copy(table)} WHERE record IN (SELECT record FROM going)")
        self.connection.unregister("going")

    def asked(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of an answer."""
        return self.connection.execute(query, list(parameters)).fetchall()

    def write(self, table: str, path: Path) -> None:
        """Keep a working copy as a file, as tables are kept."""
        known = self.tables[table]
        columns = ", ".join(["record", *(identifier(column.name) for column in known.columns)])
        where = str(path).replace("'", "''")
        self.connection.execute(f"""COPY (SELECT {columns} FROM {self.copy(table)} ORDER BY {order_sql(known)})
            TO '{where}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})""")


def day_sql(table: Table) -> str | None:
    """The SQL of the day of a row, which puts it before or after another: that of its event, or else the first date of
    its table; the first day of a month. None for a table without one."""
    if table.name in _UNDATED:
        return None
    dates = [column.name for column in table.columns if column.type in (Type.DATE, Type.MONTH)]
    own = [name for name in EVENT_DAYS.get(table.name, ()) if name in dates] or dates[:1]
    return f"coalesce({', '.join(identifier(name) for name in own)})" if own else None


def end_sql(table: Table) -> str | None:
    """The SQL of the last day of a row that holds from `valid_from` on (NULL: without end); None for other tables."""
    if table.column("valid_from") is None:
        return None
    return next((identifier(name) for name in _ENDS if table.column(name) is not None), None)


def row_text(table: Table) -> str:
    """The SQL of all cells of a row in one text, by the names of their columns."""
    cells = (f"CAST({identifier(name)} AS VARCHAR)" for name in sorted(column.name for column in table.columns))
    return f"CAST(to_json([{', '.join(cells)}]) AS VARCHAR)"


def of_partners(tables: Mapping[str, Table]) -> list[str]:
    """The tables whose rows name their partner."""
    return [name for name, table in tables.items() if name != "partners" and table.column("partner_id") is not None]
