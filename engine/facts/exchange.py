"""Exchange in the facts: which rows are in another currency, at which rate each is converted, and the tables as seen.

In: the kept tables, which hold what was read (own amounts in their own minor units, and the currency). Out: for a table
with rows in other currencies, a view in its place whose amounts are in the program's currency, each rounded once, with
hidden columns for what stays exact; and the faults of rows for which there is no rate. A table without such rows is
left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import duckdb
import pyarrow as pa

from engine.facts.clashes import Faults, register_records
from engine.facts.columns import CURRENCY
from engine.facts.contested import contested_name, is_contested
from engine.facts.csvscreen import too_many_rejected
from engine.facts.grammar import AMOUNT_MAX_MINOR, NUMBER_DECIMALS
from engine.facts.read import Staged, table_name
from engine.facts.sql import identifier
from engine.facts.texts import REJECTED_MAX, Fault
from engine.values import EXACT
from rules.calendar import Period
from rules.exchange import ExchangeMeaning, Quote, Rates, Row
from rules.expressions.tree import (
    And,
    Between,
    Case,
    Column,
    Comparison,
    Expression,
    InList,
    IsNull,
    Not,
    Or,
    Type,
    with_children,
)
from rules.kinds.base import number
from rules.problem import Problem, Refused
from rules.quantities.currency import currency
from rules.quantities.rounding import Rounding
from rules.tables import Table

_FP = 10**NUMBER_DECIMALS
RATES = "fx_rates"
PROBLEMS_MAX = 20
_CONDITIONS = (And, Or, Not, Comparison, InList, Between, IsNull)


@dataclass(frozen=True, slots=True, eq=False)
class Exchanged:
    """The tables that have rows in other currencies, and the rates that convert these, by currency and day."""

    meaning: ExchangeMeaning
    tables: Mapping[str, Table]
    rates: Rates
    last_day: date
    quotes: Mapping[tuple[str, date], Quote]


def last_day(period: Period) -> date:
    """The period's last day."""
    return period.end - timedelta(days=1)


def raw_name(table: str) -> str:
    """The identifier of a table as it was read, where the table as seen has other amounts."""
    return identifier(f"r_{table}")


def money_of(table: Table) -> list[str]:
    """The names of a table's columns of money."""
    return [column.name for column in table.columns if column.type == Type.MONEY]


def exact(tree: Expression, exchanged: Exchanged | None) -> Expression:
    """A measure whose amounts are exact, where their rows were converted; its conditions see what was rounded."""
    if exchanged is None or not exchanged.tables:
        return tree
    tables = exchanged.tables

    def below(node: Expression) -> Expression:
        match node:
            case Column(str() as table, name) if table in tables and name in money_of(tables[table]):
                return replace(node, name=EXACT + name)
            case Case(branches, otherwise):
                chosen = tuple((condition, below(value)) for condition, value in branches)
                return replace(node, branches=chosen, otherwise=None if otherwise is None else below(otherwise))
        return node if isinstance(node, _CONDITIONS) else with_children(node, below)

    return below(tree)


# --- reading ----------------------------------------------------------------------------------------------------------


def unconverted(
    connection: duckdb.DuckDBPyConnection,
    staged: Mapping[str, Staged],
    meaning: ExchangeMeaning,
    period: Period,
    gone: Mapping[str, Faults],
) -> Mapping[str, Faults] | Problem:
    """The faults of rows, not rejected so far, whose amounts cannot be converted; raises Refused where a row of the
    period would need one of several rates of one day."""
    if RATES not in staged:
        return {}
    register_records(connection, "gone_rates", gone[RATES])
    accepted = f"{staged[RATES].view} ANTI JOIN gone_rates USING (record)"
    rates = _read_rates(connection, accepted, meaning)
    connection.unregister("gone_rates")
    found: dict[str, Faults] = {}
    for name, each in staged.items():
        if not each.columns.has_currencies or not money_of(each.table):
            continue
        register_records(connection, "gone", gone[name])
        relation = f"(SELECT * FROM {each.view} ANTI JOIN gone USING (record))"
        faults = _unconverted(connection, relation, meaning, each.table, rates, period)
        connection.unregister("gone")
        if len(faults) > REJECTED_MAX:
            return too_many_rejected(each.texts.shown)
        found[name] = faults
    return found


