"""What a way of crediting is: the config that it reads, the share of every candidate and the reason for one of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, Literal

from rules.crediting.candidates import Candidates, RowFault
from rules.kinds.base import Kind, Reason, percent
from rules.quantities.exact import Exact

Faults = list[tuple[str, str, str]]  # code, message, hint


class CreditWay(Kind):
    """A way to say who earns which share of a row.

    `reads` names the rows that are its candidates: table `credits`, `touches` or `attributions`, or the row's own
    partner (`owner`). Both twins take the candidates that count, those of `credited_roles` and none that another one
    shuts out.
    """

    reads: ClassVar[Literal["credits", "touches", "attributions", "owner"]]

    @abstractmethod
    def credited_roles(self) -> tuple[str, ...]:
        """The roles whose candidates count."""

    def overlay_roles(self) -> frozenset[str]:
        """The roles that are a pot of their own beside the 100 %."""
        return frozenset()

    def whole_roles(self) -> frozenset[str]:
        """The roles that have one 100 % to share by what their credits say; none where each role has its own."""
        return frozenset()

    @abstractmethod
    def compute(self, candidates: Candidates) -> Exact:
        """The share that each candidate earns of its row, (n,), exact; 0 for one who earns nothing."""

    @abstractmethod
    def explain(self, candidates: Candidates, i: int) -> Reason:
        """The same share of one candidate, worked out alone in fractions."""

    def row_faults(self, candidates: Candidates) -> list[RowFault]:
        """The rows whose candidates this way cannot share among: (row, code, message, hint)."""
        return []

    def faults(self, prefer: Sequence[str] = ()) -> Faults:
        """What is wrong with the config, whatever the facts: (code, message, hint). Of the roles that the rule prefers
        over one another one counts in a row."""
        return []


def portion(share: Fraction) -> str:
    """A share in words: a percentage where it ends, else a fraction.

    >>> portion(Fraction(3, 8)), portion(Fraction(1, 3))
    ('37.5 %', '1/3')
    """
    rest = share.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1 and 10**7 % share.denominator == 0:
        return percent(share)
    return f"{share.numerator}/{share.denominator}"
