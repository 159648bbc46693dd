"""What became of amounts in other currencies: how one row's were converted, which rates were used for it, and what the
rows that something was paid or shared by would have been at the end of the period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.columns import CURRENCY
from engine.facts.exchange import RATES, Exchanged, money_of
from engine.facts.fates import Fates
from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.sql import identifier
from engine.values import Fate, Reading
from rules.exchange import Converted, ExchangeMeaning, Gain
from rules.expressions.tree import Column
from rules.quantities.currency import currency
from rules.quantities.rounding import round_fraction


def converted(
    connection: duckdb.DuckDBPyConnection,
    seen: Seen,
    exchanged: Exchanged,
    table: str,
    record: int,
    wanted: Sequence[Column],
    file: str,
    is_rounded: bool,
) -> Mapping[Column, str]:
    """How amounts of one row, and of the rows that it refers to, came to the program's currency, in words; `file` is
    that of the rates, `is_rounded` tells that what is worked with was rounded."""
    asked = [each for each in wanted if each.table in exchanged.tables and _is_money(each, exchanged)]
    if not asked:
        return {}
    parts = [(f"@own {each.name}", CURRENCY, "@day") for each in asked]
    selected = [
        seen.named(replace(each, name=name)) for each, names in zip(asked, parts, strict=True) for name in names
    ]
    query = f"SELECT {', '.join(selected)} FROM {table_name(table)} AS t {seen.joins()} WHERE t.record = ?"
    found: dict[Column, str] = {}
    for row in connection.execute(query, [record]).fetchall():
        for at, column in enumerate(asked):
            own, code, day = row[3 * at : 3 * at + 3]
            quote = None if day is None or own is None else exchanged.rates.of(code, day)
            if quote is not None:
                value = own * exchanged.rates.factor(code, quote)
                cell = Converted(int(own), currency(code), quote, value)
                words = cell.words(exchanged.meaning.kind, file, exchanged.meaning.terms)
                is_cut = is_rounded and value.denominator != 1
                mode = exchanged.meaning.terms.rounding.value.replace("_", " ")
                found[column] = words + (f", rounded {mode}" if is_cut else "")
    return found


def _is_money(column: Column, exchanged: Exchanged) -> bool:
    return column.table is not None and column.name in money_of(exchanged.tables[column.table])


def gains(
    connection: duckdb.DuckDBPyConnection, exchanged: Exchanged, paid: Mapping[tuple[str, str], Sequence[int]]
) -> Iterator[Gain]:
    """By currency, what the amounts of rows are at the rates of their days and at that of the last day of the period;
    `paid` are the records by table and column. Sums are exact, and rounded once."""
    terms = exchanged.meaning.terms
    for (table, column), records in sorted(paid.items()):
        if table not in exchanged.tables:
            continue
        connection.register("paid_records", pa.table({"record": pa.array(sorted(set(records)), pa.int64())}))
        query = f"""SELECT {identifier(CURRENCY)}, "@day", sum({identifier("@own " + column)}), count(*)
            FROM {table_name(table)} SEMI JOIN paid_records USING (record)
            WHERE "@day" IS NOT NULL AND {identifier("@own " + column)} IS NOT NULL GROUP BY ALL ORDER BY ALL"""
        rows = connection.execute(query).fetchall()
        connection.unregister("paid_records")
        for code in sorted({str(row[0]) for row in rows}):
            mine = [(day, int(own), int(count)) for other, day, own, count in rows if other == code]
            factors = {day: exchanged.rates.factor(code, exchanged.quotes[code, day]) for day, _, _ in mine}
            at_days = sum((own * factors[day] for day, own, _ in mine), Fraction(0))
            end = exchanged.rates.of(code, exchanged.last_day)
            total = sum(own for _, own, _ in mine)
            at_end = None if end is None else total * exchanged.rates.factor(code, end)
            yield Gain(
                table,
                column,
                currency(code),
                sum(count for _, _, count in mine),
                total,
                round_fraction(at_days, terms.rounding),
                None if at_end is None else round_fraction(at_end, terms.rounding),
                end,
            )


class FatesOfRates(Fates):
    """The fates of all rows, with those of the rates by which rows were converted."""

    meaning: ExchangeMeaning
    exchanged: Exchanged | None

    def converting(self, meaning: ExchangeMeaning, exchanged: Exchanged | None) -> FatesOfRates:
        """These fates, for a program that converts; `exchanged` is None where no row was in another currency."""
        self.meaning, self.exchanged = meaning, exchanged
        return self

    def register(self) -> tuple[Fate, ...]:
        """How many rows of each table met which fate; the rates by what they converted."""
        if any(reading.table == RATES for reading in self._readings):  # a rule of its own reads them
            return super().register()
        found = [fate for fate in super().register() if fate.table != RATES]
        query = f"SELECT record, {self._is_looked_at()} FROM {table_name(RATES)}"
        counts: dict[tuple[str, str], int] = {}
        for record, is_looked_at in self._connection.execute(query).fetchall():
            fate = self._fate(int(record), bool(is_looked_at))
            key = fate, _RULE if fate == "not_payable" else ""
            counts[key] = counts.get(key, 0) + 1
        found += [Fate(RATES, fate, rule, rows) for (fate, rule), rows in sorted(counts.items())]
        order = {table: at for at, table in enumerate(self._there)}
        return tuple(sorted(found, key=lambda fate: order[fate.table]))

    def is_converted(self, column: Column) -> bool:
        """Whether a column holds amounts of which some were converted."""
        return (
            self.exchanged is not None and column.table in self.exchanged.tables and _is_money(column, self.exchanged)
        )

    def records(self, reading: Reading, table: str) -> NDArray[np.int64]:
        """The records of the rows of a table that the rows of a reading which count are, or refer to."""
        if reading.days is None:
            return np.zeros(0, dtype=np.int64)
        write = self._writer
        write.parameters.clear()
        query = write.counted(reading, write.key_of(table, reading.table))
        found = self._connection.execute(query, list(write.parameters)).fetchnumpy()
        write.parameters.clear()
        (records,) = found.values()
        return np.asarray(np.ma.compressed(np.ma.asarray(records)), dtype=np.int64)

    def unreached(self, table: str, record: int) -> tuple[str, str]:
        """The fate of a row that no reading comes to, and why."""
        if table != RATES:
            return super().unreached(table, record)
        query = f"SELECT {self._is_looked_at()} FROM {table_name(RATES)} WHERE record = ?"
        ((is_looked_at,),) = self._connection.execute(query, [record]).fetchall()
        fate, terms = self._fate(record, bool(is_looked_at)), self.meaning.terms
        if fate == "not_payable":
            return fate, f"rows are converted by {self.meaning.kind} rates between {terms.currency.code} and others"
        quotes = {} if self.exchanged is None else self.exchanged.quotes
        days = [f"{code} on {day}" for (code, day), quote in sorted(quotes.items()) if quote.record == record]
        if fate == "outside":
            return fate, "no row that was read is converted at it"
        more = f" and on {len(days) - 3} days more" if len(days) > 3 else ""
        return fate, f"converts {', '.join(days[:3])}{more}"

    def _is_looked_at(self) -> str:
        """Whether a rate is of the kind and of the currency that the program converts by."""
        code = self.meaning.terms.currency.code
        return f"kind = '{self.meaning.kind}' AND (from_currency = '{code}') != (to_currency = '{code}')"

    def _fate(self, record: int, is_looked_at: bool) -> str:
        used = set() if self.exchanged is None else {quote.record for quote in self.exchanged.quotes.values()}
        return "measured" if record in used else "outside" if is_looked_at else "not_payable"


_RULE = "exchange"
