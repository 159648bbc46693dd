"""Measures by group: sums, counts, means and medians of table rows, for each partner or for any grouping of partners.

In: measures, and the group of each partner. Out: for each measure its numerator and denominator by group, exact. All
measures on the same rows share one scan, as filtered aggregates of one query over the rows that any of them counts;
SQL sums and counts integers only, and what has a product or a quotient goes through the kernel row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.aggregates import Aggregates, Named
from engine.facts.credit import credit
from engine.facts.read import table_name
from engine.facts.seen import FP, Seen, unscaled
from engine.facts.sql import Sql, identifier
from engine.values import Measured
from rules.calendar import Calendar, Period
from rules.expressions.tree import And, Column, Expression, Type, columns
from rules.expressions.vector import has_decimals, has_product, leaves, number, truth
from rules.kpi import Window
from rules.meaning import MeasureMeaning
from rules.quantities.exact import Exact, Flags, group_total
from rules.tables import REFERRED, Table


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Which group each partner belongs to: `partners` (n,) ids, `groups` (n,) 0 to count - 1.

    `is_program`: there is one group, and rows of no partner belong to it where a measure counts them.
    """

    partners: NDArray[Any]
    groups: NDArray[np.int64]
    count: int
    is_program: bool = False


def window_days(window: Window, period: Period, calendar: Calendar) -> tuple[date | None, date | None] | None:
    """The half-open days of a window (None: open); None altogether where there is no period before."""
    last = period.end - timedelta(days=1)
    match window:
        case Window.PERIOD:
            return period.start, period.end
        case Window.PERIOD_BEFORE:
            before = calendar.before(period)
            return None if before is None else (before.start, before.end)
        case Window.LAST_MONTH:
            first, end = _month(last.year, last.month, 0)
            return first, min(end, period.end)  # a period that does not end with a month looks no further than its end
        case Window.MONTH_BEFORE:
            return _month(period.start.year, period.start.month, -1)
        case Window.TRAILING_YEAR:
            return _year_before(period.end), period.end
        case Window.UNTIL_END:
            return None, period.end
        case Window.UNTIL_START:
            return None, period.start


def measure(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    calendar: Calendar,
    groups: Groups,
    measures: Iterable[MeasureMeaning],
) -> Mapping[str, Measured]:
    """Every measure by group; a group without rows has zero (a sum, a count) or is unknown (a mean, a median)."""
    columns = {"partner_id": pa.array(groups.partners, pa.string()), "place": pa.array(groups.groups, pa.int64())}
    connection.register("partner_groups", pa.table(columns))
    scans: dict[tuple[object, ...], list[MeasureMeaning]] = {}
    found: dict[str, Measured] = {}
    for each in measures:
        days = window_days(each.window, period, calendar) if each.rows.dated is not None else (None, None)
        if days is None:
            found[each.name] = Measured(_unknown(groups.count), Exact.constant(1, groups.count))
            continue
        latest = (each.latest_of, each.rows.where, each.rows.dated, days) if each.latest_of is not None else None
        is_open = each.counts_direct and groups.is_program
        scans.setdefault((each.rows.table, each.credited, each.owner, is_open, latest), []).append(each)
    for members in scans.values():
        found |= _Scan(connection, tables, period, calendar, groups, members[0]).run(members)
    connection.unregister("partner_groups")
    return found


