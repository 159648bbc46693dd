"""Changes of facts, as a scenario says them: what is scaled, who leaves, who joins, what is dropped.

Values only. In: names of tables, columns and partners that were looked up, and conditions as rows of a table see them.
All changes are of the facts as they are: conditions see these, and so no order of changes decides. Amounts are scaled
first, then rows go, and who joins gets a copy of what is there then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from rules.expressions.tree import Expression
from rules.problem import Place


@dataclass(frozen=True, slots=True)
class Scaled:
    """A column of numbers or amounts times a factor, in the rows for which `where` holds (None: in all)."""

    table: str
    column: str
    factor: Fraction
    where: Expression | None
    said: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A part of the rows of a table, of those for which `where` holds (None: of all): which, a digest of the key says,
    so that they are the same on any machine and in any order."""

    table: str
    part: Fraction
    where: Expression | None
    said: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Left:
    """A partner, or all for whom `where` holds, who are no partners any more from a day on."""

    partner: str | None
    where: Expression | None
    on: date
    said: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """A new partner, who gets a copy of the rows of another from a day on; without a `name` it is called by that."""

    partner: str
    like: str
    on: date
    said: str
    place: Place = field(compare=False)
    name: str = ""


Change: TypeAlias = Scaled | Dropped | Left | Joined


@dataclass(frozen=True, slots=True)
class Told:
    """What changes made of a table: how many rows are scaled or have another cell, are gone, and are new; and how many
    of a partner whom another one is like were not copied, since they are of what others have."""

    table: str
    changed: int
    gone: int
    new: int
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """Facts after changes: what became of each table that is another than before, by its name."""

    told: Mapping[str, Told]
