"""The best split of a wide problem: columns are added until the mix of them is proved best, then units that lie between
two spends are put to either side, and where that leaves a gap, a small branch and bound.

In: a program, perhaps with cuts that are only known where a split breaks them. Out: the best split found and a bound
that no split exceeds. The mean spend of a mix keeps every linear limit; where curves are concave it is worth at least
what the mix is.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from scenarios.curves.floats import Floats
from scenarios.optimise.linked.blend import Domain
from scenarios.optimise.linked.columns import (
    Columns,
    Mix,
    NoAnswer,
    Program,
    best_mix,
    bound,
    columns_of,
    narrowed,
    with_columns,
)
from scenarios.optimise.linked.parting import CLOSE, first_columns, halves, keeps, losses, settled
from scenarios.optimise.linked.propagated import propagated
from scenarios.optimise.linked.sides import Limits, joined

ROUNDS_MAX, NODES_MAX = 60, 300
_WORK_MAX = 500_000  # columns of all programs together, those of many draws counting more; then no node is split
_DIVES_MAX = 8
_INSIDE, _CUTS_KEPT = 1e-12, 20
_CUT_PLACES = (1e-6, 0.1, 0.3, 0.6)  # on the way from where a limit is kept to where it is not
_FINE, _FINEST = 0.02, 1e-3  # of what is left to prove: how well peaks are worked out; of the responses' size


class Cuts(Protocol):
    """A convex limit known by its cuts."""

    def excess(self, spend: Floats) -> float:
        """By how much of its size a split breaks it; at most zero where it keeps it."""
        ...

    def fairest(self, spend: Floats, domain: Domain) -> Floats:
        """The split of the same total that keeps it best, as far as units' own bounds go."""
        ...

    def cut(self, spend: Floats) -> Limits:
        """A row that this split breaks and none that keeps the limit does."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Descended:
    """The best split found (None: none that keeps all limits), its value, the bound, the prices of draws and rows and
    their names, and where no split keeps all limits, what the least total miss of the rows is made of."""

    spend: Floats | None
    value: float
    bound: float
    weights: Floats
    prices: Floats
    limits: Limits
    missed: Floats | None
    is_proved_empty: bool
    nodes: int
    rounds: int
    solver: str = "columns"


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    domain: Domain
    unit: int
    at: float
    found: _Solved


def descend(program: Program, cuts: Cuts | None, gap: float) -> Descended:
    """Best first: the node of the largest bound is split next, to a limit."""
    run = _Run(program, cuts, gap)
    root = run.solve(program.domain)
    if root is None:
        missed, is_proved = run.why_none(program.domain)
        draws = len(program.weighing.base)
        return Descended(None, -np.inf, -np.inf, np.full(draws, 1 / draws), np.zeros(len(run.limits.names)),
                         run.limits, missed, is_proved, 1, run.rounds)  # fmt: skip
    run.dive(root.domain, root.mix)
    run.keep(root, np.inf)
    while run.heap and not run.is_tired and run.nodes < NODES_MAX and not run.is_close(-run.heap[0][0]):
        negative, _, node = heapq.heappop(run.heap)
        for domain in halves(node.domain, node.unit, node.at):
            found = run.solve(domain)
            if found is None:
                run.closed = max(run.closed, min(-negative, run.held(node, domain))) if run.is_open else run.closed
            else:
                if run.nodes < 8 and not run.is_close(found.bound):
                    run.dive(found.domain, found.mix)
                run.keep(found, min(-negative, run.held(node, domain)))
    top = max(run.value, run.closed, -run.heap[0][0] if run.heap else -np.inf)
    return Descended(run.spend, run.value, top, root.mix.weights, root.mix.prices, root.limits, None, not run.heap,
                     run.nodes, run.rounds)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    mix: Mix
    bound: float
    loss: Floats
    limits: Limits  # the rows that the mix has prices of
    domain: Domain  # what the rows leave of the domain that was asked


class _Run:
    """The columns and cuts known so far, the best split, and the nodes to split by their bounds."""

    def __init__(self, program: Program, cuts: Cuts | None, gap: float) -> None:
        self.program, self.cuts, self.gap = program, cuts, gap
        self.columns = first_columns(program.members, program.domain)
        self.own_rows = len(program.limits.names)
        self.spend: Floats | None = None
        self.value, self.closed = -np.inf, -np.inf
        self.nodes, self.rounds, self.work = 0, 0, 0
        self.is_open = False  # whether the last domain without a mix may have one after all
        self.heap: list[tuple[float, int, _Node]] = []

    @property
    def limits(self) -> Limits:
        """All rows, cuts among them."""
        return self.program.limits

    @property
    def is_tired(self) -> bool:
        """Whether the work has come to its limit: counted, so that the same problem has the same answer everywhere."""
        return self.work > _WORK_MAX

    def is_close(self, top: float) -> bool:
        """Whether the best split is within the tolerance of a bound."""
        return self.spend is not None and top - self.value <= self.gap * abs(self.value)

    def solve(self, domain: Domain) -> _Solved | None:
        """The best mix within a domain and its bound; None where no mix keeps all rows."""
        self.nodes += 1
        self.is_open, is_fine, top, best = False, False, np.inf, None
        left_over = propagated(domain, self.program.limits)
        if left_over is None:
            return None
        domain = left_over
        for _ in range(ROUNDS_MAX):
            self.rounds += 1
            program = narrowed(self.program, domain)
            columns = self.within(domain)
            self.work += 1_000 + len(columns.unit) * (1 + len(program.weighing.base) // 10)
            try:
                mix = best_mix(program, columns)
            except NoAnswer:
                self.is_open = True
                break
            if mix is None:
                before = len(self.columns.unit)
                if not self.revived(domain):
                    best = None  # cuts that were added since leave no mix
                    break
                if len(self.columns.unit) > before:
                    continue
                self.is_open = True  # one program says that there is none, the other that there is
                break
            is_cut = self.cut(mix)
            least = self.gap * min(max(abs(mix.value), _FINEST * program.response_size), program.response_size)
            left = least if is_fine else min(max(top - max(self.value, mix.value), least), program.response_size)
            close = _FINE * left / len(program.linear)
            held, found = bound(program, mix.weights, mix.prices, close)
            top = min(top, held)
            best = _Solved(mix, top, losses(program, columns, mix), program.limits, domain)
            self.offer(program, mix.spend)
            is_mixed = top - mix.value <= 0.1 * self.gap * max(abs(mix.value), _FINEST * program.response_size)
            if self.is_close(top) or (is_mixed and not is_cut):
                break
            before = len(self.columns.unit)
            self.add(found.spend)
            self.add(mix.spend)
            if len(self.columns.unit) == before and not is_cut:
                if is_fine:
                    break
                is_fine = True  # peaks were not worked out well enough to tell a better column
        else:
            self.is_open = best is None
        return best

    def held(self, node: _Node, domain: Domain) -> float:
        """What a part of a node holds at most, at the prices of the whole."""
        found = node.found
        program = replace(self.program, limits=found.limits, domain=domain)
        close = _FINE * self.gap * max(abs(found.bound), _FINEST * program.response_size) / len(program.linear)
        return bound(program, found.mix.weights, found.mix.prices, close)[0]

    def within(self, domain: Domain) -> Columns:
        """The columns of a domain; its ends are made where they are not known."""
        count = len(domain.lower)
        self.columns = with_columns(
            self.program.members, self.columns, np.tile(np.arange(count), 2),
            np.concatenate([domain.lower, domain.upper]), self.program.domain.upper,
        )  # fmt: skip
        rows = self.columns.of_domain(domain)
        found = Columns(self.columns.unit[rows], self.columns.spend[rows], self.columns.response[:, rows])
        # An end that is alike to a known column may lie just within it, and the column outside: without its very ends a
        # domain would seem to hold less than it does.
        ends, spends = [], []
        for end in (domain.lower, domain.upper, np.where(domain.gated, 0.0, domain.lower)):
            have = np.zeros(count, dtype=bool)
            have[found.unit[found.spend == end[found.unit]]] = True
            ends.append(np.flatnonzero(~have))
            spends.append(end[ends[-1]])
        if not any(map(len, ends)):
            return found
        unit, spend = np.unique(np.stack([np.concatenate(ends), np.concatenate(spends)]), axis=1)
        more = columns_of(self.program.members, unit.astype(np.int64), spend)
        return Columns(
            np.append(found.unit, more.unit), np.append(found.spend, more.spend),
            np.concatenate([found.response, more.response], axis=1),
        )  # fmt: skip

    def add(self, spend: Floats) -> None:
        """A column of each unit at these spends."""
        units = np.arange(len(spend))
        self.columns = with_columns(self.program.members, self.columns, units, spend, self.program.domain.upper)

    def cut(self, mix: Mix) -> bool:
        """Add the cut that a mix breaks, and some on its way from a split that keeps the limit; cuts without a price
        are dropped, but for the latest."""
        spend = mix.spend
        if self.cuts is None or self.cuts.excess(spend) <= _INSIDE:
            return False
        if self.spend is None:
            self.offer(self.program, self.cuts.fairest(spend, self.program.domain))
        outside = [spend]
        if self.spend is not None:
            inner, outer = 0.0, 1.0
            for _ in range(50):
                middle = (inner + outer) / 2
                is_in = self.cuts.excess(self.spend + middle * (spend - self.spend)) <= _INSIDE
                inner, outer = (middle, outer) if is_in else (inner, middle)
            start, way = self.spend, spend - self.spend
            outside += [start + part * way for part in (inner + each * (1 - inner) for each in _CUT_PLACES)]
            self.offer(self.program, start + inner * way)
        idle = np.flatnonzero(mix.prices[: len(self.limits.names)] == 0)
        idle = idle[(idle >= self.own_rows) & (idle < len(self.limits.names) - _CUTS_KEPT)]
        if len(idle):
            self.program = replace(self.program, limits=self.limits.without(idle))
        for each in outside:
            if self.cuts.excess(each) > 0:
                self.program = replace(self.program, limits=joined(self.limits, self.cuts.cut(each)))
        return True

    def offer(self, program: Program, spend: Floats) -> None:
        """Take a split where it keeps everything and is better."""
        domain = program.domain
        if bool((domain.gated & (spend > 0) & (spend < domain.lower)).any()):
            return
        if self.cuts is not None and self.cuts.excess(spend) > _INSIDE:
            return
        if not keeps(program, spend):
            return
        value = program.value(spend)
        if value > self.value:
            self.spend, self.value = spend, value

    def keep(self, found: _Solved, above: float) -> None:
        """Keep a node for splitting where it may hold a better split, else note what it held at most."""
        top, domain = min(found.bound, above), found.domain
        unit = int(np.argmax(found.loss))
        at = float(found.mix.spend[unit])
        is_split = domain.gated[unit] or domain.lower[unit] < at < domain.upper[unit]
        if self.is_close(top) or found.loss[unit] <= 0 or not is_split:
            self.closed = max(self.closed, top)
            return
        heapq.heappush(self.heap, (-top, self.nodes, _Node(domain, unit, at, found)))

    def dive(self, domain: Domain, mix: Mix) -> None:
        """Put every unit that lies between two spends to one of them, solve again, and so on: first each to the side
        on which more of its mix lies, then all to the lower side."""
        for is_low in (False, True):
            within, at = domain, mix
            for _ in range(_DIVES_MAX):
                columns = self.within(within)
                if len(columns.unit) != len(at.part):
                    found = self.solve(within)
                    self.nodes -= 1
                    if found is None:
                        break
                    within, at = found.domain, found.mix
                    columns = self.within(within)
                    if len(columns.unit) != len(at.part):
                        break
                loss = losses(narrowed(self.program, within), columns, at)
                if not bool((loss > 0).any()):
                    break
                within = settled(within, columns, at, loss, is_low)
                found = self.solve(within)
                self.nodes -= 1
                if found is None or found.bound <= self.value or self.is_tired:
                    break
                within, at = found.domain, found.mix

    def revived(self, domain: Domain) -> bool:
        """Columns with which some mix keeps all rows, of a domain where those known do not; whether there are any."""
        missed, is_proved = self.why_none(domain)
        self.is_open = missed is not None and not is_proved
        return missed is None and not self.is_open

    def why_none(self, domain: Domain) -> tuple[Floats | None, bool]:
        """What `missed` says; nothing, and no proof, where the solver ends without an answer."""
        try:
            return self.missed(domain)
        except NoAnswer:
            self.is_open = True
            return None, False

    def missed(self, domain: Domain) -> tuple[Floats | None, bool]:
        """By how much the rows are missed at least (None: they can be kept), and whether that is proved."""
        missed = None
        for _ in range(ROUNDS_MAX):
            program = narrowed(self.program, domain)
            mix = best_mix(program, self.within(domain), is_search=True)
            if mix is None:
                return missed, False
            if -mix.value <= CLOSE * program.response_size:
                return None, False
            missed = mix.missed
            held, found = bound(program, mix.weights, mix.prices, 1e-9 * program.response_size, is_search=True)
            if held < -0.5 * CLOSE * program.response_size and held - mix.value <= 1e-6 * abs(mix.value):
                return missed, True
            before = len(self.columns.unit)
            self.add(found.spend)
            if len(self.columns.unit) == before:
                return missed, held < -0.5 * CLOSE * program.response_size
        return missed, False
