"""The benchmark of true-ups at a tiny scale: what is posted, not the time."""

from __future__ import annotations

import bench_true_up as bench


def test_the_batch_makes_of_what_was_posted_what_the_period_is_now() -> None:
    batch, _ = bench.measured(2_000, 20, 100)
    assert len(batch.records) == 22 and len(batch.lines) > 22
