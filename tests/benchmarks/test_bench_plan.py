"""The benchmark of a plan at a tiny scale: the amounts, not the time."""

from __future__ import annotations

from pathlib import Path

import bench_plan as bench
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = tmp_path_factory.mktemp("tables")
    bench.write_tables(tables, 0.001)
    return tables


def test_every_amount_is_that_of_the_script_by_hand(folder: Path) -> None:
    mine, theirs = bench.ours(folder, 1), bench.by_hand(folder, 1)
    assert bench.unlike(mine, theirs) == 0
    assert (mine.sum(axis=0) > 0).all(), "every component pays somebody"
    assert (mine[:, 8] == 12_000_000).any() and (mine[:, 8] < 12_000_000).any(), "the cap cuts some"


def test_a_difference_of_a_cent_is_found(folder: Path) -> None:
    theirs = bench.by_hand(folder, 1)
    mine = theirs.copy()
    mine[3, 5] += 1
    assert bench.unlike(mine, theirs) == 1
