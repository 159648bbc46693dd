"""The Owen value: the Shapley value where players come in unions, so that no union is ever entered half."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from rules.kinds.base import number
from rules.quantities.exact import Integers, total
from rules.sharing.base import Step, Told, refusal
from rules.sharing.shapley import Coalitions, coalition_sizes


def owen(table: Coalitions, unions: Mapping[str, str]) -> dict[str, Fraction]:
    """The Owen value of every player; `unions` names the union of each player, and a player without one is refused
    (K214). (Owen, Values of games with a priori unions, Lecture Notes in Economics and Mathematical Systems 141, 1977.)

    The values of a union add up to its Shapley value in the game that the unions play with each other.

    >>> table = Coalitions.of([(["a"], 0), (["b"], 0), (["c"], 0), (["a", "b"], 6), (["a", "c"], 6), (["b", "c"], 6),
    ...     (["a", "b", "c"], 6)])
    >>> owen(table, {"a": "x", "b": "x", "c": "y"})
    {'a': Fraction(3, 1), 'b': Fraction(3, 1), 'c': Fraction(0, 1)}
    """
    missing = [player for player in table.players if player not in unions]
    if missing:
        raise refusal("K214", f"{missing[0]} is in no union", "name the union of every player, its own where alone")
    names = sorted({unions[player] for player in table.players})
    masks = {name: sum(1 << i for i, p in enumerate(table.players) if unions[p] == name) for name in names}
    return {player: _value(table, i, masks, unions[player]) for i, player in enumerate(table.players)}


def _value(table: Coalitions, player: int, masks: Mapping[str, int], own: str) -> Fraction:
    others = [mask for name, mask in masks.items() if name != own]
    mates = [1 << i for i in range(len(table.players)) if masks[own] >> i & 1 and i != player]
    outer, inner = _unions_of(others), _unions_of(mates)
    outer_sizes, inner_sizes = coalition_sizes(len(others)), coalition_sizes(len(mates))
    value = Fraction(0)
    for outer_size in range(len(others) + 1):
        for inner_size in range(len(mates) + 1):
            before = (outer[outer_sizes == outer_size][:, None] | inner[inner_sizes == inner_size][None, :]).ravel()
            added = total(table.worths[before | 1 << player]) - total(table.worths[before])
            ways = math.comb(len(others), outer_size) * math.comb(len(mates), inner_size)
            value += Fraction(added, ways * (len(others) + 1) * (len(mates) + 1))
    return value / table.unit


def _unions_of(masks: list[int]) -> Integers:
    """Every set of these, as one number each, in the order of `coalition_sizes`."""
    found = coalition_sizes(0)
    for mask in masks:
        found = np.concatenate((found, found | mask))
    return found


def explain_owen(table: Coalitions, unions: Mapping[str, str], player: str) -> Told:
    """One player's value: what it adds on average, by how many whole unions and mates came before it."""
    bits = {each: 1 << i for i, each in enumerate(table.players)}
    mates = [each for each in table.players if unions[each] == unions[player] and each != player]
    others = sorted({unions[each] for each in table.players} - {unions[player]})
    added: dict[tuple[int, int], list[Fraction]] = {}
    for coalition in range(1 << len(table.players)):
        inside = {each for each in table.players if bits[each] & coalition}
        entered = {unions[each] for each in inside} - {unions[player]}
        is_whole = all(each in inside for each in table.players if unions[each] in entered)
        if player in inside or not is_whole:
            continue
        key = len(entered), len(inside & set(mates))
        worth = int(table.worths[coalition | bits[player]]) - int(table.worths[coalition])
        added.setdefault(key, []).append(Fraction(worth, table.unit))
    cells = (len(others) + 1) * (len(mates) + 1)
    value = sum((sum(each, Fraction(0)) / len(each) for each in added.values()), Fraction(0)) / cells
    steps, left = [], value
    for (whole, few), each in sorted(added.items()):
        mean = sum(each, Fraction(0)) / len(each)
        left -= mean / cells
        words = f"adds {number(mean)} on average after {whole} whole unions and {few} of its own"
        steps.append(Step(f"{whole} unions, {few} mates", mean, mean / cells, left, words))
    return Told(value, f"the mean of {cells} averages: {number(value)}", tuple(steps))
