"""The faults of rows as people read them: each row once, in the order of the rows, and no more than they would read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rules.crediting.candidates import FAULTS_MAX, Candidates, Codes, RowFault


def told(wrong: Codes, candidates: Candidates, fault: Callable[[int], RowFault]) -> list[RowFault]:
    """The fault of the first of the wrong candidates of each row, by partner and key; at most 100 rows."""
    order = np.lexsort((candidates.key[wrong], candidates.partner[wrong], candidates.row[wrong]))
    wrong = wrong[order]
    _, firsts = np.unique(candidates.row[wrong], return_index=True)
    return [fault(i) for i in wrong[firsts[:FAULTS_MAX]].tolist()]
