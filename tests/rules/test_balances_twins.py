"""Both twins of a kind of balance agree on any state, and a row does not depend on its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from test_balances import EUR, MONTHS, Month, agreed, kind, row_of

from rules.balances import BALANCES
from rules.balances.base import BalanceKind, Row, State
from rules.balances.draw import Draw
from rules.kinds.base import Terms
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import Rounding

amounts = st.sampled_from([0, 1, -1, 99, 10**15, -(10**15)]) | st.integers(-(10**6), 10**6)
exact = amounts | st.fractions(-(10**4), 10**4, max_denominator=97)
shares = st.sampled_from(["1%", "10%", "1/3", "99.5%", "100%"])
count = st.integers(1, 4).map(str)
releases = st.one_of(
    count.map(lambda after: {"after": after}),
    st.sampled_from(["2026-03-31", "2026-04-01", "2026-04-30"]).map(lambda day: {"on": day}),
    st.just({"of": "cash"}),
)
money = st.integers(1, 10**9).map(lambda amount: f"EUR {amount}")
flags = st.sampled_from(["true", "false"])
CONFIGS: Mapping[str, st.SearchStrategy[Any]] = {
    "holdback": st.fixed_dictionaries({"share": shares, "released": releases}),
    "draw": st.one_of(st.fixed_dictionaries({"recoup": shares}), st.just({"recoverable": "false"}))
    .flatmap(lambda rest: st.sampled_from([{"amount": "EUR 3"}, {"of": "partners.draw"}]).map(lambda one: one | rest)),
    "advance": st.fixed_dictionaries({"of": st.just("paid"), "recoup": shares, "is_paid": flags}),
    "negative": st.sampled_from(["carry", "write_off", "net", {"what": "net", "of": ["commission"]}]),
    "minimum": st.fixed_dictionaries({"amount": money, "at_year_end": flags}),
    "mark": st.fixed_dictionaries({"of": st.just("value"), "at_year_end": flags}),
    "account": st.sampled_from(
        [{"movements": {"in": "a", "out": "-b"}, "credited": ["c"]}, {"movements": {"in": "a"}}, {"credited": ["c"]}]
    ),
    "allowance": st.fixed_dictionaries(
        {"accrued": st.just("a"), "used": st.just("b")},
        optional={"expires_after": count, "over": st.sampled_from(["carry", "refuse"])},
    ),
}  # fmt: skip


@st.composite
def states(draw: st.DrawFn) -> tuple[BalanceKind, Row, Terms]:
    name = draw(st.sampled_from(sorted(BALANCES)))
    of = kind(name, draw(CONFIGS[name]))
    past = {(move, ago): draw(amounts) for move in of.names() for ago in range(1, of.looks_back + 1)}
    inputs = {each: Fraction(draw(exact)) for each in of.inputs()}
    whole = [Fraction(draw(amounts)) for _ in range(5)]
    period = MONTHS.period(draw(st.sampled_from(["2026-03", "2026-04", "2026-12"])))
    due, base, opening, due_now, due_later = whole
    row = Row(
        period,
        due,
        base,
        opening,
        draw(st.booleans()),
        inputs,
        lambda name, ago: Fraction(past[name, ago]),
        due_now,
        due_later,
        MONTHS.fiscal_year(period.start).end == period.end,
        Fraction(draw(st.integers(0, 10**6))),
    )
    mode, step = draw(st.sampled_from(list(Rounding))), draw(st.sampled_from([1, 5, 250]))
    return of, row, Terms(currency(draw(st.sampled_from(["EUR"]))), mode, step)


@given(states())
@settings(max_examples=150, deadline=None)
def test_both_twins_come_to_the_same(each: tuple[BalanceKind, Row, Terms]) -> None:
    agreed(*each)


@given(states())
@settings(max_examples=100, deadline=None)
def test_a_row_does_not_depend_on_its_neighbours(each: tuple[BalanceKind, Row, Terms]) -> None:
    """Twice the same row and one of zeros between them."""
    of, row, terms = each

    def column(value: Fraction) -> Exact:
        return Exact.of([value, Fraction(0), value])

    state = State(
        row.period,
        column(row.due),
        column(row.base),
        column(row.opening),
        np.array([row.can, True, row.can]),
        {name: column(value) for name, value in row.inputs.items()},
        lambda name, periods: column(row.back(name, periods)),
        column(row.due_now),
        column(row.due_later),
        row.closes_year,
        column(row.below_zero),
    )
    alone = agreed(of, row, terms)[0]
    for movement in of.compute(state, terms):
        assert movement.change.fraction(0) == movement.change.fraction(2) == alone[movement.name]


def test_a_twin_that_forgets_what_is_owed_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    owed = row_of(Month(5000), MONTHS.period("2026-02"), 1500, lambda name, periods: Fraction(0))
    draw = kind("draw", "EUR 20")
    agreed(draw, owed, EUR)
    whole = Draw.compute

    def forgets(self: Draw, state: State, terms: Terms) -> Any:
        return whole(self, State(state.period, state.due, state.base, -state.opening, state.can), terms)

    monkeypatch.setattr(Draw, "compute", forgets)
    with pytest.raises(AssertionError, match="the twins agree"):
        agreed(draw, owed, EUR)
