"""The plan: a compiled program as an ordered list of steps, each of which writes one new column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rules.calendar import Calendar
from rules.crediting.meaning import CreditMeaning
from rules.expressions.tree import Column, Expression, Type
from rules.kinds.base import PayoutKind, ShareKind, Terms
from rules.meaning import KpiMeaning
from rules.payouts.meaning import LimitMeaning
from rules.payouts.multiplier import Multiplier
from rules.problem import Place
from rules.quantities.apportion import Residue
from rules.quantities.written import DateRange
from rules.quota import QuotaMeaning
from rules.scorecards.scored import ScorecardMeaning

PARTNERS = "partners"
PAYOUT = "payout"
ROOM_MAX_MINOR = 2**62  # no limit of lines is larger: what is added to it still fits int64
RECORD = "record"  # of a table: which record of its source a row is


@dataclass(frozen=True, slots=True)
class Step:
    """One column to be: its name, what it is called in words, and where its rule is written."""

    name: str
    title: str
    place: Place


@dataclass(frozen=True, slots=True)
class Back:
    """What rows take back of other rows: which part of each was returned before a return, and with it.

    `name` begins the columns to write: NAME.part_before and NAME.part_with. Where the running total falls by what is
    returned (`is_added`), it writes those of `falls` too, below zero: each is a part of the column that it stands by.
    `row` is the column of the row's record, `dated` that of the return's day, `day` that of its row's, None where rows
    have none; a return counts on the later of the two, the latter `lock_days` on, and not at all where its row lies
    outside `during`. `returned` of `whole` is taken back, or all of it where they are None, times `share`, which is
    fixed, or a column held to 0 to 1. Those of earlier periods are read `since` the start of the stretch.
    """

    name: str
    row: str
    dated: str
    day: str | None
    lock_days: int
    during: DateRange | None
    returned: str | None
    whole: str | None
    share: Fraction | str
    is_added: bool
    since: str
    falls: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that have to be known of a return."""
        share = self.share if isinstance(self.share, str) else None
        named = (self.row, self.dated, self.day, self.returned, self.whole, share, *self.falls.values())
        return tuple(name for name in named if name is not None)


@dataclass(frozen=True, slots=True)
class ReadRows(Step):
    """Read the rows that a rule pays into a frame of their own, with the measures that it takes from each.

    A row counts `lock_days` after its date, if that lies `during` the days named. Rows are read `since` the start of
    the period, or of the fiscal year, or from the first on (`ever`), where a rule adds up what came before. `owner` is
    the partner whose a row is, where it does not name one itself; `agreed` names the terms to look up, by column, and
    `credit` the rule by whose shares a row comes once for each partner; `back` what the rows take back of others.
    """

    table: str
    where: Expression | None
    dated: Column | None
    measures: Mapping[str, tuple[Expression, Type]]
    during: DateRange | None = None
    lock_days: int = 0
    since: str = "period"
    owner: Column | None = None
    agreed: Mapping[str, str] = field(default_factory=dict)
    credit: str | None = None
    back: Back | None = None


@dataclass(frozen=True, slots=True)
class Credit(Step):
    """Say who earns which share of the rows of a table."""

    credit: CreditMeaning


@dataclass(frozen=True, slots=True)
class Quota(Step):
    """What each partner is to reach."""

    quota: QuotaMeaning
    minor_per_major: int


@dataclass(frozen=True, slots=True)
class Kpi(Step):
    """Work out a KPI for each partner: a measure, a ratio of two, or a formula over earlier KPIs."""

    kpi: KpiMeaning


@dataclass(frozen=True, slots=True)
class Score(Step):
    """Score partners by a scorecard: points, score, tier and rank."""

    scorecard: ScorecardMeaning


@dataclass(frozen=True, slots=True)
class Accumulate(Step):
    """Add up a column before each row: over a stretch of time, for each partner or the program, in an order.

    `over` names frames that are added up as one: each with its column, the column to write, and those of its order.
    Over a contract, the column beside the one to write, NAME.contract, tells the deal of each row.
    """

    over: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    stretch: str
    per: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it writes."""
        return tuple(before for _, _, before, _ in self.over)

    @property
    def contracts(self) -> tuple[str, ...]:
        """The columns that tell the contract of each row, by frame; empty where contracts are added up as one."""
        if self.stretch != "contract":
            return ()
        return tuple(f"{before.removesuffix('.before')}.contract" for before in self.columns)


@dataclass(frozen=True, slots=True)
class Due(Step):
    """Work out by a kind what is due for each row of a frame: exact, and not yet rounded."""

    frame: str
    kind: PayoutKind
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str


@dataclass(frozen=True, slots=True)
class Multiply(Step):
    """Multiply what is due for each row by a factor; `minor_per_major` by the inputs that are money."""

    frame: str
    due: str
    multiplier: Multiplier
    inputs: Mapping[str, str]
    minor_per_major: Mapping[str, int]
    unknown: str


@dataclass(frozen=True, slots=True)
class Pay(Step):
    """Round what is due for each row, once: the lines of a component, in whole minor units, within bounds.

    Where it `is_cumulative`, a line is the difference of its partner's rounded running totals. `together` says which
    lines keep their exact sum: those of one source `row`, those that the kind says (`frame`), or none.
    """

    frame: str
    due: str
    terms: Terms
    at_least_minor: Fraction | None
    at_most_minor: Fraction | None
    is_cumulative: bool
    together: str | None
    kind: PayoutKind
    inputs: Mapping[str, str]
    component: str


@dataclass(frozen=True, slots=True)
class Limit(Step):
    """Cut the lines of a component where their sum goes beyond the most; in whole minor units, nothing is rounded.

    `tracks` are the frames whose lines count together, returns among them: each with its lines, the column to write
    and those of its order. What is cut may be banked, in the column `NAME.bank` of partners, and is released as lines
    of its own, `NAME.released`. `of` is the column of what each partner has, where the most is a rate of it; `is_joint`
    tells that the lines are those of several components.
    """

    tracks: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    limit: LimitMeaning
    of: str | None = None
    is_joint: bool = False

    @property
    def written(self) -> tuple[str, ...]:
        """The columns of lines that it writes, those released included."""
        released = (f"{self.name}.released",) if self.limit.spec.excess == "banked" else ()
        return (*(column for _, _, column, _ in self.tracks), *released)


@dataclass(frozen=True, slots=True)
class TopUp(Step):
    """A line for each partner whose lines come to less than the least: what is missing."""

    lines: tuple[tuple[str, str], ...]
    limit: LimitMeaning


@dataclass(frozen=True, slots=True)
class Reverse(Step):
    """Take back what rows were paid: a line below zero for each return of a frame, in proportion to its parts.

    `lines` is the column of what rows are paid now, `earlier` that of what an earlier period paid them.
    """

    frame: str
    back: Back
    lines: str
    earlier: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Gather(Step):
    """Sum the lines of a component to partners: its columns, each of a frame; a partner without rows has zero."""

    lines: tuple[tuple[str, str], ...]


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
    calendar: Calendar
    effective: DateRange
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        """The step that writes the column of that name, if there is one."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def components(self) -> tuple[Gather, ...]:
        """The steps that sum lines to partners: one for each payout and pool, in order."""
        return tuple(step for step in self.steps if isinstance(step, Gather))
