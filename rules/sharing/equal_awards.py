"""Constrained equal awards: everybody gets the same, but nobody more than the claim."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rules.kinds.base import Columns, Terms, Words
from rules.quantities.exact import Exact, Integers
from rules.sharing.base import ClaimsKind, Step, Told, common
from rules.sharing.level import find_level
from rules.sharing.rounds import equal_rounds


class EqualAwards(ClaimsKind):
    """Pays everybody the same amount, but nobody more than the claim: constrained equal awards.

    Small claims are paid in full, large ones bear what is missing. (Maimonides; Thomson, Axiomatic and game-theoretic
    analysis of bankruptcy and taxation problems: a survey, Mathematical Social Sciences 45, 2003.)
    """

    def in_words(self, terms: Terms) -> Words:
        return Words(f"the same amount to everybody, but to nobody more than the claim ({self.of.text})")

    def share(self, claims: Integers, size: Fraction) -> Exact:
        return find_level(np.ones(len(claims), dtype=np.int64), size, caps=claims).awards

    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        claims = common(columns["of"])
        claim = claims.fraction(row)
        assert claim is not None, "a member without a claim takes no part"
        wholes, below = claims.scaled()
        wholes = wholes[claims.is_known()]
        own = int(np.flatnonzero(claims.is_known()).searchsorted(row))
        value, steps = Fraction(0), []
        for at, each in enumerate(equal_rounds(wholes, own, min(size * below, Fraction(sum(wholes.tolist())))), 1):
            open_, taken = each.open / below, each.taken / below
            value += taken
            words = f"an equal part of {terms.money(each.part / below)} for {each.members}; "
            words += f"still to claim {terms.money(open_)}"
            steps.append(Step(f"round {at}", open_, taken, open_ - taken, words))
        return Told(value, f"equal parts up to the claim of {terms.money(claim)}: {terms.money(value)}", tuple(steps))
