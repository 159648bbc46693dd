"""A discretionary part: a committee has entered what each member gets, and the pool is the most that it may give."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import Column
from rules.kinds.base import Columns, RowFault, Terms, Words
from rules.sharing.base import AwardKind, Awards, Step, Told, below_zero, check_size, common, refusal


class Discretion(AwardKind):
    """Pays each member what was entered for it: `discretion: discretionary`, a KPI that sums `awards.amount`, whose
    rows tell who proposed, who approved and why; any other amount has none of that, and is refused.

    Awards that add up to more than the pool are refused, and never cut; what they leave is unclaimed.
    """

    short: ClassVar[str | None] = "of"
    sums: ClassVar[Mapping[str, Column]] = {"of": Column("awards", "amount")}
    money: ClassVar[frozenset[str]] = frozenset({"of"})

    of: ExpressionField

    def inputs(self) -> Mapping[str, Written]:
        return {"of": self.of}

    def in_words(self, terms: Terms) -> Words:
        return Words(f"at discretion: what was entered for each ({self.of.text}), no more than the pool in all")

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        return below_zero(columns["of"], terms, "what was entered is", "an award is nothing or more")

    def compute(self, columns: Columns, rows: int, size: Fraction, terms: Terms) -> Awards:
        """What was entered, (rows,); awards above the pool are refused (K207).

        >>> from rules.quantities.currency import currency
        >>> from rules.quantities.exact import Exact
        >>> rule = Discretion.model_validate({"of": "entered"})
        >>> found = rule.compute({"of": Exact.of([30_000, 50_000])}, 2, Fraction(100_000), Terms(currency("EUR")))
        >>> found.left
        Fraction(20000, 1)
        """
        check_size(size)
        entered = common(columns["of"])
        if entered.sum() > size:
            message = f"awards of {terms.amount(entered.sum())} are entered for a pool of {terms.amount(size)}"
            raise refusal("K207", message, "enter less, or let the pool be larger")
        return Awards(entered, size - entered.sum())

    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        entered = columns["of"].fraction(row)
        assert entered is not None, "a member without an award takes no part"
        words = f"{terms.money(entered)} was entered for it"
        return Told(entered, words, (Step("entered", entered, entered, Fraction(0), words),))
