"""Why a partner has its score, tier or rank: each KPI's points by its scale, the weighing, and what was done to the
sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from engine.scoring import ScoringInputs, scoring_inputs
from engine.values import Facts, Reasoned, Score, Sheet
from rules.exact import Exact
from rules.kinds.base import Reason, Terms, number, percent
from rules.kinds.scales.quantile import explain_percentile_of_peers
from rules.problem import Place
from rules.score_reason import ScoreReason, Told, explain_score
from rules.scored import Against, Measuring
from rules.tiering import explain_rank, explain_tier
from rules.tree import words

OfPartner = Callable[[str], Reasoned]


def score_reason(
    step: Score, name: str, row: int, sheet: Sheet, facts: Facts, terms: Terms, of_partner: OfPartner
) -> Reasoned:
    """One partner's score (`name` is the scorecard's), or its tier or rank, worked out again from KPI values."""
    meaning, named = step.scorecard, _named(step, sheet)
    inputs = scoring_inputs(meaning, named, facts)
    if name.endswith((".tier", ".rank")):
        return _placed(step, name, row, inputs, sheet, facts, terms, of_partner)
    if not inputs.whom[row]:
        told = f"the scorecard is for {words(meaning.whom)}" if meaning.whom is not None else ""
        return Reasoned(meaning.title, None, "", f"not scored: {told}", meaning.place)
    reasons = {path: _points(each, inputs.columns[path], row, terms) for path, each in meaning.entries.items()}
    notes = {path: _note(each, row, facts) for path, each in meaning.entries.items() if each.note}
    known = {path: reason for path, reason in reasons.items() if reason is not None}
    root = explain_score(meaning.card, inputs.points, row, terms, inputs.extras, Told(known, notes))
    return _node(root, step, inputs, row, terms, of_partner, facts)


def _named(step: Score, sheet: Sheet) -> Mapping[str, Exact]:
    """What partners had when the scorecard was worked out: nothing of its own."""
    own = (step.name, f"{step.name}.")
    partners = (name for name, frame in sheet.frame_of.items() if frame == "partners")
    return {name: sheet.columns[name] for name in partners if name != own[0] and not name.startswith(own[1])}


def _node(
    reason: ScoreReason, step: Score, inputs: ScoringInputs, row: int, terms: Terms, of_partner: OfPartner, facts: Facts
) -> Reasoned:
    meaning = step.scorecard
    title = reason.path or meaning.title
    if reason.weight is not None:
        title = f"{title}, weighing {percent(reason.weight)}"
    value = None if reason.reason is None else reason.reason.value
    told = reason.why_not if reason.reason is None else reason.reason.words
    shown = "not scored" if value is None and not reason.path else "-" if value is None else number(value)
    place = meaning.place if not reason.path else meaning.places.get(reason.path, Place())
    if reason.path in meaning.entries:
        parts = _measured(meaning.entries[reason.path], inputs.columns[reason.path], row, terms, of_partner)
    else:
        parts = tuple(_node(part, step, inputs, row, terms, of_partner, facts) for part in reason.parts)
    return Reasoned(title, value, shown, told, place, parts=parts)


def _points(each: Measuring, columns: Mapping[str, Exact], row: int, terms: Terms) -> Reason | None:
    return each.scale.explain(columns, row, terms, each.better, each.type)


def _measured(
    each: Measuring, columns: Mapping[str, Exact], row: int, terms: Terms, of_partner: OfPartner
) -> tuple[Reasoned, ...]:
    """The value that a scale took, down to its source rows, and what it was held against."""
    value = columns["value"].fraction(row)
    shown = "unknown" if value is None else _unit(each, value, terms)
    if each.kpi is not None:
        parts = [of_partner(each.kpi)]
    else:
        assert each.expression is not None, "a scale takes a KPI or an expression"
        parts = [Reasoned(words(each.expression[0]), value, shown)]
    for key, against in each.against.items():
        found = columns[key].fraction(row)
        if against.literal is None:
            told = _how(against, columns, row)
            parts.append(
                Reasoned(_what(against), found, "unknown" if found is None else _unit(each, found, terms), told)
            )
    return tuple(parts)


def _unit(each: Measuring, value: Fraction, terms: Terms) -> str:
    return terms.money(value) if each.scale_minor != 1 else number(value)


def _what(against: Against) -> str:
    if against.table is not None:
        return against.table
    if against.percentile is not None:
        return f"{percent(against.percentile)} percentile of the peers"
    assert against.expression is not None, "a reference has one source"
    return words(against.expression[0])


def _how(against: Against, columns: Mapping[str, Exact], row: int) -> str:
    """How a percentile of the peers comes about, worked out again."""
    if against.percentile is None or against.among is not None:
        return ""
    reason = explain_percentile_of_peers(columns["value"], None, row, against.percentile, against.method)
    return "" if reason is None else reason.words


def _note(each: Measuring, row: int, facts: Facts) -> str:
    """Who rated, and on what grounds."""
    told = [str(value) for tree in each.note if (value := facts.texts(tree)[row]) is not None]
    return "rated by " + ": ".join(told) if told else ""


def _placed(
    step: Score,
    name: str,
    row: int,
    inputs: ScoringInputs,
    sheet: Sheet,
    facts: Facts,
    terms: Terms,
    of_partner: OfPartner,
) -> Reasoned:
    """A tier or a rank, from the score."""
    meaning, scores = step.scorecard, sheet.columns[step.name]
    score = score_reason(step, step.name, row, sheet, facts, terms, of_partner)
    if name.endswith(".tier"):
        assert meaning.card.tiers is not None, "a tier is asked of a scorecard that has tiers"
        found = explain_tier(meaning.card.tiers, scores, row, inputs.opening)
        shown = "none" if found is None or found.value < 0 else meaning.card.tiers.names[int(found.value)]
    else:
        assert meaning.card.rank is not None, "a rank is asked of a scorecard that ranks"
        keys = facts.partners().keys
        found = explain_rank(scores, meaning.card.rank.ties, keys, row, inputs.groups)
        shown = "none" if found is None else number(found.value)
    title = f"{meaning.title}: {name.rsplit('.', 1)[1]}"
    if found is None:
        return Reasoned(title, None, shown, "not scored", meaning.place, parts=(score,))
    return Reasoned(title, found.value, shown, found.words, meaning.place, parts=(score,))
