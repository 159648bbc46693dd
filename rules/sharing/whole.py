"""Awards in whole steps: each is rounded down, and the steps left over go, one each, to members whose award was cut.

Exact awards go in, shares in whole steps come out. Nobody's share is a step or more away from the award, and an award
that is whole is paid as it is: so a floor or a cap in whole steps is never passed, whoever gets what is left over. The
twin is `rules.kinds.share.explain_award_share`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.kinds.base import Terms
from rules.quantities.apportion import CONSERVING, Residue, first_in_queue
from rules.quantities.exact import Exact, Integers, total
from rules.quantities.rounding import multiply_divide, multiply_floor


def whole_awards(awards: Exact, keys: NDArray[Any], residue: Residue, terms: Terms) -> Integers:
    """The shares of exact awards, (n,) whole minor units in steps; 0 for who takes no part.

    Awards are 0 or more minor units, `keys` unique and orderable. They add up to the sum of all awards, rounded down to
    a whole step, under a policy that conserves.

    >>> from fractions import Fraction
    >>> from rules.quantities.currency import currency
    >>> awards, keys = Exact.of([50, Fraction(51, 2), Fraction(49, 2)]), np.array(["ann", "bob", "eve"], dtype=object)
    >>> whole_awards(awards, keys, Residue.TO_FIRST, Terms(currency("EUR"))).tolist()  # ann is at her cap
    [50, 26, 24]
    """
    above, below = awards.scaled()
    step, rows = terms.step_minor, len(awards)
    if residue is Residue.ROUND_EACH:
        return multiply_divide(above, 1, below, terms.rounding, step)
    steps, cut = multiply_floor(above, 1, below * step)
    if residue in CONSERVING:
        left = total(cut) // (below * step)
        claims: Integers = np.where(cut > 0, above, 0) if residue is Residue.TO_BIGGEST else cut
        if residue in (Residue.TO_FIRST, Residue.TO_LAST):
            claims = np.asarray(cut > 0).astype(np.int64)
        ordered = None if bool(np.all(keys[1:] > keys[:-1])) else keys
        steps[first_in_queue(left, claims, ordered, residue is Residue.TO_LAST)] += 1
    return (Exact(steps) * Exact.constant(step, rows)).numerator
