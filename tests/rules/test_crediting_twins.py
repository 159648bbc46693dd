"""Any rule over any candidates: both twins agree, rows are shared to 100 %, and order and batches change nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from crediting_rows import CLOSED, EUR, By, Row, by_name, candidates, check_whole, hierarchy, rule
from hypothesis import given, strategies as st

from rules.crediting.credit import CreditSpec
from rules.crediting.credited import Credited, credited
from rules.crediting.groups import grouped, lowest, sum_by_group
from rules.crediting.hierarchy import Hierarchy
from rules.crediting.reason import explain_share
from rules.quantities.exact import Exact

WHO = ["ann", "bob", "cid", "dee", "eve"]
ROWS = ["D-1", "D-2", "D-3"]
ROLES = ["sourced", "influenced", "touch"]
days = st.none() | st.integers(0, 40).map(lambda ago: CLOSED - timedelta(days=ago))
rates = st.sampled_from(["0", "5%", "1/3", "10%", "12.5%"])

lines = st.lists(
    st.builds(
        By,
        st.sampled_from(WHO[:4]),
        st.sampled_from(ROLES),
        st.none() | st.sampled_from(["0", "10%", "1/3", "25%", "0.123456789"]),
        st.integers(0, 40).map(lambda ago: CLOSED - timedelta(days=ago)),
        st.sampled_from(ROWS),
        protected=st.booleans(),
    ),
    max_size=14,
)
rows_any = st.fixed_dictionaries(
    {name: st.builds(Row, st.just(CLOSED), days, days, st.integers(-(10**6), 10**6)) for name in ROWS}
)
role_share = st.fixed_dictionaries(
    {"share": st.sampled_from(["0", "1/3", "30%", "50%"]), "among": st.sampled_from(["equally", "by_share"])}
)
one_way = st.one_of(
    st.sampled_from(["first", "last", "linear", "u", "w", "time_decay"]).map(lambda shape: {"touches": shape}),
    st.just({"touches": {"shape": "time_decay", "half_life": "3 days", "within": "30 days"}}),
    st.sampled_from([["sourced"], ["sourced", "influenced"]]).map(lambda roles: {"table": {"roles": roles}}),
    st.just({"table": {"roles": {"sourced": {}, "influenced": {"overlay": "true"}}}}),
    st.fixed_dictionaries({"sourced": role_share, "influenced": role_share}).map(lambda roles: {"roles": roles}),
    st.sampled_from(["100%", "1/3"]).map(lambda share: {"owner": share}),
    st.just({"attributions": {"method": "influenced", "otherwise": "owner"}}),
)
ways = st.lists(one_way, min_size=1, max_size=2)  # the rows go by them in turn
more = st.fixed_dictionaries(
    {},
    optional={
        "prefer": st.just("sourced over influenced"),
        "protected_by": st.just("registrations"),
        "remainder": st.just("equally"),
        "at_most": st.sampled_from(["1", "333.33", "0.01"]),
        "roll_up": st.fixed_dictionaries(
            {
                "to": st.just("parent"),
                "rates": st.lists(rates, min_size=1, max_size=3),
                "on_top": st.sampled_from(["true", "false"]),
                "compress": st.sampled_from(["inactive", "none"]),
            }
        ),
    },
)
trees = st.builds(
    hierarchy,
    st.just(WHO),
    st.dictionaries(st.sampled_from(WHO[:-1]), st.integers(1, 4)).map(
        lambda steps: {child: WHO[min(WHO.index(child) + step, 4)] for child, step in steps.items()}
    ),
    st.lists(st.sampled_from(WHO), max_size=3),
)


def named(spec: CreditSpec, told: list[By], rows: dict[str, Row], tree: Hierarchy) -> tuple[Any, Credited]:
    made = candidates(told, rows, WHO)
    result = credited(spec, made, EUR, tree)
    return by_name(made, result), result


def wrong(spec: CreditSpec, told: list[By], rows: dict[str, Row], tree: Hierarchy, result: Credited) -> list[int]:
    """The shares on which the twins differ."""
    made, found = candidates(told, rows, WHO), result.shares
    return [
        i for i in range(len(found)) if explain_share(spec, made, found, i, EUR, tree).value != found.share.fraction(i)
    ]


def in_turn(ways: list[Any], others: dict[str, Any], told: list[By]) -> tuple[CreditSpec, list[By]]:
    """The rule of one or several ways, and the lines with the way of their row."""
    return rule(ways, **others), [replace(line, way=ROWS.index(line.row) % len(ways)) for line in told]


@given(ways, more, lines, rows_any, trees)
def test_the_twins_agree_and_every_row_is_shared_to_100_percent(
    way: list[Any], others: dict[str, Any], told: list[By], rows: dict[str, Row], tree: Hierarchy
) -> None:
    spec, told = in_turn(way, others, told)
    made = candidates(told, rows, WHO)
    result = credited(spec, made, EUR, tree)
    bad = {row for row, *_ in result.faults}
    good = [line for line in told if ROWS.index(line.row) not in bad]
    _, result = named(spec, good, rows, tree)
    assert result.faults == ()
    check_whole(candidates(good, rows, WHO), result)
    assert all(0 <= (house or Fraction(0)) <= 1 for house in result.shares.house.fractions())
    assert wrong(spec, good, rows, tree, result) == []


@given(ways, more, lines, rows_any, trees, st.randoms(use_true_random=False))
def test_neither_order_nor_batches_change_a_share(
    way: list[Any], others: dict[str, Any], told: list[By], rows: dict[str, Row], tree: Hierarchy, chance: Any
) -> None:
    spec, told = in_turn(way, others, told)
    made = candidates(told, rows, WHO)
    whole = credited(spec, made, EUR, tree)
    order = list(range(len(told)))
    chance.shuffle(order)
    shuffled = credited(spec, made.take(np.array(order, dtype=np.int64)), EUR, tree)
    assert by_name(made, shuffled) == by_name(made, whole)
    assert shuffled.faults == whole.faults
    assert shuffled.shares.house.fractions() == whole.shares.house.fractions()
    batches: dict[Any, Fraction] = {}
    for row in range(len(ROWS)):
        batches |= by_name(made, credited(spec, made.take(made.row == row), EUR, tree))
    assert batches == by_name(made, whole)


@pytest.mark.parametrize("way", [{"touches": "w"}, {"table": {"roles": ["sourced"]}}, {"owner": "1/3"}])
def test_a_share_that_is_off_by_a_billionth_is_found(way: Any) -> None:
    told = [By("ann", "sourced", None, CLOSED), By("bob", "touch", None, CLOSED), By("bob", "touch", None, CLOSED)]
    rows, tree, spec = {name: Row() for name in ROWS}, hierarchy(WHO, {}), rule(way)
    result = named(spec, told, rows, tree)[1]
    shares = result.shares.share
    moved = shares + Exact.of([Fraction(i == 0, 10**9) for i in range(len(shares))])
    object.__setattr__(result.shares, "share", moved)
    assert wrong(spec, told, rows, tree, result) == [0]


ratios = st.fractions(-(10**6), 10**6, max_denominator=10**4) | st.sampled_from(
    [Fraction(1, 2**61), Fraction(2**62, 3), Fraction(10**30, 7), Fraction(1, 2**62 - 57), Fraction(1, 2**61 - 1)]
)


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | ratios), max_size=12))
def test_sums_by_group_are_exact_whatever_the_denominators(told: list[tuple[int, Fraction | None]]) -> None:
    values = lowest(Exact.of([value for _, value in told]))
    groups = grouped((np.array([group for group, _ in told], dtype=np.int64),))
    expected: dict[int, Fraction] = {}
    for group, value in told:
        expected[group] = expected.get(group, Fraction(0)) + (value or 0)
    assert sum_by_group(values, groups).fractions() == [expected[group] for group in sorted(expected)]
