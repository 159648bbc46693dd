"""What a scorecard means: whom it scores, which value each scale measures, and against what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from rules.expressions.tree import Expression, Type
from rules.kinds.scales.base import Better, ScaleKind
from rules.kinds.scales.quantile import Quantile
from rules.problem import Place
from rules.scorecards.scorecard import ScorecardSpec

NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Against:
    """What a value is measured against: one of a literal, a table's figure, a percentile of the peers, an expression.

    `literal` is in the value's unit (money in minor units). `table` is target or benchmark.p25, .p50, .p75. `among` is
    whose percentile: those for whom it is equal. `place` is where it is written.
    """

    literal: Fraction | None = None
    table: str | None = None
    percentile: Fraction | None = None
    method: Quantile = "interpolated"
    among: Expression | None = None
    expression: tuple[Expression, Type] | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Measuring:
    """One scale at work: the value it takes (a KPI by name, or an expression), and its references and peers by key.

    `ids` are the names under which the tables of targets and benchmarks may know the KPI; `scale_minor` turns their
    figures into minor units where it is money. `note` tells who rated, and on what grounds.
    """

    kpi: str | None
    expression: tuple[Expression, Type] | None
    type: Type
    better: Better
    ids: tuple[str, ...]
    scale: ScaleKind
    against: Mapping[str, Against]
    peers: Mapping[str, Expression]
    scale_minor: int = 1
    note: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditional:
    """A number where a condition holds, and `otherwise` where it does not; unknown where it is unknown."""

    when: Expression
    value: Fraction
    otherwise: Fraction


Extra = Measuring | Conditional


@dataclass(frozen=True, slots=True)
class ScorecardMeaning:
    """A scorecard that was understood; `entries` by path (`growth.sourced`), extras by name.

    `places` by path of a KPI or a group, and by `bonus.NAME`, `multipliers.NAME`, `gates.NAME` of an extra.
    """

    name: str
    title: str
    card: ScorecardSpec
    whom: Expression | None
    entries: Mapping[str, Measuring]
    bonus: Mapping[str, Extra]
    multipliers: Mapping[str, Extra]
    gates: Mapping[str, Extra]
    rank_among: Expression | None
    place: Place
    places: Mapping[str, Place]

    @property
    def keeps_tiers(self) -> bool:
        """Whether a tier held at the start may be kept."""
        return self.card.tiers is not None and self.card.tiers.hysteresis is not None

    def carries(self, path: str) -> bool:
        """Whether the earlier points of a KPI stand in for those that a partner lacks."""
        return any(self.card.missing_of(entry) == "carry_last" for each, entry in self.card.entries() if each == path)

    def score_names(self) -> Mapping[str, tuple[str, ...]]:
        """Under which names the table of earlier scores may know the KPI of each path: the path, and the KPI's own name
        where no other KPI of the scorecard has it.

        The first of them outranks the other.
        """
        last = [path.rsplit(".", 1)[-1] for path in self.entries]
        names = dict(zip(self.entries, last, strict=True))
        is_own = {path: last.count(name) == 1 and (name not in self.entries) for path, name in names.items()}
        return {path: (path, name) if is_own[path] else (path,) for path, name in names.items()}

    def extras(self) -> Mapping[str, Extra]:
        """Bonuses, multipliers and gates by `bonus.NAME`, `multipliers.NAME`, `gates.NAME`."""
        sides = (("bonus", self.bonus), ("multipliers", self.multipliers), ("gates", self.gates))
        return {f"{side}.{name}": extra for side, extras in sides for name, extra in extras.items()}
