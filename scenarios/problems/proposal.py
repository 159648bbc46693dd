"""A proposal: what each unit is to get, what that brings, how good it is at most, and what holds it back.

In: what was asked and what was found. Out: values in names and money, for people and scripts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.answer import HELD
from scenarios.optimise.flighting import Flight, recursion
from scenarios.problems.asked import BudgetProblem, TierProblem
from scenarios.problems.compiled import Compiled, main_curves
from scenarios.problems.solved import Sought
from scenarios.problems.swept import Point


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
    on its `side`; `response` what the curves say that it brings. `schedule_minor` is what each unit gets in each
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

    @property
    def is_certified(self) -> bool:
        """Whether it is proved that no split is better by more than the gap that was asked for."""
        return bool(self.gap <= self.asked_gap)

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


def proposed(asked: BudgetProblem, found: Sought, gap: float) -> Proposal:
    """The proposal of a split."""
    answer, problem = found.answer, found.compiled.problem
    rows = _rows(asked, found)
    schedule = answer.spend_minor[:, None] if found.flighted is None else found.flighted.spend_minor
    spent = int(answer.spend_minor.sum())
    response_now = None if any(row.response_now is None for row in rows) else sum(row.response_now or 0 for row in rows)
    return Proposal(
        asked,
        rows,
        found.value,
        None if response_now is None else _now(asked, found, response_now, sum(row.now_minor or 0 for row in rows)),
        found.bound,
        found.gap,
        gap,
        found.side,
        found.is_money,
        sum(row.response for row in rows),
        response_now,
        spent,
        problem.budget.most_minor - spent,
        answer.shadow_price,
        tuple(Binding(each.name, each.side, each.limit_minor, each.price) for each in answer.bindings),
        () if found.is_money else answer.reasons,
        tuple(_notes(asked, schedule / problem.minor_per_spend)),
        answer.solver,
        answer.digest(),
        found.compiled,
        tuple(map(tuple, schedule.tolist())),
        0.0 if found.flighted is None else float(found.flighted.after.sum()) / found.compiled.factor,
        found.flight,
    )


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
            held[at],
        )
        for at, unit in enumerate(asked.units)
    )


def _now(asked: BudgetProblem, found: Sought, response: float, spent_minor: int) -> float | None:
    """What is sought, of the plan in force; of draws only where that keeps all constraints."""
    if asked.risk.kind != "best":
        return found.answer.start_value
    problem = found.compiled.problem
    spent = spent_minor / problem.minor_per_spend
    return spent if found.is_money else found.compiled.factor * response - problem.hurdle * spent


def _notes(asked: BudgetProblem, spend: Floats) -> list[str]:
    """Spends beyond those between which a fitted curve was seen, (units, periods)."""
    beyond = [
        unit.name
        for unit, curve, spends in zip(asked.units, main_curves(asked), spend.tolist(), strict=True)
        if curve.seen is not None
        and any(each > 0 and not curve.seen[0] <= each <= curve.seen[1] * (1 + 1e-9) for each in spends)
    ]
    if not beyond:
        return []
    who = ", ".join(beyond[:5]) + (f" and {len(beyond) - 5} more" if len(beyond) > 5 else "")
    return [f"beyond what was ever spent, so the curve is a guess there: {who}"]


def response_of(found: Proposal, paid_minor: Rows) -> float:
    """What the curves say of amounts of each unit and period, (units, periods)."""
    compiled = found.compiled
    if found.flight is not None:
        return float(recursion(found.flight, paid_minor)[0].sum()) / compiled.factor
    return float(compiled.response.value(paid_minor[:, 0] / compiled.problem.minor_per_spend).sum())
