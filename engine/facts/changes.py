"""What changed between two snapshots: the rows of each table that were added, changed or removed.

In: the kept tables of two snapshots as Parquet files. Out: the changes, by the keys that the tables have; where two
files are the same, nothing is read. In which order rows stand in their source is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.facts.columns import CURRENCY
from engine.facts.connection import connected
from engine.facts.grammar import SQL_TYPES
from engine.facts.keys import key_sql, key_text
from engine.facts.side import Side
from engine.facts.sql import identifier
from engine.facts.unlike import unlike
from engine.values.late import ADDED, CHANGED, REMOVED, Cell, Change, Changes, changes_of
from rules.expressions.tree import Type
from rules.tables import Table

Kept = Mapping[str, Path]


def changes(before: Kept, now: Kept, tables: Mapping[str, Table], beside: Side | None = None) -> Changes:
    """The changes of every table that either snapshot has; a table that one of them lacks has no rows there. `beside` a
    side that may read both, no database is opened for it."""
    asked = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if not asked:
        return Changes({})
    folders = {path.parent for kept in (before, now) for path in kept.values()}
    with connected(sorted(folders), None, None if beside is None else beside.connection) as connection:
        rows: dict[str, tuple[pa.Table, pa.Table]] = {}
        found = (_of_table(connection, tables[name], before.get(name), now.get(name), rows) for name in asked)
        return replace(changes_of(each for of_table in found for each in of_table), rows=rows)


def _of_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    before: Path | None,
    now: Path | None,
    rows: dict[str, tuple[pa.Table, pa.Table]],
) -> Iterator[Change]:
    there = [_columns(connection, path) for path in (before, now) if path is not None]
    names = [column.name for column in table.columns if any(column.name in each for each in there)]
    names += [CURRENCY] if CURRENCY not in names and any(CURRENCY in each for each in there) else []
    sides = [_relation(connection, table, path, names) for path in (before, now)]
    if table.key:
        return _keyed(connection, table, names, _unlike(connection, table, names, before, now) or sides, rows)
    return _unkeyed(connection, table, names, sides)


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {_file(path)}").fetchall()
    return frozenset(str(column[0]) for column in described)


def _file(path: Path) -> str:
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def _relation(connection: duckdb.DuckDBPyConnection, table: Table, path: Path | None, names: Sequence[str]) -> str:
    """The rows of a snapshot with all columns that are compared; a column or a table that it lacks is blank."""
    there = frozenset() if path is None else _columns(connection, path)
    types = {column.name: SQL_TYPES[column.type] for column in table.columns}
    selected = [
        identifier(name) if name in there else f"CAST(NULL AS {types.get(name, 'VARCHAR')}) AS {identifier(name)}"
        for name in names
    ]
    record = "record" if "record" in there else "CAST(0 AS BIGINT) AS record"
    source = "(SELECT 1) WHERE FALSE" if path is None else _file(path)
    return f"(SELECT {', '.join([record, *selected])} FROM {source})"


def _unlike(
    connection: duckdb.DuckDBPyConnection, table: Table, names: Sequence[str], before: Path | None, now: Path | None
) -> list[str] | None:
    """Relations of the rows that do not stand in both snapshots alike; None where they are not quicker found so."""
    if before is None or now is None:
        return None
    found = unlike(before, now, table.key, [name for name in names if name not in table.key])
    if found is None:
        return None
    for side, rows in zip(("unlike_before", "unlike_now"), found, strict=True):
        connection.register(side, rows)
    return ["unlike_before", "unlike_now"]


def _keyed(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    names: Sequence[str],
    sides: Sequence[str],
    rows: dict[str, tuple[pa.Table, pa.Table]],
) -> Iterator[Change]:
    """Rows are held against each other by their keys, whole, and not by a digest."""
    same = " AND ".join(_alike(f"b.{identifier(name)}", f"n.{identifier(name)}", table, name) for name in table.key)
    others = [name for name in names if name not in table.key]
    differs = " OR ".join(["b.record IS NULL", "n.record IS NULL", *map(_differs, others)])
    every = [f'{side}.{identifier(name)} AS "{side}.{name}"' for side in "bn" for name in ("record", *names)]
    query = f"SELECT {', '.join(every)} FROM {sides[0]} AS b FULL JOIN {sides[1]} AS n ON {same} WHERE {differs}"
    found = connection.sql(query).to_arrow_table()
    connection.register("found", found)
    rows[table.name] = _of_side(connection, "b", names), _of_side(connection, "n", names)
    yield from _told(connection, table, others)
    connection.unregister("found")


def _of_side(connection: duckdb.DuckDBPyConnection, side: str, names: Sequence[str]) -> pa.Table:
    """The rows that changed as one snapshot has them."""
    selected = ", ".join(f'"{side}.{name}" AS {identifier(name)}' for name in ("record", *names))
    return connection.sql(f'SELECT {selected} FROM found WHERE "{side}.record" IS NOT NULL').to_arrow_table()


def _told(connection: duckdb.DuckDBPyConnection, table: Table, others: Sequence[str]) -> Iterator[Change]:
    """The rows that were found to differ, with their keys and cells in words."""
    keys = [key_sql(table, f"{side}.") for side in "bn"]
    relations = []
    for side in "bn":
        named = ", ".join(f'"{side}.{name}" AS {identifier(name)}' for name in table.key)
        relations.append(f"LATERAL (SELECT {named}) AS {side}")
    cells = [f'CAST("{side}.{name}" AS VARCHAR)' for name in others for side in "bn"]
    shown = f'CASE WHEN "n.record" IS NULL THEN {keys[0]} ELSE {keys[1]} END'
    query = f"""SELECT "b.record", "n.record", {", ".join([shown, *cells])} FROM found, {", ".join(relations)}"""
    types = {column.name: column.type for column in table.columns}
    currency = others.index(CURRENCY) if CURRENCY in others else None
    for record, other, key, *values in connection.execute(query).fetchall():
        kind = ADDED if record is None else REMOVED if other is None else CHANGED
        pairs = list(zip(values[::2], values[1::2], strict=True))
        told = [
            Cell(name, _text(old, types.get(name)), _text(new, types.get(name)))
            for name, (old, new) in zip(others, pairs, strict=True)
            if kind == CHANGED and old != new
        ]
        in_currency = "" if currency is None else str(pairs[currency][1] or pairs[currency][0] or "")
        yield Change(table.name, str(key), kind, tuple(told), 1, in_currency, int(record or 0), int(other or 0))


def _alike(one: str, other: str, table: Table, name: str) -> str:
    """Whether two cells of a key are the same; a blank one is the same as a blank one."""
    column = table.column(name)
    is_filled = column is not None and not column.blank_key
    return f"{one} = {other}" if is_filled else f"{one} IS NOT DISTINCT FROM {other}"


def _differs(name: str) -> str:
    return f"b.{identifier(name)} IS DISTINCT FROM n.{identifier(name)}"


def _unkeyed(
    connection: duckdb.DuckDBPyConnection, table: Table, names: Sequence[str], sides: Sequence[str]
) -> Iterator[Change]:
    """Rows without a key are their cells: what is there more often than before was added, less often removed."""
    cells = ", ".join(map(identifier, names))
    texts = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in names)
    both = " UNION ALL ".join(
        f"SELECT {cells}, {sign} AS sign, record FROM {side}" for sign, side in zip((-1, 1), sides, strict=True)
    )
    query = f"""SELECT sum(sign), max(record) FILTER (sign < 0), max(record) FILTER (sign > 0), {texts}
        FROM ({both}) GROUP BY {cells} HAVING sum(sign) != 0"""
    types = {column.name: column.type for column in table.columns}
    for count, before, now, *values in connection.execute(query).fetchall():
        shown = [_text(value, types.get(name)) for name, value in zip(names, values, strict=True)]
        currency = shown[list(names).index(CURRENCY)] if CURRENCY in names else None
        kind = ADDED if count > 0 else REMOVED
        rows, places = abs(int(count)), (0, int(now)) if count > 0 else (int(before), 0)
        yield Change(table.name, key_text(shown), kind, (), rows, currency or "", *places)


def _text(value: str | None, type_: Type | None) -> str | None:
    """A cell as a batch holds it: a number without the zeros that end it."""
    if value is None or type_ != Type.NUMBER or "." not in value:
        return value
    return value.rstrip("0").rstrip(".")
