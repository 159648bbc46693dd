"""The lines that a period has posted: those of its locked run, of all partners or of some, from the file they are kept
in.

In: the Parquet file of a run's lines. Out: lines in the order in which they are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.values import Lines

_TEXTS = ("partner", "component", "table", "key")
_FEW_TEXTS = ["partner", "component", "table"]  # stand in many lines, and are kept once


def posted_lines(path: Path, partners: Collection[str] | None) -> Lines:
    """The lines of some partners, or of all where that is None."""
    whose = None if partners is None else frozenset(partners)
    columns = [*_TEXTS, "amount_minor"]
    with pq.ParquetFile(path, read_dictionary=_FEW_TEXTS) as file:
        groups = (file.read_row_group(at, columns, use_threads=False) for at in range(file.num_row_groups))
        found = [chunk for each in groups for chunk in _of(each, whose).to_batches()]
    lots = [[each.column(name).to_numpy(zero_copy_only=False) for name in columns] for each in found]
    partner, component, table, key = (
        np.concatenate([np.empty(0, dtype=object), *(lot[at] for lot in lots)]) for at in range(len(_TEXTS))
    )
    amounts = np.concatenate([np.empty(0, dtype=np.int64), *(lot[-1] for lot in lots)])
    return Lines(partner, component, table, key, amounts)


def _of(lines: pa.Table, whose: frozenset[str] | None) -> pa.Table:
    """The lines of some partners."""
    if whose is None or not lines.num_rows:
        return lines
    named = lines["partner"].combine_chunks()
    among = np.array([each in whose for each in named.dictionary.to_pylist()], dtype=bool)
    return lines.filter(pa.array(among[named.indices.to_numpy()]))
