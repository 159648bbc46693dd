"""The benchmark of KPIs at a tiny scale: the numbers, not the time."""

from __future__ import annotations

from pathlib import Path

import bench_kpis as bench
import numpy as np
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = tmp_path_factory.mktemp("tables")
    bench.write_tables(tables, 0.004)
    return tables


def test_every_number_is_that_of_the_script_by_hand(folder: Path) -> None:
    mine, theirs = bench.ours(folder, 1)(), bench.by_hand(folder, 1)()
    assert len(mine) == 40 and bench.unlike(mine, theirs) == []
    assert all(any(above) for above, _ in mine.values()), "some partner has a value other than zero"


def test_one_number_that_differs_is_found(folder: Path) -> None:
    theirs = bench.by_hand(folder, 1)()
    above, below = theirs["won_year"]
    mine = {**theirs, "won_year": (above * 3, below * 3)}
    assert bench.unlike(mine, theirs) == [], "2/4 is 1/2"
    mine["won_year"] = above + np.eye(1, len(above), 17, dtype=np.int64)[0], below
    assert bench.unlike(mine, theirs) == ["won_year"]
    mine["won_year"] = above, np.zeros_like(below)
    assert bench.unlike(mine, theirs) == ["won_year"], "unknown is no number"


def test_explaining_comes_to_the_same_numbers(folder: Path) -> None:
    mine = bench.ours(folder, 1)()
    at = int(bench.EXPLAINED[1:])
    for name, (_, value) in bench.explained(folder, 1).items():
        assert name not in mine or bench.number_at(mine[name], at) == value, name
