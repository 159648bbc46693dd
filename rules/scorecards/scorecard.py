"""A scorecard as it is written: weighted groups of KPIs, each on a scale, and what happens to their points.

Frozen models of the document. What they mean is in `rules.scorecards.score` (the weighing) and
`rules.scorecards.tiering` (tiers and ranks); faults that one key alone does not show are found by
`rules.scorecards.score_faults`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField
from rules.kinds.base import Kind
from rules.kinds.scales import SCALES
from rules.kinds.scales.choice import Choice, Register, scale_fields
from rules.kinds.scales.gate import Gate, GatePoints
from rules.names import Name
from rules.quantities.rounding import Rounding
from rules.quantities.written import CountField, FlagField, NumberField, RateField
from rules.scorecards.tiering import RankSpec, TiersSpec

Missing = Literal["error", "zero", "carry_last", "reweight"]


class AtLeast(Kind):
    """How much must be measured in this period for a score at all: `3 KPIs`, or `{kpis: 3, groups: 2}`.

    A KPI counts where its points are known, not where a missing one is carried over or set to zero; a group of the
    top level counts where it is scored and at least one of its KPIs counts.
    """

    also: ClassVar[tuple[dict[str, object], ...]] = ({"type": "string", "pattern": "^[0-9]{1,4} (KPI|group)s?$"},)

    kpis: CountField = 0
    groups: CountField = 0

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, written: object) -> object:
        if not isinstance(written, str):
            return written
        found = re.fullmatch(r"([0-9]{1,4}) (KPI|group)s?", written, re.ASCII)
        if found is None:
            context = {"hint": "write 3 KPIs or 2 groups"}
            raise PydanticCustomError("P219", "this is no number of KPIs or groups", context)
        return {"kpis" if found[2] == "KPI" else "groups": found[1]}


class Assessment(Kind):
    """A qualitative measure: the rating that a person or a committee gave, its author and their grounds.

    All three stand in a table that the program declares, with the key `partner_id` alone: one row for each partner,
    with the rating of the period that is run; or with the key `[partner_id, period]`, one row for each period. A
    partner without a row has no rating, a rating without an author is none, and `missing` says what that does.
    """

    value: ExpressionField = Field(description="the rating, such as `reviews.rating`")
    author: ExpressionField = Field(description="the column that says who gave it, such as `reviews.author`")
    grounds: ExpressionField | None = Field(default=None, description="the column that says why")


class _KpiEntry(Choice):
    register: ClassVar[Register] = SCALES

    weight: RateField
    title: str | None = None
    kpi: Name | None = Field(default=None, description="the KPI; the one of the entry's name unless said")
    assessed: Assessment | None = Field(default=None, description="a rating by people, in place of a KPI")
    missing: Missing | None = Field(default=None, description="in place of the scorecard's")


class _Extra(Choice):
    """A number where a condition holds, or what a scale gives for a KPI."""

    register: ClassVar[Register] = SCALES
    optional: ClassVar[bool] = True
    amount: ClassVar[str]

    kpi: Name | None = None
    when: ExpressionField | None = None

    @model_validator(mode="after")
    def _one_way(self) -> _Extra:
        conditional = [each is not None for each in (self.when, getattr(self, self.amount))]
        scaled = [each is not None for each in (self.kpi, self.scale_name)]
        if sorted([conditional, scaled]) != [[False, False], [True, True]]:
            message = f"here belong a condition (when) and a number ({self.amount}), or a KPI (kpi) and a scale"
            hint = f"write {{when: ..., {self.amount}: 2}}, or {{kpi: nps, gate: {{at_least: 40}}}}"
            raise PydanticCustomError("P220", "{message}", {"message": message, "hint": hint})
        return self


class _Bonus(_Extra):
    amount: ClassVar[str] = "points"
    points: NumberField | None = None


class _Multiplier(_Extra):
    amount: ClassVar[str] = "by"
    by: NumberField | None = None


if TYPE_CHECKING:

    class KpiEntry(_KpiEntry):
        """A KPI of a scorecard: its weight and its scale."""

    class Bonus(_Bonus):
        """Points on top of a score."""

    class Multiplier(_Multiplier):
        """A factor of a score."""

else:  # a key for each registered scale
    _SCALES = scale_fields(SCALES)
    KpiEntry = create_model(
        "KpiEntry", __base__=_KpiEntry, __doc__="A KPI of a scorecard: weight and scale.", **_SCALES
    )
    Bonus = create_model("Bonus", __base__=_Bonus, __doc__="Points on top of a score.", **_SCALES)
    Multiplier = create_model("Multiplier", __base__=_Multiplier, __doc__="A factor of a score.", **_SCALES)


class QualifyingGate(Kind):
    """A condition for a score: `{kpi: certified, gate: {at_least: 3}, otherwise: zero}`, or `when` in place of both.

    Who misses it has a score of zero or is `not_scored`. Where it is unknown whether it is met, as the KPI or the
    condition is, the partner is not scored, with `otherwise: zero` too.
    """

    kpi: Name | None = None
    gate: Gate | None = None
    when: ExpressionField | None = None
    otherwise: Literal["zero", "not_scored"]

    @model_validator(mode="after")
    def _one_way(self) -> QualifyingGate:
        conditional, scaled = self.when is not None, self.kpi is not None and self.gate is not None
        if conditional == scaled or (conditional and (self.kpi is not None or self.gate is not None)):
            context = {"hint": "write when: ..., or kpi: certified and gate: {at_least: 3}"}
            raise PydanticCustomError("P221", "a qualifying gate has a condition, or a KPI and its gate", context)
        if self.gate is not None and self.gate != self.gate.bare():
            context = {"hint": "write only what is compared, such as {at_least: 3}"}
            raise PydanticCustomError("P221", "a qualifying gate gives no points", context)
        return self

    @property
    def scale(self) -> Gate:
        """The gate as the column that `score` takes: 1 where it is met, 0 where it is missed."""
        assert self.gate is not None, "the gate is on a KPI"
        return self.gate.model_copy(update={"points": GatePoints.model_validate({"met": "1", "missed": "0"})})


class Parts(Kind):
    """KPIs and groups side by side; their weights add up to 100 %."""

    groups: Mapping[Name, GroupSpec] = {}
    kpis: Mapping[Name, KpiEntry] = {}

    def entries(self, prefix: str = "") -> Iterator[tuple[str, KpiEntry]]:
        """Every KPI below with its path, such as `growth.sourced`, in the order of the document."""
        for name, entry in self.kpis.items():
            yield prefix + name, entry
        for name, group in self.groups.items():
            yield from group.entries(f"{prefix}{name}.")


class GroupSpec(Parts):
    """A group (a domain) of a scorecard: its weight, and the KPIs and groups that share it.

    With fewer measured KPIs than `at_least` the group has no score and its weight goes to the others.
    """

    weight: RateField
    title: str | None = None
    at_least: CountField = Field(default=0, description="how many of its KPIs must be measured")


class ScorecardSpec(Parts):
    """A score for each partner: the weighted mean of KPIs in points, with bonuses, multipliers, gates and tiers.

    In this order: KPIs weigh into groups and groups into the score; multipliers and bonus points apply (`multiply`
    says to what); floor and cap hold the score; gates decide whether it stands; it is rounded once, to `decimals`.
    `missing` says what a KPI without points does: it is an `error`, counts as `zero`, keeps the points of the last
    period (`carry_last`), or leaves its weight to the other KPIs of its group, and a group without any to the other
    groups (`reweight`).
    """

    for_: ExpressionField | None = Field(default=None, alias="for", description="whom it scores; all unless said")
    title: str | None = None
    normalise: FlagField = Field(default=False, description="weights need not add up to 100 %: divide by their sum")
    missing: Missing = "error"
    at_least: AtLeast = AtLeast()
    bonus: Mapping[Name, Bonus] = Field(default={}, description="points on top; one that is unknown adds none")
    bonus_cap: NumberField | None = None
    multipliers: Mapping[Name, Multiplier] = Field(default={}, description="factors, all multiplied")
    multiply: Literal["weighted", "with_bonus"] = Field(
        default="weighted", description="what multipliers multiply: the weighted score, or it with the bonus"
    )
    gates: Mapping[Name, QualifyingGate] = {}
    floor: NumberField | None = None
    cap: NumberField | None = None
    rounding: Annotated[Rounding, Field(strict=False)] = Rounding.HALF_UP
    decimals: CountField = 2
    tiers: TiersSpec | None = None
    rank: RankSpec | None = None

    def missing_of(self, entry: KpiEntry) -> Missing:
        """What a missing KPI of this entry does."""
        return entry.missing or self.missing

    @property
    def step(self) -> Fraction:
        """The step to which the final score is rounded."""
        return Fraction(1, 10**self.decimals)


Parts.model_rebuild()
