"""The row's own partner earns it: what a company does before anybody shares a deal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from rules.crediting.base import CreditWay, Faults, portion
from rules.crediting.candidates import SOURCED, Candidates
from rules.crediting.groups import grouped, ratio
from rules.kinds.base import Reason, Terms, Words, percent
from rules.quantities.exact import Exact
from rules.quantities.written import RateField


class Owner(CreditWay):
    """Credits the row's own partner: `owner: 100%`.

    The owner is who sourced the row, and a registration that protects it outranks the owner. Several who are protected
    earn equal parts. A row without a partner is the house's.
    """

    short: ClassVar[str | None] = "share"
    reads: ClassVar[Literal["owner"]] = "owner"

    share: RateField

    def in_words(self, terms: Terms) -> Words:
        return Words(f"{percent(self.share)} to the partner that the row names")

    def credited_roles(self) -> tuple[str, ...]:
        return (SOURCED,)

    def compute(self, candidates: Candidates) -> Exact:
        groups = grouped((candidates.row,))
        part = ratio(np.ones(len(candidates), np.int64), groups.sizes[groups.group])
        return Exact.constant(self.share, len(candidates)) * part

    def explain(self, candidates: Candidates, i: int) -> Reason:
        among = int(np.count_nonzero(candidates.row == candidates.row[i]))
        whole = f"{portion(self.share)} for the row's own partner"
        if candidates.is_protected[i]:
            whole = f"{portion(self.share)} for a registered partner"
        return Reason(self.share / among, whole if among == 1 else f"1/{among} of {whole}, equally among {among}")

    def faults(self, prefer: Sequence[str] = ()) -> Faults:
        if 0 <= self.share <= 1:
            return []
        return [("C104", f"the owner earns {percent(self.share)} of a row", "write 0% to 100%")]
