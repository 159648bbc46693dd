"""An example of a pool: how it is shared among three partners that are made up, who were there all the time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from engine.reports.examples import made_up_pool
from engine.values.paper import Example
from rules.expressions.tree import Type
from rules.kinds.base import ShareKind
from rules.pools.meaning import PoolMeaning
from rules.problem import Refused
from rules.quantities.apportion import apportion
from rules.quantities.exact import Exact
from rules.sharing.base import Pot
from rules.sharing.bounded import bounded
from rules.sharing.bounds import bound_faults
from rules.sharing.whole import whole_awards

_SIZE = 100_000  # of a pool whose size rests on facts, in major units
_KEYS = ("A", "B", "C")


def pool_example(pool: PoolMeaning) -> Example | None:
    """Three partners, the first of whom has most of what is measured; None where made-up values cannot be shared."""
    if pool.reads is not None:
        return None  # what it would rest on are rows of a table, which the document does not show
    size = pool.size.amount_minor
    if size is None:
        size = _SIZE * pool.terms.minor_per_major
    parts = [Fraction(part) for part in (3, 2, 1)]
    values: dict[str, list[Fraction]] = {
        name: [Fraction(int(part) * size // 8) for part in parts] if type_ is Type.MONEY else parts
        for name, (_, type_) in pool.inputs.items()
    }
    try:
        weights = _weights(pool, Fraction(size), {name: Exact.of(each) for name, each in values.items()})
        keys, terms, residue = np.array(_KEYS, dtype=object), pool.terms, pool.spec.residue
        if pool.spec.bounds is not None or not isinstance(pool.kind, ShareKind):
            shares = whole_awards(weights, keys, residue, terms)
        else:
            shares = apportion(size, weights.scaled()[0], keys, residue, terms.step_minor, terms.rounding).shares
    except Refused:
        return None
    return made_up_pool(pool, size, _KEYS, values, weights.fractions(), shares.tolist())


def _weights(pool: PoolMeaning, size: Fraction, columns: dict[str, Exact]) -> Exact:
    """What each weighs, or is awarded."""
    rows = len(_KEYS)
    if not isinstance(pool.kind, ShareKind):
        return pool.kind.award(columns, Pot(size, pool.terms, np.array(_KEYS, dtype=object))).exact
    weights = pool.kind.compute(columns, rows)
    if pool.spec.bounds is None:
        return weights
    floors, caps = pool.spec.bounds.in_steps(columns, rows, size, pool.terms)
    if bound_faults(weights, size, floors, caps, pool.spec.bounds, pool.terms):
        raise Refused()
    return bounded(weights, size, floors, caps, pool.spec.bounds, pool.terms).awards
