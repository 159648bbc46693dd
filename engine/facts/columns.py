"""The columns of a source as SQL: how its texts become our columns, what each is worth, and which tests a row passes.

The same SQL types a whole source in one pass and tells, for a bad row, which of its tests failed. Names are quoted
identifiers from the tables; every value of the program is a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb
import pyarrow as pa

from engine.facts.grammar import AMOUNT_MAX_MINOR, SQL_TYPES, Cell, cell, is_amount, money_by_currency
from engine.facts.sql import identifier
from engine.facts.texts import Fault, plain
from rules.exchange import RATE_MAX
from rules.expressions.tree import Type
from rules.meaning import SourceMeaning
from rules.problem import Problem, Refused
from rules.quantities.currency import DECIMALS, WITHDRAWN, Currency, currency, format_minor
from rules.tables import ENTERED, NEEDS, NEVER_BEFORE, SCOPES, WORDS, Needs, Table, TableColumn

CURRENCY = "currency"
SUBJECTS = ("deal_id", "customer_id", "project_id")
Test = tuple[str, Callable[[Mapping[str, str | None]], Fault]]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What is read of a source: our columns that it holds, and the name of each there.

    `places` is where each stands in the source; columns without a place are constants. The currency of a row is read
    for its test even where the table has no such column.
    """

    source: SourceMeaning
    table: Table
    currency: Currency
    there: Mapping[str, str]
    places: Mapping[str, int]
    is_exchanged: bool = False

    @classmethod
    def of(
        cls,
        source: SourceMeaning,
        table: Table,
        header: tuple[str, ...],
        currency: Currency,
        is_exchanged: bool = False,
    ) -> Columns:
        """The columns of `table` that a source with this header gives; `is_exchanged`: rows may be in other currencies
        than the program's."""
        names = [column.name for column in table.columns]
        if CURRENCY not in names and any(column.type == Type.MONEY for column in table.columns):
            names.append(CURRENCY)
        there = {name: source.columns.get(name, name) for name in names if name not in source.constants}
        there = {name: written for name, written in there.items() if written in header}
        places = {name: header.index(written) for name, written in there.items()}
        return cls(source, table, currency, there, places, is_exchanged)

    @property
    def read(self) -> tuple[TableColumn, ...]:
        """The table's columns that are read or constant."""
        held = self.there.keys() | self.source.constants.keys()
        return tuple(column for column in self.table.columns if column.name in held)

    @property
    def texts(self) -> tuple[str, ...]:
        """The identifiers of the text columns that `named_sql` gives."""
        names = [column.name for column in self.read]
        return tuple(identifier(name) for name in names + ([CURRENCY] if self.has_hidden_currency else []))

    @property
    def has_hidden_currency(self) -> bool:
        """Whether the currency is read for its test alone."""
        held = self.there.keys() | self.source.constants.keys()
        return CURRENCY in held and self.table.column(CURRENCY) is None

    def needed(self, header: tuple[str, ...]) -> dict[str, str]:
        """Our columns that have to be there, because the program maps them or the key needs them."""
        wanted = {*self.source.columns, *self.table.key} - self.source.constants.keys()
        return {name: self.source.columns.get(name, name) for name in wanted}

    @property
    def has_currencies(self) -> bool:
        """Whether each row may be in a currency of its own."""
        return self.is_exchanged and any(column.name == CURRENCY for column in self.read)

    def cell(self, column: TableColumn) -> Cell:
        """The grammar of a column, as the source writes it; an amount has the decimals of its row's currency."""
        if column.type == Type.MONEY and self.has_currencies:
            return money_by_currency(identifier(CURRENCY), self.currency)
        return self._alone(column)

    def _alone(self, column: TableColumn) -> Cell:
        dates = "" if column.name in self.source.constants else self.source.dates.get(column.name, "")
        return cell(column.type, self.currency.decimals, dates)

    def constant_problems(self, connection: duckdb.DuckDBPyConnection) -> tuple[Problem, ...]:
        """Constants that no cell of their column could hold."""
        problems = []
        for name, text in self.source.constants.items():
            column = self.table.column(name)
            grammar = self._alone(column) if column is not None else _CURRENCY_CELL
            test = f"SELECT {grammar.test('x')} FROM (SELECT CAST(? AS VARCHAR) AS x)"
            if not connection.execute(test, [text]).fetchall()[0][0]:
                message = f"the constant {shown(text)} is no {column.type.value if column else 'currency'}"
                problems.append(Problem(grammar.code, message, self.source.place, grammar.cure))
        return tuple(problems)

    def register(
        self, connection: duckdb.DuckDBPyConnection, name: str, rows: Mapping[int, tuple[str | None, ...]]
    ) -> str:
        """Some records as a relation of their own, as SQL; a cell that a record lacks is blank."""
        width = max(self.places.values(), default=-1) + 1
        columns = {"record": pa.array(list(rows), pa.int64())}
        for at in range(width):
            columns[f"c{at}"] = pa.array([row[at] if at < len(row) else None for row in rows.values()], pa.string())
        connection.register(name, pa.table(columns))
        return f"SELECT * FROM {name}"


