"""Rows that a schedule of tiers pays, for the tests of tiers: both twins have to agree on each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Any

from kinds_data import Inputs

from rules.kinds.base import Terms
from rules.kinds.tiers import Tiers
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

EUR = Terms(currency("EUR"))
RUNNING: dict[str, Any] = {"accumulate": "fiscal_year", "order": ["deals.closed_on"]}


def steps(*ends_and_values: tuple[str | None, str], pays: str = "rate", at: str = "to") -> list[dict[str, str]]:
    """Steps in short: (end or None, value)."""
    return [{pays: value} if end is None else {at: end, pays: value} for end, value in ends_and_values]


def tiers(config: dict[str, Any]) -> Tiers:
    return Tiers.model_validate(config)


def due(config: dict[str, Any], terms: Terms = EUR, /, **columns: Sequence[Any]) -> list[Fraction]:
    """What rows are due, in major units, once both twins agree; inputs are in major units where they are money."""
    kind = tiers(config)
    inputs = Inputs({name: Exact.of(values) for name, values in columns.items()})
    rows = len(next(iter(columns.values())))
    found = kind.compute(inputs, rows, terms)
    explained = [kind.explain(inputs, row, terms).value for row in range(rows)]
    assert explained == found.fractions()
    return [each / 100 for each in explained]


def paid(config: dict[str, Any], bases: Sequence[Any], scale: int = 100) -> list[Fraction]:
    """What bases are due one after the other, the running total before each worked out here."""
    values = [Fraction(str(base)) * scale for base in bases]
    before = [Fraction(0), *accumulate(values)][: len(values)]
    columns = {"base": values} | ({"before": before} if "accumulate" in config else {})
    return due(config, **columns)
