"""The partners that can be paid: those for whom the program's condition holds, as a frame and as a relation."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from engine.arrow import integers
from engine.facts.read import table_name
from engine.facts.seen import Seen, texts
from engine.values import Frame
from rules.expressions.tree import Expression
from rules.expressions.vector import truth


def eligible_partners(
    connection: duckdb.DuckDBPyConnection,
    seen: Seen,
    eligible: Expression | None,
    wanted: Sequence[Expression],
    answer: pa.Table,
    only: frozenset[str] | None = None,
) -> Frame:
    """The partners for whom a condition holds, of an answer with the leaves that it `wanted`; and, for queries, the
    relation `eligible_partners` (partner_id, place). Where some are named, `only` these."""
    keep = np.ones(answer.num_rows, dtype=bool)
    if eligible is not None:
        found = {tree: seen.answer(tree, answer[f"leaf{index}"]) for index, tree in enumerate(wanted)}
        keep = truth(eligible, found.__getitem__, seen.type_of, answer.num_rows).yes
    every = texts(answer["partner"])
    if only is not None:
        keep &= np.fromiter(map(only.__contains__, every.tolist()), dtype=bool, count=len(every))
    keys, records = every[keep], integers(answer["record"])[keep]
    # A table of DuckDB's own: to read one of Arrow's, it imports pyarrow.dataset, and that the whole of pandas.
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE eligible_partners AS
        SELECT partner_id, row_number() OVER (ORDER BY partner_id) - 1 AS place FROM {table_name("partners")}
        WHERE record IN (SELECT unnest(CAST(? AS BIGINT[])))""",
        [records.tolist()],
    )
    return Frame("partners", keys, records, np.arange(len(keys), dtype=np.int64))