def named_sql(columns: Columns, relation: str, *others: str) -> tuple[str, list[object]]:
    """The text columns under our names: mapped, constants filled in, a declared decimal sign made a point."""
    parameters: list[object] = []
    selected = [*others]
    typed = {column.name: column.type for column in columns.read}
    for name in [*typed, *([CURRENCY] if columns.has_hidden_currency else [])]:
        if name in columns.source.constants:
            parameters.append(columns.source.constants[name])
            selected.append(f"CAST(? AS VARCHAR) AS {identifier(name)}")
            continue
        text = f"c{columns.places[name]}"
        if columns.source.trim:
            text = f"nullif(trim({text}, ' ' || chr(9) || chr(160)), '')"
        if columns.source.decimal == "," and typed.get(name) in (Type.MONEY, Type.NUMBER):
            text = f"CASE WHEN contains({text}, '.') THEN {text} || ' ' ELSE replace({text}, ',', '.') END"
        mapped = columns.source.values.get(name, {})
        if mapped:
            parameters += [each for pair in mapped.items() for each in pair]
            text = f"CASE {text} {'WHEN ? THEN ? ' * len(mapped)}ELSE {text} END"
        selected.append(f"{text} AS {identifier(name)}")
    return f"SELECT {', '.join(selected) or '1 AS one'} FROM ({relation})", parameters


def typed_sql(columns: Columns) -> list[str]:
    """The value of every column of the table, in the table's order; NULL for those that the source lacks."""
    read = columns.read
    selected = []
    for column in columns.table.columns:
        name = identifier(column.name)
        value = columns.cell(column).typed(name) if column in read else f"CAST(NULL AS {SQL_TYPES[column.type]})"
        selected.append(f"{value} AS {name}")
    return selected


def row_tests(columns: Columns) -> list[Test]:
    """What every row has to pass: the grammar of its cells, and the rules over one row."""
    tests: list[Test] = []
    for column in columns.read:
        grammar = columns.cell(column)
        tests.append((grammar.test(identifier(column.name)), _cell_fault(column, columns, grammar)))
        if column.in_key and not column.blank_key:
            tests.append((f"{identifier(column.name)} IS NOT NULL", _blank_key_fault(column.name)))
    held = {column.name for column in columns.read}
    money = [identifier(column.name) for column in columns.read if column.type == Type.MONEY]
    if money and identifier(CURRENCY) in columns.texts:
        blank = " AND ".join(f"{name} IS NULL" for name in money)
        name, code = identifier(CURRENCY), columns.currency.code
        fits = f"{name} IN ({_PAYABLE})" if columns.has_currencies else f"{name} = '{code}'"
        fault = _unknown_currency_fault(name) if columns.has_currencies else _currency_fault(code)
        tests.append((f"({name} IS NULL OR {fits} OR ({blank}))", fault))
    if {"valid_from", "valid_to"} <= held:
        ends = {each.name: columns.cell(each).typed(identifier(each.name)) for each in columns.read}
        start, end = ends["valid_from"], ends["valid_to"]
        tests.append((f"coalesce({start} <= {end}, TRUE)", _ends_fault))
    if columns.table.name == "credits":
        filled = " + ".join(f"CAST({identifier(name)} IS NOT NULL AS INTEGER)" for name in SUBJECTS if name in held)
        tests.append((f"({filled or '0'}) = 1", _subject_fault))
        for column in columns.read:
            if column.name == "share":
                share = columns.cell(column).typed(identifier("share"))
                tests.append((f"coalesce({share} BETWEEN 0 AND 1, TRUE)", _share_fault))
    return [*tests, *_rate_tests(columns), *_word_tests(columns), *_scope_tests(columns), *_consistency_tests(columns)]


def _rate_tests(columns: Columns) -> Iterator[Test]:
    """Of exchange rates: currencies that there are, or were; what one unit costs; and that this is 1 of itself."""
    held = {each.name: columns.cell(each).typed(identifier(each.name)) for each in columns.read}
    if not (columns.is_exchanged and columns.table.name == "fx_rates" and "rate" in held):
        return
    rate, pair = held["rate"], [identifier(name) for name in ("from_currency", "to_currency") if name in held]
    for name in pair:
        yield f"({name} IS NULL OR {name} IN ({_KNOWN}))", _unknown_currency_fault(name)
    of_itself = f"coalesce({pair[0]} != {pair[1]}, TRUE)" if len(pair) == 2 else "TRUE"
    yield f"coalesce({rate} > 0 AND {rate} <= {RATE_MAX} AND ({of_itself} OR {rate} = 1), FALSE)", _rate_fault


