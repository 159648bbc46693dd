"""What was agreed with a partner, in the place of what a kind says: a rate of the base, an amount for each unit or row.

A mixin of kinds: the key `term`, the input TERM (the value of table `terms` as it stands there: 0.06 is 6 %, 250 is an
amount of the currency), and both twins of the place that it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal, TypeAlias

from pydantic import Field

from rules.kinds.base import TERM, Columns, PayoutKind, Reason, Terms, number, percent
from rules.names import Name
from rules.quantities.exact import Exact

Faults = list[tuple[str, str, str]]
Lapsed: TypeAlias = Literal["refuse", "default"]
LAPSED_SAID = "a row on a day after the agreement has ended; default: it is paid as if there were none"
LAPSED_WORDS = "; who is paid on a day after the agreement has ended is paid as if there were none"


class AgreedKind(PayoutKind):
    """A kind in whose place an agreed value may stand."""

    term: Name | None = Field(default=None, description="the agreed term that outranks it, of the table terms")

    lapsed: Lapsed = Field(default="refuse", description=LAPSED_SAID)

    @property
    def agreed(self) -> str | None:
        return self.term

    @property
    def may_lapse(self) -> bool:
        return self.lapsed == "default"

    @property
    def optional_inputs(self) -> frozenset[str]:
        """The agreed value, which is unknown where none was agreed."""
        return frozenset() if self.term is None else frozenset({TERM})

    @property
    def agrees_on(self) -> Literal["rate", "per_unit", "amount"] | None:
        """What an agreed value is: it pays for a row what the kind would, so both are of one sort; None: neither."""
        return "amount"

    def agreed_words(self, value: Fraction, terms: Terms) -> str:
        if self.agrees_on == "rate":
            return percent(value)
        return terms.amount(value * terms.minor_per_major)

    def term_faults(self) -> Faults:
        """The fault of a term where what is paid is of several sorts."""
        if self.term is None or self.agrees_on is not None:
            return []
        message = f"an agreed {self.term} is one value, and what it would stand for is rates here and amounts there"
        return [("P244", message, "make a rule of those of one sort, and name the term there")]

    def outranked(self, columns: Columns, rows: int, terms: Terms, due: Callable[[], Exact]) -> Exact:
        """What is due, or where a value was agreed what that comes to."""
        if self.term is None:
            return due()
        value = columns[TERM]
        if self.agrees_on != "rate":
            value = value * Exact.constant(terms.minor_per_major, rows)
        if self.agrees_on != "amount":
            value = columns["base"] * value
        return value.where(columns[TERM].is_known(), due())

    def outranking(self, columns: Columns, row: int, terms: Terms) -> Reason | None:
        """Why a row is due what was agreed; None where nothing was."""
        value = None if self.term is None else columns[TERM].fraction(row)
        if value is None:
            return None
        shown, told = self.agreed_words(value, terms), f"(term {self.term})"
        if self.agrees_on == "amount":
            return Reason(value * terms.minor_per_major, f"{shown} agreed {told}", (TERM,))
        base = columns["base"].fraction(row)
        assert base is not None, "a row with an unknown base is never paid"
        if self.agrees_on == "rate":
            return Reason(base * value, f"{shown} of {terms.money(base)}: agreed {shown} {told}", ("base", TERM))
        words = f"{number(base)} x {shown}, as agreed {told}"
        return Reason(base * value * terms.minor_per_major, words, ("base", TERM))

    def or_agreed(self, text: str) -> str:
        """What the kind pays in words, after what was agreed."""
        sort = {"rate": "the rate of the base", "per_unit": "the amount for each unit", "amount": "the amount"}
        what = sort[self.agrees_on or "amount"]
        if self.term is None:
            return text
        lapsed = LAPSED_WORDS if self.may_lapse else ""
        return f"{what} agreed with the partner (term {self.term}), else {text}{lapsed}"

    def no_term(self, reason: Reason) -> Reason:
        """A reason of the kind's own, which tells that nothing was agreed."""
        if self.term is None:
            return reason
        return Reason(reason.value, f"{reason.words} (no term {self.term} agreed)", reason.uses)
