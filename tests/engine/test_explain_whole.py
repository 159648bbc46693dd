"""A KPI of the whole program is explained from any number of rows: they are gone through some at a time, told alike."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from spine_stories import Told, told, write

from engine.explain import whole
from engine.explain.measure import gone_through
from rules.meaning import MeasureMeaning

PROGRAM = """
program: Whole
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  won: {sum: deals.amount, dated: deals.closed_on, where: deals.status = 'won', level: program}
  large: {sum: deals.amount, dated: deals.closed_on, where: deals.amount >= 500, level: program}
  half: {sum: deals.amount * 0.5, dated: deals.closed_on, level: program}
  rows: {count: deals, dated: deals.closed_on, level: program}
  products: {count_distinct: deals.product, dated: deals.closed_on, level: program}
  typical: {median: deals.amount, dated: deals.closed_on, level: program}
  usual: {mean: deals.amount, dated: deals.closed_on, level: program}
pools:
  each: {size: EUR 10, shared: equally}
"""
KPIS = ("won", "large", "half", "rows", "products", "typical", "usual")
DEALS = "deal_id,partner_id,status,product,closed_on,amount\n"


def program(folder: Path, deals: str) -> Path:
    return write(folder, PROGRAM, {"partners.csv": "partner_id\nann\nbob\n", "deals.csv": DEALS + deals})


def measures(story: Told) -> dict[str, MeasureMeaning]:
    """The numerator of each KPI."""
    found = {}
    for step in story.plan.steps:
        kpi = getattr(step, "of", None)
        if kpi is not None and getattr(kpi, "numerator", None) is not None:
            found[kpi.name] = kpi.numerator
    return found


rows = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["won", "lost"]),
        st.sampled_from(["Atlas", "Borea", "Ceres", ""]),
        st.sampled_from(["2026-03-01", "2026-04-01", "2025-01-01"]),
        st.integers(-99_999, 99_999),
    ),
    max_size=40,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.integers(1, 5), st.integers(0, 3))
def test_groups_say_what_rows_say(
    tmp_path_factory: pytest.TempPathFactory, deals: list[tuple[str, str, str, str, int]], most: int, kept: int
) -> None:
    """The same rows, some at a time and one by one, come to the same, and the same of them are told."""
    text = "".join(
        f"d{at:03},{who},{status},{product},{day},{'-' * (amount < 0)}{abs(amount) // 100}.{abs(amount) % 100:02}\n"
        for at, (who, status, product, day, amount) in enumerate(deals)
    )
    with told(program(tmp_path_factory.mktemp("whole"), text), "2026") as story, pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "_KEPT_MAX", kept)
        found = measures(story)
        assert set(found) == set(KPIS)
        for measure in found.values():
            days = story.facts.window(measure)
            one_by_one = [row for group in story.facts.whole_trail(measure, None) for row in group.largest]
            expected = gone_through(measure, one_by_one, days, most)
            at_once = whole.gone_through_whole(measure, story.facts.whole_trail(measure, most), days, most)
            assert at_once.value == expected.value and at_once.below == expected.below
            assert [(row.key, value) for row, value in at_once.told] == [
                (row.key, value) for row, value in expected.told
            ]
            assert (at_once.rows, at_once.counted, at_once.listed, at_once.brought) == (
                expected.rows, expected.counted, expected.listed, expected.brought
            )  # fmt: skip


def test_a_blank_value_makes_it_unknown_and_is_no_distinct_one(tmp_path: Path) -> None:
    """A lost deal without an amount: the sum of won deals is known, that of all is not; nor is a blank a product."""
    text = "d1,ann,won,Atlas,2026-03-01,5.00\nd2,bob,lost,,2026-03-01,\nd3,bob,lost,Borea,2026-03-01,7.00\n"
    with told(program(tmp_path, text), "2026") as story:
        found = {
            name: whole.gone_through_whole(each, story.facts.whole_trail(each, 10), story.facts.window(each), 10)
            for name, each in measures(story).items()
        }
    assert {name: (each.value, each.has_blank) for name, each in found.items()} == {
        "won": (500, False), "large": (0, False), "half": (None, True), "rows": (3, False), "products": (2, False),
        "typical": (None, True), "usual": (None, True),
    }  # fmt: skip


def test_of_many_rows_few_are_ever_held(tmp_path: Path) -> None:
    """20,000 deals of two statuses and ten days are 20 groups, of which ten rows each are looked at."""
    text = "".join(
        f"d{at:05},ann,{'won' if at % 2 else 'lost'},Atlas,2026-03-{at % 10 + 1:02},{at}.00\n" for at in range(20_000)
    )
    with told(program(tmp_path, text), "2026") as story:
        measure = measures(story)["won"]
        groups = list(story.facts.whole_trail(measure, 10))
        assert len(groups) == 10 and sum(group.count for group in groups) == 20_000
        assert max(len(group.largest) for group in groups) == 10
        found = whole.gone_through_whole(measure, iter(groups), story.facts.window(measure), 10)
        assert found.value == Fraction(100 * sum(range(1, 20_000, 2)))
        assert [row.key for row, _ in found.told][:2] == ["d19999", "d19997"]
