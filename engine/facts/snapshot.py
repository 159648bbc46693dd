"""The snapshot of a program's source tables, and the rows that rules ask of it.

In: the typed tables of `engine.facts.read`, or the Parquet blobs of an earlier run. Out: digests over key-sorted
rows, and frames: the rows that a rule pays, in the order of their keys, with exact measures. SQL filters, joins and
reads; every sum, product and quotient of measures is the exact kernel's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from engine.digest import rows_digest
from engine.facts.grammar import NUMBER_DECIMALS
from engine.facts.read import table_name
from engine.facts.sql import Sql, identifier
from engine.values import Frame, Rows
from rules.calendar import Period
from rules.evaluate import Value
from rules.exact import Exact, Integers
from rules.joins import Hop, route
from rules.tables import DERIVED, Table, TableColumn
from rules.tree import Column, Expression, Type
from rules.vector import Truth, leaves, number, truth

_BATCH_ROWS = 100_000
_FP = 10**NUMBER_DECIMALS


def connect(folders: Sequence[Path], threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database of its own in memory that may read below `folders` and nowhere else, and load nothing."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    if threads is not None:
        connection.execute(f"SET threads={int(threads)}")
    listed = ", ".join("'" + str(folder.resolve()).replace("'", "''") + "/'" for folder in folders)
    connection.execute(f"SET allowed_directories=[{listed}]")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    return connection


class Snapshot:
    """The facts of one period: typed tables in a connection, asked for rows by the sheet.

    `files` names each table's source for people; `eligible` is the condition on which a partner can be paid at all;
    the derived flags hold at the period's end.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        files: Mapping[str, str],
        period: Period,
        eligible: Expression | None,
    ) -> None:
        self._connection = connection
        self._files = files
        self._tables = tables
        self._period = period
        self._partners = self._read_partners(eligible)

    def partners(self) -> Frame:
        """The partners that can be paid, in the order of their ids."""
        return self._partners

    def rows(
        self,
        table: str,
        where: Expression | None,
        dated: Column | None,
        measures: Mapping[str, tuple[Expression, Type]],
        named: Mapping[str, Exact],
    ) -> Rows:
        """The rows of `table` of the period for which `where` holds, whose partner can be paid, with their measures.

        A row belongs to the partner that it names. Rows come in the order of their keys. A measure is unknown where
        one of the cells that it rests on is blank. `named` holds values of partners, which a row takes from its own.
        """
        wanted: dict[Expression, None] = {}
        trees = [tree for tree, _ in measures.values()] + ([] if where is None else [where])
        for tree in trees:
            for leaf in leaves(tree, self._type_of):
                wanted.setdefault(leaf)
        from_tables = [tree for tree in wanted if not (isinstance(tree, Column) and tree.table is None)]
        answer = self._select(table, dated, from_tables)
        frame = Frame(
            table,
            _texts(answer["key"]),
            answer["record"].to_numpy(),
            np.searchsorted(self._partners.keys, _texts(answer["partner"])).astype(np.int64),
        )
        found = {tree: self._leaf(tree, answer[f"leaf{index}"]) for index, tree in enumerate(from_tables)}
        found |= {
            tree: named[tree.name].take(frame.partners)
            for tree in wanted
            if isinstance(tree, Column) and tree not in found
        }
        columns = {
            name: number(tree, found.__getitem__, self._type_of, len(frame)) for name, (tree, _) in measures.items()
        }
        if where is None:
            return Rows(frame, columns)
        keep = truth(where, found.__getitem__, self._type_of, len(frame)).yes
        frame = Frame(table, frame.keys[keep], frame.records[keep], frame.partners[keep])
        return Rows(frame, {name: column.take(keep) for name, column in columns.items()})

    def cells(
        self, table: str, record: int, wanted: Sequence[Column]
    ) -> tuple[Mapping[Column, Value], tuple[str, ...]]:
        """What one source row and the rows that it refers to hold, exact: money in minor units, None where blank; and
        which records of which files these are."""
        hops: dict[str, Hop] = {}
        selected = []
        for index, column in enumerate(wanted):
            text = self._named(table, column, hops)
            if self._type_of(column) == Type.NUMBER:
                text = f"CAST({text} * {_FP} AS DECIMAL(38,0))"
            selected.append(f"{text} AS c{index}")
        read = dict.fromkeys(column.table for column in wanted if column.table is not None)
        selected += ["t.record" if each == table else f"j_{each}.record" for each in read]
        joins = "".join(_join(hop) for hop in hops.values())
        query = f"""SELECT {", ".join(selected) or "1"} FROM {table_name(table)} AS t {joins}
            WHERE t.record = ?"""  # noqa: S608
        found = self._connection.execute(query, [record]).fetchall()[0]
        cells: dict[Column, Value] = {}
        for column, value in zip(wanted, found, strict=False):
            is_number = value is not None and self._type_of(column) == Type.NUMBER
            cells[column] = Fraction(int(value), _FP) if is_number else value
        records = zip(read, found[len(wanted) :], strict=False)
        return cells, tuple(f"{self._files[each]} record {number}" for each, number in records if number is not None)

    def digest(self, table: str) -> tuple[str, int]:
        """The digest of a table over its key-sorted rows, and their number."""
        columns = self._present(table)
        cells = " || ',' || ".join(_cell(column) for column in columns)
        order = ", ".join([*(identifier(name) for name in self._tables[table].key), "line"])
        query = f"SELECT '[' || {cells} || ']' || chr(10) AS line, * FROM {table_name(table)}"  # noqa: S608
        relation = self._connection.sql(f"SELECT line FROM ({query}) ORDER BY {order}")  # noqa: S608
        count = 0

        def lines() -> Iterator[bytes]:
            nonlocal count
            for batch in relation.to_arrow_reader(_BATCH_ROWS):
                count += batch.num_rows
                yield _bytes(batch.column(0))

        described = [(column.name, column.type.value) for column in columns]
        return rows_digest(table, described, lines()), count

    def is_money(self, column: Column) -> bool:
        """Whether a column of the tables holds money."""
        return self._type_of(column) == Type.MONEY

    def partner_names(self) -> Mapping[str, str]:
        """The names of partners by id, where they have one."""
        query = f"SELECT partner_id, name FROM {table_name('partners')} WHERE name IS NOT NULL"  # noqa: S608
        return dict(self._connection.execute(query).fetchall())

    def write(self, table: str, path: Path) -> None:
        """Keep a table as Parquet, in the order of its keys, with the record numbers of the source."""
        keys = [identifier(name) for name in self._tables[table].key]
        order = ", ".join([*keys, "record"])
        reader = self._connection.sql(f"SELECT * FROM {table_name(table)} ORDER BY {order}")  # noqa: S608
        batches = reader.to_arrow_reader(_BATCH_ROWS)
        with pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)

    def _read_partners(self, eligible: Expression | None) -> Frame:
        answer = self._select("partners", None, [] if eligible is None else [eligible], is_open=True)
        keep = np.ones(answer.num_rows, dtype=bool)
        if eligible is not None:
            found = self._leaf(eligible, answer["leaf0"])
            assert isinstance(found, Truth)
            keep = found.yes
        keys, records = _texts(answer["partner"])[keep], answer["record"].to_numpy()[keep]
        self._connection.register("eligible_partners", pa.table({"partner_id": pa.array(keys, pa.string())}))
        return Frame("partners", keys, records, np.arange(len(keys), dtype=np.int64))

    def _select(self, table: str, dated: Column | None, wanted: list[Expression], is_open: bool = False) -> pa.Table:
        """The key, record, partner and leaves of a table's rows in the period, in the order of their keys."""
        hops: dict[str, Hop] = {}
        sql = Sql(lambda column: self._named(table, column, hops))
        selected = []
        for index, tree in enumerate(wanted):
            text = sql.of(tree)
            if isinstance(tree, Column) and self._type_of(tree) == Type.NUMBER:
                text = f"CAST({text} * {_FP} AS DECIMAL(38,0))"
            selected.append(f"{text} AS leaf{index}")
        date_name = self._named(table, dated, hops) if dated is not None else None
        window = "TRUE" if date_name is None else f"{date_name} >= CAST(? AS DATE) AND {date_name} < CAST(? AS DATE)"
        window_parameters = [] if dated is None else [self._period.start, self._period.end]
        keys = [f"t.{identifier(name)}" for name in self._tables[table].key] or ["t.record"]
        shown = " || '/' || ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in keys)
        joins = "".join(_join(hop) for hop in hops.values())
        open_to = "" if is_open else "SEMI JOIN eligible_partners AS e ON e.partner_id = t.partner_id"
        columns = ", ".join([f"{shown} AS key", "t.record AS record", "t.partner_id AS partner", *selected])
        query = f"""SELECT {columns} FROM {table_name(table)} AS t {joins} {open_to}
            WHERE {window} ORDER BY {", ".join(keys)}, t.record"""  # noqa: S608
        return self._connection.sql(query, params=[*sql.parameters, *window_parameters]).to_arrow_table()

    def _named(self, table: str, column: Column, hops: dict[str, Hop]) -> str:
        """The SQL of a column as seen from a table's row: a derived flag is worked out, a hop is remembered."""
        assert column.table is not None, "facts answer for tables"
        alias = "t"
        if column.table != table:
            for hop in route(self._tables, table, column.table):
                hops.setdefault(hop.table, hop)
            alias = f"j_{column.table}"
        began, ended = DERIVED.get((column.table, column.name), ("", ""))
        if not began:
            return f"{alias}.{identifier(column.name)}"
        at_end = f"DATE '{self._period.end.isoformat()}'"
        over = f"coalesce({alias}.{identifier(ended)} < {at_end}, FALSE)"
        return f"({alias}.{identifier(began)} < {at_end} AND NOT {over})"

    def _leaf(self, tree: Expression, column: pa.ChunkedArray) -> Exact | Truth:
        if pa.types.is_boolean(column.type) and not isinstance(tree, Column):
            known = np.asarray(column.is_valid())
            return Truth(np.asarray(column.fill_null(False)), known)
        if isinstance(tree, Column) and self._type_of(tree) == Type.FLAG:
            return Truth(np.asarray(column.fill_null(False)), np.asarray(column.is_valid()))
        values, known = _integers(column)
        below = _FP if isinstance(tree, Column) and self._type_of(tree) == Type.NUMBER else 1
        return Exact(values, below, None if known.all() else known)

    def _type_of(self, column: Column) -> Type:
        if column.table is None:
            return Type.NUMBER
        if (column.table, column.name) in DERIVED:
            return Type.FLAG
        found = self._tables[column.table].column(column.name)
        assert found is not None, f"{column} was checked"
        return found.type

    def _present(self, table: str) -> list[TableColumn]:
        """The columns of a table by name that hold anything."""
        columns = sorted(self._tables[table].columns, key=lambda column: column.name)
        counts = ", ".join(f"count({identifier(column.name)})" for column in columns)
        found = self._connection.execute(f"SELECT {counts} FROM {table_name(table)}").fetchall()[0]  # noqa: S608
        return [column for column, filled in zip(columns, found, strict=True) if filled or column.in_key]


