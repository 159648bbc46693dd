"""A pool of a locked period whose shares stay as they were posted, whatever late data says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class LockedPool:
    """The shares as posted, by member, and what the pool carries to the next period, in minor units.

    Where `size_minor` is given, what the pool is larger (or smaller) than that goes to the next period as well; else
    it is the house's.
    """

    shares: Mapping[str, int]
    carried_minor: int = 0
    size_minor: int | None = None
