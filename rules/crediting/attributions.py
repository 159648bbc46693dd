"""Shares as table attributions has them: whole weights that a method found once, and that were saved."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from rules.crediting.base import CreditWay, Faults
from rules.crediting.candidates import OWNER, Candidates, RowFault
from rules.crediting.groups import grouped, pick, sum_by_group
from rules.crediting.told import told
from rules.kinds.base import Reason, Terms, Words, number
from rules.names import Name
from rules.quantities.exact import Exact

FOUND_BY = frozenset({"touches", "leads", "registrations"})  # what the table is found by, beside the deals themselves


class Attributions(CreditWay):
    """Credits partners with their weights in table attributions: `attributions: markov`.

    Each earns its weight out of those of its deal, exactly. `partage attribute` writes the table, by the method that
    the rule names (and in the `version` that it names, where it does); it is read as it was saved, and nothing is
    worked out again. A partner earns in the role that has the name of the method. Where a deal has no weights, nobody
    earns on it, or its own partner does, in the role `owner`.

    Weights below zero take from one partner what the others earn; they are refused unless `negative: keep` says that
    it is meant.
    """

    short: ClassVar[str | None] = "method"
    reads: ClassVar[Literal["attributions"]] = "attributions"

    method: Name = Field(description="the method of all rows of the table; rows by another one are refused")
    version: str | None = Field(default=None, description="the version of all rows of the table; any, unless said")
    otherwise: Literal["house", "owner"] = Field(
        default="house", description="who earns on a deal without weights: nobody, or the deal's own partner"
    )
    negative: Literal["refuse", "keep"] = Field(default="refuse", description="what becomes of weights below zero")

    def in_words(self, terms: Terms) -> Words:
        which = f"by {self.method}" + ("" if self.version is None else f" in version {self.version}")
        rest = "a deal without weights is the house's"
        if self.otherwise == "owner":
            rest = "a deal without weights is its own partner's"
        below = "" if self.negative == "refuse" else "; weights below zero take from what the others earn"
        return Words(f"by the saved weights of table attributions {which}; {rest}{below}")

    def credited_roles(self) -> tuple[str, ...]:
        return (self.method, OWNER) if self.otherwise == "owner" else (self.method,)

    def compute(self, candidates: Candidates) -> Exact:
        groups = grouped((candidates.row,))
        whole = sum_by_group(candidates.share, groups)
        is_sound, one = whole.numerator > 0, Exact.constant(1, len(groups))  # others are told by row_faults
        return candidates.share.or_else(0) / pick(is_sound, whole, one).take(groups.group)

    def explain(self, candidates: Candidates, i: int) -> Reason:
        if candidates.roles[candidates.role[i]] == OWNER:
            return Reason(Fraction(1), "all of it for the row's own partner, since the row has no weights")
        beside = np.flatnonzero(candidates.row == candidates.row[i]).tolist()
        mine = candidates.share.fraction(i) or Fraction(0)
        whole = sum((candidates.share.fraction(j) or Fraction(0) for j in beside), Fraction(0))
        if whole <= 0:
            return Reason(Fraction(0), f"the weights of the row add up to {number(whole)}", ("share",))
        words = f"weight {number(mine)} of {number(whole)}, by {self.method}"
        return Reason(mine / whole, words if self.version is None else f"{words} in version {self.version}", ("share",))

    def row_faults(self, candidates: Candidates) -> list[RowFault]:
        groups = grouped((candidates.row,))
        whole = sum_by_group(candidates.share, groups)
        is_empty = (whole.numerator <= 0)[groups.group]
        is_unknown = ~candidates.share.is_known()
        is_below = np.asarray(candidates.share.numerator < 0, dtype=bool) & (self.negative == "refuse")

        def fault(i: int) -> RowFault:
            row, name = int(candidates.row[i]), candidates.rows.names[candidates.row[i]]
            who = candidates.partners[candidates.partner[i]]
            if is_unknown[i]:
                return row, "C130", f"the weight of {who} on {name} is blank", "write the table anew; blank is not zero"
            if is_below[i]:
                share = number(candidates.share.fraction(i) or Fraction(0))
                hint = "write negative: keep where that is meant, or attribute with --negative zero_and_tell"
                return row, "C130", f"the weight of {who} on {name} is {share}", hint
            total = number(whole.fraction(int(groups.group[i])) or Fraction(0))
            return row, "C130", f"the weights on {name} add up to {total}", "leave the deal out of the table"

        return told(np.flatnonzero(is_unknown | is_below | is_empty), candidates, fault)

    def faults(self, prefer: Sequence[str] = ()) -> Faults:
        if self.method != OWNER:
            return []
        return [("C129", "owner is no method of attribution", "name the method that the table was written by")]
