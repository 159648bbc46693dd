"""Compare: what partners contributed, set against what they were paid, beside their peers.

In: a scorecard's columns of a sheet, what each partner brought, who are peers, what each is paid. Out: shares that add
up to one, percentiles and standings, exact and whatever the order of the partners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.values import Score, Sheet
from rules.kinds.scales.percentile import Percentile
from rules.kinds.scales.quantile import percentile_of_peers
from rules.quantities.exact import Exact
from rules.scorecards.score import NotScored
from rules.scorecards.scorecard import ScorecardSpec
from scenarios.contribution.values import Comparison, Contributor, Part, Standing

PEERS_MIN = 4  # whose pay for a point has a median that says something
NOT_FOR_IT = "the scorecard is not for it"
NO_PARTNER = "no partner that can be paid in the period"


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What stands beside the scores of a sheet, by its partners' rows: the KPIs that were brought by name, and the
    group of peers (None: blank); by partner id: names, and what each is paid in minor units."""

    brought: Mapping[str, Exact]
    groups: Sequence[str | None]
    names: Mapping[str, str]
    paid_minor: Mapping[str, int]


def contributors(step: Score, sheet: Sheet, beside: Beside, times: Fraction) -> tuple[Contributor, ...]:
    """Everybody who has a score, a reason for none, or pay: the scored ones first, by score and then by id.

    `times`: whose pay for a point is more than that many times the median of its peers, or less than the median divided
    by it, stands well above or below them.
    """
    told = [_contributor(step, sheet, beside, row) for row in range(len(sheet.partners))]
    known = {each.partner for each in told}
    told += [_nobody(key, beside) for key, minor in beside.paid_minor.items() if key not in known and minor]
    scored = compared([each for each in told if each.score is not None], times)
    others = [each for each in told if each.score is None and (each.paid_minor or each.not_scored != NOT_FOR_IT)]
    found = (*scored, *sorted(others, key=lambda each: each.partner))
    assert sum(each.paid_minor for each in found) == sum(beside.paid_minor.values()), "all pay is somebody's"
    return found


def compared(scored: Sequence[Contributor], times: Fraction) -> tuple[Contributor, ...]:
    """Scored partners beside each other, the best first."""
    partners = sorted(scored, key=lambda each: (-(each.score or 0), each.partner))
    scores = [each.score or Fraction(0) for each in partners]
    per_point = [_per_point(each) for each in partners]
    groups = _codes([each.group for each in partners])
    percentiles = Percentile().compute({"value": Exact.of(scores), "group": groups}, len(partners)).fractions()
    medians = percentile_of_peers(Exact.of(per_point), groups, Fraction(1, 2)).fractions()
    peers = Counter(each.group for each in partners)
    payable = Counter(each.group for each, minor in zip(partners, per_point, strict=True) if minor is not None)
    score_sum, paid_sum = sum(scores, Fraction(0)), Fraction(sum(each.paid_minor for each in partners))
    found = []
    for at, each in enumerate(partners):
        comparison = Comparison(
            percentile=None if (points := percentiles[at]) is None else points / 100,
            peers=0 if each.group is None else peers[each.group],
            share_of_contribution=scores[at] / score_sum if score_sum > 0 else None,
            share_of_pay=each.paid_minor / paid_sum if paid_sum > 0 else None,
            paid_per_point_minor=per_point[at],
            median_minor=medians[at],
            standing=_standing(per_point[at], medians[at], payable[each.group], times),
        )
        found.append(replace(each, comparison=comparison))
    return tuple(found)


def _codes(groups: Sequence[str | None]) -> Exact:
    code = {group: at for at, group in enumerate(sorted({each for each in groups if each is not None}))}
    return Exact.of([None if each is None else code[each] for each in groups])


def _per_point(each: Contributor) -> Fraction | None:
    return each.paid_minor / each.score if each.score is not None and each.score > 0 else None


def _standing(minor: Fraction | None, median: Fraction | None, peers: int, times: Fraction) -> Standing:
    """Where a pay for a point stands; `peers` have one, itself included."""
    if minor is None:
        return Standing.NO_POINTS
    if median is None or peers < PEERS_MIN:
        return Standing.FEW_PEERS
    if median < 0:
        return Standing.NO_MEDIAN
    if minor > median * times:
        return Standing.ABOVE
    return Standing.BELOW if minor < median / times else Standing.NEAR


def part_titles(card: ScorecardSpec) -> Mapping[str, str]:
    """What the parts of a scorecard are called: its KPIs and groups that stand side by side, in its order."""
    titles = {name: kpi.title for name, kpi in card.kpis.items()}
    titles |= {name: group.title for name, group in card.groups.items()}
    return {name: title or name.replace("_", " ") for name, title in titles.items()}


def _contributor(step: Score, sheet: Sheet, beside: Beside, row: int) -> Contributor:
    key = str(sheet.partners.keys[row])
    score = sheet.columns[step.name].fraction(row)
    parts = {} if score is None else dict(_parts(step, sheet, row))
    adds = sum((part.adds for part in parts.values() if part.adds is not None), Fraction(0))
    code = int(sheet.columns[f"{step.name}.not_scored"].numerator[row])
    reason = NOT_FOR_IT if code < 0 else NotScored(code).name.lower().replace("_", " ")
    return Contributor(
        partner=key,
        name=beside.names.get(key, ""),
        group=beside.groups[row],
        score=score,
        parts=parts,
        rest=Fraction(0) if score is None else score - adds,
        brought={name: column.fraction(row) for name, column in beside.brought.items()},
        paid_minor=beside.paid_minor.get(key, 0),
        comparison=None,
        not_scored="" if score is not None else reason,
    )


def _parts(step: Score, sheet: Sheet, row: int) -> Iterator[tuple[str, Part]]:
    """The parts of a score: the effective weights of the KPIs below each, and their weighted points."""
    for name in part_titles(step.scorecard.card):
        weight = points = Fraction(0)
        for path in step.scorecard.entries:
            if path == name or path.startswith(f"{name}."):
                own = sheet.columns[f"{step.name}.weights.{path}"].fraction(row) or Fraction(0)
                weight += own
                points += own * _points(step, sheet, path, row)
        yield name, Part(weight, points if weight else None)


def _points(step: Score, sheet: Sheet, path: str, row: int) -> Fraction:
    """The points that a KPI counts with: its own, else those that were carried over, else none."""
    own = sheet.columns[f"{step.name}.points.{path}"].fraction(row)
    carried = sheet.columns.get(f"{step.name}.carried.{path}")
    if own is None and carried is not None:
        own = carried.fraction(row)
    return own or Fraction(0)


def _nobody(key: str, beside: Beside) -> Contributor:
    """Somebody who is paid, and is no partner of the period any more."""
    unknown = dict.fromkeys(beside.brought)
    minor = beside.paid_minor[key]
    return Contributor(key, beside.names.get(key, ""), None, None, {}, Fraction(0), unknown, minor, None, NO_PARTNER)
