"""The plan: a compiled program as an ordered list of steps, each of which writes one new column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from engine.values.agreed import AgreedTerm
from engine.values.back import Back, Emptied, Taken
from engine.values.leaving import ACCOUNTS as ACCOUNTS, OfLeavers
from rules.balances.meaning import OPENING, BalanceMeaning
from rules.calendar import Calendar
from rules.crediting.meaning import CreditMeaning
from rules.expressions.tree import Column, Expression, Type
from rules.kinds.base import PayoutKind, Terms
from rules.meaning import KpiMeaning
from rules.payouts.meaning import LimitMeaning, VersionGap
from rules.payouts.multiplier import Multiplier
from rules.problem import Place
from rules.quantities.written import DateRange
from rules.quota import QuotaMeaning
from rules.scorecards.scored import ScorecardMeaning

PARTNERS = "partners"
PROGRAM = "program"  # the frame of what is worked out once, for the whole program
PAYOUT = "payout"
EARNED = "earned"  # what components come to, before balances change what is paid
BALANCE = "balance"  # the table, in words, of lines that are movements of a balance
ROOM_MAX_MINOR = 2**62  # no limit of lines is larger: what is added to it still fits int64
RECORD = "record"  # of a table: which record of its source a row is


@dataclass(frozen=True, slots=True)
class Step:
    """One column to be: its name, what it is called in words, and where its rule is written."""

    name: str
    title: str
    place: Place


@dataclass(frozen=True, slots=True)
class ReadRows(Step):
    """Read the rows that a rule pays into a frame of their own, with the measures that it takes from each.

    A row counts `lock_days` after its date, if that lies `during` the days named. Rows are read `since` the start of
    the period, or of the fiscal year, or from the first on (`ever`), where a rule adds up what came before. `owner` is
    the partner whose a row is, where it does not name one itself; `agreed` names the terms to look up, by column, and
    `credit` the rule by whose shares a row comes once for each partner; `back` what the rows take back of others.
    `fallen` names the returns that empty tiers: the rows of each stretch in which one of them counts come too.
    """

    table: str
    where: Expression | None
    dated: Column | None
    measures: Mapping[str, tuple[Expression, Type]]
    during: DateRange | None = None
    lock_days: int = 0
    since: str = "period"
    owner: Column | None = None
    agreed: Mapping[str, AgreedTerm] = field(default_factory=dict)
    credit: str | None = None
    back: Back | None = None
    fallen: tuple[str, ...] = ()


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

    @property
    def looks_back(self) -> bool:
        """Whether the tiers or the points of the period before decide something."""
        card = self.scorecard
        keeps = card.card.tiers is not None and card.card.tiers.hysteresis is not None
        return keeps or any(card.carries(path) for path in card.entries)


@dataclass(frozen=True, slots=True)
class Accumulate(Step):
    """Add up a column before each row: over a stretch of time, for each partner or the program, in an order.

    `over` names frames that are added up as one: each with its column, the column to write, and those of its order.
    Over a contract, the column beside the one to write, NAME.contract, tells the deal of each row; where stretches are
    `apart`, NAME.stretch tells the first day of the one that each row counts in.
    """

    over: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    stretch: str
    per: str
    apart: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it writes."""
        return tuple(before for _, _, before, _ in self.over)

    @property
    def contracts(self) -> tuple[str, ...]:
        """The columns that tell the contract or the stretch of each row, by frame; empty where all add up as one."""
        kind = "contract" if self.stretch == "contract" else "stretch" if self.apart else ""
        return tuple(f"{before.removesuffix('.before')}.{kind}" for before in self.columns) if kind else ()


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
    and those of its order. What is cut may be banked, on a balance of partners, and is released as lines of its own,
    `NAME.released`. `of` is the column of what each partner has, where the most is a rate of it; `is_joint`
    tells that the lines are those of several components. `taken` and `emptied` tell which lines are returns of others
    and take back what is left of them; `floors` are the columns of what later steps add, within this limit.
    """

    tracks: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    limit: LimitMeaning
    of: str | None = None
    is_joint: bool = False
    taken: tuple[Taken, ...] = ()
    emptied: tuple[Emptied, ...] = ()
    floors: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The columns of lines that it writes, those released included."""
        released = (f"{self.name}.released",) if self.limit.spec.excess == "banked" else ()
        return (*(column for _, _, column, _ in self.tracks), *released)


@dataclass(frozen=True, slots=True)
class TopUp(Step):
    """A line for each partner whose lines come to less than the least: what is missing at the end of the stretch.

    Over the days of a rule, that is the period of the last day and `lock_days` on. Lines of `returns` are no reason to
    top up, and neither are rows that they return in full. The `caps` hold over the least.
    """

    lines: tuple[tuple[str, str], ...]
    limit: LimitMeaning
    lock_days: int = 0
    returns: tuple[Back, ...] = ()
    caps: tuple[Limit, ...] = ()


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
class Whole(Step):
    """Work out a KPI, or the sum of all quotas, once for the whole program."""

    of: KpiMeaning | QuotaMeaning


@dataclass(frozen=True, slots=True)
class KeepBalance(Step):
    """The movements of a balance, and what it changes of what is paid.

    `due` is the column of what would be paid without it. Writes of accounts: NAME, what it adds to what is paid; what
    `of_leavers` it reads; `accounts.NAME.` MOVEMENT, closing and due after it; `accounts.NAME.MOVEMENT.paid`, lines.
    """

    balance: BalanceMeaning
    inputs: Mapping[str, str]
    due: str
    of_leavers: OfLeavers

    @property
    def opening(self) -> str:
        """The column of partners that holds what it opens with."""
        return f"{self.name}.{OPENING}"

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Its columns of lines, each with its frame, in the order of their keys."""
        names = (f"{ACCOUNTS}.{self.name}.{each}.paid" for each in sorted(self.balance.kind.names()))
        return tuple((name, f"{name}.rows") for name in names)


@dataclass(frozen=True, slots=True)
class Sum(Step):
    """The sum of earlier columns, by partner, or by account where balances change what is paid."""

    parts: tuple[str, ...]
    is_paid: bool = False
    frame: str = PARTNERS


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled program: its steps in order, what they share, and the days between versions of its rules."""

    title: str
    terms: Terms
    calendar: Calendar
    effective: DateRange
    steps: tuple[Step, ...]
    gaps: tuple[VersionGap, ...] = ()

    def step(self, name: str) -> Step | None:
        """The step that writes the column of that name, if there is one."""
        return next((step for step in self.steps if step.name == name), None)

    @property
    def components(self) -> tuple[Gather | KeepBalance, ...]:
        """The steps whose lines are paid: one for each payout, pool and balance, in order."""
        return tuple(step for step in self.steps if isinstance(step, Gather | KeepBalance))
