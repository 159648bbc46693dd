"""What a program means: every rule with its rows, its typed expressions, its currency terms and its place.

In: a program as written, and the document that it was read from. Out: the meaning, and every problem that `check`
reports; the meaning is only given where no problem is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rules.approval import ApprovalMeaning
from rules.balances.meaning import BalanceMeaning
from rules.calendar import Calendar
from rules.cases.meaning import CaseMeaning
from rules.crediting.meaning import CreditMeaning
from rules.exchange import ExchangeMeaning
from rules.expressions.tree import Column, Expression, Type
from rules.kinds.base import Terms
from rules.kpi import Window
from rules.mdf.meaning import MdfMeaning
from rules.payouts.meaning import LimitMeaning, PayoutMeaning
from rules.pools.meaning import PoolMeaning
from rules.problem import Place
from rules.quantities.written import DateRange
from rules.quota import QuotaMeaning
from rules.scorecards.scored import ScorecardMeaning
from rules.sharing.circular import Circular
from rules.tables import Table


@dataclass(frozen=True, slots=True)
class SourceMeaning:
    """A source: the table that it fills, where its rows come from, and how columns and values are written there.

    `format` is csv, parquet, excel, sqlite or postgres; `file` is the path below the program's folder (of the database
    file for sqlite; "" for postgres, where `variable` names the environment variable with the URL); `dates` is the
    format by column; `trim` cuts spaces around cells; `separator` stands between the cells of a CSV file;
    `expected_totals` are whole minor units for money, and as written for other columns.
    """

    table: str
    file: str
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    place: Place
    format: str = "csv"
    sheet: str = ""
    query: str = ""
    variable: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    dates: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    expected_rows: int | None = None
    expected_totals: Mapping[str, Fraction] = field(default_factory=dict)
    excused: str = ""
    trim: bool = False
    separator: str = ","

    @property
    def shown(self) -> str:
        """The source's name for people."""
        if self.query:
            return f"query of {self.table}"
        return f"{self.file}[{self.sheet}]" if self.sheet else self.file


@dataclass(frozen=True, slots=True)
class RowsMeaning:
    """Which rows a rule reads: of which table, on which condition, put into a period by which date."""

    table: str
    where: Expression | None
    dated: Column | None


@dataclass(frozen=True, slots=True)
class MeasureMeaning:
    """One number for each partner from the rows of a table; `aggregate` is sum, count, count_distinct, mean or median.

    `value` is what is aggregated (None for a count); `credited` the role whose credits share a deal among partners;
    `owner` the column that names the partner whose a row is, None where rows are the program's; `latest_of` the column
    of whose equal values only the latest row counts. A blank value makes the measure unknown unless it
    `leaves_blanks_out`; with `counts_direct`, rows of no partner count for the program.
    """

    name: str
    aggregate: str
    rows: RowsMeaning
    value: Expression | None
    type: Type
    window: Window
    credited: str | None
    owner: Column | None
    latest_of: Column | None
    leaves_blanks_out: bool
    counts_direct: bool

    def reads_as(self, other: MeasureMeaning) -> bool:
        """Whether both go through the same rows of the same partners."""
        mine = (self.rows.table, self.credited, self.owner)
        return mine == (other.rows.table, other.credited, other.owner)


@dataclass(frozen=True, slots=True)
class KpiMeaning:
    """A KPI: a measure, the ratio of two measures times a factor, or a formula over named KPIs.

    `unit` is how people read its value: money (minor units here), percent (0.8 here, 80 % there), count, days, score,
    ratio, minutes or number. `is_averaged` (a formula's): above partners its values are averaged instead of worked out
    from sums.
    """

    name: str
    title: str
    type: Type
    unit: str
    better: str
    level: str
    numerator: MeasureMeaning | None
    denominator: MeasureMeaning | None
    formula: Expression | None
    is_averaged: bool
    times: Fraction
    when_zero: str
    at_least: int
    place: Place

    @property
    def measures(self) -> tuple[MeasureMeaning, ...]:
        """The measures that it rests on itself."""
        return tuple(each for each in (self.numerator, self.denominator) if each is not None)


@dataclass(frozen=True, slots=True)
class TotalMeaning:
    """A named sum of payouts, pools and other sums; with limits, of payouts alone, whose lines are cut by them."""

    name: str
    title: str
    parts: tuple[str, ...]
    place: Place
    limits: tuple[LimitMeaning, ...] = ()


@dataclass(frozen=True, slots=True)
class AmountsMeaning:
    """Amounts of the whole program that are defined by each other and by known ones."""

    rule: Circular
    place: Place


@dataclass(frozen=True, slots=True)
class Meaning:
    """A program that was understood; rules in the order of the document, sums after what they add."""

    title: str
    terms: Terms
    calendar: Calendar
    effective: DateRange
    tables: Mapping[str, Table]
    sources: tuple[SourceMeaning, ...]
    eligible: Expression | None
    quotas: tuple[QuotaMeaning, ...]
    kpis: tuple[KpiMeaning, ...]
    scorecards: tuple[ScorecardMeaning, ...]
    credits: tuple[CreditMeaning, ...]
    payouts: tuple[PayoutMeaning, ...]
    pools: tuple[PoolMeaning, ...]
    totals: tuple[TotalMeaning, ...]
    balances: tuple[BalanceMeaning, ...] = ()
    amounts: AmountsMeaning | None = None
    cases: tuple[CaseMeaning, ...] = ()
    exchange: ExchangeMeaning | None = None
    approval: ApprovalMeaning | None = None
    mdf: MdfMeaning | None = None

    @property
    def paying_credits(self) -> tuple[CreditMeaning, ...]:
        """The crediting rules by which any payout pays; of the others nothing is worked out."""
        named = {payout.rows.credit for payout in self.payouts}
        return tuple(credit for credit in self.credits if credit.name in named)
