"""What a payout rule means: its rows, typed expressions, one kind, and what happens to a line after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rules.expressions.tree import Column, Expression, Type
from rules.kinds.base import PayoutKind, Terms
from rules.payouts.multiplier import Multiplier, Percentage
from rules.payouts.spec import LimitSpec
from rules.problem import Place
from rules.quantities.written import DateRange

Typed = tuple[Expression, Type]


@dataclass(frozen=True, slots=True)
class PaidRows:
    """Which rows a rule pays: of which table, on which condition, and when.

    A row counts `lock_days` after its date `dated`, if that lies `during` the days named; `credit` names the rule that
    says who earns on it, else it is the partner of the row, as `owner` names it.
    """

    table: str
    where: Expression | None
    dated: Column | None
    owner: Column
    during: DateRange | None = None
    lock_days: int = 0
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class RunningMeaning:
    """What is added up before each row, and how: see `rules.kinds.base.Running`; `order` are dates and numbers."""

    over: str
    per: str
    order: tuple[Typed, ...]
    of: str


@dataclass(frozen=True, slots=True)
class MultiplierMeaning:
    """A multiplier with what it reads on each row."""

    name: str
    spec: Multiplier
    inputs: Mapping[str, Typed]
    place: Place

    def in_percent(self, percents: Collection[str]) -> bool:
        """Whether its bands are told in percent: by one of the KPIs that are (`percents`), or as they were written."""
        tree = self.inputs["by"][0] if "by" in self.inputs else None
        is_percent = isinstance(tree, Column) and str(tree) in percents
        return is_percent or any(isinstance(band.below, Percentage) for band in self.spec.bands)


@dataclass(frozen=True, slots=True)
class LimitMeaning:
    """A limit with the order in which it cuts, its amount in minor units, and the days that it holds over.

    `of` is what of each partner the most is a rate of; the amount is 0 then.
    """

    spec: LimitSpec
    amount_minor: int
    order: tuple[Typed, ...]
    during: DateRange | None
    place: Place
    of: Expression | None = None


@dataclass(frozen=True, slots=True)
class ReturnMeaning:
    """What takes rows back: the rows of a table, and what they return of the base of the row that they refer to.

    `share` is that part of it which is taken back, fixed or worked out for each return.
    """

    name: str
    table: str
    where: Expression | None
    dated: Column
    base: Typed | None
    share: Fraction | Typed
    tiers: str
    place: Place


@dataclass(frozen=True, slots=True)
class PayoutMeaning:
    """A payout rule.

    `at_least_minor` and `at_most_minor` bound what a line pays before it is rounded; `is_cumulative` tells that a line
    is the difference of rounded running totals; `replaces` names the rule of which this is the next version.
    """

    name: str
    title: str
    rows: PaidRows
    base: Expression | None
    base_type: Type | None
    kind: PayoutKind
    inputs: Mapping[str, Typed]
    running: RunningMeaning | None
    multipliers: tuple[MultiplierMeaning, ...]
    at_least_minor: Fraction | None
    at_most_minor: Fraction | None
    terms: Terms
    is_cumulative: bool
    limits: tuple[LimitMeaning, ...]
    returns: tuple[ReturnMeaning, ...]
    unknown: str
    place: Place
    replaces: str | None = None

    def reads(self) -> Iterator[tuple[str, Expression]]:
        """Every expression of the rule, with the table from whose rows it is read."""
        table = self.rows.table
        if self.rows.credit is None:
            yield table, self.rows.owner
        typed = [*self.inputs.values(), *(typed for each in self.multipliers for typed in each.inputs.values())]
        typed += [each for limit in self.limits for each in limit.order]
        typed += self.running.order if self.running is not None else ()
        for tree in (self.base, self.rows.where, self.rows.dated, *(tree for tree, _ in typed)):
            if tree is not None:
                yield table, tree
        for limit in self.limits:
            if limit.of is not None:
                yield "partners", limit.of
        for back in self.returns:
            share = None if isinstance(back.share, Fraction) else back.share[0]
            for tree in (back.where, back.dated, None if back.base is None else back.base[0], share):
                if tree is not None:
                    yield back.table, tree
            yield back.table, self.rows.owner


@dataclass(frozen=True, slots=True)
class VersionGap:
    """The days between two versions of a rule, the earlier and the later: no row that they pay may fall in one."""

    versions: tuple[PayoutMeaning, PayoutMeaning]
    days: DateRange
