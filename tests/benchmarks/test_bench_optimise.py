"""The benchmark of the optimiser at a tiny scale: that rivals find nothing better than the bound, not the time."""

from __future__ import annotations

import bench_optimise as bench
import pytest


@pytest.mark.parametrize("is_s_shaped", [False, True])
def test_slsqp_is_never_above_our_bound(is_s_shaped: bool) -> None:
    problem = bench.curves(12, is_s_shaped)
    answer, _ = bench.ours(problem, 1e-6)
    value, _ = bench.slsqp(problem)
    assert value <= answer.bound * (1 + 1e-9) and value <= answer.value * (1 + 2e-6)
    assert answer.gap_before_rounding <= 1e-6


def test_every_row_is_measured() -> None:
    assert len(list(bench.splits(0.0002))) == 7
    assert len(list(bench.chosen_tiers(0.002))) == 3
