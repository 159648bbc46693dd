"""Why a bank of a limit, or what a waterfall paid so far, is what it is: opening, each movement, and closing.

In: a balance of a partner that no `balances` names, and its sheet. Out: a reason whose movements are worked out again,
from the lines of the period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from engine.explain.agree import agree
from engine.explain.balance import opening_reason
from engine.values import Award, Facts, Limit, Plan, Reasoned, Roll, Share, Sheet, rolls
from engine.values.rolls import bank_of
from rules.balances.meaning import CLOSING, OPENING

Line = Callable[[str, int], Reasoned]
Move = tuple[Fraction, str]


class Rolled:
    """The balances of a plan that can be explained of a partner: what each opens with (`NAME.opening`), and those that
    come with a limit or a pool, by their name."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, line: Line) -> None:
        self._plan, self._sheet, self._facts, self._line = plan, sheet, facts, line
        kept = {roll.name: roll for roll in rolls(plan.steps) if not roll.is_whole}
        self._opened = {f"{name}.{OPENING}": name for name in kept}
        self._own = {name: roll for name, roll in kept.items() if plan.step(name) is None}

    def has(self, name: str) -> bool:
        """Whether a name is that of one of them, or of its opening."""
        return name in self._opened or name in self._own

    def opening(self, name: str, account: int | None = None) -> Reasoned:
        """What a balance of an account, or of the program, opens with."""
        key = "" if account is None else str(self._sheet.payees.keys[account])
        return opening_reason(name, key, self._sheet, self._plan, self._facts)

    def reason(self, name: str, account: int) -> Reasoned:
        """Why one account has what it has on the balance, or at its opening."""
        if name in self._opened:
            return replace(self.opening(self._opened[name], account), title=name)
        return _rolled_reason(self._own[name], account, self._sheet, self._plan, self._facts, self._line)


def _rolled_reason(roll: Roll, account: int, sheet: Sheet, plan: Plan, facts: Facts, line: Line) -> Reasoned:
    """What one partner has on the balance at the end of the period; its parts are the opening, the movements, and the
    closing."""
    key, partner, terms = str(sheet.payees.keys[account]), int(sheet.payees.partners[account]), plan.terms
    opened = opening_reason(roll.name, key, sheet, plan, facts)
    closing, parts = opened.value or Fraction(0), [opened]
    moves: list[Move] = [(Fraction(0), "its partner can't be paid any more")] * len(roll.moves)
    if partner >= 0:
        moves = list(_moves(roll, partner, sheet, plan, line))
    for name, (change, words) in zip(roll.moves, moves, strict=True):
        agree(f"{roll.column(name)}, {key}", sheet.columns[roll.column(name)].fraction(account), change)
        parts.append(Reasoned(name, change, terms.money(change), words, is_money=True))
        closing += change
    agree(f"{roll.column(CLOSING)}, {key}", sheet.columns[roll.column(CLOSING)].fraction(account), closing)
    told = "the opening and its movements add up to it"
    return Reasoned(roll.title, closing, terms.money(closing), told, roll.place, "", True, tuple(parts))


def _moves(roll: Roll, partner: int, sheet: Sheet, plan: Plan, line: Line) -> Iterator[Move]:
    """The movements of a partner who can be paid, in their order."""
    for step in plan.steps:
        if isinstance(step, Limit) and step.limit.spec.excess == "banked" and bank_of(step) == roll.name:
            yield from _of_bank(step, partner, sheet, plan, line)
        elif isinstance(step, Award) and step.keeps_history and roll.name.startswith(f"{step.pool}.layer."):
            yield _of_layer(step, int(roll.name.rsplit(".", 1)[1]), partner, sheet, plan, line)


def _of_bank(step: Limit, partner: int, sheet: Sheet, plan: Plan, line: Line) -> Iterator[Move]:
    """What a limit cut off lines, and what it let go of before."""
    due = sum((_lines(before, partner, sheet, line) for _, before, _, _ in step.tracks), Fraction(0))
    left = sum((_lines(after, partner, sheet, line) for _, _, after, _ in step.tracks), Fraction(0))
    yield due - left, f"lines came to {plan.terms.money(due)}, of which {plan.terms.money(left)} are left"
    yield -_lines(f"{step.name}.released", partner, sheet, line), "paid as lines of their own"


def _lines(name: str, partner: int, sheet: Sheet, line: Line) -> Fraction:
    """What the lines of a column come to for a partner, each worked out again."""
    rows = np.flatnonzero((sheet.frames[sheet.frame_of[name]].partners == partner) & sheet.columns[name].is_known())
    return sum((line(name, int(row)).value or Fraction(0) for row in rows), Fraction(0))


def _of_layer(step: Award, number: int, partner: int, sheet: Sheet, plan: Plan, line: Line) -> Move:
    """The whole units of a member's share that a layer paid: those of the running total of what members were awarded;
    the rest of the share is of the last layer that paid anything."""
    (share,) = (each for each in plan.steps if isinstance(each, Share) and each.component == step.pool)
    rows = np.flatnonzero(sheet.frames[step.frame].partners == partner)
    if not len(rows):
        return Fraction(0), "no member of the pool"
    row, whole = int(rows[0]), Fraction(0)
    paid = line(share.name, row).value or Fraction(0)
    names = step.kind.layer_names if step.kind is not None else ()
    told = {part.title: part.value or Fraction(0) for part in line(step.name, row).parts}
    exact = [told.get(f"{at} {name}", Fraction(0)) for at, name in enumerate(names, 1)]
    paying = [at for at, each in enumerate(exact, 1) if each] or [len(exact)]
    for at in range(1, number + 1):
        before, running = whole, sum(exact[:at], Fraction(0))
        whole = paid if at >= paying[-1] else min(Fraction(running // 1), paid)
    words = f"of a share of {plan.terms.money(paid)}, in whole units; {plan.terms.money(exact[number - 1])} was awarded"
    return whole - before, words
