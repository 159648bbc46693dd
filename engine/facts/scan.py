"""One scan of a table for all measures that read it with the same joins: its rows are read once, however many they are.

SQL filters, counts and adds whole numbers, by filtered aggregates of one query over the rows that any measure counts.
What the kernel has to work out row by row comes with the same query, as a list for each group. Where such lists do not
fit into memory, or where rows have to come in an order, the rows that were read are kept aside (on disk, if need be),
and both the aggregates and the kernel go on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.facts.aggregates import Aggregates, Named
from engine.facts.contested import contested_name, contested_problem, is_contested
from engine.facts.credit import credit
from engine.facts.kernel import Batch, by_kernel, first_of_each
from engine.facts.keys import key_sql
from engine.facts.read import table_name
from engine.facts.seen import Seen, order_of, unscaled
from engine.facts.sql import Sql
from engine.facts.versions import PROBLEMS_MAX, Version, refuse_gaps
from engine.facts.whole import Piece, both, condition, is_decimal, plain, told_in_sql, whole
from engine.facts.windows import window_days
from engine.values import Measured
from rules.calendar import Calendar, Period
from rules.expressions.tree import WITHIN, And, Expression, columns, words
from rules.expressions.vector import has_decimals, has_product, leaves, number, truth
from rules.meaning import MeasureMeaning
from rules.problem import Place, Refused
from rules.quantities.exact import Exact, group_total
from rules.tables import REFERRED, Table

_BATCH_ROWS = 200_000
_KEPT = "measured_rows"
_InSql = Mapping[MeasureMeaning, tuple[Piece, Piece | None]]  # which rows count, and the value of each


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the kernel is given of each row: `counts` is the flag of the rows that may count; `leaves` the parts of
    `value` and `where` that SQL answers; `coded` a text whose different values are counted; `who` and `newest` of
    whom a row is one of several, and their order from the latest.
    """

    measure: MeasureMeaning
    counts: str
    value: Expression | None
    where: Expression | None
    leaves: Mapping[Expression, str]
    coded: str | None
    who: str | None
    newest: Sequence[str]

    @property
    def is_ordered(self) -> bool:
        """Whether rows are told apart by their order, in which they have to come."""
        return self.coded is not None or self.who is not None


