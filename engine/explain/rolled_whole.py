"""Why a balance of the program itself is what it is: what a pool carries over, or what the carry of a waterfall got.

In: a balance of which there is one for all partners, and its sheet. Out: a reason with the opening, each movement and
the closing, held against the sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from engine.explain.agree import agree
from engine.explain.balance import opening_reason
from engine.explain.pool import carry_reason
from engine.values import PROGRAM, Award, Facts, Plan, Reasoned, Roll, Share, Sheet, rolls
from engine.values.rolls import CARRIED, PAID, RELEASED, carried_of, carry_of
from rules.balances.meaning import CLOSING, OPENING
from rules.pools.meaning import CARRY
from rules.quantities.apportion import Residue

Pool = Callable[[str], Reasoned]


class RolledWhole:
    """The balances of the program itself, by their name, and what each opens with (`NAME.opening`). `pool` tells the
    size of a pool."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, pool: Pool) -> None:
        self._plan, self._sheet, self._facts, self._pool = plan, sheet, facts, pool
        self._own = {roll.name: roll for roll in rolls(plan.steps) if roll.is_whole}
        self._opened = {f"{name}.{OPENING}": name for name in self._own}

    def has(self, name: str) -> bool:
        """Whether a name is that of one of them, or of its opening."""
        return name in self._own or name in self._opened

    def reason(self, name: str) -> Reasoned:
        """Why the program has what it has on the balance, or at its opening."""
        if name in self._opened:
            return replace(self._opening(self._opened[name]), title=name)
        roll = self._own[name]
        opened = self._opening(name)
        closing, parts = opened.value or Fraction(0), [opened]
        for move, node in self._moves(roll, closing):
            agree(roll.column(move), self._value(roll.column(move)), node.value)
            parts.append(replace(node, title=move))
            closing += node.value or 0
        agree(roll.column(CLOSING), self._value(roll.column(CLOSING)), closing)
        told = "of the program, not of a partner: the opening and its movements add up to it"
        return Reasoned(roll.title, closing, self._money(closing), told, roll.place, "", True, tuple(parts))

    def _opening(self, name: str) -> Reasoned:
        return opening_reason(name, "", self._sheet, self._plan, self._facts)

    def _moves(self, roll: Roll, opening: Fraction) -> Iterator[tuple[str, Reasoned]]:
        """The movements in their order."""
        for step in self._plan.steps:
            if isinstance(step, Award) and step.keeps_history and roll.name == carry_of(step.pool):
                yield PAID, carry_reason(step, f"{step.pool}.{CARRY}", self._sheet, self._facts)
            elif isinstance(step, Share) and step.carries and roll.name == carried_of(step.component):
                size = self._pool(step.size)
                _, own = size.parts
                used = (size.value or Fraction(0)) - (own.value or Fraction(0))
                is_all = used == opening
                words = "it went into the pool of this period" if is_all else "as much as this period makes up for"
                yield RELEASED, self._node(RELEASED, -used, words)
                yield CARRIED, self._carried(step)

    def _carried(self, step: Share) -> Reasoned:
        """What a pool did not share, less what of that its carry is paid, and what stays with the house."""
        size, name = self._pool(step.size), step.component
        shares = [each for each in self._sheet.columns[step.name].fractions() if each is not None]
        adds, shared = self._value(f"{name}.house_adds"), sum(shares, Fraction(0))
        left = (size.value or Fraction(0)) + adds - shared
        agree(f"{name}.left", self._value(f"{name}.left"), left)
        paid = self._value(f"{name}.{CARRY}") if f"{name}.{CARRY}" in self._sheet.columns else Fraction(0)
        carried = self._value(f"{PROGRAM}.{carried_of(name)}.{CARRIED}")
        if not step.is_awarded:
            carried = left if step.residue is Residue.CARRY else Fraction(0)
        others = (
            ("the house adds", adds, "floors that the pool does not reach"),
            ("shared", -shared, f"the sum of {len(shares)} shares"),
            ("carry", -paid, "what its carry is paid"),
            ("the house keeps", carried - left + paid, "what is neither shared nor carried over"),
        )
        parts = [size, *(self._node(*each) for each in others if each[1])]
        words = f"{self._money(left)} is left of {self._money((size.value or 0) + adds)}"
        return replace(self._node(CARRIED, carried, words), parts=tuple(parts))

    def _node(self, title: str, value: Fraction, words: str) -> Reasoned:
        return Reasoned(title, value, self._money(value), words, is_money=True)

    def _value(self, column: str) -> Fraction:
        """What the one row of a column holds."""
        return self._sheet.columns[column].fraction(0) or Fraction(0)

    def _money(self, minor: Fraction) -> str:
        return self._plan.terms.money(minor)
