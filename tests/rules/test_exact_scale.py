"""Columns of a million partners: exact order without a common denominator, sums that stay in bounds, and the one rule
by which values with too many denominators are rounded before they are added up."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rules.kinds.base import Terms
from rules.kinds.by_rank import ByRank
from rules.kinds.scales import SCALES
from rules.kinds.scales.peers import at_rows, circle_of, shared_denominator, standings
from rules.kinds.scales.quantile import explain_percentile_of_peers, percentile_of_peers
from rules.quantities.currency import currency
from rules.quantities.exact import COMMON_BITS_MAX, LIMIT, Exact, group_total, integers
from rules.scorecards.tiering import explain_rank, ranks

EUR = Terms(currency("EUR"))
PARTNERS = 100_000

wholes = st.sampled_from([0, 1, -1, 2**53, 2**62, LIMIT - 1, 1 - LIMIT, LIMIT, 10**30]) | st.integers(-9, 9)
below = st.sampled_from([1, 2, 3, 2**53 + 1, LIMIT - 1, LIMIT - 2, 10**40]) | st.integers(1, 12)
ratios = st.builds(Fraction, wholes, below)


def conversion_rates(partners: int) -> Exact:
    """Won deals over offers, with nearly as many denominators as there are partners."""
    random = np.random.default_rng(11)
    offers = random.integers(1, 300_000, partners)
    return Exact(random.integers(0, 300_000, partners)) / Exact(offers)


def primes(count: int) -> list[int]:
    found: list[int] = []
    each = 2
    while len(found) < count:
        if all(each % prime for prime in found if prime * prime <= each):
            found.append(each)
        each += 1
    return found


# --- order ------------------------------------------------------------------------------------------------------------


@given(st.lists(ratios | st.none(), max_size=12))
def test_dense_ranks_are_the_order_of_the_fractions(rows: list[Fraction | None]) -> None:
    order = sorted({row for row in rows if row is not None})
    found, count = Exact.of(rows).dense_ranks()
    assert found.dtype == np.int64 and count == len(order)
    assert found.tolist() == [-1 if row is None else order.index(row) for row in rows]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([Fraction(n, n + 1) for n in range(2**53, 2**53 + 40)], id="floats that are all 1.0"),
        pytest.param([Fraction(n + 1, n) for n in range(LIMIT - 40, LIMIT)], id="the ends of int64"),
        pytest.param([Fraction(10**400 + n, 3 + n % 2) for n in range(9)], id="beyond the largest float"),
        pytest.param([-Fraction(10**400 + n, 3 + n % 2) for n in range(9)], id="beyond the least float"),
        pytest.param([Fraction(1 + n % 3, 10**400 + n) for n in range(9)], id="below the smallest float"),
        pytest.param([Fraction(3 + n, 10**318 + 1) for n in range(9)], id="where floats lose digits"),
        pytest.param([Fraction(0), Fraction(1, 10**400), Fraction(-1, 10**400), Fraction(10**400)], id="near zero"),
    ],
)
def test_near_ties_are_ordered_exactly(rows: list[Fraction]) -> None:
    order = sorted(set(rows))
    for each in (rows, rows[::-1], rows + rows):
        column = Exact(integers([row.numerator for row in each]), integers([row.denominator for row in each]))
        assert column.dense_ranks()[0].tolist() == [order.index(row) for row in each]


def test_equal_values_that_are_written_differently_share_a_rank() -> None:
    halves = Exact(np.array([1, 2, 3, 500, 0, 0]), np.array([2, 4, 5, 1000, 3, 7]))
    assert halves.dense_ranks()[0].tolist() == [1, 1, 2, 1, 0, 0]


@given(rows=st.lists(ratios | st.none(), max_size=9), data=st.data())
def test_standings_count_who_is_ahead(rows: list[Fraction | None], data: st.DataObject) -> None:
    codes = [data.draw(st.sampled_from([0, 1, None])) for _ in rows]
    groups = data.draw(st.sampled_from([None, Exact.of(codes)]))
    found = standings(Exact.of(rows), groups, "highest")
    taking_part = [n for n, row in enumerate(rows) if row is not None and (groups is None or codes[n] is not None)]
    assert sorted(found.rows.tolist()) == taking_part
    for at, row in enumerate(found.rows.tolist()):
        peers = [rows[n] for n in taking_part if groups is None or codes[n] == codes[row]]
        ahead = [each for each in peers if each > rows[row]]
        assert (found.ahead[at], found.levels_ahead[at]) == (len(ahead), len(set(ahead)))
        assert (found.equal[at], found.count[at]) == (peers.count(rows[row]), len(peers))
        assert found.levels[at] == len(set(peers))
        start = int(found.starts[at])
        assert [rows[n] for n in found.rows[start : start + len(peers)]] == sorted(peers, reverse=True)  # type: ignore[type-var]


# --- the bound on a common denominator --------------------------------------------------------------------------------


def too_fine() -> list[Fraction]:
    """Values whose common denominator has just more than 4,096 bits, in lowest terms."""
    rows = [Fraction(prime // 3 + 1, prime) for prime in primes(500)]
    assert math.lcm(*(row.denominator for row in rows)).bit_length() > COMMON_BITS_MAX
    return rows


def test_up_to_the_bound_the_numbers_are_exact_and_beyond_it_they_have_nine_decimals() -> None:
    at_bound = [Fraction(1, 2**4095), Fraction(1, 3)]
    assert (2**4095 * 3).bit_length() == 4097 and (2**4095).bit_length() == COMMON_BITS_MAX
    for rows, exact in [([Fraction(1, 2**4095), Fraction(1, 2)], True), (at_bound, False), (too_fine(), False)]:
        numbers, common = Exact.of(rows).scaled()
        expected = rows if exact else [Fraction(round(row * 10**9), 10**9) for row in rows]
        assert [Fraction(int(each), common) for each in numbers] == expected
        assert Exact.of(rows).sum() == sum(expected)
        assert shared_denominator(rows) == common


def test_a_half_billionth_goes_to_the_even_side_and_mirrors() -> None:
    fine = [Fraction(n, 2 * 10**9) for n in (1, 3, 5, -1, -3, -5)]
    numbers, common = Exact.of([*fine, *too_fine()]).scaled()
    assert (common, numbers[:6].tolist()) == (10**9, [0, 2, 2, 0, -2, -2])


@given(st.lists(st.builds(Fraction, wholes, below), min_size=1, max_size=4))
def test_the_rounding_is_that_of_fractions_at_any_size(rows: list[Fraction]) -> None:
    numbers, _ = Exact.of([*rows, *too_fine()]).scaled()
    assert [int(each) for each in numbers[: len(rows)]] == [round(row * 10**9) for row in rows]


def test_the_bound_is_that_of_lowest_terms_however_the_values_are_written() -> None:
    doubled = 2**5000
    written = Exact(integers([doubled, doubled // 2]), doubled)  # 1 and 1/2 over a needless denominator
    numbers, common = written.scaled()
    assert (numbers.tolist(), common) == ([2, 1], 2)


@pytest.mark.parametrize("deviation", ["population", "sample"])
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_z_score_among_too_many_denominators_agrees_with_its_explanation(deviation: str, better: Any) -> None:
    kind = SCALES["z_score"].model_validate({"deviation": deviation})
    columns = {"value": Exact.of([*too_fine()[::-1], None])}
    points = kind.compute(columns, 501, better)
    for row in (0, 7, 250, 499, 500):
        reason = kind.explain(columns, row, EUR, better)
        assert (reason and reason.value) == points.fraction(row)


def test_a_z_score_in_a_small_group_stays_exact_beside_a_large_one() -> None:
    """The rule looks at who is added up together, so a group's points do not depend on other groups."""
    kind = SCALES["z_score"].model_validate({"deviation": "population", "among": "partners.kind"})
    few = [Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**12), Fraction(1, 7)]
    alone = kind.compute({"value": Exact.of(few), "group": Exact.of([1, 1, 1])}, 3)
    fine = too_fine()
    groups = Exact.of([1, 1, 1, *[2] * len(fine)])
    beside = kind.compute({"value": Exact.of([*few, *fine]), "group": groups}, 3 + len(fine))
    assert beside.fractions()[:3] == alone.fractions()


