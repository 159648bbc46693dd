"""Sharing a pool: who is entitled to what of a limited whole, in exact amounts and with the steps that led there.

In go exact amounts (minor units as fractions, columns of members, config); out come exact awards, before anything is
rounded: `whole` makes whole units of them, and no share is a whole one away from its award. Nothing here reads facts or
a program. A rule has twins: one over columns, and one of a single member in fractions and words, whose steps say at
each layer or round what was due, what was paid and what was left; the two share no code.

    claims: proportional, equal_awards, equal_losses, talmud      where claims exceed what there is
    bounded                                                       floors, caps, and who pays for them
    integrated, points, lockstep, salary                          weights of a pool
    shapley, owen                                                 the worth of coalitions
    divisors                                                      units that can't be divided
    waterfall (layers, accrual, recovery)                         ordered layers
    circular                                                      amounts that are defined by each other
    time_weighted                                                 capital over days, and interest on it
"""

from __future__ import annotations

from rules.sharing.base import ClaimsKind
from rules.sharing.equal_awards import EqualAwards
from rules.sharing.equal_losses import EqualLosses
from rules.sharing.proportional import Proportional
from rules.sharing.talmud import Talmud

CLAIMS: dict[str, type[ClaimsKind]] = {
    "proportional": Proportional,
    "equal_awards": EqualAwards,
    "equal_losses": EqualLosses,
    "talmud": Talmud,
}
