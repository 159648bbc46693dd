"""Why a score is what it is: the twin of `rules.scorecards.score`, for one row, in fractions and words.

It reads the points of the KPIs, never the score, and works weights, groups and the score out again on its own; where
reasons for the points are told, they must come to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from rules.kinds.base import Reason, Terms, number, percent
from rules.quantities.exact import Exact
from rules.quantities.rounding import round_fraction
from rules.scorecards.score import Extras, NotScored
from rules.scorecards.scorecard import KpiEntry, Parts, ScorecardSpec


@dataclass(frozen=True, slots=True)
class ScoreReason:
    """One node of the explanation: a KPI, a group, a bonus, a multiplier, a gate, or the score at the root (path "").

    `reason` is None where the node has no value, and `why_not` says why. `weight` is its effective weight among its
    neighbours: written weight / written weights of those that have points; zero where it is left out. `is_extra`: a
    bonus, multiplier or gate.
    """

    path: str
    reason: Reason | None
    why_not: str = ""
    weight: Fraction | None = None
    measured: int = 0
    parts: tuple[ScoreReason, ...] = ()
    code: NotScored = NotScored.SCORED
    is_extra: bool = False

    def walk(self) -> Iterator[ScoreReason]:
        """This node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Told:
    """Why the numbers are what they are: reasons for KPIs by path, and for extras by `bonus.NAME`, `multipliers.NAME`,
    `gates.NAME`; None where it is unknown.

    What is not in it tells its number alone. `notes` by path of a KPI: who rated it, and on what grounds.
    """

    reasons: Mapping[str, Reason | None]
    extras: Mapping[str, Reason | None] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def explain_score(
    card: ScorecardSpec,
    points: Mapping[str, Exact],
    row: int,
    terms: Terms,
    extras: Extras | None = None,
    told: Told | None = None,
) -> ScoreReason:
    """The score of one row, worked out alone, with a node for everything that it is made of.

    With `told`, points and extras are those of its reasons, and are asserted to be those of the columns.
    """
    mine = {path: column.fraction(row) for path, column in points.items()}
    extras = extras or Extras()
    carried = {path: column.fraction(row) for path, column in extras.carried.items()}
    mean = _mean(card, "", _Row(card, mine, carried, told))
    bonuses = tuple(_bonus(name, _extra(f"bonus.{name}", extras.bonus[name], row, told)) for name in card.bonus)
    factors = tuple(
        _factor(name, _extra(f"multipliers.{name}", extras.multipliers[name], row, told)) for name in card.multipliers
    )
    gates = tuple(_gate(card, name, _extra(f"gates.{name}", extras.gates[name], row, told)) for name in card.gates)
    root = replace(mean, parts=(*mean.parts, *bonuses, *factors, *gates))
    code, why_not = _why_not(card, mean, mine, carried, factors, gates)
    if code is not NotScored.SCORED or mean.reason is None:
        return replace(root, reason=None, why_not=why_not, code=code)
    exact, words = _extended(card, mean.reason, bonuses, factors)
    for name, node in zip(card.gates, gates, strict=True):
        if node.reason is not None and node.reason.value == 0:
            exact, words = Fraction(0), f"{words}; gate {name} is missed, so the score is 0"
    value = round_fraction(exact * 10**card.decimals, card.rounding) * card.step
    if value != exact:
        equals = f" = {number(exact)}"
        words += "" if words.endswith(equals) else equals
        words += f", rounded {card.rounding.value.replace('_', ' ')} to {card.decimals} decimals"
    return replace(root, reason=Reason(value, words, tuple(part.path for part in root.parts), exact))


def explain_parts(
    card: ScorecardSpec, points: Mapping[str, Exact], row: int, carried: Mapping[str, Exact], told: Told
) -> ScoreReason:
    """The weighing of one row alone: its KPIs and groups, before anything is done to the score; the node of a KPI or a
    group is found in it by `walk`."""
    mine = {path: column.fraction(row) for path, column in points.items()}
    return _mean(card, "", _Row(card, mine, {path: column.fraction(row) for path, column in carried.items()}, told))


