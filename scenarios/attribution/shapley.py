"""Shapley values of partners: what each adds to a deal, or to the rate at which deals are won, whoever came first.

Two games. In that of revenue every deal is worth its amount to whoever includes all its partners: a sum of unanimity
games, whose value is an equal part of each deal, for any number of partners (Shapley 1953). In that of rates a
coalition is worth the part of deals that were won among those that its members alone touched; it is no such sum, and
values may be below zero. It is solved over all coalitions of up to 20 partners by `rules.sharing.shapley`, union by
union (Owen 1977) beyond, and else by sampling, with a standard error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from rules.problem import Place, Problem, Refused
from rules.sharing.shapley import PLAYERS_MAX, Coalitions, coalition_sizes, shapley
from scenarios.attribution.credit import Shares
from scenarios.attribution.markov import Counts
from scenarios.attribution.paths import Path, once

BILLION = 10**9
UNION_MAX = 12
BITS_MAX = 20  # partners of one union and other unions, whose coalitions are counted at once

Sets = Mapping[Path, Counts]  # the partners of deals, each once and sorted, and how often these were won and lost


@dataclass(frozen=True, slots=True)
class Sampled:
    """Values of partners as means over random orders, and their standard errors, in the order of the partners."""

    values: Mapping[int, float]
    errors: Mapping[int, float]


def touch_sets(paths: Mapping[Path, Counts]) -> Sets:
    """The partners of paths, whatever their order: how often each set of them was won and lost."""
    found: dict[Path, tuple[int, int]] = {}
    for path, counts in paths.items():
        won, lost = found.get(once(path), (0, 0))
        found[once(path)] = won + counts.won, lost + counts.lost
    return {members: Counts(*found[members]) for members in sorted(found)}


def equal_split(paths: Mapping[int, Path], union_of: Sequence[str] | None = None) -> Shares:
    """The Shapley value of revenue: each deal in equal parts among its partners. With `union_of`, by position of the
    partner, the Owen value: in equal parts among their unions, and of those among their members.

    >>> {who: str(share) for who, share in equal_split({0: (2, 5, 2, 7)}, ["x"] * 6 + ["y"] * 2)[0].items()}
    {2: '1/4', 5: '1/4', 7: '1/2'}
    """
    found: dict[int, dict[int, Fraction]] = {}
    for deal, path in paths.items():
        members = once(path)
        unions = ["" if union_of is None else union_of[each] for each in members]
        of_union = {name: Fraction(1, unions.count(name) * len(set(unions))) for name in unions}
        if members:
            found[deal] = {each: of_union[name] for each, name in zip(members, unions, strict=True)}
    return found


def rate_values(sets: Sets, union_of: Sequence[str] | None = None) -> dict[int, Fraction]:
    """The values of the game of rates; they add up to the rate of all deals less that of deals without a touch.

    Rates are rounded once, half even at 9 decimals; everything else is exact. Raises Refused where there are too many
    partners: more than 20 (M404), or with unions more than 12 in one, or too many unions beside it (M405).
    """
    players = _players(sets)
    if union_of is not None:
        return _owen(sets, players, [union_of[each] for each in players])
    if len(players) > PLAYERS_MAX:
        message = f"{len(players)} partners have 2^{len(players)} coalitions; those of {PLAYERS_MAX} can be solved"
        hint = "let them come union by union, with --unions, or sample orders of them, with --sample"
        raise Refused(Problem("M404", message, Place(), hint))
    place = {player: 1 << at for at, player in enumerate(players)}
    names = tuple(f"{player:08d}" for player in players)
    worths = _rates(sets, {player: place[player] for player in players}, len(players))
    found = shapley(Coalitions(names, worths - worths[0], BILLION))
    return {player: found[name] for player, name in zip(players, names, strict=True)}


def sampled_rates(sets: Sets, orders: int, seed: int) -> Sampled:
    """The values of the game of rates as means over `orders` random orders of the partners, at least two."""
    players = _players(sets)
    chance = np.random.default_rng(seed)
    place = {player: at for at, player in enumerate(players)}
    members = np.array([place[each] for path in sets for each in path], dtype=np.int64)
    lengths = np.array([len(path) for path in sets], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    won, every = _won_and_all(sets)
    touched = lengths > 0
    found = np.empty((orders, len(players)))
    for at in range(orders):
        order = chance.permutation(len(players))
        rank = np.empty(len(players), dtype=np.int64)
        rank[order] = np.arange(1, len(players) + 1)
        last = np.zeros(len(sets), dtype=np.int64)  # how many have come when all partners of a set are there
        last[touched] = np.maximum.reduceat(rank[members], starts[touched]) if len(members) else 0
        rates = _rate(np.cumsum(_summed(last, won, len(players))), np.cumsum(_summed(last, every, len(players))))
        found[at, order] = np.diff(rates) / BILLION
    means, errors = found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(orders)
    return Sampled(dict(zip(players, means.tolist(), strict=True)), dict(zip(players, errors.tolist(), strict=True)))


def _players(sets: Sets) -> list[int]:
    return sorted({each for members in sets for each in members})


def _won_and_all(sets: Sets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    won = np.array([counts.won for counts in sets.values()], dtype=np.int64)
    return won, won + np.array([counts.lost for counts in sets.values()], dtype=np.int64)


def _rates(sets: Sets, bit: Mapping[int, int], bits: int) -> NDArray[np.int64]:
    """The rate of every coalition, (2**bits,), in billionths; `bit` is a partner's own, or that of its whole union."""
    masks = [0] * len(sets)
    for at, members in enumerate(sets):
        for each in members:
            masks[at] |= bit[each]
    won, every = _won_and_all(sets)
    places, last = np.array(masks, dtype=np.int64), (1 << bits) - 1
    return _rate(_within(_summed(places, won, last), bits), _within(_summed(places, every, last), bits))