def _word_tests(columns: Columns) -> Iterator[Test]:
    """The texts of a canonical table that take some words and no others."""
    for column in columns.read:
        words = WORDS.get((columns.table.name, column.name))
        if words is not None:
            name, listed = identifier(column.name), ", ".join(f"'{word}'" for word in words)
            yield f"coalesce({name} IN ({listed}), TRUE)", _word_fault(column.name, words)


def _scope_tests(columns: Columns) -> Iterator[Test]:
    """What a row with a scope names, and does not: without a scope it is of the partner that it names, or of all."""
    named, held = SCOPES.get(columns.table.name, {}), {column.name for column in columns.read}
    for scope, name in named.items():
        meant = f"coalesce({identifier('scope')} = '{scope}', FALSE)" if "scope" in held else "FALSE"
        there = f"{identifier(name)} IS NOT NULL" if name in held else "FALSE"
        yield f"(NOT {meant} OR {there})", _lacks_fault(scope, name)
        if name in held:
            is_open = f"{identifier('scope')} IS NULL" if "scope" in held else "TRUE"
            open_to = f" OR ({is_open})" if name == "partner_id" else ""
            yield f"({identifier(name)} IS NULL OR {meant}{open_to})", _not_of_fault(scope, name)


def _consistency_tests(columns: Columns) -> Iterator[Test]:
    """What a row of a canonical table may not say of itself, where the source has both columns."""
    held = {column.name: columns.cell(column).typed(identifier(column.name)) for column in columns.read}
    for needs in NEEDS.get(columns.table.name, ()):
        if {needs.column, needs.date} <= held.keys():
            name, listed = identifier(needs.column), ", ".join(f"'{value}'" for value in needs.values)
            says = f"{name} IN ({listed})" if listed else f"{held[needs.column]} != 0"
            yield f"(NOT coalesce({says}, FALSE) OR {identifier(needs.date)} IS NOT NULL)", _needs_fault(needs)
    if columns.table.name in ENTERED and "amount" in held:
        entered = ENTERED[columns.table.name]
        there = [f"{identifier(name)} IS NOT NULL" if name in held else "FALSE" for name in entered]
        others = [
            f"coalesce(lower({identifier(name)}) != lower({identifier(entered[1])}), TRUE)"
            for name in (entered[0], "partner_id")
            if {name, *entered} <= held.keys()
        ]
        yield f"({held['amount']} IS NULL OR ({' AND '.join([*there, *others])}))", _entered_fault(entered)
    for first, later in NEVER_BEFORE.get(columns.table.name, ()):
        if {first, later} <= held.keys():
            yield f"coalesce({held[first]} <= {held[later]}, TRUE)", _before_fault(first, later)


_NOT: Mapping[Type, str] = {
    Type.ID: "no id",
    Type.TEXT: "no plain text",
    Type.DATE: "no date",
    Type.MONTH: "no month",
    Type.MONEY: "no amount",
    Type.NUMBER: "no number",
    Type.COUNT: "no whole number",
    Type.FLAG: "neither true nor false",
}
_CURRENCY_CELL = Cell("regexp_full_match(§, '[A-Z]{3}')", "§", "F209", "write a code of ISO 4217, such as EUR")


_PAYABLE = ", ".join(f"'{code}'" for code, decimals in DECIMALS.items() if decimals is not None)
_KNOWN = ", ".join(f"'{code}'" for code in sorted({*DECIMALS, *WITHDRAWN}))


def _cell_fault(column: TableColumn, columns: Columns, grammar: Cell) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        written = texts[identifier(column.name)] or ""
        text = shown(written)
        message, cure = f"{text} is {_NOT[column.type]}", grammar.cure
        code = texts.get(identifier(CURRENCY)) or ""
        decimals = DECIMALS.get(code)
        own = currency(code) if columns.has_currencies and decimals is not None else columns.currency
        if column.type == Type.MONEY and is_amount(written, own.decimals):  # and so it is the amount that is too large
            limit = f"{format_minor(AMOUNT_MAX_MINOR, own)} {own.code}"
            message = f"{text} is beyond the largest amount, {limit}"
            return Fault(
                grammar.code, column.name, message, f"check it: no amount is more than {limit}, or below -{limit}"
            )
        if column.type == Type.MONEY and decimals is not None:  # by its row's own currency, where that is read
            message, cure = f"{message} in {code}", cell(Type.MONEY, decimals).cure
        return Fault(grammar.code, column.name, message, cure)

    return fault


