"""What a program means: every rule with its rows, its typed expressions, its currency terms and its place.

In: a program as written, and the document that it was read from. Out: the meaning, and every problem that `check`
reports; the meaning is only given where no problem is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.apportion import Residue
from rules.calendar import Calendar
from rules.kinds.base import PayoutKind, ShareKind, Terms
from rules.problem import Place
from rules.tables import Table
from rules.tree import Column, Expression, Type
from rules.written import DateRange


@dataclass(frozen=True, slots=True)
class SourceMeaning:
    """A source file: the table that it fills, and our names and values for its own."""

    table: str
    file: str
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    place: Place


@dataclass(frozen=True, slots=True)
class RowsMeaning:
    """Which rows a rule reads: of which table, on which condition, put into a period by which date."""

    table: str
    where: Expression | None
    dated: Column | None


@dataclass(frozen=True, slots=True)
class KpiMeaning:
    """A KPI that is a sum or a count of rows by partner, zero where a partner has none."""

    name: str
    rows: RowsMeaning
    measure: Expression | None
    type: Type
    place: Place


@dataclass(frozen=True, slots=True)
class PayoutMeaning:
    """A payout rule."""

    name: str
    title: str
    rows: RowsMeaning
    base: Expression | None
    base_type: Type | None
    kind: PayoutKind
    terms: Terms
    unknown: str
    place: Place


@dataclass(frozen=True, slots=True)
class PoolMeaning:
    """A pool: its size, its members, and how it is shared."""

    name: str
    title: str
    size_minor: int
    size_place: Place
    among: Expression | None
    kind: ShareKind
    inputs: Mapping[str, tuple[Expression, Type]]
    residue: Residue
    terms: Terms
    unknown: str
    place: Place


@dataclass(frozen=True, slots=True)
class TotalMeaning:
    """A named sum of payouts, pools and other sums."""

    name: str
    title: str
    parts: tuple[str, ...]
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
    kpis: tuple[KpiMeaning, ...]
    payouts: tuple[PayoutMeaning, ...]
    pools: tuple[PoolMeaning, ...]
    totals: tuple[TotalMeaning, ...]
