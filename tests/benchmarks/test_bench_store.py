"""The benchmark of the books at a tiny scale: that it writes what it says, not the time."""

from __future__ import annotations

import bench_store as bench


def test_both_databases_are_measured(server: str, capsys: object) -> None:
    assert set(bench.measured(500, server)) == {"SQLite", "PostgreSQL"}
