"""What a rule of the section `credit:` means: whose rows are credited, which way is for which rows, what is capped."""

from __future__ import annotations

from dataclasses import dataclass

from rules.crediting.credit import CreditSpec
from rules.expressions.tree import Expression, Type
from rules.kinds.base import Terms
from rules.problem import Place

# What a paid row sees of the credit that pays it; its share is exact, and no cell of a table.
CREDIT = "credit"
SHARE = "share"
CREDIT_COLUMNS = {"partner_id": Type.ID, "role": Type.TEXT, "level": Type.COUNT, SHARE: Type.NUMBER}

# The day of a credited row, by which hierarchies, registrations and touches are looked up.
DAY_OF = {"deals": "closed_on", "customers": "acquired_on", "projects": "started_on"}
SUBJECT = {"deals": "deal_id", "customers": "customer_id", "projects": "project_id"}


@dataclass(frozen=True, slots=True)
class CreditMeaning:
    """A crediting rule: `fits` says for each way which rows it is for (None: all), `way_places` where it was written,
    `amount` what a cap caps."""

    name: str
    spec: CreditSpec
    of: str
    where: Expression | None
    fits: tuple[Expression | None, ...]
    amount: Expression | None
    terms: Terms
    place: Place
    way_places: tuple[Place, ...]
