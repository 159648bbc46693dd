"""A pool that is shared by the Shapley value of a table of coalitions, or by the Owen value where partners come in
unions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import Field

from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import Type
from rules.kinds.base import Columns, Terms, Words, number
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact
from rules.sharing.base import Awards, PoolKind, Pot, Step, TableWanted, Told, check_size, refusal, refusals
from rules.sharing.owen import explain_owen, owen
from rules.sharing.shapley import Coalitions, explain_shapley, shapley

_NAMED_MAX = 3


class Shapley(PoolKind):
    """Shares a pool by what members bring about together: each weighs its Shapley value, which is what it adds to those
    before it, averaged over all orders in which members may come.

    Table `coalitions` has a row for each coalition and each partner in it; `worth` is the same on all rows of a
    coalition. Every coalition of the members is there, those of one partner included; so there are at most 20 members.
    With `unions` (such as `coalesce(partners.parent_id, partners.partner_id)`) members come union by union, and each
    weighs its Owen value. A value below zero is refused, for it is never right to leave it out or to cut it.
    """

    unions: ExpressionField | None = Field(default=None, description="to which union a partner belongs")

    def texts(self) -> Mapping[str, Written]:
        return {} if self.unions is None else {"unions": self.unions}

    def reads(self) -> TableWanted:
        return TableWanted("coalitions", {"coalition": Type.COUNT, "worth": Type.MONEY})

    def in_words(self, terms: Terms) -> Words:
        text = "what each adds to the worth of coalitions, averaged over all orders in which they may come"
        if self.unions is None:
            return Words(f"in proportion to Shapley values: {text}")
        return Words(f"in proportion to Owen values: {text}, union by union ({self.unions.text})")

    def award(self, columns: Columns, pot: Pot) -> Awards:
        """The pool in proportion to the values, (n,); nothing is left."""
        check_size(pot.size)
        table = coalitions_of(pot, 1)
        values = shapley(table) if self.unions is None else owen(table, unions_of(columns, pot))
        for player in sorted(values):
            if values[player] < 0:
                message = f"the value of {player} is {pot.terms.amount(values[player])}: it takes more than it brings"
                hint = "leave it out by among: and out of the table, or share by another measure"
                raise refusal("K215", message, hint)
        whole = sum(values.values(), Fraction(0))
        if not whole:
            raise refusal("F304", "all members together are worth nothing", "give their coalition its worth")
        return Awards(Exact.of([pot.size * values[str(key)] / whole for key in pot.keys]), Fraction(0))

    def tell(self, columns: Columns, row: int, pot: Pot) -> Told:
        """The value of one member, and the part of the pool that it has of the worth of all."""
        one = pot.terms.minor_per_major
        table, player = coalitions_of(pot, one), str(pot.keys[row])
        told = (
            explain_shapley(table, player)
            if self.unions is None
            else explain_owen(table, unions_of(columns, pot), player)
        )
        whole = Fraction(int(table.worths[-1]), table.unit)  # values add up to the worth of all
        steps = (
            Step(each.name, each.entitled * one, each.paid * one, each.remaining * one, each.words)
            for each in told.steps
        )
        words = f"{pot.terms.money(pot.size)} x {number(told.value)} / {number(whole)}: {told.words}"
        return Told(pot.size * told.value / whole, words, tuple(steps))


def coalitions_of(pot: Pot, per: int) -> Coalitions:
    """The coalitions of the members, their worth in so many minor units; raises Refused with all that is wrong."""
    assert pot.rows is not None, "the Shapley value reads the rows of coalitions"
    refused: list[Problem] = []
    found: dict[Fraction, tuple[list[str], Fraction]] = {}
    labels, worths = (pot.rows.columns[name].fractions() for name in ("coalition", "worth"))
    for label, worth, member in zip(labels, worths, pot.rows.members.tolist(), strict=True):
        assert label is not None and worth is not None, "rows were checked to be known"
        if member < 0:
            message = f"coalition {label} has a partner that takes no part in the pool"
            hint = "list coalitions of the members alone, or let the partner take part"
            refused.append(Problem("K217", message, Place(), hint))
            continue
        players, first = found.setdefault(label, ([], worth))
        if first != worth:
            amounts = f"{pot.terms.amount(first)} and {pot.terms.amount(worth)}"
            message = f"coalition {label} is worth {amounts}"
            refused.append(Problem("K216", message, Place(), "write one worth on all of its rows"))
        players.append(str(pot.keys[member]))
    named = {player for players, _ in found.values() for player in players}
    if unnamed := [f"{{{key}}}" for key in pot.keys if str(key) not in named]:
        more = f" and {len(unnamed) - _NAMED_MAX:,} more" if len(unnamed) > _NAMED_MAX else ""
        hint = "give every coalition its worth, 0 included, or narrow the pool by among:"
        refused.append(Problem("K211", f"no worth is given for {'; '.join(unnamed[:_NAMED_MAX])}{more}", Place(), hint))
    if any(each.code == "K217" for each in refused):  # without whom that is, coalitions are no longer told apart
        raise refusals(refused)
    try:
        table = Coalitions.of((players, worth / per) for players, worth in found.values())
    except Refused as of_table:
        raise refusals([*refused, *of_table.problems]) from None
    if refused:
        raise refusals(refused)
    return table


def unions_of(columns: Columns, pot: Pot) -> Mapping[str, str]:
    """The union of each member, by its code; members without one are not there."""
    codes = columns["unions"].fractions()
    return {str(key): str(code) for key, code in zip(pot.keys, codes, strict=True) if code is not None}
