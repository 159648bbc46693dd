"""The register of what a pool can be shared by, one line each: weights, of which it is shared in proportion, and
awards, which a rule works out of the whole pool at once."""

from __future__ import annotations

from rules.kinds.base import ShareKind
from rules.kinds.by import By
from rules.kinds.by_rank import ByRank
from rules.kinds.equally import Equally
from rules.sharing.base import PoolKind
from rules.sharing.coalitions import Shapley
from rules.sharing.discretion import Discretion
from rules.sharing.distribution import Distribution
from rules.sharing.equal_awards import EqualAwards
from rules.sharing.equal_losses import EqualLosses
from rules.sharing.integrated import Integrated
from rules.sharing.proportional import Proportional
from rules.sharing.talmud import Talmud
from rules.sharing.weights import Lockstep, Points, Salary
from rules.sharing.whole_units import WholeUnits

SHARES: dict[str, type[ShareKind] | type[PoolKind]] = {
    "equally": Equally,
    "by": By,
    "by_rank": ByRank,
    "points": Points,
    "lockstep": Lockstep,
    "salary": Salary,
    "integrated": Integrated,
    "proportional": Proportional,
    "equal_awards": EqualAwards,
    "equal_losses": EqualLosses,
    "talmud": Talmud,
    "discretion": Discretion,
    "units": WholeUnits,
    "shapley": Shapley,
    "waterfall": Distribution,
}
