"""A payout rule as it is written: which rows, who is paid, one kind, and what happens to a line after it.

The kinds come from their register, so a new kind is a new key here without a line changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from rules.crediting.days import DaysField
from rules.expressions.expression import ExpressionField
from rules.kinds import PAYOUTS
from rules.kinds.base import Kind, PayoutKind, percent
from rules.kinds.choosing import check_one_kind, fields_of
from rules.names import Name
from rules.payouts.multiplier import Multiplier
from rules.payouts.share import ShareField
from rules.quantities.rounding import Rounding
from rules.quantities.written import FlagField, MoneyField, RangeField, RateField


class Written(BaseModel):
    """A part of the document: frozen, and with no key that the program does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)


class RoundingSpec(Kind):
    """How a payout line is rounded where it is born: the mode, and the step to which (a minor unit unless said).

    With `cumulative`, a line is the difference of its partner's rounded running totals within the period, in the order
    of the rows' keys: what a rule pays a partner in a period is its exact sum, rounded.
    """

    short = "mode"

    mode: Annotated[Rounding, Field(strict=False)] = Rounding.HALF_UP
    to: MoneyField | None = Field(default=None, description="the step, such as 0.05; a minor unit unless said")
    cumulative: FlagField = Field(default=False, description="lines are differences of rounded running totals")


class LimitAmount(Kind):
    """The most that lines may come to: `EUR 50_000`, or `{rate: 200%, of: quota}` of what each partner has.

    `of` is an amount of money of the partner: a KPI, a quota, what an earlier rule pays, a column of partners. The
    limit is rounded down to the minor unit, and nothing where `of` is below zero.
    """

    short = "amount"

    amount: MoneyField | None = None
    rate: RateField | None = Field(default=None, description="of `of`")
    of: ExpressionField | None = Field(default=None, description="money of the partner")

    @model_validator(mode="after")
    def _is_one(self) -> LimitAmount:
        if (self.rate is None) != (self.of is None) or (self.amount is None) == (self.of is None):
            named = [name for name in ("amount", "rate", "of") if getattr(self, name) is not None]
            message = f"the most is an amount, or a rate of something; this one names {' and '.join(named) or 'none'}"
            _refuse("P193", message, "write EUR 50_000, or {rate: 200%, of: quota}")
        if self.rate is not None and self.rate < 0:
            _refuse("P193", f"{percent(self.rate)} is no most that lines may come to", "write a rate above zero")
        return self


