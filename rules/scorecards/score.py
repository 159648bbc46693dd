"""The score of a scorecard: points of KPIs go in as columns, the score, rounded once, comes out with all its parts.

`score` weighs whole columns; its twin, `rules.scorecards.score_reason.explain_score`, weighs one row in fractions and
words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rules.kinds.scales.base import only_where
from rules.quantities.exact import Exact, Flags, Integers
from rules.quantities.rounding import multiply_divide
from rules.scorecards.scorecard import GroupSpec, Missing, Parts, ScorecardSpec


class NotScored(IntEnum):
    """Why a row has no score; of several reasons the first of these."""

    SCORED = 0
    MISSING = 1  # a KPI is missing, and the scorecard calls that an error
    NOTHING_TO_CARRY = 2  # a KPI is missing, and the last period had no points either
    FEW_KPIS = 3
    FEW_GROUPS = 4
    NO_WEIGHT = 5  # nothing that has points has a weight
    MULTIPLIER_UNKNOWN = 6
    GATE_UNKNOWN = 7
    GATE_MISSED = 8


@dataclass(frozen=True, slots=True)
class Extras:
    """What a score needs beside the points of its KPIs; every column is (rows,).

    `carried`: points of the last period by path, for KPIs that carry. By name: `bonus` points (an unknown one adds
    none), `multipliers` as factors (an unknown one leaves the row without a score), `gates` 1 where met and 0 where
    missed.
    """

    carried: Mapping[str, Exact] = field(default_factory=dict)
    bonus: Mapping[str, Exact] = field(default_factory=dict)
    multipliers: Mapping[str, Exact] = field(default_factory=dict)
    gates: Mapping[str, Exact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A score and what it is made of; every column is (rows,), and unknown where the row is not scored.

    `score` is rounded, `exact` is it before that, `weighted` the weighted mean alone. By path of a KPI: `weights` are
    the effective weights, which add to 1 over the KPIs that have points; `parts` = weight x points add to `weighted`;
    `measured` says whose points are of this period. `groups` holds the points of each group by its path. `not_scored`
    holds codes of `NotScored`.
    """

    score: Exact
    exact: Exact
    weighted: Exact
    weights: Mapping[str, Exact]
    parts: Mapping[str, Exact]
    groups: Mapping[str, Exact]
    measured: Mapping[str, Flags]
    not_scored: Integers


def score(card: ScorecardSpec, points: Mapping[str, Exact], rows: int, extras: Extras | None = None) -> Scored:
    """The score of every row, from the points of each KPI by path (`growth.sourced`), unknown where it is missing.

    >>> gate = {"equals": "1"}
    >>> kpis = {"sales": {"weight": "2/3", "gate": gate}, "nps": {"weight": "1/3", "gate": gate}}
    >>> scored = score(ScorecardSpec.model_validate({"kpis": kpis}), {"sales": Exact.of([80]), "nps": Exact.of([5])}, 1)
    >>> scored.score.fraction(0), scored.parts["sales"].fraction(0)
    (Fraction(55, 1), Fraction(160, 3))
    """
    extras = extras or Extras()
    assert set(points) == {path for path, _ in card.entries()}, "points of every KPI of the card"
    weighing = _Weighing(card, points, extras, rows)
    mean = weighing.mean_of(card, "")
    not_scored = _why_not(card, weighing, mean.points, extras, rows)
    scored = not_scored == NotScored.SCORED
    weighted = only_where(mean.points, scored)
    exact = only_where(_extended(card, weighted, extras, rows), scored)
    steps = multiply_divide(exact.numerator, 10**card.decimals, exact.denominator, card.rounding)
    weights = {path: only_where(mean.weights[path], scored) for path, _ in card.entries()}
    return Scored(
        score=only_where(Exact(steps, 10**card.decimals), scored),
        exact=exact,
        weighted=weighted,
        weights=weights,
        parts={path: weight * weighing.filled[path].or_else(0) for path, weight in weights.items()},
        groups={path: only_where(group, scored & group.is_known()) for path, group in weighing.groups.items()},
        measured=weighing.measured,
        not_scored=not_scored,
    )


@dataclass(frozen=True, slots=True)
class _Mean:
    """A weighted mean, unknown where nothing has points, and the weight of each KPI in it by path."""

    points: Exact
    weights: Mapping[str, Exact]


