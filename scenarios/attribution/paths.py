"""Which touches count, and the paths that they make: the partners of each deal in the order of their touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from engine.values.journeys import UNKNOWN_DAY, Journeys
from rules.problem import Place, Problem, Refused

Path = tuple[int, ...]  # positions of partners, the earliest touch first
_TOLD_MAX = 20


def counted(journeys: Journeys, within_days: int | None) -> Journeys:
    """The journeys with the touches that count alone: on or before the day of the close, and `within_days` of it; in
    the order of deals, days and keys.

    Raises Refused (C122) where a touch has no day: nobody could tell whether it counts, or which came first.
    """
    _refuse_undated(journeys)
    before = journeys.closed_day[journeys.touch_deal] - journeys.touch_day
    counts = before >= 0
    if within_days is not None:
        counts &= before <= within_days
    rows = np.flatnonzero(counts)
    of = journeys.touch_deal[rows], journeys.touch_day[rows], journeys.touch_key[rows]
    rows = rows[np.lexsort(of[::-1])]
    return replace(
        journeys,
        touch_deal=journeys.touch_deal[rows],
        touch_partner=journeys.touch_partner[rows],
        touch_day=journeys.touch_day[rows],
        touch_key=journeys.touch_key[rows],
    )


def paths(journeys: Journeys) -> tuple[Path, ...]:
    """The path of every deal, (deals,), of touches that were `counted`; empty where there are none."""
    starts = np.searchsorted(journeys.touch_deal, np.arange(len(journeys.deals) + 1))
    partners = journeys.touch_partner.tolist()
    bounds = starts.tolist()
    return tuple(tuple(partners[first:last]) for first, last in pairwise(bounds))


def once(path: Iterable[int]) -> Path:
    """The partners of a path, each once, in the order of their ids."""
    return tuple(sorted(set(path)))


def _refuse_undated(journeys: Journeys) -> None:
    undated: Sequence[int] = np.flatnonzero(journeys.touch_day == UNKNOWN_DAY).tolist()
    rows = [(int(journeys.touch_deal[i]), int(journeys.touch_partner[i])) for i in undated]
    told = sorted((journeys.deals[deal], journeys.partners[partner]) for deal, partner in rows)
    hint = "fill in touched_on; blank is not early"
    problems = [
        Problem("C122", f"a touch of {who} on {deal} has no day", Place("touches", field=deal), hint)
        for deal, who in dict.fromkeys(told)
    ]
    if problems:
        raise Refused(*problems[:_TOLD_MAX])
