"""Customers and what they bring each month: integrations, campaigns, customers, subscriptions, revenue."""

from __future__ import annotations

from synthetic.chance import FIRST, LAST, Chance, Weighted, day, flag, money, months
from synthetic.people import REGIONS, SEGMENTS
from synthetic.world import Campaign, Customer, Partner, World, by_trait, day_of

CUSTOMERS = 4_000
# The company sells directly in these cells only; the others are opened by partners (market coverage).
DIRECT_CELLS = (
    ("DACH", "SMB"), ("DACH", "Mid-market"), ("DACH", "Enterprise"), ("Nordics", "Enterprise"),
    ("Benelux", "Mid-market"),     ("France", "Enterprise"),
)  # fmt: skip
LATE_DIRECT_CELLS = (("France", "SMB"), ("Iberia", "Enterprise"), ("Nordics", "Mid-market"))
_MRR = {"SMB": (4_000, 40_000), "Mid-market": (20_000, 160_000), "Enterprise": (90_000, 600_000)}
_PULL = {"reseller": 10, "distributor": 14, "referral": 6, "affiliate": 5, "technology": 4, "service": 5}


def make_integrations(world: World) -> None:
    """The apps of technology partners, and a few of service partners."""
    chance = world.chance("integrations")
    for partner in world.present():
        number = (
            chance.between(1, 4)
            if partner.kind == "technology"
            else int(partner.kind == "service" and chance.happens(20))
        )
        for _ in range(number):
            launched = chance.between(max(partner.recruited, FIRST - 500), partner.last)
            integration = f"G{len(world.integrations) + 1:03d}"
            world.integrations.append((integration, partner, launched))
            cost = money(chance.between(20, 400) * 10_000)
            world.add("integrations", integration, partner.id, day(launched), str(chance.between(1, 14)), cost)


def make_campaigns(world: World) -> None:
    """Campaigns of partners and of the company; about a third of the partners' are joint."""
    chance = world.chance("campaigns")
    partners = by_trait(world.present(), "care", 1)
    for index in range(1, 1_201):
        partner = None if index % 8 == 0 else chance.weighted(partners)
        first, last = (FIRST, LAST) if partner is None else (partner.first, partner.last)
        starts = chance.between(first, last)
        ends = min(starts + chance.between(5, 75), last)
        reach = chance.between(200, 20_000)
        clicks = reach * chance.between(1, 9) // 100
        joint = partner is not None and chance.happens(40)
        campaign = Campaign(f"M{index:04d}", partner, starts, ends, joint, chance.between(50, 1_500) * 1_000)
        world.campaigns.append(campaign)
        world.campaigns_by_partner.setdefault(partner.id if partner else "", []).append(campaign)
        counts = (reach * chance.between(2, 6), reach, clicks)
        kind = chance.pick(["email", "webinar", "event", "ads", "content"])
        owner = "" if partner is None else partner.id
        about = (owner, kind, flag(joint), day(starts), day(ends))
        world.add("campaigns", campaign.id, *about, *map(str, counts), money(campaign.spend))


def make_customers(world: World) -> None:
    """Customers, a quarter of them direct; a third was there before the two years; every sixth or so leaves."""
    chance = world.chance("customers")
    present = world.present()
    partners = Weighted(present, [_PULL[each.kind] * each.strength**2 for each in present])
    for index in range(1, world.scaled(CUSTOMERS) + 1):
        partner = None if chance.happens(25) else chance.weighted(partners)
        acquired = _acquired(chance, partner)
        region, segment = _cell(chance, partner, acquired)
        churned = None
        if chance.happens(27 - (partner.care if partner else 5) * 2):
            left = max(FIRST, acquired) + chance.between(20, 500)
            churned = left if left <= LAST else None
        before = world.customers[chance.below(len(world.customers))] if world.customers else None
        invited = before is not None and chance.happens(12) and before.acquired < acquired <= before.last
        mrr = chance.between(*_MRR[segment]) // 100 * 100
        referred_by = before.id if before is not None and invited else ""
        world.customers.append(Customer(f"C{index:05d}", partner, referred_by, acquired, churned, region, segment, mrr))
    for customer in world.customers:
        cost = money(customer.mrr * chance.between(1, 8))
        owner = customer.partner.id if customer.partner else ""
        world.by_partner.setdefault(owner, []).append(customer)
        days = (day(customer.acquired), day(customer.churned))
        world.add("customers", customer.id, owner, customer.referred_by, *days, customer.region, customer.segment, cost)


def _acquired(chance: Chance, partner: Partner | None) -> int:
    if partner is None:
        return FIRST - chance.between(1, 700) if chance.happens(35) else chance.between(FIRST, LAST)
    if partner.recruited < FIRST - 30 and chance.happens(35):
        return chance.between(max(partner.recruited, FIRST - 700), FIRST - 1)
    return day_of(chance, partner)


def _cell(chance: Chance, partner: Partner | None, acquired: int) -> tuple[str, str]:
    """Region and segment: mostly the partner's own; direct customers only where the company sells."""
    if partner is not None:
        region = partner.region if chance.happens(85) else chance.pick(REGIONS)
        return region, partner.segment if chance.happens(70) else chance.pick(SEGMENTS)
    return chance.pick(DIRECT_CELLS + LATE_DIRECT_CELLS if acquired > LAST - 300 else DIRECT_CELLS)


def make_recurring(world: World) -> None:
    """Subscriptions: a row for each month at whose end the customer is one; and the revenue that follows from them."""
    chance = world.chance("recurring")
    integrations = [each for each in world.integrations if each[2] < LAST - 120]
    for customer in world.customers:
        integration = chance.pick(integrations) if integrations and chance.happens(14) else None
        customer.integration = integration[0] if integration else ""
        mrr, users = customer.mrr, chance.between(1, 12) + customer.mrr // 6_000
        rate = chance.between(55, 85)
        owner = customer.partner.id if customer.partner else ""
        for month, start, end in months():
            if customer.acquired >= end or (customer.churned is not None and customer.churned < end):
                continue
            mrr, users = _moved(chance, customer, mrr, users)
            world.add("subscriptions", customer.id, month, owner, money(mrr), str(users))
            world.add("revenue", customer.id, owner, "", month, "subscription", money(mrr), money(mrr * rate // 100))
            if chance.happens(12):
                amount = mrr * chance.between(30, 250) // 100
                margin = money(amount * chance.between(15, 40) // 100)
                world.add("revenue", customer.id, owner, "", month, "services", money(amount), margin)
            if integration and integration[2] < start and integration[1].alive(start):
                amount = mrr * chance.between(4, 20) // 100
                cells = (month, "marketplace", money(amount), money(amount * 30 // 100))
                world.add("revenue", customer.id, integration[1].id, integration[0], *cells)


def _moved(chance: Chance, customer: Customer, mrr: int, users: int) -> tuple[int, int]:
    """Next month's recurring revenue: now and then more, sometimes less, mostly the same."""
    care = customer.partner.care if customer.partner else 5
    draw = chance.below(100)
    if draw < 2 + care:
        return mrr * chance.between(102, 130) // 100, users + chance.between(0, 4)
    if draw > 97 - (10 - care) // 3:
        return mrr * chance.between(70, 97) // 100, max(1, users - chance.between(0, 2))
    return mrr, users
