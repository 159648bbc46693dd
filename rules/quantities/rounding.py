"""Rounding: an exact rational amount goes in, a whole number of minor units comes out, rounded once by a named mode.

`round_fraction` is the law, one amount at a time, as explanations state it. `multiply_divide` is the same law over
whole columns and shares no code with it. Both round to a multiple of a step: 1 minor unit, 5 for 0.05, 25000 for 250.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from math import floor
from operator import index
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.problem import Place, Problem, Refused

Whole: TypeAlias = NDArray[Any]  # one-dimensional: int64, or Python integers in an object array
Operand: TypeAlias = Whole | int

INT64_MAX = 2**63 - 1
_BLOCK_ROWS = 1 << 15  # a block's columns of work stay in a core's second-level cache


class Rounding(StrEnum):
    """How an amount between two steps is rounded; the first five mirror about zero, so a clawback undoes its payout."""

    HALF_UP = "half_up"  # to the nearest; a half goes away from zero
    HALF_EVEN = "half_even"  # to the nearest; a half goes to the even step
    HALF_DOWN = "half_down"  # to the nearest; a half goes toward zero
    UP = "up"  # away from zero
    DOWN = "down"  # toward zero
    FLOOR = "floor"  # toward minus infinity: does not mirror
    CEILING = "ceiling"  # toward plus infinity: does not mirror


class QuantityOverflow(Refused):
    """A result that an int64 of minor units can't hold; `row` is the first such row, counted from 0."""

    def __init__(self, row: int) -> None:
        message = f"the amount of row {row} is further from zero than {INT64_MAX:,} minor units"
        super().__init__(Problem("K104", message, Place(), "check the rate, the unit and the currency of that row"))
        self.row = row

    def __reduce__(self) -> tuple[type[QuantityOverflow], tuple[int]]:
        return QuantityOverflow, (self.row,)


def round_fraction(value: Fraction, mode: Rounding = Rounding.HALF_UP, step: int = 1) -> int:
    """`value` minor units rounded to a multiple of `step`: the law that every other rounding is tested against.

    >>> round_fraction(Fraction(16_674 * 75, 1000))  # 7.5 % of EUR 166.74 is 1250.55 cents
    1251
    >>> round_fraction(Fraction(-2501, 2)), round_fraction(Fraction(-2501, 2), Rounding.HALF_EVEN)
    (-1251, -1250)
    >>> round_fraction(Fraction(1_252), step=5)  # CHF 12.52 is paid as 12.50
    1250
    """
    check_step(step)
    steps = value / step
    below = floor(steps)
    rest = steps - below
    if rest == 0:
        return below * step
    above = below + 1
    away, toward = (above, below) if value > 0 else (below, above)
    nearest = below if rest < Fraction(1, 2) else above
    is_half = rest == Fraction(1, 2)
    chosen = {
        Rounding.HALF_UP: away if is_half else nearest,
        Rounding.HALF_EVEN: (above if below % 2 else below) if is_half else nearest,
        Rounding.HALF_DOWN: toward if is_half else nearest,
        Rounding.UP: away,
        Rounding.DOWN: toward,
        Rounding.FLOOR: below,
        Rounding.CEILING: above,
    }
    return chosen[mode] * step


def multiply_divide(
    amounts: Whole, numerators: Operand, denominators: Operand, mode: Rounding = Rounding.HALF_UP, step: int = 1
) -> NDArray[np.int64]:
    """amounts x numerators / denominators, each row rounded exactly once to a multiple of `step`.

    `amounts` is int64 or Python integers of any size, shape (n,); the others are the same, or one integer for all rows.
    Exact for every input; a result beyond int64 raises `QuantityOverflow`, a denominator below 1 or a step below 1 is
    `Refused`. Blocks whose bounds allow it are done in int64, the others in Python integers with the same answer.

    >>> sales_minor = np.array([16_673, -16_673, 10**15])
    >>> multiply_divide(sales_minor, 75_000_000, 10**9).tolist()  # a commission of 7.5 %
    [1250, -1250, 75000000000000]
    """
    columns = _operands(amounts, numerators, denominators, step)
    rounded = np.empty(len(amounts), np.int64)
    for rows in _blocks(len(amounts)):
        amount, numerator, denominator = (_narrow(_part(column, rows)) for column in columns)
        divisor = _scaled(denominator, step)
        parts = _floor_int64(amount, numerator, divisor) or _floor_exact(amount, numerator, divisor)
        rounded[rows] = _to_steps(*parts, divisor, mode, step, rows.start)
    return rounded


