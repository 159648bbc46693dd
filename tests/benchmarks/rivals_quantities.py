"""What people write instead of `rules.quantities.rounding` and `rules.quantities.apportion`: each as its users would,
tuned where it can be.

Inputs are handed over in the form that each rival likes best, so its conversions are not on the clock.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CENT = Decimal("0.01")


def decimals(whole: NDArray[np.int64], places: int) -> list[Decimal]:
    """Whole numbers of 10**-places as Decimal."""
    return [Decimal(value).scaleb(-places) for value in whole.tolist()]


def decimal_products(amounts: list[Decimal], rates: list[Decimal]) -> list[Decimal]:
    """The exact classic: 28 digits, one quantize per row."""
    return [(amount * rate).quantize(CENT, ROUND_HALF_UP) for amount, rate in zip(amounts, rates, strict=True)]


def numpy_products(amounts: NDArray[np.float64], rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 major units, half up by hand."""
    return np.floor(amounts * rates * 100 + 0.5) / 100


def pandas_products(sales: pd.DataFrame) -> Any:
    """The line of many commission scripts."""
    return (sales["amount"] * sales["rate"]).round(2)


def numpy_pool(total: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounds each share and puts the difference on the last row."""
    shares = np.round(total * weights / weights.sum(), 2)
    shares[-1] += total - shares.sum()
    return shares


def fraction_pool(total_minor: int, weights: list[int]) -> list[int]:
    """Largest remainder, by the book."""
    weight_total = sum(weights)
    exact = [Fraction(total_minor * weight, weight_total) for weight in weights]
    shares = [share.numerator // share.denominator for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: shares[i] - exact[i])
    for i in by_remainder[: total_minor - sum(shares)]:
        shares[i] += 1
    return shares


def cents(amounts: Any) -> NDArray[np.int64]:
    """Major units of any kind as the cents that would be paid."""
    if isinstance(amounts, list):
        return np.array([int(amount.scaleb(2)) for amount in amounts], dtype=np.int64)
    return np.rint(np.asarray(amounts) * 100).astype(np.int64)
