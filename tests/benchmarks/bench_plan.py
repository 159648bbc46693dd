"""How fast a plan is: twelve components over credits, from kept Parquet tables to what partners get, against NumPy.

    python tests/benchmarks/bench_plan.py [--rows-scale 1.0] [--threads 2] [--runs 3]

At scale 1: 2,500,000 deals, 5,000,000 credits, 20,000 partners. Ours evaluates the plan as `partage run` does; the
rival is the same arithmetic by hand in NumPy, without names, checks, lines and explanations. Each run is a process of
its own, so that its peak of memory is its own; ours and theirs take turns, and the median counts. What each partner
gets by each component is compared, to the cent. A last process settles what it evaluated, as `partage run` does: every
line in order, in its digest, and the books asserted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import rivals_plan
from bench_kpis import Cost, run
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.acts.period import period_of
from engine.facts.connection import connect
from engine.facts.grammar import SQL_TYPES
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.values import Input
from rules.load import understand
from rules.tables import canonical

RATIO_MAX, MIB_MAX = 3, 2_048
ROWS = {"partners": 20_000, "deals": 2_500_000, "credits": 5_000_000}
COMPONENTS = 12

PROGRAM = """
program: Twelve components
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, credits: credits.csv}
kpis:
  wins: {unit: count, count: deals, where: deals.status = 'won', dated: deals.closed_on}
scorecards:
  performance:
    kpis: {wins: {weight: 100%, linear: {from: 0, to: 200}}}
credit:
  sales:
    of: deals
    where: deals.status = 'won'
    from: {table: {roles: [sourced, co_sold, influenced]}}
payouts:
  commission: {credit: sales, base: deals.annual_value, dated: deals.closed_on, rate: 5%}
  accelerator:
    credit: sales
    base: deals.annual_value
    where: deals.kind = 'new'
    dated: deals.closed_on
    tiers: {method: marginal, accumulate: fiscal_year, order: [deals.closed_on], steps: [{to: 50_000, rate: 3%},
      {to: 200_000, rate: 4.5%}, {to: 500_000, rate: 6%}, {rate: 8%}]}
  volume:
    credit: sales
    base: deals.amount
    dated: deals.closed_on
    tiers: {method: whole, at_edge: lower_tier, steps: [{to: 10_000, rate: 2%}, {to: 40_000, rate: 4%}, {rate: 6%}]}
  products:
    credit: sales
    base: deals.amount
    dated: deals.closed_on
    card: {entries: [{for: {deals.product: product-1}, rate: 6%}, {for: {partners.region: north}, rate: 5%},
      {for: {deals.product: product-1, partners.region: north}, rate: 8%}], otherwise: {rate: 3%}}
  support: {credit: sales, base: deals.term_months, dated: deals.closed_on, per_unit: EUR 0.35}
  grid:
    credit: sales
    base: deals.annual_value
    dated: deals.closed_on
    matrix: {rows: {by: deals.amount, edges: [10_000, 50_000]}, columns: {by: deals.term_months, edges: [12, 24]},
      at_edge: lower_tier, rates: [[1%, 2%, 3%], [2%, 3.5%, 5%], [4%, 6%, 8%]]}
  quality:
    credit: sales
    base: deals.amount
    dated: deals.closed_on
    rate: 2%
    multipliers: {score: {times: performance / 100, at_least: 0.5, at_most: 0.9}}
  renewals: {credit: sales, base: deals.annual_value, where: deals.kind = 'renewal', dated: deals.closed_on, rate: 3%,
    at_least: EUR 5, at_most: EUR 500}
  growth:
    credit: sales
    base: deals.amount
    where: deals.kind in ('upsell', 'cross_sell')
    dated: deals.closed_on
    rate: 4%
    limits: [{at_most: EUR 120_000, per: partner, over: period, cut: pro_rata, excess: lost}]
  margin: {credit: sales, base: deals.margin, dated: deals.closed_on, rate: 10%, rounding: {to: 0.05}}
  introductions: {for_each: credits, where: credits.role = 'influenced' and deals.status = 'won',
    dated: deals.closed_on, amount: EUR 25}
  referrals:
    for_each: credits
    base: deals.amount * credits.share
    where: deals.status = 'won'
    dated: deals.closed_on
    rate: 1%
    multipliers: {band: {by: performance, bands: [{below: 40, times: 0.5}, {below: 60, times: 1}, {times: 1.5}]}}
