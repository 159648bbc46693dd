"""A holdback: a part of what was earned is kept back, and released later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from rules.balances.base import (
    BalanceKind,
    Movement,
    MovementReason,
    Row,
    State,
    above_zero,
    from_balance,
    rounded,
    to_balance,
)
from rules.calendar import Period
from rules.consistent import Inconsistent, consistent
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Kind, Terms, Wanted, Words, percent
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.rounding import round_fraction
from rules.quantities.written import CountField, DateField, RateField


class Release(Kind):
    """When what is held is released: `after` so many periods, all of it `on` a day, or the amount that an expression
    says (`of`), such as what was received in cash. Of an amount below zero nothing is released, nor held back
    again."""

    after: CountField | None = Field(default=None, description="periods")
    on: DateField | None = None
    of: ExpressionField | None = Field(default=None, description="an amount of the period")

    @consistent
    def _one(self) -> Iterator[Inconsistent]:
        if sum(each is not None for each in (self.after, self.on, self.of)) != 1:
            hint = "write `{after: 2}`, for two periods later"
            yield Inconsistent("P260", "a release is one of after, on and of", hint)
        if self.after is not None and self.after < 1:
            yield Inconsistent("P260", "a release after less than one period", "write 1 or more periods", ("after",))


class Holdback(BalanceKind):
    """Keeps back a share of what was earned, and releases it later.

    `holdback: {share: 10%, of: [commission], released: {after: 2}}`. The share is taken of what the components earned
    in all, where that is above zero, and rounded once; no more is held back than is due, and no more is released than
    is held. Several can hold back of one component: each takes its share of all that this earned, and all together no
    more than is due. After the day `on` which it is released nothing is held back any more. Who can't be paid anything
    new gets what was held back all the same; an amount that releases it, of KPIs and columns of partners, is measured
    of those as well.
    """

    moves: ClassVar[tuple[str, ...]] = ("withheld", "released")

    share: RateField
    of: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    released: Release

    @consistent
    def _part(self) -> Iterator[Inconsistent]:
        if not 0 < self.share <= 1:
            hint = "keep back more than nothing and at most all"
            yield Inconsistent("P261", f"a holdback of {percent(self.share)}", hint, ("share",))

    @property
    def components(self) -> tuple[str, ...]:
        return self.of

    @property
    def looks_back(self) -> int:
        return int(self.released.after or 0)

    @property
    def has_days(self) -> bool:
        return self.released.of is None

    def inputs(self) -> Mapping[str, Wanted]:
        if self.released.of is None:
            return {}
        return {"released": Wanted(self.released.of, frozenset({Type.MONEY}), ("released", "of"))}

    @property
    def of_leavers(self) -> frozenset[str]:
        return frozenset(self.inputs())

    def in_words(self, terms: Terms) -> Words:
        whose = "what was earned" if not self.of else " and ".join(self.of)
        release = self.released
        if release.after is not None:
            when = f"after {_periods(int(release.after))}"
        elif release.on is not None:
            when = f"on {release.on}, after which nothing is held back"
        else:
            assert release.of is not None
            when = f"as {release.of.text} says, no more than is held"
        return Words(f"{percent(self.share)} of {whose} is held back, and released {when}")

    def _is_over(self, period: Period) -> bool:
        """Whether the day on which all is released came before the period."""
        return self.released.on is not None and self.released.on < period.start

    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        share = Fraction(0) if self._is_over(state.period) else self.share
        withheld = rounded(above_zero(state.base) * Exact.constant(share, len(state.base)), terms)
        withheld = withheld.least(above_zero(state.due))
        held = state.opening + withheld
        if self.released.after is not None:
            asked = state.earlier("withheld", int(self.released.after)) + state.due_now
        elif self.released.of is not None:
            asked = rounded(above_zero(state.inputs["released"]), terms)
        else:
            asked = held if state.is_due(self.released.on) else state.due_now
        return to_balance("withheld", withheld), from_balance("released", above_zero(asked.least(held)))

    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        exact = self.share * row.base if row.base > 0 and not self._is_over(row.period) else Fraction(0)
        wanted = Fraction(round_fraction(exact, terms.rounding, terms.step_minor))
        withheld = min(wanted, max(row.due, Fraction(0)))
        held = row.opening + withheld
        told = f"{percent(self.share)} of {terms.money(row.base)} earned"
        told += f", no more than the {terms.money(row.due)} that is due" if withheld < wanted else ""
        if self._is_over(row.period):
            told = f"nothing is held back after {self.released.on}"
        none = "nothing is to be released"
        if self.released.after is not None:
            asked = row.back("withheld", int(self.released.after)) + row.due_now
            why = f"{terms.money(asked)} was held back {_periods(int(self.released.after))} before"
        elif self.released.of is not None:
            wanted = row.inputs["released"]
            asked = max(Fraction(round_fraction(wanted, terms.rounding, terms.step_minor)), Fraction(0))
            why = f"{self.released.of.text} is {terms.money(asked)}"
            none = f"{self.released.of.text} is below zero, and nothing is held back again" if wanted < 0 else none
        else:
            is_day = row.is_due(self.released.on)
            asked = held if is_day else row.due_now
            why = f"released on {self.released.on}" if is_day else "its day has come"
        paid = max(min(asked, held), Fraction(0))
        why = f"{why}, of {terms.money(held)} held" if paid else none
        why += f", {terms.money(withheld)} of that withheld in this period" if paid and withheld else ""
        return MovementReason("withheld", withheld, -withheld, told), MovementReason("released", -paid, paid, why)


def _periods(count: int) -> str:
    return "1 period" if count == 1 else f"{count} periods"
