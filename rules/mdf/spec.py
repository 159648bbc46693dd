"""What a program says of its market development funds, as it is written under `mdf:`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from rules.crediting.days import DaysField
from rules.expressions.expression import ExpressionField
from rules.kinds.base import Kind
from rules.mdf.months import MonthsField
from rules.quantities.written import MoneyField, RateField

Duplicate = Literal["same_proof", "same_amount"]


class ActivitySpec(Kind):
    """An activity that is funded: which part of its cost is reimbursed, and what one request for it holds at most."""

    short = "reimburse"

    reimburse: RateField = Field(
        default=Fraction(1), description="of the cost that was validated; all of it unless said"
    )
    at_most: MoneyField | None = Field(default=None, description="what one request is granted at most")


class AccruedSpec(Kind):
    """A fund that grows with what a partner sells: a part of each month's amounts, at the partner's hand from the next
    month on; of its own budgets, the one that expires first is drawn on first."""

    rate: RateField = Field(description="of what a partner's rows of a month add up to")
    of: ExpressionField = Field(description="a column of money, such as revenue.amount")
    dated: ExpressionField = Field(description="the date or month that puts a row into a month")
    where: ExpressionField | None = Field(default=None, description="only rows for which this holds")
    expires: MonthsField | None = Field(default=None, description="so many months after it accrued; never unless said")


class MdfSpec(Kind):
    """The rules of market development funds: from a budget over a request, its approval and its claims to payment.

    Requests, what is approved of them and budgets are the fund's money; a claim names what an activity cost, and the
    fund's part of that is its `reimburse`. An activity that is not listed is not funded, unless none is listed. A claim
    is in time up to its request's own `claim_by`, else `claim_within` days after the approval, else the last day of the
    budget.
    """

    activities: Mapping[str, ActivitySpec] = Field(default={}, description="what is funded; everything if nothing is")
    claim_within: DaysField | None = Field(default=None, description="of the approval, where a request has no claim_by")
    proof: Literal["required", "optional"] = Field(
        default="optional", description="whether a claim needs a digest of it"
    )
    duplicates: Annotated[tuple[Duplicate, ...], Field(strict=False)] = Field(
        default=("same_proof", "same_amount"),
        description="what makes a claim one that was made before; same_amount: of one request on one day",
    )
    accrued: AccruedSpec | None = None
    stages: Mapping[str, RateField] = Field(
        default={}, description="how likely an open deal of a stage is won, for the weighted pipeline"
    )
