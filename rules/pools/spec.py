"""A pool as it is written: how large it is, who takes part, how it is shared, and what becomes of the rest."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, create_model, model_validator

from rules.expressions.expression import ExpressionField
from rules.kinds.base import Kind, ShareKind, Terms, percent
from rules.kinds.choosing import check_one_kind, fields_of
from rules.payouts.spec import Written
from rules.pools import SHARES
from rules.quantities.apportion import Residue
from rules.quantities.written import FlagField, MoneyField, RateField
from rules.sharing.base import PoolKind, fault
from rules.sharing.bounds import Bounds


class SizeSpec(Kind):
    """How large a pool is: an amount, `EUR 100_000`, or a part of what an expression of the whole program says,
    `{of: profit, exceeding: EUR 1_000_000, rate: 8%}`.

    The expression names KPIs, which are measured for the whole program, payouts and pools that come before, which stand
    for the sum of what they pay, `POOL.left`, what an earlier pool did not share, and
    `POOL.carry`, what the carry of a waterfall is paid; and `amounts` of the program. The size is rounded once, to
    whole minor units, as the program says.
    """

    short: ClassVar[str | None] = "amount"

    amount: MoneyField | None = None
    of: ExpressionField | None = Field(default=None, description="an amount of the whole program")
    exceeding: MoneyField | None = Field(default=None, description="only what is above counts")
    rate: RateField = Fraction(1)
    at_least: MoneyField | None = None
    at_most: MoneyField | None = None

    @model_validator(mode="after")
    def _one(self) -> SizeSpec:
        if (self.amount is None) == (self.of is None):
            message = "a pool's size is an amount, or a part of an expression"
            raise fault("P138", message, "write `EUR 100_000`, or `{of: profit, rate: 8%}`")
        if self.amount is not None and (self.exceeding or self.at_least or self.at_most or self.rate != 1):
            raise fault("P138", "a fixed size has no rate and no limits", "write the amount alone, or `of:`")
        return self

    def text(self, terms: Terms) -> str:
        """The size in words."""
        if self.of is None:
            assert self.amount is not None
            return terms.amount(terms.minor(self.amount))
        part = "" if self.rate == 1 else f"{percent(self.rate)} of "
        above = "" if self.exceeding is None else f"what exceeds {terms.amount(terms.minor(self.exceeding))} of "
        found = f"{part}{above}{self.of.text}"
        for words, limit in (("at least", self.at_least), ("at most", self.at_most)):
            found += "" if limit is None else f", {words} {terms.amount(terms.minor(limit))}"
        return found


class _Shared(Kind):
    also: ClassVar[tuple[dict[str, object], ...]] = ({"type": "string", "enum": list(SHARES)},)

    @property
    def kind_name(self) -> str:
        """The key of the one kind that the pool names."""
        return next(name for name in SHARES if getattr(self, name) is not None)

    @property
    def kind(self) -> ShareKind | PoolKind:
        """The one kind that the pool names."""
        found = getattr(self, self.kind_name)
        assert isinstance(found, ShareKind | PoolKind)
        return found

    @model_validator(mode="before")
    @classmethod
    def _bare_kind(cls, written: object) -> object:
        return {written: {}} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _one_kind(self) -> _Shared:
        check_one_kind("pool's share", [name for name in SHARES if getattr(self, name) is not None], list(SHARES))
        return self


if TYPE_CHECKING:

    class Shared(_Shared):
        """How a pool is shared: one kind."""

else:  # a key for each registered kind
    Shared = create_model("Shared", __base__=_Shared, __doc__="How a pool is shared: one kind.", **fields_of(SHARES))


class Pool(Written):
    """A sum of money and who shares it how."""

    title: str | None = None
    size: SizeSpec
    among: ExpressionField | None = Field(default=None, description="who takes part; all eligible partners unless said")
    shared: Shared
    bounds: Bounds | None = Field(default=None, description="the floor and the cap of every share")
    by_days: FlagField = Field(
        default=False, description="whoever was a partner for a part of the period weighs that part of its days"
    )
    losses: Literal["refuse", "shared"] = Field(default="refuse", description="what a size below zero does")
    residue: Annotated[Residue, Field(strict=False)] = Residue.LARGEST_REMAINDER
    unclaimed: Literal["house", "carry"] = Field(
        default="house", description="what becomes of what nobody claims or may have"
    )
    unknown: Literal["refuse", "leave_out", "house"] = Field(
        default="refuse",
        description="what an unknown weight does; house: counted at the mean of the others, and kept by the house",
    )

    late: Literal["reshare", "next_period", "house"] | None = Field(
        default=None,
        description="what a late record does to the pool of a locked period: it is shared anew; or its shares stay, "
        "and the next period's pool or the house has the difference; without it such a record is refused",
    )

    @property
    def carries(self) -> bool:
        """Whether something that is not shared goes to the next period."""
        is_cut = self.bounds is not None and self.bounds.at_most is not None and self.bounds.excess == "carry"
        return self.residue is Residue.CARRY or self.unclaimed == "carry" or is_cut or self.late == "next_period"
