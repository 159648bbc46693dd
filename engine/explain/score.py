"""Why a partner has its score, or one cell of its scorecard: a KPI's points, a group, an extra, the tier, the rank.

Whom it scores, values, weights, percentiles, bonuses, multipliers and gates are worked out again, and held against the
run's. A cell looks at no more than it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from weakref import WeakKeyDictionary

import numpy as np

from engine.explain.against import Looked, looked_up, peers_reason
from engine.explain.agree import agree
from engine.explain.cells import Cell as Cell, cells as cells, kpis_below as kpis_below, narrowed
from engine.explain.held import held_reason
from engine.scoring import ScoringInputs, Start, scoring_inputs
from engine.values import PARTNERS, Facts, Reasoned, Score, Sheet
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Column, Expression, Type, columns, words
from rules.kinds.base import Peers, Reason, Terms, number, percent
from rules.kinds.scales.improvement import Improvement
from rules.kinds.scales.peers import peers_of
from rules.kinds.scales.quantile import explain_percentile_of_peers
from rules.problem import Place
from rules.quantities.exact import Exact
from rules.scorecards.score import Extras, score
from rules.scorecards.score_reason import (
    ScoreReason,
    Told,
    effective_weights,
    explain_extra,
    explain_parts,
    explain_score,
)
from rules.scorecards.scored import Against, Conditional, Measuring
from rules.scorecards.tiering import explain_rank, explain_tier

_NAMED = {"of": "target", "over": "baseline"}  # what the keys of references are called
# What was worked out of a snapshot and the last sheet of it, by the step's id and the cell; the step keeps its id so.
_KNOWN: WeakKeyDictionary[Facts, tuple[Sheet, dict[tuple[int, Cell], tuple[Score, ScoringInputs]]]] = (
    WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class World:
    """What an explanation of a scorecard walks through, and how it tells values and the partner's other columns."""

    sheet: Sheet
    facts: Facts
    terms: Terms
    rows_shown: int | None
    of_partner: Callable[[str], Reasoned]
    is_percent: Callable[[str], bool]


def score_reason(step: Score, cell: Cell, row: int, world: World) -> Reasoned:
    """One cell of one partner's scorecard, worked out again from KPI values."""
    scoring = _Scoring(step, _inputs(step, cell, world), row, world)
    if cell.side in ("tier", "rank"):
        return scoring.placed(cell.side)
    if cell.side == "extra":
        return scoring.extra(cell.path)
    return scoring.scored() if cell.side == "score" else scoring.part(cell.path)


def _inputs(step: Score, cell: Cell, world: World) -> ScoringInputs:
    """What a cell is worked out from, of all partners: once for a snapshot, whoever of them is explained."""
    sheet, known = _KNOWN.get(world.facts, (None, {}))
    if sheet is not world.sheet:
        known = {}
        _KNOWN[world.facts] = world.sheet, known
    if (id(step), cell) not in known:
        start = Start.kept(step.scorecard, world.sheet)
        inputs = scoring_inputs(narrowed(step.scorecard, cell), _named(step, world.sheet), world.facts, start)
        known[id(step), cell] = step, inputs
    return known[id(step), cell][1]


def _named(step: Score, sheet: Sheet) -> Mapping[str, Exact]:
    """What partners had when the scorecard was worked out: nothing of its own."""
    own = (step.name, f"{step.name}.")
    partners = (name for name, frame in sheet.frame_of.items() if frame == PARTNERS)
    return {name: sheet.columns[name] for name in partners if name != own[0] and not name.startswith(own[1])}


