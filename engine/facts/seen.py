"""What a row of a table sees, in SQL: its own columns, derived flags, the period, and the rows that it refers to.

Names are resolved as they are asked for; the joins that they need are remembered. Answers come back exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from engine.facts.grammar import NUMBER_DECIMALS
from engine.facts.read import table_name
from engine.facts.sql import Sql, identifier
from engine.values import RECORD
from rules.calendar import Period
from rules.crediting.meaning import CREDIT, CREDIT_COLUMNS
from rules.expressions.tree import Column, Expression, Type
from rules.expressions.vector import Truth
from rules.joins import Hop, route
from rules.quantities.exact import Exact, Integers
from rules.tables import DERIVED, FLAGS, REFERRED, Table

FP = 10**NUMBER_DECIMALS
_FEW = 100_000  # rows; for more, the fast way is worth the pandas that it imports, which takes as long as these
_PERIOD: Mapping[str, Callable[[Period], str]] = {
    "start": lambda period: f"DATE '{period.start.isoformat()}'",
    "end": lambda period: f"DATE '{period.end.isoformat()}'",
    "days": lambda period: str(period.days),
}


def order_of(table: Table) -> list[str]:
    """The SQL of what a table's rows `t` are in order of: the key, or the place among the kept rows, which does not
    depend on the order of the source."""
    return [f"t.{identifier(name)}" for name in table.key] or ['t."@place"']


class Seen:
    """The names that a row of `table` sees; the row itself is `t`, a row that it refers to `j_TABLE`."""

    def __init__(self, tables: Mapping[str, Table], table: str, period: Period, credit: bool = False) -> None:
        self._tables, self._table, self._period, self._credit = tables, table, period, credit
        self._hops: dict[str, Hop] = {}

    def named(self, column: Column) -> str:
        """The SQL of a column; a derived flag is worked out at its instant."""
        assert column.table is not None, "facts answer for tables"
        if column.table == "period":
            return _PERIOD[column.name](self._period)
        alias = "t"
        if column.table == CREDIT:
            return f"c.{identifier(column.name)}"
        if self._credit and column.table == "partners":  # the credited one, whoever the row itself names
            self._hops.setdefault("partners", Hop("partners", ("partner_id",), CREDIT))
            alias = "j_partners"
        elif column.table != self._table:
            for hop in route(self._tables, self._table, column.table):
                self._hops.setdefault(hop.table, hop)
            alias = f"j_{column.table}"
        if (column.table, column.name) in REFERRED:
            return self._referred(alias, column)
        if (column.table, column.name) not in DERIVED:
            return f"{alias}.{identifier(column.name)}"
        began, ended, instant = DERIVED[column.table, column.name]
        at = _PERIOD[instant](self._period)
        over = f"coalesce({alias}.{identifier(ended)} < {at}, FALSE)"
        return f"({alias}.{identifier(began)} < {at} AND NOT {over})"

    def _referred(self, alias: str, column: Column) -> str:
        assert column.table is not None
        by, dated = REFERRED[column.table, column.name]
        (key,) = self._tables[column.table].key
        query = f"""SELECT {identifier(by)} FROM {table_name(column.table)}
            WHERE {identifier(by)} IS NOT NULL AND {identifier(dated)} < {_PERIOD["end"](self._period)}"""
        return f"({alias}.{identifier(key)} IN ({query}))"

    def joins(self, credits: str = "") -> str:
        """The joins to every row that the names so far refer to; what a credit refers to comes after `credits`."""
        hops = list(self._hops.values())
        own = [_join(hop) for hop in hops if hop.origin != CREDIT]
        return " ".join([*own, credits, *(_join(hop) for hop in hops if hop.origin == CREDIT)])

    def tables(self) -> tuple[str, ...]:
        """The tables that the names so far refer to."""
        return tuple(self._hops)

    def type_of(self, column: Column) -> Type:
        """The type of a column; a value of partners is a number."""
        if column.table is None:
            return Type.NUMBER
        if column.table == "period":
            return Type.COUNT if column.name == "days" else Type.DATE
        if (column.table, column.name) in FLAGS:
            return Type.FLAG
        if column.table == CREDIT:
            return CREDIT_COLUMNS[column.name]
        if column.name == RECORD:
            return Type.COUNT
        found = self._tables[column.table].column(column.name)
        assert found is not None, f"{column} was checked"
        return found.type

    def leaf(self, tree: Expression, sql: Sql) -> str:
        """The SQL of a leaf, with a number with decimals as a whole number of billionths."""
        text = sql.of(tree)
        return f"CAST({text} * {FP} AS DECIMAL(38,0))" if self._is_number(tree) else text

    def answer(self, tree: Expression, column: pa.ChunkedArray) -> Exact | Truth:
        """The answer to a leaf, from its Arrow column."""
        if pa.types.is_boolean(column.type):
            return Truth(np.asarray(column.fill_null(False)), np.asarray(column.is_valid()))
        known = np.asarray(column.is_valid())
        return Exact(unscaled(column), FP if self._is_number(tree) else 1, None if known.all() else known)

    def _is_number(self, tree: Expression) -> bool:
        return isinstance(tree, Column) and self.type_of(tree) == Type.NUMBER


def unscaled(column: pa.ChunkedArray) -> Integers:
    """Whole numbers of a column (a decimal in units of its last place), zero where it is null; int64 where all fit."""
    if not pa.types.is_decimal(column.type):
        return np.asarray(column.fill_null(0).cast(pa.int64()))
    joined = column.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.chunk(0) if joined.num_chunks else pa.array([], column.type)
    halves = np.frombuffer(joined.buffers()[1] or b"", dtype=np.int64)[2 * joined.offset :][: 2 * len(joined)]
    low, high = halves[0::2], halves[1::2]
    known = np.asarray(joined.is_valid())
    if bool(np.all((high == low >> 63) | ~known)):
        return np.where(known, low, 0)
    wide = (high.astype(object) << 64) + low.astype(np.uint64).astype(object)
    return np.where(known, wide, 0)


def texts(column: pa.ChunkedArray) -> NDArray[Any]:
    """The texts of a column as Python strings, None where null."""
    if column.length() < _FEW:
        return np.array(column.to_pylist(), dtype=object)
    found: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return found


def _join(hop: Hop) -> str:
    source = {None: "t", CREDIT: "c"}.get(hop.origin, f"j_{hop.origin}")
    on = " AND ".join(f"j_{hop.table}.{identifier(name)} = {source}.{identifier(name)}" for name in hop.key)
    return f" LEFT JOIN {table_name(hop.table)} AS j_{hop.table} ON {on}"
