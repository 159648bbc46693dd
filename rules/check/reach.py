"""Which points a scale can give, and which scores a scorecard: from what its KPIs can be, exactly where that is known.

In: scales with the spans of their values. Out: spans of points and of scores. A kind of scale that is not known here
has open ends, so that nothing is claimed about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from operator import itemgetter

from rules.check.spans import OPEN, POSITIVE, Span, expression_span, point
from rules.expressions.tree import Type
from rules.kinds.scales.attainment import Attainment
from rules.kinds.scales.bands import Bands
from rules.kinds.scales.base import Better, ScaleKind
from rules.kinds.scales.better_of import BetterOf
from rules.kinds.scales.gate import Gate
from rules.kinds.scales.improvement import Improvement
from rules.kinds.scales.linear import Linear
from rules.kinds.scales.min_max import MinMax
from rules.kinds.scales.percentile import Percentile
from rules.kinds.scales.points_table import PointsTable
from rules.kinds.scales.rank import Rank
from rules.kinds.scales.several import Several
from rules.quantities.rounding import round_fraction
from rules.scorecards.scorecard import Parts
from rules.scorecards.scored import Conditional, Extra, Measuring, ScorecardMeaning

Line = Callable[[str], Fraction | None]
_ZERO = Fraction(0)


def score_spans(cards: tuple[ScorecardMeaning, ...], kpis: Mapping[str, Span]) -> dict[str, Span]:
    """The scores that each scorecard can give, by name, with the KPIs' spans; places in a rank count from 1."""
    found = dict(kpis)
    for card in cards:
        found[card.name] = _score(card, found)
        found[f"{card.name}.rank"] = Span(Fraction(1))
    return found


def line_of(measuring: Measuring) -> Line:
    """The written value of each reference of a scale, by key; None where each row looks it up."""

    def line(key: str) -> Fraction | None:
        return measuring.against[key].literal if key in measuring.against else None

    return line


def within(line: Line, part: str) -> Line:
    """The references of a scale that stands within another as `part`."""

    def below(key: str) -> Fraction | None:
        return line(f"{part}.{key}")

    return below


def value_span(measuring: Measuring, named: Mapping[str, Span]) -> Span:
    """What a scale can be given to measure."""
    if measuring.kpi is not None:
        return replace(named.get(measuring.kpi, OPEN), is_whole=measuring.type is Type.COUNT)
    return OPEN if measuring.expression is None else expression_span(measuring.expression[0], named)


def measured_points(measuring: Measuring, named: Mapping[str, Span]) -> Span:
    """The points that a scale at work can give."""
    return points_span(measuring.scale, value_span(measuring, named), line_of(measuring), measuring.better)


def points_span(scale: ScaleKind, value: Span, line: Line, better: Better) -> Span:
    """The points that a scale can give for values of a span."""
    span = _raw(scale, value, line, scale.better or better)
    if scale.round is not None:
        step, mode = scale.round.to, scale.round.mode
        low, high = (None if end is None else step * round_fraction(end / step, mode) for end in (span.low, span.high))
        span = Span(low, high)
    return span.held(scale.floor_points, scale.cap_points)


def _raw(scale: ScaleKind, value: Span, line: Line, better: Better) -> Span:
    match scale:
        case Linear():
            return _linear(scale, value, line)
        case Attainment():
            return _attainment(scale, value, line("of"), better)
        case Bands():
            return _hull(
                [band.points for n, band in enumerate(scale.steps) if n not in missed_steps(scale, value, line)]
            )
        case PointsTable():
            steps = [step.points for n, step in enumerate(scale.steps) if n not in missed_steps(scale, value, line)]
            return _hull(steps if scale.between == "interpolate" and steps else [*steps, scale.otherwise or _ZERO])
        case Gate():
            never = gate_outcome(scale, value, line("line"))
            return _hull([scale.points.met, scale.points.missed] if never is None else [never])
        case Percentile():
            return _hull([scale.points.from_, scale.points.to])
        case MinMax():
            ends = [scale.points.from_, scale.points.to]
            return _hull(ends if scale.when_equal is None else [*ends, scale.when_equal])
        case Rank():
            if scale.places is not None:
                return _hull([*scale.places, _ZERO])
            return _hull([Fraction(100), _ZERO] if scale.points is None else [scale.points.first, scale.points.last])
        case Improvement():
            return points_span(scale.scale.scale, OPEN, within(line, "scale"), "higher")
        case Several():
            return _several(scale, value, line, better)
    return OPEN


