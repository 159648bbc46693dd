"""A rate card: what a row is paid by its attributes, the most specific entry first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.said import condition_said
from rules.expressions.tree import Type
from rules.kinds.agreed import AgreedKind
from rules.kinds.base import TERM, Columns, Kind, Reason, RowFault, Terms, Wanted, Words, number, percent
from rules.quantities.exact import LIMIT, Exact, Flags, integers
from rules.quantities.written import Money, MoneyField, RateField
from rules.specific import Choice, Match, condition, most_specific, same_rows

_UNITS = frozenset({Type.COUNT, Type.NUMBER})
_SHOWN_MAX = 3  # of the entries that fit beside the one that is paid
_WORDS_MAX = 100


class Pay(Kind):
    """What is paid: a rate of the base, an amount for each of its units, or a flat amount for the row."""

    rate: RateField | None = None
    amount: MoneyField | None = None
    per_unit: MoneyField | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Pay:
        if [self.rate, self.amount, self.per_unit].count(None) != 2:
            raise _fault("P182", "an entry pays in one way", "write one of rate, amount and per_unit")
        return self

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        """What is wrong with its amounts."""
        if self.amount is not None:
            return terms.whole_faults(self.amount)
        return [] if self.per_unit is None else terms.currency_faults(self.per_unit)

    def says(self, terms: Terms) -> str:
        """What is paid, in words."""
        if self.rate is not None:
            return f"{percent(self.rate)} of the base"
        if self.amount is not None:
            return terms.amount(_minor(self.amount, terms))
        return f"{terms.amount(_minor(self.per_unit, terms))} for each unit"


class Entry(Pay):
    """One line of the card: which rows it is for, and what it pays them.

    A row fits where each attribute that `for` names is the text, or one of the texts, or within the range (`{from: 12,
    below: 24}`) that stands there. Without `for`, every row fits.
    """

    for_: Match = Field(default={}, alias="for", description="table.column: a text, a list of texts, or a range")


class Card(AgreedKind):
    """Pays each row by the most specific entry that fits it: `card: {entries: [{for: {deals.product: Atlas}, rate: 8%},
    {for: {deals.product: Atlas, partners.region: [DE, AT]}, rate: 10%}], otherwise: {rate: 5%}}`.

    The more attributes an entry names, the more specific it is; a list is one attribute. So where wider and narrower
    attributes should outrank each other (a variant its product, a product its category), the narrower entry names the
    wider ones too. Two entries that fit the same row and name equally many attributes are refused, and so is a row that
    none fits, unless `otherwise` says what it is paid. A row whose attribute is unknown does not fit.

    With `term`, what was agreed with the row's partner under that name (table `terms`) outranks every entry; then
    the entries are all rates, all amounts for each unit, or all amounts.
    """

    measures: ClassVar[frozenset[Type]] = _UNITS | {Type.MONEY}

    entries: Annotated[tuple[Entry, ...], Field(strict=False)]
    otherwise: Pay | None = Field(default=None, description="what a row is paid that no entry fits")

    @model_validator(mode="after")
    def _holds_together(self) -> Card:
        if not self.entries:
            raise _fault("P182", "a card without entries", "list at least one")
        if any(pay.rate is not None for pay in self._pays) and any(pay.per_unit is not None for pay in self._pays):
            hint = "make two rules: a rate measures money, per_unit a count or a number"
            raise _fault("P184", "a card with both rates and amounts for each unit", hint)
        if self.otherwise is not None and any(not entry.for_ for entry in self.entries):
            raise _fault("P186", "an entry for every row leaves nothing to otherwise", "keep one of the two")
        return self

    @property
    def _pays(self) -> tuple[Pay, ...]:
        return self.entries if self.otherwise is None else (*self.entries, self.otherwise)

    @property
    def takes(self) -> frozenset[Type]:
        """Money for rates, units for amounts for each; a card of flat amounts takes no base."""
        if any(pay.rate is not None for pay in self._pays):
            return frozenset({Type.MONEY})
        return _UNITS if any(pay.per_unit is not None for pay in self._pays) else frozenset()

    @property
    def agrees_on(self) -> Literal["rate", "per_unit", "amount"] | None:
        sorts: tuple[Literal["rate", "per_unit", "amount"], ...] = ("rate", "per_unit", "amount")
        named = [sort for sort in sorts if any(getattr(pay, sort) is not None for pay in self._pays)]
        return named[0] if len(named) == 1 else None

    def inputs(self) -> Mapping[str, Wanted]:
        """Whether a row fits, for each entry that has conditions: `fits.0` for the first, 1 where it does."""
        conditions = ((index, condition(entry.for_)) for index, entry in enumerate(self.entries))
        return {
            _input(index): Wanted(written, frozenset({Type.FLAG}), ("entries", index, "for"))
            for index, written in conditions
            if written is not None
        }

    @property
    def optional_inputs(self) -> frozenset[str]:
        """All of `inputs`: what is unknown does not fit; and what was agreed."""
        return frozenset(self.inputs()) | super().optional_inputs

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        found = self.term_faults()
        for first, second, rows in same_rows([entry.for_ for entry in self.entries]):
            both = f"entries {first + 1} and {second + 1}"
            if self.entries[first].for_ == self.entries[second].for_:
                message = f"{both} are for the same rows: {self._for(first)}"
            else:
                message = f"{both} both fit rows where {_shown(rows)}, and neither is more specific"
            found.append(("P183", message, "keep one of them for these rows, or name another attribute in one"))
        for index, pay in enumerate(self._pays):
            name = "otherwise" if index == len(self.entries) else f"entry {index + 1}"
            found += [(code, f"{name}: {message}", hint) for code, message, hint in pay.faults(terms)]
        return found

    def in_words(self, terms: Terms) -> Words:
        found = [(condition(entry.for_), entry.says(terms)) for entry in self.entries]
        rows = [("every row" if written is None else condition_said(written.tree), paid) for written, paid in found]
        rows += [] if self.otherwise is None else [("otherwise", self.otherwise.says(terms))]
        text = "the entry of the card that fits and names the most attributes"
        if self.otherwise is None:
            text += "; a row that no entry fits stops the calculation"
        text = self.or_agreed(text)
        return Words(text, ("for rows where", "pays"), tuple(rows))

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """A fault for each row that two entries fit equally well, or that none fits."""
        chosen = self._choice(columns, rows)
        is_paid = columns["base"].is_known() if self.takes else np.ones(rows, dtype=bool)
        is_paid = is_paid & ~columns[TERM].is_known() if self.term is not None else is_paid
        faults: list[RowFault] = []
        for row in np.flatnonzero(is_paid & (chosen.rival >= 0)).tolist():
            both = " and ".join(map(self._named, sorted((int(chosen.entry[row]), int(chosen.rival[row])))))
            hint = "name one more attribute in the entry that should win"
            faults.append(RowFault(row, "F311", f"{both} fit equally well", hint))
        if self.otherwise is None:
            hint = "add an entry for it, or say what is paid otherwise:"
            missed = np.flatnonzero(is_paid & (chosen.entry < 0)).tolist()
            faults += [RowFault(row, "F310", "no entry of the card fits", hint) for row in missed]
        return sorted(faults)

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        return self.outranked(columns, rows, terms, lambda: self._by_entries(columns, rows, terms))

    def _by_entries(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        entry = self._choice(columns, rows).entry
        pay = np.where(entry < 0, len(self.entries), entry)
        flat = _table([_minor(each.amount, terms) for each in self._pays]).take(pay)
        if not self.takes:
            return flat
        factors = [each.rate if each.rate is not None else _minor(each.per_unit, terms) for each in self._pays]
        return columns["base"] * _table(factors).take(pay) + flat

    def _choice(self, columns: Columns, rows: int) -> Choice:
        every = np.ones(rows, dtype=bool)
        fits = [_holds(columns[_input(at)]) if entry.for_ else every for at, entry in enumerate(self.entries)]
        return most_specific([entry.for_ for entry in self.entries], fits, rows)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        found = self.outranking(columns, row, terms)
        return self.no_term(self._by_entry(columns, row, terms)) if found is None else found

    def _by_entry(self, columns: Columns, row: int, terms: Terms) -> Reason:
        levels: dict[int, int] = {}
        for at, entry in enumerate(self.entries):
            if not entry.for_ or columns[f"fits.{at}"].fraction(row) == 1:
                levels[at] = len(entry.for_)
        if not levels:
            assert self.otherwise is not None, "a row that no entry fits is refused"
            value, words, uses = _paid(self.otherwise, columns, row, terms)
            return Reason(value, f"no entry fits, otherwise {words}", uses)
        ranked = sorted(levels, key=lambda at: (-levels[at], at))
        best, others = ranked[0], ranked[1:]
        assert not others or levels[others[0]] < levels[best], "a row that two entries fit equally well is refused"
        value, words, uses = _paid(self.entries[best], columns, row, terms)
        why = self._named(best)
        if others:
            shown = ", ".join(map(self._named, others[:_SHOWN_MAX]))
            more = f" and {len(others) - _SHOWN_MAX} more" if len(others) > _SHOWN_MAX else ""
            why += f", more specific than {shown}{more}"
        seen = tuple(f"fits.{at}" for at in ranked[: _SHOWN_MAX + 1] if self.entries[at].for_)
        return Reason(value, f"{words} by {why}", (*uses, *seen))

    def _named(self, index: int) -> str:
        return f"entry {index + 1} ({self._for(index)})"

    def _for(self, index: int) -> str:
        return _shown(self.entries[index].for_)


def _shown(match: Match) -> str:
    """For which rows an entry is, in words that are not too long."""
    written = condition(match)
    text = "every row" if written is None else written.text
    return text if len(text) <= _WORDS_MAX else f"{text[:_WORDS_MAX]}..."


def _input(index: int) -> str:
    return f"fits.{index}"


def _holds(flag: Exact) -> Flags:
    """Where an input of the type flag is known and true."""
    holds: Flags = flag.is_known() & (flag.numerator != 0)
    return holds


def _minor(money: Money | None, terms: Terms) -> Fraction:
    return Fraction(0) if money is None else terms.minor(money)


def _table(values: list[Fraction]) -> Exact:
    """The values over one denominator where it is handy, so that a column of them stays in machine integers; a row
    that nothing pays (the last) is unknown."""
    below = math.lcm(*(value.denominator for value in values))
    if below >= LIMIT:
        return Exact.of([*values, None])
    known = np.arange(len(values) + 1) < len(values)
    return Exact(integers([int(value * below) for value in (*values, Fraction(0))]), below, known)


def _paid(pay: Pay, columns: Columns, row: int, terms: Terms) -> tuple[Fraction, str, tuple[str, ...]]:
    """What a row is paid in minor units, in words, and the input that it rests on."""
    scale = 10**terms.currency.decimals
    if pay.amount is not None:
        return pay.amount.amount * scale, f"{terms.money(pay.amount.amount * scale)} flat", ()
    base = columns["base"].fraction(row)
    assert base is not None, "a row with an unknown base is never paid"
    if pay.rate is not None:
        return base * pay.rate, f"{percent(pay.rate)} of {terms.money(base)}", ("base",)
    assert pay.per_unit is not None, "an entry pays in one way"
    each = pay.per_unit.amount * scale
    return base * each, f"{number(base)} x {terms.money(each)}", ("base",)


def _fault(code: str, message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})
