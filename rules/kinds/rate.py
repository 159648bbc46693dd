"""A rate of a base: 5 % of a deal's annual value; or a rate that was agreed, that a score scales, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.agreed import LAPSED_SAID, LAPSED_WORDS, Lapsed
from rules.kinds.base import Columns, PayoutKind, Reason, Terms, Wanted, Words, number, percent
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.written import RateField

_FACTORS = frozenset({Type.NUMBER, Type.COUNT})


class Rate(PayoutKind):
    """Pays a rate of the rule's base: `base: deals.annual_value`, `rate: 7.5%`.

    The rate of a row can be worked out: `rate: {rate: 5%, times: performance / 100, plus: uplift, at_least: 3%,
    at_most: 8%}` is 5 % times a number, plus another (0.01 is 1 %), and then no less than 3 % and no more than 8 %.
    With `term`, a rate that was agreed with the row's partner under that name (table `terms`) stands in the place of
    `rate`, and is scaled and bounded as that would be. A row whose `times` or `plus` is unknown stops the calculation,
    unless the rule says `unknown: leave_out`: then it is not paid.
    """

    short: ClassVar[str | None] = "rate"
    measures: ClassVar[frozenset[Type]] = frozenset({Type.MONEY})

    rate: RateField
    term: Name | None = Field(default=None, description="the agreed term that outranks the rate")
    lapsed: Lapsed = Field(default="refuse", description=LAPSED_SAID)
    times: ExpressionField | None = Field(default=None, description="what multiplies the rate")
    plus: ExpressionField | None = Field(default=None, description="what is added afterwards; 0.01 is 1 %")
    at_least: RateField | None = None
    at_most: RateField | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Rate:
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            message = f"a rate of at least {percent(low)} and at most {percent(high)}"
            raise _fault("P185", message, "write the lower rate as at_least, the higher one as at_most")
        is_fixed = self.term is None and self.times is None and self.plus is None
        if is_fixed and (low is not None or high is not None):
            raise _fault("P186", "nothing changes the rate, so its bounds do nothing", "leave at_least and at_most out")
        return self

    def inputs(self) -> Mapping[str, Wanted]:
        written = {"times": self.times, "plus": self.plus}
        return {name: Wanted(each, _FACTORS) for name, each in written.items() if each is not None}

    @property
    def agreed(self) -> str | None:
        return self.term

    @property
    def may_lapse(self) -> bool:
        return self.lapsed == "default"

    @property
    def optional_inputs(self) -> frozenset[str]:
        """`term` is the agreed rate, which the engine looks up: unknown where none was agreed."""
        return frozenset() if self.term is None else frozenset({"term"})

    def in_words(self, terms: Terms) -> Words:
        text = f"{percent(self.rate)} of the base"
        if self.term is not None:
            text = f"the rate agreed with the partner (term {self.term}), else {percent(self.rate)}, of the base"
            text += LAPSED_WORDS if self.may_lapse else ""
        text += f"; the rate is multiplied by {self.times.text}" if self.times is not None else ""
        text += f"; {self.plus.text} is added to the rate" if self.plus is not None else ""
        text += f"; the rate is at least {percent(self.at_least)}" if self.at_least is not None else ""
        return Words(text + (f"; the rate is at most {percent(self.at_most)}" if self.at_most is not None else ""))

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        rate = Exact.constant(self.rate, rows)
        if self.term is not None:
            agreed = columns["term"]
            rate = agreed.where(agreed.is_known(), rate)
        if self.times is not None:
            rate *= columns["times"]
        if self.plus is not None:
            rate += columns["plus"]
        if self.at_least is not None:
            low = Exact.constant(self.at_least, rows)
            rate = low.where(rate.is_known() & (rate.compare(low) < 0), rate)
        if self.at_most is not None:
            high = Exact.constant(self.at_most, rows)
            rate = high.where(rate.is_known() & (rate.compare(high) > 0), rate)
        return columns["base"] * rate

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        base = columns["base"].fraction(row)
        assert base is not None, "a row with an unknown base is never paid"
        rate, words, uses = self._own(columns, row)
        bare = words
        if self.times is not None:
            factor = columns["times"].fraction(row)
            assert factor is not None, "a row with an unknown factor is never paid"
            rate, words, uses = rate * factor, f"{words} x {number(factor)}", (*uses, "times")
        if self.plus is not None:
            more = columns["plus"].fraction(row)
            assert more is not None, "a row with an unknown addition is never paid"
            sign = "-" if more < 0 else "+"
            rate, words, uses = rate + more, f"{words} {sign} {percent(abs(more))}", (*uses, "plus")
        bounded, limit = rate, ""
        if self.at_least is not None and bounded < self.at_least:
            bounded, limit = self.at_least, f", at least {percent(self.at_least)}"
        if self.at_most is not None and bounded > self.at_most:
            bounded, limit = self.at_most, f", at most {percent(self.at_most)}"
        if limit and words != bare:
            words += f" = {percent(rate)}"
        words += limit
        how = "" if words == percent(bounded) else f": {words}"
        return Reason(base * bounded, f"{percent(bounded)} of {terms.money(base)}{how}", ("base", *uses))

    def _own(self, columns: Columns, row: int) -> tuple[Fraction, str, tuple[str, ...]]:
        """The rate that a row starts from, in words, and the input that it was read from."""
        if self.term is None:
            return self.rate, percent(self.rate), ()
        agreed = columns["term"].fraction(row)
        if agreed is None:
            return self.rate, f"{percent(self.rate)} (no term {self.term} agreed)", ()
        return agreed, f"agreed {percent(agreed)} (term {self.term})", ("term",)


def _fault(code: str, message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})