def _hull(points: list[Fraction]) -> Span:
    return Span(min(points), max(points)) if points else OPEN


def _linear(scale: Linear, value: Span, line: Line) -> Span:
    """The points between the two ends of the way that values of the span can go."""
    start, end = line("from"), line("to")
    first, last = scale.points.from_, scale.points.to
    least, most = _ZERO, Fraction(1)
    falls_short = True
    if start is not None and end is not None and start != end:
        way = value.plus(point(-start)).times(point(1 / (end - start)))
        falls_short = way.low is None or way.low < 0
        ways = way.held(_ZERO, Fraction(1))
        assert ways.low is not None and ways.high is not None, "both ends are held"
        least, most = ways.low, ways.high
        if scale.missed is not None and way.high is not None and way.high < 0:
            return point(scale.missed)
    points = [first + (last - first) * each for each in (least, most)]
    return _hull([*points, scale.missed] if scale.missed is not None and falls_short else points)


def _attainment(scale: Attainment, value: Span, target: Fraction | None, better: Better) -> Span:
    share = POSITIVE if better == "lower" else OPEN
    if better == "higher" and target is not None and target > 0:
        share = value.times(point(1 / target))
    elif better == "higher" and value.low is not None and value.low >= 0:
        share = POSITIVE
    earned = share.held(scale.floor, scale.cap)
    if scale.threshold is None:
        return earned.times(point(scale.points))
    if share.high is not None and share.high < scale.threshold:
        return point(_ZERO)
    reached = share.held(scale.threshold, None).held(scale.floor, scale.cap).times(point(scale.points))
    all_reach = share.low is not None and share.low >= scale.threshold
    return reached if all_reach else reached.with_(point(_ZERO))


def _several(scale: Several, value: Span, line: Line, better: Better) -> Span:
    """The best or the worst of several: where some may be left out, each of them may be the only one."""
    spans = [points_span(part.scale, value, within(line, str(n)), better) for n, part in enumerate(scale.of)]
    whole = spans[0]
    for span in spans[1:]:
        whole = whole.with_(span)
    if scale.unknown == "leave_out":
        held = whole
    elif isinstance(scale, BetterOf):
        held = Span(max((span.low for span in spans if span.low is not None), default=None), whole.high)
    else:
        held = Span(whole.low, min((span.high for span in spans if span.high is not None), default=None))
    return held.held(scale.floor_points, scale.cap_points)


def missed_steps(scale: Bands | PointsTable, value: Span, line: Line) -> list[int]:
    """The bands or steps, by index, that no value of the span comes to; only where their edges are written."""
    found = []
    for index in range(len(scale.steps)):
        if isinstance(scale, Bands):
            start = line(f"{index - 1}.edge") if index else None
            end = line(f"{index}.edge")
            takes_start = index == 0 or scale.steps[index - 1].below is not None
            takes_end = scale.steps[index].up_to is not None
        else:
            near = index - 1 if scale.between == "interpolate" else index
            start = line(f"{near}.at") if near >= 0 else None
            after = index if scale.between == "nothing" else index + 1
            end = line(f"{after}.at") if after < len(scale.steps) else None
            takes_start, takes_end = scale.between != "interpolate", scale.between == "nothing"
        too_high = start is not None and _beyond(start, value.high, takes_start)
        too_low = end is not None and value.low is not None and _beyond(value.low, end, takes_end)
        holds_none = False
        if value.is_whole and start is not None and end is not None:
            is_cut = isinstance(scale, Bands) or scale.between != "interpolate"
            holds_none = is_cut and _first_whole(start, takes_start) == _first_whole(end, not takes_end)
        if too_high or too_low or holds_none:
            found.append(index)
    return found


def _first_whole(edge: Fraction, takes_edge: bool) -> int:
    """The first whole number above an edge, or on it where it belongs there."""
    return ceil(edge) if takes_edge else floor(edge) + 1


