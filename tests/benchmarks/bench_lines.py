"""How fast the lines of payouts are: running tiers, and deals that are split among partners, beside what people use.

    python tests/benchmarks/bench_lines.py [--rows-scale 1.0] [--threads 2] [--part tiers|split]

At scale 1: 10,000,000 sales of 20,000 partners in marginal tiers of five steps, and 10,000,000 deals split among one to
four partners each (25,000,000 lines). Ours is one thread; DuckDB has all that are given, and its tables in memory. Each
time is the best of three, or of one where that takes a second. Every amount of all is compared; timings never fail it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rivals_lines as rivals
from bench_quantities import print_table, timed
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from rules.kinds.base import Terms
from rules.kinds.tiers import Tiers
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import multiply_divide
from rules.quantities.running import running_before
from rules.quantities.together import round_together

SALES, DEALS, PARTNERS = 10_000_000, 10_000_000, 20_000
TIMES_FASTER = 3
BASIS_POINTS, BILLION = 10_000, 10**9
EDGES_MINOR = (5_000_000, 20_000_000, 50_000_000, 200_000_000)
RATES_BP = (300, 450, 600, 800, 1_000)
TIERS = Tiers.model_validate(
    {
        "method": "marginal",
        "accumulate": "fiscal_year",
        "order": ["deals.closed_on"],
        "steps": [
            {"to": "50_000", "rate": "3%"},
            {"to": "200_000", "rate": "4.5%"},
            {"to": "500_000", "rate": "6%"},
            {"to": "2_000_000", "rate": "8%"},
            {"rate": "10%"},
        ],
    }
)
Column = NDArray[np.int64]
Columns = Mapping[str, Column]


def sales_of(rows: int) -> Columns:
    """A year of sales by deal number: partners and days in no order, amounts of up to EUR 20,000."""
    chance = np.random.default_rng(2026)
    return {
        "deal": np.arange(rows),
        "partner": chance.integers(0, PARTNERS, rows),
        "closed_on": chance.integers(0, 365, rows),
        "amount": chance.integers(1, 2_000_000, rows),
    }


def lines_of(deals: int) -> Columns:
    """Each deal among one to four partners, in shares with nine decimals that add up to one; dues in billionths."""
    chance = np.random.default_rng(2026)
    lengths = chance.integers(1, 5, deals)
    deal = np.repeat(np.arange(deals), lengths)
    starts = np.cumsum(lengths) - lengths
    shares = BILLION // lengths[deal] - chance.integers(0, 10**8, len(deal))
    shares[starts] += BILLION - np.add.reduceat(shares, starts)
    line = np.arange(len(deal))
    partner = (chance.integers(0, PARTNERS, deals)[deal] + 7 * (line - starts[deal])) % PARTNERS
    return {
        "line": line,
        "deal": deal,
        "partner": partner,
        "due": chance.integers(1, 2_000_000, deals)[deal] * shares,
    }


def tiers_by_line(sales: Columns) -> Column:
    """Ours: totals before each sale, the kind's exact dues, rounded once."""
    base = Exact(sales["amount"])
    order = sales["closed_on"] * len(base) + sales["deal"]
    before = running_before(base, sales["partner"], order)
    due = TIERS.compute({"base": base, "before": before}, len(base), Terms(currency("EUR")))
    return multiply_divide(due.numerator, 1, due.denominator)


def split_by_line(lines: Columns, deals: int) -> Column:
    """Ours: the lines of each deal rounded together."""
    return round_together(Exact(lines["due"], BILLION), lines["deal"], deals, lines["partner"])


def tiers(rows: int, threads: int) -> list[tuple[str, ...]]:
    """Ours and DuckDB on the same sales, every amount compared; and the running totals alone."""
    sales = sales_of(rows)
    ours, seconds = timed(lambda: tiers_by_line(sales))
    connection = rivals.opened({"sales": sales}, threads)
    theirs, their_seconds = timed(lambda: rivals.duckdb_tiers(connection, EDGES_MINOR, RATES_BP, BASIS_POINTS))
    connection.close()
    paid = np.empty_like(ours)
    paid[theirs["deal"]] = theirs["paid"]
    base, order = Exact(sales["amount"]), sales["closed_on"] * rows + sales["deal"]
    _, shuffled_seconds = timed(lambda: running_before(base, sales["partner"], order))
    queue = np.lexsort((order, sales["partner"]))
    base, partner, order = base.take(queue), sales["partner"][queue], order[queue]
    _, sorted_seconds = timed(lambda: running_before(base, partner, order))
    return [
        line("running_before, tiers, rounding", seconds, seconds, ours, ours),
        line(f"DuckDB window query, {threads} threads", their_seconds, seconds, paid, ours),
        line("  of ours, running_before", shuffled_seconds, seconds, ours, ours),
        line("  the same on sorted rows", sorted_seconds, seconds, ours, ours),
    ]


def split(deals: int, threads: int) -> list[tuple[str, ...]]:
    """Ours and two rivals on the same lines, every amount compared, and every deal added up."""
    lines = lines_of(deals)
    ours, seconds = timed(lambda: split_by_line(lines, deals))
    starts = np.flatnonzero(np.diff(lines["deal"], prepend=-1))
    wholes = np.add.reduceat(lines["due"], starts) // BILLION  # shares add up to one, so a deal's dues are whole cents
    assert (np.add.reduceat(ours, starts) == wholes).all(), "the lines of each deal add up to it"
    by_numpy, numpy_seconds = timed(lambda: rivals.numpy_split(lines["due"], lines["deal"], lines["partner"], BILLION))
    connection = rivals.opened({"lines": lines}, threads)
    theirs, their_seconds = timed(lambda: rivals.duckdb_split(connection, BILLION))
    connection.close()
    paid = np.empty_like(ours)
    paid[theirs["line"]] = theirs["paid"]
    return [
        line("round_together", seconds, seconds, ours, ours),
        line("NumPy, largest remainder by lexsort", numpy_seconds, seconds, by_numpy, ours),
        line(f"DuckDB window query, {threads} threads", their_seconds, seconds, paid, ours),
    ]


def line(name: str, seconds: float, ours_seconds: float, amounts: Column, ours: Column) -> tuple[str, ...]:
    """A line of a table; amounts that differ from ours are a fault of one of the two."""
    apart = int(np.count_nonzero(amounts != ours))
    assert apart == 0, f"{name}: {apart:,} amounts differ"
    return name, f"{seconds:.2f}", f"{seconds / ours_seconds:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--part", choices=["tiers", "split"])
    asked = parser.parse_args()
    head = "", "seconds", "x ours"
    if asked.part != "split":
        rows = int(SALES * asked.rows_scale)
        print(f"\n{rows:,} sales of {PARTNERS:,} partners in running marginal tiers (aim: {TIMES_FASTER} x faster)")
        print_table(head, tiers(rows, asked.threads))
    if asked.part != "tiers":
        deals = int(DEALS * asked.rows_scale)
        print(f"\n{deals:,} deals split among one to four partners")
        print_table(head, split(deals, asked.threads))


if __name__ == "__main__":
    main()
