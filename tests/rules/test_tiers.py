"""Tiers: rows worked by hand, in words; any cut of the rows pays the same, and returns undo what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from kinds_data import Inputs
from tier_rows import EUR, RUNNING, due, paid, steps, tiers

from rules.expressions.tree import Type
from rules.kinds import schedule
from rules.kinds.base import Terms
from rules.quantities.exact import Exact

YEARLY = steps(("100_000", "5%"), ("500_000", "7.5%"), (None, "10%"))
ATTAINED = steps(("80%", "0%"), ("100%", "5%"), (None, "8%"))
BONUS = steps(("EUR 100_000", "0"), ("EUR 500_000", "1_000"), (None, "5_000"), pays="amount")
LINES = steps(("80%", "50%"), ("100%", "100%"), at="at")
LINE_AMOUNTS = steps(("80%", "EUR 500"), ("100%", "EUR 1_000"), pays="amount", at="at")

WORKED: list[tuple[dict[str, Any], dict[str, Any], Any, str]] = [
    (
        {"method": "marginal", "steps": YEARLY},
        {"base": 15_000_000},
        8_750,
        "100,000.00 of the first 100,000.00 x 5 % + 50,000.00 of the next 400,000.00 x 7.5 % (350,000.00 left)",
    ),
    (
        {"method": "marginal", "steps": YEARLY, **RUNNING},
        {"base": 15_000_000, "before": 40_000_000},
        "12500",
        "100,000.00 of the next 400,000.00 x 7.5 % (300,000.00 of this tier before, 0.00 left)"
        " + 50,000.00 of all above 500,000.00 x 10 %",
    ),
    (
        {"method": "marginal", "steps": YEARLY, **RUNNING},
        {"base": -6_000_000, "before": 55_000_000 - 100_000},
        "-5725",
        "-49,000.00 of all above 500,000.00 x 10 % (49,000.00 of this tier before)"
        " + -11,000.00 of the next 400,000.00 x 7.5 % (400,000.00 of this tier before, 11,000.00 left)",
    ),
    (
        {"method": "marginal", "steps": YEARLY, **RUNNING},
        {"base": -3_000_000, "before": 1_000_000},
        -1_500,
        "-10,000.00 of the first 100,000.00 x 5 % (10,000.00 of this tier before, 100,000.00 left)"
        " + -20,000.00 below zero x 5 %",
    ),
    (
        {"method": "marginal", "steps": YEARLY[:2]},
        {"base": 60_000_000},
        35_000,
        "100,000.00 of the first 100,000.00 x 5 % + 400,000.00 of the next 400,000.00 x 7.5 %"
        " + 100,000.00 beyond 500,000.00 x nothing",
    ),
    (
        {"method": "marginal", "quota": "partners.quota", "steps": steps(("80%", "5%"), (None, "10%"))},
        {"base": 100_000, "quota": 100_000},
        60,
        "quota 1,000.00, 800.00 of the first 800.00 x 5 % + 200.00 of all above 800.00 x 10 %",
    ),
    (
        {"method": "whole", "at_edge": "lower_tier", "steps": YEARLY, **RUNNING},
        {"base": 10_000_000, "before": 10_000_000},
        10_000,
        "200,000.00 is above 100,000.00 up to 500,000.00 (300,000.00 left), back to the first unit: "
        "7.5 % of 200,000.00 = 15,000.00, less 5,000.00 due before",
    ),
    (
        {"method": "whole", "at_edge": "higher_tier", "steps": BONUS, **RUNNING},
        {"base": 40_000_000, "before": 10_000_000},
        4_000,
        "500,000.00 is from 500,000.00: 5,000.00, less 1,000.00 due before",
    ),
    (
        {"method": "marginal", "at_edge": "lower_tier", "steps": BONUS, **RUNNING},
        {"base": 40_000_001, "before": 20_000_000},
        5_000,
        "600,000.01 enters 3 of 3: 0.00 + 1,000.00 + 5,000.00 = 6,000.00, less 1,000.00 due before",
    ),
    (
        {"method": "whole", "at_edge": "higher_tier", "by": "attainment", "steps": ATTAINED},
        {"base": 100_000, "by": Fraction("0.8")},
        50,
        "attainment = 80 % is from 80 % below 100 % (20 % left): 5 % of 1,000.00",
    ),
    (  # margin of 3,000.00 on a revenue of 150,000.00, of which 60,000.00 are the rest of a tier
        {"method": "marginal", "by": "deals.amount", "steps": steps(("EUR 100_000", "5%"), (None, "10%")), **RUNNING},
        {"base": 300_000, "by": 15_000_000, "before": 4_000_000},
        240,
        "deals.amount = 150,000.00: 60,000.00 of the first 100,000.00 x 5 % (40,000.00 of this tier before, 0.00 left)"
        " + 90,000.00 of all above 100,000.00 x 10 %; on average 8 % of 3,000.00",
    ),
    (
        {"method": "marginal", "by": "copies", "steps": steps(("100", "5%"), (None, "10%")), **RUNNING},
        {"base": 300_000, "by": 0, "before": 100},
        300,
        "copies = 0 moves nothing: 10 % of 3,000.00",
    ),
    (
        {"method": "marginal", "by": "copies", "steps": steps(("100", "1.50"), ("200", "2"), pays="per_unit")},
        {"base": 10, "by": 400},
        "8.75",
        "copies = 400: 100 of the first 100 x 1.50 + 100 of the next 100 x 2.00 + 200 beyond 200 x nothing"
        "; on average 10 x 0.875",
    ),
    (
        {"method": "interpolated", "by": "attainment", "steps": LINES},
        {"base": 100_000, "by": Fraction("0.9")},
        750,
        "attainment = 90 % is on the line between 80 % (50 %) and 100 % (100 %): 75 % of 1,000.00",
    ),
    (
        {"method": "interpolated", "by": "attainment", "steps": LINE_AMOUNTS},
        {"by": Fraction("0.5")},
        500,
        "attainment = 50 % is not above the first point 80 %: 500.00",
    ),
    (
        {"method": "interpolated", "by": "sold", "quota": "quota", "steps": LINE_AMOUNTS},
        {"by": 360, "quota": 400},
        750,
        "quota 400, sold = 360 is on the line between 320 (500.00) and 400 (1,000.00): 750.00",
    ),
]


@pytest.mark.parametrize(("config", "row", "expected", "words"), WORKED)
def test_a_row_worked_by_hand(config: dict[str, Any], row: dict[str, Any], expected: Any, words: str) -> None:
    kind = tiers(config)
    assert due(config, **{name: [value] for name, value in row.items()}) == [Fraction(expected)]
    reason = kind.explain(Inputs({name: Exact.of([value]) for name, value in row.items()}), 0, EUR)
    assert reason.words == words
    assert set(reason.uses) == set(row)


def test_a_bare_number_is_an_amount_where_money_is_measured() -> None:
    bonus = {
        "method": "whole",
        "at_edge": "higher_tier",
        "steps": steps(("1_000", "0"), (None, "EUR 50"), pays="amount"),
    }
    of_money, of_units = (Terms(EUR.currency, types={"base": each}) for each in (Type.MONEY, Type.COUNT))
    assert due(bonus, of_money, base=[99_999, 100_000]) == [0, 50]
    assert due(bonus, of_units, base=[999, 1_000]) == [0, 50]


def test_amounts_need_a_total_above_zero() -> None:
    config = {"method": "whole", "at_edge": "higher_tier", "steps": steps(("EUR 9", "5"), (None, "7"), pays="amount")}
    assert paid({**config, **RUNNING}, [0, 1, -1, -1, 9]) == [0, 5, -5, 0, 5]


@pytest.mark.parametrize(("pays", "takes"), [("rate", {Type.MONEY}), ("per_unit", {Type.COUNT, Type.NUMBER})])
def test_what_the_steps_pay_says_what_they_measure(pays: str, takes: set[Type]) -> None:
    config = {"method": "marginal", "steps": [{"to": "5", pays: "1"}, {pays: "0"}]}
    assert tiers(config).takes == takes
    by_alone = {"method": "whole", "by": "x", "at_edge": "lower_tier"}
    assert not tiers({**by_alone, "steps": steps(("5", "1"), (None, "2"), pays="amount")}).takes


def test_a_quota_of_zero_or_below_is_told_by_row() -> None:
    kind = tiers({"method": "marginal", "quota": "partners.quota", "steps": steps(("80%", "5%"), (None, "10%"))})
    columns = Inputs(base=Exact.of([1, 1, 1, 1]), quota=Exact.of([5, 0, -1, None]))
    assert [(fault.row, fault.code) for fault in kind.faulty(columns, 4, EUR)] == [(1, "F313"), (2, "F313")]


# --- properties -------------------------------------------------------------------------------------------------------

values = st.integers(0, 40).map(lambda each: f"{each}/100")
cents = st.integers(-(10**6), 10**6) | st.sampled_from([0, 10_000, 50_000, -10_000, 10**15])


@st.composite
def schedules(draw: st.DrawFn, methods: Sequence[str], rising: bool = False, factor: int = 1) -> dict[str, Any]:
    """A schedule of rates with running totals."""
    edges = sorted(draw(st.sets(st.integers(1, 900), min_size=2, max_size=4)))
    found = [f"{number}/100" for number in draw(st.lists(st.integers(0, 40), min_size=5, max_size=5))]
    if rising:
        found.sort(key=Fraction)
    method = draw(st.sampled_from(methods))
    at, ends = ("at", edges) if method == "interpolated" else ("to", [*edges, None])
    config: dict[str, Any] = {
        "method": method,
        "steps": steps(
            *((None if end is None else str(end * factor), rate) for end, rate in zip(ends, found, strict=False)), at=at
        ),
        **RUNNING,
    }
    return config | ({"at_edge": draw(st.sampled_from(["lower_tier", "higher_tier"]))} if method == "whole" else {})


EVERY = ["marginal", "whole", "interpolated"]


@given(schedules(EVERY), st.lists(cents, min_size=1, max_size=12), st.data())
def test_any_cut_of_the_rows_adds_up_to_the_schedule_of_their_total(
    config: dict[str, Any], bases: list[int], data: st.DataObject
) -> None:
    (whole,) = due(config, base=[sum(bases)], before=[0])
    before = [0, *accumulate(bases)]
    assert sum(due(config, base=bases, before=before[:-1])) == whole
    cuts = sorted(data.draw(st.sets(st.integers(1, len(bases)))) | {len(bases)})
    merged = [(before[start], before[end] - before[start]) for start, end in zip([0, *cuts], cuts, strict=False)]
    assert sum(due(config, base=[b for _, b in merged], before=[a for a, _ in merged])) == whole


@given(schedules(EVERY), cents, cents)
def test_a_return_takes_back_what_was_paid(config: dict[str, Any], before: int, base: int) -> None:
    sale, back = due(config, base=[base, -base], before=[before, before + base])
    assert back == -sale


@given(schedules(["marginal"]), cents, cents, st.integers(-9_999, 9_999).filter(bool), st.integers(1, 5))
def test_a_row_cut_into_equal_ones_is_paid_the_same_by_another_measure(
    config: dict[str, Any], before: int, base: int, by: int, parts: int
) -> None:
    config = config | {"by": "deals.margin"}
    (whole,) = due(config, base=[base * parts], by=[by * parts], before=[before])
    starts = [before + by * at for at in range(parts)]
    assert sum(due(config, base=[base] * parts, by=[by] * parts, before=starts)) == whole


@given(schedules(["marginal"]), cents, cents.filter(bool))
def test_a_base_that_moves_the_tiers_itself_is_paid_as_without_by(
    config: dict[str, Any], before: int, base: int
) -> None:
    by = {"by": [Fraction(base, 100)], "before": [Fraction(before, 100)]}  # in units, as its edges are
    assert due(config | {"by": "units"}, base=[base], **by) == due(config, base=[base], before=[before])


@given(schedules(EVERY, rising=True), st.lists(st.integers(0, 10**6), min_size=2, max_size=12))
def test_a_rising_schedule_pays_more_for_more(config: dict[str, Any], totals: list[int]) -> None:
    totals.sort()
    found = due(config, base=totals, before=[0] * len(totals))
    assert found == sorted(found)


@given(st.data(), st.integers(2, 9), cents, cents)
def test_a_schedule_in_another_unit_pays_in_that_unit(data: st.DataObject, factor: int, before: int, base: int) -> None:
    config = data.draw(schedules(EVERY))
    key = "at" if config["method"] == "interpolated" else "to"
    scaled = [{**step, key: str(int(step[key]) * factor)} if key in step else step for step in config["steps"]]
    (once,) = due(config, base=[base], before=[before])
    (times,) = due({**config, "steps": scaled}, base=[base * factor], before=[before * factor])
    assert times == once * factor


@given(schedules(EVERY), st.lists(st.tuples(cents, cents), max_size=14), st.integers(1, 5))
def test_blocks_and_wide_integers_change_nothing(
    config: dict[str, Any], rows: list[tuple[int, int]], block: int
) -> None:
    kind = tiers(config)
    columns = {
        "base": Exact(np.array([row[0] for row in rows], dtype=np.int64)),
        "before": Exact(np.array([row[1] for row in rows], dtype=np.int64)),
    }
    expected = kind.compute(columns, len(rows), EUR)
    wide = {name: Exact(each.numerator.astype(object)) for name, each in columns.items()}
    assert kind.compute(wide, len(rows), EUR).fractions() == expected.fractions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "BLOCK_ROWS", block)
        assert kind.compute(columns, len(rows), EUR).fractions() == expected.fractions()


def test_ordinary_money_stays_in_machine_integers() -> None:
    columns = {"base": Exact.of([10**9] * 3), "before": Exact.of([0, 10**12, 10**13])}
    for method, edge in (("marginal", {}), ("whole", {"at_edge": "lower_tier"})):
        kind = tiers({"method": method, "steps": YEARLY, **RUNNING, **edge})
        assert kind.compute(columns, 3, EUR).numerator.dtype == np.int64
