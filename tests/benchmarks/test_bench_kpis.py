"""The benchmark of KPIs at a tiny scale: the numbers, not the time."""

from __future__ import annotations

from pathlib import Path

import bench_kpis as bench
import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = tmp_path_factory.mktemp("tables")
    bench.write_tables(tables, 0.004)
    return tables


def test_every_number_is_that_of_the_script_by_hand(folder: Path) -> None:
    numbers = bench.ours(folder, 1)()
    assert numbers == bench.by_hand(folder, 1)()
    assert all(any(numbers[name]) for name in numbers), "some partner has a value other than zero"


def test_explaining_comes_to_the_same_numbers(folder: Path) -> None:
    numbers = bench.ours(folder, 1)()
    at = int(bench.EXPLAINED[1:])
    for name, (_, value) in bench.explained(folder, 1).items():
        assert name not in numbers or numbers[name][at] == value, name


@pytest.mark.parametrize("kpi", bench.SHARING)
def test_a_kpi_on_a_table_that_is_read_anyway_adds_no_scan(kpi: str, folder: Path) -> None:
    assert bench.scans(folder, kpi) == bench.scans(folder)
