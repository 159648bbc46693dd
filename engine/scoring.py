"""Score: a scorecard's points, score, tier and rank for each partner.

In: the meaning of a scorecard, the partners' columns so far, the facts. Out: its columns by name. Whom a scorecard
does not score is nobody's peer, and has neither points nor score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.values import ALWAYS, PARTNERS, Facts, Reading, Sheet
from engine.values.openings import last_rows
from engine.values.positions import YEAR_TO_DATE, told_until
from rules.balances.meaning import OPENING
from rules.expressions.tree import Column, Expression, Type
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


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What a scorecard starts from, (partners,): the tier that each holds, as its place; and earlier points by path."""

    tiers: Exact | None = None
    points: Mapping[str, Exact] = field(default_factory=dict)

    @classmethod
    def of(cls, meaning: ScorecardMeaning, facts: Facts, closed_by: Callable[[], Sheet | None]) -> Start:
        """As the facts say, by the table of scores and the tiers of partners; what they leave blank as the period
        before closed, which is worked out only where that is asked."""
        own = meaning.name
        held = told_tiers(meaning, facts) if meaning.keeps_tiers else None
        points = dict(facts.earlier_points(own, meaning.score_names()))
        carries = [path for path in meaning.entries if meaning.carries(path)]
        is_whole = held is None or bool(held.is_known().all())
        before = None if is_whole and not carries else closed_by()
        if before is None:
            return cls(held, points)
        place = {key: at for at, key in enumerate(before.partners.keys.tolist())}
        at = np.array([place.get(key, -1) for key in facts.partners().keys.tolist()], dtype=np.int64)
        if held is not None:
            closed = _at(before.columns[f"{own}.tier"], at)
            held = held.where(held.is_known(), closed)
        for path in carries:
            closed = _at(before.columns[f"{own}.points.{path}"], at)
            carried = before.columns.get(f"{own}.carried.{path}")
            if carried is not None:
                closed = closed.where(closed.is_known(), _at(carried, at))
            points[path] = points[path].where(points[path].is_known(), closed) if path in points else closed
        return cls(held, points)

    @classmethod
    def kept(cls, meaning: ScorecardMeaning, sheet: Sheet) -> Start:
        """As a sheet has it."""
        names = {path: f"{meaning.name}.carried.{path}" for path in meaning.entries}
        points = {path: sheet.columns[name] for path, name in names.items() if name in sheet.columns}
        return cls(sheet.columns.get(f"{meaning.name}.{OPENING}"), points)


def told_tiers(meaning: ScorecardMeaning, facts: Facts) -> Exact:
    """The tier that each partner holds at the start, as its place: that which it had in the period before by the table
    of scores, else that of the table of partners; unknown where neither says one that the scorecard has."""
    assert meaning.card.tiers is not None, "a scorecard that keeps tiers has some"
    earlier, names = by_scores(meaning, facts)[0], meaning.card.tiers.names
    if earlier.is_known().all():
        return earlier
    return earlier.where(earlier.is_known(), facts.opening_tiers(names))


def by_scores(meaning: ScorecardMeaning, facts: Facts) -> tuple[Exact, NDArray[np.int64]]:
    """The tier that each partner had in the period before by the table of scores, as its place, and the record of the
    row that says so (0: none does)."""
    assert meaning.card.tiers is not None, "a scorecard that keeps tiers has some"
    return _places(meaning.name, meaning.card.tiers.names, facts)


def _places(scorecard: str, names: Sequence[str], facts: Facts) -> tuple[Exact, NDArray[np.int64]]:
    texts, records = facts.earlier_tiers(scorecard)
    place = {name: at for at, name in enumerate(names)}
    found = Exact.of([None if text is None else place.get(text.lower()) for text in texts])
    return found, np.where(found.is_known(), records, 0)


def _at(column: Exact, at: NDArray[np.int64]) -> Exact:
    """The values at some places; unknown where that is -1."""
    if not len(column):
        return Exact(np.zeros(len(at), dtype=np.int64), 1, np.zeros(len(at), dtype=bool))
    found = column.take(np.maximum(at, 0))
    return only_where(found, found.is_known() & (at >= 0))


