"""Groups that lie within one another as a tree: the budget is its root, and each level holds groups side by side.

In: a problem. Out: a `Tree` in units of spend. A unit's groups from the root down stand in one column of `above`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Nodes, the first of which is the budget, with floors and caps in minor units, (nodes,); `parent` of each.

    `above` is (levels, units): the node of each unit at each level, or `len(names)` where it has none so deep.
    `own` is the innermost node of each unit.
    """

    names: tuple[str, ...]
    parent: Rows
    depth: Rows
    floor_minor: Rows
    cap_minor: Rows
    above: Rows
    own: Rows

    def members(self, node: int) -> Rows:
        """The places of a node's units."""
        return np.flatnonzero(self.above[self.depth[node]] == node)

    def totals(self, level: int, values: Floats | Rows) -> Floats:
        """The sum over each node of a level, (nodes + 1,): the last is of the units without one."""
        if level == 0:
            found = np.zeros(len(self.names) + 1)
            found[0] = values.sum()
            return found
        return np.asarray(np.bincount(self.above[level], values, len(self.names) + 1), dtype=np.float64)

    def at(self, level: int) -> Rows:
        """The nodes of a level."""
        return np.flatnonzero(self.depth == level)


ROOT = "budget"
NO_CAP = np.iinfo(np.int64).max // 4


def tree_of(problem: Problem) -> Tree | tuple[str, str]:
    """The tree of a problem's groups, or the names of two that overlap without one lying within the other."""
    units = len(problem.units)
    groups = sorted(problem.groups, key=lambda group: -len(group.members))
    own = np.zeros(units, dtype=np.int64)
    parent, depth = [-1], [0]
    for node, group in enumerate(groups, 1):
        found = np.unique(own[group.members])
        if len(found) > 1:
            clash = next(int(each) for each in found[::-1] if each)
            return groups[clash - 1].name, group.name
        parent.append(int(found[0]) if len(found) else 0)
        depth.append(depth[parent[-1]] + 1)
        own[group.members] = node
    return Tree(
        (ROOT, *(group.name for group in groups)),
        np.array(parent),
        np.array(depth),
        np.array([problem.budget.least_minor, *(group.floor_minor for group in groups)]),
        np.array([problem.budget.most_minor, *(NO_CAP if g.cap_minor is None else g.cap_minor for g in groups)]),
        _above(own, parent, depth),
        own,
    )


def _above(own: Rows, parent: list[int], depth: list[int]) -> Rows:
    """The chain of nodes over each unit, by level."""
    levels, nodes = max(depth) + 1, len(parent)
    chains = np.full((levels, nodes), nodes, dtype=np.int64)
    for node in range(nodes):
        if node:
            chains[:, node] = chains[:, parent[node]]
        chains[depth[node], node] = node
    return chains[:, own]
