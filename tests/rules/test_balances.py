"""Balances by hand: each kind over some periods of one partner, worked out by both twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from rules.balances import BALANCES
from rules.balances.base import BalanceKind, Row, State
from rules.balances.meaning import OWN_NAMES
from rules.calendar import Calendar, Period
from rules.kinds.base import Terms
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

MONTHS = Calendar("month")
EUR = Terms(currency("EUR"))


def kind(name: str, config: Any) -> BalanceKind:
    """A balance as a program writes it."""
    return BALANCES[name].model_validate(config)


@dataclass(frozen=True)
class Month:
    """One period of one partner: what is due and what the balance rests on, in minor units."""

    due: int = 0
    base: int | None = None
    can: bool = True
    below_zero: int = 0
    inputs: Mapping[str, int | Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """What a period did: its movements, what it paid beside what was due, and the closing."""

    moves: dict[str, int]
    paid: int
    closing: int


def rolled(of: BalanceKind, months: Sequence[Month], first: str = "2026-01", opening: int = 0) -> list[Moved]:
    """A balance over months of one partner; every movement is explained, and the twin agrees."""
    period, found = MONTHS.period(first), list[Moved]()
    for month in months:
        past = list(found)

        def back(name: str, periods: int, past: list[Moved] = past) -> Fraction:
            return Fraction(past[-periods].moves[name]) if periods <= len(past) else Fraction(0)

        row = row_of(month, period, opening, back)
        moves, paid = agreed(of, row, EUR)
        opening += sum(moves.values())
        found.append(Moved(moves, paid, opening))
        after = MONTHS.after(period)
        assert after is not None
        period = after
    return found


def row_of(month: Month, period: Period, opening: int, back: Any) -> Row:
    base = month.due if month.base is None else month.base
    inputs = {name: Fraction(value) for name, value in month.inputs.items()}
    closes_year = MONTHS.fiscal_year(period.start).end == period.end
    return Row(
        period,
        Fraction(month.due),
        Fraction(base),
        Fraction(opening),
        month.can,
        inputs,
        back,
        closes_year=closes_year,
        below_zero=Fraction(month.below_zero),
    )


def agreed(of: BalanceKind, row: Row, terms: Terms) -> tuple[dict[str, int], int]:
    """The movements of one row by both twins, which come to the same; and what they pay."""

    def one(value: Fraction | int) -> Exact:
        return Exact.of([Fraction(value)])

    state = State(
        row.period,
        one(row.due),
        one(row.base),
        one(row.opening),
        np.array([row.can]),
        {name: one(value) for name, value in row.inputs.items()},
        lambda name, periods: one(row.back(name, periods)),
        one(row.due_now),
        one(row.due_later),
        row.closes_year,
        one(row.below_zero),
    )
    computed = {each.name: (each.change.fraction(0), each.paid.fraction(0)) for each in of.compute(state, terms)}
    explained = {each.name: (each.change, each.paid) for each in of.explain(row, terms)}
    assert computed == explained, "the twins agree"
    assert tuple(computed) == of.names(), "the movements are those that it names"
    assert all(each.words for each in of.explain(row, terms))
    assert all(value is not None and value.denominator == 1 for pair in computed.values() for value in pair)
    changes = {name: int(change or 0) for name, (change, _) in computed.items()}
    return changes, sum(int(paid or 0) for _, paid in computed.values())


def test_every_kind_has_a_case_below() -> None:
    assert {name for name, *_ in CASES} == set(BALANCES)


# The kind, what is written, the months, and of each: what it pays beside what was due, and what is on it then.
CASES: list[tuple[str, Any, list[Month], list[tuple[int, int]]]] = [
    (  # a tenth is kept back, and comes back two months later, to one who has left too
        "holdback",
        {"share": "10%", "released": {"after": "2"}},
        [Month(1000), Month(555), Month(0), Month(0, can=False), Month(-300)],
        [(-100, 100), (-56, 156), (100, 56), (56, 0), (0, 0)],
    ),
    (
        "holdback",
        {"share": "50%", "released": {"on": "2026-03-15"}},
        [Month(1000), Month(200), Month(100), Month(100)],
        [(-500, 500), (-100, 600), (600, 0), (0, 0)],
    ),
    (  # no more is held back than is due after the balances before it
        "holdback",
        {"share": "10%", "released": {"after": "1"}},
        [Month(60, 1000), Month(-40, 1000)],
        [(-60, 60), (60, 0)],
    ),
    (  # what customers paid in cash, and never more than is held
        "holdback",
        {"share": "100%", "released": {"of": "cash"}},
        [
            Month(900, inputs={"released": 0}),
            Month(0, inputs={"released": 400}),
            Month(0, inputs={"released": -70}),
            Month(0, inputs={"released": 9_999}),
        ],
        [(-900, 900), (400, 500), (0, 500), (500, 0)],
    ),
    (
        "draw",
        "EUR 20",
        [Month(500), Month(3000), Month(2600), Month(0, can=False)],
        [(1500, 1500), (-1000, 500), (-500, 0), (0, 0)],
    ),
    (
        "draw",
        {"amount": "EUR 20", "recoverable": "false"},
        [Month(500), Month(3000), Month(-100)],
        [(1500, 0), (0, 0), (2100, 0)],
    ),
    (
        "draw",
        {"of": "partners.draw", "recoup": "50%"},
        [Month(0, inputs={"amount": 1000}), Month(1801, inputs={"amount": 1000}), Month(9000, inputs={"amount": 0})],
        [(1000, 1000), (-401, 599), (-599, 0)],
    ),
    (  # a royalty of 11,975 (5,000 copies at 23.95, 10 %) over an advance of 10,000 pays 1,975 (H1-45)
        "advance",
        {"of": "advances", "is_paid": "true"},
        [Month(0, inputs={"of": 1_000_000}), Month(1_197_500, inputs={"of": 0})],
        [(1_000_000, 1_000_000), (-1_000_000, 0)],
    ),
    (  # a royalty of 15,000 after expenses of 10,000 pays 5,000 (H1-48)
        "advance",
        {"of": "expenses"},
        [Month(1_500_000, inputs={"of": 1_000_000})],
        [(-1_000_000, 0)],
    ),
    (
        "advance",
        {"of": "expenses", "recoup": "25%"},
        [Month(1002, inputs={"of": 400}), Month(-500, inputs={"of": 0}), Month(900, inputs={"of": 0})],
        [(-251, 149), (0, 149), (-149, 0)],
    ),
    (  # and no more is recouped than is due
        "advance",
        {"of": "expenses"},
        [Month(70, 900, inputs={"of": 400}), Month(-5, 900, inputs={"of": 0})],
        [(-70, 330), (0, 330)],
    ),
    ("negative", "carry", [Month(-70), Month(50), Month(-5), Month(100)], [(70, 70), (-50, 20), (5, 25), (-25, 0)]),
    ("negative", "write_off", [Month(-70), Month(50)], [(70, 0), (0, 0)]),
    (  # 100 below zero: 30 of it other components make up for, 70 are carried; 50 is set against them, then 20
        "negative",
        "net",
        [Month(-70, below_zero=100), Month(50), Month(40, below_zero=60)],
        [(70, 70), (-50, 20), (-20, 0)],
    ),
    (  # what other components earn is paid: only those of the net make up for each other
        "negative",
        {"what": "net", "of": ["commission", "bonus"]},
        [Month(430, base=-70, below_zero=100), Month(550, base=50), Month(10, base=40)],
        [(70, 70), (-50, 20), (-10, 10)],
    ),
    (
        "minimum",
        "EUR 50",
        [Month(4900), Month(-100), Month(200), Month(-9000), Month(100), Month(0, can=False)],
        [(-4900, 4900), (100, 4800), (4800, 0), (0, 0), (-100, 100), (100, 0)],
    ),
    (
        "minimum",
        {"amount": "EUR 50", "at_year_end": "true"},
        [Month(10)] * 12,
        [*((-10, 10 * month) for month in range(1, 12)), (110, 0)],
    ),
    (
        "mark",
        "net_value",
        [Month(inputs={"of": each}) for each in (500, 700, 600, 701)],
        [(0, 500), (0, 700), (0, 700), (0, 701)],
    ),
    (
        "mark",
        {"of": "net_value", "at_year_end": "true"},
        [Month(inputs={"of": each}) for each in (500, *[700] * 10, 600, 900)],
        [*[(0, 0)] * 11, (0, 600), (0, 600)],
    ),
    (
        "account",
        {"movements": {"paid_in": "contributions", "drawn": "-drawings"}, "credited": ["interest"]},
        [Month(80, 80, inputs={"paid_in": 1000, "drawn": -300}), Month(90, 40, inputs={"paid_in": 0, "drawn": -820})],
        [(-80, 780), (-40, 0)],
    ),
    (  # the oldest is used first; what accrued in January expires at the end of March
        "allowance",
        {"accrued": "accrual", "used": "claims", "expires_after": "2"},
        [
            Month(inputs={"accrued": 100, "used": 0}),
            Month(inputs={"accrued": 50, "used": 30}),
            Month(inputs={"accrued": 20, "used": 10}),
            Month(inputs={"accrued": 0, "used": 60}),
            Month(inputs={"accrued": 0, "used": 0}),
        ],
        [(0, 100), (0, 120), (0, 70), (0, 10), (0, 0)],
    ),
    (
        "allowance",
        {"accrued": "accrual", "used": "claims"},
        [Month(inputs={"accrued": 100, "used": 130}), Month(inputs={"accrued": 50, "used": 0})],
        [(0, -30), (0, 20)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "months", "expected"), CASES)
def test_a_balance_rolls_forward(name: str, config: Any, months: list[Month], expected: list[tuple[int, int]]) -> None:
    found = rolled(kind(name, config), months)
    assert [(each.paid, each.closing) for each in found] == expected


@pytest.mark.parametrize(
    ("name", "config", "month", "moves"),
    [
        ("draw", {"amount": "EUR 20", "recoverable": "false"}, Month(500), {"drawn": 1500, "not_recoverable": -1500}),
        ("negative", "write_off", Month(-70), {"fell_short": 70, "written_off": -70}),
        ("negative", "net", Month(-70, below_zero=100), {"fell_short": 100, "netted": -30, "applied": 0}),
        ("negative", "net", Month(25, below_zero=100), {"fell_short": 100, "netted": -100, "applied": 0}),
    ],
)
def test_what_is_lost_or_made_up_for_is_a_movement_to_see(
    name: str, config: Any, month: Month, moves: dict[str, int]
) -> None:
    (found,) = rolled(kind(name, config), [month])
    assert found.moves == moves
    assert found.closing == sum(moves.values())


def test_the_oldest_expires_first() -> None:
    allowance = kind("allowance", {"accrued": "accrual", "used": "claims", "expires_after": "2"})
    months = [(100, 0), (50, 30), (20, 10), (0, 60), (0, 0)]
    found = rolled(allowance, [Month(inputs={"accrued": accrued, "used": used}) for accrued, used in months])
    assert [each.moves["expired"] for each in found] == [0, 0, -60, 0, -10]


@pytest.mark.parametrize(("decimals", "code", "held"), [(0, "JPY", 1), (2, "EUR", 1), (3, "KWD", 1)])
def test_a_share_is_rounded_once_to_the_minor_unit(decimals: int, code: str, held: int) -> None:
    """A tenth of 5 minor units is half of one, which rounds up, whatever the unit is worth."""
    terms = Terms(currency(code))
    assert terms.currency.decimals == decimals
    row = row_of(Month(5), MONTHS.period("2026-01"), 0, lambda name, periods: Fraction(0))
    assert agreed(kind("holdback", {"share": "10%", "released": {"after": "1"}}), row, terms)[0]["withheld"] == held


@pytest.mark.parametrize(
    ("name", "config", "code"),
    [
        ("holdback", {"share": "0%", "released": {"after": "1"}}, "P261"),
        ("holdback", {"share": "101%", "released": {"after": "1"}}, "P261"),
        ("holdback", {"share": "10%", "released": {}}, "P260"),
        ("holdback", {"share": "10%", "released": {"after": "1", "on": "2026-01-31"}}, "P260"),
        ("holdback", {"share": "10%", "released": {"after": "0"}}, "P260"),
        ("draw", {"amount": "EUR 1", "of": "partners.draw"}, "P260"),
        ("draw", {}, "P260"),
        ("draw", "EUR 0", "P261"),
        ("draw", {"amount": "EUR 1", "recoup": "0%"}, "P261"),
        ("advance", {"of": "x", "recoup": "200%"}, "P261"),
        ("minimum", "EUR 0", "P261"),
        ("negative", {"what": "carry", "of": ["commission"]}, "P260"),
        ("allowance", {"accrued": "x", "used": "y", "expires_after": "0"}, "P260"),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(name: str, config: Any, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        kind(name, config)
    assert code in {each["type"] for each in raised.value.errors()}


@pytest.mark.parametrize("name", sorted(BALANCES))
def test_no_movement_has_the_name_of_what_the_engine_keeps(name: str) -> None:
    assert not OWN_NAMES & set(BALANCES[name].moves)
