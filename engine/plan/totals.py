"""Limits over several payouts: their lines are cut together, once all of them are known, and then summed to partners.

In: the payouts of a program and its sums. Out: their steps; the sum of each part comes after the last of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.plan.payouts import limited_by, payout_steps, undone
from engine.values import Gather, Limit, Step
from rules.meaning import TotalMeaning
from rules.payouts.meaning import PayoutMeaning


def paying_steps(payouts: Sequence[PayoutMeaning], totals: Sequence[TotalMeaning]) -> Iterator[Step]:
    """The steps of all payouts, and those of the limits that several of them share."""
    shared = {part: total for total in totals if total.limits for part in total.parts}
    held: dict[str, dict[str, Gather]] = {}
    by_name = {payout.name: payout for payout in payouts}
    for payout in payouts:
        total = shared.get(payout.name)
        if total is None:
            yield from payout_steps(payout)
            continue
        *steps, gather = payout_steps(payout, _final(total, payout))
        yield from steps
        assert isinstance(gather, Gather), "the last step of a payout sums its lines"
        parts = held.setdefault(total.name, {})
        parts[payout.name] = gather
        if len(parts) == len(total.parts):
            yield from _limited(total, parts, [by_name[part] for part in total.parts])


def _limited(total: TotalMeaning, parts: dict[str, Gather], payouts: Sequence[PayoutMeaning]) -> Iterator[Step]:
    """The limits of a sum, over all lines of its parts as it names them; and the sums of what is left of each."""
    own = [any(limit.spec.at_most is not None for limit in payout.limits) for payout in payouts]
    for at, limit in enumerate(total.limits):
        lines = [line for part in total.parts for line in parts[part].lines]
        tracks = tuple((frame, before, _column(total, at, frame), ()) for before, frame in lines)
        name = f"{total.name}.limit.{at}"
        of = None if limit.of is None else f"{name}.of"
        backs = [undone(each, _final(total, each), at == 0 and not cut) for each, cut in zip(payouts, own, strict=True)]
        taken = tuple(each for back in backs for each in back[0])
        emptied = tuple(each for back in backs for each in back[1])
        step = Limit(name, total.title, limit.place, tracks, limit, of, True, taken, emptied)
        yield from limited_by(step)
        yield step
        for part, gather in parts.items():
            left = tuple((_column(total, at, frame), frame) for _, frame in gather.lines)
            parts[part] = replace(gather, lines=left)
    yield from parts.values()


def _final(total: TotalMeaning, payout: PayoutMeaning) -> str:
    """What the last limit of a sum leaves of the rows of one of its parts."""
    return _column(total, len(total.limits) - 1, f"{payout.name}.rows")


def _column(total: TotalMeaning, at: int, frame: str) -> str:
    """What a limit of a sum leaves of the lines of a frame."""
    return f"{total.name}.limit.{at}.{frame}"