"""

# What each column holds, from `i`, the row's number, and `h`, a hash of it; columns not named here are blank.
_PARTNER = "'P' || lpad(({})::VARCHAR, 6, '0')"


def _cells(partners: int) -> dict[str, dict[str, str]]:
    return {
        "partners": {"partner_id": _PARTNER.format("i"), "region": "['north', 'south', 'east', 'west'][1 + (i % 4)]"},
        "deals": {
            "deal_id": "'D' || lpad(i::VARCHAR, 9, '0')",
            "partner_id": _PARTNER.format(f"h // 10 % {partners}"),
            "product": "'product-' || (h // 100 % 40)",
            "kind": "['new', 'renewal', 'upsell', 'cross_sell'][1 + (h // 1000003 % 4)::INT]",
            "status": "CASE WHEN h // 10000 % 16 = 0 THEN 'lost' ELSE 'won' END",
            "closed_on": "DATE '2026-01-01' + (h // 100000 % 365)::INT",
            "amount": "(h // 11 % 10000000)::BIGINT",
            "annual_value": "(h // 11 % 10000000)::BIGINT // 2",
            "margin": "(h // 11 % 10000000)::BIGINT // 5",
            "term_months": "(6 * (1 + h // 13 % 6))::BIGINT",
        },
        "credits": {
            "credit_id": "'K' || lpad((3 * i + place)::VARCHAR, 9, '0')",
            "deal_id": "'D' || lpad(i::VARCHAR, 9, '0')",
            "partner_id": _PARTNER.format(f"(h // 50 + 7 * place) % {partners}"),
            "role": "['sourced', 'co_sold', 'influenced'][1 + place::INT]",
            "share": "[[1, NULL, NULL], [0.6, 0.4, NULL], [0.333333333, 0.333333333, 0.333333334]]"
            "[1 + (h % 3)::INT][1 + place::INT]",
        },
    }


def write_tables(folder: Path, scale: float) -> None:
    """The tables as the engine keeps them: Parquet in the order of their keys, with the record of each row."""
    connection = duckdb.connect(config={"memory_limit": "2GB"})
    connection.execute("SET enable_progress_bar=false")
    partners = max(int(ROWS["partners"] * scale), 20)
    for name, cells in _cells(partners).items():
        rows = partners if name == "partners" else int(scale * ROWS["deals"])
        numbered = f"SELECT i, hash(i) AS h FROM range({rows}) AS t(i)"
        if name == "credits":  # one, two or three of each deal
            numbered = f"""SELECT i, h, place FROM ({numbered}), range(3) AS s(place) WHERE place <= h % 3
                ORDER BY i, place"""
        columns = ", ".join(
            f"CAST({cells.get(column.name, 'NULL')} AS {SQL_TYPES[column.type]}) AS {column.name}"
            for column in canonical()[name].columns
        )
        connection.execute(
            f"""COPY (SELECT row_number() OVER () AS record, {columns} FROM ({numbered}))
            TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"""
        )


def _evaluated(folder: Path, threads: int, is_settled: bool) -> tuple[NDArray[np.int64], int, float]:
    """What each partner gets by each component, how many lines were settled, and how long that took."""
    meaning = understand(PROGRAM.encode(), "program.yaml", folder).understood()
    plan, period = compile_plan(meaning), period_of(meaning, "2026")
    with tempfile.TemporaryDirectory() as scratch:
        connection = connect([folder], threads, Path(scratch))
        kept = {table: folder / f"{table}.parquet" for table in ROWS}
        files = {table: f"{table}.csv" for table in ROWS}
        facts = Snapshot(connection, meaning.tables, files, period, meaning.calendar, meaning.eligible, kept)
        sheet = evaluate(plan, facts, period, keep="lines")
        began, lines = time.perf_counter(), 0
        if is_settled:
            lines = len(settle(plan, sheet, "", [Input(table, "", "", "", 0) for table in ROWS]).lines)
        seconds = time.perf_counter() - began
        connection.close()
    return np.column_stack([sheet.columns[step.name].numerator for step in plan.components]), lines, seconds


def ours(folder: Path, threads: int) -> NDArray[np.int64]:
    """Partage: the plan evaluated."""
    return _evaluated(folder, threads, False)[0]


def settled(folder: Path, threads: int) -> tuple[int, float]:
    """How many lines were settled after the plan was evaluated, and how long that took."""
    _, lines, seconds = _evaluated(folder, threads, True)
    return lines, seconds


def by_hand(folder: Path, threads: int) -> NDArray[np.int64]:
    """The script; NumPy has one thread, and Arrow reads with all."""
    return rivals_plan.by_hand(folder)


def unlike(mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> int:
    """How many amounts differ."""
    assert mine.shape == theirs.shape == (len(mine), COMPONENTS)
    return int(np.count_nonzero(mine != theirs))


def report(folder: Path, threads: int, runs: int, is_full: bool) -> None:
    """Run both in turns, compare all amounts and print what was found; of fewer rows no ratio is asked for."""
    costs: dict[str, list[Cost]] = {}
    found: dict[str, Any] = {}
    for _ in range(runs):
        for part in (ours, by_hand):
            cost, found[part.__name__] = run(part, folder, threads)
            costs.setdefault(part.__name__, []).append(cost)
            told = f"{cost.seconds:8.2f} s  {cost.processor_seconds:8.2f} s of processors  {cost.mib:6,} MiB"
            print(f"{part.__name__:18}{told}", flush=True)
        assert not unlike(found["ours"], found["by_hand"]), "every amount is the same"
    medians = {name: statistics.median(each.seconds for each in found) for name, found in costs.items()}
    ratio, mib = medians["ours"] / medians["by_hand"], max(each.mib for each in costs["ours"])
    print(f"ours / by hand: {ratio:.2f} (at most {RATIO_MAX}); peak of ours {mib:,} MiB (at most {MIB_MAX:,})")
    assert not is_full or mib <= MIB_MAX, "a plan fits into its memory"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        write_tables(Path(name), asked.rows_scale)
        sizes = ", ".join(f"{int(rows * asked.rows_scale):,} {table}" for table, rows in ROWS.items())
        print(f"{COMPONENTS} components of {sizes}, {asked.threads} threads")
        report(Path(name), asked.threads, asked.runs, asked.rows_scale >= 1)
        cost, (lines, seconds) = run(settled, Path(name), asked.threads)
        print(f"evaluated and settled: {cost.seconds:.2f} s, of these {seconds:.2f} s for {lines:,} lines", end="; ")
        print(f"peak {cost.mib:,} MiB (at most {MIB_MAX:,})")
        assert asked.rows_scale < 1 or cost.mib <= MIB_MAX, "a whole run fits into its memory"


if __name__ == "__main__":
    main()
