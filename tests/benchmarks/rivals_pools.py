"""What people write instead of `rules.sharing`: pools within floors and caps, and waterfalls, each as its users would.

Inputs are handed over in the form that each rival likes best, so its conversions are not on the clock.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def numpy_bounded(total: float, weights: Floats, floor: float, cap: float) -> Floats:
    """Shares in proportion, cuts, and shares again what is left among the others, to the cent; the rest on the last."""
    shares, is_open = np.zeros(len(weights)), np.ones(len(weights), dtype=bool)
    for _ in range(100):
        left = total - shares[~is_open].sum()
        found = left * weights / weights[is_open].sum()
        below, above = is_open & (found < floor), is_open & (found > cap)
        if not below.any() and not above.any():
            break
        held = below if (floor - found[below]).sum() >= (found[above] - cap).sum() else above
        shares[held], is_open = (floor if held is below else cap), is_open & ~held
    shares[is_open] = found[is_open]
    cents = np.round(shares, 2)
    cents[-1] += total - cents.sum()
    return cents


def fraction_waterfall(proceeds: int, amounts: list[int], years: list[Fraction], rate: Fraction) -> list[Fraction]:
    """Capital, a simple preferred return, a full catch-up to 20 % and 80/20, account by account in fractions."""
    left = Fraction(proceeds)
    whole = sum(amounts)
    served = min(left, Fraction(whole))
    paid = [served * amount / whole for amount in amounts]
    left -= served
    dues = [amount * rate * held for amount, held in zip(amounts, years, strict=True)]
    due = sum(dues)
    served = min(left, Fraction(due))
    paid = [had + served * each / due for had, each in zip(paid, dues, strict=True)]
    left -= served
    left -= min(left, served / 4)
    rest = left * Fraction(4, 5)
    return [had + rest * amount / whole for had, amount in zip(paid, amounts, strict=True)]


def numpy_waterfall(proceeds: float, amounts: Floats, years: Floats, rate: float) -> Floats:
    """The same in float64."""
    served = min(proceeds, amounts.sum())
    paid = served * amounts / amounts.sum()
    left = proceeds - served
    dues = amounts * rate * years
    served = min(left, dues.sum())
    paid = paid + served * dues / dues.sum()
    left -= served
    left -= min(left, served / 4)
    return paid + left * 0.8 * amounts / amounts.sum()
