"""The benchmark of pools at a tiny scale: that pools are conserved and rivals pay the same is asserted within."""

from __future__ import annotations

import bench_pools as bench


def test_pools_within_bounds_are_conserved() -> None:
    ours, *_ = bench.pool(2_000)
    assert ours[2:] == ("yes", "0", "0")


def test_a_waterfall_pays_what_fractions_pay() -> None:
    assert len(bench.waterfall(200)) == 3
