"""The register: every kind of payout that a program can name, one line each.

A kind is one file: a frozen model of its config, and twins. `compute` takes whole columns; `explain` takes one row,
works in fractions and words, calls no helper of `compute` and never reads the column that it explains.
"""

from __future__ import annotations

from rules.kinds.base import PayoutKind
from rules.kinds.card import Card
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
