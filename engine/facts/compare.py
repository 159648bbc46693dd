"""Two kept versions of a table, held against each other: which rows were added, changed and removed.

In: the Parquet files of two runs and the table that they hold. Out: counts, and the first rows of each kind in the
order of their keys. SQL compares; a cell is only written out for the rows that are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from engine.facts.columns import CURRENCY
from engine.facts.connection import connect
from engine.facts.keys import key_sql
from engine.facts.sql import identifier
from engine.facts.texts import joined
from engine.values.compared import ChangedRow, TableDifference
from rules.expressions.tree import Type
from rules.problem import CheckFailed, Place, Problem
from rules.quantities.currency import DECIMALS, Currency, format_minor
from rules.tables import Table, TableColumn

ROWS_SHOWN = 5
_RECORD = "record"


@contextmanager
def told_reads(what: str) -> Iterator[None]:
    """What is read inside are kept tables, `what` in words: one that can't be read is `CheckFailed`."""
    try:
        yield
    except duckdb.Error as error:
        words = str(error).splitlines()[0][:200]
        message = f"{what} cannot be read: {words}"
        raise CheckFailed(Problem("S160", message, Place(), "restore the store from a backup")) from None


def blank_columns(path: Path, names: Sequence[str]) -> list[str]:
    """Those of some columns that hold nothing in any row of a kept table, or that it was kept without; none of a table
    without rows."""
    connection = connect([path.parent])
    try:
        file = _file(path)
        there = [name for name in _columns(connection, file) if name in names]
        counts = ", ".join(["count(*)", *(f"count({identifier(name)})" for name in there)])
        rows, *filled = connection.execute(f"SELECT {counts} FROM {file}").fetchall()[0]
        known = {name for name, count in zip(there, filled, strict=True) if count}
        return [name for name in names if rows and name not in known]
    finally:
        connection.close()


def compare_tables(
    table: Table, before: Path | None, now: Path | None, rejected: tuple[int, int], own: Currency
) -> TableDifference:
    """What differs in a table of two runs; a run that has it not has none of its rows. `own` is the currency of amounts
    whose rows name none, `rejected` how many rows were left out of each."""
    connection = connect([path.parent for path in (before, now) if path is not None])
    try:
        files = [None if path is None else _file(path) for path in (before, now)]
        _view(connection, table, files)
        rows = [int(connection.execute(f"SELECT count(*) FROM {side}").fetchall()[0][0]) for side in ("b", "n")]
        by_key = _by_key if table.key else _by_cells
        return by_key(connection, table, (rows[0], rows[1]), rejected, own)
    finally:
        connection.close()


def _file(path: Path) -> str:
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def _columns(connection: duckdb.DuckDBPyConnection, file: str) -> list[str]:
    found = connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()
    return [str(row[0]) for row in found if row[0] != _RECORD]


def _view(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str | None]) -> None:
    """Both versions as `b` and `n`, with the same columns as text: a column that one has not is blank there."""
    for side, file in zip(("b", "n"), files, strict=True):
        there = set() if file is None else set(_columns(connection, file))
        names = [column.name for column in table.columns]
        cells = ", ".join(
            f"CAST({identifier(name) if name in there else 'NULL'} AS VARCHAR) AS {identifier(name)}" for name in names
        )
        of = file if file is not None else "(SELECT 1) WHERE FALSE"
        connection.execute(f"CREATE TEMP VIEW {side} AS SELECT {cells}, 1 AS here FROM {of}")