# --- a large sheet ----------------------------------------------------------------------------------------------------


def by_rank(values: Exact) -> Exact:
    kind = ByRank.model_validate({"of": "kpis.conversion", "best": "highest"})
    return kind.compute({"of": values}, len(values))


def points(name: str, **config: Any) -> Callable[[Exact], Exact]:
    return lambda values: SCALES[name].model_validate(config).compute({"value": values}, len(values))


LARGE: dict[str, Callable[[Exact], Exact]] = {
    "by_rank": by_rank,
    "percentile": points("percentile"),
    "rank": points("rank", ties="mean"),
    "min_max": points("min_max"),
    "ranks": lambda values: ranks(values, "ordinal", np.arange(len(values))),
    "percentile_of_peers": lambda values: percentile_of_peers(values, None, Fraction(3, 4)),
    "scaled": lambda values: Exact(*values.scaled()),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_ratio_of_a_hundred_thousand_partners_fits_into_memory(name: str) -> None:
    rates = conversion_rates(PARTNERS)
    tracemalloc.start()
    started = perf_counter()
    found = LARGE[name](rates)
    seconds, (_, peak_bytes) = perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == PARTNERS and found.is_known().all()
    assert peak_bytes < 200_000_000, "two kilobytes a partner; a common denominator would take a hundred times that"
    assert seconds < 20, "generous: a tenth of a second on an idle machine"


def test_explanations_of_a_large_sheet_come_to_the_same_values() -> None:
    rates = conversion_rates(20_000)
    keys = np.arange(len(rates))
    columns = {"value": rates}
    quarter = percentile_of_peers(rates, None, Fraction(3, 4))
    for row in (0, 11_111):
        for name, config in {"percentile": {}, "rank": {"ties": "mean"}, "min_max": {}}.items():
            kind = SCALES[name].model_validate(config)
            reason = kind.explain(columns, row, EUR)
            assert reason is not None and reason.value == kind.compute(columns, len(rates)).fraction(row)
        place = explain_rank(rates, "ordinal", keys, row)
        assert place is not None and place.value == ranks(rates, "ordinal", keys).fraction(row)
        found = explain_percentile_of_peers(rates, None, row, Fraction(3, 4))
        assert found is not None and found.value == quarter.fraction(row)
        kind_by_rank = ByRank.model_validate({"of": "kpis.conversion", "best": "highest"})
        assert kind_by_rank.explain({"of": rates}, row, EUR).value == by_rank(rates).fraction(row)


def test_a_circle_holds_the_fractions_of_its_group() -> None:
    values = Exact.of([Fraction(1, 2), Fraction(1, 3), None, Fraction(1, 5)])
    assert circle_of(values, Exact.of([4, 4, 4, 5]), 0) == ([Fraction(1, 2), Fraction(1, 3)], 1)
    assert circle_of(values, Exact.of([4, 4, 4, None]), 3) == ([], 1)


def test_values_come_back_to_their_rows() -> None:
    column = at_rows(np.array([2, 0]), 4, Exact.of([Fraction(1, 2), None]))
    assert column.fractions() == [None, None, Fraction(1, 2), None]


# --- totals by group --------------------------------------------------------------------------------------------------


def test_ten_million_large_lines_are_added_up_in_64_bits() -> None:
    """10^12 minor units a line: their sum passes 2^63 only on paper, and no line becomes a Python integer."""
    lines = np.full(10_000_000, 10**12)
    started = perf_counter()
    sums = group_total(lines, np.arange(len(lines)) % 1000, 1000)
    assert sums.dtype == np.int64 and (sums == 10**16).all()
    assert perf_counter() - started < 10


@given(st.lists(st.tuples(st.sampled_from([LIMIT - 1, 1 - LIMIT, -LIMIT, 2**32 - 1, -1]), st.integers(0, 2))))
def test_group_totals_at_the_ends_of_int64(pairs: list[tuple[int, int]]) -> None:
    values, groups = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
    expected = [sum(value for value, group in pairs if group == wanted) for wanted in range(3)]
    assert group_total(values, groups, 3).tolist() == expected
