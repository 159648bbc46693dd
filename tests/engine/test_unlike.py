"""Rows that two kept files have alike are put aside: what is left is what differs, whatever came, went or moved."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

from engine.facts import unlike as module
from engine.facts.unlike import unlike

Row = tuple[str, int | None, str | None]
SCHEMA = pa.schema([("record", pa.int64()), ("id", pa.string()), ("at", pa.int64()), ("name", pa.string())])
KEY, OTHERS = ("id", "at"), ("name",)


def order(row: Row) -> tuple[str, bool, int]:
    return row[0], row[1] is not None, row[1] or 0


def keep(path: Path, rows: list[Row], group: int, first: int = 1) -> Path:
    columns = [list(each) for each in zip(*rows, strict=True)] or [[], [], []]
    records = list(range(first, first + len(rows)))
    pq.write_table(pa.table([records, *columns], schema=SCHEMA), path, row_group_size=group)
    return path


def told(rows: pa.Table) -> set[Row]:
    return set(zip(*(rows[name].to_pylist() for name in (*KEY, *OTHERS)), strict=True))


def found(one: list[Row], other: list[Row], group: int, folder: Path) -> tuple[set[Row], set[Row]]:
    files = keep(folder / "one.parquet", one, group), keep(folder / "other.parquet", other, group, first=7)
    both = unlike(*files, KEY, OTHERS)
    assert both is not None
    return told(both[0]), told(both[1])


TABLES = st.dictionaries(
    st.tuples(st.text("aAbß𝄞", min_size=1, max_size=3), st.none() | st.integers(-2, 3)),
    st.none() | st.sampled_from(["x", "y"]),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(before=TABLES, now=TABLES, shared=TABLES, group=st.integers(1, 9), reach=st.integers(1, 5))
def test_what_is_left_is_what_one_file_has_and_the_other_has_not(
    before: dict, now: dict, shared: dict, group: int, reach: int
) -> None:
    sides = [sorted(((*key, name) for key, name in {**shared, **own}.items()), key=order) for own in (before, now)]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_REACH_ROWS", reach)
        left = found(*sides, group, Path(name))
    assert left == (set(sides[0]) - set(sides[1]), set(sides[1]) - set(sides[0]))


def test_rows_that_are_in_no_order_are_left_too_often_and_never_too_seldom(tmp_path: Path) -> None:
    one: list[Row] = [(each, 1, "x") for each in "dacb"]
    other: list[Row] = [(each, 1, "y" if each == "c" else "x") for each in "bcad"]
    left = found(one, other, 2, tmp_path)
    assert left[0] >= {("c", 1, "x")} and left[1] >= {("c", 1, "y")}


def test_row_groups_that_are_stored_alike_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one: list[Row] = [(f"{each:03}", 1, "x") for each in range(100)]
    other = [*one[:57], ("057", 1, "y"), *one[58:]]
    read: list[int] = []
    asked = module._Side.read

    def reading(side: module._Side, names: list[str]) -> pa.RecordBatch:
        read.append(side.group)
        return asked(side, names)

    monkeypatch.setattr(module._Side, "read", reading)
    assert found(one, other, 10, tmp_path) == ({one[57]}, {other[57]})
    assert set(read) == {5}


def test_files_as_duckdb_writes_them_are_told_apart_by_a_dictionary_alone(tmp_path: Path) -> None:
    files = []
    for name, last in (("one", "pear"), ("other", "plum")):
        word = f"CASE WHEN i % 7 = 3 THEN '{last}' ELSE 'apple' END"
        query = f"SELECT i AS record, lpad(CAST(i AS VARCHAR), 6, '0') AS id, {word} AS name FROM range(5000) AS t(i)"
        files.append(tmp_path / f"{name}.parquet")
        duckdb.execute(f"COPY ({query} ORDER BY id) TO '{files[-1]}' (FORMAT parquet, COMPRESSION zstd)")
    left = unlike(*files, ("id",), ("name",))
    assert left is not None and [each.num_rows for each in left] == [714, 714]
    assert set(left[0]["name"].to_pylist()) == {"pear"} and set(left[1]["name"].to_pylist()) == {"plum"}


def test_files_with_other_columns_or_little_in_common_are_for_a_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(tmp_path / "one.parquet", [("a", 1, "x")], 10)
    pq.write_table(pa.table({"record": [1], "id": ["a"], "at": [1]}), tmp_path / "other.parquet")
    assert unlike(one, tmp_path / "other.parquet", KEY, OTHERS) is None
    monkeypatch.setattr(module, "_RUNS_MAX", 3)
    many = keep(tmp_path / "many.parquet", [(f"{each:02}", 1, None) for each in range(0, 90, 9)], 10)
    none = keep(tmp_path / "none.parquet", [(f"{each:02}", 1, None) for each in range(1, 90, 9)], 10)
    assert unlike(many, none, KEY, OTHERS) is None
