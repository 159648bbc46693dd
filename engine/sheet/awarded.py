"""What members that were awarded something get in whole units, and what a cap or the house keeps of it.

In: the exact awards of a pool. Out: shares in whole steps. Awards become whole before a cap cuts them and before the
house keeps the share of who is unknown: so what becomes of that costs nobody else a cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.sheet.book import Book
from engine.values import Award, Share
from rules.quantities.apportion import CONSERVING, Residue
from rules.quantities.exact import Exact, Integers, total
from rules.quantities.rounding import multiply_floor
from rules.sharing.whole import whole_awards

ENTITLED, COUNTED = "entitled", "counted"


def with_stand_ins(weights: Exact, held: Exact | None) -> Exact:
    """The weights (members,) with those that are unknown at the mean of the others, 0 for who has no day.

    Where members weigh for the days that they `held`, as parts of the period, the mean is that of what the others weigh
    for the whole period, and who is counted at it has its own days of it: a member of one day costs nobody a year.

    >>> weights, days = Exact.of([80, Fraction(80), None, 0]), Exact.of([1, 1, Fraction(1, 365), 0])
    >>> with_stand_ins(weights, days).fraction(2)
    Fraction(16, 73)
    """
    known, rows = weights.is_known(), len(weights)
    if known.all():
        return weights
    if held is None:
        return weights.where(known, Exact.constant(weights.sum() / int(np.count_nonzero(known)), rows))
    scored = known & (held.compare(Exact.constant(0, rows)) > 0)
    mean = (weights.take(scored) / held.take(scored)).sum() / int(np.count_nonzero(scored))
    return weights.where(known, held * Exact.constant(mean, rows))


@dataclass(frozen=True, slots=True, eq=False)
class Awarded:
    """The shares (members,) and what the house adds, in whole minor units.

    `left_by_rounding` is what a residue policy keeps of the awards; `held_back` what caps keep of them where it is not
    shared again, None where nothing is kept so; `unscored` the share of those whose weight is unknown, which the house
    has, None where it has none.
    """

    shares: Integers
    adds: int
    left_by_rounding: int
    held_back: int | None = None
    unscored: int | None = None


def keeps_back(step: Award) -> bool:
    """Whether a cap, or the house for who is unknown, keeps what others are not awarded; NAME.entitled then holds the
    awards before that, and NAME.counted those within the caps, of whom the house stands in for too."""
    cuts = step.bounds is not None and step.bounds.at_most is not None and step.bounds.excess != "redistribute"
    return step.kind is None and (cuts or step.unknown == "house")


def awarded_shares(step: Share, book: Book) -> Awarded:
    """The shares of a pool that was awarded; what is awarded below a whole unit is not shared, nor added."""
    awards, keys = book.columns[step.weight], book.frames[step.frame].keys
    adds = int((book.columns[f"{step.weight}.house_adds"].fraction(0) or Fraction(0)) // 1)
    entitled = book.columns.get(f"{step.weight}.{ENTITLED}", awards)
    whole = whole_awards(entitled, keys, step.residue, step.terms)
    left = int(entitled.sum() // step.terms.step_minor * step.terms.step_minor) - total(whole)
    assert step.residue not in CONSERVING or not left, "a conserving policy leaves nothing"
    if entitled is awards:
        return Awarded(whole, adds, left)
    counted, known = book.columns[f"{step.weight}.{COUNTED}"], awards.is_known()
    is_cut = counted.is_known() & (counted.compare(entitled) < 0)
    caps, _ = multiply_floor(counted.numerator, 1, counted.denominator)
    own = np.where(is_cut, caps, whole)
    held_back = total(whole) - total(own) if is_cut.any() else None
    unscored = None if known.all() else total(own[~known])
    return Awarded(np.where(known, own, 0), adds, left, held_back, unscored)


def carried_minor(step: Share, book: Book, found: Awarded, left: int) -> int:
    """What is carried to the next period, in whole units, of what is `left` and not paid to a carry: what rounding
    leaves where the residue is carried, and what caps keep back or nobody claims where that is.

    What nobody claims has the part of a unit that awards end in as well, so that the house gets nothing that it was
    not promised; with a residue of its own, the house has that part.
    """
    exact = book.columns[f"{step.weight}.carried"].fraction(0) or Fraction(0)
    rounded = found.left_by_rounding if step.residue is Residue.CARRY else 0
    carry = book.columns.get(f"{step.weight}.carry")
    if exact <= 0 and carry is not None and step.residue is Residue.CARRY:
        awarded = book.columns[step.weight].sum() + (carry.fraction(0) or 0)
        unclaimed = (book.columns[step.size].fraction(0) or 0) - awarded
        return left - int(unclaimed // 1)
    if exact <= 0:
        return rounded
    if found.held_back is not None:
        return rounded + found.held_back
    if step.residue is Residue.CARRY or step.residue in CONSERVING:
        return left - (found.unscored or 0)
    return int(exact // 1)