def multiply_divide_exact(
    amounts: Whole, numerators: Operand, denominators: Operand, mode: Rounding = Rounding.HALF_UP, step: int = 1
) -> NDArray[np.int64]:
    """The slower twin of `multiply_divide`: Python integers throughout, no bounds, the same answers and errors."""
    columns = _operands(amounts, numerators, denominators, step)
    rounded = np.empty(len(amounts), np.int64)
    for rows in _blocks(len(amounts)):
        amount, numerator, denominator = (_as_object(_part(column, rows)) for column in columns)
        divisor = denominator * step
        parts = _floor_exact(amount, numerator, divisor)
        rounded[rows] = _to_steps(*parts, divisor, mode, step, rows.start)
    return rounded


def multiply_floor(amounts: Whole, numerators: Operand, denominators: Operand) -> tuple[Whole, Whole]:
    """amounts x numerators / denominators, rounded down, and the exact remainders: 0 <= remainder < denominator.

    Shapes as in `multiply_divide`. Both results are int64 where all of their rows fit, else Python integers.

    >>> multiply_floor(np.array([1, 1, 1]), 10_000, 3)  # EUR 100.00 over three: 33.33 each, and a third of a cent
    (array([3333, 3333, 3333]), array([1, 1, 1]))
    """
    columns = _operands(amounts, numerators, denominators, 1)
    quotients, remainders = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for rows in _blocks(len(amounts)):
        block = tuple(_narrow(_part(column, rows)) for column in columns)
        quotient, remainder = _floor_int64(*block) or _floor_exact(*block)
        quotients.append(narrow(quotient))
        remainders.append(narrow(remainder))
    return np.concatenate(quotients), np.concatenate(remainders)


def whole_column(values: Whole | Sequence[int]) -> Whole:
    """A column of whole numbers: signed integers as int64, all else as Python integers; a float is a TypeError."""
    column = values if isinstance(values, np.ndarray) else np.fromiter(values, dtype=object, count=len(values))
    assert column.ndim == 1, "a column has one dimension"
    if column.dtype.kind == "i":
        return column.astype(np.int64, copy=False)
    return np.fromiter(map(index, column.tolist()), dtype=object, count=len(column))


def narrow(wholes: Whole) -> Whole:
    """The same Python integers as int64, if all of them fit."""
    try:
        return wholes.astype(np.int64, copy=False)
    except OverflowError:
        return wholes


def check_step(step: int) -> None:
    """Refuses a rounding step that is not a positive whole number of minor units."""
    if step < 1:
        message = f"a rounding step of {step} minor units has no multiples to round to"
        raise Refused(Problem("K106", message, Place(), "use 1 or more, such as 5 for 0.05"))


def _operands(amounts: Whole, numerators: Operand, denominators: Operand, step: int) -> tuple[Whole, Operand, Operand]:
    check_step(step)
    columns = [index(v) if isinstance(v, int | np.integer) else whole_column(v) for v in (numerators, denominators)]
    amounts = whole_column(amounts)
    for column in columns:
        assert isinstance(column, int) or len(column) == len(amounts), "one row of each for each amount"
    wrong = np.flatnonzero(np.atleast_1d(np.asarray(columns[1]) <= 0))
    if len(wrong):
        message = f"the denominator of row {wrong[0]} is not positive"
        hint = "carry the sign in the numerator; a ratio over zero is unknown, not an amount"
        raise Refused(Problem("K105", message, Place(), hint))
    return amounts, columns[0], columns[1]


def _blocks(rows_count: int) -> Iterator[slice]:
    for start in range(0, rows_count, _BLOCK_ROWS):
        yield slice(start, min(start + _BLOCK_ROWS, rows_count))


