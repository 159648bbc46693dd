"""The days on which rules look up what holds from a day on: versions of partners, and rates of exchange.

In: what a program means, its readings, and a snapshot. Out: the greatest of these days. Most lie in the period, or
before it; a row of the period may name a later one (a deal that opened in it is converted on the day on which it
closes), and what holds from then on matters to the period all the same.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.side import Side
from engine.facts.sql import identifier
from engine.values import PARTNERS, Reading
from rules.crediting.meaning import CREDIT, DAY_OF, CreditMeaning
from rules.expressions.tree import Column, Expression, columns
from rules.joins import PERIOD, route
from rules.meaning import Meaning
from rules.tables import HISTORY

_RATES = "fx_rates"


def mentioned(trees: Iterable[Expression | None]) -> frozenset[Column]:
    """The columns that some expressions name."""
    return frozenset(column for tree in trees if tree is not None for column in columns(tree))


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """When the rules of a program look something up, as the rows of one snapshot say it."""

    meaning: Meaning
    readings: Sequence[Reading]
    credits: Mapping[str, CreditMeaning]
    side: Side

    @property
    def period_last(self) -> date:
        """The period's last day."""
        return self.side.period.end - timedelta(days=1)

    def last_of(self, table: str) -> date | None:
        """The last day on which a rule looks up rows of a table that hold from a day on; None: any day."""
        days = [self.period_last]
        if table == _RATES and self.meaning.exchange is not None:
            days += self._converting()
        elif table == HISTORY:
            days += self._versions()
        last = max(days)
        if table == _RATES and last < date.max:  # an average is that of the whole month
            last = last.replace(day=monthrange(last.year, last.month)[1])
        return None if last == date.max else last

    def unless_later(self, table: str) -> str:
        """The SQL of what matters of rows `t` that begin to hold after that: of a history, what it begins with, for
        nothing is known of the days before; and what it says of partners who came later."""
        if table != HISTORY:
            return ""
        last = f"DATE '{self.period_last.isoformat()}'"
        same = "h.partner_id = t.partner_id AND h.attribute = t.attribute"
        first = f" OR NOT EXISTS (SELECT 1 FROM {table_name(HISTORY)} AS h WHERE {same} AND h.valid_from <= {last})"
        if self.side.tables[PARTNERS].column("recruited_on") is None:
            return first
        later = f"SELECT p.partner_id FROM t_partners AS p WHERE p.recruited_on > {last}"
        return f"{first} OR t.partner_id IN ({later})"

    def _converting(self) -> Iterator[date]:
        """The greatest days on which rows are converted: of rows that a reading dates in time, or that these see; and
        of all rows of a table that is seen in another way."""
        assert self.meaning.exchange is not None, "the program converts"
        for table, names in self.meaning.exchange.days.items():
            if table not in self.side.tables or not names:
                continue
            days = [Column(table, name) for name in names]
            if self._is_read_in_time(table):
                for reading in self.readings:
                    if reading.table == table or table in _named(reading):
                        yield from (self._greatest(reading, day) for day in days)
            else:
                asked = ", ".join(f"max({identifier(name)})" for name in names)
                row = self.side.connection.execute(f"SELECT {asked} FROM {table_name(table)}").fetchone()
                yield from (each for each in row or () if each is not None)

    def _is_read_in_time(self, table: str) -> bool:
        """Whether readings alone come to a table, and each by its own rows."""
        shared = chain(*((rule.where, rule.amount, *rule.fits) for rule in self.credits.values()))
        others = {column.table for column in mentioned((self.meaning.eligible, *shared))}
        others |= {rule.of for rule in self.credits.values()}
        reading = {each.table for each in self.readings if each.table == table or table in _named(each)}
        return bool(reading) and table not in others and all(self._sees(each, table) for each in reading)

    def _sees(self, start: str, table: str) -> bool:
        """Whether rows see those of a table, or are such, by what they name themselves: not by their partner."""
        way = route(self.side.tables, start, table)
        return start == table or (bool(way) and all(hop.table != PARTNERS for hop in way))

    def _versions(self) -> Iterator[date]:
        """The greatest days on which partners are looked at as they were."""
        for reading in self.readings:
            trees = [*reading.trees, *reading.needs, reading.where, reading.owner]
            rule = self.credits.get(reading.credit or "")
            if rule is not None:
                trees += [rule.where, rule.amount, *rule.fits]
                if rule.spec.roll_up is not None and rule.of in DAY_OF:
                    trees.append(Column(PARTNERS, "parent_id", on=Column(rule.of, DAY_OF[rule.of])))
            for day in {column.on for column in mentioned(trees)}:
                if day is not None:
                    yield day if isinstance(day, date) else self._greatest(reading, day)
        yield from (date.max for column in mentioned((self.meaning.eligible,)) if column.on is not None)

    def _greatest(self, reading: Reading, day: Column) -> date:
        """The greatest day in a column of the rows that a reading dates before the end of the period."""
        if day == reading.dated:
            return self.period_last
        if day.table == PERIOD:
            return self.side.period.end
        table = None if day.table is None else self.side.tables.get(day.table)
        if table is None or table.column(day.name) is None:
            return self.period_last
        if not self._sees(reading.table, table.name):
            return date.max
        seen = Seen(self.side.tables, reading.table, self.side.period)
        asked, test = seen.named(day), "TRUE"
        if reading.dated is not None:
            test = f"{seen.named(reading.dated)} < DATE '{self.side.period.end.isoformat()}'"
        query = f"SELECT max({asked}) FROM {table_name(reading.table)} AS t {seen.joins()} WHERE {test}"
        row = self.side.connection.execute(query).fetchone()
        return self.period_last if row is None or row[0] is None else row[0]


def _named(reading: Reading) -> frozenset[str]:
    """The tables that a reading names, but for its own."""
    trees = (*reading.trees, *reading.needs, reading.where, reading.dated, reading.owner, reading.after)
    named = {column.table or "" for column in mentioned(trees)}
    return frozenset(named - {"", PERIOD, CREDIT, reading.table})
