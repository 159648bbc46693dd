"""How fast effects are: 10,000 partners x 36 months, beside least squares with a dummy for every partner and month.

    python tests/benchmarks/bench_effect.py [--rows-scale 1.0]

`measure` is all that a user gets: effect, error, band, test of the time before and what could be found.
The regression with dummies answers the estimate alone, and its table of 360,000 rows and 10,036 columns would fill
29 GB, so both are timed on few partners; their estimates are the same. Each time is the best of three (the rival's of
one), by the clock; timings never fail it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(1, str(Path(__file__).parents[1] / "scenarios"))

from bench_quantities import print_table
from effect_panels import drawn, with_dummies

from scenarios.effect.answer import Effect, Method
from scenarios.effect.choose import measure
from scenarios.effect.panel import Panel

PARTNERS, MONTHS, PARTNERS_OF_RIVAL = 10_000, 36, 250
SECONDS_MAX = 10
STARTS = tuple(range(12, 30))


def panel_of(partners: int, starts: tuple[int, ...] = (24,)) -> Panel:
    return drawn(1, partners // 2, partners - partners // 2, times=MONTHS, starts=starts, effect=1.0)


def best(work: Callable[[], object], times: int = 3) -> tuple[object, float]:
    """The result, and the least time of some calls, in seconds."""
    clocks = []
    for _ in range(times):
        start = perf_counter()
        result = work()
        clocks.append(perf_counter() - start)
    return result, min(clocks)


def beside_the_rival(partners: int) -> tuple[float, float]:
    """Seconds of ours and of the regression with dummies on the same panel; the estimates agree."""
    panel = panel_of(partners)
    ours, seconds = best(lambda: measure(panel, Method.DID))
    theirs, rival = best(lambda: with_dummies(panel), times=1)
    assert isinstance(ours, Effect) and abs(ours.per_unit_period - float(str(theirs))) < 1e-8, "the same estimate"
    return seconds, rival


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    asked = parser.parse_args()
    partners = max(int(PARTNERS * asked.rows_scale), 60)
    print(f"\n{partners:,} partners x {MONTHS} months (aim: under {SECONDS_MAX} s)")
    rows = []
    for name, method, starts in (
        ("difference-in-differences", Method.DID, (24,)),
        ("with matched controls", Method.MATCHED, (24,)),
        ("synthetic differences", Method.SDID, (24,)),
        ("group-time, 18 starts", Method.GROUP_TIME, STARTS),
    ):
        panel = panel_of(partners, starts)
        _, seconds = best(lambda panel=panel, method=method: measure(panel, method))  # type: ignore[misc]
        rows.append((name, f"{seconds:.2f}"))
    print_table(("", "seconds"), rows)
    few = max(int(PARTNERS_OF_RIVAL * min(asked.rows_scale, 1)), 60)
    ours, theirs = beside_the_rival(few)
    print(f"\n{few:,} partners x {MONTHS} months, beside least squares with dummies")
    print_table(
        ("", "seconds", "x ours"), [("ours", f"{ours:.4f}", "1"), ("dummies", f"{theirs:.4f}", f"{theirs / ours:.0f}")]
    )


if __name__ == "__main__":
    main()