def first_count(scale: Bands, index: int, line: Line) -> Fraction | None:
    """The first whole number in a band other than the first; None where its edge is not written."""
    edge = line(f"{index - 1}.edge")
    return None if edge is None else Fraction(_first_whole(edge, scale.steps[index - 1].below is not None))


def _beyond(one: Fraction, other: Fraction | None, touching: bool) -> bool:
    """Whether `one` lies above `other`, or on it where that does not touch."""
    return other is not None and (one > other or (one == other and not touching))


def gate_outcome(gate: Gate, value: Span, line: Fraction | None) -> Fraction | None:
    """The points that a gate gives to every value of the span; None where they differ, or nothing is certain."""
    if line is None:
        return None
    above = value.low is not None and value.low > line
    at_or_above = value.low is not None and value.low >= line
    below = value.high is not None and value.high < line
    at_or_below = value.high is not None and value.high <= line
    if gate.at_least is not None:
        always, never = at_or_above, below
    elif gate.at_most is not None:
        always, never = at_or_below, above
    else:
        always, never = at_or_above and at_or_below, above or below
    return gate.points.met if always else gate.points.missed if never else None


def _score(card: ScorecardMeaning, named: Mapping[str, Span]) -> Span:
    spec = card.card
    points = {path: measured_points(measuring, named) for path, measuring in card.entries.items()}
    score = _mean(card, spec, "", points)
    bonus = point(_ZERO)
    for each in card.bonus.values():
        bonus = bonus.plus(_extra(each, named).with_(point(_ZERO)))
    bonus = bonus.held(None, spec.bonus_cap)
    factor = point(Fraction(1))
    for each in card.multipliers.values():
        factor = factor.times(_extra(each, named))
    score = score.times(factor).plus(bonus) if spec.multiply == "weighted" else score.plus(bonus).times(factor)
    score = score.held(spec.floor, spec.cap)
    if any(gate.otherwise == "zero" for gate in spec.gates.values()):
        score = score.with_(point(_ZERO))
    low, high = (
        None if end is None else spec.step * round_fraction(end / spec.step, spec.rounding)
        for end in (score.low, score.high)
    )
    return Span(low, high)


def _extra(extra: Extra, named: Mapping[str, Span]) -> Span:
    if isinstance(extra, Conditional):
        return _hull([extra.value, extra.otherwise])
    return measured_points(extra, named)


def _mean(card: ScorecardMeaning, parts: Parts, prefix: str, points: Mapping[str, Span]) -> Span:
    """The weighted mean of KPIs and groups, of whom those that may be missing leave their weight to the others; points
    of the last period are taken to be of the same scale."""
    fixed: list[tuple[Fraction, Span]] = []
    free: list[tuple[Fraction, Span]] = []
    for name, entry in parts.kpis.items():
        span = points[prefix + name]
        missing = card.card.missing_of(entry)
        if missing == "zero":
            span = span.with_(point(_ZERO))
        (free if missing == "reweight" else fixed).append((entry.weight, span))
    for name, group in parts.groups.items():
        span = _mean(card, group, f"{prefix}{name}.", points)
        leaves = all(card.card.missing_of(entry) == "reweight" for _, entry in group.entries())
        (free if leaves or group.at_least else fixed).append((group.weight, span))
    high = _highest([(w, span.high) for w, span in fixed if w], [(w, span.high) for w, span in free if w])
    turned = [[(w, span.turned().high) for w, span in side if w] for side in (fixed, free)]
    low = _highest(*turned)
    return Span(None if low is None else -low, high)


def _highest(
    fixed: list[tuple[Fraction, Fraction | None]], free: list[tuple[Fraction, Fraction | None]]
) -> Fraction | None:
    """The highest mean: of all that are fixed, and of those of the others that raise it; None is open."""
    known = [(weight, top) for weight, top in (*fixed, *free) if top is not None]
    if len(known) < len(fixed) + len(free) or not known:
        return None
    weight_sum = sum((weight for weight, _ in known[: len(fixed)]), _ZERO)
    total = sum((weight * top for weight, top in known[: len(fixed)]), _ZERO)
    for weight, top in sorted(known[len(fixed) :], key=itemgetter(1), reverse=True):
        if weight_sum == 0 or top > total / weight_sum:
            weight_sum, total = weight_sum + weight, total + weight * top
    return total / weight_sum
