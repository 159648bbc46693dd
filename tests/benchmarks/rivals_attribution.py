"""What people write instead of `scenarios.attribution`: Shapley values by definition, removal effects by walking."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, permutations
from random import Random

Worth = Callable[[frozenset[int]], float]
Chain = Mapping[int, Sequence[tuple[int, float]]]  # where a journey goes on to, with the chance; see START, WON, LOST

START, WON, LOST = -1, -2, -3


def by_permutations(players: Sequence[int], worth: Worth) -> dict[int, float]:
    """What each adds to those before it, over every order: n! of them."""
    found = dict.fromkeys(players, 0.0)
    for order in permutations(players):
        for at, player in enumerate(order):
            found[player] += worth(frozenset(order[: at + 1])) - worth(frozenset(order[:at]))
    return {player: value / math.factorial(len(players)) for player, value in found.items()}


def by_combinations(players: Sequence[int], worth: Worth) -> dict[int, float]:
    """What each adds to every coalition of the others, weighted: n 2^(n-1) of them."""
    count, found = len(players), {}
    for player in players:
        others, value = [each for each in players if each != player], 0.0
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for members in combinations(others, size):
                coalition = frozenset(members)
                value += weight * (worth(coalition | {player}) - worth(coalition))
        found[player] = value
    return found


def by_walks(chain: Chain, partners: Sequence[int], walks: int, seed: int) -> dict[int, float]:
    """Removal effects by sending journeys through the chain, with each partner missing in turn."""
    chance = Random(seed)

    def won(without: int | None) -> float:
        times = 0
        for _ in range(walks):
            at = START
            while at not in (WON, LOST) and (at == START or at != without):
                goes, chances = zip(*chain[at], strict=True)
                (at,) = chance.choices(goes, chances)
            times += at == WON
        return times / walks

    whole = won(None)
    return {partner: 1 - won(partner) / whole for partner in partners}
