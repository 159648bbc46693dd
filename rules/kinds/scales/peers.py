"""Who is measured against whom: rows with the same group code are peers, a row being a peer of itself.

`peer_groups` serves whole columns, `circle_of` one row of an explanation; they share no code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.exact import Exact

Rows = NDArray[Any]  # positions


def peer_groups(values: Exact, groups: Exact | None, *, with_unknown: bool = False) -> Iterator[tuple[Rows, Rows]]:
    """Each group as positions: its rows with a known value, and all of its rows; codes in ascending order.

    A row whose group is unknown has no peers. Without `with_unknown` a group of unknown values only is left out.
    """
    known = values.is_known()
    if groups is None:
        everyone = [np.arange(len(values))] if len(values) else []
    else:
        placed = np.flatnonzero(groups.is_known())
        codes, _ = groups.take(placed).scaled()
        order = np.argsort(codes, kind="stable")
        ends = np.flatnonzero(codes[order][1:] != codes[order][:-1]) + 1
        everyone = [part for part in np.split(placed[order], ends) if len(part)]
    for every in everyone:
        members = every[known[every]]
        if len(members) or with_unknown:
            yield members, every


def circle_of(values: Exact, groups: Exact | None, row: int) -> tuple[list[int], int]:
    """The known values in one row's group as whole numbers, and the denominator that they share."""
    numbers, below = values.scaled()
    alike = values.is_known()
    if groups is not None:
        codes, _ = groups.scaled()
        alike = alike & groups.is_known() & (codes == codes[row]) & bool(groups.is_known()[row])
    return [int(each) for each in numbers[alike].tolist()], below
