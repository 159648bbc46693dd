"""Why a partner has its score, tier or rank: each KPI's points by its scale, the weighing, and what was done to the
sum.

Whom it scores, values, percentiles, bonuses, multipliers and gates are worked out again, and held against the run's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from engine.explain.agree import agree
from engine.scoring import ScoringInputs, scoring_inputs
from engine.values import PARTNERS, Facts, Reasoned, Score, Sheet
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Column, Expression, columns, words
from rules.kinds.base import Reason, Terms, number, percent
from rules.kinds.scales.quantile import explain_percentile_of_peers
from rules.problem import Place
from rules.quantities.exact import Exact
from rules.scorecards.score_reason import ScoreReason, Told, explain_score
from rules.scorecards.scored import Against, Conditional, Measuring
from rules.scorecards.tiering import explain_rank, explain_tier

OfPartner = Callable[[str], Reasoned]


def score_reason(
    step: Score, name: str, row: int, sheet: Sheet, facts: Facts, terms: Terms, of_partner: OfPartner
) -> Reasoned:
    """One partner's score (`name` is the scorecard's), or its tier or rank, worked out again from KPI values."""
    scoring = _Scoring(step, scoring_inputs(step.scorecard, _named(step, sheet), facts), row, facts, terms, of_partner)
    if name.endswith((".tier", ".rank")):
        return scoring.placed(name, sheet.columns[step.name])
    return scoring.scored()


def _named(step: Score, sheet: Sheet) -> Mapping[str, Exact]:
    """What partners had when the scorecard was worked out: nothing of its own."""
    own = (step.name, f"{step.name}.")
    partners = (name for name, frame in sheet.frame_of.items() if frame == PARTNERS)
    return {name: sheet.columns[name] for name in partners if name != own[0] and not name.startswith(own[1])}


@dataclass(frozen=True, slots=True)
class _Scoring:
    """The score of one partner, as it is worked out again."""

    step: Score
    inputs: ScoringInputs
    row: int
    facts: Facts
    terms: Terms
    of_partner: OfPartner

    def scored(self) -> Reasoned:
        """The score, down to the KPIs; nothing where the scorecard does not score the partner."""
        meaning, inputs = self.step.scorecard, self.inputs
        is_meant = meaning.whom is None or self._evaluated(meaning.whom)[0] is True
        agree(f"whom {meaning.name} scores, row {self.row}", bool(inputs.whom[self.row]), is_meant)
        if not is_meant:
            told = f"the scorecard is for {words(meaning.whom)}" if meaning.whom is not None else ""
            return Reasoned(meaning.title, None, "", f"not scored: {told}", meaning.place)
        reasons = {path: self._points(each, inputs.columns[path]) for path, each in meaning.entries.items()}
        extras, parts = self._extras()
        notes = {path: _note(each, self.row, self.facts) for path, each in meaning.entries.items() if each.note}
        told_all = Told(reasons, extras, notes)
        root = explain_score(meaning.card, inputs.points, self.row, self.terms, inputs.extras, told_all)
        for path, each in meaning.entries.items():
            parts[path] = self._measured(each, inputs.columns[path])
        return self._node(root, parts)

    def _extras(self) -> tuple[dict[str, Reason | None], dict[str, tuple[Reasoned, ...]]]:
        """Why each bonus, multiplier and gate is what it is, and what that rests on, by `bonus.NAME` and so on."""
        meaning, extras = self.step.scorecard, self.inputs.extras
        posted = {f"bonus.{name}": column for name, column in extras.bonus.items()}
        posted |= {f"multipliers.{name}": column for name, column in extras.multipliers.items()}
        posted |= {f"gates.{name}": column for name, column in extras.gates.items()}
        reasons: dict[str, Reason | None] = {}
        parts: dict[str, tuple[Reasoned, ...]] = {}
        for path, extra in meaning.extras().items():
            if isinstance(extra, Conditional):
                reasons[path], parts[path] = self._conditional(extra)
            else:
                reasons[path] = self._points(extra, self.inputs.extra_columns[path])
                parts[path] = self._measured(extra, self.inputs.extra_columns[path])
            reason = reasons[path]
            explained = None if reason is None else reason.value
            agree(f"{meaning.name}, {path}, row {self.row}", posted[path].fraction(self.row), explained)
        return reasons, parts

    def _conditional(self, extra: Conditional) -> tuple[Reason | None, tuple[Reasoned, ...]]:
        holds, parts = self._evaluated(extra.when)
        if holds is None:
            return None, parts
        said = "" if holds else "not "
        return Reason(extra.value if holds else extra.otherwise, f"{said}{words(extra.when)}"), parts

    def _evaluated(self, tree: Expression) -> tuple[Value, tuple[Reasoned, ...]]:
        """An expression on the partner's own cells and values, by the plain law, with the reasons for the values."""
        wanted = columns(tree)
        record = int(self.facts.partners().records[self.row])
        found, _ = self.facts.cells(PARTNERS, record, [column for column in wanted if column.table is not None])
        parts = {column: self.of_partner(column.name) for column in wanted if column.table is None}
        cells: dict[Column, Value] = {**found, **{column: part.value for column, part in parts.items()}}
        return evaluate(tree, cells.__getitem__), tuple(parts.values())

    def _number(self, tree: Expression, posted: Fraction | None) -> tuple[Reasoned, ...]:
        """What the number of an expression rests on; raises where it comes to another one."""
        value, parts = self._evaluated(tree)
        assert value is None or isinstance(value, Fraction | int), "a scale takes numbers and flags"
        agree(f"{words(tree)}, row {self.row}", posted, None if value is None else Fraction(value))
        return parts

    def _points(self, each: Measuring, columns: Mapping[str, Exact]) -> Reason | None:
        return each.scale.explain(columns, self.row, self.terms, each.better, each.type)

    def _node(self, reason: ScoreReason, parts: Mapping[str, tuple[Reasoned, ...]]) -> Reasoned:
        meaning = self.step.scorecard
        title = reason.path or meaning.title
        if reason.weight is not None:
            title = f"{title}, weighing {percent(reason.weight)}"
        value = None if reason.reason is None else reason.reason.value
        told = reason.why_not if reason.reason is None else reason.reason.words
        shown = "not scored" if value is None and not reason.path else "-" if value is None else number(value)
        place = meaning.place if not reason.path else meaning.places.get(reason.path, Place())
        below = parts.get(reason.path) or tuple(self._node(part, parts) for part in reason.parts)
        return Reasoned(title, value, shown, told, place, parts=below)

    def _measured(self, each: Measuring, columns: Mapping[str, Exact]) -> tuple[Reasoned, ...]:
        """The value that a scale took, down to its source rows, and what it was held against."""
        value = columns["value"].fraction(self.row)
        if each.kpi is not None:
            parts = [self.of_partner(each.kpi)]
        else:
            assert each.expression is not None, "a scale takes a KPI or an expression"
            tree, _ = each.expression
            parts = [Reasoned(words(tree), value, self._unit(each, value), parts=self._number(tree, value))]
        for key, against in each.against.items():
            if against.literal is None:
                parts.append(self._held(each, against, columns["value"], columns[key].fraction(self.row)))
        return tuple(parts)

    def _held(self, each: Measuring, against: Against, values: Exact, found: Fraction | None) -> Reasoned:
        """What a value was held against: a table's figure, a percentile of the peers, or an expression."""
        title, told = against.table or "", ""
        parts: tuple[Reasoned, ...] = ()
        if against.percentile is not None:
            title = f"{percent(against.percentile)} percentile of the peers"
            groups = None if against.among is None else self.facts.codes(against.among)
            told_in = values * Exact.constant(Fraction(1, each.scale_minor), len(values))  # money in major units
            reason = explain_percentile_of_peers(told_in, groups, self.row, against.percentile, against.method)
            agree(f"{title}, row {self.row}", found, None if reason is None else reason.value * each.scale_minor)
            told = "" if reason is None else reason.words
        elif against.expression is not None:
            title, parts = words(against.expression[0]), self._number(against.expression[0], found)
        return Reasoned(title, found, self._unit(each, found), told, parts=parts)

    def _unit(self, each: Measuring, value: Fraction | None) -> str:
        if value is None:
            return "unknown"
        return self.terms.money(value) if each.scale_minor != 1 else number(value)

    def placed(self, name: str, scores: Exact) -> Reasoned:
        """A tier or a rank, from the score."""
        meaning, score = self.step.scorecard, self.of_partner(self.step.name)
        if name.endswith(".tier"):
            assert meaning.card.tiers is not None, "a tier is asked of a scorecard that has tiers"
            found = explain_tier(meaning.card.tiers, scores, self.row, self.inputs.opening)
            shown = "none" if found is None or found.value < 0 else meaning.card.tiers.names[int(found.value)]
        else:
            assert meaning.card.rank is not None, "a rank is asked of a scorecard that ranks"
            keys = self.facts.partners().keys
            found = explain_rank(scores, meaning.card.rank.ties, keys, self.row, self.inputs.groups)
            shown = "none" if found is None else number(found.value)
        title = f"{meaning.title}: {name.rsplit('.', 1)[1]}"
        if found is None:
            return Reasoned(title, None, shown, "not scored", meaning.place, parts=(score,))
        return Reasoned(title, found.value, shown, found.words, meaning.place, parts=(score,))


def _note(each: Measuring, row: int, facts: Facts) -> str:
    """Who rated, and on what grounds."""
    told = [str(value) for tree in each.note if (value := facts.texts(tree)[row]) is not None]
    return "rated by " + ": ".join(told) if told else ""
