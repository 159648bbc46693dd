"""The master program of a wide problem: a linear program over columns, each a unit at a spend with its responses.

In: a program, and columns. Out: the mix of columns that is worth most, and the prices of its rows; or without a mix
that keeps all rows, the least they are missed by. Dantzig and Wolfe (1960) for the units, Kelley (1960) for the draws.
The prices are only ever used through `bound`, which holds whatever they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.program import silence
from scenarios.optimise.linked.blend import Domain, Members, Peaks, peaks
from scenarios.optimise.linked.risk import Weighing
from scenarios.optimise.linked.sides import Limits

_TOLERANCE = 1e-10
_ALIKE = 1e-11  # of a unit's largest spend: columns nearer than this are one
_NO_MIX = 2  # SciPy's word for a program without a solution
SECONDS_MAX = 60.0
_FULL_ROWS, _MANY = 8, 4  # full rows, and columns of each unit, from which units' mean spends are variables


class NoAnswer(Exception):
    """The solver ended without a solution and without a proof that there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What is maximised: the weighing of the draws' responses plus `linear` times spends, within limits and a domain.

    `spend_size` and `response_size` are what spends and responses are near, so that the solver's numbers are near one.
    """

    members: Members
    domain: Domain
    limits: Limits
    linear: Floats
    weighing: Weighing
    spend_size: float
    response_size: float

    def value(self, spend: Floats) -> float:
        """What a split is worth."""
        response = self.members.responses(spend)
        return self.weighing.value(response.sum(axis=1)) + float(self.linear @ spend)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Units at spends, (columns,), and the responses there, (draws, columns)."""

    unit: Rows
    spend: Floats
    response: Floats

    def of_domain(self, domain: Domain) -> Rows:
        """The places of columns within a domain."""
        low, high = domain.lower[self.unit], domain.upper[self.unit]
        is_off = domain.gated[self.unit] & (self.spend == 0)
        return np.flatnonzero(is_off | ((self.spend >= low) & (self.spend <= high)))


def columns_of(members: Members, unit: Rows, spend: Floats) -> Columns:
    """Columns of units at spends."""
    return Columns(unit, spend, members.by_draw(members.value(unit, spend)))


