"""Limits on whole amounts: caps that are used up in order or shared, floors that are topped up, and the bank of what a
cap held back.

In go int64 minor units, already rounded, and a limit for each group; out come the amounts that are paid, int64, and
nothing is rounded again. A cap bounds the net sum of its group: a return (a negative amount) counts against the sum and
is never cut, only positive lines are; what it takes back of a line of its group follows what that is paid (`pieces`,
by position: see `rules.quantities.taken`). A cap is 0 or more, and `NO_CAP` where there is none; `explain_*` are the
twins in plain Python, of one group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rules.quantities.exact import Integers, group_total
from rules.quantities.groups import Positions, Runs, gathered, group_blocks, largest_first, ordered, run_starts
from rules.quantities.rounding import INT64_MAX, QuantityOverflow, multiply_floor, narrow
from rules.quantities.running import running_sums
from rules.quantities.taken import NOTHING, Last, Part, Pieces, Top, after_rows, line_leaving, paid_in_order

Minor = NDArray[np.int64]
Flags = NDArray[np.bool_]
NO_CAP = INT64_MAX


@dataclass(frozen=True, slots=True)
class Limited:
    """What a limit made of one amount, in minor units: what it was, what is paid, and what the cap has room for then;
    None where there is no cap."""

    entitled: int
    applied: int
    remaining: int | None


def cap_in_order(
    amounts: Minor,
    groups: Positions,
    caps: Minor,
    order: Positions,
    last: Last = "partial",
    pieces: Pieces = NOTHING,
    ended: Flags | None = None,
) -> Minor:
    """Pays the lines of each group in order until its cap is used up: (n,) minor units.

    `groups` (n,) says whose of the `caps` (groups,) a line uses; `order` (n,) tells the lines of a group apart. The
    first line with which the net sum would pass the cap is paid in part, and no positive line after it is paid until a
    return makes room again; or with `none` it is not paid at all, and that is the end: neither a smaller one that would
    fit is paid after it, nor one behind a return. A return counts after the lines that it undoes, and takes back what
    they are paid. `ended` (groups,) tells where an earlier period came to the end.

    >>> budget, nobody = np.array([1_000]), np.zeros(4, dtype=np.int64)
    >>> cap_in_order(np.array([600, 500, 100, -50]), nobody, budget, np.arange(4)).tolist()
    [600, 400, 0, -50]
    >>> cap_in_order(np.array([600, 500, 100, -50]), nobody, budget, np.arange(4), last="none").tolist()
    [600, 0, 0, -50]
    """
    _check_caps(caps)
    order = after_rows(order, pieces)
    positions = ordered(groups, order)
    rows = np.arange(len(amounts), dtype=np.int64) if positions is None else positions
    inside, own = amounts[rows], groups[rows]
    starts = run_starts(own)
    lengths = np.diff(starts, append=len(own))
    sums, limits = running_sums(inside, lengths), caps[own]
    crosses = ((sums > limits) & (limits < NO_CAP)).astype(np.int64)
    crossed = running_sums(crosses, lengths)
    paid = np.where((crossed > 0) & (inside > 0), 0, inside)
    if last == "partial":
        firsts = np.flatnonzero(((crossed == 1) & (crosses == 1)).astype(bool))
        room = inside[firsts] - (sums[firsts] - limits[firsts])  # the cap less the sum before it: 0 or more
        paid[firsts] = room.astype(np.int64)
    found = np.empty_like(paid)
    found[rows] = paid
    is_cut = np.logical_or.reduceat(crosses > 0, starts) if len(starts) else np.zeros(0, dtype=bool)
    undoes = np.zeros(len(amounts), dtype=bool)
    undoes[list(pieces)] = True
    falls = np.logical_or.reduceat((inside < 0) | undoes[rows], starts) if len(starts) else is_cut
    was_ended = np.zeros(len(caps), dtype=bool) if ended is None else ended
    listed: list[int] = []
    for at in np.flatnonzero((is_cut & falls) | was_ended[own[starts]]).tolist():  # what falls makes room again
        listed = listed or amounts.tolist()
        mine, group = rows[starts[at] : starts[at] + lengths[at]].tolist(), int(own[starts[at]])
        found[mine] = paid_in_order(listed, mine, pieces, int(caps[group]), last, bool(was_ended[group]))
    return found


def explain_in_order(
    amounts: Sequence[int], cap: int, last: Last = "partial", pieces: Pieces = NOTHING, is_ended: bool = False
) -> list[Limited]:
    """The lines of one group, in their order, as `cap_in_order` pays them; a return comes after what it undoes.

    >>> explain_in_order([600, 500], 1_000)[1]
    Limited(entitled=500, applied=400, remaining=0)
    """
    done: list[Limited] = []
    room, is_used_up = cap, is_ended
    for at, due in enumerate(amounts):
        undone = pieces.get(at, ())
        amount = due + sum(each.of(amounts[each.row]) - each.of(done[each.row].applied) for each in undone)
        applied = amount
        if cap != NO_CAP and amount > 0 and (is_used_up or amount > room):
            applied = max(room, 0) if last == "partial" else 0
            is_used_up = last == "none"
        room -= applied
        done.append(Limited(due, applied, None if cap == NO_CAP else room))
    return done


def cap_pro_rata(amounts: Minor, groups: Positions, caps: Minor, keys: Positions, pieces: Pieces = NOTHING) -> Minor:
    """Where the net sum of a group passes its cap, its positive lines share what there is, in proportion: (n,).

    `groups` (n,) names the one of `caps` (groups,); `keys` (n,) tell the lines of a group apart. What they share is the
    cap and what its returns took back, so that the net sum is the cap exactly: each gets its proportion rounded
    down, and the units left over go by the largest remainder, ties to the lower key. No line gets more than it had. A
    line that returns undo has a share by what is left of it, and is paid as much as leaves that.

    >>> zero = np.zeros(4, dtype=np.int64)
    >>> cap_pro_rata(np.array([100, 100, 100, -50]), zero, np.array([50]), np.array([3, 1, 2, 0])).tolist()
    [33, 34, 33, -50]
    >>> undone = {3: [Part(0, Fraction(0), Fraction(1, 2))]}
    >>> cap_pro_rata(np.array([100, 100, 100, -50]), zero, np.array([50]), np.array([3, 1, 2, 0]), undone).tolist()
    [20, 20, 20, -10]
    """
    _check_caps(caps)
    left = amounts.copy()
    of_rows: dict[int, list[Part | Top]] = {}
    for at, undone in pieces.items():
        for piece in undone:
            back = piece.of(int(amounts[piece.row]))
            left[piece.row] -= back
            left[at] += back
            of_rows.setdefault(piece.row, []).append(piece)
    shared = _shared(left, groups, caps, keys)
    paid = shared.copy()
    for row, undone in of_rows.items():
        paid[row] = line_leaving(int(amounts[row]), int(shared[row]), undone)
    for at, undone in pieces.items():
        paid[at] -= sum(piece.of(int(paid[piece.row])) for piece in undone)
    return paid


def _shared(amounts: Minor, groups: Positions, caps: Minor, keys: Positions) -> Minor:
    """The positive lines of each group in proportion, of which no other line undoes any."""
    more = group_total(np.where(amounts > 0, amounts, 0), groups, len(caps)).astype(object)
    less = group_total(np.where(amounts < 0, amounts, 0), groups, len(caps)).astype(object)
    is_cut = ((more + less > caps) & (caps < NO_CAP)).astype(bool)
    rows = np.flatnonzero(is_cut[groups] & (amounts > 0))
    paid = amounts.copy()
    if not len(rows):
        return paid
    positions = gathered(groups[rows], len(caps))
    rows = rows if positions is None else rows[positions]
    own = groups[rows]
    shared, whole = narrow(np.where(is_cut, caps - less, 0)), narrow(np.where(is_cut, more, 1))
    for part, lengths in group_blocks(own):
        some, cut = rows[part], own[part]
        down, rest = multiply_floor(amounts[some], shared[cut], whole[cut])
        runs = Runs.of(lengths)
        left = shared[cut[runs.starts()]] - group_total(down, runs.of_row, len(lengths))
        paid[some] = (down + largest_first(rest, runs, left.astype(np.int64), keys[some])).astype(np.int64)
    return paid


def explain_pro_rata(amounts: Sequence[int], keys: Sequence[int], cap: int, pieces: Pieces = NOTHING) -> list[Limited]:
    """The lines of one group, as `cap_pro_rata` pays them; what remains is the room of the group.

    >>> explain_pro_rata([300, 100, -10], [0, 1, 2], 90)[0]
    Limited(entitled=300, applied=75, remaining=0)
    """
    backs = [(at, piece, piece.of(amounts[piece.row])) for at, undone in pieces.items() for piece in undone]
    left = [amount + sum(back * ((of == at) - (piece.row == at)) for of, piece, back in backs)
            for at, amount in enumerate(amounts)]  # fmt: skip
    paid, net = list(left), sum(left)
    if cap != NO_CAP and net > cap:
        positive = [i for i, amount in enumerate(left) if amount > 0]
        whole = sum(left[i] for i in positive)
        shared = cap + whole - net
        exact = {i: Fraction(left[i] * shared, whole) for i in positive}
        for i in positive:
            paid[i] = exact[i].numerator // exact[i].denominator
        queue = sorted(positive, key=lambda i: (paid[i] - exact[i], keys[i]))
        for i in queue[: shared - sum(paid[i] for i in positive)]:
            paid[i] += 1
    for row in {piece.row for _, piece, _ in backs}:
        paid[row] = line_leaving(amounts[row], paid[row], [piece for _, piece, _ in backs if piece.row == row])
    for at, piece, _ in backs:
        paid[at] -= piece.of(paid[piece.row])
    remaining = None if cap == NO_CAP else cap - sum(paid)
    return [Limited(amount, applied, remaining) for amount, applied in zip(amounts, paid, strict=True)]


def floor_top_up(sums: Minor, floors: Minor) -> Minor:
    """What lifts each sum to its floor, 0 where it is there: (groups,) minor units; a negative sum is lifted in full.

    A top-up beyond int64 is a `QuantityOverflow`. The least int64 is no floor.

    >>> floor_top_up(np.array([30_000, 60_000, -500]), np.array([50_000, 50_000, 0])).tolist()
    [20000, 0, 500]
    """
    with np.errstate(over="ignore"):
        missing = np.where(sums < floors, floors - sums, 0)
    if (missing < 0).any():  # it wrapped
        raise QuantityOverflow(int(np.argmax(missing < 0)))
    return missing


def explain_floor(total: int, floor: int) -> Limited:
    """One group as `floor_top_up` lifts it: `applied` is the sum with its top-up.

    >>> explain_floor(30_000, 50_000)
    Limited(entitled=30000, applied=50000, remaining=None)
    """
    return Limited(total, max(total, floor), None)


def bank(dues: Minor, caps: Minor, opening: Minor | None = None) -> tuple[Minor, Minor]:
    """Pays up to the cap of each period and banks the rest for later ones: paid and banked, (groups, periods) each.

    `dues` (groups, periods); `caps` (groups, periods), or (groups,) for every period alike; `opening` (groups,): what
    was banked before, 0 or more. In each period paid = min(due + banked before, cap), and the rest is banked: a return
    is set against the bank first. A balance beyond int64 is a `QuantityOverflow` of its group.

    >>> paid, banked = bank(np.array([[900, 200, 100]]), np.array([500]))
    >>> paid.tolist(), banked.tolist()
    ([[500, 500, 200]], [[400, 100, 0]])
    """
    _check_caps(caps)
    caps = caps if caps.ndim == 2 else np.repeat(caps[:, None], dues.shape[1], axis=1)
    balance: Integers = np.zeros(len(dues), dtype=np.int64) if opening is None else opening
    assert not (balance < 0).any(), "a bank holds what was kept back, so never less than nothing"
    paid, banked = np.empty_like(dues), np.empty_like(dues)
    for period in range(dues.shape[1]):
        due, cap = dues[:, period], caps[:, period]
        with np.errstate(over="ignore"):
            available = due + balance
        if (wraps := (due > 0) & (available < due)).any():
            raise QuantityOverflow(int(np.argmax(wraps)))
        paid[:, period] = np.minimum(available, cap)
        banked[:, period] = balance = available - paid[:, period]
    return paid, banked


def explain_bank(dues: Sequence[int], caps: Sequence[int], opening: int = 0) -> list[Limited]:
    """The periods of one group, as `bank` pays them: `entitled` counts what was banked, `remaining` is banked then.

    >>> explain_bank([900, 200], [500, 500])[1]
    Limited(entitled=600, applied=500, remaining=100)
    """
    done, balance = [], opening
    for due, cap in zip(dues, caps, strict=True):
        entitled = due + balance
        applied = entitled if entitled <= cap else cap
        balance = entitled - applied
        done.append(Limited(entitled, applied, balance))
    return done


def _check_caps(caps: Minor) -> None:
    assert not (caps < 0).any(), "a cap is 0 or more"
