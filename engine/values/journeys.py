"""How decided deals came about: each with its day, its outcome and its amount, and every touch on the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import Exact, Flags

NOBODY = -1
UNKNOWN_DAY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """Deals that were won or lost, (deals,), in the order of their ids, and the touches before them, (touches,).

    Days are ordinals, -1 where unknown. `amount_minor` is unknown where it is blank; `registrant` is the position of
    the partner whose registration protects a deal, -1 where there is none. Of a touch, `touch_deal` and `touch_partner`
    are positions in `deals` and `partners`, whose order is that of their ids, and `touch_key` orders touches by their
    own ids.
    """

    partners: Sequence[str]
    deals: Sequence[str]
    is_won: Flags
    closed_day: NDArray[np.int64]
    lead_day: NDArray[np.int64]
    opportunity_day: NDArray[np.int64]
    amount_minor: Exact
    registrant: NDArray[np.int64]
    touch_deal: NDArray[np.int64]
    touch_partner: NDArray[np.int64]
    touch_day: NDArray[np.int64]
    touch_key: NDArray[np.int64]

    def __post_init__(self) -> None:
        of_deals = (self.is_won, self.closed_day, self.lead_day, self.opportunity_day, self.amount_minor)
        assert {len(column) for column in (*of_deals, self.registrant)} == {len(self.deals)}, "one of each for a deal"
        of_touches = (self.touch_partner, self.touch_day, self.touch_key)
        assert {len(column) for column in of_touches} == {len(self.touch_deal)}, "one of each for a touch"