def with_columns(members: Members, known: Columns, unit: Rows, spend: Floats, upper: Floats) -> Columns:
    """More columns, those alike to known ones left out."""
    size = np.maximum(upper, 1e-300)
    tick = np.round(np.append(known.spend, spend) / size[np.append(known.unit, unit)] / _ALIKE)
    # What lies exactly at zero is another column than what is near it: a unit that may get nothing needs both.
    tick = np.where(np.append(known.spend, spend) == 0, -1, tick)
    key = np.stack([np.append(known.unit, unit).astype(np.float64), tick], axis=1)
    _, first = np.unique(key, axis=0, return_index=True)
    fresh = np.sort(first[first >= len(known.unit)]) - len(known.unit)
    if not len(fresh):
        return known
    more = columns_of(members, unit[fresh], spend[fresh])
    return Columns(
        np.append(known.unit, more.unit),
        np.append(known.spend, more.spend),
        np.concatenate([known.response, more.response], axis=1),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """A mix of columns: their mean spend (units,), what the rows make of it, the prices of draws (draws,) and of rows
    (rows,), and by how much each row is missed, (rows,), below zero where it is below its least."""

    part: Floats
    spend: Floats
    value: float
    weights: Floats
    prices: Floats
    missed: Floats


def best_mix(program: Program, columns: Columns, is_search: bool = False) -> Mix | None:
    """The best mix; with `is_search` the one that misses its rows least, whatever it is worth. None where no mix keeps
    all rows; raises NoAnswer where the solver ends without a word on it."""
    matrix = _Matrix.of(program, columns, is_search)
    with silence():
        found = linprog(
            matrix.cost,
            A_ub=matrix.above,
            b_ub=matrix.most,
            A_eq=matrix.equal,
            b_eq=matrix.target,
            bounds=matrix.bounds,
            method="highs",
            options={
                "primal_feasibility_tolerance": _TOLERANCE,
                "dual_feasibility_tolerance": _TOLERANCE,
                "time_limit": SECONDS_MAX,
            },
        )
    if found.status == _NO_MIX:
        return None
    if found.x is None or found.status != 0 or found.ineqlin.marginals is None:
        raise NoAnswer(str(found.message))
    return matrix.read(program, columns, found)


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    """The linear program in the solver's form: columns, then (unless the mean counts) the level and each draw's
    shortfall from it, then in a search for any mix what each row is missed by."""

    cost: Floats
    above: csr_array
    most: Floats
    equal: csr_array
    target: Floats
    bounds: list[tuple[float, float | None]]
    scale: Floats  # of each limit
    capped: Rows
    floored: Rows
    fixed: Rows
    draws: int
    owned: int  # variables of units' mean spends, at the end

    @classmethod
    def of(cls, program: Program, columns: Columns, is_search: bool) -> _Matrix:
        limits, weigh = program.limits, program.weighing
        count, units = len(columns.unit), len(program.linear)
        pick = csr_array((np.ones(count), (columns.unit, np.arange(count))), shape=(units, count))
        mean = columns.response.mean(axis=0)
        scale = _scales(program)
        rows = limits.response @ (pick * mean[None, :])
        # Many full rows over spends are rows over each unit's mean spend, a variable of its own: fewer numbers.
        owned = units if limits.spend.nnz > _FULL_ROWS * units and count > _MANY * units else 0
        of_unit = csr_array(limits.spend * (program.spend_size / scale[:, None]))[:, :owned]
        meant = csr_array(pick * (columns.spend / program.spend_size)[None, :])[:owned]
        rows = csr_array((rows if owned else rows + limits.spend @ (pick * columns.spend[None, :])) / scale[:, None])
        is_fixed = (limits.least == limits.most) & np.isfinite(limits.most)
        fixed = np.flatnonzero(is_fixed)
        capped = np.flatnonzero(np.isfinite(limits.most) & ~is_fixed)
        floored = np.flatnonzero(np.isfinite(limits.least) & ~is_fixed)
        draws = 0 if weigh.is_mean or is_search else len(weigh.base)
        size = program.response_size
        worth = program.linear[columns.unit] * columns.spend / size
        if draws == 0:
            worth = worth + mean / size
        cost = np.zeros(count) if is_search else -worth
        slacks = 2 * len(limits.names) if is_search else 0
        parts = [rows[capped], -rows[floored]]
        above = vstack([csr_array(part) for part in parts])
        most = np.concatenate([limits.most[capped] / scale[capped], -limits.least[floored] / scale[floored]])
        equal, target = vstack([pick, rows[fixed]]), np.append(np.ones(units), limits.most[fixed] / scale[fixed])
        bounds: list[tuple[float, float | None]] = [(0, None)] * count
        if draws:
            level = np.concatenate([np.ones((draws, 1)), -np.eye(draws)], axis=1)
            shortfall = hstack([csr_array(-columns.response / size), csr_array(level)])
            above = vstack([hstack([above, csr_array((above.shape[0], draws + 1))]), shortfall])
            most = np.append(most, -weigh.base / size)
            equal = hstack([equal, csr_array((equal.shape[0], draws + 1))])
            cost = np.concatenate([cost, [-1.0], np.full(draws, weigh.most)])
            bounds += [(-np.inf, None)] + [(0, None)] * draws
        if slacks:
            up, down = _slacks(len(limits.names), capped, floored, fixed, units)
            above, equal = hstack([above, up]), hstack([equal, down])
            cost = np.append(cost, np.tile(scale / scale.max(), 2))
            bounds += [(0, None)] * slacks
        before = len(bounds)
        own = hstack([meant, csr_array((owned, before - count)), csr_array(-np.eye(owned))])
        above = hstack([above, _padded(vstack([of_unit[capped], -of_unit[floored]]), above.shape[0])])
        equal = hstack([equal, vstack([csr_array((units, owned)), of_unit[fixed]])])
        above, equal = csr_array(above), csr_array(vstack([equal, own]))
        target, cost = np.append(target, np.zeros(owned)), np.append(cost, np.zeros(owned))
        bounds += [(0, None)] * owned
        return cls(cost, above, most, equal, target, bounds, scale, capped, floored, fixed, draws, owned)

    def read(self, program: Program, columns: Columns, found: Any) -> Mix:
        """The mix that the solver found, in the units of spend and response."""
        x, size = np.asarray(found.x), program.response_size
        above, equal = (np.asarray(getattr(found, name).marginals) for name in ("ineqlin", "eqlin"))
        units, rows, count = len(program.linear), len(self.scale), len(columns.unit)
        part = np.clip(x[:count], 0, None)
        part = part / np.bincount(columns.unit, part, units)[columns.unit]
        spend = np.asarray(np.bincount(columns.unit, part * columns.spend, units), dtype=np.float64)
        spend = np.clip(spend, *_hull(program.domain))
        prices = np.zeros(rows)
        np.add.at(prices, self.capped, -above[: len(self.capped)])
        np.add.at(prices, self.floored, above[len(self.capped) : len(self.capped) + len(self.floored)])
        np.add.at(prices, self.fixed, -equal[units : units + len(self.fixed)])
        draws = len(program.weighing.base)
        weights = -above[-self.draws :] if self.draws else np.full(draws, 1 / draws)
        missed = np.zeros(rows)
        own = len(x) - self.owned
        if own > count + (self.draws + 1 if self.draws else 0):
            slack = x[count:own].reshape(2, rows)
            missed = (slack[0] - slack[1]) * self.scale
        return Mix(
            part, spend, -float(found.fun) * size, program.weighing.allowed(weights),
            prices * size / self.scale, missed,
        )  # fmt: skip


def _padded(rows: csr_array, height: int) -> csr_array:
    """Rows with empty ones below."""
    return csr_array(vstack([rows, csr_array((height - rows.shape[0], rows.shape[1]))]))


def _slacks(rows: int, capped: Rows, floored: Rows, fixed: Rows, units: int) -> tuple[csr_array, csr_array]:
    """What each row may miss upwards and downwards, in the rows above and in those that are equal."""
    above = np.zeros((len(capped) + len(floored), 2 * rows))
    above[np.arange(len(capped)), capped] = -1
    above[len(capped) + np.arange(len(floored)), rows + floored] = -1
    equal = np.zeros((units + len(fixed), 2 * rows))
    equal[units + np.arange(len(fixed)), fixed] = -1
    equal[units + np.arange(len(fixed)), rows + fixed] = 1
    return csr_array(above), csr_array(equal)


def _scales(program: Program) -> Floats:
    """The size of each row."""
    limits = program.limits
    spend = np.asarray(abs(limits.spend).max(axis=1).todense()).ravel() * program.spend_size
    response = np.asarray(abs(limits.response).max(axis=1).todense()).ravel() * program.response_size
    found = np.maximum(spend, response)
    return np.where(found > 0, found, 1.0)


def _hull(domain: Domain) -> tuple[Floats, Floats]:
    return np.where(domain.gated, 0.0, domain.lower), domain.upper


def bound(
    program: Program, weights: Floats, prices: Floats, close: float, is_search: bool = False
) -> tuple[float, Peaks]:
    """What no split within the domain is worth more than, by Lagrange at these weights of draws and prices of rows;
    and the units' peaks, which are the columns that the mix lacks most."""
    limits = program.limits
    price = np.where(prices > 0, np.where(np.isfinite(limits.most), prices, 0.0), prices)
    price = np.where(price < 0, np.where(np.isfinite(limits.least), price, 0.0), price)
    asked = limits.spend.T @ price - (0.0 if is_search else program.linear)
    extra = -(limits.response.T @ price)
    draw = np.zeros_like(weights) if is_search else weights
    found = peaks(program.members, program.members.weights(draw, extra), asked, program.domain, close)
    ends = np.where(price > 0, limits.most, np.where(price < 0, limits.least, 0.0))
    held = np.where(price != 0, price * ends, 0.0)
    base = 0.0 if is_search else float(weights @ program.weighing.base)
    size = float(np.abs(found.bound).sum() + np.abs(held).sum() + abs(base))
    return float(found.bound.sum() + held.sum()) - base + 1e-15 * size, found


def narrowed(program: Program, domain: Domain) -> Program:
    """The same program within another domain."""
    return replace(program, domain=domain)
