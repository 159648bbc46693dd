"""Made-up inputs of a payout rule: values on both sides of everything that its kind turns at.

In: a rule. Out: rows of inputs for an example on paper, chosen by the rule itself; the same rule gives the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product

from rules.expressions.tree import Type
from rules.kinds.base import TERM
from rules.payouts.meaning import PayoutMeaning
from rules.quantities.exact import Exact

_MAJOR = 1_000  # of the currency, for a base of money that turns nowhere
_UNITS = 10
_ODD = Fraction(123_457, 100_000)  # of a base, so that an example shows its rounding
_QUOTA = 100_000
_NEUTRAL = {"times": Fraction(1), "plus": Fraction(0), "before": Fraction(0)}
_RANKED = 4
_ROWS_MAX = 12
Values = Mapping[str, Fraction | None]


def sample_rows(payout: PayoutMeaning) -> Sequence[Values]:
    """The inputs of a few rows, in the units of each."""
    kind = payout.kind
    fixed, flags = fixed_inputs(payout), [name for name, (_, type_) in payout.inputs.items() if type_ is Type.FLAG]
    if flags:  # a card: one row for each entry, and one for what is paid otherwise
        rows: list[Values] = [fixed | {flag: Fraction(int(flag == on)) for flag in flags} for on in flags]
        otherwise = getattr(kind, "otherwise", None)
        return rows[:_ROWS_MAX] + ([fixed | dict.fromkeys(flags, Fraction(0))] if otherwise is not None else [])
    if kind.rounds_together == "frame":  # a contest: the first beats the second, and so on
        return [fixed | {"base": value} for value in _ranked(payout)]
    edges_of = turns(payout, fixed)
    turning = {name: _around(edges, len(edges_of) == 1) for name, edges in edges_of.items()}
    base = fixed.get("base")
    if not turning and base is not None:
        turning = {"base": [base, base * _ODD]}
    names = list(turning)
    return [fixed | dict(zip(names, row, strict=True)) for row in product(*turning.values())][:_ROWS_MAX]


def fixed_inputs(payout: PayoutMeaning) -> dict[str, Fraction | None]:
    """A plain value for each input of a rule: 1 for a factor, nothing before, 1,000 of the currency for a base."""
    found: dict[str, Fraction | None] = {}
    for name, (_, type_) in payout.inputs.items():
        is_money = type_ is Type.MONEY
        value = Fraction(_QUOTA) if name == "quota" else _NEUTRAL.get(name, Fraction(1))
        found[name] = value * (payout.terms.minor_per_major if is_money else 1)
    if payout.base is not None:
        is_money = payout.base_type is Type.MONEY
        found["base"] = Fraction(_MAJOR * payout.terms.minor_per_major if is_money else _UNITS)
    if payout.running is not None:
        found["before"] = Fraction(0)
    if payout.kind.agreed is not None:
        found[TERM] = None
    return found


def turns(payout: PayoutMeaning, fixed: Values) -> dict[str, tuple[Fraction, ...]]:
    """Where a rule turns, by input, in its units: parts of a quota as the quota that is fixed makes them."""
    quota = fixed.get("quota")
    found = payout.kind.turns(payout.terms)
    return {name: tuple(edge * quota if quota else edge for edge in edges) for name, edges in found.items() if edges}


def columns_of(rows: Sequence[Values]) -> dict[str, Exact]:
    """Rows of inputs as columns."""
    return {name: Exact.of([row[name] for row in rows]) for name in rows[0]}


def _around(edges: Sequence[Fraction], with_edges: bool) -> list[Fraction]:
    """A value in each tier, and each edge itself where it is wanted."""
    first, last = edges[0], edges[-1]
    inside = [_plain(first / 2) if first > 0 else first - 1]
    inside += [_plain((low + high) / 2) for low, high in pairwise(edges)]
    inside.append(_plain(last * Fraction(3, 2)) if last > 0 else last + 1)
    return sorted([*inside, *(edges if with_edges else ())])


def _plain(value: Fraction) -> Fraction:
    """Whole where it is large enough not to matter."""
    return Fraction(value.numerator // value.denominator) if abs(value) >= 10 else value


def _ranked(payout: PayoutMeaning) -> list[Fraction]:
    """Bases for a contest, the best first for most; all of them take part."""
    least = getattr(payout.kind, "at_least", None)
    floor = Fraction(0) if least is None else payout.terms.measured(least)
    one = Fraction(_MAJOR * payout.terms.minor_per_major if payout.base_type is Type.MONEY else 1)
    return [floor + one * place for place in range(_RANKED, 0, -1)]
