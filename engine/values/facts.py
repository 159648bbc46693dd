"""What facts are asked, and what they answer: rows, measures, the cells of a row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.values.agreed import AgreedTerm, AgreedVersion
from engine.values.credit import Creditable, Credits
from engine.values.openings import OpeningRow
from engine.values.sheet import Frame
from rules.calendar import Period
from rules.crediting.meaning import CreditMeaning
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Expression, Type
from rules.expressions.vector import Truth
from rules.meaning import Meaning, MeasureMeaning
from rules.problem import Place
from rules.quantities.exact import Exact
from rules.quantities.written import DateRange

EXACT = "@exact "  # before the name of a column of money: its exact amount, where rows were converted
ALWAYS = (date.min, date.max)  # for rows without a date of their own


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the facts answer: a frame and the exact measures of its rows.

    Of some partners' rows, `places` (n,) tells where each stands in the order of the table's keys.
    """

    frame: Frame
    measures: Mapping[str, Exact]
    places: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Which rows one rule reads: of which table, on which conditions, in which days, and for whose partner.

    `is_paid`: a row that counts is paid, else it is only measured. `trees` are all expressions of the rule; `needs` the
    columns without which a row does not count. `days` None: there are none. `owner` None: the row is nobody's own.

    Of a rule that pays: `lines` is the column of its lines and `last` that of what the limits left of them, `also` the
    columns of its lines of partners (released, topped up). A row counts `lock_days` after its date, or after the date
    `after` of the row that it takes back, if that is later than its own; `during` the days named. `is_added` tells that
    rows before the period are added up before those in it; `credit` names the rule that shares its rows, `agreed` the
    terms that it looks up.

    Of a scorecard and a quota: `scored` is the column of partners that is no less than 0 for those whom it scores,
    `of_period` the column that names a period and the one that is read. `looked_up` are target or benchmark.p25 and
    such, each with the names of a KPI; `carried` the scorecard, and the paths of the KPIs whose earlier points
    may stand in for those of now, each with the names that it has there; or the path "", with the tiers that may be
    kept. `is_opening`: its rows say what balances open with. `leaving` are the columns of accounts for which it is
    measured of those too who can't be paid any more.
    """

    name: str
    title: str
    place: Place
    is_paid: bool
    table: str
    where: Expression | None
    dated: Column | None
    days: tuple[date | None, date | None] | None
    owner: Column | None
    credited: str | None
    latest_of: Column | None
    needs: tuple[Column, ...]
    trees: tuple[Expression, ...]
    lines: str = ""
    last: str = ""
    also: tuple[str, ...] = ()
    lock_days: int = 0
    after: Column | None = None
    during: DateRange | None = None
    is_added: bool = False
    credit: str | None = None
    agreed: tuple[str, ...] = ()
    scored: str = ""
    of_period: tuple[Column, str] | None = None
    looked_up: tuple[tuple[str, tuple[str, ...]], ...] = ()
    carried: tuple[str, tuple[tuple[str, tuple[str, ...]], ...]] | None = None
    is_opening: bool = False
    leaving: tuple[str, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether it looks at rows of some days or of one period only."""
        return self.dated is not None or self.of_period is not None


@dataclass(frozen=True, slots=True)
class Fate:
    """How many rows of a table ended in one way: paid, measured, not_payable (by `rule`), outside or rejected."""

    table: str
    fate: str
    rule: str
    rows: int


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One source row of one partner as a measure's explanation reads it: the partner's share of it, and its cells."""

    key: str
    record: int
    share: Fraction
    cells: Mapping[Column, Value]


@dataclass(frozen=True, slots=True)
class TrailGroup:
    """Source rows with the same share and the same cells: `largest` are the first of them, at least one, `count` is how
    many there are. Where cells of what is added up differ, `total` is their sum, `blanks` how many are blank."""

    largest: tuple[TrailRow, ...]
    count: int
    blanks: int = 0
    total: Fraction | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A measure by group, (groups,): what is measured, and what it is divided by (1 unless a mean)."""

    numerator: Exact
    denominator: Exact