def _by_key(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: tuple[int, int],
    rejected: tuple[int, int],
    own: Currency,
) -> TableDifference:
    same = " AND ".join(f"b.{identifier(name)} IS NOT DISTINCT FROM n.{identifier(name)}" for name in table.key)
    others = [column for column in table.columns if not column.in_key]
    differs = " OR ".join(f"b.{identifier(c.name)} IS DISTINCT FROM n.{identifier(c.name)}" for c in others) or "FALSE"
    key = f"CASE WHEN n.here IS NULL THEN {key_sql(table, 'b.')} ELSE {key_sql(table, 'n.')} END"
    names = [*(column.name for column in others), *([CURRENCY] if table.column(CURRENCY) is None else [])]
    cells = ", ".join(
        f"{side}.{identifier(name)} AS {identifier(f'{side}.{name}')}"
        for side in ("b", "n")
        for name in names
        if table.column(name) is not None
    )
    connection.execute(f"""CREATE TEMP TABLE differing AS SELECT {key} AS key,
        CASE WHEN b.here IS NULL THEN 'added' WHEN n.here IS NULL THEN 'removed' ELSE 'changed' END AS how
        {", " + cells if cells else ""}
        FROM b FULL JOIN n ON {same} WHERE b.here IS NULL OR n.here IS NULL OR {differs}""")
    counts = dict(connection.execute("SELECT how, count(*) FROM differing GROUP BY how").fetchall())
    first = {how: _first(connection, how) for how in ("added", "changed", "removed")}
    changed = tuple(_changed(row, others, own) for row in first["changed"])
    added, removed = (tuple(str(row["key"]) for row in first[how]) for how in ("added", "removed"))
    many = {how: int(counts.get(how, 0)) for how in first}
    how_many = many["added"], many["changed"], many["removed"]
    return TableDifference(table.name, *rows, *rejected, *how_many, added, changed, removed)


def _first(connection: duckdb.DuckDBPyConnection, how: str) -> list[Mapping[str, Any]]:
    answer = connection.execute(f"SELECT * FROM differing WHERE how = ? ORDER BY key LIMIT {ROWS_SHOWN}", [how])
    assert answer.description is not None, "a query has columns"
    names = [str(column[0]) for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _changed(row: Mapping[str, Any], columns: Sequence[TableColumn], own: Currency) -> ChangedRow:
    cells = []
    for column in columns:
        sides = [row[f"{side}.{column.name}"] for side in ("b", "n")]
        if sides[0] != sides[1]:
            codes = [row.get(f"{side}.{CURRENCY}") for side in ("b", "n")]
            before, now = (_cell(cell, column, code, own) for cell, code in zip(sides, codes, strict=True))
            cells.append((column.name, before, now))
    return ChangedRow(str(row["key"]), tuple(cells))


def _cell(cell: str | None, column: TableColumn, code: str | None, own: Currency) -> str:
    """A cell as people write it: amounts in the currency of their row, numbers without the zeros at their end."""
    if cell is None:
        return ""
    if column.type == Type.MONEY:
        decimals = DECIMALS.get(code) if code is not None else None
        return format_minor(int(cell), own if code is None or decimals is None else Currency(code, decimals))
    if column.type == Type.NUMBER and "." in cell:
        return cell.rstrip("0").rstrip(".")
    return cell


def _by_cells(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: tuple[int, int],
    rejected: tuple[int, int],
    own: Currency,
) -> TableDifference:
    """Rows without a key: those that one version has more often than the other."""
    names = [column.name for column in table.columns]
    listed = ", ".join(identifier(name) for name in names)
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for how, one, other in (("added", "n", "b"), ("removed", "b", "n")):
        query = f"SELECT {listed} FROM {one} EXCEPT ALL SELECT {listed} FROM {other}"
        count = int(connection.execute(f"SELECT count(*) FROM ({query})").fetchall()[0][0])
        order = ", ".join(f"{identifier(name)} NULLS FIRST" for name in names)
        first = connection.execute(f"SELECT * FROM ({query}) ORDER BY {order} LIMIT {ROWS_SHOWN}").fetchall()
        found[how] = count, tuple(_row(dict(zip(names, row, strict=True)), table, own) for row in first)
    added, removed = found["added"], found["removed"]
    return TableDifference(table.name, *rows, *rejected, added[0], 0, removed[0], added[1], (), removed[1])


def _row(cells: Mapping[str, str | None], table: Table, own: Currency) -> str:
    return joined(_cell(cells[each.name], each, cells.get(CURRENCY), own) for each in table.columns)