def _unconverted(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    meaning: ExchangeMeaning,
    table: Table,
    rates: Rates,
    period: Period,
) -> Faults:
    end, clashes = last_day(period), []
    faults: dict[tuple[str, date | None], tuple[Fault, int]] = {}  # and the largest own amount that can be converted
    for code, day, largest in _asked(connection, relation, meaning, table, end):
        quote, most, clash = rates.of(code, day), -1, rates.clash(code, day)
        if clash is not None and day is not None:
            faults[code, day] = _clash(connection, rates, code, day, clash, f"a row of {table.name}"), most
            clashes += [faults[code, day][0]] if period.start <= day <= end else []
            continue
        if quote is not None:
            most = floor(AMOUNT_MAX_MINOR / rates.factor(code, quote))
            if largest <= most:
                continue
        fault = _missing(meaning, table, rates, code, day) if quote is None else _too_large(meaning, code, quote)
        faults[code, day] = fault, most
    if clashes:
        raise Refused(*(Problem(each.code, each.message, meaning.place, each.hint) for each in clashes[:PROBLEMS_MAX]))
    if not faults:
        return {}
    columns = {
        "code": pa.array([code for code, _ in faults], pa.string()),
        "day": pa.array([day for _, day in faults], pa.date32()),
        "most": pa.array([most for _, most in faults.values()], pa.decimal128(38)),
    }
    connection.register("unconverted", pa.table(columns))
    beyond = " OR ".join(f"abs(r.{identifier(name)}) > f.most" for name in money_of(table))
    query = f"""SELECT r.record, f.code, f.day FROM {relation} AS r JOIN unconverted AS f
        ON f.code = r.{identifier(CURRENCY)} AND f.day IS NOT DISTINCT FROM {day_sql(meaning, table, end, "r.")}
        WHERE {beyond} ORDER BY r.record LIMIT {REJECTED_MAX + 1}"""
    rows = connection.execute(query).fetchall()
    connection.unregister("unconverted")
    return {int(record): (faults[str(code), day][0],) for record, code, day in rows}


def _missing(meaning: ExchangeMeaning, table: Table, rates: Rates, code: str, day: date | None) -> Fault:
    """No rate for a row, and the nearest that there is."""
    to, kind = meaning.terms.currency.code, meaning.kind
    if day is None:
        message = f"the row is in {code}, and has no day on which it is converted to {to}"
        return Fault("F232", CURRENCY, message, _cure_of_no_day(meaning, table))
    window = f"{day:%Y-%m}" if kind == "average" else f"{meaning.stale_after_days} days to {day}"
    near = rates.nearest(code, day)
    told = f"there is none of {code}"
    if near is not None:
        pair = f"{to} to {code}" if near.is_inverse else f"{code} to {to}"
        told = f"the nearest is {pair} {number(near.rate)} of {near.day} (record {near.record} of {RATES})"
    message = f"the row is in {code} and counts on {day}: no {kind} rate of {code} and {to} in {window}; {told}"
    return Fault("F232", CURRENCY, message, f"add the rate to {RATES}: {code},{to},{kind},{day}, and what it was")


def _cure_of_no_day(meaning: ExchangeMeaning, table: Table) -> str:
    """What to do where a row has no day: fill it in, or say which column has it where the program has not."""
    if names := meaning.days.get(table.name):
        cells = " or ".join(names)
        return f"fill in {cells}; or name another column under exchange: dates:, or write period_end there"
    days = [column.name for column in table.columns if column.type in (Type.DATE, Type.MONTH)]
    written = ", or ".join(f"exchange: {{dates: {{{table.name}: {each}}}}}" for each in (*days, "period_end"))
    return f"say on which day the rows of {table.name} are converted: {written}"


def _clash(
    connection: duckdb.DuckDBPyConnection, rates: Rates, code: str, day: date, clash: Quote, asked: str
) -> Fault:
    """Several rates of one day, or averages of one month, of which another would convert a row."""
    several, meaning = rates.beside(code, clash), rates.meaning
    if clash in several:
        listed = [f"{number(each.rate)} of {each.day} (record {each.record})" for each in several]
        rows = f"{RATES} has {' and '.join(listed)}, which"
    else:
        query = f"""SELECT "@rows" FROM {contested_name(RATES)} WHERE record = ?"""
        ((rows,),) = connection.execute(query, [clash.record]).fetchall()
    of = f"{meaning.kind} rate of {code} and {meaning.terms.currency.code}"
    message = f"{asked} is in {code} and counts on {day}, and which {of} counts is not known: {rows} clash"
    return Fault("F234", CURRENCY, message, "keep the right one of these rates")


def _too_large(meaning: ExchangeMeaning, code: str, quote: Quote) -> Fault:
    to = meaning.terms.currency.code
    message = f"an amount in {code} is beyond 10^15 minor units of {to} at {number(quote.rate)}"
    return Fault("F233", CURRENCY, message, "check the amount, its currency and the rate")


