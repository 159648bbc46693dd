"""How fast pools within bounds and waterfalls are beside what people use instead, and how many cents each gets wrong.

Run as `python tests/benchmarks/bench_pools.py`: it prints two tables and never fails on a timing. One thread
throughout; each time is the best of three (one for what takes seconds), and "scaled" times were measured on fewer rows.
"""

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import rivals_pools as rivals
from bench_quantities import print_table, timed

sys.path.insert(0, str(Path(__file__).parents[2]))

from rules.kinds.base import Terms
from rules.quantities.apportion import Residue
from rules.quantities.currency import currency
from rules.quantities.exact import Exact, total
from rules.sharing.accrual import day_counts
from rules.sharing.bounded import bounded
from rules.sharing.bounds import Bounds
from rules.sharing.layers import Waterfall
from rules.sharing.time_weighted import Movements
from rules.sharing.waterfall import Accounts, run_waterfall
from rules.sharing.whole import whole_awards

PARTNERS, ACCOUNTS, FRACTION_ACCOUNTS = 1_000_000, 100_000, 10_000
SIZE_MINOR, LAST = 1_000_000_007, 20_453
EUR = Terms(currency("EUR"))
BOUNDS = Bounds.model_validate({"at_least": "EUR 1", "at_most": "EUR 18"})
LAYERS = Waterfall.model_validate(
    {
        "layers": [
            {"capital": "true"},
            {"preferred": {"rate": "8%"}},
            {"catch_up": {"share": "100%", "to": "20%"}},
            {"split": {"carry": "20%"}},
        ]
    }
)
Line = tuple[str, ...]


def main() -> None:
    """Prints both tables."""
    print(f"\none pool over {PARTNERS:,} partners by score x revenue, from EUR 1 to EUR 18 each: EUR 10,000,000.07")
    print_table(("", "seconds", "conserved", "shares that differ", "largest, cents"), pool(PARTNERS))
    print(f"\na waterfall of four layers over {ACCOUNTS:,} capital accounts")
    print_table(("", "seconds", "x Fraction", "accounts a cent off", "largest, cents"), waterfall(ACCOUNTS))


def pool(partners: int) -> list[Line]:
    """Ours, from scores with 9 decimals and revenue in cents to shares in cents, and float64."""
    chance = np.random.default_rng(2026)
    scores, revenue = chance.integers(10**9, 10**11, partners), chance.integers(10**6, 10**12, partners)
    keys = np.array([f"P-{at:07}" for at in range(partners)], dtype=object)
    size = SIZE_MINOR * partners // PARTNERS

    def ours() -> Any:
        weights = Exact(scores, 10**9) * Exact(revenue)
        floors, caps = BOUNDS.in_steps({}, partners, Fraction(size), EUR)
        found = bounded(weights, Fraction(size), floors, caps, BOUNDS, EUR)
        assert found.left == 0 and found.is_cap.any() and found.is_floor.any()
        return whole_awards(found.awards, keys, Residue.LARGEST_REMAINDER, EUR)

    shares, seconds = timed(ours)
    assert total(shares) == size and int(shares.min()) >= 100 and int(shares.max()) <= 1_800
    floats = scores / 1e9 * (revenue / 100)
    by_numpy, numpy_seconds = timed(lambda: rivals.numpy_bounded(size / 100, floats, 1.0, 18.0))

    def line(name: str, seconds: float, cents: Any) -> Line:
        apart = np.abs(np.asarray(cents - shares, dtype=np.int64))
        conserved = "yes" if int(np.sum(cents)) == size else "no"
        return name, f"{seconds:.3f}", conserved, f"{np.count_nonzero(apart):,}", f"{apart.max():,}"

    return [
        line("bounded, whole_awards", seconds, shares),
        line("NumPy float64, rest on the last", numpy_seconds, np.rint(by_numpy * 100).astype(np.int64)),
    ]


def waterfall(accounts: int) -> list[Line]:
    """Ours, fractions account by account, and float64; of contributions in five years."""
    chance = np.random.default_rng(2026)
    amounts, days = chance.integers(10**5, 10**9, accounts), chance.integers(LAST - 1_826, LAST, accounts)
    movements = Movements(accounts, np.arange(accounts), Exact(amounts), days)
    proceeds = int(amounts.sum()) * 3 // 2 + 7

    def ours() -> Exact:
        layers = run_waterfall(LAYERS, Fraction(proceeds), Accounts(movements, movements.balances()), LAST)
        paid = layers[0].paid
        for layer in layers[1:]:
            paid = paid + layer.paid
        return paid

    paid, seconds = timed(ours)
    cents = np.array([round(each or 0) for each in paid.fractions()], dtype=object)
    held = day_counts(days, LAST, "act/365")
    few = min(accounts, FRACTION_ACCOUNTS)
    years = [Fraction(int(each), 365) for each in held[:few]]
    part = int(amounts[:few].sum()) * 3 // 2 + 7
    listed = amounts[:few].tolist()
    slow, slow_seconds = timed(lambda: rivals.fraction_waterfall(part, listed, years, Fraction(8, 100)))
    own = Movements(few, np.arange(few), Exact(amounts[:few]), days[:few])
    same = run_waterfall(LAYERS, Fraction(part), Accounts(own, own.balances()), LAST)
    for account in (0, few // 2, few - 1):
        assert slow[account] == sum(layer.paid.fraction(account) or 0 for layer in same), "the rival pays the same"
    slow_seconds *= accounts / few
    floats = proceeds / 100, amounts / 100, held / 365
    by_numpy, numpy_seconds = timed(lambda: rivals.numpy_waterfall(*floats, 0.08))

    def line(name: str, seconds: float, found: Any) -> Line:
        apart = np.abs(found - cents)
        off = f"{np.count_nonzero(apart):,} of {accounts:,}"
        return name, f"{seconds:.3f}", f"{slow_seconds / seconds:.1f}", off, f"{max(apart.tolist()):,}"

    return [
        line("run_waterfall", seconds, cents),
        line("Fraction, account by account (scaled)", slow_seconds, cents),
        line("NumPy float64", numpy_seconds, np.rint(by_numpy * 100).astype(np.int64)),
    ]


if __name__ == "__main__":
    main()
