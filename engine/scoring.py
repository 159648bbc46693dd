"""Score: a scorecard's points, score, tier and rank for each partner.

In: the meaning of a scorecard, the partners' columns so far, the facts. Out: its columns by name. Whom a scorecard
does not score is nobody's peer, and has neither points nor score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.values import ALWAYS, PARTNERS, Facts
from rules.expressions.tree import Expression, Type
from rules.kinds.scales.base import only_where
from rules.kinds.scales.quantile import percentile_of_peers
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, Flags
from rules.scorecards.score import Extras, NotScored, Scored, score
from rules.scorecards.scored import Against, Conditional, Extra, Measuring, ScorecardMeaning
from rules.scorecards.tiering import ranks, tier_codes

PROBLEMS_MAX = 20


@dataclass(frozen=True, slots=True, eq=False)
class ScoringInputs:
    """Everything that a scorecard is worked out from, (partners,): columns for each scale by path, and the extras.

    `extra_columns` are those of the scales among the extras, by `bonus.NAME`, `multipliers.NAME`, `gates.NAME`.
    """

    whom: Flags
    columns: Mapping[str, Mapping[str, Exact]]
    points: Mapping[str, Exact]
    extras: Extras
    extra_columns: Mapping[str, Mapping[str, Exact]]
    opening: Exact | None
    groups: Exact | None


def scored_columns(meaning: ScorecardMeaning, named: Mapping[str, Exact], facts: Facts) -> dict[str, Exact]:
    """The columns of a scorecard: NAME, NAME.tier, NAME.rank, and by KPI NAME.points.PATH and NAME.weights.PATH."""
    inputs = scoring_inputs(meaning, named, facts)
    rows = len(inputs.whom)
    found = score(meaning.card, inputs.points, rows, inputs.extras)
    _refuse_missing(meaning, found, inputs.whom, facts)
    values = only_where(found.score, inputs.whom & found.score.is_known())
    columns = {meaning.name: values, f"{meaning.name}.not_scored": Exact(np.where(inputs.whom, found.not_scored, -1))}
    for path in meaning.entries:
        columns[f"{meaning.name}.points.{path}"] = inputs.points[path]
        columns[f"{meaning.name}.weights.{path}"] = only_where(found.weights[path], inputs.whom & values.is_known())
    if meaning.card.tiers is not None:
        columns[f"{meaning.name}.tier"] = tier_codes(meaning.card.tiers, values, inputs.opening)
    if meaning.card.rank is not None:
        keys = facts.partners().keys
        columns[f"{meaning.name}.rank"] = ranks(values, meaning.card.rank.ties, keys, inputs.groups)
    return columns


def scoring_inputs(meaning: ScorecardMeaning, named: Mapping[str, Exact], facts: Facts) -> ScoringInputs:
    """What a scorecard is worked out from; an explanation starts from the same."""
    rows = len(facts.partners())
    whom = np.ones(rows, dtype=bool) if meaning.whom is None else _holding(meaning.whom, named, facts)[0]
    columns = {path: _scale_columns(each, whom, named, facts) for path, each in meaning.entries.items()}
    points = {
        path: only_where(each.scale.compute(columns[path], rows, each.better), whom)
        for path, each in meaning.entries.items()
    }
    points = {path: only_where(column, column.is_known() & whom) for path, column in points.items()}
    extra_columns = {
        path: _scale_columns(extra, whom, named, facts)
        for path, extra in meaning.extras().items()
        if isinstance(extra, Measuring)
    }
    found = {path: _extra(path, extra, extra_columns, named, facts, rows) for path, extra in meaning.extras().items()}
    extras = Extras(
        carried=facts.earlier_points(meaning.name, tuple(meaning.entries)),
        bonus={name: found[f"bonus.{name}"] for name in meaning.bonus},
        multipliers={name: found[f"multipliers.{name}"] for name in meaning.multipliers},
        gates={name: found[f"gates.{name}"] for name in meaning.gates},
    )
    tiers = meaning.card.tiers
    opening = None if tiers is None or tiers.hysteresis is None else facts.opening_tiers(tiers.names)
    groups = None if meaning.rank_among is None else facts.codes(meaning.rank_among)
    return ScoringInputs(whom, columns, points, extras, extra_columns, opening, groups)


def _scale_columns(each: Measuring, whom: Flags, named: Mapping[str, Exact], facts: Facts) -> Mapping[str, Exact]:
    """The value that a scale takes, what it is held against, and who are peers: by key, for those whom it scores."""
    if each.kpi is not None:
        value = named[each.kpi]
    else:
        assert each.expression is not None, "a scale takes a KPI or an expression"
        value = _valued(each.expression, named, facts)
    value = only_where(value, value.is_known() & whom)
    found = {"value": value}
    for key, tree in each.peers.items():
        found[key] = facts.codes(tree)
    for key, against in each.against.items():
        found[key] = _reference(against, each, value, named, facts)
    return found


def _reference(against: Against, each: Measuring, value: Exact, named: Mapping[str, Exact], facts: Facts) -> Exact:
    rows = len(value)
    if against.literal is not None:
        return Exact.constant(against.literal, rows)
    if against.table is not None:
        return facts.reference(against.table, each.ids, each.scale_minor)
    if against.percentile is not None:
        groups = None if against.among is None else facts.codes(against.among)
        return percentile_of_peers(value, groups, against.percentile, against.method)
    assert against.expression is not None, "a reference has one source"
    return _valued(against.expression, named, facts)


def _extra(
    path: str,
    extra: Extra,
    columns: Mapping[str, Mapping[str, Exact]],
    named: Mapping[str, Exact],
    facts: Facts,
    rows: int,
) -> Exact:
    if isinstance(extra, Conditional):
        holds, known = _holding(extra.when, named, facts)
        chosen = Exact.constant(extra.value, rows).where(holds, Exact.constant(extra.otherwise, rows))
        return only_where(chosen, known)
    return extra.scale.compute(columns[path], rows, extra.better)


def _valued(expression: tuple[Expression, Type], named: Mapping[str, Exact], facts: Facts) -> Exact:
    return facts.rows(PARTNERS, None, None, ALWAYS, {"value": expression}, named).measures["value"]


def _holding(condition: Expression, named: Mapping[str, Exact], facts: Facts) -> tuple[Flags, Flags]:
    """For which partners a condition holds, and for which it is known."""
    found = facts.truth(condition, named)
    return found.yes, found.known


def _refuse_missing(meaning: ScorecardMeaning, found: Scored, whom: Flags, facts: Facts) -> None:
    """A KPI without points where the scorecard calls that an error stops the run, by name."""
    rows = np.flatnonzero(whom & (found.not_scored == NotScored.MISSING))
    if not len(rows):
        return
    needed = [path for path, entry in meaning.card.entries() if meaning.card.missing_of(entry) == "error"]
    problems = []
    for row in rows[:PROBLEMS_MAX]:
        paths = [path for path in needed if not found.measured[path][row]]
        place = Place("partners", field=str(facts.partners().keys[row]))
        message = f"{meaning.title} cannot score {facts.partners().keys[row]}: no points of {', '.join(paths)}"
        hint = "say what a missing KPI does: missing: reweight, zero or carry_last"
        problems.append(Problem("F306", message, place, hint))
    if len(rows) > PROBLEMS_MAX:
        problems.append(Problem("F306", f"and {len(rows) - PROBLEMS_MAX} partners more", meaning.place, ""))
    raise Refused(*problems)
