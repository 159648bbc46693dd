"""What is suspicious about a scorecard: bands, gates and tiers out of reach, tiers that overlap, and cliffs.

In: a scorecard that was understood, and the values that its KPIs can take. Out: warnings, each with the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from rules.check.reach import Line, first_count, gate_outcome, line_of, missed_steps, value_span, within
from rules.check.spans import Span
from rules.expressions.tree import Type
from rules.kinds.base import Terms, number, percent
from rules.kinds.scales.attainment import Attainment
from rules.kinds.scales.bands import Bands
from rules.kinds.scales.base import ScaleKind
from rules.kinds.scales.gate import Gate
from rules.kinds.scales.linear import Linear
from rules.kinds.scales.points_table import PointsTable
from rules.kinds.scales.reference import Reference
from rules.kinds.scales.several import Several
from rules.problem import Place, Problem
from rules.scorecards.scorecard import Parts
from rules.scorecards.scored import Measuring, ScorecardMeaning

CLIFF_SHARE = Fraction(1, 4)  # a jump of this part of the highest score, or more, is a cliff
_USUAL_TOP = Fraction(100)  # the highest score where it is not known


def score_warnings(card: ScorecardMeaning, named: Mapping[str, Span], terms: Terms) -> Iterator[Problem]:
    """Everything suspicious about one scorecard; `named` are the spans of KPIs and of the scores, its own included."""
    extras = [*card.gates.items(), *card.bonus.items(), *card.multipliers.items()]
    placed = [(name, each, card.places[name]) for name, each in card.entries.items()]
    placed += [(name, each, card.place) for name, each in extras if isinstance(each, Measuring)]
    for name, measuring, place in placed:
        for message, hint in _out_of_reach(measuring, value_span(measuring, named), terms):
            yield _warning("P303", f"{name}: {message}", place, hint)
    yield from _tiers(card, named[card.name])
    yield from _cliffs(card, named)


def _warning(code: str, message: str, place: Place, hint: str) -> Problem:
    return Problem(code, message, place, hint, "warning")


def _out_of_reach(measuring: Measuring, value: Span, terms: Terms) -> Iterator[tuple[str, str]]:
    """What no value comes to, as (message, hint)."""
    for scale, line in _scales(measuring):
        at_any = {what for _, what in _never(scale, replace(value, is_whole=False), line)}
        for reference, what in _never(scale, value, line):
            hint = "take it out, or write its edge in the unit of the KPI (60% is 0.6)"
            told = _bounds(value, measuring, reference, terms) if what in at_any else "a whole number"
            yield f"{what}: the value is {told}", hint


def _scales(measuring: Measuring) -> Iterator[tuple[ScaleKind, Line]]:
    """The scale at work, and those that it compares, each with its references."""
    line = line_of(measuring)
    if not isinstance(measuring.scale, Several):
        yield measuring.scale, line
        return
    for n, part in enumerate(measuring.scale.of):
        yield part.scale, within(line, str(n))


def _never(scale: ScaleKind, value: Span, line: Line) -> Iterator[tuple[Reference, str]]:
    if isinstance(scale, Bands):
        for index in missed_steps(scale, value, line):
            edge = scale.steps[index].edge
            side = "below" if scale.steps[index].below is not None else "up to"
            what = "in the last band" if edge is None else f"in the band {side} {edge.words}"
            yield edge or scale.steps[index - 1].edge or Reference(), f"nobody is {what}"
    elif isinstance(scale, PointsTable):
        for index in missed_steps(scale, value, line):
            step = scale.steps[index]
            yield step.at, f"nobody is at the step {step.at.words}"
    elif isinstance(scale, Gate):
        fixed = gate_outcome(scale, value, line("line"))
        if fixed is not None and scale.points.met != scale.points.missed:
            yield (
                scale.line,
                f"everybody {'meets' if fixed == scale.points.met else 'misses'} the gate at {scale.line.words}",
            )
    elif isinstance(scale, Linear):
        end = line("to")
        if end is not None and (
            (value.high is not None and end > value.high) or (value.low is not None and end < value.low)
        ):
            yield scale.to, f"nobody gets to {scale.to.words} and its {number(scale.points.to)} points"


def _bounds(value: Span, measuring: Measuring, reference: Reference, terms: Terms) -> str:
    """The ends of a span in words: `never below 0 % and never above 100 %`."""

    def shown(end: Fraction) -> str:
        if measuring.type is Type.MONEY:
            return terms.money(end)
        as_percent = reference.value is not None and reference.value.unit == "percent"
        return percent(end) if as_percent else number(end)

    words = [] if value.low is None else [f"never below {shown(value.low)}"]
    return " and ".join(words + ([] if value.high is None else [f"never above {shown(value.high)}"]))


def _tiers(card: ScorecardMeaning, score: Span) -> Iterator[Problem]:
    tiers = card.card.tiers
    if tiers is None:
        return
    lines = list(tiers.levels.items())
    for name, line in lines:
        if score.high is not None and line > score.high:
            message = f"tier {name} begins at {number(line)}, and no score is above {number(score.high)}"
            yield _warning("P305", message, card.place, "lower its line, or give the scorecard more points")
    for (name, _), (above, line) in pairwise(lines):
        if score.low is not None and line <= score.low:
            message = f"nobody is in tier {name}: no score is below {number(score.low)}, where {above} is reached"
            yield _warning("P305", message, card.place, f"raise the line of {above}, or take {name} out")
    first, line = lines[0]
    if score.low is not None and score.low < line <= (score.high if score.high is not None else line):
        message = f"a score of {number(score.low)} to below {number(line)} has no tier: {first} is the lowest"
        hint = f"rules on the tier pass these partners over; add a tier from {number(score.low)}, if one is due"
        yield _warning("P306", message, card.place, hint)
    within = None if tiers.hysteresis is None else tiers.hysteresis.keep_within
    for (name, line), (above, next_line) in pairwise(lines):
        if within is not None and within > next_line - line:
            message = f"who had {above} keeps it down to {number(next_line - within)}, below {name} at {number(line)}"
            hint = f"keep within at most {number(next_line - line)} points, the distance of the two tiers"
            yield _warning("P304", message, card.place, hint)


def _cliffs(card: ScorecardMeaning, named: Mapping[str, Span]) -> Iterator[Problem]:
    """The KPIs that one step over an edge lets move the score by a quarter of the highest score or more; the largest
    jump of each."""
    high = named[card.name].high
    top = high if high is not None and high > 0 else _USUAL_TOP
    for path, weight in _weights(card.card, ""):
        measuring = card.entries[path]
        scale, value = measuring.scale, value_span(measuring, named)
        jumps = [
            (edge, _held(before, scale), _held(after, scale))
            for edge, before, after in _jumps(scale, value, line_of(measuring))
        ]
        edge, before, after = max(
            jumps, key=lambda jump: abs(jump[2] - jump[1]), default=("", Fraction(0), Fraction(0))
        )
        moved = abs(after - before) * weight
        if moved > 0 and moved >= CLIFF_SHARE * top:
            message = f"cliff: at {edge} {path} jumps from {number(before)} to {number(after)} points"
            message += f", and the score by {number(moved)} of at most {number(top)}"
            hint = "one deal or one rating decides; use linear or more steps, or lower the weight"
            yield _warning("P310", message, card.places[path], hint)


def _held(points: Fraction, scale: ScaleKind) -> Fraction:
    least = points if scale.floor_points is None else max(points, scale.floor_points)
    return least if scale.cap_points is None else min(least, scale.cap_points)


def _weights(parts: Parts, prefix: str, of: Fraction = Fraction(1)) -> Iterator[tuple[str, Fraction]]:
    """Each KPI by path with its weight in the whole score, where nothing is missing."""
    weights = [entry.weight for entry in parts.kpis.values()] + [group.weight for group in parts.groups.values()]
    whole = sum(weights, Fraction(0))
    for name, entry in parts.kpis.items():
        yield prefix + name, of * entry.weight / whole
    for name, group in parts.groups.items():
        yield from _weights(group, f"{prefix}{name}.", of * group.weight / whole)


def _jumps(scale: ScaleKind, value: Span, line: Line) -> Iterator[tuple[str, Fraction, Fraction]]:
    """The edges at which the points of a scale jump: the edge in words, the points just before it, and at it."""
    if isinstance(scale, Bands):
        missed = missed_steps(scale, value, line)
        reached = [index for index in range(len(scale.steps)) if index not in missed]
        for one, other in pairwise(reached):
            edge, first = scale.steps[other - 1].edge, first_count(scale, other, line) if value.is_whole else None
            assert edge is not None, "every band but the last has an edge"
            yield edge.words if first is None else number(first), scale.steps[one].points, scale.steps[other].points
    elif isinstance(scale, PointsTable) and scale.between != "interpolate":
        missed, points = missed_steps(scale, value, line), scale.otherwise or Fraction(0)
        first = line("0.at")
        is_lowest = first is not None and value.low is not None and first <= value.low
        for index, step in enumerate(scale.steps):
            if index not in missed and not (index == 0 and is_lowest):
                yield step.at.words, points, step.points
            if scale.between == "step" and not (value.is_whole and index in missed):
                points = step.points
    elif isinstance(scale, Gate) and gate_outcome(scale, value, line("line")) is None:
        yield scale.line.words, scale.points.missed, scale.points.met
    elif isinstance(scale, Linear) and scale.missed is not None:
        yield scale.from_.words, scale.missed, scale.points.from_
    elif isinstance(scale, Attainment) and scale.threshold is not None:
        share = Span(scale.threshold, scale.threshold).held(scale.floor, scale.cap).low
        assert share is not None, "a threshold is written"
        yield f"{percent(scale.threshold)} of {scale.of.words}", Fraction(0), share * scale.points
