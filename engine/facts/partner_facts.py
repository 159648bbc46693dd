"""What partners have: who can be paid, columns of them, and the figures, points and tiers that scorecards ask for.

In: the typed tables in a connection. Out: one value for each partner that can be paid, in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.carried import earlier_tiers
from engine.facts.eligible import eligible_partners
from engine.facts.lookups import Figures, benchmark, codes, codes_of, earlier_points, target
from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.sql import Sql
from engine.facts.versions import refuse_gaps
from engine.values import Frame
from rules.calendar import Calendar, Period
from rules.expressions.tree import Column, Expression
from rules.expressions.vector import Truth, leaves, truth
from rules.quantities.exact import Exact
from rules.tables import Table


class PartnerFacts:
    """The facts of a period about its partners: those of whom `eligible` holds and, where they are named, `only` these.

    `files` are the tables that have a source.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        files: Mapping[str, str],
        period: Period,
        calendar: Calendar,
        eligible: Expression | None,
        only: frozenset[str] | None,
    ) -> None:
        self._connection, self._tables, self._files = connection, tables, files
        self._period, self._calendar, self._eligible, self._only = period, calendar, eligible, only
        self._partners = self._read_partners(eligible)

    def partners(self) -> Frame:
        """The partners that can be paid, in the order of their ids."""
        return self._partners

    def truth(self, condition: Expression, named: Mapping[str, Exact]) -> Truth:
        """For which partners a condition holds; `named` holds what they already have."""
        seen = Seen(self._tables, "partners", self._period)
        wanted = list(dict.fromkeys(leaves(condition, seen.type_of)))
        from_tables = [tree for tree in wanted if not (isinstance(tree, Column) and tree.table is None)]
        answer = self._select(seen, from_tables)
        found = {tree: seen.answer(tree, answer[f"leaf{index}"]) for index, tree in enumerate(from_tables)}
        found |= {tree: named[tree.name] for tree in wanted if isinstance(tree, Column) and tree.table is None}
        return truth(condition, found.__getitem__, seen.type_of, answer.num_rows)

    def codes(self, column: Expression) -> Exact:
        """A column as partners see it, equal values as equal whole numbers."""
        return codes(self._attribute(column))

    def reference(self, table: str, ids: Sequence[str], scale: int, period: str | None = None) -> Exact:
        """What a KPI is held against: target, or benchmark.p25, .p50, .p75; `scale` is minor units for money, else
        1."""
        return self._figures(table, ids, scale, period).values

    def reference_records(self, table: str, ids: Sequence[str], period: str | None = None) -> NDArray[np.int64]:
        """The record of the row in which each partner's figure stands, 0 where it has none."""
        return self._figures(table, ids, 1, period).records

    def _figures(self, table: str, ids: Sequence[str], scale: int, period: str | None) -> Figures:
        keys, period = self._partners.keys, period or self._period.name
        if table == "target":
            return target(self._connection, keys, self._words("region"), ids, period, scale)
        return benchmark(self._connection, self._words("segment"), ids, period, table.split(".")[1], scale)

    def _words(self, name: str) -> list[str | None]:
        """A text of each partner."""
        return [None if each is None else str(each) for each in self._attribute(Column("partners", name))]

    def earlier_points(self, scorecard: str, names: Mapping[str, Sequence[str]]) -> Mapping[str, Exact]:
        """The points of the period before, by path; empty where there is no table of them."""
        return {path: each.values for path, each in self._earlier(scorecard, names).items()}

    def earlier_records(self, scorecard: str, names: Mapping[str, Sequence[str]]) -> Mapping[str, NDArray[np.int64]]:
        """The record of the row in which each partner's points of the period before stand, by path; 0: none."""
        return {path: each.records for path, each in self._earlier(scorecard, names).items()}

    def _earlier(self, scorecard: str, names: Mapping[str, Sequence[str]]) -> Mapping[str, Figures]:
        before = self._calendar.before(self._period) if "scores" in self._files else None
        of = (self._connection, self._partners.keys, scorecard, names)
        return {} if before is None else earlier_points(*of, before.name)

    def earlier_tiers(self, scorecard: str) -> tuple[Sequence[str | None], NDArray[np.int64]]:
        """The tier of each partner in the period before by the table of scores, and the record of its row; 0: none."""
        before = self._calendar.before(self._period) if "scores" in self._files else None
        return earlier_tiers(self._connection, self._partners.keys, scorecard, before)

    def opening_tiers(self, names: Sequence[str]) -> Exact:
        """The tier that each partner holds at the start by the table of partners, as its place among `names`."""
        return codes_of(self._attribute(Column("partners", "tier", on=self._period.start), is_asked=False), names)

    def texts(self, column: Expression) -> Sequence[object]:
        """A column as partners see it, as it is."""
        return self._attribute(column)

    def _attribute(self, column: Expression, is_asked: bool = True) -> list[object]:
        seen = Seen(self._tables, "partners", self._period)
        found: list[object] = self._select(seen, [column], is_asked=is_asked)["leaf0"].to_pylist()
        return found

    def _read_partners(self, eligible: Expression | None) -> Frame:
        seen = Seen(self._tables, "partners", self._period)
        wanted = [] if eligible is None else list(dict.fromkeys(leaves(eligible, seen.type_of)))
        answer = self._select(seen, wanted, is_open=True)
        return eligible_partners(self._connection, seen, eligible, wanted, answer, self._only)

    def _select(self, seen: Seen, wanted: list[Expression], is_open: bool = False, is_asked: bool = True) -> pa.Table:
        """The id, record and leaves of partners, in the order of their ids: of those that can be paid, or of all where
        any partner is asked for (`is_open`). Where nobody asks for a version (`is_asked`), there may be none."""
        sql = Sql(seen.named)
        selected = [f"{seen.leaf(tree, sql)} AS leaf{index}" for index, tree in enumerate(wanted)]
        open_to = "" if is_open else "JOIN eligible_partners AS e ON e.partner_id = t.partner_id"
        columns = ", ".join(["t.partner_id AS partner", "t.record AS record", *selected])
        source = f"{table_name('partners')} AS t {seen.joins()} {open_to}"
        asking = "partners", "t.partner_id"
        refuse_gaps(self._connection, seen.versions, source, "TRUE", asking, may_be_none=not is_asked)
        query = f"SELECT {columns} FROM {source} ORDER BY t.partner_id"
        return self._connection.sql(query, params=sql.parameters).to_arrow_table()
