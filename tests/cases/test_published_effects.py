"""Published effects come out as they were published: minimum wages, banks, and California's tobacco programme.

In: facts of the papers. prop99.csv holds packs of cigarettes sold per head by state and year, as in Abadie, Diamond &
Hainmueller, Synthetic Control Methods for Comparative Case Studies, Journal of the American Statistical Association
105(490), 2010 (from Orzechowski & Walker, The Tax Burden on Tobacco). Proposition 99 was in force from 1989.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from scenarios.effect.answer import WHOLE, Kind, Method
from scenarios.effect.choose import measure
from scenarios.effect.did import Change, did, did_of_means
from scenarios.effect.donors import placebos, spread
from scenarios.effect.panel import Panel
from scenarios.effect.sdid import follow as follow_shape, sdid
from scenarios.effect.synthetic import follow, synthetic

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def california() -> Panel:
    with (HERE / "prop99.csv").open(encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    states, years = tuple(row[0] for row in rows), tuple(header[1:])
    start = [years.index("1989") if state == "California" else -1 for state in states]
    packs = np.array([[float(cell) for cell in row[1:]] for row in rows])
    return Panel(states, years, packs, np.array(start, dtype=np.int64))


def test_minimum_wages_in_new_jersey() -> None:
    """Card & Krueger, American Economic Review 84(4), 1994, table 3: 2.76 (1.36) full-time equivalents a restaurant."""
    estimate, error = did_of_means(Change(20.44, 21.03, 0.54), Change(23.33, 21.17, 1.25))
    assert estimate == pytest.approx(2.76, abs=0.02)  # 2.75 from the rounded means
    assert error == pytest.approx(1.36, abs=0.005)


def test_banks_in_mississippi() -> None:
    """Angrist & Pischke, Mastering Metrics (2015), section 5.1: banks in business in the 6th and the 8th district."""
    assert did_of_means(Change(135, 121), Change(165, 132)) == (19, None)


@pytest.mark.parametrize(
    ("estimator", "published", "within"),
    [
        (did, -27.3, 0.05),
        (sdid, -15.6, 0.05),
        (synthetic, -19.6, 0.1),  # the exact least squares give -19.51; the published weights are found in steps
    ],
)
def test_tobacco_in_california(california: Panel, estimator: object, published: float, within: float) -> None:
    """Arkhangelsky et al., Synthetic Difference-in-Differences, American Economic Review 111(12), 2021, table 1."""
    found = estimator(california)  # type: ignore[operator]
    assert found.per_unit_period == pytest.approx(published, abs=within)
    assert (found.units, found.controls, found.pre_periods, found.unit_periods) == (1, 38, 19, 12)


def test_the_digits_of_california(california: Panel) -> None:
    found = [estimator(california).per_unit_period for estimator in (did, sdid, synthetic)]
    assert found == pytest.approx([-27.3491, -15.6054, -19.5136], abs=5e-5)


@pytest.mark.parametrize(("method", "published"), [(follow_shape, 8.4), (follow, 9.9)])
def test_placebo_errors_of_california(california: Panel, method: object, published: float) -> None:
    """The same table 1: SDID (8.4), SC (9.9), from random draws of the 38 placebos; we take each of them once."""
    others = placebos(california, WHOLE, method, 0)  # type: ignore[arg-type]
    assert len(others) == 38
    assert spread(others) == pytest.approx(published, rel=0.15)


def test_california_as_a_user_asks(california: Panel) -> None:
    found = measure(california)
    assert (found.method, found.p_kind) == (Method.SYNTHETIC, Kind.PLACEBO)  # type: ignore[union-attr]
    assert found.p_value == 3 / 39  # type: ignore[union-attr]
