"""Who earns on which rows: the candidates that the facts know, and the shares that a crediting rule makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.crediting.candidates import Candidates, Shares
from rules.crediting.hierarchy import Hierarchy
from rules.crediting.meaning import CreditMeaning


@dataclass(frozen=True, slots=True, eq=False)
class Creditable:
    """What the facts know of a rule's rows: the record of each, who may earn on it, and who stands above whom."""

    records: NDArray[np.int64]
    candidates: Candidates
    hierarchy: Hierarchy | None


@dataclass(frozen=True, slots=True, eq=False)
class Credits:
    """The shares of a crediting rule, each with the record of its row."""

    meaning: CreditMeaning
    known: Creditable
    shares: Shares

    @property
    def records(self) -> NDArray[np.int64]:
        """The record of each share's row, (shares,)."""
        return self.known.records[self.shares.row]

    @property
    def partners(self) -> NDArray[Any]:
        """The partner id of each share, (shares,)."""
        return np.array(self.known.candidates.partners, dtype=object)[self.shares.partner]

    @property
    def roles(self) -> NDArray[Any]:
        """The role of each share, (shares,)."""
        return np.array(self.shares.roles, dtype=object)[self.shares.role]
