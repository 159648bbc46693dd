"""What a case means: every cell that is given, as a source would hold it, and every value that is expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from rules.calendar import Period
from rules.problem import Place

Row = Mapping[str, str]  # column: the text of its cell, "" where it is blank


@dataclass(frozen=True, slots=True)
class Expected:
    """One value that should come out: of a payout, a pool, a sum, a KPI or a score of a partner, or of one line.

    `value` is in minor units where it `is_money`, the place among the tiers where it is a tier's; `written` is how it
    stands in the program; `row` the key of a line's row, "" for a whole column.
    """

    name: str
    partner: str
    row: str
    value: Fraction
    is_money: bool
    written: str
    place: Place


@dataclass(frozen=True, slots=True)
class CaseMeaning:
    """A case that was understood: `tables` holds the rows of each table in the order written, filled in.

    `stated` are values of KPIs and scores by name and partner, as texts of cells (money in major units, a tier as its
    place). `problem` is the code that is expected in place of payouts, or None. `whole` names the payouts of which
    every line is expected.
    """

    name: str
    period: Period
    tables: Mapping[str, tuple[Row, ...]]
    stated: Mapping[str, Mapping[str, str]]
    expected: tuple[Expected, ...]
    whole: tuple[str, ...]
    problem: str | None
    place: Place
