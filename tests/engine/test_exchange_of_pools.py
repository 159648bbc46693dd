"""What pools and capital accounts have gained in other currencies: the size, weights, and what was paid in."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, write

PROGRAM = """
program: Fund
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
exchange: {rates: spot, dates: {members: period_end}}
tables:
  members: {key: [partner_id], columns: {partner_id: id, claim: money, currency: text}}
sources:
  partners: partners.csv
  members: members.csv
  results: results.csv
  capital: capital.csv
  deals: deals.csv
  fx_rates: fx.csv
kpis:
  profit: {sum: results.amount, dated: results.month, level: program}
  costs: {sum: results.amount, dated: results.month, where: results.account = 'costs', level: program}
  left: {formula: profit - costs, level: program}
  sold: {sum: deals.amount, dated: deals.closed_on}
pools:
POOL
"""
TABLES = {
    "partners.csv": "partner_id\nann\nbob\n",
    "members.csv": "partner_id,claim,currency\nann,100.00,USD\nbob,50.00,\n",
    "results.csv": "entity,month,account,amount,currency\n"
    "firm,2026-03-01,fees,1000.00,USD\nfirm,2026-06-01,costs,100.00,USD\nfirm,2026-06-01,rent,-100.00,\n",
    "capital.csv": "entry_id,partner_id,occurred_on,kind,amount,currency\n"
    "k1,ann,2026-03-31,contribution,400.00,USD\nk2,bob,2026-06-30,contribution,300.00,\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount,currency\n"
    "d1,ann,2026-06-30,500.00,USD\nd2,bob,2026-06-30,9.00,\n",
    "fx.csv": "from_currency,to_currency,kind,valid_on,rate\n"
    "USD,EUR,spot,2026-03-31,0.80\nUSD,EUR,spot,2026-06-30,0.90\nUSD,EUR,spot,2026-12-31,1.00\n",
}
WATERFALL = "{waterfall: {layers: [{capital: true}, {split: {carry: 0%}}]}}"


def kept(folder: Path, pool: str) -> None:
    """A kept run of a pool."""
    path = write(folder, PROGRAM.replace("POOL", f"  fund: {pool}"), TABLES)
    ended = partage("run", path, "--period", "2026")
    assert ended.exit_code == 0, ended.err


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        # USD 1,000.00 x 0.80 + 100.00 x 0.90 = 890.00, and 1,100.00 at the end
        ("{size: {of: profit}, shared: equally}", [("results", "amount", 2, 89_000, 110_000, 21_000)]),
        ("{size: {of: left}, shared: equally}", [("results", "amount", 2, 89_000, 110_000, 21_000)]),
        ("{size: {of: costs}, shared: equally}", [("results", "amount", 1, 9_000, 10_000, 1_000)]),
        # the claims are of the year's last day, so they have gained nothing
        ("{size: 90, shared: {talmud: members.claim}}", [("members", "claim", 1, 10_000, 10_000, 0)]),
        ("{size: 90, shared: {by: sold}}", [("deals", "amount", 1, 45_000, 50_000, 5_000)]),
        (f"{{size: 90, shared: {WATERFALL}}}", [("capital", "amount", 1, 32_000, 40_000, 8_000)]),
        ("{size: 90, shared: equally}", []),
    ],
)
def test_gains_of_what_a_pool_rests_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: str, told: list[tuple[object, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path, pool)
    found = partage("show", "1", "--exchange", "--json").json()["exchange"]
    keys = ("table", "column", "rows", "at_days_minor", "at_end_minor", "gain_minor")
    assert [tuple(each[key] for key in keys) for each in found] == told


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        ("{size: {of: profit}, shared: equally}", "USD 1,000.00 x 0.8 (spot of 2026-03-31, fx.csv record 1) = 800.00"),
        (
            "{size: 90, shared: {talmud: members.claim}}",
            "USD 100.00 x 1 (spot of 2026-12-31, fx.csv record 3) = 100.00",
        ),
        ("{size: 90, shared: {by: sold}}", "USD 500.00 x 0.9 (spot of 2026-06-30, fx.csv record 2) = 450.00"),
        (f"{{size: 90, shared: {WATERFALL}}}", "USD 400.00 x 0.8 (spot of 2026-03-31, fx.csv record 1) = 320.00"),
    ],
)
def test_an_explanation_of_a_pool_says_how_its_rows_were_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    kept(tmp_path, pool)
    assert told in partage("explain", "1", "ann", "fund").out
