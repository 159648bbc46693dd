"""The reason of a true-up as one payee may read it: what it says of the payee's own rows, and nothing of others.

In: a batch, the partners whom the payee is paid for, and all partners. Out: the payee's lines. A line of a pool or of a
tier may change for somebody else's late record, and a row may have been somebody else's before: neither is named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from engine.values.late import Change
from engine.values.true_up import Batch, DeltaLine

_CAUSE = "because "  # begins the part of a reason that names late records


def own_lines(batch: Batch, mine: Collection[str], partners: Collection[str]) -> Iterator[DeltaLine]:
    """The lines of some partners, `mine`, with reasons that name none of the other `partners`, and no late record that
    is not known to be theirs: one that a line of theirs stands on, or whose key is their id."""
    lines = [each for each in batch.lines if each.partner in mine]
    rows = {(each.table, each.key) for each in lines}
    late = {(each.table, each.key): each for each in (*batch.records, *batch.also)}
    others = [each for row, each in late.items() if row not in rows and each.key not in mine]
    told: dict[str, str] = {}
    for line in lines:
        change = late.get((line.table, line.key))
        if change is not None:
            yield line._replace(reason=_without_names(line.reason, change, mine, partners))
            continue
        if line.reason not in told:
            told[line.reason] = _without_rows(line.reason, others)
        yield line._replace(reason=told[line.reason])


def _without_names(reason: str, change: Change, mine: Collection[str], partners: Collection[str]) -> str:
    """What became of the payee's own row; only which columns changed, where a cell names somebody else."""
    named = {each for cell in change.cells for each in (cell.before, cell.after) if each in partners}
    if named <= set(mine):
        return reason
    columns = ", ".join(cell.column for cell in change.cells)
    return f"{change.table} {change.key}: {columns} {change.kind} after the period was locked"


def _without_rows(reason: str, others: Sequence[Change]) -> str:
    """A reason whose cause names no late record of others."""
    before, _, cause = reason.partition(_CAUSE)
    if any(each.key in cause and re.search(rf"(?<!\w){re.escape(each.key)}(?!\w)", cause) for each in others):
        return f"{before}{_CAUSE}late records changed"
    return reason