def _asked(
    connection: duckdb.DuckDBPyConnection, relation: str, meaning: ExchangeMeaning, table: Table, end: date
) -> Iterator[tuple[str, date | None, int]]:
    """Each currency and day of rows that are converted, with the largest of their amounts, in an order."""
    money = [identifier(name) for name in money_of(table)]
    largest = f"greatest({', '.join(f'max(abs({name}))' for name in money)})"
    query = f"""SELECT {identifier(CURRENCY)}, {day_sql(meaning, table, end)} AS day, {largest} FROM {relation}
        WHERE {_is_foreign(meaning, table)} GROUP BY ALL ORDER BY ALL"""
    for code, day, most in connection.execute(query).fetchall():
        yield str(code), day, int(most)


def _is_foreign(meaning: ExchangeMeaning, table: Table) -> str:
    """Whether a row has an amount in another currency."""
    filled = " OR ".join(f"{identifier(name)} IS NOT NULL" for name in money_of(table))
    return f"({identifier(CURRENCY)} != '{meaning.terms.currency.code}' AND ({filled}))"


def day_sql(meaning: ExchangeMeaning, table: Table, end: date, alias: str = "") -> str:
    """The day on which a row is converted, as a date."""
    names = meaning.days.get(table.name)
    if names is None:
        return "CAST(NULL AS DATE)"
    if not names:
        return f"DATE '{end.isoformat()}'"
    of_month = {column.name for column in table.columns if column.type == Type.MONTH}
    cells = {name: alias + identifier(name) for name in names}
    days = [f"last_day({cell})" if name in of_month else cell for name, cell in cells.items()]
    return f"coalesce({', '.join(days)})" if len(days) > 1 else days[0]


def _read_rates(connection: duckdb.DuckDBPyConnection, relation: str, meaning: ExchangeMeaning) -> Rates:
    clashing = _rows_of(connection, contested_name(RATES), meaning) if is_contested(connection, RATES) else ()
    return Rates(meaning, _rows_of(connection, relation, meaning), clashing)


def _rows_of(connection: duckdb.DuckDBPyConnection, relation: str, meaning: ExchangeMeaning) -> Iterator[Row]:
    code = meaning.terms.currency.code
    query = f"""SELECT from_currency, to_currency, valid_on, CAST(rate * {_FP} AS DECIMAL(38,0)), record
        FROM {relation} WHERE kind = ? AND (from_currency = ? OR to_currency = ?) ORDER BY record"""
    for a, b, day, rate, record in connection.execute(query, [meaning.kind, code, code]).fetchall():
        yield str(a), str(b), day, Fraction(int(rate or 0), _FP), int(record)


# --- the tables as seen -----------------------------------------------------------------------------------------------


def see_exchanged(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], meaning: ExchangeMeaning, period: Period
) -> Exchanged | None:
    """Put a view in the place of each table with rows in other currencies; None where no table has any."""
    foreign = {}
    for table in tables:
        if table.column(CURRENCY) is None or not money_of(table):
            continue
        query = f"SELECT 1 FROM {table_name(table.name)} WHERE {_is_foreign(meaning, table)} LIMIT 1"
        if connection.execute(query).fetchall():
            foreign[table.name] = table
    if not foreign:
        return None
    rates, end = _read_rates(connection, table_name(RATES), meaning), last_day(period)
    for name in foreign:
        _set_aside(connection, name)
    found = Exchanged(meaning, foreign, rates, end, _quotes(connection, meaning, foreign, rates, end))
    _show(connection, found, is_own=False)
    return found


def see_again(connection: duckdb.DuckDBPyConnection, exchanged: Exchanged, period: Period) -> Exchanged:
    """The same tables as another period sees them, on a connection of its own."""
    end = last_day(period)
    if end == exchanged.last_day or not exchanged.meaning.needs_period():
        return exchanged
    quotes = _quotes(connection, exchanged.meaning, exchanged.tables, exchanged.rates, end)
    found = replace(exchanged, last_day=end, quotes=quotes)
    _show(connection, found, is_own=True)
    return found


def _quotes(
    connection: duckdb.DuckDBPyConnection,
    meaning: ExchangeMeaning,
    tables: Mapping[str, Table],
    rates: Rates,
    end: date,
) -> Mapping[tuple[str, date], Quote]:
    """The rate of each currency and day that a row asks for; raises Refused where there is none."""
    found: dict[tuple[str, date], Quote] = {}
    for table in tables.values():
        for code, day, _ in _asked(connection, raw_name(table.name), meaning, table, end):
            quote = rates.of(code, day)
            if quote is None or day is None:
                clash, asked = rates.clash(code, day), f"a row of {table.name}"
                fault = _missing(meaning, table, rates, code, day)
                if clash is not None and day is not None:
                    fault = _clash(connection, rates, code, day, clash, asked)
                raise Refused(Problem(fault.code, fault.message, meaning.place, fault.hint))
            found[code, day] = quote
    return found


