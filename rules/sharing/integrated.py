"""Permitted disparity: an allocation in proportion to pay, with a higher rate for pay above an integration level."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

import numpy as np
from pydantic import model_validator

from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, RowFault, Terms, Words, number, percent
from rules.quantities.exact import Exact
from rules.quantities.written import MoneyField, RateField
from rules.sharing.base import AwardKind, Awards, Step, Told, below_zero, check_size, common, fault, guarded


class Integrated(AwardKind):
    """Allocates b x pay + d x (pay above the level), with d no more than b, and b such that the pool is used up.

    Where the pool does not reach for `disparity`, both rates are the same lower one, as the law of the United States
    has it: the excess percentage may pass the base percentage by the lesser of that and 5.7 points. (Internal Revenue
    Code 401(l)(2); 26 CFR 1.401(l)-2.)
    """

    money: ClassVar[frozenset[str]] = frozenset({"of"})

    of: ExpressionField
    level: MoneyField
    disparity: RateField

    @model_validator(mode="after")
    def _not_negative(self) -> Integrated:
        if self.disparity < 0 or self.level.amount < 0:
            raise fault("K252", "a disparity or a level below nothing", "use nothing less than zero")
        return self

    def inputs(self) -> Mapping[str, Written]:
        """The expression of the pay, by input name."""
        return {"of": self.of}

    def in_words(self, terms: Terms) -> Words:
        above = f"{percent(self.disparity)} more on what is above {terms.amount(terms.minor(self.level))}"
        return Words(f"one rate on {self.of.text} and {above}, but at most twice the rate")

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """The members whose pay is below nothing; asked before `compute`, which is not called if there are any."""
        return below_zero(columns["of"], terms, "its pay is", "leave the member out, or floor the pay at zero")

    def compute(self, columns: Columns, rows: int, size: Fraction, terms: Terms) -> Awards:
        """The awards of a pool of `size` minor units, (rows,) exact; pay is 0 or more, and somebody's is above 0.

        >>> rule = Integrated.model_validate({"of": "pay", "level": "100", "disparity": "5%"})
        >>> from rules.quantities.currency import currency
        >>> pay = {"of": Exact.of([5_000, 15_000])}
        >>> rule.compute(pay, 2, Fraction(2_250), Terms(currency("EUR"))).exact.fractions()
        [Fraction(500, 1), Fraction(1750, 1)]
        """
        check_size(size)
        pay = guarded(common(columns["of"]))
        level = Exact.constant(terms.minor(self.level), rows)
        above = guarded(pay - pay.least(level))
        base, extra = self._rates(pay.sum(), above.sum(), size)
        exact = pay * Exact.constant(base, rows) + above * Exact.constant(extra, rows)
        left = size - exact.sum() if np.any(pay.numerator) else size
        return Awards(exact, left)

    def _rates(self, pay: Fraction, above: Fraction, size: Fraction) -> tuple[Fraction, Fraction]:
        if pay == 0:
            return Fraction(0), Fraction(0)
        if size < self.disparity * (pay + above):
            both = size / (pay + above)
            return both, both
        return (size - self.disparity * above) / pay, self.disparity

    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        """The award of one member in two steps: first both kinds of pay at one rate, then the rest by pay alone."""
        pay = columns["of"]
        mine = pay.fraction(row)
        assert mine is not None, "a member without pay takes no part"
        level = self.level.amount * Fraction(10) ** terms.currency.decimals
        known = [each for each in pay.fractions() if each is not None]
        counted = sum((each + max(Fraction(0), each - level) for each in known), Fraction(0))
        whole = sum(known, Fraction(0))
        if not whole:
            return Told(Fraction(0), "nobody has pay", ())
        first_pool = min(size, counted * self.disparity)
        own = mine + max(Fraction(0), mine - level)
        first = own * first_pool / counted
        rest = size - first_pool
        second = mine * rest / whole
        words_first = f"{percent(first_pool / counted)} of pay {terms.money(mine)} and again of what is above "
        words_first += f"{terms.money(level)}: {number(first / terms.minor_per_major)}"
        words_second = f"{percent(rest / whole)} of pay {terms.money(mine)}: {number(second / terms.minor_per_major)}"
        steps = (
            Step("pay and excess pay", own * self.disparity, first, rest, words_first),
            Step("pay", second, second, Fraction(0), words_second),
        )
        return Told(first + second, f"{words_first}; then {words_second}", steps)
