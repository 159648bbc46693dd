"""The Shapley value of a table of coalitions: what each player adds, averaged over all orders in which they may come.

In goes the worth of every coalition; out comes a share for each player, exact, which add up to the worth of all of
them. A coalition is a number whose bits are its players. With n players there are 2**n coalitions, so 20 is the limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rules.kinds.base import number
from rules.problem import Place, Problem
from rules.quantities.exact import LIMIT, Integers, integers
from rules.quantities.groups import run_starts
from rules.sharing.base import Step, Told, refusal, refusals

PLAYERS_MAX = 20
_NAMED_MAX = 3


@dataclass(frozen=True, slots=True, eq=False)
class Coalitions:
    """The worth of every coalition: `worths[m] / unit`, (2**n,), where bit i of m says that player i is in it."""

    players: tuple[str, ...]
    worths: Integers
    unit: int

    @classmethod
    def of(cls, rows: Iterable[tuple[Sequence[str], Fraction | int]]) -> Coalitions:
        """The table of given rows, a coalition and its worth each; the empty one may be left out, it is worth nothing.

        Refused: more players than 20 (K210); and, all that there are, a coalition that is missing (K211) or stands
        twice (K212), and an empty one that is worth something (K213). Players are sorted by name.

        >>> Coalitions.of([(["ann"], 1), (["bob"], 2), (["bob", "ann"], 6)]).worths.tolist()
        [0, 1, 2, 6]
        """
        listed = [(tuple(members), Fraction(worth)) for members, worth in rows]
        players = tuple(sorted({player for members, _ in listed for player in members}))
        if len(players) > PLAYERS_MAX:
            message = f"{len(players)} players have {2 ** len(players):,} coalitions"
            raise refusal("K210", message, f"name at most {PLAYERS_MAX} players, or group them")
        bit = {player: 1 << i for i, player in enumerate(players)}
        found: dict[int, Fraction] = {}
        refused: list[Problem] = []
        for members, worth in listed:
            coalition = 0
            for player in members:
                coalition |= bit[player]
            if coalition in found or coalition.bit_count() < len(members):
                hint = "keep one row for each coalition, and name a player once in it"
                message = f"the coalition {_named(members)} stands twice, or names one twice"
                refused.append(Problem("K212", message, Place(), hint))
            found[coalition] = worth
        if found.setdefault(0, Fraction(0)) != 0:
            message = f"the empty coalition is worth {number(found[0])}"
            refused.append(Problem("K213", message, Place(), "take that off every coalition"))
        missing = [m for m in range(1 << len(players)) if m not in found] if len(found) < 1 << len(players) else []
        if missing:
            first = "; ".join(_named([p for p in players if bit[p] & m]) for m in missing[:_NAMED_MAX])
            more = f" and {len(missing) - _NAMED_MAX:,} more" if len(missing) > _NAMED_MAX else ""
            message = f"no worth is given for {first}{more}"
            refused.append(Problem("K211", message, Place(), "give every coalition its worth, 0 included"))
        if refused:
            raise refusals(refused)
        unit = math.lcm(*(worth.denominator for worth in found.values()))
        worths = [found[m] for m in range(1 << len(players))]
        return cls(players, integers([each.numerator * (unit // each.denominator) for each in worths]), unit)


def shapley(table: Coalitions) -> dict[str, Fraction]:
    """The Shapley value of every player; the values add up to the worth of all (Shapley, A value for n-person games,
    Contributions to the Theory of Games II, 1953).

    Each worth counts with s! (n - s - 1)! / n! for who joins s others. Sixteen players take hundredths of a second.

    >>> shapley(Coalitions.of([(["ann"], 1), (["bob"], 2), (["bob", "ann"], 6)]))
    {'ann': Fraction(5, 2), 'bob': Fraction(7, 2)}
    """
    count = len(table.players)
    sizes = coalition_sizes(count)
    order = np.argsort(sizes, kind="stable")
    worths = _sums_fit(table.worths)[order]
    starts = run_starts(sizes[order])
    all_by_size = [int(each) for each in np.add.reduceat(worths, starts)]
    values = {}
    for i, player in enumerate(table.players):
        with_by_size = [int(each) for each in np.add.reduceat(worths * (order >> i & 1), starts)]
        value = 0
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1)
            value += weight * (with_by_size[size + 1] - (all_by_size[size] - with_by_size[size]))
        values[player] = Fraction(value, math.factorial(count) * table.unit)
    return values


def coalition_sizes(count: int) -> Integers:
    """How many players each coalition has, (2**count,)."""
    sizes = np.zeros(1, dtype=np.int64)
    for _ in range(count):
        sizes = np.concatenate((sizes, sizes + 1))
    return sizes


def _sums_fit(worths: Integers) -> Integers:
    """The worths as a dtype in which no sum of them wraps."""
    if worths.dtype != object and max(abs(int(worths.max())), abs(int(worths.min()))) * len(worths) >= LIMIT:
        return worths.astype(object)
    return worths


def additive(worths: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The Shapley value where nobody adds more together than alone: everyone's own worth, for any number of players."""
    return dict(worths)


def explain_shapley(table: Coalitions, player: str) -> Told:
    """One player's value: what it adds to coalitions of each size on average, and the mean of these averages.

    >>> told = explain_shapley(Coalitions.of([(["ann"], 1), (["bob"], 2), (["bob", "ann"], 6)]), "ann")
    >>> told.value, [step.words for step in told.steps]
    (Fraction(5, 2), ['adds 1 to none', 'adds 4 on average to 1 coalition of 1'])
    """
    count, bit = len(table.players), 1 << table.players.index(player)
    added = [Fraction(0)] * count
    for coalition in range(1 << count):
        if not coalition & bit:
            worth = int(table.worths[coalition | bit]) - int(table.worths[coalition])
            added[coalition.bit_count()] += Fraction(worth, table.unit)
    means = [added[size] / math.comb(count - 1, size) for size in range(count)]
    value = sum(means, Fraction(0)) / count
    steps, left = [], value
    for size, mean in enumerate(means):
        left -= mean / count
        of = math.comb(count - 1, size)
        words = f"adds {number(mean)} to none"
        if size:
            words = f"adds {number(mean)} on average to {of} coalition{'s' if of > 1 else ''} of {size}"
        steps.append(Step(f"size {size}", mean, mean / count, left, words))
    return Told(value, f"the mean of {count} averages, one for each size of coalition: {number(value)}", tuple(steps))


def _named(members: Sequence[str]) -> str:
    return "{" + ", ".join(members) + "}"
