"""Columns of Arrow become arrays of NumPy as Arrow itself makes them, whatever their chunks and blanks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, strategies as st

from engine.arrow import flags, integers, is_known

numbers = st.lists(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=20), max_size=4)
truths = st.lists(st.lists(st.none() | st.booleans(), max_size=20), max_size=4)
ends = st.tuples(st.integers(0, 30), st.integers(0, 30))


@given(numbers, ends, st.integers(-3, 3))
def test_whole_numbers(chunks: list[list[int | None]], ends: tuple[int, int], blank: int) -> None:
    column = pa.chunked_array([pa.array(chunk, pa.int64()) for chunk in chunks], pa.int64()).slice(*ends)
    expected = [blank if each is None else each for each in column.to_pylist()]
    assert integers(column, blank).tolist() == expected
    assert is_known(column).tolist() == [each is not None for each in column.to_pylist()]


@given(truths, ends)
def test_truth_values(chunks: list[list[bool | None]], ends: tuple[int, int]) -> None:
    column = pa.chunked_array([pa.array(chunk, pa.bool_()) for chunk in chunks], pa.bool_()).slice(*ends)
    assert flags(column).tolist() == [each is True for each in column.to_pylist()]
    assert is_known(column).tolist() == [each is not None for each in column.to_pylist()]


def test_other_widths_and_a_column_of_blanks() -> None:
    assert integers(pa.chunked_array([pa.array([1, None, 3], pa.int8())])).tolist() == [1, 0, 3]
    blanks = pa.chunked_array([pa.nulls(2)])
    assert (integers(blanks, 7).tolist(), is_known(blanks).tolist()) == ([7, 7], [False, False])
    assert integers(pa.chunked_array([], pa.int64())).dtype == np.int64
