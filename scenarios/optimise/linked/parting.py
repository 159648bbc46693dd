"""The parts of a wide problem's search: where units' first columns stand, which units lie between two spends, and the
domains that put them to either side.

In: a program, its columns and a mix of them. Out: columns, losses and domains, which hold on their own.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from scenarios.curves.floats import Floats
from scenarios.optimise.linked.blend import Domain, Members
from scenarios.optimise.linked.columns import Columns, Mix, Program, columns_of

CLOSE = 1e-9  # of a row's size: by how much a response may miss its row
_START_PLACES = (0.0, 0.02, 0.06, 0.12, 0.2, 0.3, 0.45, 0.65, 1.0)


def first_columns(members: Members, domain: Domain) -> Columns:
    """Some spends of each unit over its domain, nothing where it is allowed, and its knots."""
    units, spends = [], []
    for unit, (low, high) in enumerate(zip(domain.lower.tolist(), domain.upper.tolist(), strict=True)):
        knots = members.knots[unit]
        places = [low + part * (high - low) for part in _START_PLACES] + knots[(knots > low) & (knots < high)].tolist()
        places += [0.0] if domain.gated[unit] else []
        found = sorted({*places, low, high})
        units += [unit] * len(found)
        spends += found
    return columns_of(members, np.array(units), np.clip(np.array(spends), 0, domain.upper[units]))


def losses(program: Program, columns: Columns, mix: Mix) -> Floats:
    """What each unit's mix brings more than its mean spend does in draws where it does, at their weights (those without
    weight count a little, since they may be worst at the mean spend); zero where that is rounding, and at least
    something where the mean spend is barred."""
    domain, draws = program.domain, len(mix.weights)
    pick = csr_array(
        (mix.part, (columns.unit, np.arange(len(columns.unit)))), shape=(len(mix.spend), len(columns.unit))
    )
    mixed = (pick @ columns.response.T).T
    loss = (mix.weights + 0.01 / draws) @ np.maximum(mixed - program.members.responses(mix.spend), 0)
    barred = domain.gated & (mix.spend > 0) & (mix.spend < domain.lower)
    size = max(float(np.abs(mixed).max(initial=0.0)), 1e-12 * program.response_size)
    return np.where(barred, np.maximum(loss, np.finfo(np.float64).tiny), np.where(loss > 1e-10 * size, loss, 0.0))


def keeps(program: Program, spend: Floats) -> bool:
    """Whether a split keeps the rows, up to the solver's rounding."""
    limits, response = program.limits, program.members.responses(spend).mean(axis=0)
    has_response = bool(np.any(limits.response.data))
    total = limits.spend @ spend + (limits.response @ response if has_response else 0.0)
    size = abs(limits.spend) @ np.abs(spend) + (abs(limits.response) @ np.abs(response) if has_response else 0.0)
    slack = CLOSE * (size + 1e-3 * program.spend_size * np.asarray(abs(limits.spend).max(axis=1).todense()).ravel())
    return bool(((total <= limits.most + slack) & (total >= limits.least - slack)).all())


def settled(domain: Domain, columns: Columns, mix: Mix, loss: Floats, is_low: bool) -> Domain:
    """The domain in which units that lie between two spends are on one side of them, and others that may get nothing
    either do or do not."""
    lower, upper, gated = domain.lower.copy(), domain.upper.copy(), domain.gated.copy()
    for unit in np.flatnonzero((loss > 0) | domain.gated).tolist():
        at = float(mix.spend[unit])
        mine = (columns.unit == unit) & (mix.part > 1e-9)
        below, above = mine & (columns.spend <= at), mine & (columns.spend > at)
        is_below = is_low or float(mix.part[below].sum()) >= float(mix.part[above].sum())
        if gated[unit]:
            is_off = at == 0 or (at < lower[unit] and is_below)
            gated[unit] = False
            if is_off:
                lower[unit] = upper[unit] = 0.0
                continue
        if loss[unit] > 0 and above.any() and below.any():
            if is_below:
                upper[unit] = max(lower[unit], float(columns.spend[below].max()))
            else:
                lower[unit] = max(lower[unit], float(columns.spend[above].min()))
    return Domain(lower, upper, gated)


def halves(domain: Domain, unit: int, at: float) -> tuple[Domain, Domain]:
    """Both halves of a domain at a unit's spend; of one that may get nothing, nothing and the rest."""

    def half(lower: float, upper: float) -> Domain:
        ends: list[Floats] = []
        for values, value in ((domain.lower, lower), (domain.upper, upper)):
            copy = values.copy()
            copy[unit] = value
            ends.append(copy)
        gated = domain.gated.copy()
        gated[unit] = False
        return Domain(ends[0], ends[1], gated)

    low, high = float(domain.lower[unit]), float(domain.upper[unit])
    if domain.gated[unit]:
        return half(0.0, 0.0), half(low, high)
    return half(low, at), half(at, high)
