"""What partners are credited with: the shares of won deals as amounts that add up to each deal, to the minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.values.journeys import Journeys
from rules.quantities.together import share_steps
from scenarios.attribution.credit import Attribution


@dataclass(frozen=True, slots=True)
class Credited:
    """What one method credits: minor units and deals by position of the partner, what all is, and what is nobody's."""

    attribution: Attribution
    amounts_minor: Mapping[int, int]
    deals: Mapping[int, int]
    total_minor: int
    nobody_minor: int


def credited(journeys: Journeys, attribution: Attribution) -> Credited:
    """The amounts by partner. The parts of a deal add up to it, by largest remainder and then by partner id; a deal
    without an amount counts, and adds none."""
    amounts: dict[int, int] = {}
    deals: dict[int, int] = {}
    known = journeys.amount_minor.is_known()
    nobody = 0
    for deal in range(len(journeys.deals)):
        if not journeys.is_won[deal]:
            continue
        mine = attribution.shares.get(deal, {})
        for partner in mine:
            deals[partner] = deals.get(partner, 0) + 1
        amount = journeys.amount_minor.fraction(deal) if known[deal] else None
        if amount is None:
            continue
        if not mine:
            nobody += int(amount)
            continue
        partners = sorted(mine)
        parts = share_steps([amount * mine[partner] for partner in partners], list(range(len(partners)))).amounts
        for partner, part in zip(partners, parts, strict=True):
            amounts[partner] = amounts.get(partner, 0) + part
    return Credited(attribution, amounts, deals, sum(amounts.values()), nobody)


def won_minor(journeys: Journeys) -> int:
    """What all won deals are worth, as far as their amounts are known."""
    found = (journeys.amount_minor.fraction(deal) for deal in range(len(journeys.deals)) if journeys.is_won[deal])
    return sum(int(amount) for amount in found if amount is not None)