def _join(hop: Hop) -> str:
    source = "t" if hop.origin is None else f"j_{hop.origin}"
    on = " AND ".join(f"j_{hop.table}.{identifier(name)} = {source}.{identifier(name)}" for name in hop.key)
    return f" LEFT JOIN {table_name(hop.table)} AS j_{hop.table} ON {on}"


def _cell(column: TableColumn) -> str:
    """The canonical JSON of a cell: a string, or null where it is blank."""
    name = identifier(column.name)
    if column.type in (Type.ID, Type.TEXT):
        text = f"CAST(to_json({name}) AS VARCHAR)"
    elif column.type == Type.NUMBER:
        text = f"'\"' || CAST(CAST({name} * {_FP} AS DECIMAL(38,0)) AS VARCHAR) || '\"'"
    else:
        text = f"'\"' || CAST({name} AS VARCHAR) || '\"'"
    return f"coalesce({text}, 'null')"


def _texts(column: pa.ChunkedArray) -> Any:
    return column.to_numpy(zero_copy_only=False) if column.length() else np.array([], dtype=object)


def _integers(column: pa.ChunkedArray) -> tuple[Integers, Any]:
    """Whole numbers and which are known; int64 where all fit, else Python integers."""
    known = np.asarray(column.is_valid())
    if pa.types.is_decimal(column.type):
        peak = 2**63 - 1
        low, high = pa.compute.min_max(column).as_py().values()
        if low is None or (low >= -peak and high <= peak):
            column = column.cast(pa.int64())
        else:
            wide = np.empty(len(column), dtype=object)
            wide[:] = [0 if value is None else int(value) for value in column.to_pylist()]
            return wide, known
    return np.asarray(column.fill_null(0).cast(pa.int64())), known


def _bytes(column: pa.Array) -> bytes:
    """The texts of a column, end to end."""
    return "".join(column.to_pylist()).encode("utf-8")
