"""The SQL of what a reading reads: the rows that count, those in the days that it looks at, and all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar, TypeAlias

from engine.facts.read import table_name
from engine.facts.seen import Seen, order_of
from engine.facts.sql import Sql
from engine.values import RECORD, Reading
from rules.calendar import Period
from rules.expressions.tree import Column
from rules.tables import Table

Shares: TypeAlias = Callable[[str], str]  # from a role to its relation
Selected: TypeAlias = Column | str | Callable[[Seen], str]  # a column, the SQL of one, or how the row sees it


def quoted(text: str) -> str:
    """A name as a SQL text."""
    return "'" + text.replace("'", "''") + "'"


class Writer:
    """Queries over the rows `t` of a reading, with the parameters in the order in which they are written.

    `kept` names, by reading, the view of the records that are known to count, or for which the condition holds;
    `shares` gives the relation of the shares of a role; `others` names, by reading, the view of those whom it measures
    though they can't be paid.
    """

    RECORD: ClassVar[str] = "t.record"
    DEAL: ClassVar[str] = "t.deal_id"

    def __init__(
        self,
        tables: Mapping[str, Table],
        period: Period,
        kept: Mapping[str, str],
        shares: Shares,
        others: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._tables, self._period, self.kept, self._shares, self.others = tables, period, kept, shares, others
        self.parameters: list[object] = []

    def key_of(self, table: str, of: str | None = None) -> Column | str:
        """What selects the record of the row of `table` that a row refers to, or is (`of`: the table of the row)."""
        return self.RECORD if table == of else Column(table, RECORD)

    @staticmethod
    def version_of(column: Column) -> Callable[[Seen], str]:
        """What selects the record of the version that an attribute of a row's partner has for the row."""

        def record(seen: Seen) -> str:
            found = seen.version_of(column)
            assert found is not None, f"{column} has versions"
            return f"{found.alias}.record"

        return record

    def counted(self, reading: Reading, selected: Selected) -> str:
        """What the rows that count select."""
        seen = Seen(self._tables, reading.table, self._period)
        name = self._selected(seen, selected)
        if reading.is_paid:
            source = f"{table_name(reading.table)} AS t {seen.joins()}"
            return f"SELECT {name} FROM {source} WHERE t.record IN (SELECT record FROM {self.kept[reading.name]})"
        owner = "NULL" if reading.owner is None else seen.named(reading.owner)
        tests = [self._theirs(reading, owner)]
        if reading.name in self.kept:
            tests.append(f"t.record IN (SELECT record FROM {self.kept[reading.name]})")
        elif reading.where is not None:
            sql = Sql(seen.named)
            tests.append(sql.of(reading.where))
            self.parameters += sql.parameters
        tests += [f"{seen.named(column)} IS NOT NULL" for column in reading.needs]
        tests.append(self._in_days(reading, seen))
        latest = ""
        if reading.latest_of is not None and reading.dated is not None:
            newest = (seen.named(reading.dated), *order_of(self._tables[reading.table]))
            order = ", ".join(f"{name} DESC" for name in newest)
            by = f"{owner}, {seen.named(reading.latest_of)}"
            latest = f" QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY {order}) = 1"
        source = f"{table_name(reading.table)} AS t {seen.joins()}"
        return f"SELECT {name} FROM {source} WHERE {' AND '.join(tests)}{latest}"

    def _theirs(self, reading: Reading, owner: str) -> str:
        """Whether a row is of a partner whose rows count."""
        if reading.owner is None:
            return "TRUE"
        if reading.credited is not None:
            shares = self._shares(reading.credited)
            whom = self.measured_of(reading)
            return f"t.deal_id IN (SELECT deal_id FROM {shares} WHERE num > 0 AND partner_id IN ({whom}))"
        return f"{owner} IN ({self.measured_of(reading)})"

    def measured_of(self, reading: Reading) -> str:
        """The partners whose rows count: those that can be paid, and others whom the reading measures."""
        others = self.others.get(reading.name)
        also = "" if others is None else f" UNION ALL SELECT partner_id FROM {others}"
        return f"SELECT partner_id FROM eligible_partners{also}"

    def inside(self, reading: Reading, selected: Selected | None) -> str:
        """What the rows in the days of a reading select."""
        seen = Seen(self._tables, reading.table, self._period)
        name, days = self._selected(seen, selected), self._in_days(reading, seen)
        return f"SELECT {name} FROM {table_name(reading.table)} AS t {seen.joins()} WHERE {days}"

    def every(self, reading: Reading, selected: Selected | None) -> str:
        """What all rows of the reading's table select."""
        seen = Seen(self._tables, reading.table, self._period)
        name = self._selected(seen, selected)
        return f"SELECT {name} FROM {table_name(reading.table)} AS t {seen.joins()}"

    @staticmethod
    def always(reading: Reading) -> str:
        """Whether a reading without dates looks at any row."""
        return "FALSE" if reading.days is None else "TRUE"

    @staticmethod
    def overlaps(reading: Reading) -> str:
        """Whether what holds from `t.valid_from` to `t.valid_to` holds on a day that the reading looks at."""
        first, end = shifted(reading)
        tests = ["TRUE"] if end is None else [f"coalesce(t.valid_from < {_day(end)}, TRUE)"]
        tests += [] if first is None else [f"coalesce(t.valid_to >= {_day(first)}, TRUE)"]
        return " AND ".join(tests)

    @staticmethod
    def _selected(seen: Seen, selected: Selected | None) -> str:
        assert selected is not None, "the row's partner is named"
        if isinstance(selected, Column):
            return seen.named(selected)
        return selected if isinstance(selected, str) else selected(seen)

    def _in_days(self, reading: Reading, seen: Seen) -> str:
        if reading.days is None:
            return "FALSE"
        if reading.of_period is not None:
            column, period = reading.of_period
            return f"{seen.named(column)} = {quoted(period)}"
        if reading.dated is None:
            return "TRUE"
        name = seen.named(reading.dated)
        tests, counts, (first, end) = [f"{name} IS NOT NULL"], name, shifted(reading)
        if reading.after is not None:  # a row that is taken back counts no sooner than the row that it takes back
            paid = seen.named(reading.after)
            counts = f"greatest({name}, CAST({paid} + to_days({reading.lock_days}) AS DATE))"
            first, end = reading.days
            tests.append(f"{paid} IS NOT NULL")
            if reading.during is not None:
                tests.append(f"{paid} BETWEEN {_day(reading.during.first)} AND {_day(reading.during.last)}")
        tests += [] if first is None else [f"{counts} >= {_day(first)}"]
        tests += [] if end is None else [f"{counts} < {_day(end)}"]
        return " AND ".join(tests)


def shifted(reading: Reading) -> tuple[date | None, date | None]:
    """The half-open days in which the dates of rows lie that a reading looks at: its own, less the lock, and during the
    days that it names."""
    assert reading.days is not None
    lock = timedelta(days=reading.lock_days)
    first, end = (None if each is None else each - lock for each in reading.days)
    if reading.during is not None and first is not None and end is not None:
        first, end = max(first, reading.during.first), min(end, reading.during.end)
    return first, end


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
