"""A contest: prizes for the best places among the rows of a rule."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from rules.expressions.tree import Type
from rules.kinds.base import Columns, PayoutKind, Peers, Reason, RowFault, Terms, Words
from rules.kinds.scales.peers import Standings, at_rows, peers_of, standings, weights_of_places
from rules.quantities.exact import Exact, Flags
from rules.quantities.written import Money, MoneyField

_TIES = {
    "each": "of rows that are level each gets the prize of the place that they share",
    "share": "rows that are level share the prizes of their places equally",
    "refuse": "while rows are level about a prize, nothing is paid",
}
_NEAR_MAX = 20  # of those who are level, as many are pointed out


class Prizes(PayoutKind):
    """Pays prizes to the best places among the rows: `prizes: {best: highest, ties: share, prizes: [EUR 5_000, EUR
    3_000, EUR 1_000]}`.

    The rows are ranked by the rule's base. A row below `at_least` or above `at_most` takes no part, and rows behind the
    last prize get nothing. A row whose base is unknown stops the calculation, as all places rest on it; where the rule
    says `unknown: leave_out`, it takes no part. Rows with equal bases are level. With `ties: each` all of them get the
    prize of the place that they share, and the places that they fill are skipped (1, 2, 2, 4). With `ties: share` they
    split the prizes of all those places equally, and the cents add up to the prize money. With `ties: refuse` nothing
    is paid until the tie is broken. A bare `at_least: 100_000` is an amount where the base is money.
    """

    measures: ClassVar[frozenset[Type]] = frozenset({Type.MONEY, Type.NUMBER, Type.COUNT})
    rounds_together: ClassVar[Literal["row", "frame"] | None] = "frame"

    best: Literal["highest", "lowest"] = Field(description="which base wins")
    ties: Literal["each", "share", "refuse"]
    prizes: Annotated[tuple[MoneyField, ...], Field(strict=False)] = Field(description="for the first place, and so on")
    at_least: MoneyField | None = Field(default=None, description="the lowest base that takes part")
    at_most: MoneyField | None = Field(default=None, description="the highest base that takes part")

    def faults(self, terms: Terms) -> list[tuple[str, str, str]]:
        found = [fault for prize in self.prizes for fault in terms.whole_faults(prize)]
        if not self.prizes or any(prize.amount < 0 for prize in self.prizes):
            message = "a prize below zero" if self.prizes else "a contest without a prize"
            found.append(("P187", message, "list the prizes, first place first, each 0 or more"))
        low, high = self.at_least, self.at_most
        for bound in (low, high):
            if bound is None:
                continue
            found += terms.currency_faults(bound)
            if bound.currency is not None and terms.types.get("base", Type.MONEY) is not Type.MONEY:
                message = f"an amount in {bound.currency} beside a base that is a {terms.types['base'].value}"
                found.append(("P188", message, "write the number alone, or measure money"))
        if low is not None and high is not None and low.amount > high.amount:
            found.append(("P185", "at_least is above at_most, so nobody takes part", "swap them"))
        return found

    def in_words(self, terms: Terms) -> Words:
        first = "highest" if self.best == "highest" else "lowest"
        text = f"prizes for the rows with the {first} base; {_TIES[self.ties]}"
        for bound, side in ((self.at_least, "at least"), (self.at_most, "at most")):
            text += "" if bound is None else f"; a row takes part with {side} {self._bound_words(bound, terms)}"
        rows = [(str(place), terms.amount(terms.minor(prize))) for place, prize in enumerate(self.prizes, 1)]
        return Words(text, ("place", "prize"), tuple(rows))

    def _bound_words(self, bound: Money, terms: Terms) -> str:
        return (
            terms.measured_words(terms.measured(bound)) if "base" in terms.types else terms.amount(terms.minor(bound))
        )

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """A fault for each tie about a prize, where ties are refused."""
        if self.ties != "refuse":
            return []
        found = self._standings(columns["base"], terms)
        faults: list[RowFault] = []
        for ahead in np.unique(found.ahead[(found.equal > 1) & (found.ahead < len(self.prizes))]).tolist():
            row, *beside = np.sort(found.rows[found.ahead == ahead]).tolist()
            message = f"place {ahead + 1} has a prize, and {1 + len(beside)} rows are level there"
            faults.append(
                RowFault(row, "F312", message, "break the tie in the base, or say ties: each or share", (*beside,))
            )
        return faults

    def together(self, columns: Columns, rows: int, terms: Terms) -> NDArray[np.int64]:
        """Those who are level are rounded together; everybody else alone."""
        found = self._standings(columns["base"], terms)
        codes = np.arange(rows, 2 * rows, dtype=np.int64)
        codes[found.rows] = found.ahead
        compact: NDArray[np.int64] = np.unique(codes, return_inverse=True)[1]
        return compact

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        base = columns["base"]
        found = self._standings(base, terms)
        end = found.ahead + (found.equal if self.ties == "share" else 1)
        prizes = weights_of_places(tuple(map(terms.minor, self.prizes)), found.ahead, end)
        due = at_rows(found.rows, rows, prizes)
        behind = Exact(np.zeros(rows, dtype=np.int64), 1, base.known)
        return due.where(due.is_known(), behind)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        is_money = terms.types.get("base") is Type.MONEY
        one = 10**terms.currency.decimals if is_money else 1
        peers = peers_of(columns["base"], None, row, "money" if is_money else "number")
        assert peers is not None and peers.at is not None, "a row with an unknown base takes no part"
        values, mine = peers.numbers, peers.numbers[peers.at]
        first, last = 0, len(values)
        if self.at_least is not None:
            least = self.at_least.amount * one
            first = bisect_left(values, least * peers.below)
            if peers.at < first:
                return _no_part(peers, f"is below {terms.measured_words(least)}", terms)
        if self.at_most is not None:
            most = self.at_most.amount * one
            last = bisect_right(values, most * peers.below)
            if peers.at >= last:
                return _no_part(peers, f"is above {terms.measured_words(most)}", terms)
        low, high = bisect_left(values, mine), bisect_right(values, mine)
        ahead, level = (last - high if self.best == "highest" else low - first), high - low
        value, words = self._prize(ahead, level, terms)
        place = f"place {ahead + 1} of {last - first}, {ahead} ahead"
        if level > 1:
            place += f", level with {level - 1} more"
        near = [at - first for at in range(low, high) if at != peers.at][:_NEAR_MAX]
        among = replace(
            peers, rows=peers.rows[first:last], numbers=values[first:last], at=peers.at - first, near=tuple(near)
        )
        return Reason(value, f"{place}: {words}", ("base",), peers=among)

    def _prize(self, ahead: int, level: int, terms: Terms) -> tuple[Fraction, str]:
        """What a place pays, in minor units and in words."""
        scale = 10**terms.currency.decimals
        held = [prize.amount * scale for prize in self.prizes[ahead : ahead + (level if self.ties == "share" else 1)]]
        if not held:
            return Fraction(0), "no prize"
        if self.ties != "share" or level == 1:
            return held[0], terms.money(held[0]) + (" each" if level > 1 else "")
        value = sum(held, Fraction(0)) / level
        added = " + ".join(map(terms.money, held))
        return value, f"{f'({added})' if len(held) > 1 else added} / {level} = {terms.money(value)}"

    def _standings(self, base: Exact, terms: Terms) -> Standings:
        """The places of those who take part."""
        takes_part: Flags = base.is_known()
        if self.at_least is not None:
            takes_part = takes_part & (base.compare(Exact.constant(terms.measured(self.at_least), len(base))) >= 0)
        if self.at_most is not None:
            takes_part = takes_part & (base.compare(Exact.constant(terms.measured(self.at_most), len(base))) <= 0)
        return standings(Exact(base.numerator, base.denominator, takes_part), None, self.best)


def _no_part(peers: Peers, why: str, terms: Terms) -> Reason:
    assert peers.at is not None
    return Reason(Fraction(0), f"takes no part: {terms.measured_words(peers.value(peers.at))} {why}", ("base",))
