"""Constrained equal losses: everybody gives up the same, but nobody more than the claim."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rules.kinds.base import Columns, Terms, Words
from rules.quantities.exact import Exact, Integers, total
from rules.sharing.base import ClaimsKind, Step, Told, common
from rules.sharing.level import find_level
from rules.sharing.rounds import equal_rounds


class EqualLosses(ClaimsKind):
    """Takes the same amount off every claim, but from nobody more than the claim: constrained equal losses.

    Large claims are served first; the smallest may get nothing. (Maimonides; Thomson 2003, as for equal awards.)
    """

    def in_words(self, terms: Terms) -> Words:
        return Words(f"the claims ({self.of.text}) less the same loss for everybody, but for nobody below nothing")

    def share(self, claims: Integers, size: Fraction) -> Exact:
        losses = find_level(np.ones(len(claims), dtype=np.int64), total(claims) - size, caps=claims).awards
        return Exact(claims) - losses

    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        claims = common(columns["of"])
        claim = claims.fraction(row)
        assert claim is not None, "a member without a claim takes no part"
        wholes, below = claims.scaled()
        wholes = wholes[claims.is_known()]
        own = int(np.flatnonzero(claims.is_known()).searchsorted(row))
        missing = max(sum(wholes.tolist()) - size * below, Fraction(0))
        value, steps = claim, []
        for at, each in enumerate(equal_rounds(wholes, own, missing), 1):
            loss = each.taken / below
            words = f"gives up an equal loss of {terms.money(each.part / below)} for {each.members}; "
            words += f"{terms.money(value - loss)} of the claim is left"
            steps.append(Step(f"round {at}", value, loss, value - loss, words, is_loss=True))
            value -= loss
        lost = terms.money(claim - value)
        return Told(
            value, f"the claim of {terms.money(claim)} less its loss of {lost}: {terms.money(value)}", tuple(steps)
        )
