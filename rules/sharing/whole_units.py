"""A pool of units that can't be divided, such as licences or seats, in proportion to a measure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, RowFault, Terms, Words, number
from rules.quantities.exact import Exact
from rules.quantities.written import CountField
from rules.sharing.base import Awards, PoolKind, Pot, Step, Told, check_size, fault, refusal
from rules.sharing.divisors import UNITS_MAX, Method, Ties, divide_units, explain_units


class WholeUnits(PoolKind):
    """Divides a pool into `count` units of one size and gives whole units, in proportion to a measure, by a divisor
    method: jefferson (d'Hondt), webster (Sainte-Lague), hill (Huntington), dean or adams.

    A unit is the pool over the count, rounded down to the step of rounding; what that leaves is unclaimed. Two who are
    due the last unit alike are refused, unless `ties` says who comes first.
    """

    count: CountField
    of: ExpressionField
    method: Annotated[Method, Field(strict=False)]
    ties: Annotated[Ties, Field(strict=False)] = Ties.REFUSE

    @model_validator(mode="after")
    def _some(self) -> WholeUnits:
        if not 0 < self.count <= UNITS_MAX:
            raise fault("K220", f"{self.count:,} units", f"share between 1 and {UNITS_MAX:,} units")
        return self

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of}

    def in_words(self, terms: Terms) -> Words:
        ties = {Ties.REFUSE: "are refused", Ties.BIGGEST: "go to the biggest", Ties.FIRST: "go to the first id"}
        text = f"{self.count:,} units of one size, whole ones in proportion to {self.of.text}, by {self.method}"
        return Words(f"{text}; ties for the last unit {ties.get(self.ties, 'go to the last id')}")

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        below = np.flatnonzero(np.asarray(columns["of"].numerator < 0, dtype=bool)).tolist()
        found = [(row, number(columns["of"].fraction(row) or Fraction(0))) for row in below]
        hint = "leave the member out, or floor what it is shared by at zero"
        return [RowFault(row, "K201", f"what its units are shared by is {value}", hint) for row, value in found]

    def award(self, columns: Columns, pot: Pot) -> Awards:
        """The worth of the units that each member gets, (n,), and what does not make a whole unit each."""
        check_size(pot.size)
        weights, _ = columns["of"].scaled()
        by_key = dict(zip(map(str, pot.keys), map(int, weights.tolist()), strict=True))
        if not any(by_key.values()):
            raise refusal("F304", "nobody has anything that units are shared by", "let someone take part")
        unit = pot.size // (self.count * pot.terms.step_minor) * pot.terms.step_minor
        given = divide_units(self.count, by_key, self.method, self.ties).given
        worths = Exact.of([given[str(key)] * unit for key in pot.keys])
        return Awards(Exact(worths.numerator, worths.denominator, columns["of"].known), pot.size - unit * self.count)

    def tell(self, columns: Columns, row: int, pot: Pot) -> Told:
        """How many units one member gets, by all quotients of everybody."""
        values = [each or Fraction(0) for each in columns["of"].fractions()]
        names = [str(key) for key in pot.keys]
        weights = dict(zip(names, values, strict=True))
        told = explain_units(self.count, weights, self.method, names[row], self.ties)
        steps = int(pot.size) // pot.terms.step_minor
        unit = Fraction(steps // self.count * pot.terms.step_minor)
        words = f"{told.words}, each {pot.terms.money(unit)}"
        return Told(told.value * unit, words, tuple(_worth(each, unit) for each in told.steps))


def _worth(step: Step, unit: Fraction) -> Step:
    """A step in units as one in money."""
    return Step(step.name, step.entitled * unit, step.paid * unit, step.remaining * unit, step.words)
