"""The cases of a program: each with its rows as a source would hold them, and what has to come out.

In: cases as they are written, and what the rules mean. Out: what each case means; every name that the program does not
have, and every cell that its column could not hold, is noted as a problem with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Any

from rules.calendar import NoSuchPeriod, Period
from rules.cases.cells import cell_text, value_of
from rules.cases.fill import filled, first_period
from rules.cases.meaning import CaseMeaning, Expected, Row
from rules.cases.spec import CaseSpec
from rules.check.exchange import CURRENCY
from rules.check.scope import Path, Scope, suggest
from rules.check.uses import names_used
from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.meaning import Meaning
from rules.quantities.currency import DECIMALS, currency
from rules.quantities.numerals import Unwritable
from rules.tables import TableColumn

_CODE = re.compile(r"[A-Z][0-9]{3}")
WHOLE = "payout"  # what a partner gets in all


def cases(scope: Scope, written: Mapping[str, CaseSpec], meaning: Meaning) -> tuple[CaseMeaning, ...]:
    """The cases that hold together; faults of the others are noted."""
    found = [_Case(scope, meaning, name, spec).meant() for name, spec in written.items()]
    return tuple(each for each in found if each is not None)


class _Case:
    """One case while it is checked."""

    def __init__(self, scope: Scope, meaning: Meaning, name: str, spec: CaseSpec) -> None:
        self._scope, self._meaning, self._name, self._spec = scope, meaning, name, spec
        self._path: Path = ("tests", name)
        self._components = [*(each.name for each in meaning.payouts), *(each.name for each in meaning.pools)]
        self._components += [each.name for each in meaning.balances]
        self._paid = {*self._components, *(each.name for each in meaning.totals), WHOLE}
        self._valued = {name for name in scope.named if name not in self._paid and name not in scope.of_program}
        self._sources = {source.table for source in meaning.sources} & scope.tables.keys()

    def meant(self) -> CaseMeaning | None:
        """What the case means; None after noting why it means nothing."""
        before = len(self._scope.problems)
        period = self._period()
        given, stated = self._given()
        named = dict.fromkeys(chain.from_iterable(stated.values()))
        if len(self._scope.problems) > before or period is None:
            return None
        rows = filled(given, [each for each in named if each], self._meaning, period)
        partners = [row["partner_id"] for row in rows["partners"]]
        everyone = {name: {who or partners[0]: text for who, text in each.items()} for name, each in stated.items()}
        if len(partners) > 1:
            for name in (name for name, each in stated.items() if "" in each):
                self._note((*self._path, "given", name), f"of the {len(partners)} partners, whose is it?", _BY_PARTNER)
        expected, whole = [*self._expected(partners)], tuple(self._whole())
        if len(self._scope.problems) > before:
            return None
        tables = {name: tuple(each) for name, each in rows.items()}
        problem = self._spec.expect if isinstance(self._spec.expect, str) else None
        place = self._scope.key_place(self._path)
        return CaseMeaning(self._name, period, tables, everyone, tuple(expected), whole, problem, place)

    def _note(self, path: Path, message: str, hint: str, code: str = "P237") -> None:
        self._scope.key_problem(code, path, message, hint)

    def _period(self) -> Period | None:
        effective, path = self._meaning.effective, (*self._path, "period")
        if self._spec.period is None:
            found = first_period(self._meaning.calendar, effective)
            if found is None:
                message = f"no period lies within {effective.first} to {effective.last}"
                self._note(self._path, message, "name the period: period: ...", "P236")
            return found
        try:
            period = self._meaning.calendar.period(self._spec.period)
        except NoSuchPeriod as error:
            self._note(path, f"there is no period {_short(self._spec.period)}", str(error), "P236")
            return None
        if period.start < effective.first or period.end > effective.end:
            message = f"period {period} is not within {effective.first} to {effective.last}"
            self._note(path, message, "the program is in force for those days only", "P236")
            return None
        return period

    def _given(self) -> tuple[dict[str, list[Row]], dict[str, dict[str, str]]]:
        """The rows by table, and the stated values by name and partner ("": the only one)."""
        tables: dict[str, list[Row]] = {}
        stated: dict[str, dict[str, str]] = {}
        path = (*self._path, "given")
        if not isinstance(self._spec.given, dict):
            self._note(path, "what is given are tables and values by name", "write deals: {...}, or attainment: 105%")
            return tables, stated
        for name, value in self._spec.given.items():
            at = (*path, name)
            if name in self._sources:
                tables[name] = list(self._rows(name, value, at))
            elif name in self._valued:
                stated[name] = self._values(name, value, at)
            else:
                known = [*self._sources, *self._valued]
                hint = suggest(name, known) or "it has " + _listed(sorted(known))
                self._note(at, f"the program has no table, KPI, quota or score called {_short(name)}", hint, "P234")
        self._check_whole_scores(stated)
        return tables, stated

    def _check_whole_scores(self, stated: Mapping[str, object]) -> None:
        """A score that is stated is not worked out, so all that the rules read of its scorecard is stated."""
        used = names_used(self._meaning)
        for card in self._meaning.scorecards:
            own = [name for name in self._valued if name == card.name or name.startswith(f"{card.name}.")]
            if not any(name in stated for name in own):
                continue
            for name in sorted(name for name in own if name in used and name not in stated):
                message = f"the rules read {name} too, and a stated scorecard is not worked out"
                self._note((*self._path, "given"), message, f"state {name} beside it")

    def _rows(self, table: str, value: Any, at: Path) -> Iterator[Row]:
        for index, row in enumerate(value if isinstance(value, list) else [value]):
            where = (*at, index) if isinstance(value, list) else at
            if not isinstance(row, dict):
                self._note(where, f"a row of {table} is columns with values", f"write {table}: {{column: value}}")
                continue
            yield dict(self._cells(table, row, where))

    def _cells(self, table: str, row: Mapping[str, Any], at: Path) -> Iterator[tuple[str, str]]:
        columns = {column.name: column for column in self._scope.tables[table].columns}
        terms = self._terms(row.get(CURRENCY))
        for name, value in row.items():
            if name not in columns:
                hint = suggest(name, list(columns)) or "its columns are " + _listed(list(columns))
                self._note((*at, name), f"{table} has no column {_short(name)}", hint, "P234")
            elif (text := self._cell(columns[name], value, (*at, name), terms)) is not None:
                yield name, text

    def _terms(self, code: Any) -> Terms:
        """The terms of a row's own currency, where the program converts it."""
        own = self._scope.terms
        is_other = self._meaning.exchange is not None and isinstance(code, str) and DECIMALS.get(code) is not None
        return Terms(currency(str(code))) if is_other else own

    def _cell(self, column: TableColumn, value: Any, at: Path, terms: Terms) -> str | None:
        if isinstance(value, dict | list):
            self._note(at, f"a cell of {column.name} is one value", "write it as a text, a number or a date")
            return None
        try:
            return cell_text(value, column.type, terms)
        except Unwritable as error:
            self._scope.problem(error.code, at, error.message, error.hint)
            return None

    def _values(self, name: str, value: Any, at: Path) -> dict[str, str]:
        """What is stated of a KPI or a score, as cells."""
        found: dict[str, str] = {}
        for partner, each, where in self._by_partner(value, at):
            if name in self._scope.words:
                code = self._tier(name, each, where)
                text = None if code is None else str(code)
            else:
                type_ = Type.MONEY if self._scope.named[name] is Type.MONEY else Type.NUMBER
                text = self._cell(TableColumn(name, type_), each, where, self._scope.terms)
            if text is not None:
                found[partner] = text
        return found

    def _by_partner(self, value: Any, at: Path) -> Iterator[tuple[str, Any, Path]]:
        """Each value with its partner ("" where one value stands for the only one)."""
        if isinstance(value, dict):
            yield from ((partner, each, (*at, partner)) for partner, each in value.items())
        else:
            yield "", value, at

    def _tier(self, name: str, written: Any, at: Path) -> int | None:
        words = self._scope.words[name]
        if written in words:
            return words.index(written)
        hint = suggest(str(written), words) or "it is one of " + _listed(words)
        self._scope.problem("P228", at, f"{name} is never '{_short(str(written))}'", hint)
        return None

    def _expected(self, partners: Sequence[str]) -> Iterator[Expected]:
        """Every value that should come out."""
        expect, path = self._spec.expect, (*self._path, "expect")
        if isinstance(expect, str):
            if not _CODE.fullmatch(expect) or self._spec.lines:
                hint = "write payouts by name, or the code alone, such as F301"
                self._note(path, f"'{_short(expect)}' is no code of a problem", hint, "P235")
            return
        if expect is not None and not isinstance(expect, dict):
            self._note(path, "what is expected are values by name", "write commission: 45_000", "P235")
            return
        for name, value in (expect or {}).items():
            if name not in self._paid | self._valued:
                known = sorted(self._paid | self._valued)
                hint = suggest(name, known) or "it has " + _listed(known)
                self._note((*path, name), f"the program pays and measures nothing called {_short(name)}", hint, "P235")
                continue
            yield from self._one_expected(name, "", value, partners, (*path, name))
        yield from self._expected_lines(partners)

    def _whole(self) -> Iterator[str]:
        """The payouts whose lines are all named."""
        if isinstance(self._spec.lines, dict):
            yield from self._spec.lines

    def _expected_lines(self, partners: Sequence[str]) -> Iterator[Expected]:
        lines, path = self._spec.lines, (*self._path, "lines")
        components = self._components
        if lines is not None and not isinstance(lines, dict):
            self._note(path, "lines are named by their payout", "write commission: {D-1: 45_000}", "P235")
            return
        for name, value in (lines or {}).items():
            if name not in components:
                hint = suggest(name, components) or "it has " + _listed(components)
                self._note((*path, name), f"the program pays no lines called {_short(name)}", hint, "P235")
            elif not isinstance(value, dict):
                self._note((*path, name), "a line is named by the key of its row", "write D-1: 45_000", "P235")
            else:
                for key, each in value.items():
                    yield from self._one_expected(name, key, each, partners, (*path, name, key))

    def _one_expected(self, name: str, row: str, value: Any, partners: Sequence[str], at: Path) -> Iterator[Expected]:
        if not isinstance(value, dict) and len(partners) > 1:
            self._note(
                at, f"the case has partners {_listed(partners)}, and it is not said whose this is", _BY_PARTNER, "P235"
            )
            return
        for partner, each, where in self._by_partner(value, at):
            if partner and partner not in partners:
                hint = suggest(partner, partners) or "its partners are " + _listed(partners)
                self._note(where, f"the case has no partner {_short(partner)}", hint, "P235")
                continue
            found = self._value(name, each, where)
            if found is not None:
                is_money = name in self._paid or self._scope.named.get(name) is Type.MONEY
                place = self._scope.key_place(where)
                yield Expected(name, partner or partners[0], row, found, is_money, str(each), place)

    def _value(self, name: str, written: Any, at: Path) -> Fraction | None:
        if name in self._scope.words:
            code = self._tier(name, written, at)
            return None if code is None else Fraction(code)
        is_money = name in self._paid or self._scope.named[name] is Type.MONEY
        try:
            return value_of(written, is_money, self._scope.terms)
        except Unwritable as error:
            self._scope.problem(error.code, at, error.message, error.hint)
            return None


_NAMES_MAX, _SHORT_MAX = 12, 60


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
    return ", ".join(map(_short, names[:_NAMES_MAX])) + more


def _short(text: str) -> str:
    return text if len(text) <= _SHORT_MAX else f"{text[:_SHORT_MAX]}..."


_BY_PARTNER = "write it by partner: {P-1: ..., P-2: ...}"
