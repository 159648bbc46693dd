"""The registers: every kind of payout and of pool share that a program can name, one line each.

A kind is one file: a frozen model of its config, and twins. `compute` takes whole columns; `explain` takes one row,
works in fractions and words, calls no helper of `compute` and never reads the column that it explains.
"""

from __future__ import annotations

from rules.kinds.base import PayoutKind, ShareKind
from rules.kinds.by import By
from rules.kinds.by_rank import ByRank
from rules.kinds.card import Card
from rules.kinds.equally import Equally
from rules.kinds.flat import Flat
from rules.kinds.matrix import Matrix
from rules.kinds.per_unit import PerUnit
from rules.kinds.prizes import Prizes
from rules.kinds.rate import Rate
from rules.kinds.tiers import Tiers

PAYOUTS: dict[str, type[PayoutKind]] = {
    "amount": Flat,
    "rate": Rate,
    "per_unit": PerUnit,
    "tiers": Tiers,
    "matrix": Matrix,
    "card": Card,
    "prizes": Prizes,
}

SHARES: dict[str, type[ShareKind]] = {
    "equally": Equally,
    "by": By,
    "by_rank": ByRank,
}