class Scan:
    """One scan of one table's rows, for all measures that read it with the same joins.

    Rows belong to the `count` groups by the relation `partner_groups` (partner_id, place); with `is_program` there is
    one, and it has the rows of no partner too where a measure counts them.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        period: Period,
        calendar: Calendar,
        count: int,
        is_program: bool,
        members: Sequence[MeasureMeaning],
    ) -> None:
        like = members[0]
        assert all(each.reads_as(like) for each in members), "one scan serves measures of the same rows"
        self._connection, self._tables, self._period, self._calendar = connection, tables, period, calendar
        self._count, self._table, self._members = count, tables[like.rows.table], members
        self._owner, self._is_credited = like.owner, like.credited is not None
        self._credit = None if like.credited is None else credit(like.credited, like.rows.table)
        self._is_open = is_program and any(each.counts_direct for each in members)
        self._seen = Seen(tables, like.rows.table, period)

    def run(self) -> Mapping[str, Measured]:
        """The measures of the scan, by name."""
        in_sql = {each: piece for each in self._members if (piece := self._in_sql(each)) is not None}
        is_aside = False
        while True:
            try:
                return self._run(in_sql, is_aside)
            except duckdb.OutOfRangeException:  # beyond 128 bits the kernel goes on
                if not in_sql:
                    raise
                in_sql = {}
            except duckdb.OutOfMemoryException:
                if is_aside or len(in_sql) == len(self._members):
                    raise
                is_aside = True

    def _run(self, in_sql: _InSql, is_aside: bool) -> Mapping[str, Measured]:
        by_row, needed = Named("x"), Named("")
        aggregates = Aggregates(by_row, self._is_credited)
        names = {each.name: aggregates.of(each, *pieces) for each, pieces in in_sql.items()}
        asked = [self._asked(each, by_row) for each in self._members if each not in in_sql]
        for each in self._members:
            needed.of(self._needed(each))
        self._refuse_gaps()
        self._refuse_contested()
        selected = ", ".join([f"{self._group} AS grp", *self._share, *by_row.selected()])
        rows = f"SELECT {selected} FROM {self._joined()} WHERE {' OR '.join(needed.texts())}"
        parameters = [*by_row.parameters(), *needed.parameters()]
        if is_aside or any(each.is_ordered for each in asked):
            return self._aside(in_sql, aggregates, names, asked, rows, parameters)
        lists = {each.measure.name: aggregates.by_group.of(self._listed(each)) for each in asked}
        answer = self._grouped(aggregates, f"({rows})", parameters)
        found = self._aggregated(in_sql, names, answer)
        for one in asked:
            batches = self._from_lists(one, answer["grp"], answer[lists[one.measure.name]])
            found[one.measure.name] = by_kernel(one.measure, batches, self._count)
        return found

    def _refuse_gaps(self) -> None:
        """Refuse the rows that a measure looks at, of which the rest of its condition holds, and that ask for what
        their partner was on a day that no version holds on."""
        asked: dict[Version, dict[Piece, None]] = {}
        for each in self._members:
            trees = [tree for tree in (each.value, each.rows.where, each.owner, each.latest_of) if tree is not None]
            for column in (column for tree in trees for column in columns(tree)):
                if (version := self._seen.version_of(column)) is not None:
                    met = told_in_sql(self._seen.rest_of(each.rows.where, column), self._seen)
                    asked.setdefault(version, {})[both([*self._within(each), *met])] = None
        key = key_sql(self._table, "t.") if self._table.key else f"CAST({order_of(self._table)[0]} AS VARCHAR)"
        for version, pieces in asked.items():
            where = " OR ".join(f"({each.text})" for each in pieces)
            bounds = [value for each in pieces for value in each.parameters]
            refuse_gaps(self._connection, [version], self._joined(), where, (self._table.name, key), bounds)

    def _refuse_contested(self) -> None:
        """Refuse the clashing versions that a measure would add up: they were rejected, and would be zero."""
        if "valid_from" not in self._table.key or not is_contested(self._connection, self._table.name):
            return
        for each in self._members:
            needed = both([self._needed(each), *self._overlapping(each)])
            joined = self._joined(contested_name(self._table.name))
            query = f"""SELECT DISTINCT t."@rows", t."@file", min(t."@line") FROM {joined} WHERE {needed.text}
                GROUP BY ALL ORDER BY 3 LIMIT {PROBLEMS_MAX}"""
            rows = self._connection.execute(query, list(needed.parameters)).fetchall()
            if rows:
                what, asked = f"what {each.name} measures in {self._table.name}", f"{each.name} adds them up"
                raise Refused(*(contested_problem(what, told, asked, Place(file, line)) for told, file, line in rows))

    def _overlapping(self, each: MeasureMeaning) -> list[Piece]:
        """That a version holds in the period, where a measure counts the days of its versions that lie in it."""
        if each.value is None or not any(f"{name}(" in words(each.value) for name in WITHIN):
            return []
        first, end = self._period.start.isoformat(), self._period.end.isoformat()
        return [Piece(f"t.valid_from < DATE '{end}' AND coalesce(t.valid_to >= DATE '{first}', TRUE)")]

    def _aside(
        self,
        in_sql: _InSql,
        aggregates: Aggregates,
        names: Mapping[str, Mapping[str, str]],
        asked: Sequence[_Asked],
        rows: str,
        parameters: Sequence[object],
    ) -> Mapping[str, Measured]:
        """The measures from rows that are kept aside."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {_KEPT} AS {rows}", parameters)
        try:
            found = self._aggregated(in_sql, names, self._grouped(aggregates, _KEPT, [])) if in_sql else {}
            for each in asked:
                found[each.measure.name] = by_kernel(each.measure, self._from_aside(each), self._count)
        finally:
            self._connection.execute(f"DROP TABLE {_KEPT}")
        return found

    def _grouped(self, aggregates: Aggregates, rows: str, parameters: Sequence[object]) -> pa.Table:
        keys = "grp, den" if self._is_credited else "grp"
        query = f"SELECT {keys}, {', '.join(aggregates.by_group.selected())} FROM {rows} GROUP BY {keys}"
        return self._connection.sql(query, params=parameters).to_arrow_table()

    # --- the rows -----------------------------------------------------------------------------------------------------

    @property
    def _share(self) -> list[str]:
        return [] if self._credit is None else [f"{self._credit.num} AS num", f"{self._credit.den} AS den"]

    @property
    def _group(self) -> str:
        return "coalesce(g.place, 0)" if self._is_open else "g.place"

    def _joined(self, relation: str = "") -> str:
        """Rows (of the table unless a `relation` like it is named) with what they refer to, their credits, and the
        group that each belongs to."""
        rows = f"{relation or table_name(self._table.name)} AS t"
        if self._credit is not None:
            groups = f"JOIN partner_groups AS g ON g.partner_id = {self._credit.owner}"
            return f"{rows} {self._seen.joins()} {self._credit.join} {groups}"
        owner = "NULL" if self._owner is None else self._seen.named(self._owner)  # asked for before the joins are told
        join = "LEFT JOIN" if self._is_open else "JOIN"
        return f"{rows} {self._seen.joins()} {join} partner_groups AS g ON g.partner_id = {owner}"

    def _needed(self, each: MeasureMeaning) -> Piece:
        """What is true of every row that a measure counts, and is told by the row alone: no look-ups in other rows."""
        told = [part for part in _parts(each.rows.where) if not has_product(part)]
        own = [part for part in told if not any((read.table, read.name) in REFERRED for read in columns(part))]
        return both([*(plain(part, self._seen) for part in own), *self._within(each)])

    def _within(self, each: MeasureMeaning) -> list[Piece]:
        """The window of a measure, and that a row has a partner where it needs one."""
        found = []
        if each.rows.dated is not None:
            days = window_days(each.window, self._period, self._calendar)
            assert days is not None, "without a period before there is nothing to scan for"
            name = self._seen.named(each.rows.dated)
            bounds = [(sign, bound) for sign, bound in zip((">=", "<"), days, strict=True) if bound is not None]
            found = [Piece(f"{name} {sign} DATE '{bound.isoformat()}'") for sign, bound in bounds]
        if self._is_open and not each.counts_direct:
            found.append(Piece("g.place IS NOT NULL"))
        return found

    def _newest_first(self, each: MeasureMeaning) -> list[str]:
        """The order of rows from the latest, and of one day from the last by key."""
        assert each.rows.dated is not None
        return [self._seen.named(each.rows.dated), *order_of(self._table)]

    # --- in SQL -------------------------------------------------------------------------------------------------------

    def _in_sql(self, each: MeasureMeaning) -> tuple[Piece, Piece | None] | None:
        """Which rows count, and the value of each, as SQL in whole numbers; None where that takes the kernel."""
        where = [condition(part, self._seen) for part in _parts(each.rows.where)]
        value = None if each.value is None else self._value(each, each.value)
        if None in where or (each.value is not None and value is None):
            return None
        counts = both([*(part for part in where if part is not None), *self._within(each)])
        if each.latest_of is not None:
            partition = f"{self._group}, {self._seen.named(each.latest_of)}, {counts.text}"
            order = ", ".join(f"{name} DESC" for name in self._newest_first(each))
            place = f"row_number() OVER (PARTITION BY {partition} ORDER BY {order})"
            counts = Piece(f"({counts.text}) AND {place} = 1", counts.parameters * 2)
        return counts, value

    def _value(self, each: MeasureMeaning, tree: Expression) -> Piece | None:
        if each.aggregate == "count_distinct" and not has_product(tree):
            return plain(tree, self._seen)
        if has_product(tree) or has_decimals(tree) or (self._is_credited and is_decimal(tree, self._seen)):
            return whole(tree, self._seen)
        return plain(tree, self._seen)

    def _aggregated(
        self, in_sql: _InSql, names: Mapping[str, Mapping[str, str]], answer: pa.Table
    ) -> dict[str, Measured]:
        found = {}
        for each, (_, value) in in_sql.items():
            below = 1 if value is None or each.aggregate == "count_distinct" else value.below
            named = {what: answer[name] for what, name in names[each.name].items()}
            found[each.name] = self._measured(each, below, named, answer)
        return found

    def _measured(
        self, each: MeasureMeaning, below: int, named: Mapping[str, pa.ChunkedArray], answer: pa.Table
    ) -> Measured:
        """What the query answered, spread over all groups, and unknown where a row that counts has a blank value."""
        count, groups = self._count, answer["grp"].to_numpy()
        one, values = Exact.constant(1, count), unscaled(named["top"])
        top, under = Exact(group_total(values, groups, count), below), one
        if each.aggregate == "median":
            known = np.zeros(count, dtype=bool)
            known[groups[np.asarray(named["top"].is_valid())]] = True
            twice = top + Exact(group_total(unscaled(named["other"]), groups, count), below)
            top = Exact(twice.numerator, 2 * below, known)
        elif each.aggregate == "mean":
            under = Exact(group_total(unscaled(named["known"]), groups, count))
        elif self._is_credited:  # credits of unlike denominators are added exactly
            top, dens = Exact.constant(0, count), answer["den"].to_numpy()
            for den in np.unique(dens).tolist():
                top = top + Exact(group_total(values[dens == den], groups[dens == den], count), int(den) * below)
        if "blank" in named:
            blanks = group_total(unscaled(named["blank"]), groups, count)
            top = top.where(blanks == 0, Exact(np.zeros(count, dtype=np.int64), 1, np.zeros(count, dtype=bool)))
        return Measured(top, under)

    # --- in the kernel ------------------------------------------------------------------------------------------------

    def _asked(self, each: MeasureMeaning, by_row: Named) -> _Asked:
        """The columns that the kernel needs for a measure, each selected by the scan."""
        told = [part for part in _parts(each.rows.where) if not has_product(part)]
        rest = tuple(part for part in _parts(each.rows.where) if has_product(part))
        where = None if not rest else rest[0] if len(rest) == 1 else And(rest)
        coded = each.aggregate == "count_distinct" and each.value is not None and not has_product(each.value)
        value = None if coded else each.value
        trees = [tree for tree in (value, where) if tree is not None]
        wanted = dict.fromkeys(leaf for tree in trees for leaf in leaves(tree, self._seen.type_of))
        newest = self._newest_first(each) if each.latest_of is not None else []
        return _Asked(
            each,
            by_row.of(both([*(plain(part, self._seen) for part in told), *self._within(each)])),
            value,
            where,
            {leaf: by_row.of(self._leaf(leaf)) for leaf in wanted},
            by_row.of(plain(each.value, self._seen)) if coded and each.value is not None else None,
            None if each.latest_of is None else by_row.of(Piece(self._seen.named(each.latest_of))),
            [by_row.of(Piece(name)) for name in newest],
        )

    def _leaf(self, tree: Expression) -> Piece:
        sql = Sql(self._seen.named)
        return Piece(self._seen.leaf(tree, sql), tuple(sql.parameters))

    def _columns(self, asked: _Asked) -> list[str]:
        return [*(["num", "den"] if self._is_credited else []), *dict.fromkeys(asked.leaves.values())]

    def _listed(self, asked: _Asked) -> Piece:
        """The rows of a measure as a list."""
        columns = ", ".join(f"{name} := {name}" for name in self._columns(asked)) or "one := 1"
        return Piece(f"list(struct_pack({columns})) FILTER (WHERE {asked.counts})")

    def _from_lists(self, asked: _Asked, groups: pa.ChunkedArray, lists: pa.ChunkedArray) -> Iterator[Batch]:
        """The rows of a measure, from the lists of all groups."""
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
        rows = pa.Table.from_struct_array(pc.list_flatten(lists))
        rows = rows.append_column("grp", pa.array(np.repeat(groups.to_numpy(), lengths)))
        for first in range(0, rows.num_rows, _BATCH_ROWS):
            yield self._batch(asked, rows.slice(first, _BATCH_ROWS))

    def _from_aside(self, asked: _Asked) -> Iterator[Batch]:
        """The rows of a measure, from those that were kept aside, in the order that it asks for."""
        selected = ["grp", *self._columns(asked)]
        if asked.coded is not None:
            code = f"dense_rank() OVER (ORDER BY {asked.coded})"
            selected.append(f"CASE WHEN {asked.coded} IS NOT NULL THEN {code} END AS code")
        order = ""
        if asked.who is not None:
            selected.append(f"dense_rank() OVER (ORDER BY grp, {asked.who}) AS who")
            order = " ORDER BY " + ", ".join(["who", *(f"{name} DESC" for name in asked.newest)])
        query = f"SELECT {', '.join(selected)} FROM {_KEPT} WHERE {asked.counts}{order}"
        before = 0
        for rows in self._connection.sql(query).to_arrow_reader(_BATCH_ROWS):
            batch = self._batch(asked, pa.Table.from_batches([rows]))
            if asked.who is not None:
                who = rows["who"].to_numpy()
                first = first_of_each(batch.meant, who, before)
                before = int(who[first][-1]) if first.any() else before
                batch = Batch(batch.groups, batch.value, first)
            yield batch

    def _batch(self, asked: _Asked, answer: pa.Table) -> Batch:
        rows, type_of = answer.num_rows, self._seen.type_of
        found = {tree: self._seen.answer(tree, answer[name]) for tree, name in asked.leaves.items()}
        meant = np.ones(rows, dtype=bool)
        if asked.where is not None:
            meant = truth(asked.where, found.__getitem__, type_of, rows).yes
        if asked.coded is not None:
            value = Exact(unscaled(answer["code"]), 1, np.asarray(answer["code"].is_valid()))
        elif asked.value is None:
            value = Exact.constant(1, rows)
        else:
            value = number(asked.value, found.__getitem__, type_of, rows)
        if self._is_credited and rows:
            value = value * Exact(unscaled(answer["num"]), unscaled(answer["den"]))
        return Batch(answer["grp"].to_numpy(), value, meant)


def _parts(where: Expression | None) -> Sequence[Expression]:
    """The conditions that all have to hold."""
    return () if where is None else where.parts if isinstance(where, And) else (where,)
