"""What the generator knows while it works: partners, customers, deals and campaigns, and the rows written so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from synthetic.chance import FIRST, LAST, Chance, Weighted
from synthetic.columns import COLUMNS

Row = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Partner:
    """A partner, with two hidden traits from 1 to 9 from which its figures follow: strength and care."""

    id: str
    kind: str
    tier: str
    region: str
    segment: str
    manager: str
    parent: str
    recruited: int
    onboarded: int | None
    activated: int | None
    terminated: int | None
    strength: int
    care: int

    @property
    def first(self) -> int:
        """The first day of the two years on which it is a partner."""
        return max(FIRST, self.recruited)

    @property
    def last(self) -> int:
        """The last such day; before `first` where it left earlier."""
        return LAST if self.terminated is None else self.terminated

    def alive(self, ordinal: int) -> bool:
        """Whether it is a partner on a day."""
        return self.recruited <= ordinal and (self.terminated is None or ordinal <= self.terminated)


@dataclass(slots=True, eq=False)
class Customer:
    """A customer: its partner if any, its stay, and its recurring revenue at first (minor units)."""

    id: str
    partner: Partner | None
    referred_by: str
    acquired: int
    churned: int | None
    region: str
    segment: str
    mrr: int
    integration: str = ""

    @property
    def last(self) -> int:
        """The last day of the two years on which it is a customer."""
        return LAST if self.churned is None else self.churned - 1


@dataclass(slots=True, eq=False)
class Deal:
    """An opportunity; amounts in minor units, days as ordinals."""

    customer: Customer | None
    partner: Partner | None
    kind: str
    status: str
    stage: str
    opened: int
    closed: int | None
    product: str
    amount: int
    annual: int
    margin: int
    term: int
    integration: str = ""
    campaign: str = ""
    id: str = ""

    @property
    def until(self) -> int:
        """The day it closed, or the last day of the two years."""
        return LAST if self.closed is None else self.closed


@dataclass(slots=True, eq=False)
class Campaign:
    """A campaign of a partner (none: of the company)."""

    id: str
    partner: Partner | None
    starts: int
    ends: int
    joint: bool
    spend: int


@dataclass(slots=True, eq=False)
class World:
    """The state of the generator: what exists, and the rows of each table."""

    seed: int
    scale: Fraction
    partners: list[Partner] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    contacts: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    by_partner: dict[str, list[Customer]] = field(default_factory=dict)
    campaigns_by_partner: dict[str, list[Campaign]] = field(default_factory=dict)
    integrations: list[tuple[str, Partner, int]] = field(default_factory=list)
    leads: list[tuple[str, Partner | None, int, str, str]] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def chance(self, topic: str) -> Chance:
        """The draws of a topic."""
        return Chance(self.seed, topic)

    def scaled(self, rows: int) -> int:
        """A number of rows at the scale that was asked for."""
        return max(1, int(rows * self.scale))

    def add(self, table: str, *cells: str) -> None:
        """Write one row."""
        self.tables[table].append(cells)

    def present(self) -> list[Partner]:
        """The partners that were partners on at least thirty days of the two years."""
        return [partner for partner in self.partners if partner.last - partner.first >= 30]

    def campaigns_on(self, partner: Partner | None, ordinal: int, echo_days: int) -> list[str]:
        """The campaigns of a partner (none: of the company) that run on a day, or ended at most `echo_days` before."""
        own = self.campaigns_by_partner.get(partner.id if partner else "", [])
        return [each.id for each in own if each.starts <= ordinal <= each.ends + echo_days]


def by_trait(partners: Sequence[Partner], trait: str, power: int = 2) -> Weighted[Partner]:
    """Partners weighted by a trait, so that few of them do most of it."""
    return Weighted(partners, [getattr(partner, trait) ** power for partner in partners])


def day_of(chance: Chance, partner: Partner) -> int:
    """A day of the two years on which it is a partner."""
    return chance.between(partner.first, partner.last)