class _Scan:
    """One scan of one table's rows, for all measures that read them in the same way."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        period: Period,
        calendar: Calendar,
        groups: Groups,
        like: MeasureMeaning,
    ) -> None:
        self._connection, self._tables, self._period, self._calendar = connection, tables, period, calendar
        self._groups, self._table, self._credited, self._owner = groups, like.rows.table, like.credited, like.owner
        self._credit = None if like.credited is None else credit(like.credited, like.rows.table)
        self._is_open = like.counts_direct and groups.is_program
        self._seen = Seen(tables, self._table, period)
        self._sql = Sql(self._seen.named)

    def run(self, members: Sequence[MeasureMeaning]) -> Mapping[str, Measured]:
        """The measures of the scan, by name."""
        in_sql = [each for each in members if self._is_whole(each)]
        found = self._aggregated(in_sql) if in_sql else {}
        for each in members:
            if each not in in_sql:
                found[each.name] = self._by_kernel(each)
        return found

    # --- in SQL -------------------------------------------------------------------------------------------------------

    def _is_whole(self, each: MeasureMeaning) -> bool:
        """Whether SQL can work it out in whole numbers: nothing is multiplied or divided, no decimals are credited."""
        if each.rows.where is not None and has_product(each.rows.where):
            return False
        if each.value is None:
            return True
        if has_product(each.value) or (has_decimals(each.value) and each.aggregate != "count_distinct"):
            return False
        if each.aggregate == "count_distinct":
            return True
        return self._credited is None or not self._is_decimal(each.value)

    def _aggregated(self, members: Sequence[MeasureMeaning]) -> dict[str, Measured]:
        aggregates, needed = Aggregates(self._credited is not None), Named("")
        names: dict[str, Mapping[str, str]] = {}
        for each in members:
            self._sql = Sql(self._seen.named)
            names[each.name] = aggregates.of(each, self._sql, self._condition(each), Sql(self._seen.named))
            self._sql = Sql(self._seen.named)
            needed.of(self._needed(each), self._sql.parameters)
        self._sql = Sql(self._seen.named)
        columns = ", ".join([f"{self._group} AS grp", self._share, *aggregates.by_row.selected()])
        rows = f"SELECT {columns} {self._source(members[0])} WHERE {' OR '.join(needed.texts())}"
        query = f"SELECT grp, den, {', '.join(aggregates.by_group.selected())} FROM ({rows}) GROUP BY ALL"
        parameters = [*aggregates.by_row.parameters(), *self._sql.parameters, *needed.parameters()]
        answer = self._connection.sql(query, params=parameters).to_arrow_table()
        return {
            each.name: self._known(self._measured(each, names[each.name], answer), names[each.name], answer)
            for each in members
        }

    def _known(self, found: Measured, names: Mapping[str, str], answer: pa.Table) -> Measured:
        """The measure, unknown in each group that a row with a blank value belongs to."""
        if "blank" not in names:
            return found
        blanks = group_total(unscaled(answer[names["blank"]]), answer["grp"].to_numpy(), self._groups.count)
        return Measured(found.numerator.where(blanks == 0, _unknown(self._groups.count)), found.denominator)

    def _measured(self, each: MeasureMeaning, names: Mapping[str, str], answer: pa.Table) -> Measured:
        """What the query answered, spread over all groups; credited sums of unlike denominators are added exactly."""
        is_number = each.value is not None and each.aggregate != "count_distinct" and self._is_decimal(each.value)
        below, count, top = FP if is_number else 1, self._groups.count, answer[names["top"]]
        one, groups, values = Exact.constant(1, count), answer["grp"].to_numpy(), unscaled(top)
        if each.aggregate == "median":
            known = np.zeros(count, dtype=bool)
            known[groups[np.asarray(top.is_valid())]] = True
            others = group_total(unscaled(answer[names["other"]]), groups, count)
            twice = Exact(group_total(values, groups, count)) + Exact(others)
            return Measured(Exact(twice.numerator, 2 * below, known), one)
        if self._credited is not None:
            total, dens = Exact.constant(0, count), answer["den"].to_numpy()
            for den in np.unique(dens).tolist():
                total = total + Exact(group_total(values[dens == den], groups[dens == den], count), int(den) * below)
            return Measured(total, one)
        numerator = Exact(group_total(values, groups, count), below)
        if each.aggregate != "mean":
            return Measured(numerator, one)
        return Measured(numerator, Exact(group_total(unscaled(answer[names["known"]]), groups, count)))

    def _needed(self, each: MeasureMeaning) -> str:
        """What is true of every row that a measure counts, and is told by the row alone: no look-ups in other rows."""
        where = each.rows.where
        parts = where.parts if isinstance(where, And) else () if where is None else (where,)
        plain = [part for part in parts if not any((read.table, read.name) in REFERRED for read in columns(part))]
        return " AND ".join([*(self._sql.of(part) for part in plain), self._condition(each, has_where=False)])

    def _condition(self, each: MeasureMeaning, has_where: bool = True) -> str:
        """The filter of one measure: its condition and its window."""
        parts = [self._sql.of(each.rows.where)] if has_where and each.rows.where is not None else ["TRUE"]
        if each.rows.dated is not None:
            days = window_days(each.window, self._period, self._calendar)
            assert days is not None
            name = self._seen.named(each.rows.dated)
            for bound, sign in zip(days, (">=", "<"), strict=True):
                if bound is not None:
                    parts.append(f"{name} {sign} CAST(? AS DATE)")
                    self._sql.parameters.append(bound)
        return " AND ".join(parts)

    def _source(self, first: MeasureMeaning) -> str:
        """Whence the rows come, and which group each belongs to."""
        rows = self._rows
        if first.latest_of is not None:
            order = self._newest_first(first)
            partition, condition = f"{self._group}, {self._seen.named(first.latest_of)}", self._condition(first)
            rows = f"""(SELECT t.* FROM {self._joined(rows)} WHERE {condition}
                QUALIFY row_number() OVER (PARTITION BY {partition} ORDER BY {order}) = 1) AS t"""
        return f"FROM {self._joined(rows)}"

    @property
    def _rows(self) -> str:
        return f"{table_name(self._table)} AS t"

    def _newest_first(self, each: MeasureMeaning) -> str:
        """The order of rows from the latest, and of one day from the last by key."""
        assert each.rows.dated is not None
        key = [f"t.{identifier(name)}" for name in self._tables[self._table].key] or ['t."@place"']
        return ", ".join(f"{name} DESC" for name in (self._seen.named(each.rows.dated), *key))

    @property
    def _group(self) -> str:
        return "coalesce(g.place, 0)" if self._is_open else "g.place"

    @property
    def _share(self) -> str:
        return "1 AS num, 1 AS den" if self._credit is None else f"{self._credit.num} AS num, {self._credit.den} AS den"

    def _joined(self, rows: str) -> str:
        """Rows with what they refer to, their credits, and the group that each belongs to."""
        if self._credit is not None:
            groups = f"JOIN partner_groups AS g ON g.partner_id = {self._credit.owner}"
            return f"{rows} {self._seen.joins()} {self._credit.join} {groups}"
        owner = self._seen.named(self._owner)
        join = "LEFT JOIN" if self._is_open else "JOIN"
        return f"{rows} {self._seen.joins()} {join} partner_groups AS g ON g.partner_id = {owner}"

    def _is_decimal(self, tree: Expression) -> bool:
        """Whether the value is a number with decimals, and not whole as money, counts and days are."""
        found = leaves(tree, self._seen.type_of)
        return any(isinstance(leaf, Column) and self._seen.type_of(leaf) == Type.NUMBER for leaf in found)

    # --- in the kernel ------------------------------------------------------------------------------------------------

    def _by_kernel(self, each: MeasureMeaning) -> Measured:
        """A measure with products, quotients or decimals: its leaves by row, and the rest exactly in whole numbers."""
        self._sql = Sql(self._seen.named)
        where = each.rows.where if each.rows.where is not None and has_product(each.rows.where) else None
        is_plain = each.aggregate == "count_distinct" and each.value is not None and not has_product(each.value)
        trees = [tree for tree in (None if is_plain else each.value, where) if tree is not None]
        wanted = list(dict.fromkeys(leaf for tree in trees for leaf in leaves(tree, self._seen.type_of)))
        selected = [f"{self._seen.leaf(tree, self._sql)} AS leaf{index}" for index, tree in enumerate(wanted)]
        if is_plain and each.value is not None:
            selected.append(f"{self._sql.of(each.value)} AS distinct_value")
        is_latest_here = each.latest_of is not None and where is not None
        if is_latest_here:
            selected += self._latest_columns(each)
        source = f"FROM {self._joined(self._rows)}" if is_latest_here else self._source(each)
        condition = self._condition(each, has_where=where is None)
        query = f"SELECT {self._group} AS grp, {', '.join([self._share, *selected])} {source} WHERE {condition}"
        answer = self._connection.sql(query, params=self._sql.parameters).to_arrow_table()
        found = {tree: self._seen.answer(tree, answer[f"leaf{index}"]) for index, tree in enumerate(wanted)}
        rows, type_of = answer.num_rows, self._seen.type_of
        meant = np.ones(rows, dtype=bool) if where is None else truth(where, found.__getitem__, type_of, rows).yes
        if is_latest_here:
            meant = _latest(meant, answer)
        if is_plain:
            value = _numbered(answer["distinct_value"])
        elif each.value is None:
            value = Exact.constant(1, rows)
        else:
            value = number(each.value, found.__getitem__, type_of, rows)
        value = value * Exact(unscaled(answer["num"]), unscaled(answer["den"]) if rows else 1)
        return _gathered(each, value, meant, answer["grp"].to_numpy(), self._groups.count)

    def _latest_columns(self, each: MeasureMeaning) -> list[str]:
        """Whom a row is one of several of (`who`), and which of those it is, the latest first (`place`)."""
        assert each.latest_of is not None and each.rows.dated is not None
        who = f"dense_rank() OVER (ORDER BY {self._group}, {self._seen.named(each.latest_of)})"
        return [f"{who} AS who", f"row_number() OVER (ORDER BY {self._newest_first(each)}) AS place"]


def _latest(meant: Flags, answer: pa.Table) -> Flags:
    """Of the rows that are meant, the latest of each `who`."""
    rows = np.flatnonzero(meant)
    by_place = rows[np.argsort(answer["place"].to_numpy()[rows], kind="stable")]
    _, firsts = np.unique(answer["who"].to_numpy()[by_place], return_index=True)
    latest = np.zeros(len(meant), dtype=bool)
    latest[by_place[firsts]] = True
    return latest


def _numbered(column: pa.ChunkedArray) -> Exact:
    """Equal values as equal whole numbers, unknown where there is none."""
    codes = column.combine_chunks().dictionary_encode()
    known = np.asarray(column.is_valid())
    indices = codes.indices if isinstance(codes, pa.DictionaryArray) else codes.chunk(0).indices
    return Exact(np.asarray(indices.fill_null(0)).astype(np.int64), 1, known)


def _gathered(each: MeasureMeaning, value: Exact, meant: Flags, groups: NDArray[np.int64], count: int) -> Measured:
    """The measure by group, from the value of every row that is meant."""
    counts = meant & value.is_known()
    blank = np.bincount(groups[meant & ~counts], minlength=count) > 0
    known = np.ones(count, dtype=bool) if each.leaves_blanks_out else ~blank
    groups, one, kept = groups[counts], Exact.constant(1, count), value.take(counts)
    if each.aggregate == "count_distinct":  # values are in lowest terms, so equal ones have equal parts
        below = kept.denominator if not isinstance(kept.denominator, int) else np.ones(len(kept), dtype=np.int64)
        pairs = set(zip(groups.tolist(), kept.numerator.tolist(), below.tolist(), strict=True))
        return Measured(Exact(np.bincount([group for group, *_ in pairs] or [0], minlength=count) * bool(pairs)), one)
    rows = Exact(np.bincount(groups, minlength=count).astype(np.int64)) if each.aggregate == "mean" else one
    if each.aggregate != "median" and isinstance(kept.denominator, int):
        return Measured(Exact(group_total(kept.numerator, groups, count), kept.denominator, known), rows)
    members: list[list[Fraction]] = [[] for _ in range(count)]
    for group, found in zip(groups.tolist(), kept.fractions(), strict=True):
        members[group].append(found or Fraction(0))
    work_out = _middle if each.aggregate == "median" else _added
    return Measured(Exact.of([work_out(found) if known[at] else None for at, found in enumerate(members)]), rows)


def _added(numbers: list[Fraction]) -> Fraction:
    """The exact sum, added in pairs so that denominators grow late: those of unlike rows have no common one."""
    while len(numbers) > 1:
        numbers = [sum(numbers[at : at + 2], Fraction(0)) for at in range(0, len(numbers), 2)]
    return numbers[0] if numbers else Fraction(0)


def _middle(numbers: list[Fraction]) -> Fraction | None:
    """The median: of an even number of values the mean of the two in the middle; None of no value."""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return (ordered[half] + ordered[-half - 1]) / 2 if ordered else None


def _month(year: int, month: int, shift: int) -> tuple[date, date]:
    first = year * 12 + month - 1 + shift
    return date(first // 12, first % 12 + 1, 1), date((first + 1) // 12, (first + 1) % 12 + 1, 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February: the year before it began on 1 March
        return date(day.year - 1, 3, 1)


def _unknown(rows: int) -> Exact:
    return Exact(np.zeros(rows, dtype=np.int64), 1, np.zeros(rows, dtype=bool))
