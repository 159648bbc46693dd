"""The lines of some partners come out of the kept file as the whole file has them, however many partners there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.facts.posted import posted_lines
from engine.store.lines import lines_to_parquet
from engine.values import Lines


def lines(partners: list[str]) -> Lines:
    columns = [
        partners,
        ["bonus"] * len(partners),
        ["partners"] * len(partners),
        [f"K-{row}" for row in range(len(partners))],
    ]
    return Lines(*(np.array(each, dtype=object) for each in columns), np.arange(len(partners), dtype=np.int64))


def told(found: Lines) -> list[tuple[object, ...]]:
    columns = (getattr(found, name).tolist() for name in ("partner", "component", "table", "key", "amount_minor"))
    return list(zip(*columns, strict=True))


def test_lines_of_some_partners_are_those_of_the_whole_file_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    every = lines([f"P-{row * 7919 % 200_003:09}" for row in range(200_000)])  # too many for one dictionary
    path.write_bytes(lines_to_parquet(every))
    assert told(posted_lines(path, None)) == told(every)
    few = {"P-000000000", "P-000000007", "P-000199999", "nobody"}
    assert told(posted_lines(path, few)) == [each for each in told(every) if each[0] in few]


def test_a_file_without_lines_or_partners_without_any_have_none(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    path.write_bytes(lines_to_parquet(lines([])))
    assert told(posted_lines(path, None)) == told(posted_lines(path, {"a"})) == []
    path.write_bytes(lines_to_parquet(lines(["a", "b"])))
    none = posted_lines(path, set())
    assert told(none) == [] and none.amount_minor.dtype == np.int64