def explain_extra(card: ScorecardSpec, path: str, reason: Reason | None) -> ScoreReason:
    """One bonus, multiplier or gate alone, by its path `bonus.NAME`, `multipliers.NAME` or `gates.NAME`."""
    side, name = path.split(".", 1)
    if side == "gates":
        return _gate(card, name, reason)
    return _bonus(name, reason) if side == "bonus" else _factor(name, reason)


def effective_weights(node: ScoreReason, above: Fraction = Fraction(1)) -> Iterator[tuple[str, Fraction]]:
    """The weight of each KPI of a weighing in the whole score, by path: the product of the weights on the way to it."""
    for part in node.parts:
        if part.is_extra:
            continue
        weight = above * (part.weight or 0)
        if part.parts:
            yield from effective_weights(part, weight)
        else:
            yield part.path, weight


@dataclass(frozen=True, slots=True)
class _Row:
    card: ScorecardSpec
    points: Mapping[str, Fraction | None]
    carried: Mapping[str, Fraction | None]
    told: Told | None


def _mean(parts: Parts, path: str, row: _Row) -> ScoreReason:
    """A group, or the whole card: the mean of its KPIs and groups."""
    prefix = path + "." if path else ""
    nodes = [(entry.weight, _kpi(entry, prefix + name, row)) for name, entry in parts.kpis.items()]
    for name, group in parts.groups.items():
        node = _mean(group, prefix + name, row)
        if node.measured < group.at_least:
            short = f"{node.measured} of its KPIs measured, and {group.at_least} are needed"
            node = replace(node, reason=None, why_not=short)
        nodes.append((group.weight, node))
    present = [(weight, node.reason.value) for weight, node in nodes if node.reason is not None]
    written = sum((weight for weight, _ in present), Fraction(0))
    weighed = tuple(
        replace(node, weight=weight / written if node.reason is not None and written else Fraction(0))
        for weight, node in nodes
    )
    measured = sum(node.measured for node in weighed)
    if not written:
        return ScoreReason(path, None, "nothing in it has both points and a weight", measured=measured, parts=weighed)
    value = sum((weight * points for weight, points in present), Fraction(0)) / written
    terms = [f"{percent(node.weight or Fraction(0))} x {number(node.reason.value)}" for node in weighed if node.reason]
    words = f"{' + '.join(terms)} = {number(value)}"
    if len(present) < len(nodes):
        words += f" ({len(nodes) - len(present)} left out, and the weights of the others raised)"
    uses = tuple(node.path for node in weighed if node.reason)
    return ScoreReason(path, Reason(value, words, uses), measured=measured, parts=weighed)


def _kpi(entry: KpiEntry, path: str, row: _Row) -> ScoreReason:
    note = None if row.told is None else row.told.notes.get(path)
    tail = f" ({note})" if note else ""
    reason = _told(path, row.points[path], None if row.told is None else row.told.reasons, " points")
    if reason is not None:
        return ScoreReason(path, replace(reason, words=reason.words + tail), measured=1)
    policy = entry.missing or row.card.missing
    if policy == "zero":
        return ScoreReason(path, Reason(Fraction(0), f"missing, counts as 0 points{tail}"))
    before = row.carried.get(path)
    if policy == "carry_last" and before is not None:
        return ScoreReason(path, Reason(before, f"missing, keeps the {number(before)} points of the last period{tail}"))
    why_not = {
        "error": "missing, which this scorecard calls an error",
        "carry_last": "missing, and no points of the last period to keep",
        "reweight": "missing, its weight goes to the others",
    }[policy]
    return ScoreReason(path, None, why_not + tail)


def _told(path: str, posted: Fraction | None, reasons: Mapping[str, Reason | None] | None, unit: str) -> Reason | None:
    """The reason for a number, which must come to it; the number itself where none is told."""
    if reasons is None or path not in reasons:
        return None if posted is None else Reason(posted, f"{number(posted)}{unit}")
    reason = reasons[path]
    assert (reason is None) == (posted is None), f"{path} is known where its reason is"
    assert reason is None or reason.value == posted, f"the points of {path} are the ones that their reason gives"
    return reason


def _extra(path: str, column: Exact, row: int, told: Told | None) -> Reason | None:
    return _told(path, column.fraction(row), None if told is None else told.extras, "")


