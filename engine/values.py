"""The values that the stages hand to each other: plan, sheet, run. Frozen, and free of any stage's code.

A plan is an ordered list of steps. Each step reads named columns of the sheet and writes one new column; nothing is
ever overwritten. A frame is the set of rows that a column belongs to: the rows of a source table that a rule pays,
the partners, the members of a pool, or the one row of the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rules.apportion import Residue
from rules.calendar import Period
from rules.evaluate import Value
from rules.exact import Exact
from rules.kinds.base import PayoutKind, ShareKind, Terms
from rules.meaning import KpiMeaning, MeasureMeaning
from rules.problem import Place
from rules.tree import Column, Expression, Type

PARTNERS = "partners"
NOWHERE = Place()
PAYOUT = "payout"


# --- the plan ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One column to be: its name, what it is called in words, and where its rule is written."""

    name: str
    title: str
    place: Place


@dataclass(frozen=True, slots=True)
class ReadRows(Step):
    """Read the rows that a rule pays into a frame of their own, with the measures that it takes from each."""

    table: str
    where: Expression | None
    dated: Column | None
    measures: Mapping[str, tuple[Expression, Type]]


@dataclass(frozen=True, slots=True)
class Kpi(Step):
    """Work out a KPI for each partner: a measure, a ratio of two, or a formula over earlier KPIs."""

    kpi: KpiMeaning


@dataclass(frozen=True, slots=True)
class Pay(Step):
    """Pay each row of a frame by a kind: lines, rounded once."""

    frame: str
    kind: PayoutKind
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str
    component: str


@dataclass(frozen=True, slots=True)
class Gather(Step):
    """Sum a column of a frame to partners, or count its rows where `column` is None; a partner without rows has
    zero."""

    column: str | None
    frame: str


@dataclass(frozen=True, slots=True)
class Size(Step):
    """The size of a pool, in minor units."""

    size_minor: int


@dataclass(frozen=True, slots=True)
class Weigh(Step):
    """The weight of each member of a pool, by a kind."""

    frame: str
    kind: ShareKind
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str


@dataclass(frozen=True, slots=True)
class Share(Step):
    """The shares of a pool: its size split in proportion to the weights, to the last unit."""

    frame: str
    size: str
    weight: str
    residue: Residue
    terms: Terms
    component: str


@dataclass(frozen=True, slots=True)
class Sum(Step):
    """The sum by partner of earlier columns."""

    parts: tuple[str, ...]
    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled program: its steps in order, and what they share."""

    title: str
    terms: Terms
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        """The step that writes the column of that name, if there is one."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def components(self) -> tuple[Pay | Share, ...]:
        """The steps whose rows become the lines of a run: payouts and pool shares."""
        return tuple(step for step in self.steps if isinstance(step, Pay | Share))


# --- the sheet --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The rows that columns belong to: their source table, key, record number in the source, and partner.

    `keys` (n,) text; `records` (n,) the 1-based record number in the source; `partners` (n,) positions in the partners'
    frame. Rows are in the order of their keys, whatever the order of the source.
    """

    table: str
    keys: NDArray[Any]
    records: NDArray[np.int64]
    partners: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Everything that a run worked out: frames, and columns that were each written once."""

    period: Period
    frames: Mapping[str, Frame]
    columns: Mapping[str, Exact]
    frame_of: Mapping[str, str]

    @property
    def partners(self) -> Frame:
        """The partners' frame: one row for each partner that can be paid, in the order of their ids."""
        return self.frames[PARTNERS]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the facts answer: a frame and the exact measures of its rows."""

    frame: Frame
    measures: Mapping[str, Exact]


@dataclass(frozen=True, slots=True)
class Reading:
    """Which rows one rule reads: of which table, on which conditions, in which days, and for whose partner.

    `is_paid`: a row that counts is paid, else it is only measured. `trees` are all expressions of the rule; `needs` the
    columns without which a row does not count. `days` None: there are none.
    """

    name: str
    title: str
    place: Place
    is_paid: bool
    table: str
    where: Expression | None
    dated: Column | None
    days: tuple[date | None, date | None] | None
    owner: Column
    credited: str | None
    latest_of: Column | None
    needs: tuple[Column, ...]
    trees: tuple[Expression, ...]


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


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A measure by group, (groups,): what is measured, and what it is divided by (1 unless a mean)."""

    numerator: Exact
    denominator: Exact


class Facts(Protocol):
    """The snapshot of the source tables, as the sheet asks it for rows."""

    def partners(self) -> Frame:
        """The partners that can be paid, in the order of their ids."""
        ...

    def rows(
        self,
        table: str,
        where: Expression | None,
        dated: Column | None,
        measures: Mapping[str, tuple[Expression, Type]],
        named: Mapping[str, Exact],
    ) -> Rows:
        """The rows of a table that a rule reads, with their measures; `named` holds what partners already have."""
        ...

    def measure(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures by partner, by their names."""
        ...

    def trail(self, measure: MeasureMeaning, partner: str) -> Sequence[TrailRow]:
        """Every row of a partner in a measure's table, unfiltered, in the order of their keys."""
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

    def file(self, table: str) -> str:
        """The file that a table came from, as people know it."""
        ...

    def cells(
        self, table: str, record: int, wanted: Sequence[Column]
    ) -> tuple[Mapping[Column, Value], tuple[str, ...]]:
        """What one source row and the rows that it refers to hold, and which records of which files these are."""
        ...

    def is_money(self, column: Column) -> bool:
        """Whether a column of the tables holds money."""
        ...


# --- the run ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Input:
    """One source table of a run: its file, its digests, how many rows were accepted, and how many rejected.

    `rows` + `rejected` rows were read; `rejected_sha256` is over the keys and codes of the rejected ones.
    """

    table: str
    file: str
    raw_sha256: str
    rows_sha256: str
    rows: int
    rejected: int = 0
    rejected_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One amount that a run pays one partner for one thing: a source row, or a share of a pool."""

    partner: str
    component: str
    table: str
    key: str
    amount_minor: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The lines of a run as columns, sorted by partner, component and key; all of shape (n,)."""

    partner: NDArray[Any]
    component: NDArray[Any]
    table: NDArray[Any]
    key: NDArray[Any]
    amount_minor: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.amount_minor)

    def line(self, row: int) -> Line:
        """One line as a record."""
        partner, component, table, key = (
            str(column[row]) for column in (self.partner, self.component, self.table, self.key)
        )
        return Line(partner, component, table, key, int(self.amount_minor[row]))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A settled run: who gets what, and the digests of all that determined it.

    `payouts_minor` (partners x components + 1): each partner's amount by component, and in the last column their sum.
    """

    run_id: str
    title: str
    period: Period
    currency: str
    components: tuple[str, ...]
    partners: tuple[str, ...]
    payouts_minor: NDArray[Any]
    lines: Lines
    pools: Mapping[str, tuple[int, int]]
    manifest: Mapping[str, object]

    @property
    def total_minor(self) -> int:
        """The sum of all lines in minor units."""
        return int(sum(int(each) for each in self.lines.amount_minor))


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A node of an explanation: a value in words, where its rule or its source row stands, and what it rests on.

    `value` is exact, in minor units where `is_money`; `shown` is the value as people read it.
    """

    title: str
    value: Fraction | None
    shown: str
    words: str = ""
    place: Place = NOWHERE
    source: str = ""
    is_money: bool = False
    parts: tuple[Reasoned, ...] = ()


def frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only view of a mapping."""
    return MappingProxyType(dict(values))
