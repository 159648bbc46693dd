"""The lines that a period has posted: those of its locked run, of all partners or of some, from the file they are kept
in.

In: the Parquet file of a run's lines. Out: lines in the order in which they are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa

from engine.arrow import integers
from engine.facts.connection import connect
from engine.facts.seen import texts
from engine.values import Lines

_TEXTS = ("partner", "component", "table", "key")


def posted_lines(path: Path, partners: Collection[str] | None) -> Lines:
    """The lines of some partners, or of all where that is None."""
    connection = connect([path.parent])
    try:
        whose = ""
        if partners is not None:
            connection.register("whose", pa.table({"partner": pa.array(sorted(partners), pa.string())}))
            whose = " SEMI JOIN whose USING (partner)"
        source = "read_parquet('" + str(path).replace("'", "''") + "', file_row_number=true)"
        columns = ", ".join([*(f'"{name}"' for name in _TEXTS), "amount_minor"])
        query = f"SELECT {columns} FROM {source}{whose} ORDER BY file_row_number"
        found = connection.sql(query).to_arrow_table()
    finally:
        connection.close()
    partner, component, table, key = (np.asarray(texts(found[name]), dtype=object) for name in _TEXTS)
    return Lines(partner, component, table, key, integers(found["amount_minor"]))