class _Weighing:
    """A card's KPIs with what fills the missing ones, and the means of its groups as they are worked out."""

    def __init__(self, card: ScorecardSpec, points: Mapping[str, Exact], extras: Extras, rows: int) -> None:
        self.rows = rows
        self.measured = {path: points[path].is_known() for path, _ in card.entries()}
        self.filled = {
            path: _filled(card.missing_of(entry), points[path], extras.carried.get(path))
            for path, entry in card.entries()
        }
        self.groups: dict[str, Exact] = {}

    def mean_of(self, parts: Parts, prefix: str) -> _Mean:
        """The mean of KPIs and groups side by side, each weighing its part of the weights that have points."""
        whole = Exact.constant(1, self.rows)
        children: list[tuple[Fraction, _Mean]] = []
        for name, entry in parts.kpis.items():
            children.append((entry.weight, _Mean(self.filled[prefix + name], {prefix + name: whole})))
        for name, group in parts.groups.items():
            mean = self._group(group, prefix + name)
            self.groups[prefix + name] = mean.points
            children.append((group.weight, mean))
        nothing = Exact.constant(0, self.rows)
        present = [
            Exact.constant(weight, self.rows).where(mean.points.is_known(), nothing) for weight, mean in children
        ]
        weight_sum = sum(present, nothing)
        points = nothing
        weights: dict[str, Exact] = {}
        for weight, (_, mean) in zip(present, children, strict=True):
            share = weight / weight_sum
            points = points + share * mean.points.or_else(0)
            weights |= {path: share * inner.or_else(0) for path, inner in mean.weights.items()}
        return _Mean(only_where(points, weight_sum.numerator != 0), weights)

    def _group(self, group: GroupSpec, path: str) -> _Mean:
        mean = self.mean_of(group, path + ".")
        if not group.at_least:
            return mean
        enough = self.count_measured(path + ".") >= group.at_least
        return _Mean(only_where(mean.points, enough & mean.points.is_known()), mean.weights)

    def count_measured(self, prefix: str) -> Integers:
        """How many KPIs below a path are measured, (rows,)."""
        flags = [known for path, known in self.measured.items() if path.startswith(prefix)]
        return sum((known.astype(np.int64) for known in flags), np.zeros(self.rows, np.int64))


def _filled(missing: Missing, points: Exact, carried: Exact | None) -> Exact:
    if missing == "zero":
        return points.or_else(0)
    if missing == "carry_last" and carried is not None:
        return points.where(points.is_known(), carried)
    return points


def _extended(card: ScorecardSpec, weighted: Exact, extras: Extras, rows: int) -> Exact:
    """The score before its rounding: multiplied, with its bonus, held by floor and cap, and zero past a missed gate."""
    zero = Exact.constant(0, rows)
    bonus = sum((extras.bonus[name].or_else(0) for name in card.bonus), zero)
    if card.bonus_cap is not None:
        most = Exact.constant(card.bonus_cap, rows)
        bonus = bonus.where(bonus.compare(most) < 0, most)
    factor = Exact.constant(1, rows)
    for name in card.multipliers:
        factor = factor * extras.multipliers[name]
    exact = weighted * factor + bonus if card.multiply == "weighted" else (weighted + bonus) * factor
    if card.floor is not None:
        least = Exact.constant(card.floor, rows)
        exact = exact.where(exact.compare(least) > 0, least)
    if card.cap is not None:
        most = Exact.constant(card.cap, rows)
        exact = exact.where(exact.compare(most) < 0, most)
    for name, gate in card.gates.items():
        if gate.otherwise == "zero":
            exact = exact.where(extras.gates[name].numerator != 0, zero)
    return exact


def _why_not(card: ScorecardSpec, weighing: _Weighing, weighted: Exact, extras: Extras, rows: int) -> NDArray[np.int64]:
    """The first reason of `NotScored` by row; every later one is written first and covered by the earlier."""
    codes = np.zeros(rows, np.int64)
    for name, gate in card.gates.items():
        if gate.otherwise == "not_scored":
            codes[extras.gates[name].numerator == 0] = NotScored.GATE_MISSED
    for name in card.gates:
        codes[~extras.gates[name].is_known()] = NotScored.GATE_UNKNOWN
    for name in card.multipliers:
        codes[~extras.multipliers[name].is_known()] = NotScored.MULTIPLIER_UNKNOWN
    codes[~weighted.is_known()] = NotScored.NO_WEIGHT
    group_count = np.zeros(rows, np.int64)
    for name in card.groups:
        group_count += weighing.groups[name].is_known() & (weighing.count_measured(name + ".") > 0)
    codes[group_count < card.at_least.groups] = NotScored.FEW_GROUPS
    codes[weighing.count_measured("") < card.at_least.kpis] = NotScored.FEW_KPIS
    for policy, code in (("carry_last", NotScored.NOTHING_TO_CARRY), ("error", NotScored.MISSING)):
        for path, entry in card.entries():
            if card.missing_of(entry) == policy:
                codes[~weighing.filled[path].is_known()] = code
    return codes