@dataclass(frozen=True, slots=True)
class _Scoring:
    """The scorecard of one partner, as it is worked out again; `inputs` are those of the cell that is explained."""

    step: Score
    inputs: ScoringInputs
    row: int
    world: World

    # --- cells --------------------------------------------------------------------------------------------------------

    def scored(self) -> Reasoned:
        """The score, down to the KPIs; nothing where the scorecard does not score the partner."""
        meaning, card = self.step.scorecard, self.step.scorecard.card
        if (left_out := self._left_out()) is not None:
            return left_out
        reasons = {path: self._points(path) for path in meaning.entries}
        extras = {path: self._extra(path) for path in meaning.extras()}
        told = Told(reasons, {path: reason for path, (reason, _) in extras.items()}, self._notes())
        root = explain_score(card, self._posted(), self.row, self.world.terms, self.inputs.extras, told)
        self._agree_weights(root)
        below = {(True, path): parts for path, (_, parts) in extras.items()}
        below |= {(False, path): self._measured(path, reasons[path]) for path in meaning.entries}
        return self._node(root, below)

    def part(self, path: str) -> Reasoned:
        """The points of a KPI or of a group, with its weight among its neighbours."""
        meaning = self.step.scorecard
        if (left_out := self._left_out(path)) is not None:
            return left_out
        reasons = {each: self._points(each) for each in self.inputs.columns}
        root = explain_parts(meaning.card, self._posted(), self.row, self._carried(), Told(reasons, {}, self._notes()))
        self._agree_weights(root)
        found = next(node for node in root.walk() if node.path == path)
        if path not in meaning.entries:
            self._agree_group(path, found)
        below = {(False, each): self._measured(each, reason) for each, reason in reasons.items()}
        return self._titled(self._node(found, below), path)

    def extra(self, path: str) -> Reasoned:
        """A bonus, a multiplier or a gate."""
        if (left_out := self._left_out(path)) is not None:
            return left_out
        reason, parts = self._extra(path)
        return self._titled(
            self._node(explain_extra(self.step.scorecard.card, path, reason), {(True, path): parts}), path
        )

    def placed(self, side: str) -> Reasoned:
        """A tier or a rank, from the score."""
        meaning, of_score = self.step.scorecard, self.world.of_partner(self.step.name)
        scores, parts = self.world.sheet.columns[self.step.name], [of_score]
        if side == "tier":
            assert meaning.card.tiers is not None, "a tier is asked of a scorecard that has tiers"
            found = explain_tier(meaning.card.tiers, scores, self.row, self.inputs.opening)
            shown = "none" if found is None or found.value < 0 else meaning.card.tiers.names[int(found.value)]
            if found is not None and meaning.keeps_tiers:
                parts.append(held_reason(self.step, self.world.sheet, self.world.facts, self.row))
        else:
            assert meaning.card.rank is not None, "a rank is asked of a scorecard that ranks"
            keys = self.world.facts.partners().keys
            found = explain_rank(scores, meaning.card.rank.ties, keys, self.row, self.inputs.groups)
            shown = "none" if found is None else number(found.value)
            peers = None if found is None else peers_of(scores, self.inputs.groups, self.row)
            parts += [] if peers is None else [self._peers(peers, meaning.rank_among)]
        title = f"{meaning.title}: {side}"
        if found is None:
            return Reasoned(title, None, shown, "not scored", meaning.place, parts=tuple(parts))
        return Reasoned(title, found.value, shown, found.words, meaning.place, parts=tuple(parts))

    # --- what they rest on --------------------------------------------------------------------------------------------

    def _left_out(self, path: str = "") -> Reasoned | None:
        """The node of a partner whom the scorecard does not score; None where it does."""
        meaning, inputs = self.step.scorecard, self.inputs
        is_meant = meaning.whom is None or self._evaluated(meaning.whom)[0] is True
        agree(f"whom {meaning.name} scores, row {self.row}", bool(inputs.whom[self.row]), is_meant)
        if is_meant:
            return None
        told = f"the scorecard is for {words(meaning.whom)}" if meaning.whom is not None else ""
        title = f"{meaning.title}: {path}" if path else meaning.title
        return Reasoned(title, None, "not scored", f"not scored: {told}", meaning.places.get(path, meaning.place))

    def _posted(self) -> Mapping[str, Exact]:
        """The points of every KPI as the run has them."""
        name = self.step.name
        return {path: self.world.sheet.columns[f"{name}.points.{path}"] for path in self.step.scorecard.entries}

    def _carried(self) -> Mapping[str, Exact]:
        return self.inputs.extras.carried

    def _notes(self) -> Mapping[str, str]:
        """Who rated, and on what grounds, by path of a KPI."""
        found = {}
        for path in self.inputs.columns:
            note = self.step.scorecard.entries[path].note
            if self.inputs.columns[path]["value"].fraction(self.row) is None:
                continue  # who gave no rating rated nothing; points that are carried over are not theirs
            told = [str(value) for tree in note if (value := self._evaluated(tree)[0]) is not None]
            if told and self._evaluated(note[0])[0] is not None:
                found[path] = "rated by " + ": ".join(told)
        return found

    def _points(self, path: str) -> Reason | None:
        """The points of a KPI by its scale; raises where the run has others."""
        each = self.step.scorecard.entries[path]
        reason = self._scaled(each, self.inputs.columns[path])
        posted = self.world.sheet.columns[f"{self.step.name}.points.{path}"].fraction(self.row)
        agree(f"{self.step.name}.points.{path}, row {self.row}", posted, None if reason is None else reason.value)
        return reason

    def _scaled(self, each: Measuring, columns: Mapping[str, Exact]) -> Reason | None:
        return each.scale.explain(columns, self.row, self.world.terms, each.better, each.type, self._is_percent(each))

    def _extra(self, path: str) -> tuple[Reason | None, tuple[Reasoned, ...]]:
        """Why a bonus, multiplier or gate is what it is, and what that rests on."""
        extra, extras = self.step.scorecard.extras()[path], self.inputs.extras
        side, name = path.split(".", 1)
        if isinstance(extra, Conditional):
            holds, parts, source = self._evaluated(extra.when)
            said = words(extra.when) if holds else f"not {words(extra.when)}"
            reason = None if holds is None else Reason(extra.value if holds else extra.otherwise, said)
            if source:
                parts = (*parts, Reasoned(words(extra.when), None, _truth(holds), source=source))
        else:
            columns = self.inputs.extra_columns[path]
            reason = self._scaled(extra, columns)
            parts = self._rests_on(extra, columns, reason)
        posted = {"bonus": extras.bonus, "multipliers": extras.multipliers, "gates": extras.gates}[side][name]
        explained = None if reason is None else reason.value
        agree(f"{self.step.name}, {path}, row {self.row}", posted.fraction(self.row), explained)
        return reason, parts

    def _agree_weights(self, root: ScoreReason) -> None:
        """Raise where the run gave another weight to a KPI; it gave none where it has no score."""
        for path, weight in effective_weights(root):
            posted = self.world.sheet.columns[f"{self.step.name}.weights.{path}"].fraction(self.row)
            if posted is not None:
                agree(f"{self.step.name}.weights.{path}, row {self.row}", posted, weight)

    def _agree_group(self, path: str, found: ScoreReason) -> None:
        """Raise where the run's points and carried points weigh into another value of a group."""
        if self.world.sheet.columns[self.step.name].fraction(self.row) is None:
            return
        one = np.array([self.row])
        bare = self.step.scorecard.card.model_copy(update={"bonus": {}, "multipliers": {}, "gates": {}})
        carried = Extras(carried={each: column.take(one) for each, column in self._carried().items()})
        posted = score(bare, {each: column.take(one) for each, column in self._posted().items()}, 1, carried)
        explained = None if found.reason is None else found.reason.value
        agree(f"{self.step.name}.{path}, row {self.row}", posted.groups[path].fraction(0), explained)

    def _evaluated(self, tree: Expression) -> tuple[Value, tuple[Reasoned, ...], str]:
        """An expression on the partner's own cells and values, by the plain law: its value, the reasons for the values
        of partners that it names, and the source rows of the cells."""
        wanted = columns(tree)
        record = int(self.world.facts.partners().records[self.row])
        asked = [column for column in wanted if column.table is not None]
        found, sources = self.world.facts.cells(PARTNERS, record, asked)
        parts = {column: self.world.of_partner(column.name) for column in wanted if column.table is None}
        values: dict[Column, Value] = {**found, **{column: part.value for column, part in parts.items()}}
        return evaluate(tree, values.__getitem__), tuple(parts.values()), ", ".join(sources)

    def _number(self, tree: Expression, posted: Fraction | None) -> tuple[tuple[Reasoned, ...], str]:
        """What the number of an expression rests on; raises where it comes to another one."""
        value, parts, source = self._evaluated(tree)
        assert value is None or isinstance(value, Fraction | int), "a scale takes numbers and flags"
        agree(f"{words(tree)}, row {self.row}", posted, None if value is None else Fraction(value))
        return parts, source

    def _measured(self, path: str, reason: Reason | None) -> tuple[Reasoned, ...]:
        parts = self._rests_on(self.step.scorecard.entries[path], self.inputs.columns[path], reason)
        return parts if reason is not None else (*parts, *self._kept(path))

    def _kept(self, path: str) -> Iterator[Reasoned]:
        """The row of earlier points that stand in for those that the partner lacks."""
        card, facts = self.step.scorecard, self.world.facts
        kept = self._carried().get(path) if card.carries(path) else None
        points = None if kept is None else kept.fraction(self.row)
        if points is None:
            return
        records = facts.earlier_records(card.name, {path: card.score_names()[path]})
        record = int(records[path][self.row]) if path in records else 0
        if not record:
            told = "points of the period before, as it is worked out now"
            yield Reasoned("carried over", points, number(points), told, card.places[path])
            return
        wanted = [Column("scores", name) for name in ("points", "kpi", "period")]
        cells, (source,) = facts.cells("scores", record, wanted)
        there = cells[wanted[0]]
        assert isinstance(there, Fraction), "points are a number"
        agree(f"{card.name}.{path}, row {self.row}: points carried over", points, there)
        told = f"points of {cells[wanted[1]]} in {cells[wanted[2]]}"
        yield Reasoned("carried over", points, number(points), told, card.places[path], source)

    def _rests_on(self, each: Measuring, columns: Mapping[str, Exact], reason: Reason | None) -> tuple[Reasoned, ...]:
        """The value that a scale took, down to its source rows, what it was held against, and the peers."""
        value = columns["value"].fraction(self.row)
        if each.kpi is not None:
            parts = [self.world.of_partner(each.kpi)]
        else:
            assert each.expression is not None, "a scale takes a KPI or an expression"
            tree, _ = each.expression
            if any(self._evaluated(author)[0] is None for author in each.note[:1]):
                agree(f"{words(tree)} without an author, row {self.row}", value, None)
                told, source = "it names no author, and so counts as missing", self._evaluated(tree)[2]
                parts = [Reasoned(words(tree), None, "unknown", told, source=source)]
            else:
                below, source = self._number(tree, value)
                parts = [Reasoned(words(tree), value, self._unit(each, "value", value), source=source, parts=below)]
        for key, against in each.against.items():
            if against.literal is None or key.split(".")[-1] not in ("edge", "at"):  # those tables stand in the rule
                parts.append(self._held(each, key, against, columns["value"], columns[key].fraction(self.row)))
        if reason is not None and reason.peers is not None:
            parts.append(self._peers(reason.peers, each.peers.get("group") or each.peers.get("scale.group")))
        return tuple(parts)

    def _held(self, each: Measuring, key: str, against: Against, values: Exact, found: Fraction | None) -> Reasoned:
        """What a value was held against: a number of the rule, a table's figure, a percentile of the peers, or an
        expression."""
        called = key.split(".")[-1]
        title, told, source = _NAMED.get(called, called), "", ""
        parts: tuple[Reasoned, ...] = ()
        if against.table is not None:
            title = against.table
            looked = self._looked_up(each, against.table)
            value = None if looked.value is None else looked.value * each.scale_minor
            agree(f"{title}, row {self.row}", found, value)
            told, source = looked.words, looked.source
        elif against.percentile is not None:
            title, told, parts = self._percentile(each, against, values, found)
        elif against.expression is not None:
            tree = against.expression[0]
            title = words(tree)
            parts, source = self._number(tree, found)
        shown = self._unit(each, key, found)
        return Reasoned(title, found, shown, told, against.place, source, each.type is Type.MONEY, parts)

    def _looked_up(self, each: Measuring, table: str) -> Looked:
        partner = str(self.world.sheet.partners.keys[self.row])
        near = self._evaluated(Column(PARTNERS, "region" if table == "target" else "segment"))[0]
        named = None if near is None else str(near)
        return looked_up(self.world.facts, table, each.ids, self.world.sheet.period.name, partner, named)

    def _percentile(
        self, each: Measuring, against: Against, values: Exact, found: Fraction | None
    ) -> tuple[str, str, tuple[Reasoned, ...]]:
        """The percentile of the peers in words, and the peers."""
        assert against.percentile is not None
        title = f"{percent(against.percentile)} percentile of the peers"
        groups = None if against.among is None else self.world.facts.codes(against.among)
        told_in = values  # money in major units
        if each.scale_minor != 1:
            told_in = values * Exact.constant(Fraction(1, each.scale_minor), len(values))
        reason = explain_percentile_of_peers(told_in, groups, self.row, against.percentile, against.method)
        agree(f"{title}, row {self.row}", found, None if reason is None else reason.value * each.scale_minor)
        if reason is None:
            return title, "", ()
        assert reason.peers is not None, "a percentile has peers"
        unit = "money" if each.type is Type.MONEY else "percent" if self._is_percent(each) else "number"
        minor = tuple(each_number * each.scale_minor for each_number in reason.peers.numbers)
        return title, reason.words, (self._peers(replace(reason.peers, numbers=minor, unit=unit), against.among),)

    def _peers(self, peers: Peers, among: Expression | None) -> Reasoned:
        who = "" if among is None else f" with {words(among)} {self._evaluated(among)[0]}"
        keys = self.world.sheet.partners.keys
        return peers_reason(peers, keys, who, self.world.rows_shown, lambda value: self._shown(peers.unit, value))

    # --- words --------------------------------------------------------------------------------------------------------

    def _node(self, reason: ScoreReason, below: Mapping[tuple[bool, str], tuple[Reasoned, ...]]) -> Reasoned:
        meaning = self.step.scorecard
        title = reason.path or meaning.title
        if reason.weight is not None:
            title = f"{title}, weighing {percent(reason.weight)}"
        value = None if reason.reason is None else reason.reason.value
        told = reason.why_not if reason.reason is None else reason.reason.words
        shown = "not scored" if value is None and not reason.path else "-" if value is None else number(value)
        place = meaning.place if not reason.path else meaning.places.get(reason.path, Place())
        parts = below.get((reason.is_extra, reason.path)) or tuple(self._node(part, below) for part in reason.parts)
        return Reasoned(title, value, shown, told, place, parts=parts)

    def _titled(self, node: Reasoned, path: str) -> Reasoned:
        return replace(node, title=f"{self.step.scorecard.title}: {node.title}")

    def _is_percent(self, each: Measuring) -> bool:
        return each.kpi is not None and self.world.is_percent(each.kpi)

    def _unit(self, each: Measuring, key: str, value: Fraction | None) -> str:
        """A value, or what it is held against, as people read it."""
        if value is None:
            return "unknown"
        scale = each.scale
        if isinstance(scale, Improvement) and scale.measured == "growth" and key.startswith("scale."):
            return percent(value)
        unit = "money" if each.type is Type.MONEY else "percent" if self._is_percent(each) else "number"
        return self._shown(unit, value)

    def _shown(self, unit: str, value: Fraction) -> str:
        if unit == "money":
            return self.world.terms.money(value)
        return percent(value) if unit == "percent" else number(value)


def _truth(value: Value) -> str:
    return "unknown" if value is None else "true" if value else "false"
