"""What every rule of sharing hands back: exact awards with what is left over, and the steps that explain one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField, Written
from rules.kinds.base import Columns, Kind, RowFault, Terms, number
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, Integers, total


@dataclass(frozen=True, slots=True)
class Step:
    """One layer, round or step: what was due to the member there, what it paid, and what was left then.

    Amounts are exact minor units. What `remaining` counts, the member's own or the pool's, is said in the words; in a
    round of losses, a claim is under `entitled`, what is given up of it under `paid`, and the rest under `remaining`.
    """

    name: str
    entitled: Fraction
    paid: Fraction
    remaining: Fraction
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """Why a member has its award: the award worked out again, and the steps that it is made of."""

    value: Fraction
    words: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Awards:
    """What each member is awarded, (n,) exact minor units, unknown for those who take no part; and what is left over,
    in minor units, with its name: `unclaimed` where the pool is more than all claims."""

    exact: Exact
    left: Fraction
    left_name: str = "unclaimed"


class ClaimsKind(Kind):
    """A rule for a pool and claims upon it: nobody gets less than nothing or more than the claim.

    Where the pool is at least all claims, each is paid in full and the rest is left over as `unclaimed`; what becomes
    of it is the pool's to say. A member whose claim is unknown takes no part.
    """

    short: ClassVar[str | None] = "of"

    of: ExpressionField

    def inputs(self) -> Mapping[str, Written]:
        """The expression of the claim, by input name."""
        return {"of": self.of}

    def faulty(self, columns: Columns, rows: int) -> list[RowFault]:
        """The members whose claim is below nothing; asked before `compute`, which is not called if there are any."""
        claims = columns["of"]
        below = np.flatnonzero(np.asarray(claims.numerator < 0, dtype=bool))
        hint = "leave the member out, or floor the claim at zero"
        return [
            RowFault(row, "K201", f"the claim is {number(claims.fraction(row) or Fraction(0))}", hint)
            for row in below.tolist()
        ]

    def compute(self, columns: Columns, rows: int, size: Fraction) -> Awards:
        """The awards of a pool of `size` minor units, 0 or more; below it is refused (K202)."""
        check_size(size)
        claims = columns["of"]
        wholes, below = claims.scaled()
        all_claims = Fraction(total(wholes), below)
        if size >= all_claims:
            return Awards(Exact(wholes, below, claims.known), size - all_claims)
        awards = self.share(wholes, size * below)
        return Awards(Exact(awards.numerator, _times(awards.denominator, below), claims.known), Fraction(0))

    @abstractmethod
    def share(self, claims: Integers, size: Fraction) -> Exact:
        """The awards where the pool is less than the claims, (n,): claims are whole numbers, 0 or more, and awards and
        size in their unit."""

    @abstractmethod
    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        """The award of one member, worked out alone."""


def refusal(code: str, message: str, hint: str) -> Refused:
    """The error of a pool that can't be shared."""
    return Refused(Problem(code, message, Place(), hint))


def common(values: Exact) -> Exact:
    """The same values over one denominator, as `Exact.scaled` finds it: what compares and sums of a pool rest on."""
    wholes, below = values.scaled()
    return Exact(wholes, below, values.known)


def guarded(values: Exact) -> Exact:
    """The same values; where all are 0, as Python integers, which a denominator beyond int64 can scale."""
    if values.numerator.dtype == object or values.numerator.any():
        return values
    return Exact(values.numerator.astype(object), values.denominator, values.known)


def zeros(rows: int) -> Exact:
    """Nothing for everybody, (rows,)."""
    return guarded(Exact.constant(0, rows))


def fault(code: str, message: str, hint: str) -> PydanticCustomError:
    """The fault of a config, for a validator to raise."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def check_size(size: Fraction) -> None:
    """Refuses to share less than nothing where the rule does not say who bears a loss."""
    if size < 0:
        message = f"a pool of {number(size)} minor units can't be shared by this rule"
        raise refusal("K202", message, "share a loss only by a rule that says who bears it, or floor the pool at zero")


def _times(below: int | Integers, factor: int) -> int:
    assert isinstance(below, int), "awards of one pool share a denominator"
    return below * factor
