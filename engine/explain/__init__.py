"""Explain: a cent walked backwards through its plan, worked out again on the way, down to source rows and rules.

In: a plan, its sheet, the facts. Out: a tree of reasons. Nothing is read off and repeated: every node's value is
computed again, one row at a time in fractions, and must be the sheet's; what does not re-add raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np

from engine.explain.agree import DoesNotReAdd as DoesNotReAdd, agree
from engine.explain.balance import balance_reason
from engine.explain.deduct import deduct_reason
from engine.explain.floor import top_up_reason
from engine.explain.kpi import formula_reason, ratio_reason
from engine.explain.limit import limit_reason, released_reason
from engine.explain.line import before_reason, due_reason, factor_reason, pay_reason
from engine.explain.names import resolved
from engine.explain.of_program import OfProgram
from engine.explain.pool import (
    award_reason,
    share_reason,
    unshared_reason,
    weight_reason,
)
from engine.explain.quota import quota_reason
from engine.explain.returns import fall_reason, reverse_reason
from engine.explain.rolled import Rolled
from engine.explain.rolled_whole import RolledWhole
from engine.explain.score import Cell, World, cells, kpis_below, score_reason
from engine.explain.source import SourceRows
from engine.explain.trails import Trails
from engine.values import (
    ACCOUNTS,
    EXACT,
    PAYOUT,
    Accumulate,
    Award,
    Deduct,
    Due,
    Facts,
    Gather,
    KeepBalance,
    Kpi,
    Limit,
    Multiply,
    Pay,
    Plan,
    Quota,
    ReadRows,
    Reasoned,
    Reverse,
    Score,
    Share,
    Sheet,
    Size,
    Solve,
    Sum,
    TopUp,
    Weigh,
    Whole,
)
from rules.expressions.columnar import EPOCH
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Column, Type, columns, words
from rules.kinds.base import number, percent
from rules.meaning import KpiMeaning
from rules.problem import Place, Problem, Refused

ROWS_SHOWN = 10
# The steps whose columns are amounts.
_MONEY = (Due, Multiply, Pay, Limit, TopUp, Reverse, Deduct, Gather, KeepBalance, Award, Share, Size, Solve, Sum)


def explain(plan: Plan, sheet: Sheet, facts: Facts, partner: str, name: str | None, is_whole: bool = False) -> Reasoned:
    """Why a partner gets what it gets: of the column `name` (a payout, pool, sum, balance, KPI, or a cell of a
    scorecard such as `performance.growth.sourced`, or a shorter path that fits no other), of its whole payout by
    default. A balance of the program itself is told alike whoever is asked for.

    At most ROWS_SHOWN source rows are told one by one, the largest first, unless `is_whole`.
    """
    at = np.flatnonzero(sheet.payees.keys == partner)
    if not len(at):
        hint = "name one of the run's partners; partage show lists them"
        raise Refused(Problem("S110", f"no partner {partner} in this run", Place(), hint))
    wanted = resolved(plan, name or PAYOUT)
    explaining = _Explaining(plan, sheet, facts, None if is_whole else ROWS_SHOWN)
    explaining.expect(wanted)
    if explaining.is_whole(wanted):
        return explaining.program(wanted)
    account = int(at[0])
    place = int(sheet.payees.partners[account]) if ACCOUNTS in sheet.frames else account
    return explaining.partner(wanted, place) if place >= 0 else explaining.account(wanted, account)


class _Explaining:
    """One explanation: what it walks through, and how many rows it tells."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, rows_shown: int | None) -> None:
        self._steps = {step.name: step for step in plan.steps}
        for step in plan.steps:
            if isinstance(step, Accumulate):
                self._steps |= dict.fromkeys(step.columns, step)
            if isinstance(step, Limit):
                self._steps |= dict.fromkeys(step.written, step)
        self._readers = {name: step for step in plan.steps if isinstance(step, ReadRows) for name in step.measures}
        backs = ((step, step.back) for step in plan.steps if isinstance(step, ReadRows) and step.back is not None)
        self._falls = {name: (step, back) for step, back in backs for name in back.falls}
        self._plan, self._sheet, self._facts, self._rows_shown = plan, sheet, facts, rows_shown
        scores = [step for step in plan.steps if isinstance(step, Score)]
        self._cards = {name: (step, cell) for step in scores for name, cell in cells(step.scorecard).items()}
        self._rolled = Rolled(plan, sheet, facts, self._line)
        self._whole = OfProgram(plan, sheet, facts, self._rolled, rows_shown, self._agree, self._shown)
        self._rolled_whole = RolledWhole(plan, sheet, facts, self._whole.pool)
        self._trails = Trails(facts)
        self._of_partners: dict[tuple[str, int], Reasoned] = {}
        self._rows = SourceRows(plan, sheet, facts, self.partner)

    def is_whole(self, name: str) -> bool:
        """Whether the program itself has a value, and no partner."""
        return self._rolled_whole.has(name)

    def program(self, name: str) -> Reasoned:
        """Why the program itself has what it has on a balance."""
        return self._rolled_whole.reason(name)

    def expect(self, name: str) -> None:
        """Note the measures below a KPI or a cell, so that what reads the same rows reads them once."""
        if name in self._cards:
            step, cell = self._cards[name]
            for each in kpis_below(step.scorecard, cell):
                self.expect(each)
        elif isinstance(kpi := self._steps.get(name), Kpi):
            self._trails.expect(kpi.kpi.measures)
            for column in columns(kpi.kpi.formula) if kpi.kpi.formula is not None else ():
                self.expect(column.name)

    def partner(self, name: str, partner: int) -> Reasoned:
        """Why one partner has its value of a column; worked out once, however many rows rest on it."""
        if (name, partner) not in self._of_partners:
            self._of_partners[name, partner] = self._partner(name, partner)
        return self._of_partners[name, partner]

    def account(self, name: str, account: int) -> Reasoned:
        """Why one account has its value of a column; where its partner can't be paid any more, of balances alone."""
        if self._rolled.has(name):
            return self._rolled.reason(name, account)
        step, partner = self._steps.get(name), int(self._sheet.payees.partners[account])
        if isinstance(step, KeepBalance):
            node = balance_reason(step, account, self._sheet, self._plan, self._facts, self._line)
        elif isinstance(step, Sum) and step.frame == ACCOUNTS:
            kept = [part for part in step.parts if partner >= 0 or isinstance(self._steps[part], KeepBalance)]
            node = _added(step, tuple(self._of_payee(part, partner, account) for part in kept))
        else:
            key = self._sheet.payees.keys[account]
            message = f"{key} cannot be paid in {self._sheet.period}, and has balances alone"
            raise Refused(Problem("S110", message, Place(), "name a balance, or the whole payout"))
        return self._agree(name, account, node)

    def _of_payee(self, name: str, partner: int, account: int) -> Reasoned:
        return self.account(name, account) if self._sheet.frame_of[name] == ACCOUNTS else self.partner(name, partner)

    def _partner(self, name: str, partner: int) -> Reasoned:
        if name in self._cards:
            return self._score(*self._cards[name], name, partner)
        if self._sheet.frame_of.get(name) == ACCOUNTS or self._rolled.has(name):
            return self.account(name, int(self._sheet.payee_places()[partner]))
        step = self._steps[name]
        if isinstance(step, Sum):
            parts = tuple(self.partner(part, partner) for part in step.parts)
            return self._agree(name, partner, _added(step, parts))
        if isinstance(step, Kpi):
            return self._kpi(step, partner)
        if isinstance(step, Quota):
            return self._agree(name, partner, quota_reason(step, partner, self._sheet, self._plan, self._facts))
        assert isinstance(step, Gather)
        return self._gathered(step, partner)

    def _score(self, step: Score, cell: Cell, name: str, partner: int) -> Reasoned:
        def of_partner(named: str) -> Reasoned:
            return self.partner(named, partner)

        terms = self._plan.terms
        world = World(self._sheet, self._facts, terms, self._rows_shown, of_partner, self._is_percent)
        node = score_reason(step, cell, partner, world)
        if cell.path:  # the run has no column of its own for it; what it has was held against it
            return node
        return replace(self._agree(name, partner, node), shown=node.shown)

    def _kpi(self, step: Kpi, partner: int) -> Reasoned:
        key = str(self._sheet.partners.keys[partner])
        if step.kpi.formula is not None:
            named = [column.name for column in columns(step.kpi.formula) if column.table is None]
            parts = tuple(self.partner(name, partner) for name in named)
            values = {Column(None, name): part.value for name, part in zip(named, parts, strict=True)}
            values[Column("period", "days")] = Fraction(self._sheet.period.days)
            node = formula_reason(step.kpi, values, parts)
        else:
            node = ratio_reason(step.kpi, self._facts, key, self._shown, self._rows_shown, self._trails.rows)
        return self._agree(step.name, partner, node)

    def _gathered(self, step: Gather, partner: int) -> Reasoned:
        """The sum of a component's lines: the largest one by one, the others worked out all the same."""
        lines: list[tuple[str, int]] = []
        for name, of in step.lines:
            rows = np.flatnonzero(self._sheet.frames[of].partners == partner)
            rows = rows[self._sheet.columns[name].is_known()[rows]]
            self._rows.fetch(of, rows)
            lines += [(name, int(row)) for row in rows]
        lines.sort(key=self._by_size)
        shown = tuple(self._line(*line) for line in lines[: self._rows_shown])
        rest = [] if self._rows_shown is None else lines[self._rows_shown :]
        if rest:
            value = sum((self._line(*line).value or Fraction(0) for line in rest), Fraction(0))
            title = "and 1 row more" if len(rest) == 1 else f"and {len(rest)} rows more"
            shown = (*shown, Reasoned(title, value, self._money(value), is_money=True))
        value = sum((part.value for part in shown if part.value is not None), Fraction(0))
        if len(lines) == 1:  # one row: it is the partner's value itself
            only = shown[0]
            node = Reasoned(step.title, value, "", only.words, step.place, only.source, True, only.parts)
        else:
            if not lines and isinstance(share := self._steps.get(step.lines[0][0]), Share):
                return unshared_reason(share, step, partner, self._sheet, self._plan, self._line, self._whole.pool)
            table = self._sheet.frames[step.lines[0][1]].table
            told = f"{len(lines)} rows of {table}" if lines else f"no row of {table}"
            node = Reasoned(step.title, value, "", told, step.place, "", True, shown)
        return self._agree(step.name, partner, node)

    def _by_size(self, line: tuple[str, int]) -> tuple[Fraction, str]:
        name, row = line
        frame = self._sheet.frames[self._sheet.frame_of[name]]
        return -abs(self._sheet.columns[name].fraction(row) or Fraction(0)), str(frame.keys[row])

    def _line(self, name: str, row: int) -> Reasoned:
        """Why one row has its value of a column: a line and what it rests on, a weight, a measure of a source row."""
        match self._steps.get(name):
            case None | ReadRows() if name in self._readers:  # an input `rows` has the name of its frame
                return self._measure(name, row)
            case None if name in self._falls:
                node = fall_reason(*self._falls[name], name, row, self._sheet, self._line)
            case None:
                return self._agree(name, row, self._rows.agreed(name, row))
            case Pay() as step:
                node = pay_reason(step, row, self._sheet, self._line, self._row_title(name, row))
            case Due() as step:
                node = due_reason(step, row, self._sheet, self._line)
            case Multiply() as step:
                node = factor_reason(step, row, self._sheet, self._line)
            case Accumulate() as step:
                node = before_reason(step, name, row, self._sheet)
            case Weigh() as step:
                node = weight_reason(step, row, self._sheet, self._plan, self._line, self._is_money)
            case Award() as step:
                node = award_reason(step, row, self._sheet, self._facts, self._rows_shown, self._line, self._is_money)
            case Share() as step:
                node = share_reason(step, row, self._sheet, self._line, self._whole.pool, self._is_money(step.weight))
            case Limit() as step if name == f"{step.name}.released":
                node = released_reason(step, row, self._sheet, self._plan, self._facts, self._line)
            case Limit() as step:
                node = limit_reason(step, name, row, self._sheet, self._plan, self._line)
            case TopUp() as step:
                node = top_up_reason(step, row, self._sheet, self._plan, self._line)
            case Deduct() as step:
                node = deduct_reason(step, row, self._sheet, self._line, self._row_title(name, row))
            case Reverse() as step:
                node = reverse_reason(step, row, self._sheet, self._row_title(name, row), self._line)
            case other:
                raise AssertionError(f"{other} has no rows")
        return self._agree(name, row, node)

    def _measure(self, name: str, row: int) -> Reasoned:
        """Why a source row measures what it does: the expression, evaluated alone on the row's cells."""
        tree, type_ = self._readers[name].measures[name]
        exact = self._facts.exact(tree)
        cells, source, parts = self._rows.cells(name, row, columns(exact))
        value = evaluate(exact, cells.__getitem__)
        shown = ""
        if isinstance(value, date):
            shown, value = str(value), (value - EPOCH).days
        if value is not None and not isinstance(value, Fraction | int):
            raise AssertionError("a measure is a number, a date or a condition")
        title, told = words(tree), "" if isinstance(tree, Column) else self._told(cells)
        converted = self._rows.converted(name, row)
        if converted:
            of = [how if isinstance(tree, Column) else f"{column} {how}" for column, how in converted.items()]
            told = "; ".join([told, *of] if told else of)
        counted = None if value is None else Fraction(value)
        node = Reasoned(title, counted, "", told, Place(), source, type_ == Type.MONEY, parts)
        agreed = self._agree(name, row, node)
        return replace(agreed, shown=shown) if shown else agreed

    # --- values, words and sources ------------------------------------------------------------------------------------

    def _agree(self, name: str, row: int, node: Reasoned) -> Reasoned:
        """The node with its value shown; raises where it is not the sheet's."""
        agree(f"{name}, row {row}", self._sheet.columns[name].fraction(row), node.value)
        is_money = node.is_money or self._is_money(name)
        shown = self._shown(node.value, is_money, self._is_percent(name))
        return Reasoned(node.title, node.value, shown, node.words, node.place, node.source, is_money, node.parts)

    def _is_money(self, name: str) -> bool:
        step = self._steps.get(name)
        if self._rolled.has(name):
            return True
        if isinstance(step, Weigh):
            return step.kind.is_measure and any(map(self._is_money, step.inputs.values()))
        if isinstance(step, _MONEY):
            return True
        if isinstance(step, Accumulate):
            return self._is_money(step.over[0][1])
        if isinstance(step, Kpi):
            return step.kpi.type == Type.MONEY
        if isinstance(step, Whole):
            return step.of.type == Type.MONEY
        if isinstance(step, Quota):
            return step.quota.type == Type.MONEY
        if name in self._falls:
            return self._is_money(self._falls[name][1].falls[name])
        return name in self._readers and self._readers[name].measures[name][1] == Type.MONEY

    def _is_percent(self, name: str) -> bool:
        """Whether people read a column as a percentage: 0.8 as 80 %."""
        step = self._steps.get(name)
        kpi = step.kpi if isinstance(step, Kpi) else step.of if isinstance(step, Whole) else None
        return isinstance(kpi, KpiMeaning) and kpi.unit == "percent"

    def _shown(self, value: Fraction | None, is_money: bool, is_percent: bool = False) -> str:
        if value is None:
            return "unknown"
        if is_money:
            return self._money(value)
        return percent(value) if is_percent else number(value)

    def _money(self, minor: Fraction | int) -> str:
        return self._plan.terms.money(minor)

    def _row_title(self, name: str, row: int) -> str:
        frame = self._sheet.frames[self._sheet.frame_of[name]]
        return f"{frame.table} {frame.keys[row]}"

    def _told(self, cells: Mapping[Column, Value]) -> str:
        """The cells that an expression met: `deals.amount 12,000.00, credits.share 0.5`."""
        named = {replace(column, name=column.name.removeprefix(EXACT)): value for column, value in cells.items()}
        listed = ", ".join(f"{column} {self._cell(column, value)}" for column, value in named.items())
        return f"with {listed}" if listed else ""

    def _cell(self, column: Column, value: Value) -> str:
        if value is None:
            return "blank"
        if isinstance(value, str | bool) or not isinstance(value, Fraction | int):
            return str(value)
        is_money = self._is_money(column.name) if column.table is None else self._facts.is_money(column)
        return self._shown(Fraction(value), is_money, column.table is None and self._is_percent(column.name))


def _added(step: Sum, parts: tuple[Reasoned, ...]) -> Reasoned:
    """A sum with its parts."""
    value = sum((part.value for part in parts if part.value is not None), Fraction(0))
    told = " + ".join(part.title for part in parts)
    return Reasoned(step.title, value, "", told, step.place, "", True, parts)
