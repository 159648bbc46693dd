"""The program's calendar: which days a period holds, what it is called, and which one came before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from rules.calendar import MONTHS_BY_LENGTH, Calendar, NoSuchPeriod, Period

CUSTOM = Calendar(
    "custom",
    custom=(
        Period("2015-16", date(2015, 8, 8), date(2016, 5, 18)),
        Period("break", date(2016, 5, 18), date(2016, 8, 13)),
        Period("2017-18", date(2017, 8, 12), date(2018, 5, 14)),
    ),
)
APRIL_BY_START = {"start_month": 4}
APRIL_BY_END = {"start_month": 4, "named_after_end": True}

# length, the rest of the calendar, the period's name, its first and its last day
CASES = [
    ("month", {}, "2026-04", "2026-04-01", "2026-04-30"),
    ("month", {}, "2026-12", "2026-12-01", "2026-12-31"),
    ("month", {}, "2024-02", "2024-02-01", "2024-02-29"),
    ("month", {}, "2026-02", "2026-02-01", "2026-02-28"),
    ("month", {}, "2000-02", "2000-02-01", "2000-02-29"),
    ("month", {}, "1900-02", "1900-02-01", "1900-02-28"),
    ("month", APRIL_BY_END, "2026-04", "2026-04-01", "2026-04-30"),  # a month is the calendar's
    ("quarter", {}, "2026-Q1", "2026-01-01", "2026-03-31"),
    ("quarter", {}, "2026-Q4", "2026-10-01", "2026-12-31"),
    ("quarter", APRIL_BY_START, "2026-Q1", "2026-04-01", "2026-06-30"),
    ("quarter", APRIL_BY_START, "2026-Q4", "2027-01-01", "2027-03-31"),
    ("quarter", APRIL_BY_END, "2026-Q1", "2025-04-01", "2025-06-30"),
    ("quarter", APRIL_BY_END, "2026-Q4", "2026-01-01", "2026-03-31"),
    ("half_year", {}, "2026-H1", "2026-01-01", "2026-06-30"),
    ("half_year", {}, "2024-H1", "2024-01-01", "2024-06-30"),
    ("half_year", APRIL_BY_END, "2026-H2", "2025-10-01", "2026-03-31"),
    ("year", {}, "2026", "2026-01-01", "2026-12-31"),
    ("year", APRIL_BY_START, "2026", "2026-04-01", "2027-03-31"),
    ("year", APRIL_BY_END, "2026", "2025-04-01", "2026-03-31"),
    ("year", {"start_month": 4, "start_day": 6, "named_after_end": True}, "2026", "2025-04-06", "2026-04-05"),
    ("year", {"named_after_end": True}, "2026", "2026-01-01", "2026-12-31"),  # it ends in the year it starts in
]


@pytest.mark.parametrize(("length", "rest", "name", "first", "last"), CASES)
def test_a_period_holds_the_days_that_its_name_says(
    length: str, rest: dict[str, int | bool], name: str, first: str, last: str
) -> None:
    period = Calendar(length, **rest).period(name)  # type: ignore[arg-type]
    assert (period.name, str(period.start), str(period.last)) == (name, first, last)
    assert period.days == (period.last - period.start).days + 1
    assert str(period) == f"{name} ({first} to {last})"


@pytest.mark.parametrize(
    ("length", "rest", "name", "before"),
    [
        ("month", {}, "2026-01", "2025-12"),
        ("month", {}, "2026-03", "2026-02"),
        ("quarter", {}, "2026-Q1", "2025-Q4"),
        ("quarter", APRIL_BY_END, "2026-Q1", "2025-Q4"),
        ("half_year", APRIL_BY_START, "2026-H2", "2026-H1"),
        ("half_year", {}, "2026-H1", "2025-H2"),
        ("year", {}, "2026", "2025"),
        ("year", APRIL_BY_END, "2026", "2025"),
    ],
)
def test_the_period_before(length: str, rest: dict[str, int | bool], name: str, before: str) -> None:
    calendar = Calendar(length, **rest)  # type: ignore[arg-type]
    assert calendar.before(calendar.period(name)) == calendar.period(before)


def test_a_custom_calendar_has_its_own_periods_and_their_order() -> None:
    season = CUSTOM.period("2015-16")
    assert (season.last, season.days) == (date(2016, 5, 17), 284)
    assert CUSTOM.before(CUSTOM.period("break")) == season
    assert CUSTOM.before(CUSTOM.period("2017-18")) is None  # days between the two belong to no period
    assert CUSTOM.fiscal_year(date(2016, 5, 17)) == season
    assert CUSTOM.fiscal_year(date(2016, 5, 18)).name == "break"
    with pytest.raises(NoSuchPeriod, match="2016-09-01"):
        CUSTOM.fiscal_year(date(2016, 9, 1))


@pytest.mark.parametrize(
    ("length", "names"),
    [
        ("month", ["2026", "2026-13", "2026-00", "2026-4", "26-04", "2026-Q1", " 2026-04", "2026-04\n", "٢٠٢٦-٠٤", ""]),
        ("quarter", ["2026-Q5", "2026-Q0", "2026-q1", "2026-1", "Q1-2026"]),
        ("half_year", ["2026-H3", "2026-Q1", "2026"]),
        ("year", ["26", "2026-01", "20266", "FY2026"]),
    ],
)
def test_a_name_of_another_form_is_no_period_and_the_form_is_shown(length: str, names: list[str]) -> None:
    for name in names:
        with pytest.raises(NoSuchPeriod, match=r"such as 2026"):
            Calendar(length).period(name)


@pytest.mark.parametrize("name", ["0000", "0001", "1899", "3000", "9999"])
def test_a_year_that_no_document_can_hold_is_no_period(name: str) -> None:
    for length, tail in (("year", ""), ("month", "-12"), ("quarter", "-Q4"), ("half_year", "-H2")):
        for rest in ({}, APRIL_BY_END):
            with pytest.raises(NoSuchPeriod):
                Calendar(length, **rest).period(name + tail)  # type: ignore[arg-type]


def test_an_unknown_custom_period_shows_those_that_there_are() -> None:
    with pytest.raises(NoSuchPeriod, match=r"2015-16, break, 2017-18"):
        CUSTOM.period("2016-17")


regular = st.builds(
    Calendar,
    st.sampled_from(list(MONTHS_BY_LENGTH)),
    st.integers(1, 12),
    st.integers(1, 28),
    st.booleans(),
)


@given(regular, st.dates(date(1950, 1, 1), date(2200, 1, 1)))
def test_periods_tile_the_years(calendar: Calendar, day: date) -> None:
    """Each period starts where the one before ends, is found by its name, and a fiscal year is tiled by them."""
    year = calendar.fiscal_year(day)
    assert year.start <= day < year.end
    yearly = Calendar("year", calendar.start_month, calendar.start_day, calendar.named_after_end)
    assert yearly.period(year.name) == year

    found = Calendar(calendar.length, calendar.start_month, calendar.start_day, calendar.named_after_end)
    first_name = {
        "month": f"{year.end - timedelta(days=1):%Y-%m}",
        "quarter": f"{year.name}-Q4",
        "half_year": f"{year.name}-H2",
        "year": year.name,
    }[calendar.length]
    period = found.period(first_name)
    if calendar.length == "month" and period.end != year.end:  # the last day may lie in the month that began before
        before = found.before(period)
        assert before is not None
        period = before
    assert period.end == year.end
    tiles = [period]
    while period.start > year.start:
        earlier = found.before(period)
        assert earlier is not None and earlier.end == period.start and found.period(earlier.name) == earlier
        period = earlier
        tiles.append(period)
    assert period.start == year.start and len(tiles) == 12 // MONTHS_BY_LENGTH[calendar.length]
    assert sum(each.days for each in tiles) == year.days
