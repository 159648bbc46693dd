"""The benchmark of lines at a tiny scale: the amounts, not the time."""

from __future__ import annotations

import bench_lines as bench
import numpy as np
import pytest


@pytest.mark.parametrize("part", [bench.tiers, bench.split])
def test_every_amount_is_that_of_each_rival(part: object) -> None:
    assert callable(part) and len(part(2_000, 1)) >= 3  # a difference is asserted within


def test_a_difference_of_a_cent_is_found() -> None:
    ours = bench.split_by_line(bench.lines_of(100), 100)
    with pytest.raises(AssertionError, match="1 amounts differ"):
        bench.line("a rival", 1.0, 1.0, ours + (np.arange(len(ours)) == 7), ours)
