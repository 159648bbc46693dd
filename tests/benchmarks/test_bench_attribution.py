"""The benchmark of attribution at a tiny scale: that rivals find the same is asserted within; and the promised time."""

from __future__ import annotations

import time

import bench_attribution as bench

from scenarios.attribution.shapley import rate_values, touch_sets


def test_the_rivals_find_the_same() -> None:
    assert len(bench.shapley(50, (4, 4), (5, 5), (6,))) == 5
    assert len(bench.markov(50, (4,), 50)) == 4


def test_sixteen_partners_take_less_than_a_fifth_of_a_second() -> None:
    """The processor's own time, so that a busy machine does not count against it."""
    sets = touch_sets(bench.journeys(2_000, 16))
    began = time.process_time()
    rate_values(sets)
    assert time.process_time() - began < bench.SECONDS_MAX_16
