"""Crediting: who earns which share of a row, exactly. The register of its ways, one line each.

A way is one file: a frozen model of its config, and twins; `compute` takes all candidates, `explain` one of them, in
fractions and words. `rules.crediting.credit` is the whole rule as it is written, `credited` works it out and `reason`
explains one share.
"""

from __future__ import annotations

from rules.crediting.attributions import Attributions
from rules.crediting.base import CreditWay
from rules.crediting.owner import Owner
from rules.crediting.roles import Roles
from rules.crediting.table import Table
from rules.crediting.touches import Touches

WAYS: dict[str, type[CreditWay]] = {
    "table": Table,
    "roles": Roles,
    "touches": Touches,
    "attributions": Attributions,
    "owner": Owner,
}