def _blank_key_fault(name: str) -> Callable[[Mapping[str, str | None]], Fault]:
    return lambda texts: Fault("F120", name, f"{name} is blank, and it is part of the key", "fill it in")


def _currency_fault(code: str) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        other = shown(texts[identifier(CURRENCY)] or "")
        message = f"the row is in {other}, and the program pays {code}"
        hint = f"convert its amounts to {code} before they are read, or say by which rates: exchange:"
        return Fault("F209", CURRENCY, message, hint)

    return fault


def _unknown_currency_fault(name: str) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        text = texts[name] or ""
        try:
            currency(text)
        except Refused as refusal:
            message = f"{shown(text)} is no currency of ISO 4217 that is paid in"
            return Fault("F230", name.strip('"'), message, refusal.problems[0].hint)
        raise AssertionError("a payable currency is no fault")

    return fault


def _rate_fault(texts: Mapping[str, str | None]) -> Fault:
    text, of = (texts.get(identifier(name)) for name in ("rate", "from_currency"))
    message = "rate is blank" if text is None else f"{shown(text)} is no exchange rate"
    message += f": one {of} is one {of}" if of is not None and of == texts.get(identifier("to_currency")) else ""
    return Fault("F231", "rate", message, f"write what one unit costs, above 0 and at most {RATE_MAX:,}")


def _ends_fault(texts: Mapping[str, str | None]) -> Fault:
    message = "the version ends before it begins"
    return Fault("F126", "valid_to", message, "valid_to is its last day; leave it blank for a version without end")


def _subject_fault(texts: Mapping[str, str | None]) -> Fault:
    named = [name for name in SUBJECTS if texts.get(identifier(name))]
    told = " and ".join(named) if named else "none of deal_id, customer_id and project_id"
    message = f"a credit is of one deal, customer or project, and this one names {told}"
    return Fault("F125", named[1] if len(named) > 1 else "deal_id", message, "keep one of the three")


def _share_fault(texts: Mapping[str, str | None]) -> Fault:
    text = shown(texts[identifier("share")] or "")
    return Fault("F127", "share", f"{text} is no share of a deal", "write a part of one, such as 0.5 for a half")


def _word_fault(name: str, words: Sequence[str]) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        text = texts[identifier(name)] or ""
        near = get_close_matches(text, words, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"it is one of {', '.join(words)}"
        return Fault("F129", name, f"{shown(text)} is no {name} that is known", hint)

    return fault


def _lacks_fault(scope: str, name: str) -> Callable[[Mapping[str, str | None]], Fault]:
    message, hint = f"scope is '{scope}', and {name} is blank", f"fill in {name}, or correct the scope"
    return lambda texts: Fault("F215", name, message, hint)


def _not_of_fault(scope: str, name: str) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        said = texts.get(identifier("scope"))
        message = f"{name} is {shown(texts[identifier(name)] or '')}, and scope is {shown(said) if said else 'blank'}"
        return Fault("F215", name, message, f"write {scope} in scope, or leave {name} blank")

    return fault


def _needs_fault(needs: Needs) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        message = f"{needs.column} is {shown(texts[identifier(needs.column)] or '')}, and {needs.date} is blank"
        return Fault("F213", needs.date, message, f"fill in {needs.date}, or correct {needs.column}")

    return fault


def _entered_fault(entered: tuple[str, str, str]) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        if blank := [name for name in entered if texts.get(identifier(name)) is None]:
            told = " and ".join(filter(None, [", ".join(blank[:-1]), blank[-1]]))
            message = f"an amount is entered, and {told} {'is' if len(blank) == 1 else 'are'} blank"
            return Fault("F217", blank[0], message, f"fill in {told}")
        proposer, approver = (texts[identifier(name)] or "" for name in entered[:2])
        told = "proposed it and approved it"
        if proposer.lower() != approver.lower():
            told = "approved what is their own"
        return Fault("F217", entered[1], f"{shown(approver)} {told}", "let a second person approve it")

    return fault


def _before_fault(first: str, later: str) -> Callable[[Mapping[str, str | None]], Fault]:
    def fault(texts: Mapping[str, str | None]) -> Fault:
        days = [shown(texts[identifier(name)] or "") for name in (later, first)]
        message = f"{later} is {days[0]}, before {first}, which is {days[1]}"
        return Fault("F214", later, message, "correct the wrong one of the two")

    return fault


def shown(text: str) -> str:
    """A cell as a message quotes it: short, and with what can't be seen as a dot."""
    cut = text if len(text) <= 40 else text[:40] + "…"
    return f"'{plain(cut)}'"
