"""What rolls forward from period to period: the balances that a program names, banks of limits, what pools carry over
and what waterfalls paid so far. All have an opening, movements and a closing, and open by the table of balances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from engine.values.plan import ACCOUNTS, PROGRAM, KeepBalance, Limit, Step
from engine.values.plan_pools import Award, Share
from rules.balances.meaning import CLOSING, OPENING
from rules.pools.meaning import CARRY
from rules.problem import Place

RELEASED = "released"
BANKED, CARRIED, PAID = "banked", "carried", "paid"  # what comes on to a bank, the rest of a pool, a history


@dataclass(frozen=True, slots=True)
class Roll:
    """One balance: its name in the table of balances, and its movements in their order.

    It is kept of each partner, or where it `is_whole` of the program. What came on to it by the movement `comes_by`
    falls due after so many periods (`looks_back`), 0 where it does not. Of a history (`is_dated`) each part has the day
    on which it was paid. Where it `has_days`, parts of it fall due on days. Where it `tells_overdrawn`, a run says what
    is below zero on it, which is nothing where it is `never_below_zero`.
    """

    name: str
    title: str
    place: Place
    moves: tuple[str, ...]
    is_whole: bool = False
    is_dated: bool = False
    looks_back: int = 0
    comes_by: str = ""
    tells_overdrawn: bool = False
    has_days: bool = False
    never_below_zero: bool = False

    @property
    def frame(self) -> str:
        """The frame of its columns: a row for each account, or one for the program."""
        return PROGRAM if self.is_whole else ACCOUNTS

    def column(self, what: str) -> str:
        """The column of its opening, its closing or a movement, in whole minor units."""
        return f"{self.frame}.{self.name}.{what}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns: opening, movements and closing."""
        return tuple(self.column(what) for what in (OPENING, *self.moves, CLOSING))


@dataclass(frozen=True, slots=True)
class OpenAccounts(Step):
    """What balances open with, those of partners in the frame ACCOUNTS: partners that can be paid, and those that have
    an opening.

    Writes of each `FRAME.NAME.opening`, and of what the table of balances says of it `FRAME.NAME.falls_due` in the
    period and `FRAME.NAME.falls_due_later`; of partners `NAME.opening`. The table may tell of `others` as well, which
    another step opens.
    """

    rolls: tuple[Roll, ...]
    others: tuple[str, ...] = ()


def rolls(steps: Iterable[Step]) -> tuple[Roll, ...]:
    """The balances of a plan in the order of its steps, those that the program names last."""
    return tuple(roll for step in steps for roll in _of(step))


def contradictions(
    roll: Roll, as_of: date, released_on: date | None, amount: Fraction | int | None
) -> Iterator[tuple[str, str, str]]:
    """What a row of the table of balances says that its balance can't be: the column, what is wrong and the cure."""
    name = roll.name
    if roll.never_below_zero and amount is not None and amount < 0:
        yield "amount", f"{name} can't be below zero", "write what was on it, zero or more"
    if released_on is None or roll.is_dated:
        return
    if not roll.has_days:
        yield "released_on", f"nothing of {name} falls due on a day", "leave released_on blank"
    elif released_on < as_of:
        message = f"what fell due on {released_on} is no longer on {name} at the end of {as_of}"
        yield "released_on", message, "write a day after as_of, or leave the row out"


def bank_of(step: Limit) -> str:
    """The balance of what a limit cut and may release later."""
    return f"{step.name.split('.')[0]}.bank"


def carried_of(pool: str) -> str:
    """The balance of what a pool did not share, and carries to the next period."""
    return f"{pool}.{CARRIED}"


def carry_of(pool: str) -> str:
    """The balance of what the carry of a waterfall was paid so far."""
    return f"{pool}.{CARRY}"


def layer_of(pool: str, at: int) -> str:
    """The balance of what the layer at an index paid so far; a clawback is the layer after the last."""
    return f"{pool}.layer.{at + 1}"


def _of(step: Step) -> Iterator[Roll]:
    if isinstance(step, Limit) and step.limit.spec.excess == "banked":
        yield Roll(bank_of(step), f"{step.title}: bank", step.place, (BANKED, RELEASED), never_below_zero=True)
    elif isinstance(step, Share) and step.carries:
        name = carried_of(step.component)
        yield Roll(name, f"{step.title}: carried over", step.place, (RELEASED, CARRIED), is_whole=True)
    elif isinstance(step, Award) and step.kind is not None and step.keeps_history:
        for at, layer in enumerate(step.kind.layer_names):
            title = f"{step.pool}: layer {at + 1}, {layer}"
            yield Roll(layer_of(step.pool, at), title, step.place, (PAID,), is_dated=True, never_below_zero=True)
        yield Roll(carry_of(step.pool), f"{step.pool}: carry", step.place, (PAID,), is_whole=True, is_dated=True)
    elif isinstance(step, KeepBalance):
        kind = step.balance.kind
        due = kind.looks_back, kind.comes_by, kind.tells_overdrawn, kind.has_days, not kind.may_be_below_zero
        yield Roll(step.name, step.title, step.place, kind.names(), False, False, *due)