class LimitSpec(Written):
    """What lines may come to at most, or at least, in a stretch of time: for each partner, or for the whole program.

    Above `at_most`, lines are cut `in_order` (of `order`, then of the rows' keys; the one that crosses is paid in
    `last` part, and more once a return makes room, or not at all, which is the end) or `pro_rata`; the excess is lost,
    or banked and released in later periods in which there is room. Returns count against the sum and are never cut;
    they take back what their row was paid in the end. Below `at_least`, a line of its own tops up: of a fiscal year, or
    the days of the rule, in their last period, or of the program if that ends sooner. Caps hold over the least,
    whatever is listed first; and who has nothing but returns, or rows that came back in full, gets none.
    """

    at_most: LimitAmount | None = Field(default=None, description="what lines may come to at most")
    at_least: MoneyField | None = Field(default=None, description="what a partner who has lines gets at least")
    per: Literal["partner", "program"] = Field(default="partner", description="whose lines are added up")
    over: Literal["period", "fiscal_year", "during", "ever"] = Field(
        default="period", description="how long they are added up; during: the days of the rule"
    )
    cut: Literal["in_order", "pro_rata"] | None = Field(
        default=None, description="which lines are cut; needed with at_most"
    )
    order: Annotated[tuple[ExpressionField, ...], Field(strict=False)] = Field(
        default=(), description="of in_order: dates or numbers of the row; then its key"
    )
    last: Literal["partial", "none"] = Field(
        default="partial", description="whether the line that crosses is paid in part"
    )
    excess: Literal["lost", "banked"] = Field(
        default="lost", description="banked: paid in later periods with room, as a line of its own"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> LimitSpec:
        if (self.at_most is None) == (self.at_least is None):
            found = "neither" if self.at_most is None else "both"
            message = f"a limit is at_most or at_least, and this one is {found}"
            _refuse("P193", message, "write one of them; list two limits for both")
        if self.at_most is not None and self.cut is None:
            _refuse("P194", "it is not said which lines are cut", "add cut: in_order with order:, or cut: pro_rata")
        if self.cut == "in_order" and not self.order:
            message = "lines are cut in order, and the order is not said"
            _refuse("P194", message, "add order: with dates or numbers of the row")
        return self


class TotalLimit(Written):
    """What the lines of several rules together come to at most, for each partner in each period.

    They are cut after the limits of each rule, which count what they let through: `pro_rata`, or `in_order`, of the
    rules as the sum names them and within each of the keys of the rows, so that the last named rule is cut first. What
    is cut is lost. Returns count against the sum and are never cut.
    """

    at_most: LimitAmount = Field(description="what the lines of all of them may come to at most")
    cut: Literal["in_order", "pro_rata"] = Field(description="in_order: the rules are paid as the sum names them")


class ReturnSpec(Written):
    """What takes rows back: rows of another table that refer to them, or their own date of return.

    `base` is what is returned of the row's base (all of it unless said; never below zero of it), times `share`. `tiers:
    highest_first` takes it off the running total of the stretch in which the row counted, so that the highest tiers
    empty first, and what a limit had cut there is not taken back; `as_paid` takes back what the row itself was paid.
    `share: (9 - months(deals.closed_on, customers.churned_on)) / 9` is worked out for each return, and is no less than
    0 and no more than 1.
    """

    for_each: Name | None = Field(default=None, description="the table of returns; the rule's own rows unless said")
    where: ExpressionField | None = Field(default=None, description="which of them are returns")
    dated: ExpressionField = Field(description="the day of the return, which puts it into a period")
    base: ExpressionField | None = Field(default=None, description="how much of the row's base comes back; all of it")
    share: ShareField | None = Field(
        default=None, description="which part of that is taken back, a rate or an expression; 100% unless said"
    )
    tiers: Literal["highest_first", "as_paid"] = Field(
        default="as_paid", description="from the top of the running total, or what the row itself was paid"
    )


class RuleSpec(Written):
    """What every payout rule may say beside its kind."""

    title: str | None = None
    for_each: Name | None = Field(
        default=None, description="the table whose rows are paid; partners unless a base says"
    )
    credit: Name | None = Field(
        default=None, description="who earns, by a rule of credit:; the row's partner unless said"
    )
    base: ExpressionField | None = Field(default=None, description="what the kind measures on each row")
    where: ExpressionField | None = Field(default=None, description="only rows for which this holds")
    dated: ExpressionField | None = Field(default=None, description="the date that puts a row into a period")
    during: RangeField | None = Field(default=None, description="only rows dated in these days, both included")
    replaces: Name | None = Field(
        default=None, description="the rule of which this is the next version, which ended on a day before it begins"
    )
    lock: DaysField | None = Field(default=None, description="a row counts so many days after its date")
    multipliers: Mapping[Name, Multiplier] = Field(default={}, description="factors of what is due, in their order")
    at_least: MoneyField | None = Field(
        default=None,
        description="the least that a line pays, before its rounding; 0: a line never charges",
    )
    at_most: MoneyField | None = Field(
        default=None, description="the most that a line pays, before its rounding; a return takes back what was paid"
    )
    rounding: RoundingSpec | None = None
    limits: Annotated[tuple[LimitSpec, ...], Field(strict=False)] = ()
    returns: Mapping[Name, ReturnSpec] = {}
    unknown: Literal["refuse", "leave_out"] = Field(
        default="refuse", description="what a row with an unknown base does"
    )


class _Payout(RuleSpec):
    @property
    def kind_name(self) -> str:
        """The key of the one kind that the rule names."""
        return next(name for name in PAYOUTS if getattr(self, name) is not None)

    @property
    def kind(self) -> PayoutKind:
        """The one kind that the rule names."""
        found = getattr(self, self.kind_name)
        assert isinstance(found, PayoutKind)
        return found

    @model_validator(mode="after")
    def _one_kind(self) -> _Payout:
        check_one_kind("payout", [name for name in PAYOUTS if getattr(self, name) is not None], list(PAYOUTS))
        return self


def _refuse(code: str, message: str, hint: str) -> None:
    raise PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


if TYPE_CHECKING:

    class Payout(_Payout):
        """A payout rule: its frame and one kind."""

else:  # a key for each registered kind
    Payout = create_model("Payout", __base__=_Payout, __doc__="A payout: its frame and one kind.", **fields_of(PAYOUTS))
