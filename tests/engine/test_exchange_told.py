"""What a program that converts tells of it: explanations, traces, fates, gains, plans, metrics and cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_stories import KPI, story
from spine_stories import partage

TOLD_DEALS = """\
D-1,P-1,,2026-03-04,1000.00,USD
D-2,P-1,,2026-03-05,500.00,USD
D-3,P-2,,2026-03-06,20000,JPY
D-4,P-2,,2026-03-06,5.00,
D-5,P-2,,2026-05-06,5.00,USD
"""
TOLD_RATES = """\
USD,EUR,spot,2026-03-02,0.92
USD,EUR,spot,2026-03-05,0.91
EUR,JPY,spot,2026-03-02,160
USD,EUR,spot,2026-03-31,0.95
USD,EUR,spot,2026-05-04,0.9
USD,EUR,average,2026-03-31,0.93
USD,GBP,spot,2026-03-02,0.8
"""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a kept run."""
    path = story(tmp_path, "spot", TOLD_DEALS, TOLD_RATES)
    monkeypatch.chdir(tmp_path)
    ended = partage("run", path, "--period", "2026-Q1")
    assert ended.exit_code == 0, ended.err
    return path


def test_an_explanation_tells_the_own_amount_the_rate_and_where_it_stands(kept: Path) -> None:
    told = partage("explain", "1", "P-2").out
    assert "JPY 20,000 / 160 (spot of 2026-03-02, fx.csv record 3) = 125.00" in told
    assert "USD 1,000.00 x 0.92 (spot of 2026-03-02, fx.csv record 1) = 920.00" in partage("explain", "1", "P-1").out


def test_a_trace_tells_the_own_amount(kept: Path) -> None:
    told = partage("trace", "deals", "D-1").out
    assert "paid 92.00 to P-1" in told
    assert "deals.amount is USD 1,000.00 x 0.92 (spot of 2026-03-02, fx.csv record 1) = 920.00" in told


def test_rates_that_converted_a_row_are_measured_and_traced(kept: Path) -> None:
    fates = {each["table"]: each for each in partage("show", "1", "--fates", "--json").json()["fates"]}
    assert "fx_rates" in fates
    told = {key: partage("trace", "fx_rates", f"{key}").out for key in (
        "USD/EUR/spot/2026-03-02", "USD/EUR/spot/2026-03-31", "USD/EUR/average/2026-03-31", "USD/GBP/spot/2026-03-02"
    )}  # fmt: skip
    words = [text.splitlines()[1].split()[0] for text in told.values()]
    assert words == ["measured", "outside", "not", "not"]
    assert "converts USD on 2026-03-04" in told["USD/EUR/spot/2026-03-02"]


def test_gains_are_shown_by_currency_at_the_rate_of_the_last_day(kept: Path) -> None:
    found = partage("show", "1", "--exchange", "--json").json()["exchange"]
    told = [(each["currency"], each["rows"], each["own_minor"], each["at_days_minor"], each["at_end_minor"],
             each["gain_minor"]) for each in found]  # fmt: skip
    # 1000 x 0.92 + 500 x 0.91 = 1375; 1500 x 0.95 = 1425; of the yen nothing is quoted within 7 days of 2026-03-31
    assert told == [("JPY", 1, 20_000, 12_500, None, None), ("USD", 2, 150_000, 137_500, 142_500, 5_000)]
    shown = partage("show", "1", "--exchange").out
    assert "USD 1,500.00" in shown and "50.00" in shown and "no rate" in shown


def test_a_plan_on_paper_says_how_rows_are_converted(kept: Path) -> None:
    assert "at the latest spot rate on or before the day of its event, at most 7 days old" in partage("plan", kept).out


def test_metrics_convert_as_a_run_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, "spot", TOLD_DEALS, TOLD_RATES, KPI)
    monkeypatch.chdir(tmp_path)
    ended = partage("metrics", path, "--period", "2026-Q1", "--json")
    assert [each["kpis"]["sourced"] for each in ended.json()["groups"]] == ["137500", "13000"]


def test_a_case_gives_rates_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = PAYS_WITH_CASE
    path = story(tmp_path, "spot", TOLD_DEALS, TOLD_RATES, rest)
    monkeypatch.chdir(tmp_path)
    ended = partage("test", path)
    assert ended.exit_code == 0, ended.out + ended.err


PAYS_WITH_CASE = """
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
tests:
  a deal in dollars:
    given:
      deals: [{amount: 1000, currency: USD}]
      fx_rates: [{from_currency: USD, to_currency: EUR, kind: spot, rate: 0.92}]
    expect: {commission: 92}
  a deal in dinars:
    given:
      deals: [{amount: 10.005, currency: KWD}]
      fx_rates: [{from_currency: EUR, to_currency: KWD, kind: spot, rate: 0.3372}]
    expect: {commission: 2.97}
"""
