"""The plan: a compiled program as an ordered list of steps, each of which writes one new column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.expressions.tree import Column, Expression, Type
from rules.kinds.base import PayoutKind, ShareKind, Terms
from rules.meaning import KpiMeaning
from rules.problem import Place
from rules.quantities.apportion import Residue
from rules.scorecards.scored import ScorecardMeaning

PARTNERS = "partners"
PAYOUT = "payout"


@dataclass(frozen=True, slots=True)
class Step:
    """One column to be: its name, what it is called in words, and where its rule is written."""

    name: str
    title: str
    place: Place


@dataclass(frozen=True, slots=True)
class ReadRows(Step):
    """Read the rows that a rule pays into a frame of their own, with the measures that it takes from each."""

    table: str
    where: Expression | None
    dated: Column | None
    measures: Mapping[str, tuple[Expression, Type]]


@dataclass(frozen=True, slots=True)
class Kpi(Step):
    """Work out a KPI for each partner: a measure, a ratio of two, or a formula over earlier KPIs."""

    kpi: KpiMeaning


@dataclass(frozen=True, slots=True)
class Score(Step):
    """Score partners by a scorecard: points, score, tier and rank."""

    scorecard: ScorecardMeaning


@dataclass(frozen=True, slots=True)
class Pay(Step):
    """Pay each row of a frame by a kind: lines, rounded once."""

    frame: str
    kind: PayoutKind
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str
    component: str


@dataclass(frozen=True, slots=True)
class Gather(Step):
    """Sum a column of a frame to partners, or count its rows where `column` is None; a partner without rows has
    zero."""

    column: str | None
    frame: str


@dataclass(frozen=True, slots=True)
class Size(Step):
    """The size of a pool, in minor units."""

    size_minor: int


@dataclass(frozen=True, slots=True)
class Weigh(Step):
    """The weight of each member of a pool, by a kind."""

    frame: str
    kind: ShareKind
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str


@dataclass(frozen=True, slots=True)
class Share(Step):
    """The shares of a pool: its size split in proportion to the weights, to the last unit."""

    frame: str
    size: str
    weight: str
    residue: Residue
    terms: Terms
    component: str


@dataclass(frozen=True, slots=True)
class Sum(Step):
    """The sum by partner of earlier columns."""

    parts: tuple[str, ...]
    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled program: its steps in order, and what they share."""

    title: str
    terms: Terms
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        """The step that writes the column of that name, if there is one."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def components(self) -> tuple[Pay | Share, ...]:
        """The steps whose rows become the lines of a run: payouts and pool shares."""
        return tuple(step for step in self.steps if isinstance(step, Pay | Share))
