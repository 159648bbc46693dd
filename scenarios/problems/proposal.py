"""A proposal: what each unit is to get, what that brings, how good it is at most, and what holds it back.

In: what was asked and what was found. Out: values in names and money, for people and scripts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from engine.frames import PandasFrame, frame_of
from rules.quantities.currency import Currency, format_minor
from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.answer import HELD, relative_gap
from scenarios.optimise.flighting import Flight, recursion
from scenarios.problems.asked import BudgetProblem, TierProblem, Unit
from scenarios.problems.compiled import Compiled, main_curves
from scenarios.problems.curve import Curve
from scenarios.problems.likely import Likely, likely_of
from scenarios.problems.solved import Sought
from scenarios.problems.swept import Point

OF_BUDGET = " of the budget stays unspent"  # after an amount, in a reason


@dataclass(frozen=True, slots=True)
class Row:
    """A unit: what it gets now (None: unknown) and by the proposal, in minor units, what either brings, what the next 1
    of spend would bring, and what holds it."""

    unit: str
    now_minor: int | None
    proposed_minor: int
    response_now: float | None
    response: float
    marginal: float
    held: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A floor or a cap that holds the proposal back, and what one more unit of spend there would bring."""

    name: str
    side: str
    limit_minor: int
    price: float


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the engine pays for a proposal: in which periods, each unit in minor units, what the curves say of that, and
    what was promised; `total_minor` all that the program pays with it, and `lines_sha256` its digest in each period."""

    periods: tuple[str, ...]
    paid_minor: tuple[tuple[str, int], ...]
    response: float
    promised: float
    total_minor: int
    lines_sha256: tuple[str, ...]

    @property
    def paid_in_all_minor(self) -> int:
        """What units are paid together."""
        return sum(minor for _, minor in self.paid_minor)


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """The answer to a budget problem.

    `value` is what is sought of the split in whole minor units (money where `is_money`), `bound` what no split passes,
    on its `side`; `shadow_price` what one more 1 of budget would bring, and `price_of_less` what one less would cost
    (None: not known, or none to take; infinite: a whole step or minimum); `response` what the curves say that it
    brings, and `likely` where the draws of fitted curves put that. `schedule_minor` is what each unit gets in each
    period, and `after` what that brings after the last one, which the goal does not count.
    """

    asked: BudgetProblem
    rows: tuple[Row, ...]
    value: float
    value_now: float | None
    bound: float
    gap: float
    asked_gap: float
    side: Literal["upper", "lower"]
    is_money: bool
    response: float
    response_now: float | None
    spent_minor: int
    unspent_minor: int
    shadow_price: float
    price_of_less: float | None
    bindings: tuple[Binding, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    solver: str
    sha256: str
    compiled: Compiled
    schedule_minor: tuple[tuple[int, ...], ...]
    after: float = 0.0
    flight: Flight | None = None
    reviewed: Reviewed | None = None
    frontier: tuple[Point, ...] = ()
    likely: Likely | None = None
    one_minor: float = 0.0

    @property
    def spent_now_minor(self) -> int | None:
        """What the plan in force spends; None where that is not known of every unit."""
        known = [row.now_minor for row in self.rows if row.now_minor is not None]
        return sum(known) if len(known) == len(self.rows) else None

    @property
    def is_certified(self) -> bool:
        """Whether it is proved that no split is better by more than the gap that was asked for, beyond what one minor
        unit more of each unit would bring (`one_minor`), which whole minor units may cost."""
        apart = abs(self.bound - self.value) - self.one_minor
        return bool(self.gap <= self.asked_gap or (not self.is_money and apart <= self.asked_gap * abs(self.value)))

    @property
    def outcome(self) -> tuple[str, str]:
        """What the curves bring, and in which unit, where all were fitted to the same; else blanks."""
        found = {curve.outcome for unit in self.asked.units for curve in unit.curves.values()}
        return found.pop() if len(found) == 1 else ("", "")

    def frame(self) -> PandasFrame:
        """Every unit as a row of a pandas frame: what it gets now and by the proposal, in minor units, what either
        brings, what the next 1 would bring, and what holds it."""
        return frame_of(Row, self.rows)

    def frontier_frame(self) -> PandasFrame:
        """Every budget of the frontier as a row of a pandas frame."""
        return frame_of(Point, self.frontier)

    def with_review(self, reviewed: Reviewed) -> Proposal:
        """The same, with what the engine pays for it."""
        return replace(self, reviewed=reviewed)


@dataclass(frozen=True, slots=True)
class TierRow:
    """The tier of a partner now ("" for none known) and by the proposal, and what that costs and brings."""

    partner: str
    now: str
    tier: str
    cost_minor: int
    value: float


@dataclass(frozen=True, slots=True)
class TierProposal:
    """The answer to a choice of tiers: `value_now` where every partner has a tier now, `shadow_price` what one more 1
    of budget would bring (None: not told)."""

    asked: TierProblem
    rows: tuple[TierRow, ...]
    value: float
    value_now: float | None
    bound: float
    gap: float
    asked_gap: float
    cost_minor: int
    unspent_minor: int
    shadow_price: float | None
    solver: str

    @property
    def is_certified(self) -> bool:
        """Whether it is proved that no choice is better by more than the gap that was asked for."""
        return self.gap <= self.asked_gap

    def frame(self) -> PandasFrame:
        """Every partner with its tier as a row of a pandas frame."""
        return frame_of(TierRow, self.rows)


def proposed(asked: BudgetProblem, found: Sought, gap: float) -> Proposal:
    """The proposal of a split."""
    answer, problem = found.answer, found.compiled.problem
    rows = _rows(asked, found)
    schedule = answer.spend_minor[:, None] if found.flighted is None else found.flighted.spend_minor
    spent = int(answer.spend_minor.sum())
    unspent = problem.budget.most_minor - spent
    response_now = None if any(row.response_now is None for row in rows) else sum(row.response_now or 0 for row in rows)
    return Proposal(
        asked,
        rows,
        found.value,
        None if response_now is None else _now(asked, found, response_now, sum(row.now_minor or 0 for row in rows)),
        found.bound,
        found.gap if found.is_money else relative_gap(found.value, found.bound),
        gap,
        found.side,
        found.is_money,
        sum(row.response for row in rows),
        response_now,
        spent,
        unspent,
        answer.shadow_price,
        answer.price_of_less,
        tuple(Binding(each.name, each.side, each.limit_minor, each.price) for each in answer.bindings),
        () if found.is_money else tuple(_in_money(each, unspent, asked.currency) for each in answer.reasons),
        (*asked.notes, *_notes(asked, schedule / problem.minor_per_spend)),
        answer.solver,
        answer.digest(),
        found.compiled,
        tuple(map(tuple, schedule.tolist())),
        0.0 if found.flighted is None else float(found.flighted.after.sum()) / found.compiled.factor,
        found.flight,
        likely=likely_of(asked, problem, found.flight, schedule),
        one_minor=answer.one_minor,
    )


def _in_money(reason: str, unspent_minor: int, currency: Currency) -> str:
    """A reason with its amount as people read it."""
    _, split, why = reason.partition(OF_BUDGET)
    return f"{currency.code} {format_minor(unspent_minor, currency)}{OF_BUDGET}{why}" if split else reason


def _rows(asked: BudgetProblem, found: Sought) -> tuple[Row, ...]:
    """Every unit; over periods, with what it gets and brings in all of them, and the best of what the next 1 brings."""
    answer, problem, curves = found.answer, found.compiled.problem, found.compiled.response
    per, start, factor = problem.minor_per_spend, problem.start_minor, found.compiled.factor
    periods = 1 if found.flight is None else found.flight.periods
    before: Floats | None = None
    if found.flight is None or found.flighted is None:
        spend, held = answer.spend_minor, [HELD[each] for each in answer.held.tolist()]
        brings, next_one = curves.value(spend / per), curves.slope(spend / per)
        before = None if start is None else curves.value(start / per)
    else:
        spend, held = found.flighted.spend_minor.sum(axis=1), [""] * len(asked.units)
        brings = found.flighted.response.sum(axis=1) / factor
        next_one = answer.marginal.reshape(len(asked.units), periods).max(axis=1) / factor
        if start is not None:
            before = recursion(found.flight, np.repeat(start[:, None], periods, axis=1))[0].sum(axis=1) / factor
    return tuple(
        Row(
            unit.name,
            None if unit.now_minor is None else unit.now_minor * periods,
            int(spend[at]),
            None if before is None else float(before[at]),
            float(brings[at]),
            float(next_one[at]),
            _held(unit, held[at], int(spend[at])),
        )
        for at, unit in enumerate(asked.units)
    )


def _held(unit: Unit, held: str, minor: int) -> str:
    """What holds a unit, in the words of its file: a minimum may be that of its return, a kink the cap of its curve."""
    if held in ("off", "minimum") and unit.least_return is not None and not 0 < unit.minimum_minor >= minor:
        return "off_return" if held == "off" else "return"
    if held == "lower" and not minor:
        return ""  # nothing is no floor that anybody wrote
    if held == "fixed" and unit.least_minor != unit.most_minor:
        return "" if unit.least_return is None else "off_return"  # none but nothing was left to it
    if held == "kink" and {curve.family for curve in unit.curves.values()} == {"linear_cap"}:
        return "curve_cap"
    return held


def _now(asked: BudgetProblem, found: Sought, response: float, spent_minor: int) -> float | None:
    """What is sought, of the plan in force; of draws only where that keeps all constraints."""
    if asked.risk.kind != "best":
        return found.answer.start_value
    problem = found.compiled.problem
    spent = spent_minor / problem.minor_per_spend
    return spent if found.is_money else found.compiled.factor * response - problem.hurdle * spent


def _notes(asked: BudgetProblem, spend: Floats) -> list[str]:
    """Curves that fall, and spends beyond those between which a fitted curve was seen, (units, periods)."""
    falling = [unit.name for unit in asked.units if any(map(_falls, unit.curves.values()))]
    notes = [f"more spend brings less by the points of {_names(falling)}"] if falling else []
    beyond = [
        unit.name
        for unit, curve, spends in zip(asked.units, main_curves(asked), spend.tolist(), strict=True)
        if curve.seen is not None
        and any(each > 0 and not curve.seen[0] <= each <= curve.seen[1] * (1 + 1e-9) for each in spends)
    ]
    if beyond:
        notes.append(f"beyond what was ever spent, so the curve is a guess there: {_names(beyond)}")
    return notes


def _falls(curve: Curve) -> bool:
    return any(after < before for (_, before), (_, after) in pairwise(curve.knots))


def _names(units: list[str]) -> str:
    return ", ".join(units[:5]) + (f" and {len(units) - 5} more" if len(units) > 5 else "")


def response_of(found: Proposal, paid_minor: Rows) -> float:
    """What the curves say of amounts of each unit and period, (units, periods)."""
    compiled = found.compiled
    if found.flight is not None:
        return float(recursion(found.flight, paid_minor)[0].sum()) / compiled.factor
    return float(compiled.response.value(paid_minor[:, 0] / compiled.problem.minor_per_spend).sum())
