"""The Talmud's rule: up to half of all claims they share what there is, beyond it they share what is missing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rules.kinds.base import Columns, Terms, Words
from rules.quantities.exact import Exact, Integers, total
from rules.sharing.base import ClaimsKind, Step, Told, common
from rules.sharing.level import find_level
from rules.sharing.rounds import equal_rounds


class Talmud(ClaimsKind):
    """Pays equal amounts up to half of each claim; beyond, takes equal losses off claims down to their halves.

    It is the one rule that treats every two members as the contested garment does. (Mishna, Ketubot 93a; Aumann and
    Maschler, Game theoretic analysis of a bankruptcy problem from the Talmud, Journal of Economic Theory 36, 1985.)
    """

    def in_words(self, terms: Terms) -> Words:
        return Words(
            f"equal amounts up to half of each claim ({self.of.text}); where the pool is more than half of all claims, "
            "equal losses of at most half of each claim"
        )

    def share(self, claims: Integers, size: Fraction) -> Exact:
        whole, ones = total(claims), np.ones(len(claims), dtype=np.int64)  # in halves, the claims are half-claims
        if 2 * size <= whole:
            found = find_level(ones, 2 * size, caps=claims).awards
            return found * Exact.constant(Fraction(1, 2), len(claims))
        losses = find_level(ones, 2 * (whole - size), caps=claims).awards
        return Exact(claims) - losses * Exact.constant(Fraction(1, 2), len(claims))

    def explain(self, columns: Columns, row: int, size: Fraction, terms: Terms) -> Told:
        claims = common(columns["of"])
        claim = claims.fraction(row)
        assert claim is not None, "a member without a claim takes no part"
        wholes, below = claims.scaled()
        wholes = wholes[claims.is_known()]
        own = int(np.flatnonzero(claims.is_known()).searchsorted(row))
        half_unit, whole = 2 * below, Fraction(sum(wholes.tolist()), below)  # in this unit a claim reads as its half
        steps = []
        if 2 * size <= whole:
            value = Fraction(0)
            for at, each in enumerate(equal_rounds(wholes, own, size * half_unit), 1):
                open_, taken = each.open / half_unit, each.taken / half_unit
                value += taken
                words = f"an equal part of {terms.money(each.part / half_unit)} for {each.members}; "
                words += f"up to half of the claim {terms.money(open_)} was open"
                steps.append(Step(f"round {at}", open_, taken, open_ - taken, words))
            half = f"half of all claims ({terms.money(whole / 2)})"
            words = f"the pool is at most {half}: equal parts up to half the claim"
        else:
            value = claim
            missing = max(whole - size, Fraction(0))
            for at, each in enumerate(equal_rounds(wholes, own, missing * half_unit), 1):
                loss = each.taken / half_unit
                words = f"gives up an equal loss of {terms.money(each.part / half_unit)} for {each.members}; "
                words += f"{terms.money(value - loss)} of the claim is left"
                steps.append(Step(f"round {at}", value, loss, value - loss, words, is_loss=True))
                value -= loss
            half = f"half of all claims ({terms.money(whole / 2)})"
            words = f"the pool is over {half}: equal losses up to half the claim"
        return Told(value, f"{words} of {terms.money(claim)}: {terms.money(value)}", tuple(steps))
