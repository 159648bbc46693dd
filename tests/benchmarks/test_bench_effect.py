"""The benchmark of effects at a tiny scale: that both sides answer the same, not the time."""

from __future__ import annotations

import bench_effect as bench


def test_ours_and_the_regression_with_dummies_agree() -> None:
    assert all(seconds > 0 for seconds in bench.beside_the_rival(20))
