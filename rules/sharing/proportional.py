"""Claims in proportion: every claim gets the same part of itself."""

from __future__ import annotations

from fractions import Fraction

from rules.kinds.base import Columns, Terms, Words, percent
from rules.quantities.exact import Exact, Integers, total
from rules.sharing.base import ClaimsKind, Step, Told, common


class Proportional(ClaimsKind):
    """Pays every claim the same part of itself, where the claims are more than the pool."""

    def in_words(self, terms: Terms) -> Words:
        return Words(f"in proportion to the claims ({self.of.text}), none of which gets more than itself")

    def share(self, claims: Integers, size: Fraction) -> Exact:
        return pro_rata(Exact(claims), size)

    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        claims = common(columns["of"])
        claim = claims.fraction(row)
        assert claim is not None, "a member without a claim takes no part"
        whole = claims.sum()
        paid = min(Fraction(1), size / whole) if whole else Fraction(0)
        value = claim * paid
        words = f"the claim of {terms.money(claim)} x {percent(paid)} (the pool over all claims, {terms.money(whole)})"
        return Told(value, words, (Step("claim", claim, value, claim - value, words),))


def pro_rata(weights: Exact, size: Fraction) -> Exact:
    """A pool in proportion to weights, (n,) exact: what `rules.quantities.apportion` rounds.

    Weights are 0 or more and not all 0; who has none that is known takes no part.

    >>> pro_rata(Exact.of([1, 2, None]), Fraction(100)).fractions()
    [Fraction(100, 3), Fraction(200, 3), None]
    """
    above, _ = weights.scaled()
    whole = Fraction(total(above))
    assert whole > 0, "somebody weighs something"
    factor = size / whole
    return Exact(above, 1, weights.known) * Exact.constant(factor, len(weights))
