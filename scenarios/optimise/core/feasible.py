"""Whether bounds, groups and the budget can be met together, and if not, which of them conflict and by how much.

All in whole minor units, so that what is said is exact. What each node of the tree may get at least and at most follows
from the units up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scenarios.curves.floats import Rows
from scenarios.optimise.core.problem import Problem
from scenarios.optimise.core.tree import Tree, tree_of

Clash = Literal["floors", "caps", "bounds", "groups", "choices", "search", "curve", "goal"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Constraints that no split can meet together: `where` (a unit, a group, or the budget), what it allows, what the
    others ask, and by how much they miss each other, in minor units; `names` of the others."""

    kind: Clash
    where: str
    allowed_minor: int
    asked_minor: int
    names: tuple[str, ...] = ()

    @property
    def miss_minor(self) -> int:
        """By how much they miss each other."""
        return abs(self.asked_minor - self.allowed_minor)

    def __str__(self) -> str:
        others = ", ".join(self.names[:5]) + (f" and {len(self.names) - 5} more" if len(self.names) > 5 else "")
        match self.kind:
            case "floors":
                said = f"the floors of {others} add up to {self.asked_minor}, {self.miss_minor} more than the most "
                return said + f"that {self.where} allows, {self.allowed_minor}"
            case "caps":
                said = f"the caps of {others} add up to {self.asked_minor}, {self.miss_minor} less than the least "
                return said + f"that {self.where} asks for, {self.allowed_minor}"
            case "bounds":
                said = f"{self.where} is to get at least {self.asked_minor} and at most {self.allowed_minor}, "
                return said + f"{self.miss_minor} less"
            case "groups":
                return f"{self.where} and {others} share units, and neither lies within the other"
            case "choices":
                return f"{self.where}: no choice of {others} to get all or nothing meets floors and caps together"
            case "search":
                among = f", those of {others} among them" if others else ""
                return f"{self.where}: no split that was tried meets all constraints together{among}; there may be one"
            case "curve":
                return f"the curve of {self.where} gives no finite number at a spend of {self.asked_minor}"
            case "goal":
                return f"{self.where} does not bring what is asked for"


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No split meets all constraints: every conflict that was found."""

    conflicts: tuple[Conflict, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.conflicts))


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What can be got at least and at most, in minor units: by each node of the tree, and by each unit."""

    node_least: Rows
    node_most: Rows
    least: Rows
    most: Rows


def conflicts_of(problem: Problem, tree: Tree) -> tuple[Conflict, ...]:
    """Every conflict of bounds, from the units up; beyond one, what conflicts is taken as met."""
    found = [*_of_units(problem)]
    least, most = _ends(problem)
    _climb(tree, np.minimum(least, most), most, tuple(problem.units), found)
    return tuple(found)


def totals_of(problem: Problem) -> tuple[int, int] | Infeasible:
    """The least and the largest total that bounds and groups allow within the budget."""
    tree = tree_of(problem)
    if isinstance(tree, tuple):
        return Infeasible((Conflict("groups", tree[0], 0, 0, tree[1:]),))
    if conflicts := conflicts_of(problem, tree):
        return Infeasible(conflicts)
    reach = reach_of(problem, tree)
    return int(reach.node_least[0]), int(reach.node_most[0])


def reach_of(problem: Problem, tree: Tree) -> Reach:
    """What units and nodes can get, of a problem without conflicts; where a node leaves its units no choice, each is
    at its end."""
    least, most = _ends(problem)
    node_least, node_most = _climb(tree, least, most, tuple(problem.units), [])
    for level, above in enumerate(tree.above):
        low, high = tree.totals(level, least), tree.totals(level, most)
        at = tree.at(level)
        is_low, is_high = np.zeros(len(low), dtype=bool), np.zeros(len(low), dtype=bool)
        is_low[at], is_high[at] = low[at] == node_most[at], high[at] == node_least[at]
        most = np.where(is_low[above], least, most)
        least = np.where(is_high[above] & ~is_low[above], most, least)
    return Reach(node_least, node_most, least, most)


def _ends(problem: Problem) -> tuple[Rows, Rows]:
    """The least and the most of each unit; a unit that can't get its minimum gets nothing."""
    never = (problem.minimums > problem.upper_minor) & (problem.minimums > 0)
    return problem.lower_minor.copy(), np.where(never, 0, problem.upper_minor)


def _of_units(problem: Problem) -> list[Conflict]:
    rows = np.flatnonzero(problem.lower_minor > problem.upper_minor)
    return [
        Conflict("bounds", problem.units[row], int(problem.upper_minor[row]), int(problem.lower_minor[row]))
        for row in rows.tolist()
    ]


def _climb(tree: Tree, least: Rows, most: Rows, units: tuple[str, ...], found: list[Conflict]) -> tuple[Rows, Rows]:
    """What each node can get at least and at most; conflicts are added to `found`."""
    nodes = len(tree.names)
    asked = np.zeros(nodes, dtype=np.int64)
    offered = np.zeros(nodes, dtype=np.int64)
    np.add.at(asked, tree.own, least)
    np.add.at(offered, tree.own, most)
    node_least, node_most = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    for node in sorted(range(nodes), key=lambda node: -tree.depth[node]):
        floor, cap = int(tree.floor_minor[node]), int(tree.cap_minor[node])
        if floor > cap:
            found.append(Conflict("bounds", tree.names[node], cap, floor))
        elif asked[node] > cap:
            found.append(Conflict("floors", tree.names[node], cap, int(asked[node]), _who(tree, node, units, least)))
        elif offered[node] < floor:
            names = _who(tree, node, units, np.ones_like(most))
            found.append(Conflict("caps", tree.names[node], floor, int(offered[node]), names))
        node_least[node] = min(max(floor, int(asked[node])), cap)
        node_most[node] = max(min(cap, int(offered[node])), int(node_least[node]))
        if node:
            asked[tree.parent[node]] += node_least[node]
            offered[tree.parent[node]] += node_most[node]
    return node_least, node_most


def _who(tree: Tree, node: int, units: tuple[str, ...], counted: Rows) -> tuple[str, ...]:
    """The groups right below a node, and its own units that count."""
    below = [tree.names[each] for each in np.flatnonzero(tree.parent == node).tolist()]
    rows = np.flatnonzero((tree.own == node) & (counted > 0)).tolist()
    return (*below, *(units[row] for row in rows))
