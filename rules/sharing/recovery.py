"""Performance fees over a high-water mark, and the clawback of carry that was paid too much."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

from pydantic import model_validator

from rules.kinds.base import Kind, Terms, percent
from rules.quantities.exact import Exact
from rules.quantities.written import DateField, RateField
from rules.sharing.base import Step, Told, fault, guarded, zeros


class PerformanceFee(Kind):
    """A part of what an account's value has gained above its high-water mark, raised by a hurdle.

    With a `hard` hurdle only what is above it counts; a `soft` one is a gate: once it is passed, all that is above the
    mark counts.
    """

    rate: RateField
    hurdle: RateField = Fraction(0)
    kind: Literal["hard", "soft"] = "hard"

    @model_validator(mode="after")
    def _not_negative(self) -> PerformanceFee:
        if min(self.rate, self.hurdle) < 0:
            raise fault("K252", f"a part of {percent(min(self.rate, self.hurdle))}", "use nothing less than zero")
        return self

    def compute(self, values: Exact, marks: Exact) -> tuple[Exact, Exact]:
        """The fees and the marks from then on, (n,) exact minor units each; a mark is the value after the fee, and
        never falls.

        >>> fee = PerformanceFee.model_validate({"rate": "20%", "hurdle": "4%"})
        >>> [each.fraction(0) for each in fee.compute(Exact.of([64_200]), Exact.of([61_000]))]
        [Fraction(152, 1), Fraction(64048, 1)]
        """
        rows = len(values)
        values, marks = guarded(values), guarded(marks)
        gate = marks * Exact.constant(1 + self.hurdle, rows)
        is_above = values.compare(gate) > 0
        above = values - (gate if self.kind == "hard" else marks)
        fees = above.where(is_above, zeros(rows)) * Exact.constant(self.rate, rows)
        after = values - guarded(fees)
        return fees, after.where(after.compare(marks) > 0, marks)

    def explain(self, value: Fraction, mark: Fraction, terms: Terms) -> Told:
        """The fee of one account."""
        gate = mark + mark * self.hurdle
        counted = Fraction(0)
        if value > gate:
            counted = value - gate if self.kind == "hard" else value - mark
        fee = counted * self.rate
        words = f"{percent(self.rate)} of {terms.money(counted)}: the value of {terms.money(value)} "
        words += f"over the mark of {terms.money(mark)}, {self.kind} hurdle at {terms.money(gate)}"
        return Told(fee, words, (Step("performance fee", counted, fee, value - fee, words),))


class Clawback(Kind):
    """What the carry gives back at the end: what it has above its part of the profit of the whole life, or what the
    accounts lack of capital and preferred return, whichever is more; but no more than it holds."""

    to: RateField

    @model_validator(mode="after")
    def _is_part(self) -> Clawback:
        if self.to < 0:
            raise fault("K252", f"a part of {percent(self.to)}", "use nothing less than zero")
        if self.to >= 1:
            raise fault("K252", f"a clawback of what is above {percent(self.to)} of all", "use less than 100%")
        return self

    def compute(self, carry: Fraction, profit: Fraction, lacking: Fraction = Fraction(0)) -> Fraction:
        """What is given back, minor units.

        `carry`: paid to the carry over the whole life, and kept after tax where the contract says so; `profit`: what
        was paid beyond capital to all, the carry included, 0 or less after a loss; `lacking`: what the accounts lack.

        >>> Clawback.model_validate({"to": "20%"}).compute(Fraction(2_000), Fraction(7_000))
        Fraction(600, 1)
        """
        return min(self.due(carry, profit, lacking), max(carry, Fraction(0)))

    def due(self, carry: Fraction, profit: Fraction, lacking: Fraction = Fraction(0)) -> Fraction:
        """What is to be given back, whatever the carry holds."""
        above = carry - self.to * max(profit, Fraction(0))
        return max(above, lacking, Fraction(0))

    def explain(self, carry: Fraction, profit: Fraction, terms: Terms, lacking: Fraction = Fraction(0)) -> Told:
        """The same in steps: what is too much, what is lacking, and what the carry holds."""
        part = profit * self.to if profit > 0 else Fraction(0)
        above = carry - part if carry > part else Fraction(0)
        due = above if above >= lacking else lacking
        value = due if due <= carry else (carry if carry > 0 else Fraction(0))
        words = f"{terms.money(carry)} was paid, {percent(self.to)} of {terms.money(profit)} is {terms.money(part)}"
        steps = (
            Step("above its part", carry, above, part, words),
            Step("lacking", lacking, max(lacking - above, Fraction(0)), due, f"accounts lack {terms.money(lacking)}"),
            Step("given back", due, value, carry - value, f"no more than was paid: {terms.money(value)}"),
        )
        return Told(value, f"{words}: {terms.money(value)} is given back", steps)


class LastClawback(Clawback):
    """What the carry gives back once, at the end of the period that holds the day `on`: what it has above `to` of the
    profit of all periods, or what accounts lack of capital and preferred return, whichever is more; no more than it
    holds."""

    on: DateField

    def is_due(self, first: date, last: date) -> bool:
        """Whether the day lies within these days, both included."""
        return first <= self.on <= last
