"""What a row of a table sees, in SQL: its own columns, derived flags, the period, and the rows that it refers to.

Names are resolved as they are asked for; the joins that they need are remembered. Answers come back exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.arrow import flags, integers, is_known
from engine.facts.exchange import exact_sql
from engine.facts.grammar import NUMBER_DECIMALS
from engine.facts.read import table_name
from engine.facts.sql import Sql, identifier
from engine.facts.versions import Version
from engine.values import EXACT, RECORD
from rules.calendar import Period
from rules.crediting.meaning import CREDIT, CREDIT_COLUMNS
from rules.expressions.tree import And, Column, Expression, Type, columns
from rules.expressions.vector import Truth
from rules.joins import PERIOD, Hop, route
from rules.quantities.exact import Exact, Integers
from rules.tables import ATTRIBUTES, DERIVED, FLAGS, HISTORY, OF_HISTORY_ALONE, REFERRED, REIMBURSABLE, Table

FP = 10**NUMBER_DECIMALS
_FEW = 100_000  # rows; for more, the fast way is worth the pandas that it imports, which takes as long as these
_PERIOD: Mapping[str, Callable[[Period], str]] = {
    "start": lambda period: f"DATE '{period.start.isoformat()}'",
    "end": lambda period: f"DATE '{period.end.isoformat()}'",
    "days": lambda period: str(period.days),
    "name": lambda period: "'" + period.name.replace("'", "''") + "'",
}
_PERIOD_TYPES: Mapping[str, Type] = {"days": Type.COUNT, "name": Type.TEXT}


def seen_on(period: Period, partner: str) -> str:
    """The SQL of the day on which a partner is seen in a period: its last, or the last one on which it is a partner."""
    last = f"least({_PERIOD['end'](period)} - 1, {partner}.terminated_on)"  # DuckDB passes over NULL
    return f"greatest({last}, {partner}.recruited_on)"


def order_of(table: Table) -> list[str]:
    """The SQL of what a table's rows `t` are in order of: the key, or the place among the kept rows, which does not
    depend on the order of the source."""
    return [f"t.{identifier(name)}" for name in table.key] or ['t."@place"']


class Seen:
    """The names that a row of `table` sees; the row itself is `t`, a row that it refers to `j_TABLE`."""

    def __init__(self, tables: Mapping[str, Table], table: str, period: Period, credit: bool = False) -> None:
        self._tables, self._table, self._period, self._credit = tables, table, period, credit
        self._hops: dict[str, Hop] = {}
        self._versions: dict[tuple[str, Column | date | None], Version] = {}

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
        if column.name.startswith(EXACT):
            return exact_sql(alias, column.name.removeprefix(EXACT))
        if (column.table, column.name) == REIMBURSABLE:
            return f"(SELECT w.minor FROM reimbursable AS w WHERE w.record = {alias}.record)"
        if (column.table, column.name) in REFERRED:
            return self._referred(alias, column)
        if column.table == "partners" and column.name in ATTRIBUTES and HISTORY in self._tables:
            own = "NULL" if column.name in OF_HISTORY_ALONE else f"{alias}.{identifier(column.name)}"
            return self._version(alias, column).value(own)
        if (column.table, column.name) not in DERIVED:
            return f"{alias}.{identifier(column.name)}"
        began, ended, instant = DERIVED[column.table, column.name]
        at = _PERIOD[instant](self._period)
        over = f"coalesce({alias}.{identifier(ended)} < {at}, FALSE)"
        return f"({alias}.{identifier(began)} < {at} AND NOT {over})"

    def _version(self, alias: str, column: Column) -> Version:
        """The version of an attribute on the day that a column means, or else on the last day on which the partner is
        one in the period."""
        at = ATTRIBUTES[column.name], column.on
        if at not in self._versions:
            if isinstance(column.on, Column):
                day = self.named(column.on)
            elif column.on is not None:
                day = f"DATE '{column.on.isoformat()}'"
            else:
                day = seen_on(self._period, alias)
            self._versions[at] = Version(
                f"v_{len(self._versions)}", at[0], f"{alias}.partner_id", day, isinstance(column.on, Column)
            )
        return self._versions[at]

    def version_of(self, column: Column) -> Version | None:
        """The version that a column looks at; None where it is no attribute with versions."""
        if column.table != "partners" or column.name not in ATTRIBUTES or HISTORY not in self._tables:
            return None
        self.named(column)
        return self._versions[ATTRIBUTES[column.name], column.on]

    def asks_for(self, tree: Expression, attribute: Column) -> bool:
        """Whether a tree looks at the version that an attribute looks at."""
        version = self.version_of(attribute)
        return any(self.version_of(column) == version for column in columns(tree))

    def rest_of(self, where: Expression | None, attribute: Column) -> list[Expression]:
        """The conditions that a row meets before it asks for an attribute: those of a rule that do not look at it."""
        parts = () if where is None else where.parts if isinstance(where, And) else (where,)
        return [part for part in parts if not self.asks_for(part, attribute)]

    @property
    def versions(self) -> Sequence[Version]:
        """The versions that the names so far look at."""
        return tuple(self._versions.values())

    def _referred(self, alias: str, column: Column) -> str:
        assert column.table is not None
        by, dated = REFERRED[column.table, column.name]
        (key,) = self._tables[column.table].key
        query = f"""SELECT {identifier(by)} FROM {table_name(column.table)}
            WHERE {identifier(by)} IS NOT NULL AND {identifier(dated)} < {_PERIOD["end"](self._period)}"""
        return f"({alias}.{identifier(key)} IN ({query}))"

    @property
    def period_days(self) -> int:
        """How many days the period has, which is the same for every row."""
        return self._period.days

    def joins(self, credits: str = "") -> str:
        """The joins to every row that the names so far refer to; what a credit refers to comes after `credits`."""
        hops = list(self._hops.values())
        own = [self._join(hop) for hop in hops if hop.origin != CREDIT]
        of_credit = [self._join(hop) for hop in hops if hop.origin == CREDIT]
        return " ".join([*own, credits, *of_credit, *(each.join for each in self.versions)])

    def _join(self, hop: Hop) -> str:
        source = {None: "t", CREDIT: "c"}.get(hop.origin, f"j_{hop.origin}")
        tests = [f"j_{hop.table}.{identifier(name)} = {source}.{identifier(name)}" for name in hop.key]
        tests += [f"j_{hop.table}.{identifier(PERIOD)} = {_PERIOD['name'](self._period)}"] if hop.is_of_period else []
        return f" LEFT JOIN {table_name(hop.table)} AS j_{hop.table} ON {' AND '.join(tests)}"

    def tables(self) -> tuple[str, ...]:
        """The tables that the names so far refer to."""
        return tuple(self._hops)

    def type_of(self, column: Column) -> Type:
        """The type of a column; a value of partners is a number."""
        if column.table is None:
            return Type.NUMBER
        if column.table == "period":
            return _PERIOD_TYPES.get(column.name, Type.DATE)
        if (column.table, column.name) in FLAGS:
            return Type.FLAG
        if column.table == CREDIT:
            return CREDIT_COLUMNS[column.name]
        if column.name == RECORD:
            return Type.COUNT
        if column.name.startswith(EXACT) or (column.table, column.name) == REIMBURSABLE:
            return Type.MONEY
        if column.table == "partners" and column.name in OF_HISTORY_ALONE and HISTORY in self._tables:
            return Type.TEXT
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
            return Truth(flags(column), is_known(column))
        known = is_known(column)
        if pa.types.is_struct(column.type):
            above, below = (unscaled(part) for part in column.flatten())
            return Exact(above, np.where(known, below, 1), None if known.all() else known)
        return Exact(unscaled(column), FP if self._is_number(tree) else 1, None if known.all() else known)

    def _is_number(self, tree: Expression) -> bool:
        return isinstance(tree, Column) and self.type_of(tree) == Type.NUMBER


def unscaled(column: pa.ChunkedArray) -> Integers:
    """Whole numbers of a column (a decimal in units of its last place), zero where it is null; int64 where all fit."""
    if not pa.types.is_decimal(column.type):
        return integers(column)
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
