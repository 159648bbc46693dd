"""Touches before a deal: first, last, linear, u, w and time decay, the usual rules of multi-touch attribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from rules.crediting.base import CreditWay, Faults
from rules.crediting.candidates import TOUCH, UNKNOWN_DAY, Candidates, Codes, RowFault
from rules.crediting.days import DaysField
from rules.crediting.decay import decayed_billionths
from rules.crediting.groups import Groups, grouped, ratio, spread
from rules.crediting.told import told
from rules.crediting.touch_reasons import explain_touch
from rules.kinds.base import Reason, Terms, Words
from rules.quantities.exact import Exact, Flags

HALF_LIFE_DAYS = 7

Shape = Literal["first", "last", "linear", "u", "w", "time_decay"]

_SHAPES = {
    "first": "the first one earns all",
    "last": "the last one earns all",
    "linear": "all earn the same",
    "u": "the first and the last earn 40 % each, those between them 20 % in equal parts; of two each earns half, "
    "a lone one all",
    "w": "the first, the one that made the lead and the one that made the opportunity earn 30 % each, all others 10 % "
    "in equal parts; what is nobody's is shared by the rest in their proportion",
    "time_decay": "each earns in proportion to its weight",
}


class Touches(CreditWay):
    """Credits the partners of the touches before a row: `touches: {shape: u, within: 90 days}`.

    Touches count up to the row's own day, and `within` so many days before it, in the order of their days and then of
    their keys. The touches of one partner add up. Of n touches

    - `first`, `last`: that one earns 100 %;
    - `linear`: each earns 1/n;
    - `u`: the first and the last 40 % each, those between them 20 % in equal parts; of two touches each 50 %, of a
      single one 100 %;
    - `w`: the first, the one that made the lead and the one that made the opportunity 30 % each, all others 10 % in
      equal parts. A touch makes a lead or an opportunity if it is the last on or before that day. One that is
      two of the three earns for both; what is nobody's (no such day, no touch before it, no others) is shared by the
      rest in their proportion, so that a single touch earns 100 %;
    - `time_decay`: each in proportion to 2^(-days / half_life), with days counted back from the last touch that counts
      (the proportions are the same from any day after it) and a half-life of 7 days unless said. A weight is rounded
      once, half even at 9 decimals.

    Sources: AttributionModel of the Google Ads API (position based 40/20/40, a half-life of one week); Adobe Analytics,
    'Attribution models and lookback windows' (u-shaped and time decay); Adobe, 'Marketo Measure Attribution Models' (w:
    30/30/30 and 10; its own u-shape pays 50/50 for first touch and lead, which is not ours).
    """

    short: ClassVar[str | None] = "shape"
    reads: ClassVar[Literal["touches"]] = "touches"

    shape: Shape
    half_life: DaysField | None = Field(default=None, description="of time_decay: 7 days unless said")
    within: DaysField | None = Field(default=None, description="how long before the row's day a touch counts")

    def in_words(self, terms: Terms) -> Words:
        when = "up to the row's day" if self.within is None else f"in the {self.within} days up to the row's day"
        how = _SHAPES[self.shape]
        if self.shape == "time_decay":
            how += f", which halves with each {self.half_life or HALF_LIFE_DAYS} days before the last touch"
        return Words(f"by the partners' touches {when} (shape {self.shape}): {how}")

    def credited_roles(self) -> tuple[str, ...]:
        return (TOUCH,)

    def compute(self, candidates: Candidates) -> Exact:
        counts = np.flatnonzero(self._counts(candidates))
        counted = candidates.take(counts)
        groups = grouped((counted.row,), within=(counted.day, counted.key))
        part = self._parts(counted, groups)
        return spread(counts, part, len(candidates))

    def explain(self, candidates: Candidates, i: int) -> Reason:
        return explain_touch(candidates, i, self.shape, self.half_life or HALF_LIFE_DAYS, self.within)

    def row_faults(self, candidates: Candidates) -> list[RowFault]:
        def fault(i: int) -> RowFault:
            row, name = int(candidates.row[i]), candidates.rows.names[candidates.row[i]]
            if candidates.rows.day[row] == UNKNOWN_DAY:
                return row, "C122", f"{name} has touches and no day of its own", "fill in its date, or leave it out"
            who = candidates.partners[candidates.partner[i]]
            return row, "C122", f"a touch of {who} on {name} has no day", "fill in touched_on; blank is not early"

        undated = (candidates.day == UNKNOWN_DAY) | (candidates.rows.day[candidates.row] == UNKNOWN_DAY)
        return told(np.flatnonzero(undated), candidates, fault)

    def faults(self, prefer: Sequence[str] = ()) -> Faults:
        if self.half_life is None or self.shape == "time_decay":
            return []
        return [("C110", f"{self.shape} has no half-life", "leave half_life out, or write shape: time_decay")]

    def _counts(self, candidates: Candidates) -> Flags:
        before = candidates.rows.day[candidates.row] - candidates.day
        counts: Flags = (candidates.day != UNKNOWN_DAY) & (before >= 0)
        return counts if self.within is None else counts & (before <= self.within)

    def _parts(self, counted: Candidates, groups: Groups) -> Exact:
        place, size = groups.places, groups.sizes[groups.group]
        is_end = (place == 0) | (place == size - 1)
        match self.shape:
            case "first":
                return ratio(place == 0, np.ones_like(place))
            case "last":
                return ratio(place == size - 1, np.ones_like(place))
            case "linear":
                return ratio(np.ones_like(place), size)
            case "u":  # 2/5 for an end, 1/5 for all between: 2 (n - 2) and 1 of 5 (n - 2)
                between = np.maximum(size - 2, 1)
                return ratio(
                    np.where(size < 3, 1, np.where(is_end, 2 * between, 1)), np.where(size < 3, size, 5 * between)
                )
            case "w":
                return self._by_weight(_milestone_weights(counted, groups, place), groups)
            case "time_decay":
                last = np.maximum.reduceat(counted.day[groups.order], groups.starts) if len(groups) else counted.day
                days = last[groups.group] - counted.day
                return self._by_weight(decayed_billionths(days, self.half_life or HALF_LIFE_DAYS), groups)

    @staticmethod
    def _by_weight(weights: Codes, groups: Groups) -> Exact:
        return ratio(weights, groups.total(weights)[groups.group])


def _milestone_weights(counted: Candidates, groups: Groups, place: Codes) -> Codes:
    """What each touch weighs in a w: 30 for each milestone and 10 for all others together, times the number of these,
    so that the weights are whole."""
    milestones = (place == 0).astype(np.int64)
    for made_on in (counted.rows.lead_day, counted.rows.opportunity_day):
        day = made_on[counted.row]
        known_before = groups.count((day != UNKNOWN_DAY) & (counted.day <= day))
        milestones += place == known_before[groups.group] - 1
    others = groups.count(milestones == 0)[groups.group]
    weights: Codes = np.where(milestones > 0, 30 * milestones * np.maximum(others, 1), 10)
    return weights
