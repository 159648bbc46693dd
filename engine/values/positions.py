"""Where the running totals of a fiscal year stood at the end of a day: a program that goes live within the year goes on
from there.

A tier or a limit over the fiscal year has a position in the table of balances, beside what rolls forward. It holds to
the end of its year: rows and periods up to its day are not added up again. Which days those are, and what stood there,
are columns of the sheet, so that whoever explains it reads the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine.values.plan import Accumulate, Limit, ReadRows, Step, TopUp
from rules.expressions.columnar import EPOCH
from rules.expressions.tree import Type
from rules.problem import Place
from rules.quantities.exact import Exact

YEAR_TO_DATE = "year_to_date"


@dataclass(frozen=True, slots=True)
class Position:
    """One position: its name in the table of balances, whether it is the program's instead of a partner's, and whether
    it is money (else units, written as an amount)."""

    name: str
    title: str
    place: Place
    is_whole: bool
    is_money: bool = True


@dataclass(frozen=True, slots=True)
class OpenPositions(Step):
    """The positions of the year so far by the table of balances, of those that it tells: for each partner
    `NAME.year_to_date`, and `NAME.year_to_date.as_of`, the day as days since 1970-01-01.

    Units are written as amounts, of which `minor_per_major` make one. `is_alone` tells that nothing else of the program
    opens by that table.
    """

    positions: tuple[Position, ...]
    minor_per_major: int
    is_alone: bool


def positions(steps: Iterable[Step]) -> tuple[Position, ...]:
    """The positions that a plan can go on from, in the order of its steps."""
    every = tuple(steps)
    types = {name: type_ for each in every if isinstance(each, ReadRows) for name, (_, type_) in each.measures.items()}
    return tuple(_of(every, types))


def _of(steps: tuple[Step, ...], types: Mapping[str, Type]) -> Iterator[Position]:
    for step in steps:
        name = position_of(step)
        if isinstance(step, Accumulate) and name:
            is_money = types.get(step.over[0][1], Type.MONEY) is Type.MONEY
            yield Position(name, f"{step.title}, the year so far", step.place, step.per == "program", is_money)
        elif isinstance(step, Limit | TopUp) and name:
            is_whole = step.limit.spec.per == "program"
            yield Position(name, f"{step.title}: paid in the year so far", step.place, is_whole)


def position_of(step: Step) -> str:
    """The name of a step's position; "" where it has none.

    Rows that tiers add up have that of their rule. Where returns let the total of a year that is over fall, no position
    could tell which rows it is made of, and there is none.
    """
    if isinstance(step, Accumulate):
        return _tiers(step.name) if step.stretch == "fiscal_year" and not step.apart else ""
    if isinstance(step, ReadRows):
        return _tiers(step.name) if step.since == "fiscal_year" and step.back is None and not step.fallen else ""
    if isinstance(step, Limit | TopUp) and step.limit.spec.over == "fiscal_year":
        name, at = step.name.rsplit(".", 1)
        return f"{name}.{int(at) + 1}.{YEAR_TO_DATE}"
    return ""


def _tiers(name: str) -> str:
    return f"{name.rsplit('.', 1)[0]}.{YEAR_TO_DATE}"


def told_until(name: str, columns: Mapping[str, Exact]) -> date | None:
    """The day up to which a position tells what was added up; None where there is none."""
    found = columns.get(f"{name}.as_of") if name else None
    return None if found is None or not len(found) else EPOCH + timedelta(days=int(found.numerator[0]))