def _set_aside(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Give a table, as it was read, another name than the one that it is seen by."""
    query = "SELECT count(*) FROM duckdb_views() WHERE database_name = current_database() AND view_name = ?"
    kind = "VIEW" if connection.execute(query, [f"t_{name}"]).fetchall()[0][0] else "TABLE"
    connection.execute(f"ALTER {kind} {table_name(name)} RENAME TO {raw_name(name)}")


def _show(connection: duckdb.DuckDBPyConnection, exchanged: Exchanged, is_own: bool) -> None:
    """The view of each table, with its rates in a table of their own; `is_own`: of this connection alone."""
    quotes = exchanged.quotes
    used = identifier(f"@rates {exchanged.last_day}" if is_own else "@rates")
    to, temp = exchanged.meaning.terms.currency, "TEMP " if is_own else ""
    factors = {each: quote.factor(currency(each[0]), to) for each, quote in quotes.items()}
    connection.execute(
        f"""CREATE {temp}TABLE {used} AS
        SELECT unnest(CAST(? AS VARCHAR[])) AS code, unnest(CAST(? AS DATE[])) AS day,
        unnest(CAST(? AS HUGEINT[])) AS num, unnest(CAST(? AS HUGEINT[])) AS den,
        unnest(CAST(? AS BIGINT[])) AS rate""",
        [
            [code for code, _ in quotes],
            [day for _, day in quotes],
            [factor.numerator for factor in factors.values()],
            [factor.denominator for factor in factors.values()],
            [quote.record for quote in quotes.values()],
        ],
    )
    for table in exchanged.tables.values():
        money = [identifier(name) for name in money_of(table)]
        rounded = ", ".join(f"{_rounded(name, exchanged.meaning.terms.rounding)} AS {name}" for name in money)
        own = ", ".join(f"r.{name} AS {identifier('@own ' + name[1:-1])}" for name in money)
        day = day_sql(exchanged.meaning, table, exchanged.last_day, "r.")
        connection.execute(f"""CREATE {temp}VIEW {table_name(table.name)} AS
            SELECT r.* REPLACE ({rounded}), {own}, f.num AS "@num", f.den AS "@den", f.rate AS "@rate", f.day AS "@day"
            FROM {raw_name(table.name)} AS r LEFT JOIN {used} AS f
            ON f.code = r.{identifier(CURRENCY)} AND f.day = {day}""")


def _rounded(name: str, mode: Rounding) -> str:
    """An amount times its rate, rounded to whole minor units, in SQL of 128 bits; its size is rounded, then signed."""
    size = f"abs(CAST(r.{name} AS HUGEINT) * f.num)"
    whole, rest = f"({size} // f.den)", f"({size} % f.den)"
    is_more = {
        Rounding.HALF_UP: f"2 * {rest} >= f.den",
        Rounding.HALF_DOWN: f"2 * {rest} > f.den",
        Rounding.HALF_EVEN: f"2 * {rest} > f.den OR (2 * {rest} = f.den AND {whole} % 2 = 1)",
        Rounding.UP: f"{rest} > 0",
        Rounding.DOWN: "FALSE",
        Rounding.FLOOR: f"{rest} > 0 AND r.{name} < 0",
        Rounding.CEILING: f"{rest} > 0 AND r.{name} > 0",
    }[mode]
    sign = f"CASE WHEN r.{name} < 0 THEN -1 ELSE 1 END"
    return f"""CASE WHEN f.num IS NULL THEN r.{name}
        ELSE CAST(({sign}) * ({whole} + CASE WHEN {is_more} THEN 1 ELSE 0 END) AS BIGINT) END"""


def exact_sql(alias: str, name: str) -> str:
    """The exact amount of a row as a numerator and a denominator."""
    own = f"{alias}.{identifier('@own ' + name)}"
    above = f'CAST(CAST({own} AS HUGEINT) * coalesce({alias}."@num", 1) AS DECIMAL(38,0))'
    below = f'CAST(coalesce({alias}."@den", 1) AS DECIMAL(38,0))'
    return f"CASE WHEN {own} IS NOT NULL THEN {{'n': {above}, 'd': {below}}} END"
