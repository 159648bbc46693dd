"""What returns take back of the lines that they undo, once a limit has cut those: a part of what is paid in the end, or
what stands highest in the running total.

In go whole minor units and, by the position of each return, the pieces of the lines that it undoes; out come the
amounts that are paid and taken back. A full return takes back what its line was paid, neither less nor more; and one
that empties what stands highest takes back what those lines were rounded to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rules.quantities.rounding import Rounding, round_fraction

Last = Literal["partial", "none"]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a line that a return takes back: of `row`, which is returned `before` it and `after` it, 0 to 1.

    What is returned of a line is rounded in all, by `mode` to `step_minor`; the whole of it is exact.
    """

    row: int
    before: Fraction
    after: Fraction
    mode: Rounding = Rounding.HALF_UP
    step_minor: int = 1

    def of(self, paid: int) -> int:
        """What is taken back of a line that is paid so much.

        >>> Part(0, Fraction(1, 3), Fraction(1)).of(100)
        67
        """
        return self._returned(paid, self.after) - self._returned(paid, self.before)

    def _returned(self, paid: int, part: Fraction) -> int:
        return paid if part == 1 else round_fraction(paid * part, self.mode, self.step_minor)


@dataclass(frozen=True, slots=True)
class Top:
    """The highest that is left of a line in the running total: its due falls from `before` to `after`, and what a limit
    had cut off it falls first."""

    row: int
    before: int
    after: int

    def of(self, paid: int) -> int:
        """What is taken back of a line that is paid so much.

        >>> Top(0, 40, 15).of(20)
        5
        """
        return min(paid, self.before) - min(paid, self.after)


Pieces = Mapping[int, Sequence[Part | Top]]  # by the position of a return
NOTHING: Pieces = {}


def tops(dues: Sequence[int], is_return: Sequence[bool]) -> dict[int, list[Top]]:
    """What each return empties, in the order of a running total: the lines added last, from the top.

    >>> tops([40, 20, -50], [False, False, True])[2]
    [Top(row=1, before=20, after=0), Top(row=0, before=40, after=10)]
    """
    left: list[tuple[int, int]] = []
    found: dict[int, list[Top]] = {}
    for at, due in enumerate(dues):
        if not is_return[at]:
            left += [(at, due)] if due > 0 else []
            continue
        found[at] = []
        while due < 0 and left:
            row, before = left.pop()
            after = max(before + due, 0)
            due += before - after
            found[at].append(Top(row, before, after))
            left += [(row, after)] if after else []
    return found


@dataclass(frozen=True, slots=True)
class Fallen:
    """What a return takes off the lines that stand highest, and what of its due is left when there is none any more."""

    parts: tuple[Part, ...]
    rest: Fraction

    def taken(self, lines: Mapping[int, int], mode: Rounding, step_minor: int) -> int:
        """The line of the return, below zero; `lines` is what the lines were rounded to, by their row."""
        return round_fraction(self.rest, mode, step_minor) - sum(part.of(lines[part.row]) for part in self.parts)


def fallen(
    dues: Sequence[Fraction], is_return: Sequence[bool], mode: Rounding = Rounding.HALF_UP, step_minor: int = 1
) -> dict[int, Fallen]:
    """What each return empties, as `tops` has it, of what is due before anything is rounded.

    >>> third = Fraction(1, 3)  # of which the line was rounded to 0, beside two others that got 0 and 1
    >>> fallen([third, -third / 2, -third / 2], [False, True, True])[2].parts[0].after
    Fraction(1, 1)
    """
    left: list[tuple[int, Fraction]] = []
    found: dict[int, Fallen] = {}
    for at, due in enumerate(dues):
        if not is_return[at]:
            left += [(at, due)] if due > 0 else []
            continue
        parts = []
        while due < 0 and left:
            row, before = left.pop()
            after = max(before + due, Fraction(0))
            due += before - after
            parts.append(Part(row, 1 - before / dues[row], 1 - after / dues[row], mode, step_minor))
            left += [(row, after)] if after else []
        found[at] = Fallen(tuple(parts), due)
    return found


def after_rows(order: NDArray[np.int64], pieces: Pieces) -> NDArray[np.int64]:
    """An order in which no return comes before a line that it undoes: (n,), each place once."""
    if not pieces:
        return order
    places, is_late = order.copy(), np.zeros(len(order), dtype=bool)
    for at, each in pieces.items():
        last = max((int(order[piece.row]) for piece in each), default=-1)
        if last > places[at]:
            places[at], is_late[at] = last, True
    found = np.empty_like(order)
    found[np.lexsort((order, is_late, places))] = np.arange(len(order), dtype=np.int64)
    return found


def paid_in_order(
    amounts: Sequence[int], positions: Sequence[int], pieces: Pieces, cap: int, last: Last, is_ended: bool
) -> list[int]:
    """What the lines at `positions`, one after the other, are paid within a cap; see `limits.cap_in_order`."""
    paid: dict[int, int] = {}
    room = cap
    for at in positions:
        amount = amounts[at]
        for piece in pieces.get(at, ()):
            amount += piece.of(amounts[piece.row]) - piece.of(paid[piece.row])
        if amount > 0 and (is_ended or amount > room):
            is_ended = last == "none"
            amount = 0 if is_ended else max(room, 0)
        paid[at] = amount
        room -= amount
    return [paid[at] for at in positions]


def line_leaving(amount: int, left: int, pieces: Sequence[Part | Top]) -> int:
    """What a line of `amount` is paid, so that `left` of it stay once its returns have taken back their pieces.

    What stays grows by at most one unit as the line does, so the amount is found by halving.

    >>> line_leaving(100, 30, [Part(0, Fraction(0), Fraction(1, 2))])
    60
    """
    low, high = 0, amount
    if left >= _left(amount, pieces):
        return amount
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _left(middle, pieces) < left else (low, middle)
    return high if left > 0 and _left(high, pieces) == left else low


def _left(paid: int, pieces: Sequence[Part | Top]) -> int:
    return paid - sum(piece.of(paid) for piece in pieces)
