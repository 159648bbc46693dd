"""What a pool means: its size, its members, how it is shared, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rules.expressions.tree import Column, Expression, Type
from rules.kinds.base import ShareKind, Terms
from rules.pools.spec import Pool
from rules.problem import Place
from rules.quantities.rounding import round_fraction
from rules.sharing.base import PoolKind

LEFT = "left"  # of a pool: what it did not share
CARRY = "carry"  # of a waterfall: what its carry is paid, which is a part of what it did not share


@dataclass(frozen=True, slots=True)
class SizeMeaning:
    """How large a pool is: `amount_minor`, or a part of the value that an expression of the whole program has.

    `exceeding_minor` is taken off first; what is below it is 0. Then the rate, then the limits, then one rounding.
    """

    text: str
    amount_minor: int | None = None
    of: Expression | None = None
    exceeding_minor: Fraction | None = None
    rate: Fraction = Fraction(1)
    at_least_minor: Fraction | None = None
    at_most_minor: Fraction | None = None

    def exact(self, value: Fraction) -> Fraction:
        """The size in minor units before it is rounded, from the value of the expression."""
        if self.exceeding_minor is not None:
            value = max(value - self.exceeding_minor, Fraction(0))
        value *= self.rate
        if self.at_least_minor is not None:
            value = max(value, self.at_least_minor)
        return value if self.at_most_minor is None else min(value, self.at_most_minor)

    def minor(self, value: Fraction, terms: Terms) -> int:
        """The size in whole minor units."""
        return round_fraction(self.exact(value), terms.rounding, terms.step_minor)


@dataclass(frozen=True, slots=True)
class TableMeaning:
    """The rows of a table that the kind of a pool reads beside its members."""

    table: str
    where: Expression | None
    dated: Column | None
    columns: Mapping[str, tuple[Expression, Type]]


@dataclass(frozen=True, slots=True)
class PoolMeaning:
    """A pool. `inputs` are the expressions of its kind, and those of its bounds as `bounds.at_least` and `.at_most`;
    `texts` those of which the kind asks only who has the same; `reads` the rows that it reads beside the members."""

    name: str
    title: str
    spec: Pool
    size: SizeMeaning
    size_place: Place
    among: Expression | None
    kind: ShareKind | PoolKind
    inputs: Mapping[str, tuple[Expression, Type]]
    terms: Terms
    place: Place
    texts: Mapping[str, Expression] = field(default_factory=dict)
    reads: TableMeaning | None = None
