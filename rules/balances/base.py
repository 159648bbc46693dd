"""What a kind of balance is: from what was earned and what was on it before, the movements of one period.

A balance belongs to a partner, opens with what the period before left, and closes with that and its movements. What a
movement adds to the balance it may take from what is paid, or add to it: both are told for each.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import ClassVar, Literal

from rules.calendar import Period
from rules.kinds.base import Columns, Kind, Terms, Wanted
from rules.quantities.exact import Exact, Flags
from rules.quantities.rounding import multiply_divide


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a balance works with, (accounts,) each, in whole minor units.

    `due` is what would be paid without it; `base` what the components that it names have earned; `opening` what was on
    it; `can` who can be paid still; `inputs` what it reads of each partner, known; `back(name, periods)` a movement of
    so many periods before; `falls_due` and `falls_due_later` what of an opening that was loaded falls due in this
    period, and in later ones; `closes_year` tells that a fiscal year ends; `below_zero` what those of its components
    that earned less than nothing come to, told above zero.
    """

    period: Period
    due: Exact
    base: Exact
    opening: Exact
    can: Flags
    inputs: Columns = field(default_factory=dict)
    back: Callable[[str, int], Exact] | None = None
    falls_due: Exact | None = None
    falls_due_later: Exact | None = None
    closes_year: bool = False
    below_zero: Exact | None = None

    def is_due(self, day: date | None) -> bool:
        """Whether a day lies in the period."""
        return day is not None and self.period.start <= day < self.period.end

    def earlier(self, name: str, periods: int) -> Exact:
        """A movement of so many periods before; nothing where that was before the first."""
        return nothing(len(self.due)) if self.back is None else self.back(name, periods)

    @property
    def due_now(self) -> Exact:
        """What of an opening that was loaded falls due in this period."""
        return nothing(len(self.due)) if self.falls_due is None else self.falls_due

    @property
    def due_later(self) -> Exact:
        """What of an opening that was loaded falls due in later periods."""
        return nothing(len(self.due)) if self.falls_due_later is None else self.falls_due_later


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """One movement: what it adds to each balance, and what it adds to what is paid, (accounts,) minor units."""

    name: str
    change: Exact
    paid: Exact


@dataclass(frozen=True, slots=True)
class Row:
    """A state of one partner, in fractions."""

    period: Period
    due: Fraction
    base: Fraction
    opening: Fraction
    can: bool
    inputs: Mapping[str, Fraction]
    back: Callable[[str, int], Fraction]
    due_now: Fraction = Fraction(0)
    due_later: Fraction = Fraction(0)
    closes_year: bool = False
    below_zero: Fraction = Fraction(0)

    def is_due(self, day: date | None) -> bool:
        """Whether a day lies in the period."""
        return day is not None and self.period.start <= day <= self.period.last


@dataclass(frozen=True, slots=True)
class MovementReason:
    """Why one partner has a movement: the change of the balance, what is paid, and both in words."""

    name: str
    change: Fraction
    paid: Fraction
    words: str


class BalanceKind(Kind):
    """A kind of balance. `moves` names its movements in their order."""

    moves: ClassVar[tuple[str, ...]] = ()

    def names(self) -> tuple[str, ...]:
        """The movements that this config has, in their order."""
        return self.moves

    @property
    def components(self) -> tuple[str, ...]:
        """The components whose sum is its base."""
        return ()

    @property
    def takes(self) -> Literal["all", "net", "part"]:
        """What it takes of the components that it names: all of it, what is below zero after netting, or a part."""
        return "part"

    def inputs(self) -> Mapping[str, Wanted]:
        """What it reads of each partner, by input name; an unknown amount is refused."""
        return {}

    @property
    def of_leavers(self) -> frozenset[str]:
        """The inputs that it reads of those too who can't be paid any more, while something is on it."""
        return frozenset()

    @property
    def looks_back(self) -> int:
        """How many periods before it asks for its own movements: after so many, what came on to it falls due."""
        return 0

    @property
    def comes_by(self) -> str:
        """The movement by which comes on to it what falls due `looks_back` periods later."""
        return next(iter(self.names()), "")

    @property
    def has_days(self) -> bool:
        """Whether what was on it before falls due on days, which a table of balances may tell."""
        return self.looks_back > 0

    @property
    def may_be_below_zero(self) -> bool:
        """Whether less than nothing can be on it."""
        return False

    @property
    def tells_overdrawn(self) -> bool:
        """Whether a run says whose balance is below zero."""
        return False

    @property
    def refuses_overdrawn(self) -> bool:
        """Whether a run is refused where a balance is below zero at its end."""
        return False

    @abstractmethod
    def compute(self, state: State, terms: Terms) -> tuple[Movement, ...]:
        """The movements of a period, in the order of `names`."""

    @abstractmethod
    def explain(self, row: Row, terms: Terms) -> tuple[MovementReason, ...]:
        """The same of one partner, worked out alone in fractions."""


def nothing(rows: int) -> Exact:
    """Nothing for everybody, (rows,)."""
    return Exact.constant(0, rows)


def above_zero(values: Exact) -> Exact:
    """The values, and 0 where they are below, (rows,)."""
    return -(-values).least(nothing(len(values)))


def rounded(values: Exact, terms: Terms) -> Exact:
    """Amounts in whole minor units, each rounded once."""
    return Exact(multiply_divide(values.numerator, 1, values.denominator, terms.rounding, terms.step_minor))


def to_balance(name: str, amount: Exact) -> Movement:
    """What goes from what is paid to the balance."""
    return Movement(name, amount, -amount)


def from_balance(name: str, amount: Exact) -> Movement:
    """What goes from the balance to what is paid."""
    return Movement(name, -amount, amount)
