"""How fast exact products and pools are beside what people use instead, and how many cents each of them gets wrong.

Run as `python tests/benchmarks/bench_quantities.py`: it prints two tables and never fails on a timing. One thread
throughout; each time is the best of three (one for what takes seconds), and "scaled" times were measured on fewer rows.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import rivals_quantities as rivals

sys.path.insert(0, str(Path(__file__).parents[2]))

from rules.quantities.apportion import apportion
from rules.quantities.rounding import multiply_divide, multiply_divide_exact

ROWS, DECIMAL_ROWS = 10_000_000, 1_000_000
PARTNERS, FRACTION_PARTNERS = 1_000_000, 100_000
CASES = [
    ("amounts up to 10^9 cents, rates in quarters of a percent", 10**9, 2_500_000),
    ("amounts up to 10^15 cents, rates with 9 decimals", 10**15, 1),
]


def main() -> None:
    """Prints both tables."""
    for title, amount_max, rate_step in CASES:
        print(f"\n{ROWS:,} products rounded half up: {title}")
        print_table(("", "seconds", "x Decimal", "wrong cents"), products(amount_max, rate_step))
    print(f"\none pool over {PARTNERS:,} partners: EUR 10,000,000.07 by revenue")
    print_table(("", "seconds", "conserved", "shares that differ", "largest, cents"), pool())


def products(amount_max: int, rate_step: int) -> list[tuple[str, ...]]:
    """Ours and three rivals on the same rows; wrong cents are counted against Python integers."""
    chance = np.random.default_rng(2026)
    amounts = chance.integers(1, amount_max, ROWS)  # no clawbacks: half up by hand in floats would miss its mirror
    rates_fp = chance.integers(1, 400_000_000 // rate_step, ROWS) * rate_step
    exact = multiply_divide_exact(amounts, rates_fp, 10**9)
    ours, ours_seconds = timed(lambda: multiply_divide(amounts, rates_fp, 10**9))

    decimal_inputs = rivals.decimals(amounts[:DECIMAL_ROWS], 2), rivals.decimals(rates_fp[:DECIMAL_ROWS], 9)
    decimal, decimal_seconds = timed(lambda: rivals.decimal_products(*decimal_inputs))
    decimal_seconds *= ROWS / DECIMAL_ROWS
    decimal_wrong = int(np.count_nonzero(rivals.cents(decimal) != exact[:DECIMAL_ROWS]))

    sales = pd.DataFrame({"amount": amounts / 100, "rate": rates_fp / 10**9})
    numbers = sales["amount"].to_numpy(), sales["rate"].to_numpy()
    by_numpy, numpy_seconds = timed(lambda: rivals.numpy_products(*numbers))
    by_pandas, pandas_seconds = timed(lambda: rivals.pandas_products(sales))

    def line(name: str, seconds: float, wrong: int, of_rows: int) -> tuple[str, ...]:
        return name, f"{seconds:.3f}", f"{decimal_seconds / seconds:.1f}", f"{wrong:,} of {of_rows:,}"

    return [
        line("multiply_divide", ours_seconds, int(np.count_nonzero(ours != exact)), ROWS),
        line("Decimal, ROUND_HALF_UP (scaled)", decimal_seconds, decimal_wrong, DECIMAL_ROWS),
        line("NumPy float64, half up", numpy_seconds, int(np.count_nonzero(rivals.cents(by_numpy) != exact)), ROWS),
        line("pandas float64, round(2)", pandas_seconds, int(np.count_nonzero(rivals.cents(by_pandas) != exact)), ROWS),
    ]


def pool() -> list[tuple[str, ...]]:
    """Ours and two rivals; shares are compared with ours, and ours with Fractions."""
    total_minor = 1_000_000_007
    weights = np.random.default_rng(2026).integers(0, 10**9, PARTNERS)
    ours, ours_seconds = timed(lambda: apportion(total_minor, weights).shares)
    fewer = weights[:FRACTION_PARTNERS]
    ours_fewer = apportion(total_minor, fewer).shares
    fractions, fraction_seconds = timed(lambda: rivals.fraction_pool(total_minor, fewer.tolist()))
    fraction_seconds *= PARTNERS / FRACTION_PARTNERS
    floats = weights.astype(np.float64)
    by_numpy, numpy_seconds = timed(lambda: rivals.numpy_pool(total_minor / 100, floats))

    def line(name: str, seconds: float, shares: Any, standard: Any) -> tuple[str, ...]:
        apart = np.abs(np.asarray(shares) - standard)
        conserved = "yes" if int(np.sum(shares)) == total_minor else "no"
        return name, f"{seconds:.3f}", conserved, f"{np.count_nonzero(apart):,}", f"{apart.max():,}"

    return [
        line("apportion, largest remainder", ours_seconds, ours, ours),
        line("Fraction, largest remainder (scaled)", fraction_seconds, fractions, ours_fewer),
        line("NumPy float64, rest on the last", numpy_seconds, rivals.cents(by_numpy), ours),
    ]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the seconds of the best of three runs, or of one if that takes a second."""
    seconds: list[float] = []
    while len(seconds) < 3 and (not seconds or seconds[0] < 1):
        start = perf_counter()
        result = work()
        seconds.append(perf_counter() - start)
    return result, min(seconds)


def print_table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    """Names to the left, figures to the right."""
    widths = [max(len(row[i]) for row in [head, *lines]) for i in range(len(head))]
    for row in [head, *lines]:
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([f"{row[0]:<{widths[0]}}", *cells]))


if __name__ == "__main__":
    main()