def _bonus(name: str, reason: Reason | None) -> ScoreReason:
    points = Fraction(0) if reason is None else reason.value
    words = f"bonus {name}: {number(points)} points" + (" (unknown)" if reason is None else _because(reason))
    return ScoreReason(f"bonus.{name}", Reason(points, words), is_extra=True)


def _factor(name: str, reason: Reason | None) -> ScoreReason:
    if reason is None:
        return ScoreReason(f"multipliers.{name}", None, f"multiplier {name} is unknown", is_extra=True)
    words = f"multiplier {name}: {number(reason.value)}{_because(reason)}"
    return ScoreReason(f"multipliers.{name}", Reason(reason.value, words), is_extra=True)


def _gate(card: ScorecardSpec, name: str, reason: Reason | None) -> ScoreReason:
    if reason is None:
        return ScoreReason(f"gates.{name}", None, f"gate {name} is unknown", is_extra=True)
    said = "met" if reason.value else f"missed: {card.gates[name].otherwise.replace('_', ' ')}"
    words = f"gate {name} is {said}{_because(reason)}"
    return ScoreReason(f"gates.{name}", Reason(reason.value, words), is_extra=True)


def _because(reason: Reason) -> str:
    """Why an extra is what it is, without the number itself."""
    told = number(reason.value)
    return "" if reason.words in ("", told) else f" ({reason.words.removesuffix(f': {told} points')})"


def _extended(
    card: ScorecardSpec, mean: Reason, bonuses: tuple[ScoreReason, ...], factors: tuple[ScoreReason, ...]
) -> tuple[Fraction, str]:
    """The score before gates and rounding, in its written order."""
    value, words = mean.value, mean.words
    bonus = sum((node.reason.value for node in bonuses if node.reason), Fraction(0))
    if card.bonus_cap is not None and bonus > card.bonus_cap:
        bonus = card.bonus_cap
    if card.multiply == "with_bonus":
        value, words = value + bonus, f"({words} + {number(bonus)} bonus)" if bonuses else words
    for node in factors:
        assert node.reason is not None, "a score has no unknown multiplier"
        value, words = value * node.reason.value, f"({words}) x {number(node.reason.value)}"
    if card.multiply == "weighted" and bonuses:
        value, words = value + bonus, f"{words} + {number(bonus)} bonus"
    if card.floor is not None and value < card.floor:
        value, words = card.floor, f"{words}, at least {number(card.floor)}"
    if card.cap is not None and value > card.cap:
        value, words = card.cap, f"{words}, at most {number(card.cap)}"
    return value, words


def _why_not(
    card: ScorecardSpec,
    mean: ScoreReason,
    points: Mapping[str, Fraction | None],
    carried: Mapping[str, Fraction | None],
    factors: tuple[ScoreReason, ...],
    gates: tuple[ScoreReason, ...],
) -> tuple[NotScored, str]:
    """The first reason why the row has no score, in words."""
    missing = [(path, entry.missing or card.missing) for path, entry in card.entries() if points[path] is None]
    for path, policy in missing:
        if policy == "error":
            return NotScored.MISSING, f"{path} is missing"
    for path, policy in missing:
        if policy == "carry_last" and carried.get(path) is None:
            return NotScored.NOTHING_TO_CARRY, f"{path} is missing, and there are no points of the last period"
    if mean.measured < card.at_least.kpis:
        return NotScored.FEW_KPIS, f"{mean.measured} KPIs measured, and {card.at_least.kpis} are needed"
    groups = sum(node.path in card.groups and node.reason is not None and node.measured > 0 for node in mean.parts)
    if groups < card.at_least.groups:
        return NotScored.FEW_GROUPS, f"{groups} groups scored, and {card.at_least.groups} are needed"
    if mean.reason is None:
        return NotScored.NO_WEIGHT, mean.why_not
    for node in factors:
        if node.reason is None:
            return NotScored.MULTIPLIER_UNKNOWN, node.why_not
    for node in gates:
        if node.reason is None:
            return NotScored.GATE_UNKNOWN, node.why_not
    for name, node in zip(card.gates, gates, strict=True):
        if node.reason is not None and node.reason.value == 0 and card.gates[name].otherwise == "not_scored":
            return NotScored.GATE_MISSED, node.reason.words
    return NotScored.SCORED, ""
