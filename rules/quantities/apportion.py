"""Apportionment: a total and the weights of its participants go in; shares in whole steps come out and add up to it.

Each share is first rounded down; the steps left over are handed out one each, or kept, by a named residue policy. The
answer depends on weights and stable keys, never on the order of rows, and a negative total mirrors a positive one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import gcd
from operator import index
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.problem import Place, Problem, Refused
from rules.quantities.rounding import (
    INT64_MAX,
    Rounding,
    Whole,
    check_step,
    multiply_divide,
    multiply_floor,
    narrow,
    whole_column,
)

Keys: TypeAlias = NDArray[Any]


class Residue(StrEnum):
    """Who gets the steps that are left over when every share has been rounded down."""

    LARGEST_REMAINDER = "largest_remainder"  # one each, by largest remainder, then by key (Hamilton's method)
    TO_FIRST = "to_first"  # one each, in the order of keys
    TO_LAST = "to_last"  # one each, from the last key backwards
    TO_BIGGEST = "to_biggest"  # one each, by biggest weight, then by key
    HOUSE = "house"  # nobody: it stays with the house
    CARRY = "carry"  # nobody: it is carried to the next period
    ROUND_EACH = "round_each"  # nobody: each share is rounded for itself, and the difference is shown


CONSERVING = frozenset({Residue.LARGEST_REMAINDER, Residue.TO_FIRST, Residue.TO_LAST, Residue.TO_BIGGEST})


@dataclass(frozen=True, slots=True, eq=False)
class Apportionment:
    """The shares of a total, and what explains each of them.

    A participant's exact share of a positive total is (steps x step) + remainders[i] / weight_total minor units, steps
    whole. Under a conserving policy the share is that rounded down, plus one step if 0 <= rank_of(i) < units_left.
    """

    shares: Whole  # (n,) minor units
    remainders: Whole  # (n,) what rounding the magnitude down took away: numerators over weight_total, in minor units
    units_left: int  # steps left over after rounding down: handed out, or kept
    residue_minor: int  # total - shares.sum(); 0 under a conserving policy
    weight_total: int
    claims: Whole  # (n,) what puts a participant ahead in the queue, larger first; 0 is never in the queue
    keys: Keys | None  # (n,) ties of claims are settled by these; None is the position
    is_last_first: bool  # ties go to the last key instead of the first

    def rank_of(self, i: int) -> int:
        """Participant i's place in the queue for left over steps, 0 first; -1 for one who can never get any.

        Counted when asked, in one pass over the columns: sorting a million rows to explain one cent is not worth it.
        """
        if self.claims[i] == 0:
            return -1
        ahead = int(np.count_nonzero(self.claims > self.claims[i]))
        ties = np.flatnonzero(self.claims == self.claims[i])
        keys = ties if self.keys is None else self.keys[ties]
        own = i % len(self.claims) if self.keys is None else self.keys[i]
        return ahead + int(np.count_nonzero(keys > own if self.is_last_first else keys < own))

    def ranks(self) -> NDArray[np.int64]:
        """`rank_of` for every participant at once, by sorting: shape (n,)."""
        ranks = np.full(len(self.claims), -1, np.int64)
        queue = _queue(np.flatnonzero(self.claims), self.claims, self.keys, self.is_last_first)
        ranks[queue] = np.arange(len(queue))
        return ranks


def apportion(
    total_minor: int,
    weights: Whole | Sequence[int],
    keys: Keys | Sequence[Any] | None = None,
    residue: Residue = Residue.LARGEST_REMAINDER,
    step: int = 1,
    mode: Rounding = Rounding.HALF_UP,
) -> Apportionment:
    """Shares `total_minor` in proportion to `weights`, in multiples of `step`, so that it adds up to the minor unit.

    `weights`: shape (n,), whole numbers of any size, none negative; one with weight 0 gets 0. `keys`: unique and
    orderable (strings by their UTF-8 bytes), the position by default. `mode` is for `round_each` alone, and rounds the
    signed share. A pool without participants or weight, a negative weight, a double key, a step below 1, and a total
    that a conserving policy can't share in whole steps are `Refused`. A million weights take hundredths of a
    second; tenths where they add up to 2**60 or more, and a second or two if a million unsorted strings settle one tie.
    Largest remainders: Hamilton 1792; Balinski and Young, Fair Representation, 1982.

    >>> apportion(10_000, [1, 1, 1], keys=["zoe", "ann", "bob"]).shares.tolist()  # EUR 100.00: ann comes first
    [3333, 3334, 3333]
    >>> apportion(-10_000, [1, 1, 1], keys=["zoe", "ann", "bob"]).shares.tolist()  # the clawback undoes it
    [-3333, -3334, -3333]
    >>> house = apportion(10_000, [1, 1, 1], residue=Residue.HOUSE)
    >>> house.shares.tolist(), house.residue_minor
    ([3333, 3333, 3333], 1)
    """
    total_minor = index(total_minor)
    column = narrow(whole_column(weights))
    weight_total = _checked_total(column)
    check_step(step)
    if residue in CONSERVING and total_minor % step:
        message = f"{total_minor} minor units can't be shared in whole steps of {step}"
        hint = "change the total or the step, or let the residue be house, carry or round_each"
        raise Refused(Problem("K111", message, Place(), hint))
    ordered_keys = None if keys is None else _checked_keys(keys, len(column))

    steps, remainders = _rounded_down(abs(total_minor), column, weight_total, step)
    units_left = abs(total_minor) // step - _sum(steps)
    claims = _claims(residue, column, remainders)
    is_last_first = residue is Residue.TO_LAST
    if residue is Residue.ROUND_EACH:
        shares: Whole = multiply_divide(column, total_minor, weight_total, mode, step)
    else:
        if residue in CONSERVING:
            steps[first_in_queue(units_left, claims, ordered_keys, is_last_first)] += 1
        shares = _signed(steps, step if total_minor >= 0 else -step)
    residue_minor = total_minor - _sum(shares)
    assert residue not in CONSERVING or residue_minor == 0, "what shares a whole adds up to the whole"
    for values in (shares, remainders):
        values.flags.writeable = False
    return Apportionment(
        shares, remainders, units_left, residue_minor, weight_total, claims, ordered_keys, is_last_first
    )


def _checked_total(weights: Whole) -> int:
    if len(weights) == 0:
        raise Refused(Problem("K107", "there is nobody to share among", Place(), "name at least one participant"))
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        message = f"the weight of row {negative[0]} is negative: {weights[negative[0]]}"
        raise Refused(Problem("K108", message, Place(), "leave that participant out, or give the weight 0"))
    weight_total = _sum(weights)
    if weight_total == 0:
        message = "every weight is 0, so nobody has a share"
        hint = "name another basis for such a period, for example equal shares"
        raise Refused(Problem("K109", message, Place(), hint))
    return weight_total


def _checked_keys(keys: Keys | Sequence[Any], count: int) -> Keys | None:
    """The keys as a column, each once; None if they ascend already, for then positions settle ties alike and faster."""
    column = keys if isinstance(keys, np.ndarray) else np.fromiter(keys, dtype=object, count=len(keys))
    assert column.shape == (count,), "one key for each weight"
    if bool(np.all(column[1:] > column[:-1])):
        return None
    values = column.tolist()
    if len(set(values)) < count:
        key, times = Counter(values).most_common(1)[0]
        message = f"the key {key!r} names {times} participants"
        raise Refused(Problem("K110", message, Place(), "add their weights up first, or use a key that is unique"))
    return column


def _rounded_down(total_minor: int, weights: Whole, weight_total: int, step: int) -> tuple[Whole, Whole]:
    """Whole steps of each share of a total >= 0, and what is left of it, as numerators over weight_total."""
    common = gcd(total_minor, step)  # small numbers keep to the fast path of int64
    steps, remainders = multiply_floor(weights, total_minor // common, weight_total * (step // common))
    if common > 1:
        fits = weight_total * step <= INT64_MAX
        remainders = narrow((remainders if fits else remainders.astype(object)) * common)
    if total_minor > INT64_MAX:  # a share of 2**63 - 1 may yet get one step more
        steps = steps.astype(object)
    return steps, remainders


def _claims(residue: Residue, weights: Whole, remainders: Whole) -> Whole:
    """The queue's first key, larger first, for each participant; 0 keeps out of the queue.

    There are always fewer units left than remainders above 0, hence than weights above 0: one turn each is enough.
    """
    match residue:
        case Residue.LARGEST_REMAINDER:
            return remainders
        case Residue.TO_BIGGEST:
            return weights
        case Residue.TO_FIRST | Residue.TO_LAST:
            return (weights > 0).astype(np.int64)
    return np.zeros(len(weights), np.int64)


def first_in_queue(count: int, claims: Whole, keys: Keys | None, is_last_first: bool) -> NDArray[np.intp]:
    """The `count` participants at the head of the queue, in no order, sorting only those who tie at its end.

    Claims are 0 or more, larger first, and fewer are asked for than have one above 0; ties go by key.
    """
    if count == 0:
        return np.empty(0, np.intp)
    coarse = claims
    if claims.dtype == object:  # the leading 62 bits decide all but near ties
        excess_bits = max(max(claims).bit_length() - 62, 0)
        coarse = (claims >> excess_bits).astype(np.int64)
    edge = np.partition(coarse, len(coarse) - count)[len(coarse) - count]
    clear = np.flatnonzero(coarse > edge)
    near = np.flatnonzero(coarse == edge)
    if len(near) > count - len(clear):
        near = _queue(near, claims, keys, is_last_first)[: count - len(clear)]
    assert len(clear) + len(near) == count, "fewer units are left than participants with a remainder"
    return np.concatenate((clear, near))


def _queue(rows: NDArray[np.intp], claims: Whole, keys: Keys | None, is_last_first: bool) -> NDArray[np.intp]:
    """`rows` by larger claim, then by key."""
    if keys is not None:
        rows = rows[np.argsort(keys[rows], kind="stable")]
    if is_last_first:
        rows = rows[::-1]
    return rows[np.argsort(-claims[rows], kind="stable")]


def _signed(steps: Whole, signed_step: int) -> Whole:
    if steps.dtype != object and abs(signed_step) <= INT64_MAX:
        return steps * signed_step
    return narrow(steps.astype(object) * signed_step)


def _sum(values: Whole) -> int:
    """The exact sum; 32-bit halves of up to 2**31 rows can't wrap an int64."""
    if values.dtype == object:
        return int(sum(values))
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
