"""What a balance means: its kind, what it reads of each partner, and the components that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.balances.base import BalanceKind
from rules.expressions.tree import Expression, Type
from rules.kinds.base import Terms
from rules.problem import Place

OPENING, CLOSING = "opening", "closing"
DUE_NOW, DUE_LATER = "falls_due", "falls_due_later"  # of the opening that was loaded
OWN_NAMES = frozenset({OPENING, CLOSING, DUE_NOW, DUE_LATER, "due"})


@dataclass(frozen=True, slots=True)
class BalanceMeaning:
    """A balance; `of` are the components whose sum is its base."""

    name: str
    title: str
    kind: BalanceKind
    inputs: Mapping[str, tuple[Expression, Type]]
    of: tuple[str, ...]
    terms: Terms
    place: Place