class Facts(Protocol):
    """The snapshot of the source tables, as the sheet asks it for rows."""

    def at(self, period: Period, by: Meaning | None = None) -> Facts:
        """The same facts as another period sees them, by the program that it was locked with where that is another."""
        ...

    def former(self, keys: Collection[str]) -> Facts:
        """The same facts, with these partners alone as those who can be paid, whoever can."""
        ...

    def tables(self) -> tuple[str, ...]:
        """The tables that there are facts of."""
        ...

    def partners(self) -> Frame:
        """The partners that can be paid, in the order of their ids."""
        ...

    def rows(
        self,
        table: str,
        where: Expression | None,
        dated: Column | None,
        days: tuple[date, date],
        measures: Mapping[str, tuple[Expression, Type]],
        named: Mapping[str, Exact],
        owner: Column | None = None,
        credits: Credits | None = None,
        later: Sequence[Expression] | None = None,
        among: tuple[str, str | None] | None = None,
    ) -> Rows:
        """The rows of a table dated in half-open days that a rule reads, with their measures; `named` holds what
        partners already have, `owner` the partner whose a row is, where it does not name one itself, `credits` the
        shares by which each row is one row for each of its partners; `later` are expressions that are asked of the same
        rows next, None where nobody asks for them again. Of partners `among` two ids, the second not included, or from
        the first on."""
        ...

    def count(self, table: str) -> int:
        """How many rows a table has."""
        ...

    def creditable(self, meaning: CreditMeaning) -> Creditable:
        """The rows that a crediting rule credits, and everyone who may earn on them."""
        ...

    def agreed(self, frame: Frame, term: AgreedTerm, dated: Column) -> Exact:
        """The value agreed with the partner of each row under a term, for its day; unknown where none was."""
        ...

    def agreed_versions(self, frame: Frame, term: AgreedTerm, dated: Column) -> Sequence[AgreedVersion | None]:
        """The version of a term that holds for each row of a frame on its day; None where nothing is agreed."""
        ...

    def truth(self, condition: Expression, named: Mapping[str, Exact]) -> Truth:
        """For which partners a condition holds; `named` holds what they already have."""
        ...

    def codes(self, column: Expression) -> Exact:
        """A column as partners see it, equal values as equal whole numbers."""
        ...

    def reference(self, table: str, ids: Sequence[str], scale: int, period: str | None = None) -> Exact:
        """What a KPI is held against: target, or benchmark.p25, .p50, .p75; `scale` is minor units for money, else
        1."""
        ...

    def openings(self) -> Sequence[OpeningRow]:
        """The rows of the table of balances, in the order of their keys."""
        ...

    def opening_place(self, row: OpeningRow, column: str) -> Place:
        """Where a cell of the table of balances stands: file and line, or the row's key where that is not known."""
        ...

    def cell_places(self, table: str, rows: Mapping[int, str], column: str) -> Sequence[Place]:
        """Where cells of some rows (record: key) stand: file, line and column, or a row's key without a line."""
        ...

    def texts(self, column: Expression) -> Sequence[object]:
        """A column as partners see it, as it is."""
        ...

    def reference_records(self, table: str, ids: Sequence[str], period: str | None = None) -> NDArray[np.int64]:
        """The record of the row in which each partner's figure of a reference stands, 0 where it has none."""
        ...

    def earlier_points(self, scorecard: str, names: Mapping[str, Sequence[str]]) -> Mapping[str, Exact]:
        """The points of the period before, by path; empty where there is no table of them. `names` are those by which
        the table may know the KPI of each path, the first before the others."""
        ...

    def earlier_records(self, scorecard: str, names: Mapping[str, Sequence[str]]) -> Mapping[str, NDArray[np.int64]]:
        """The record of the row in which each partner's points of the period before stand, by path; 0: none."""
        ...

    def earlier_tiers(self, scorecard: str) -> tuple[Sequence[str | None], NDArray[np.int64]]:
        """The tier of each partner in the period before by the table of scores, and the record of its row; 0: none."""
        ...

    def opening_tiers(self, names: Sequence[str]) -> Exact:
        """The tier that each partner holds at the start by the table of partners, as its place among `names`."""
        ...

    def measure(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures by partner, by their names."""
        ...

    def measure_whole(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures once for the whole program, by their names: of all partners, whether they can be paid or not, and of
        rows of no partner where a measure counts them."""
        ...

    def trail(self, measures: Sequence[MeasureMeaning], partner: str) -> Sequence[TrailRow]:
        """Every row of a partner in the table of measures that read alike, unfiltered, in the order of their keys."""
        ...

    def whole_trail(self, measure: MeasureMeaning, most: int | None) -> Iterator[TrailGroup]:
        """Every row that a measure has for the whole program, unfiltered, those with the same cells at once, with the
        `most` of them that come first; None: one by one, in the order of their keys."""
        ...

    def matching(self, table: str, equal: Mapping[str, str | None], wanted: Sequence[str]) -> Sequence[TrailRow]:
        """The rows of a table whose columns hold these texts (None: nothing), with the cells of `wanted`, in the order
        of their keys."""
        ...

    def window(self, measure: MeasureMeaning) -> tuple[date | None, date | None] | None:
        """The half-open days that a measure looks at; None where there are none."""
        ...

    def record(self, table: str, key: str) -> int | None:
        """The record of the row with that key, if there is one."""
        ...

    def referring(self, table: str, to: str, record: int) -> Sequence[tuple[str, int]]:
        """The rows of a table that refer to one row of another: their keys and records."""
        ...

    def credited(self, table: str, role: str, record: int) -> Sequence[str]:
        """The partners with a share of a row's deal in a role, in the order of their ids."""
        ...

    def file(self, table: str) -> str:
        """The file that a table came from, as people know it."""
        ...

    def cells(
        self, table: str, record: int, wanted: Sequence[Column]
    ) -> tuple[Mapping[Column, Value], tuple[str, ...]]:
        """What one source row and the rows that it refers to hold, and which records of which files these are."""
        ...

    def cells_of(
        self, table: str, records: Sequence[int], wanted: Sequence[Column]
    ) -> Sequence[tuple[Mapping[Column, Value], tuple[str, ...]]]:
        """The cells of many source rows, looked up in one go; in the order of `records`."""
        ...

    def is_money(self, column: Column) -> bool:
        """Whether a column of the tables holds money."""
        ...

    def exact(self, tree: Expression) -> Expression:
        """A measure with the exact amounts of rows that were converted, as a payout is worked out of them."""
        ...

    def converted(
        self, table: str, record: int, wanted: Sequence[Column], is_rounded: bool = True
    ) -> Mapping[Column, str]:
        """How amounts of one row, and of the rows that it refers to, came to the program's currency, in words; those
        that were in it are not told."""
        ...
