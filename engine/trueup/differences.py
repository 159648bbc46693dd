"""What of a period's lines differs: what was posted, line by line, and what the period comes to now.

In: lines, in any order. Out: those whose amounts differ, in the order of partners, components, tables and keys. Lines
of a table without a key are added up by partner and component: which of its rows is which, no key tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from engine.values import Lines
from engine.values.true_up import Batch, DeltaLines

Key = tuple[str, str, str, str]  # partner, component, table, key


def amounts_of(lines: Iterable[Lines], keyless: Collection[str]) -> dict[Key, int]:
    """What each line comes to, of several lots of lines together."""
    found: dict[Key, int] = {}
    for lot in lines:
        partners, components, tables, keys = (
            column.tolist() for column in (lot.partner, lot.component, lot.table, lot.key)
        )
        if keyless:
            keys = ["" if table in keyless else key for table, key in zip(tables, keys, strict=True)]
        amounts = lot.amount_minor.tolist()
        theirs = dict(zip(zip(partners, components, tables, keys, strict=True), amounts, strict=True))
        if found or len(theirs) < len(amounts):  # lines of one key are added up
            for at, amount in zip(zip(partners, components, tables, keys, strict=True), amounts, strict=True):
                found[at] = found.get(at, 0) + amount
        else:
            found = theirs
    return found


def posted_amounts(
    locked: Lines, batches: Iterable[Batch], partners: Collection[str] | None, keyless: Collection[str]
) -> dict[Key, int]:
    """What was posted of some partners, or of all: the locked lines and what true-ups posted since."""
    found = amounts_of([locked], keyless)
    for batch in batches:
        for line in batch.lines:
            if partners is None or line.partner in partners:
                at = (line.partner, line.component, line.table, line.key)
                found[at] = found.get(at, 0) + line.amount_minor
    return found


def differing(before: Mapping[Key, int], after: Mapping[Key, int]) -> list[Key]:
    """The lines that come to something else now; one that is not there comes to nothing."""
    changed = [at for at, amount in after.items() if before.get(at, 0) != amount]
    gone = [at for at, amount in before.items() if amount and at not in after]
    return sorted(changed + gone)


def delta_lines(
    keys: Collection[Key], before: Mapping[Key, int], after: Mapping[Key, int], reasons: Mapping[Key, str]
) -> DeltaLines:
    """Delta lines of some keys, with their reasons."""
    partner, component, table, row = (_texts([key[at] for key in keys]) for at in range(4))
    old, new = (np.array([side.get(key, 0) for key in keys], dtype=np.int64) for side in (before, after))
    return DeltaLines(partner, component, table, row, old, new, _texts([reasons[key] for key in keys]))


def _texts(values: Collection[str]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