def _part(column: Operand, rows: slice) -> Operand:
    return column if isinstance(column, int) else column[rows]


def _narrow(operand: Operand) -> Operand:
    return operand if isinstance(operand, int) else narrow(operand)


def _as_object(operand: Operand) -> Operand:
    return operand if isinstance(operand, int) else operand.astype(object)


def _scaled(denominator: Operand, step: int) -> Operand:
    """denominator x step, never wrapped."""
    if isinstance(denominator, int) or step == 1:
        return denominator * step
    fits = denominator.dtype != object and _magnitude(denominator) * step <= INT64_MAX
    return (denominator if fits else denominator.astype(object)) * step


def _magnitude(operand: Operand) -> int:
    if isinstance(operand, int):
        return abs(operand)
    return max(int(operand.max()), -int(operand.min()))


def _floor_int64(amount: Operand, numerator: Operand, divisor: Operand) -> tuple[Whole, Whole] | None:
    """Quotients and remainders in int64, or None where the bounds that make it exact do not hold.

    A product that may pass 2**63 is divided by guess and correction. The guess is a float of five roundings, so it is
    off by less than |guess| / 2**50 + 1. Then product - guess x divisor is below 2**62, and so right although its two
    terms wrap; an exact integer division of it puts the guess right. No float reaches the result.
    """
    operands = (amount, numerator, divisor)
    if any(o > INT64_MAX or o < -INT64_MAX if isinstance(o, int) else o.dtype == object for o in operands):
        return None
    divisor_max = _magnitude(divisor)
    if divisor_max >= 2**62:
        return None
    rest: Whole = np.multiply(amount, numerator)
    quotient: Whole | None = None
    if _magnitude(amount) * _magnitude(numerator) > INT64_MAX:
        guess = np.multiply(amount, numerator, dtype=np.float64)
        guess /= divisor
        guess_max = max(float(guess.max()), -float(guess.min()))
        if guess_max >= 2.0**61 or (guess_max / 2.0**50 + 2) * divisor_max >= 2.0**62:
            return None
        quotient = guess.astype(np.int64)
        rest -= quotient * divisor
    carry: Whole = rest // divisor
    rest -= carry * divisor
    return carry if quotient is None else quotient + carry, rest


def _floor_exact(amount: Operand, numerator: Operand, divisor: Operand) -> tuple[Whole, Whole]:
    product = np.multiply(_as_object(amount), _as_object(numerator), dtype=object)
    divisor = _as_object(divisor)
    quotient = product // divisor
    return quotient, product - quotient * divisor


def _to_steps(
    quotient: Whole, remainder: Whole, divisor: Operand, mode: Rounding, step: int, first_row: int
) -> NDArray[np.int64]:
    """Each quotient, or the next one above it, times the step: the rounded amounts, all within int64."""
    steps = quotient + _goes_up(quotient, remainder, divisor, mode)
    if steps.dtype != object and (step == 1 or _magnitude(steps) * step <= INT64_MAX):
        return steps * step
    results = steps.astype(object) * step
    fitted = narrow(results)
    if fitted.dtype == object:
        beyond = (results > INT64_MAX) | (results < -INT64_MAX - 1)
        raise QuantityOverflow(first_row + int(np.argmax(beyond)))
    return fitted


def _goes_up(quotient: Whole, remainder: Whole, divisor: Operand, mode: Rounding) -> NDArray[np.bool_]:
    """True for the rows that are rounded to the step above; a quotient is negative exactly where its amount is."""
    match mode:
        case Rounding.FLOOR:
            return np.zeros(len(quotient), np.bool_)
        case Rounding.CEILING:
            return remainder > 0
        case Rounding.UP:
            return (remainder > 0) & (quotient >= 0)
        case Rounding.DOWN:
            return (remainder > 0) & (quotient < 0)
        case Rounding.HALF_UP:
            half_goes_down = quotient < 0
        case Rounding.HALF_DOWN:
            half_goes_down = quotient >= 0
        case Rounding.HALF_EVEN:
            half_goes_down = quotient & 1 == 0
    return 2 * remainder - half_goes_down >= divisor
