"""Tiers: what a base pays by a schedule of steps, slice by slice, back to the first unit, or on straight lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import Type
from rules.kinds.agreed import AgreedKind
from rules.kinds.base import TERM, Columns, Kind, Reason, RowFault, Running, Terms, Wanted, Words, percent
from rules.kinds.edges import AtEdge, EdgeField, Faults, edge_faults, in_units, not_ascending, refuse
from rules.kinds.scales.reference import Quantity, quantity_text
from rules.kinds.schedule import Method, Schedule, in_blocks
from rules.kinds.tiers_reason import Told, explained
from rules.kinds.tiers_words import Says, tiers_words
from rules.quantities.exact import Exact
from rules.quantities.written import MoneyField, RateField

_UNITS = frozenset({Type.COUNT, Type.NUMBER})
_NUMBERS = _UNITS | {Type.MONEY}
_VALUES = ("rate", "per_unit", "amount")


class Step(Kind):
    """One step of a schedule: a tier that ends at `to`, or a point `at` which its value holds; and one value."""

    to: EdgeField | None = Field(default=None, description="where the tier ends; none: it has no end")
    at: EdgeField | None = Field(default=None, description="where an interpolated schedule has this value")
    rate: RateField | None = Field(default=None, description="of the base, which is money")
    per_unit: MoneyField | None = Field(default=None, description="for each unit of the base")
    amount: MoneyField | None = Field(default=None, description="for reaching the tier")

    @property
    def edge(self) -> Quantity | None:
        """Where the step stands."""
        return self.to if self.to is not None else self.at

    def says(self, terms: Terms) -> str:
        """What the step pays, in words."""
        if self.rate is not None:
            return percent(self.rate)
        if self.per_unit is not None:
            return f"{terms.amount(terms.minor(self.per_unit))} for each unit"
        assert self.amount is not None, "a step has a value"
        return terms.amount(terms.minor(self.amount))


class Tiers(AgreedKind):
    """Pays by a schedule: `tiers: {method: marginal, accumulate: fiscal_year, order: [deals.closed_on], steps: [{to:
    100_000, rate: 5%}, {to: 500_000, rate: 7.5%}, {rate: 10%}]}`.

    `method` says what a tier pays. With `marginal` each slice of the base is paid at its own step's `rate` or
    `per_unit`, and nothing beyond a last `to`; `amount` steps add up the amounts of all tiers entered. With `whole` the
    tier that is reached pays for the base back to the first unit, or its `amount`. With `interpolated` the steps are
    points (`at`), with straight lines between and the nearest point's value outside. `at_edge` says which tier holds
    what equals `to` exactly; it is needed wherever that changes what is paid.

    With `accumulate`, a row is paid the difference that it makes to a running total, in the given `order`: what the
    schedule pays for all up to the row, less what it pays for all before it. So the row that crosses an edge of a
    `whole` schedule also brings what the earlier rows lacked, and a return takes back the highest tiers first
    (NetSuite's published treatment of rebated sales). A total below zero pays back at the first tier's rate, for that
    is the rate at which the first unit will be paid again; it earns no `amount`, nor does a total of zero.

    With `by`, another measure decides the tier, and the whole base is paid at its rate (or its `amount` is paid, and
    there is no base). With `method: marginal` each slice of `by` pays its part of the base, so that margin is paid at
    rates by revenue: a base of 300 on a `by` of 100, of which 60 lie in a tier of 5 % and 40 in one of 10 %, is paid at
    7 %, and a row whose `by` is zero the rate of the next unit. With `accumulate`, `by` is what adds up, of a credited
    row the partner's share of it. Only slices add up so: how a row that lifts all of the others (`whole`,
    `interpolated`) is paid on the base of those is not known from `by`. With `quota`, edges are parts of it: `to: 80%`,
    for each row of its own quota.

    With `term`, what was agreed with the row's partner under that name (table `terms`), a rate or an amount for each
    unit as the steps are, is paid of the row's whole base in the place of the schedule. The row still adds to the
    running total of those after it, so that only slices (`marginal`) can be added up beside a term.
    """

    measures: ClassVar[frozenset[Type]] = _NUMBERS

    method: Method
    by: ExpressionField | None = Field(
        default=None, description="the measure that decides the tier; the base if unsaid"
    )
    quota: ExpressionField | None = Field(default=None, description="what `to` and `at` are parts of")
    accumulate: Literal["transaction", "period", "fiscal_year", "contract", "ever"] = Field(
        default="transaction", description="where the running total starts anew: with each row, unless said"
    )
    per: Literal["partner", "program"] | None = Field(default=None, description="whose rows add up; partner if unsaid")
    order: Annotated[tuple[ExpressionField, ...], Field(strict=False)] = Field(
        default=(), description="columns of the row by which it is placed among the others; then its key"
    )
    at_edge: AtEdge | None = Field(default=None, description="which tier holds what equals `to`")
    steps: Annotated[tuple[Step, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _holds_together(self) -> Tiers:
        self._check_values()
        self._check_edges()
        self._check_order()
        self._check_by()
        if self.at_edge is None and self._has_jumps:
            message = "it is not said which tier holds a value that equals an edge"
            raise refuse("P173", message, "add at_edge: lower_tier, or at_edge: higher_tier")
        if self.at_edge is not None and not self._has_jumps:
            message = "at_edge changes nothing here: what is paid does not jump at an edge"
            raise refuse("P174", message, "leave at_edge out")
        return self

    def _check_by(self) -> None:
        if self.by is not None and self.method != "marginal" and self.accumulate != "transaction":
            message = "by adds up, and the base does not: what earlier rows are lifted by is not known"
            raise refuse("P176", message, "write method: marginal, or leave accumulate or by out")
        if self.by is not None and self.method == "marginal" and self._pays_amounts:
            message = "slices of by pay their part of a base, and an amount is no part of one"
            raise refuse("P176", message, f"write base: {self.by.text} in the rule, and leave by out")

    def _check_values(self) -> None:
        named = {name for step in self.steps for name in _VALUES if getattr(step, name) is not None}
        if len(named) > 1 or any(getattr(step, name) is None for step in self.steps for name in named or {"rate"}):
            raise refuse("P172", "the steps differ in what they pay", "give each step a rate, a per_unit or an amount")

    def _check_edges(self) -> None:
        is_points = self.method == "interpolated"
        key, other = ("at", "to") if is_points else ("to", "at")
        if any(getattr(step, other) is not None for step in self.steps):
            what = "a point" if is_points else "a tier"
            raise refuse("P171", f"{what} has {key}, not {other}", f"write {key}: in each step")
        open_last = not is_points and bool(self.steps) and self.steps[-1].to is None
        missing = [at for at, step in enumerate(self.steps, 1) if step.edge is None]
        if missing and missing != [len(self.steps)] * open_last:
            hint = "write at: in each step" if is_points else "write to: in each step; the last may do without"
            raise refuse("P171", f"step {missing[0]} has no {key}, so nobody knows where it stands", hint)
        if not open_last and self.method == "whole":
            message = "it is not said what a value beyond the last tier pays"
            raise refuse("P171", message, "add a last step without to:")
        fewest = 2 if is_points else 0 if self.method == "marginal" and self.steps and not self._pays_amounts else 1
        if len(self._edges) < fewest:
            what = "two points" if is_points else "one edge"
            raise refuse("P177", f"this schedule needs at least {what}", "add steps, or name a kind without tiers")
        if fall := not_ascending(self._edges):
            raise refuse("P170", fall, "write the steps from the lowest to the highest, each once")
        from_zero = self.by is None or self.method == "marginal"
        lowest = self._edges[0].amount if self._edges and from_zero else Fraction(1)
        if lowest < 0 or (lowest == 0 and not is_points):
            message = f"{quantity_text(self._edges[0])} is no end of a first tier, which begins at zero"
            raise refuse("P170", message, "write the first step above zero")
        for edge in self._edges:
            self._check_unit(edge)

    def _check_unit(self, edge: Quantity) -> None:
        shown = quantity_text(edge)
        if self.quota is not None and (edge.unit == "money" or (edge.unit == "number" and abs(edge.amount) > 1)):
            raise refuse("P178", f"{shown} is no part of a quota", "write a percentage, such as 80%")
        if self.quota is None and len({each.unit for each in self._edges} & {"money", "percent"}) == 2:
            raise refuse("P178", "some steps stand at money, some at percentages", "write all in the same unit")
        if self.quota is None and self.by is None and not self._pays_amounts:
            wrong = "percent" if self.steps[0].rate is not None else "money"
            if edge.unit in ("percent", wrong):
                what = "money" if wrong == "percent" else "units"
                raise refuse("P178", f"{shown} is not {what}, and the base is", f"write {what}, or add quota: or by:")

    def _check_order(self) -> None:
        if self.accumulate == "transaction":
            if self.per is not None or self.order:
                message = "nothing is added up here, so per and order say nothing"
                raise refuse("P174", message, "say over what to accumulate, or leave them out")
            return
        if not self.order:
            message = "the row that comes first is paid in the lower tier, and the order is not said"
            raise refuse("P175", message, "add order: with columns of the row, such as deals.closed_on")
        if self.accumulate == "contract" and self.per == "program":
            raise refuse("P174", "a contract is added up for each partner, not per program", "leave per out")

    @property
    def _edges(self) -> tuple[Quantity, ...]:
        return tuple(step.edge for step in self.steps if step.edge is not None)

    @property
    def _pays_amounts(self) -> bool:
        return self.steps[0].amount is not None

    @property
    def _has_jumps(self) -> bool:
        """Whether what is paid jumps at an edge."""
        return self.method == "whole" or (self.method == "marginal" and self._pays_amounts)

    @property
    def lifts_earlier_rows(self) -> bool:
        """A row that crosses an edge brings what the rows before it lack, unless each slice is paid for itself."""
        return self.method != "marginal" and self.accumulate != "transaction"

    @property
    def takes(self) -> frozenset[Type]:
        """Money for rates, units for amounts for each, either for amounts; none where `by` alone decides an amount."""
        if self.steps[0].rate is not None:
            return frozenset({Type.MONEY})
        if self.steps[0].per_unit is not None:
            return _UNITS
        return _NUMBERS if self.by is None else frozenset()

    @property
    def agrees_on(self) -> Literal["rate", "per_unit"] | None:
        return None if self._pays_amounts else "rate" if self.steps[0].rate is not None else "per_unit"

    def _faults_of_term(self) -> Faults:
        if self.term is not None and self._pays_amounts:
            message = "an amount for the tier that is reached is not paid for one row, which an agreed value is for"
            return [("P244", message, "leave term out, or let the steps be rates or amounts for each unit")]
        if self.term is not None and self.running is not None and self.method != "marginal":
            message = "the row that crosses an edge would lift earlier rows, and those with an agreed value stay"
            return [("P244", message, "write method: marginal, or leave accumulate or term out")]
        return []

    def inputs(self) -> Mapping[str, Wanted]:
        found: Mapping[str, Written | None] = {"by": self.by, "quota": self.quota}
        return {name: Wanted(written, _NUMBERS) for name, written in found.items() if written is not None}

    @property
    def running(self) -> Running | None:
        if self.accumulate == "transaction":
            return None
        return Running(self.accumulate, self.per or "partner", self.order, "base" if self.by is None else "by")

    def faults(self, terms: Terms) -> Faults:
        found = self._faults_of_term()
        measured = terms.types.get("base" if self.by is None else "by")
        if self.quota is None:
            found += edge_faults(self._edges, measured, terms)
        elif measured is not None and "quota" in terms.types:
            of_money = (measured is Type.MONEY, terms.types["quota"] is Type.MONEY)
            if of_money[0] != of_money[1]:
                message = f"the quota is a {terms.types['quota'].value}, and a {measured.value} is measured by it"
                found.append(("P178", message, "take a quota in the same unit"))
        for step in self.steps:
            if step.amount is not None:
                found += terms.whole_faults(step.amount)
            if step.per_unit is not None:
                found += terms.currency_faults(step.per_unit)
        return list(dict.fromkeys(found))

    def in_words(self, terms: Terms) -> Words:
        says = Says(
            method=self.method,
            by=None if self.by is None else self.by.text,
            quota=None if self.quota is None else self.quota.text,
            accumulate=self.accumulate,
            per=self.per or "partner",
            order=tuple(each.text for each in self.order),
            at_edge=self.at_edge,
            edges=self._edges,
            values=tuple(step.says(terms) for step in self.steps),
            is_amount=self._pays_amounts,
            measured=self._measured(terms),
            terms=terms,
        )
        told = tiers_words(says)
        return replace(told, text=self.or_agreed(told.text))

    def turns(self, terms: Terms) -> Mapping[str, tuple[Fraction, ...]]:
        measured = self._measured(terms)
        edges = tuple(edge.amount if self.quota else in_units(edge, measured, terms) for edge in self._edges)
        return {"base" if self.by is None else "by": edges}

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """A fault for each row whose quota is zero or below: no part of it can be reached."""
        if self.quota is None:
            return []
        quota = columns["quota"]
        wrong = quota.is_known() & (quota.compare(Exact.constant(0, rows)) <= 0)
        wrong = wrong & ~columns[TERM].is_known() if self.term is not None else wrong
        hint = "correct the quota, or leave the row out by where:"
        return [RowFault(row, "F313", "the quota is not above zero", hint) for row in np.flatnonzero(wrong).tolist()]

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        return self.outranked(columns, rows, terms, lambda: self._by_schedule(columns, rows, terms))

    def _by_schedule(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        measured = self._measured(terms)
        edges = tuple(edge.amount if self.quota else in_units(edge, measured, terms) for edge in self._edges)
        values = tuple(self._values(terms))
        if self.method == "marginal" and self._pays_amounts:
            values = tuple(accumulate(values))
        if self.method == "marginal" and len(values) == len(edges):
            values = (*values, values[-1] if self._pays_amounts else Fraction(0))  # nothing more beyond the last `to`
        schedule = Schedule(self.method, edges, values, self._pays_amounts, self.at_edge or "lower_tier")
        return in_blocks(schedule.due, {name: columns[name] for name in self._reads}, rows)

    def _values(self, terms: Terms) -> list[Fraction]:
        """What the steps pay: rates, or amounts in minor units."""
        found = []
        for step in self.steps:
            money = step.amount if step.amount is not None else step.per_unit
            found.append(Fraction(step.rate or 0) if money is None else terms.minor(money))
        return found

    @property
    def _reads(self) -> tuple[str, ...]:
        """The inputs that decide what is paid, in the order in which they are told."""
        base = ("base",) if self.takes else ()
        before = ("before",) if self.running is not None else ()
        return (*base, *before, *self.inputs())

    def _measured(self, terms: Terms) -> Type:
        """What the edges measure: as the checked program says, else as the steps are written."""
        name = "base" if self.by is None else "by"
        is_money = any(edge.unit == "money" for edge in self._edges) or (self.by is None and self.takes == {Type.MONEY})
        return terms.types.get(name, Type.MONEY if is_money else Type.NUMBER)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        if (agreed := self.outranking(columns, row, terms)) is not None:
            return agreed
        given: dict[str, Fraction] = {}
        for name in self._reads:
            value = columns[name].fraction(row)
            assert value is not None, f"a row with an unknown {name} is never paid"
            given[name] = value
        told = Told(
            method=self.method,
            pays=next(name for name in _VALUES if getattr(self.steps[0], name) is not None),
            written=self._edges,
            values=tuple(step.rate if step.rate is not None else _major(step) for step in self.steps),
            measured=_told_type(self, terms),
            at_edge=self.at_edge or "lower_tier",
            by=None if self.by is None else self.by.text,
            terms=terms,
        )
        value, words = explained(told, given)
        return self.no_term(Reason(value, words, self._reads))


def _told_type(tiers: Tiers, terms: Terms) -> Type:
    """What the edges measure, for words."""
    if tiers.by is None and tiers.steps[0].rate is not None:
        return Type.MONEY
    is_money = any(step.edge is not None and step.edge.unit == "money" for step in tiers.steps)
    return terms.types.get("base" if tiers.by is None else "by", Type.MONEY if is_money else Type.NUMBER)


def _major(step: Step) -> Fraction:
    """The amount of a step, in major units."""
    money = step.amount if step.amount is not None else step.per_unit
    assert money is not None, "a step has a value"
    return money.amount
