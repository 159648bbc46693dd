"""What a problem file asks, as values: units with curves and bounds, groups, a budget, a goal, and how it is paid.

Money is whole minor units, parts and rates are exact; only curves are floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

from rules.problem import Place
from rules.quantities.currency import Currency
from scenarios.problems.curve import Curve

GoalKind = Literal["response", "margin", "profit", "least_spend", "average_return", "marginal_return", "weighted"]
RiskKind = Literal["best", "mean", "cvar", "worst", "regret"]
FairKind = Literal["gini", "four_fifths", "floor"]
SINGLE = ""  # the name of the response where there is only one


@dataclass(frozen=True, slots=True)
class Goal:
    """What is sought; `rate` is the margin, or the return for each 1; `target` the response of a least spend; `weights`
    those of several responses."""

    kind: GoalKind = "response"
    rate: Fraction = Fraction(1)
    target: Fraction = Fraction(0)
    weights: tuple[tuple[str, Fraction], ...] = ()

    @property
    def said(self) -> str:
        """The goal in a few words.

        >>> Goal("profit", Fraction(35, 100)).said
        'profit: 35 % of the response less the spend'
        """
        percent = f"{float(self.rate * 100):g} %"
        match self.kind:
            case "response":
                return "response"
            case "margin":
                return f"margin: {percent} of the response"
            case "profit":
                return f"profit: {percent} of the response less the spend"
            case "least_spend":
                return f"the least spend for a response of {float(self.target):,.10g}"
            case "average_return":
                return f"the most response that is {float(self.rate):g} or more for each 1 spent"
            case "marginal_return":
                return f"spend as long as the next 1 brings {float(self.rate):g}"
            case "weighted":
                return "weighted: " + ", ".join(f"{float(weight):g} x {name}" for name, weight in self.weights)


@dataclass(frozen=True, slots=True)
class Risk:
    """How uncertain curves are judged: the fitted curve itself (`best`), or over its draws; `part` of CVaR."""

    kind: RiskKind = "best"
    part: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Fairness:
    """What keeps a split from being lopsided; `level` is that of four fifths."""

    kind: FairKind
    part: Fraction
    level: str
    place: Place


@dataclass(frozen=True, slots=True)
class Periods:
    """How many periods the budget is for, and what of a spend still works a period later (None: as it was fitted)."""

    count: int
    carry_over: Fraction | None
    carried_in_minor: Mapping[str, int]
    after: int
    place: Place


@dataclass(frozen=True, slots=True)
class Pay:
    """How a proposal is paid: by which payout of the program, in which period."""

    payout: str
    period: str
    place: Place


@dataclass(frozen=True, slots=True)
class Unit:
    """Who can get a part: curves by response, the plan in force, bounds in minor units, and values of levels.

    `most_minor` is None where nothing but the budget ends it; with a `minimum_minor` it gets nothing or at least that;
    `share` is the most of all that is spent, `least_return` what each 1 of its own spend brings at least.
    """

    name: str
    curves: Mapping[str, Curve]
    place: Place
    now_minor: int | None = None
    least_minor: int = 0
    most_minor: int | None = None
    minimum_minor: int = 0
    share: Fraction | None = None
    least_return: Fraction | None = None
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitGroup:
    """Units, by their places, with bounds on what they get together."""

    name: str
    members: tuple[int, ...]
    place: Place
    least_minor: int = 0
    most_minor: int | None = None
    share: Fraction | None = None
    least_return: Fraction | None = None


@dataclass(frozen=True, slots=True)
class BudgetProblem:
    """A budget to be split over units. `budget_minor` is the least and the most that is spent; None: no word on it;
    `notes` what was found in reading that people should know."""

    name: str
    file: str
    folder: Path
    sha256: str
    currency: Currency
    place: Place
    program: Path | None
    budget_minor: tuple[int, int] | None
    goal: Goal
    risk: Risk
    units: tuple[Unit, ...]
    groups: tuple[UnitGroup, ...]
    fairness: Fairness | None
    periods: Periods | None
    pay: Pay | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TierOption:
    """A tier that a partner can have: what it costs, what it brings, and whether the partner has it now."""

    tier: str
    cost_minor: int
    value: float
    is_now: bool


@dataclass(frozen=True, slots=True)
class TierProblem:
    """One tier for each partner within a budget."""

    name: str
    file: str
    currency: Currency
    place: Place
    budget_minor: int
    options: Mapping[str, tuple[TierOption, ...]]
