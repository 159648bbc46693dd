"""What is held for a part of the period counts for that part: points, capital, pay, and interest by days."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st
from spine_stories import told, write

from engine.acts.metrics import metrics

YEAR = """
program: Firm
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, units: units.csv, capital: capital.csv, salaries: salaries.csv}
kpis:
  points:
    sum: units.units * days_within(units.valid_from, units.valid_to) / period.days
  average_capital:
    sum: capital.amount * days360_within(capital.occurred_on) / 360
    dated: capital.occurred_on
    window: until_end
  actual_capital:
    sum: capital.amount * days_within(capital.occurred_on) / 365
    dated: capital.occurred_on
    window: until_end
  pay:
    sum: salaries.annual * days360_within(salaries.valid_from, salaries.valid_to) / 360
  by_kernel:
    sum: units.units * days_within(units.valid_from, units.valid_to) / (units.units * 0 + period.days)
payouts:
  interest: {for_each: partners, base: average_capital, rate: 5%}
  interest_by_days: {for_each: partners, base: actual_capital, rate: 5%}
"""
TABLES = {
    "partners.csv": "partner_id\na\nb\nc\n",
    "units.csv": "partner_id,class,valid_from,valid_to,units\n"
    "a,equity,2020-01-01,2026-06-30,100\na,equity,2026-07-01,,150\nb,equity,2026-10-01,2026-12-31,73\n",
    "capital.csv": "entry_id,partner_id,occurred_on,amount\n"
    "k1,a,2024-05-05,750000.00\nk2,b,2025-12-31,750000.00\nk3,c,2026-04-01,450000.00\n",
    "salaries.csv": "partner_id,valid_from,valid_to,annual\n"
    "a,2025-01-01,2026-03-31,96000.00\na,2026-04-01,,120000.00\n",
}


def program(folder: Path, **changed: str) -> Path:
    return write(folder, YEAR, TABLES | {f"{name}.csv": text for name, text in changed.items()})


def test_interest_on_capital_of_nine_months_of_twelve(tmp_path: Path) -> None:
    """H1-08, https://qammunity.org/7333930/?show=7333931: 5 % on 750,000 all year, and on 450,000 for 9/12 of it."""
    with told(program(tmp_path), "2026") as story:
        lines = sorted(story.lines(), key=lambda line: line.split()[1::-1])
        why = story.why("c")
    assert lines[:3] == ["a interest a 3750000", "b interest b 3750000", "c interest c 1687500"]
    assert lines[3:] == ["a interest_by_days a 3750000", "b interest_by_days b 3750000", "c interest_by_days c 1695205"]
    assert why.value == 1_687_500 + 1_695_205  # 450,000 x 5 % x 275 / 365, rounded once


def test_points_and_pay_are_weighted_by_their_days(tmp_path: Path) -> None:
    found = {name: each.fractions() for name, each in metrics(program(tmp_path), "2026", "partner").values.items()}
    points = [Fraction(181 * 100 + 184 * 150, 365), Fraction(73 * 92, 365), Fraction(0)]
    assert found["points"] == points == found["by_kernel"]
    assert found["pay"] == [Fraction(9_600_000, 4) + Fraction(12_000_000 * 3, 4), 0, 0]
    assert found["average_capital"] == [75_000_000, 75_000_000, Fraction(45_000_000 * 9, 12)]


def test_an_explanation_works_the_days_out_again(tmp_path: Path) -> None:
    with told(program(tmp_path), "2026") as story:
        told_ = str(story.why("a", "interest"))
    assert "capital.amount * days360_within(capital.occurred_on, period.end) / 360" in told_


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(0, 364), st.integers(1, 9_999), min_size=1, max_size=6))
def test_sql_and_kernel_weigh_alike(tmp_path: Path, changes: dict[int, int]) -> None:
    starts = sorted(changes.items())
    rows, expected = [], Fraction(0)
    for at, (start, units) in enumerate(starts):
        end = starts[at + 1][0] if at + 1 < len(starts) else 365
        first, last = (date(2026, 1, 1) + timedelta(days=each) for each in (start, end - 1))
        rows.append(f"a,equity,{first},{last},{units}")
        expected += Fraction(units * (end - start), 365)
    path = program(tmp_path, units="partner_id,class,valid_from,valid_to,units\n" + "\n".join(rows) + "\n")
    found = metrics(path, "2026", "partner").values
    assert found["points"].fractions()[0] == found["by_kernel"].fractions()[0] == expected
