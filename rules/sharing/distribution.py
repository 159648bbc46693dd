"""A pool that runs through the layers of a waterfall: members have capital accounts, and a carry stands beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import ClassVar

import numpy as np
from pydantic import Field

from rules.consistent import Inconsistent, consistent
from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import Type
from rules.kinds.base import Columns, RowFault, Terms, Words
from rules.sharing.accounts import accounts_of
from rules.sharing.accrual import date_of, day
from rules.sharing.base import Awards, PoolKind, Pot, TableWanted, Told, guarded, zeros
from rules.sharing.layers import Waterfall
from rules.sharing.recovery import LastClawback
from rules.sharing.waterfall import explain_waterfall, run_waterfall


class Distribution(Waterfall, PoolKind):
    """Runs the pool through layers in order, each served in full before the next gets anything; on the last day of the
    period.

    The accounts are the members, and their movements the rows of table `capital` up to that day: what was paid in is
    above zero, what went out below it; the rows of others are left out. Within a layer accounts get the same part of
    what they are due there. What they are not due themselves (a catch-up, a split) they share by what they ever paid
    in, or by `shares`. What this pool paid in earlier periods counts: as capital that is returned since, as preferred
    return, profit and carry that was paid; so it does not stand in `capital` as well. With a layer `mark`, nothing of
    it counts: the pool is then a value, such as a net asset value, which is settled anew each period, and what is
    remembered is the mark.

    The carry is no member: `POOL.carry` is the size of a later pool, and in the books it is a part of what this pool
    did not share. What reaches beyond the last layer is unclaimed. What the carry gives back by a `clawback` goes to
    members as they share the rest, is profit of theirs in later periods, and is taken off the carry of the period,
    which may be below zero then: a later pool with `losses: shared` takes it back from those who hold it.
    """

    money: ClassVar[frozenset[str]] = frozenset({"marks"})
    has_carry: ClassVar[bool] = True
    leaves_out: ClassVar[bool] = False

    marks: ExpressionField | None = Field(
        default=None, description="each member's high-water mark, such as `fund_mark.opening`; a `mark` layer reads it"
    )
    shares: ExpressionField | None = Field(default=None, description="in which proportion members share the rest")
    where: ExpressionField | None = Field(default=None, description="which rows of `capital` count; all unless said")

    @consistent
    def _has_marks(self) -> Iterator[Inconsistent]:
        at = next((at for at, layer in enumerate(self.layers) if layer.mark is not None), None)
        if at is not None and self.marks is None:
            hint = "add marks: NAME.opening, of a balance of kind mark"
            yield Inconsistent("K253", "a layer up to the mark, and no marks", hint, ("layers", at))
        if self.marks is not None and at is None:
            hint = "add a layer `mark: {hurdle: 4%}`, or leave marks out"
            yield Inconsistent("K253", "marks that no layer reads", hint, ("marks",))
        if at is not None and self.clawback is not None:
            message = "a clawback of what earlier periods paid, and a layer up to the mark: none of that counts"
            hint = "leave one of the two out: below its mark, the carry earns nothing anyway"
            yield Inconsistent("K253", message, hint, ("clawback",))

    @property
    def keeps_history(self) -> bool:
        return self.marks is None

    @property
    def layer_names(self) -> tuple[str, ...]:
        return (*(each.name for each in self.layers), *(() if self.clawback is None else ("clawback",)))

    def inputs(self) -> Mapping[str, Written]:
        read = {"marks": self.marks, "shares": self.shares}
        return {name: each for name, each in read.items() if each is not None}

    def reads(self) -> TableWanted:
        wanted = {"amount": Type.MONEY, "occurred_on": Type.DATE}
        return TableWanted("capital", wanted, "occurred_on", self.where)

    def in_words(self, terms: Terms) -> Words:
        found = super().in_words(terms)
        by = "what they ever paid in" if self.shares is None else self.shares.text
        text = f"{found.text}; accounts share what no layer owes each of them by {by}"
        text += "" if self.marks is None else f"; the mark is {self.marks.text}, and nothing paid before counts"
        text += "" if self.where is None else f"; movements of capital count where {self.where.text}"
        return Words(text, found.head, found.rows)

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        found = []
        for name in self.inputs().keys() & columns.keys():
            below = np.flatnonzero(np.asarray(columns[name].numerator < 0, dtype=bool)).tolist()
            message = f"{self.inputs()[name].text} is less than zero"
            found += [RowFault(row, "K201", message, "use zero or more") for row in below]
        return found

    def award(self, columns: Columns, pot: Pot) -> Awards:
        """What each member is paid in all layers, (n,), what each layer paid, and the carry."""
        accounts = accounts_of(self, self.shares is None, columns, pot)
        layers = run_waterfall(self, pot.size, accounts, pot.last, self._due(pot))
        paid = zeros(pot.count)
        for layer in layers:
            paid = guarded(paid) + guarded(layer.paid)
        carry = sum((layer.carry_paid for layer in layers), Fraction(0))
        return Awards(paid, layers[-1].remaining, "unclaimed", tuple(layer.paid for layer in layers), carry)

    def tell(self, columns: Columns, row: int, pot: Pot) -> Told:
        """The way of one member through the layers."""
        return self._told(columns, row, pot)

    def tell_carry(self, columns: Columns, pot: Pot) -> Told:
        """The way of the carry through the layers."""
        return self._told(columns, None, pot)

    def _told(self, columns: Columns, row: int | None, pot: Pot) -> Told:
        accounts, rule = accounts_of(self, self.shares is None, columns, pot), self.clawback
        last = rule if rule is not None and pot.first <= day(rule.on) <= pot.last else None
        return explain_waterfall(self, pot.size, accounts, pot.last, row, pot.terms, last)

    def _due(self, pot: Pot) -> LastClawback | None:
        """The clawback in the period that holds its day."""
        rule = self.clawback
        return rule if rule is not None and rule.is_due(date_of(pot.first), date_of(pot.last)) else None