def _summed(places: NDArray[np.int64], values: NDArray[np.int64], last: int) -> NDArray[np.int64]:
    """The sum of the values at each place, (last + 1,)."""
    found = np.zeros(last + 1, dtype=np.int64)
    np.add.at(found, places, values)
    return found


def _within(values: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """For every coalition the sum over all that it includes: the zeta transform, one bit after the other."""
    found = values.copy()
    for bit in range(bits):
        halves = found.reshape(-1, 2, 1 << bit)
        halves[:, 1] += halves[:, 0]
    return found


def _rate(won: NDArray[np.int64], every: NDArray[np.int64]) -> NDArray[np.int64]:
    """won / every in billionths, rounded half even; 0 where there is no deal, which brings nothing."""
    assert not len(won) or int(won.max()) < 2**32, "fewer deals than would wrap"
    below = np.maximum(every, 1)
    down, rest = np.divmod(won * BILLION, below)
    up = (2 * rest > below) | ((2 * rest == below) & (down % 2 == 1))
    rounded: NDArray[np.int64] = down + up
    return rounded


def _owen(sets: Sets, players: Sequence[int], unions: Sequence[str]) -> dict[int, Fraction]:
    """The Owen values, one union after the other: the other unions come whole, its own members one by one."""
    names = sorted(set(unions))
    own = {name: [player for player, union in zip(players, unions, strict=True) if union == name] for name in names}
    found: dict[int, Fraction] = {}
    for name in names:
        inner, outer = len(own[name]), len(names) - 1
        if inner > UNION_MAX or inner + outer > BITS_MAX:
            message = f"the union {name or '(blank)'} has {inner} partners, beside {outer} other unions"
            hint = f"form unions of at most {UNION_MAX} partners, {BITS_MAX} with the other unions; or use --sample"
            raise Refused(Problem("M405", message, Place(), hint))
        bit = {player: 1 << at for at, player in enumerate(own[name])}
        for at, other in enumerate(each for each in names if each != name):
            bit |= dict.fromkeys(own[other], 1 << (inner + at))
        found |= _of_union(_rates(sets, bit, inner + outer).reshape(1 << outer, 1 << inner), own[name])
    return dict(sorted(found.items()))


def _of_union(worths: NDArray[np.int64], members: Sequence[int]) -> dict[int, Fraction]:
    """The values of a union's members: (coalitions of other unions, coalitions of its own) are worth so much."""
    outer, inner = (int(size).bit_length() - 1 for size in worths.shape)
    outer_sizes, inner_sizes = coalition_sizes(outer), coalition_sizes(inner)
    by_outer = [worths[outer_sizes == size].sum(axis=0) for size in range(outer + 1)]
    codes = np.arange(1 << inner)
    found: dict[int, Fraction] = {}
    for at, member in enumerate(members):
        value, has = Fraction(0), codes >> at & 1 == 1
        for size, summed in enumerate(by_outer):
            for mates in range(inner):
                added = int(summed[has & (inner_sizes == mates + 1)].sum())
                added -= int(summed[~has & (inner_sizes == mates)].sum())
                value += Fraction(added, math.comb(outer, size) * math.comb(inner - 1, mates))
        found[member] = value / ((outer + 1) * inner * BILLION)
    return found
