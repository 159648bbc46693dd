"""What every rule of sharing hands back: exact awards with what is left over, and the steps that explain one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import Column, Type
from rules.kinds.base import Columns, Kind, RowFault, Terms, number
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, Integers, total
from rules.quantities.groups import Positions

_PROBLEMS_MAX = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One layer, round or step: what was due to the member there, what it paid, and what was left then.

    Amounts are exact minor units. What `remaining` counts, the member's own or the pool's, is said in the words. Where
    it `is_loss`, a claim is under `entitled`, what is given up of it under `paid`, and the rest under `remaining`.
    """

    name: str
    entitled: Fraction
    paid: Fraction
    remaining: Fraction
    words: str
    is_loss: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Why a member has its award: the award worked out again, and the steps that it is made of."""

    value: Fraction
    words: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class TableWanted:
    """The rows of a table that a kind reads beside the members: which columns, on which condition, and by which date a
    row counts, from the first day on to the last one of the period; None where rows have no date."""

    table: str
    columns: Mapping[str, Type]
    dated: str | None = None
    where: Written | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TableRows:
    """The rows of a table that a kind reads: `members` (m,) is the place of each row's partner among the members, -1
    where that is none of them; `columns` by name, (m,); days are counted since 1970-01-01."""

    members: Positions
    columns: Columns


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What one earlier period of a pool gave on its last day: by layer what the members of now were paid, (n,) each,
    and what all members of then were; and what the carry was paid."""

    last: int
    layers: tuple[Exact, ...]
    totals: tuple[Fraction, ...]
    carry: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Pot:
    """A pool as a kind shares it: exact minor units, among members by their keys, (n,) in their order.

    `first` and `last` are the days of the period, both included, since 1970-01-01; `rows` what the kind reads beside
    the members; `before` what the pool gave in earlier periods, the first one first, where the kind looks back.
    """

    size: Fraction
    terms: Terms
    keys: NDArray[Any]
    last: int = 0
    rows: TableRows | None = None
    before: tuple[Given, ...] = ()
    first: int = 0

    @property
    def count(self) -> int:
        """How many members there are."""
        return len(self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class Awards:
    """What each member is awarded, (n,) exact minor units, unknown for those who take no part; and what is left over,
    in minor units, with its name: `unclaimed` where the pool is more than all claims.

    Of a waterfall, `layers` is what each layer paid the members, (n,) each, with what a clawback gave them last, and
    `carry` what all paid the carry, below zero where it gives back more than it gets.
    """

    exact: Exact
    left: Fraction
    left_name: str = "unclaimed"
    layers: tuple[Exact, ...] = ()
    carry: Fraction | None = None


class PoolKind(Kind):
    """A kind that shares a whole pool at once: what each member gets of it, exact, and what is left over.

    `money` names the inputs that are amounts; the others are numbers. `sums` names those that are KPIs, each the sum of
    a column, which says more of an amount than how much it is. Where it `has_carry`, a part of the pool is paid
    to the carry, who is no member. Where it does not `leave_out`, every member takes part, so that nothing of one may
    be unknown.
    """

    money: ClassVar[frozenset[str]] = frozenset()
    sums: ClassVar[Mapping[str, Column]] = {}
    has_carry: ClassVar[bool] = False
    leaves_out: ClassVar[bool] = True

    def inputs(self) -> Mapping[str, Written]:
        """The expressions of a member that the kind reads, by input name."""
        return {}

    def texts(self) -> Mapping[str, Written]:
        """The expressions of which it asks only who has the same: equal values come as equal whole numbers."""
        return {}

    def reads(self) -> TableWanted | None:
        """The rows of a table that it reads beside the members, if it does."""
        return None

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """The members that can't be awarded anything; asked before `award`, which is not called if there are any."""
        return []

    @property
    def keeps_history(self) -> bool:
        """Whether what its layers and the carry were paid in earlier periods counts."""
        return False

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What pays members one after the other, where it has a carry."""
        return ()

    @abstractmethod
    def award(self, columns: Columns, pot: Pot) -> Awards:
        """The awards of a pool, (n,)."""

    @abstractmethod
    def tell(self, columns: Columns, row: int, pot: Pot) -> Told:
        """The award of one member, worked out alone."""

    def tell_carry(self, columns: Columns, pot: Pot) -> Told:
        """What the carry is paid, of a kind that has one, worked out alone."""
        raise AssertionError(f"{type(self).__name__} has no carry")


class AwardKind(PoolKind):
    """A kind whose awards rest on columns of the members and the size of the pool, and on nothing beside them."""

    def award(self, columns: Columns, pot: Pot) -> Awards:
        return self.compute(columns, pot.count, pot.size, pot.terms)

    def tell(self, columns: Columns, row: int, pot: Pot) -> Told:
        return self.explain(columns, row, pot.size, pot.terms)

    @abstractmethod
    def compute(self, columns: Columns, rows: int, size: Fraction, terms: Terms) -> Awards:
        """The awards of a pool of `size` minor units, (rows,)."""

    @abstractmethod
    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        """The award of one member, worked out alone."""


class ClaimsKind(AwardKind):
    """A rule for a pool and claims upon it: nobody gets less than nothing or more than the claim.

    Where the pool is at least all claims, each is paid in full and the rest is left over as `unclaimed`; what becomes
    of it is the pool's to say. A member whose claim is unknown takes no part.
    """

    short: ClassVar[str | None] = "of"
    money: ClassVar[frozenset[str]] = frozenset({"of"})

    of: ExpressionField

    def inputs(self) -> Mapping[str, Written]:
        """The expression of the claim, by input name."""
        return {"of": self.of}

    def faulty(self, columns: Columns, rows: int, terms: Terms) -> list[RowFault]:
        """The members whose claim is below nothing; asked before `compute`, which is not called if there are any."""
        return below_zero(columns["of"], terms, "its claim is", "leave the member out, or floor the claim at zero")

    def compute(self, columns: Columns, rows: int, size: Fraction, terms: Terms) -> Awards:
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


def below_zero(amounts: Exact, terms: Terms, what: str, hint: str) -> list[RowFault]:
    """The members with an amount below nothing (K201), as faults that begin with `what`."""
    below = np.flatnonzero(np.asarray(amounts.numerator < 0, dtype=bool))
    found = [(row, terms.amount(amounts.fraction(row) or Fraction(0))) for row in below.tolist()]
    return [RowFault(row, "K201", f"{what} {amount}", hint) for row, amount in found]


def refusal(code: str, message: str, hint: str) -> Refused:
    """The error of a pool that can't be shared."""
    return Refused(Problem(code, message, Place(), hint))


def refusals(problems: Iterable[Problem]) -> Refused:
    """The error of a pool that can't be shared for more than one reason: the first of them, and how many more."""
    found = list(dict.fromkeys(problems))
    if len(found) > _PROBLEMS_MAX:
        more = Problem(found[_PROBLEMS_MAX].code, f"and {len(found) - _PROBLEMS_MAX:,} more", Place())
        found = [*found[:_PROBLEMS_MAX], more]
    return Refused(*found)


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
