"""The steps of pools: how large each is, who weighs how much in it, what each is awarded, and the whole shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.values.plan import Step
from rules.expressions.tree import Expression
from rules.kinds.base import ShareKind, Terms
from rules.pools.meaning import SizeMeaning
from rules.quantities.apportion import Residue
from rules.sharing.base import PoolKind
from rules.sharing.bounds import Bounds
from rules.sharing.circular import Circular


@dataclass(frozen=True, slots=True)
class Solve(Step):
    """Solve one of the amounts that are defined by each other, for the whole program; `inputs` are the columns of the
    known ones, those of partners added up."""

    amount: str
    amounts: Circular
    inputs: Mapping[str, str]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Size(Step):
    """The size of a pool, in minor units: fixed, or from the columns that its expression names, those of partners added
    up; and, where it `carries`, what the period before did not share, NAME.released."""

    size: SizeMeaning
    inputs: Mapping[str, str]
    terms: Terms
    losses: str
    carries: bool = False

    def released(self, carried_minor: int, own_minor: int) -> int:
        """What goes into the pool of what was carried to it: all, but of less than nothing no more than the period's
        own size makes up for, unless members share losses."""
        return carried_minor if self.losses == "shared" else max(carried_minor, -own_minor)


@dataclass(frozen=True, slots=True)
class Weigh(Step):
    """The weight of each member of a pool, by a kind; `days` are the columns of its first and last day as a partner,
    where it weighs the part of the period's days on which it was one."""

    frame: str
    kind: ShareKind
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str
    days: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Award(Step):
    """What each member of a pool is awarded, exact: by a kind, or by its weight within bounds.

    NAME.house_adds and NAME.carried of the program hold what the house adds to the pool, and what is left over and
    carried on. Of a kind that has a carry, NAME.carry holds what that is paid, exact; of one that keeps a history,
    POOL.layer.N what each layer paid the members. `reads` is the frame of the rows that the kind reads beside them,
    `columns` what it reads there, by its names; `texts` of members it asks only who has the same; `days`, as of Weigh,
    those that bounds go by.
    """

    frame: str
    size: str
    kind: PoolKind | None
    bounds: Bounds | None
    weight: str | None
    inputs: Mapping[str, str]
    terms: Terms
    unknown: str
    unclaimed: str
    reads: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Expression] = field(default_factory=dict)
    may_be_empty: bool = False
    days: tuple[str, str] | None = None

    @property
    def has_carry(self) -> bool:
        """Whether a part of the pool is paid to the carry."""
        return self.kind is not None and self.kind.has_carry

    @property
    def keeps_history(self) -> bool:
        """Whether what it paid in earlier periods counts."""
        return self.kind is not None and self.kind.keeps_history

    @property
    def pool(self) -> str:
        """The pool that is awarded."""
        return self.name.rsplit(".", 1)[0]


@dataclass(frozen=True, slots=True)
class Share(Step):
    """The shares of a pool: its size split in proportion to the weights, or to what was awarded, to the last unit.

    A pool without members is refused; in a case it `may_be_empty`, and then shares nothing.
    """

    frame: str
    size: str
    weight: str
    residue: Residue
    terms: Terms
    component: str
    is_awarded: bool = False
    carries: bool = False
    may_be_empty: bool = False
