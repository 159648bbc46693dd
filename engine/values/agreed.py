"""What was agreed with partners, as stages hand it to each other: the term that a rule reads, and its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class AgreedTerm:
    """A term of the table of terms that a rule reads; `may_lapse`: on a day after an agreement has ended, what the
    rule says is paid, and not an error."""

    name: str
    may_lapse: bool = False


@dataclass(frozen=True, slots=True)
class AgreedVersion:
    """One row of the table of terms: for which product and deal (None: all), on which days, what (None: nothing), and
    its record. Both days are included."""

    product: str | None
    deal: str | None
    valid_from: date
    valid_to: date | None
    value: Fraction | None
    record: int

    def concerns(self, product: str | None, deal: str | None) -> bool:
        """Whether it is about a row of a product and a deal, on whichever day."""
        return self.product in (None, product) and self.deal in (None, deal)

    def holds_on(self, day: date) -> bool:
        """Whether a day is one of its days."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def specificity(self) -> int:
        """How closely it names what it holds for: a deal more than a product, and both more than either."""
        return 2 * (self.deal is not None) + (self.product is not None)

    @property
    def days(self) -> str:
        """`from 2026-01-01 on`, or `from 2026-01-01 to 2026-03-31`."""
        return f"from {self.valid_from} " + ("on" if self.valid_to is None else f"to {self.valid_to}")
