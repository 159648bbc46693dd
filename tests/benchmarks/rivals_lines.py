"""What people use for running tiers and for splits: a DuckDB window query, and NumPy that sorts by remainder.

All keep whole numbers, as ours does, and know their data: no clawbacks, no blanks, nothing near the end of 64 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]


def opened(tables: Mapping[str, Mapping[str, Column]], threads: int) -> duckdb.DuckDBPyConnection:
    """A connection that holds the tables in memory, and need not keep the order of their rows."""
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("SET enable_progress_bar=false")
    connection.execute("SET preserve_insertion_order=false")
    for name, columns in tables.items():
        connection.register("columns", dict(columns))
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM columns")
        connection.unregister("columns")
    return connection


def duckdb_tiers(connection: duckdb.DuckDBPyConnection, edges: Sequence[int], rates: Sequence[int], whole: int) -> Any:
    """Marginal tiers over the running sum, half up: (deal, paid); one window, one pass over its rows."""

    def earned(total: str) -> str:
        falls = [rate - following for rate, following in pairwise(rates)]
        slices = [f"{fall} * least({total}, {edge})" for edge, fall in zip(edges, falls, strict=True)]
        return " + ".join([f"{rates[-1]} * {total}", *slices])

    return connection.execute(
        f"""SELECT deal, (2 * ({earned("upto")} - ({earned("(upto - amount)")})) + {whole}) // {2 * whole} AS paid
        FROM (SELECT deal, amount, CAST(sum(amount) OVER (PARTITION BY partner ORDER BY closed_on, deal
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS upto FROM sales)"""
    ).fetchnumpy()


def duckdb_split(connection: duckdb.DuckDBPyConnection, whole: int) -> Any:
    """Largest remainders of each deal by a window: (line, paid)."""
    return connection.execute(
        f"""SELECT line, down + CAST(place <= lacks AS BIGINT) AS paid
        FROM (SELECT line, down, row_number() OVER (PARTITION BY deal ORDER BY rest DESC, partner) AS place,
                (2 * sum(rest) OVER (PARTITION BY deal) + {whole}) // {2 * whole} AS lacks
            FROM (SELECT line, deal, partner, due // {whole} AS down, due % {whole} AS rest FROM lines))"""
    ).fetchnumpy()


def numpy_split(due: Column, deals: Column, partners: Column, whole: int) -> Column:
    """Largest remainders of each deal, in rows that stand by deal: all lines sorted by deal, remainder and partner."""
    down, rest = np.divmod(due, whole)
    starts = np.flatnonzero(np.diff(deals, prepend=-1))
    lacks = (2 * np.add.reduceat(rest, starts) + whole) // (2 * whole)
    order = np.lexsort((partners, -rest, deals))
    lengths = np.diff(starts, append=len(due))
    place = np.arange(len(due)) - np.repeat(starts, lengths)
    down[order] += place < np.repeat(lacks, lengths)
    return down
