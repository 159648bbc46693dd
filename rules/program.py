"""A program as it is written: frozen models of the document, one field for each key.

The models hold what people wrote, typed; what the whole means (which table drives a rule, whether its units fit) is
worked out by `rules.check`. The kinds of payout and of share come from their registers, so a new kind is a new key
here without a line changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from rules.approval import ApprovalSpec
from rules.balances.spec import Balance
from rules.cases.spec import Cases
from rules.crediting.credit import CreditSpec
from rules.exchange import ExchangeSpec
from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.base import Kind
from rules.kpi import KpiSpec
from rules.mdf.spec import MdfSpec
from rules.names import Name
from rules.payouts.spec import Payout, RoundingSpec, TotalLimit, Written
from rules.pools.spec import Pool
from rules.quantities.written import CountField, FlagField, MoneyField, RangeField, RateField
from rules.quota import QuotaSpec
from rules.scorecards.scorecard import ScorecardSpec
from rules.sharing.circular import NAMES_MAX


class CalendarSpec(Kind):
    """The periods of the program: their length, and how the fiscal year starts and is named."""

    short = "period"

    period: Literal["month", "quarter", "half_year", "year", "custom"] = "month"
    fiscal_year_starts: str = Field(default="01-01", description="month and day, such as 04-01")
    fiscal_year_named_after: Literal["its_start", "its_end"] | None = None
    periods: Mapping[str, RangeField] = Field(default={}, description="the periods of a custom calendar by name")


class DatabaseSpec(Written):
    """The database that a query asks: one of the two, and never a password."""

    sqlite: str | None = Field(default=None, description="a database file below the program's folder")
    postgres: str | None = Field(default=None, description="the environment variable that holds the connection's URL")


class ExpectSpec(Written):
    """What the sender of a source says that it holds; another count or total refuses it."""

    rows: CountField | None = None
    totals: Mapping[Name, MoneyField] = Field(default={}, description="our column: the sum over all rows")


class SourceSpec(Kind):
    """Where a table comes from, and how its columns and values are called and written there.

    A source is a file below the program's folder (CSV, Parquet or an Excel workbook) or a query on a database. Cells
    are read as text by one grammar; what is written in another way has to be declared here, for nothing is guessed.
    """

    short = "file"

    file: str | None = None
    format: Literal["csv", "parquet", "excel"] | None = Field(default=None, description="by the file's ending")
    sheet: str | None = Field(default=None, description="the workbook's sheet; its only one if unsaid")
    query: str | None = Field(default=None, description="a single SELECT, asked in a read-only transaction")
    database: DatabaseSpec | None = Field(default=None, description="where the query is asked")
    columns: Mapping[Name, str] = Field(default={}, description="our column: the column's name in the source")
    values: Mapping[Name, Mapping[str, str]] = Field(default={}, description="our column: {value there: value here}")
    constants: Mapping[Name, str] = Field(default={}, description="our column: what it holds on every row")
    extra: Mapping[Name, Annotated[Type, Field(strict=False)]] = Field(
        default={}, description="columns beyond the canonical ones; row_id keys a table that has no key"
    )
    encoding: str = Field(default="utf-8", description="of a CSV file; never guessed")
    dates: str | Mapping[Name, str] = Field(default={}, description="how dates are written, such as %d.%m.%Y")
    decimal: Literal[".", ","] = Field(default=".", description="the decimal sign of money and numbers")
    separator: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="what stands between the cells of a CSV file; a comma unless said"
    )
    trim: FlagField = Field(default=False, description="cut the spaces around every cell; else they are a fault")
    expect: ExpectSpec = ExpectSpec()
    excused: str | None = Field(default=None, description="a CSV file: table,row,reason,by of rows left out on purpose")


class TableSpec(Written):
    """A table that the program declares itself, with the same rights as the canonical ones."""

    row: str = Field(default="", description="what one row is, in words")
    key: Annotated[tuple[Name, ...], Field(strict=False)]
    columns: Mapping[Name, Annotated[Type, Field(strict=False)]]


class Total(Written):
    """A named sum of payouts, pools and other sums: reported, never paid a second time.

    With `limits`, a sum of payouts alone is held to a most for each partner in each period; no rule before the last of
    them can name one, for what it pays is not known until all are.
    """

    title: str | None = None
    sum: Annotated[tuple[Name, ...], Field(strict=False)]
    limits: Annotated[tuple[TotalLimit, ...], Field(strict=False)] = ()


class Program(Written):
    """A partner program: who gets what from which facts by which rules, for the periods of its calendar."""

    program: str = Field(description="the program's title")
    currency: str = Field(description="the ISO 4217 code in which it pays")
    rounding: RoundingSpec = RoundingSpec()
    calendar: CalendarSpec
    effective: RangeField
    exchange: ExchangeSpec | None = Field(default=None, description="how rows in another currency are converted")
    tables: Mapping[Name, TableSpec] = {}
    sources: Mapping[Name, SourceSpec]
    eligible: ExpressionField | None = Field(default=None, description="which partners can be paid at all")
    quotas: Mapping[Name, QuotaSpec] = Field(default={}, description="what partners are to reach")
    kpis: Mapping[Name, KpiSpec] = {}
    scorecards: Mapping[Name, ScorecardSpec] = {}
    credit: Mapping[Name, CreditSpec] = Field(default={}, description="who earns which share of a row")
    payouts: Mapping[Name, Payout] = {}
    amounts: Annotated[Mapping[Name, Mapping[Name, RateField]], Field(max_length=NAMES_MAX)] = Field(
        default={}, description="amounts that are defined by rates of each other, of KPIs and payouts, solved exactly"
    )
    pools: Mapping[Name, Pool] = {}
    totals: Mapping[Name, Total] = {}
    balances: Mapping[Name, Balance] = Field(
        default={}, description="what is kept of partners between periods, in the order in which it changes payments"
    )
    mdf: MdfSpec | None = Field(default=None, description="how market development funds are granted and claimed")
    approval: ApprovalSpec | None = Field(default=None, description="who approves a cycle, and how many of them")
    tests: Cases = Field(default={}, description="cases by name: what is given, and what has to come out")
