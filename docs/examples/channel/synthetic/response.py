"""What the market development funds bring in: a response that is planted here, so that fitted curves can be held
against it.

In each quarter a partner's funded campaigns bring what they always bring, what `RESPONSES` says of the funds that were
paid in the quarter, and chance. In the north little comes of little money, and much more of twice as much.
"""

from __future__ import annotations

from datetime import date

from synthetic.chance import Chance, day, money
from synthetic.world import World

HEADER = ("partner_id", "booked_on", "amount")
# Of each region: the ceiling and half-way spend in EUR, and whether the response is S-shaped, x^2 / (k^2 + x^2).
RESPONSES = {
    "Benelux": (26_000, 3_000, False),
    "DACH": (60_000, 7_000, False),
    "France": (38_000, 4_500, False),
    "Iberia": (44_000, 5_000, True),
    "Nordics": (64_000, 7_500, True),
}
_NOISE = 150_000  # minor units, either way


def response_minor(region: str, paid_minor: int) -> int:
    """What funds bring in a quarter, to the minor unit, down.

    >>> response_minor("DACH", 700_000), response_minor("Nordics", 750_000), response_minor("Nordics", 0)
    (3000000, 3200000, 0)
    """
    ceiling, half, is_s_shaped = (each * 100 if type(each) is int else each for each in RESPONSES[region])
    power = 2 if is_s_shaped else 1
    return ceiling * paid_minor**power // (half**power + paid_minor**power)


def campaign_revenue(world: World) -> list[tuple[str, ...]]:
    """A row for each partner and quarter for the whole of which it is a partner."""
    chance = world.chance("campaign_revenue")
    of_request = {row[0]: row[1] for row in world.tables["mdf"]}
    paid: dict[tuple[str, str], int] = {}
    for row in world.tables["mdf_claims"]:
        if row[4]:
            key = of_request[row[1]], row[4][:7]
            paid[key] = paid.get(key, 0) + int(row[7].replace(".", ""))
    rows = []
    for partner in world.present():
        usual = partner.strength * chance.between(40_000, 80_000)
        for quarter in range(8):
            rows += _row(chance, partner.id, partner.region, (partner.recruited, partner.last), usual, quarter, paid)
    return rows


def _row(
    chance: Chance,
    partner: str,
    region: str,
    stays: tuple[int, int],
    usual: int,
    quarter: int,
    paid: dict[tuple[str, str], int],
) -> list[tuple[str, ...]]:
    """What a partner's campaigns bring in a quarter, booked on its last day; no row for a part of a quarter."""
    year, month = 2025 + quarter // 4, quarter % 4 * 3 + 1
    start = date(year, month, 1).toordinal()
    end = date(year + month // 10, (month + 2) % 12 + 1, 1).toordinal() - 1
    around = chance.between(-_NOISE, _NOISE)
    if not (stays[0] <= start and end <= stays[1]):
        return []
    funds = sum(paid.get((partner, f"{year}-{each:02}"), 0) for each in range(month, month + 3))
    amount = max(0, usual + around) + response_minor(region, funds)
    return [(partner, day(end), money(amount))]
