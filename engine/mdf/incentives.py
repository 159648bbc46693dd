"""What an incentive came to: what was paid for it, and what came of the rows that it was paid for.

In: the lines that were paid, and the leads and deals of their rows. Out: exact figures by group of partners. A return
takes back what its row was paid, so both count together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from engine.mdf.facts import Outcomes
from engine.mdf.returns import ByCampaign, Returns, returns_of


@dataclass(frozen=True, slots=True)
class IncentiveLine:
    """What a partner was paid for a row, in minor units, for a period that began on `start`."""

    partner: str
    table: str
    key: str
    minor: int
    start: date

    @property
    def row(self) -> str:
        """The row that it is paid for."""
        return f"{self.table} {self.key}"


@dataclass(frozen=True, slots=True)
class IncentiveMetrics:
    """The figures of a group of partners: what it was paid, for how many rows, and what came of these."""

    group: str
    paid: int
    partners: int
    rows: int
    returns: Returns


def incentive_metrics(
    lines: Sequence[IncentiveLine],
    whose: Mapping[str, str],
    outcomes: Outcomes,
    stages: Mapping[str, Fraction],
    as_of: date,
) -> tuple[IncentiveMetrics, ...]:
    """The figures by group, in the order of their names; `whose` is the group of each partner ("" where none is known).
    A payback counts from the first period that was paid."""
    members: dict[str, list[IncentiveLine]] = {}
    for line in lines:
        members.setdefault(whose.get(line.partner, ""), []).append(line)
    found, brought = [], ByCampaign.of(outcomes)
    for group, mine in sorted(members.items()):
        rows, first = {each.row for each in mine}, min(each.start for each in mine)
        paid = sum(each.minor for each in mine)
        returns = returns_of(brought, rows, stages, paid, first, as_of)
        found.append(IncentiveMetrics(group, paid, len({each.partner for each in mine}), len(rows), returns))
    return tuple(found)
