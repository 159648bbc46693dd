"""Explain: a cent walked backwards through its plan, worked out again on the way, down to source rows and rules.

In: a plan, its sheet, the facts. Out: a tree of reasons. Nothing is read off and repeated: every node's value is
computed again, one row at a time in fractions, and must be the sheet's; what does not re-add raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.explain.agree import DoesNotReAdd as DoesNotReAdd
from engine.explain.agree import agree
from engine.explain.kpi import formula_reason, ratio_reason
from engine.explain.score import score_reason
from engine.values import (
    PAYOUT,
    Facts,
    Gather,
    Kpi,
    Pay,
    Plan,
    ReadRows,
    Reasoned,
    Score,
    Share,
    Sheet,
    Size,
    Step,
    Sum,
    Weigh,
)
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Column, Type, columns, words
from rules.kinds.base import number
from rules.kinds.by import By
from rules.kinds.share import Members, explain_share
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact

ROWS_SHOWN = 10


def explain(plan: Plan, sheet: Sheet, facts: Facts, partner: str, name: str | None, is_whole: bool = False) -> Reasoned:
    """Why a partner gets what it gets: of the column `name` (a payout, pool, sum or KPI), of its whole payout by
    default.

    At most ROWS_SHOWN source rows are told one by one, the largest first, unless `is_whole`.
    """
    at = np.flatnonzero(sheet.partners.keys == partner)
    if not len(at):
        hint = "name one of the run's partners; partage show lists them"
        raise Refused(Problem("S110", f"no partner {partner} in this run", Place(), hint))
    wanted = name or PAYOUT
    known = [name for step in plan.steps for name in _told(step)]
    if wanted not in known:
        hint = "it has " + ", ".join(known)
        raise Refused(Problem("S111", f"this program has nothing called {wanted} for a partner", Place(), hint))
    explaining = _Explaining(plan, sheet, facts, None if is_whole else ROWS_SHOWN)
    return explaining.partner(wanted, int(at[0]))


def _told(step: Step) -> list[str]:
    """The columns of a step that partners have, and that can be explained."""
    if isinstance(step, Score):
        extra = [f"{step.name}.tier"] if step.scorecard.card.tiers is not None else []
        return [step.name, *extra, *([f"{step.name}.rank"] if step.scorecard.card.rank is not None else [])]
    return [step.name] if isinstance(step, Gather | Sum | Kpi) else []


class _Explaining:
    """One explanation: what it walks through, and how many rows it tells."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, rows_shown: int | None) -> None:
        self._steps = {step.name: step for step in plan.steps}
        self._readers = {name: step for step in plan.steps if isinstance(step, ReadRows) for name in step.measures}
        self._plan, self._sheet, self._facts, self._rows_shown = plan, sheet, facts, rows_shown
        self._of_partners: dict[tuple[str, int], Reasoned] = {}
        self._cells_of: dict[tuple[str, int], tuple[Mapping[Column, Value], tuple[str, ...]]] = {}

    def partner(self, name: str, partner: int) -> Reasoned:
        """Why one partner has its value of a column; worked out once, however many rows rest on it."""
        if (name, partner) not in self._of_partners:
            self._of_partners[name, partner] = self._partner(name, partner)
        return self._of_partners[name, partner]

    def _partner(self, name: str, partner: int) -> Reasoned:
        step = self._steps.get(name) or self._steps[name.rsplit(".", 1)[0]]
        if isinstance(step, Score):
            return self._score(step, name, partner)
        if isinstance(step, Sum):
            parts = tuple(self.partner(part, partner) for part in step.parts)
            value = sum((part.value for part in parts if part.value is not None), Fraction(0))
            told = " + ".join(part.title for part in parts)
            return self._agree(name, partner, Reasoned(step.title, value, "", told, step.place, "", True, parts))
        if isinstance(step, Kpi):
            return self._kpi(step, partner)
        assert isinstance(step, Gather)
        return self._gathered(step, partner)

    def _score(self, step: Score, name: str, partner: int) -> Reasoned:
        def of_partner(named: str) -> Reasoned:
            return self.partner(named, partner)

        node = score_reason(step, name, partner, self._sheet, self._facts, self._plan.terms, of_partner)
        agreed = self._agree(name, partner, node)
        return replace(agreed, shown=node.shown or agreed.shown)

    def _kpi(self, step: Kpi, partner: int) -> Reasoned:
        key = str(self._sheet.partners.keys[partner])
        if step.kpi.formula is not None:
            named = [column.name for column in columns(step.kpi.formula) if column.table is None]
            parts = tuple(self.partner(name, partner) for name in named)
            values = {Column(None, name): part.value for name, part in zip(named, parts, strict=True)}
            values[Column("period", "days")] = Fraction(self._sheet.period.days)
            node = formula_reason(step.kpi, values, parts)
        else:
            node = ratio_reason(step.kpi, self._facts, key, self._shown, self._rows_shown)
        return self._agree(step.name, partner, node)

    def _gathered(self, step: Gather, partner: int) -> Reasoned:
        frame = self._sheet.frames[step.frame]
        rows = np.flatnonzero(frame.partners == partner)
        if step.column is None:
            told = f"{len(rows)} rows of {frame.table}"
            node = Reasoned(step.title, Fraction(len(rows)), "", told, step.place)
            return self._agree(step.name, partner, node)
        lines = self._sheet.columns[step.column]
        rows = rows[lines.is_known()[rows]]
        self._fetch(step.frame, rows)
        told_rows = sorted(rows.tolist(), key=lambda row: (-abs(lines.fraction(row) or 0), str(frame.keys[row])))
        shown = tuple(self._line(step.column, row) for row in told_rows[: self._rows_shown])
        rest = [] if self._rows_shown is None else told_rows[self._rows_shown :]
        is_money = self._is_money(step.column)
        if rest:  # told in one line, and worked out one by one all the same
            value = sum((self._line(step.column, row).value or Fraction(0) for row in rest), Fraction(0))
            title = f"and {len(rest)} rows more"
            shown = (*shown, Reasoned(title, value, self._shown(value, is_money), is_money=is_money))
        value = sum((part.value for part in shown if part.value is not None), Fraction(0))
        if len(told_rows) == 1:  # one row: it is the partner's value itself
            only = shown[0]
            node = Reasoned(step.title, value, "", only.words, step.place, only.source, is_money, only.parts)
        else:
            told = f"{len(rows)} rows of {frame.table}" if len(rows) else f"no row of {frame.table}"
            node = Reasoned(step.title, value, "", told, step.place, "", is_money, shown)
        return self._agree(step.name, partner, node)

    def _line(self, name: str, row: int) -> Reasoned:
        """Why one row has its value of a column: a line, a weight, or a measure of a source row."""
        step = self._steps.get(name)
        if step is None:
            return self._measure(name, row)
        if isinstance(step, Pay | Weigh):
            inputs = {key: self._sheet.columns[column] for key, column in step.inputs.items()}
            reason = step.kind.explain(inputs, row, step.terms)
            told = reason.words
            if isinstance(step, Weigh):  # in words, money is never in minor units
                told = step.kind.explain(self._in_major(step), row, step.terms).words
            parts = tuple(self._line(step.inputs[key], row) for key in reason.uses)
            title = self._row_title(name, row) if isinstance(step, Pay) else step.title
            node = Reasoned(title, reason.value, "", told, step.place, "", isinstance(step, Pay), parts)
            return self._agree(name, row, node)
        assert isinstance(step, Share)
        return self._share(step, row)

    def _share(self, step: Share, row: int) -> Reasoned:
        frame, weights = self._sheet.frames[step.frame], self._sheet.columns[step.weight]
        remainders = self._sheet.columns[f"{step.component}.remainder"].numerator
        size = self._steps[step.size]
        assert isinstance(size, Size)
        if self._is_money(step.weight):
            weights = self._major(weights)  # the shares are the same, and the words speak of money
        members = Members(frame.keys, weights, remainders)
        reason = explain_share(size.size_minor, members, row, step.residue, step.terms)
        pool = Reasoned(size.title, Fraction(size.size_minor), self._money(size.size_minor), "", size.place, "", True)
        parts = (pool, self._line(step.weight, row))
        return self._agree(
            step.name, row, Reasoned(step.title, reason.value, "", reason.words, step.place, "", True, parts)
        )

    def _measure(self, name: str, row: int) -> Reasoned:
        """Why a source row measures what it does: the expression, evaluated alone on the row's cells."""
        reader = self._readers[name]
        tree, type_ = reader.measures[name]
        frame = self._sheet.frames[reader.name]
        cells, source, parts = self._cells(name, int(frame.records[row]), int(frame.partners[row]), columns(tree))
        value = evaluate(tree, cells.__getitem__)
        assert isinstance(value, Fraction | int), "a known measure is a number"
        is_money = type_ == Type.MONEY
        title, told = words(tree), "" if isinstance(tree, Column) else self._told(cells)
        node = Reasoned(title, Fraction(value), "", told, Place(), source, is_money, parts)
        return self._agree(name, row, node)

    def _fetch(self, frame: str, rows: NDArray[np.int64]) -> None:
        """Look up the cells that the measures of many rows read, in one go for each measure."""
        reader = self._steps[frame]
        assert isinstance(reader, ReadRows), "a frame of rows was read"
        records = [int(record) for record in self._sheet.frames[frame].records[rows]]
        for name, (tree, _) in reader.measures.items():
            wanted = [column for column in columns(tree) if column.table is not None]
            for record, found in zip(records, self._facts.cells_of(reader.table, records, wanted), strict=True):
                self._cells_of[name, record] = found

    def _cells(
        self, measure: str, record: int, partner: int, wanted: tuple[Column, ...]
    ) -> tuple[Mapping[Column, Value], str, tuple[Reasoned, ...]]:
        """The cells that a measure reads, and where: of source rows, and of the row's partner with their reasons."""
        found, sources = self._cells_of[measure, record]
        cells, parts = dict(found), []
        for column in wanted:
            if column.table is None:
                reason = self.partner(column.name, partner)
                parts.append(reason)
                cells[column] = reason.value
        return cells, ", ".join(sources), tuple(parts)

    # --- values, words and sources ------------------------------------------------------------------------------------

    def _agree(self, name: str, row: int, node: Reasoned) -> Reasoned:
        """The node with its value shown; raises where it is not the sheet's."""
        agree(f"{name}, row {row}", self._sheet.columns[name].fraction(row), node.value)
        is_money = node.is_money or self._is_money(name)
        shown = self._shown(node.value, is_money)
        return Reasoned(node.title, node.value, shown, node.words, node.place, node.source, is_money, node.parts)

    def _in_major(self, step: Weigh) -> Mapping[str, Exact]:
        """The inputs of a weight as its words tell them: money in major units."""
        columns = {key: self._sheet.columns[name] for key, name in step.inputs.items()}
        return {
            key: self._major(column) if self._is_money(step.inputs[key]) else column for key, column in columns.items()
        }

    def _major(self, minor: Exact) -> Exact:
        numerators, below = minor.scaled()  # kept as they are: remainders of shares are counted in them
        return Exact(numerators, below * 10**self._plan.terms.currency.decimals, minor.known)

    def _is_money(self, name: str) -> bool:
        step = self._steps.get(name)
        if isinstance(step, Weigh):  # pro rata, the weight is the measure itself
            return isinstance(step.kind, By) and self._is_money(step.inputs["of"])
        if isinstance(step, Pay | Share | Size | Sum):
            return True
        if isinstance(step, Kpi):
            return step.kpi.type == Type.MONEY
        if isinstance(step, Gather):
            return step.column is not None and self._is_money(step.column)
        return name in self._readers and self._readers[name].measures[name][1] == Type.MONEY

    def _shown(self, value: Fraction | None, is_money: bool) -> str:
        if value is None:
            return "unknown"
        return self._money(value) if is_money else number(value)

    def _money(self, minor: Fraction | int) -> str:
        return self._plan.terms.money(minor)

    def _row_title(self, name: str, row: int) -> str:
        frame = self._sheet.frames[self._sheet.frame_of[name]]
        return f"{frame.table} {frame.keys[row]}"

    def _told(self, cells: Mapping[Column, Value]) -> str:
        """The cells that an expression met: `deals.amount 12,000.00, credits.share 0.5`."""
        return "with " + ", ".join(f"{column} {self._cell(column, value)}" for column, value in cells.items())

    def _cell(self, column: Column, value: Value) -> str:
        if value is None:
            return "blank"
        if isinstance(value, str | bool) or not isinstance(value, Fraction | int):
            return str(value)
        is_money = self._is_money(column.name) if column.table is None else self._facts.is_money(column)
        return self._money(value) if is_money else number(Fraction(value))