def scored_columns(
    meaning: ScorecardMeaning, named: Mapping[str, Exact], facts: Facts, start: Start
) -> dict[str, Exact]:
    """The columns of a scorecard: NAME, NAME.tier, NAME.rank, and by KPI NAME.points.PATH and NAME.weights.PATH; where
    earlier points stand in for those that a partner lacks, NAME.carried.PATH; and the tiers at the start, NAME.opening,
    where they decide."""
    inputs = scoring_inputs(meaning, named, facts, start)
    rows = len(inputs.whom)
    found = score(meaning.card, inputs.points, rows, inputs.extras)
    _refuse_missing(meaning, found, inputs.whom, facts)
    values = only_where(found.score, inputs.whom & found.score.is_known())
    columns = {meaning.name: values, f"{meaning.name}.not_scored": Exact(np.where(inputs.whom, found.not_scored, -1))}
    for path in meaning.entries:
        columns[f"{meaning.name}.points.{path}"] = inputs.points[path]
        columns[f"{meaning.name}.weights.{path}"] = only_where(found.weights[path], inputs.whom & values.is_known())
        if path in inputs.extras.carried and meaning.carries(path):
            kept = inputs.extras.carried[path]
            lacks = inputs.whom & kept.is_known() & ~inputs.points[path].is_known()
            columns[f"{meaning.name}.carried.{path}"] = only_where(kept, lacks)
    if inputs.opening is not None:
        columns[f"{meaning.name}.{OPENING}"] = inputs.opening
    if meaning.card.tiers is not None:
        columns[f"{meaning.name}.tier"] = tier_codes(meaning.card.tiers, values, inputs.opening)
    if meaning.card.rank is not None:
        keys = facts.partners().keys
        columns[f"{meaning.name}.rank"] = ranks(values, meaning.card.rank.ties, keys, inputs.groups)
    return columns


def scoring_inputs(meaning: ScorecardMeaning, named: Mapping[str, Exact], facts: Facts, start: Start) -> ScoringInputs:
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
        carried=start.points,
        bonus={name: found[f"bonus.{name}"] for name in meaning.bonus},
        multipliers={name: found[f"multipliers.{name}"] for name in meaning.multipliers},
        gates={name: found[f"gates.{name}"] for name in meaning.gates},
    )
    groups = None if meaning.rank_among is None else facts.codes(meaning.rank_among)
    return ScoringInputs(whom, columns, points, extras, extra_columns, start.tiers, groups)


def used_rows(reading: Reading, sheet: Sheet, facts: Facts) -> Sequence[NDArray[np.int64]]:
    """The source rows that a scorecard or a quota has used, as their records by partner, 0 for none: of each figure
    that it looks up, of the points that it carries over, or of the partners whom it scores. Of balances, the rows that
    say what they opened with last."""
    if reading.is_opening:
        of_year, rows = f".{YEAR_TO_DATE}", facts.openings()
        told = [row for row in last_rows(rows, sheet.period.start) if not row.balance.endswith(of_year)]
        told += [row for row in rows if told_until(row.balance, sheet.columns) == row.as_of]
        return [np.array([row.record for row in told], dtype=np.int64)]
    count = len(sheet.partners)
    whom = sheet.columns[reading.scored].numerator >= 0 if reading.scored else np.ones(count, dtype=bool)
    if reading.looked_up:
        assert reading.of_period is not None, "a figure is of a period"
        period = reading.of_period[1]
        return [np.where(whom, facts.reference_records(table, ids, period), 0) for table, ids in reading.looked_up]
    if reading.carried is None:
        return [np.where(whom, sheet.partners.records, 0)]
    card, names = reading.carried
    if names[0][0] == "":
        return [np.where(whom, _places(card, names[0][1], facts)[1], 0)]
    found = facts.earlier_records(card, dict(names))
    carried = {path: sheet.columns[f"{card}.carried.{path}"].is_known() for path in found}
    return [np.where(carried[path], records, 0) for path, records in found.items()]


def tier_warnings(card: ScorecardMeaning, sheet: Sheet, facts: Facts) -> Iterator[Problem]:
    """The tiers of partners that a scorecard with hysteresis does not have: who holds one holds none of its own."""
    tiers = card.card.tiers
    if tiers is None or tiers.hysteresis is None:
        return
    whom = sheet.columns[f"{card.name}.not_scored"].numerator >= 0
    told = {PARTNERS: facts.texts(Column(PARTNERS, "tier")), "scores": facts.earlier_tiers(card.name)[0]}
    for table, held in told.items():
        others: dict[str, list[str]] = {}
        for at in np.flatnonzero(whom).tolist():
            if held[at] is not None and str(held[at]).lower() not in tiers.names:
                others.setdefault(str(held[at]), []).append(str(sheet.partners.keys[at]))
        for tier, partners in sorted(others.items()):
            more = f" and {len(partners) - 1} more" if len(partners) > 1 else ""
            message = (
                f"{card.title} has no tier '{tier}', the tier of {partners[0]}{more} at the start: it counts as blank"
            )
            hint = f"write one of {', '.join(tiers.names)}, or map it: values: {{tier: {{{tier}: ...}}}}"
            yield Problem("F318", message, Place(facts.file(table), field="tier"), hint, "warning")


def _scale_columns(each: Measuring, whom: Flags, named: Mapping[str, Exact], facts: Facts) -> Mapping[str, Exact]:
    """The value that a scale takes, what it is held against, and who are peers: by key, for those whom it scores."""
    if each.kpi is not None:
        value = named[each.kpi]
    else:
        assert each.expression is not None, "a scale takes a KPI or an expression"
        value = _valued(each.expression, named, facts)
        for author in each.note[:1]:  # a rating that nobody stands for is none
            value = only_where(value, value.is_known() & np.array([name is not None for name in facts.texts(author)]))
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
