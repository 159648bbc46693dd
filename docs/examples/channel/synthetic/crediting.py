"""Who had a part in what: leads, registrations, touches, and the credits of deals, customers and projects."""

from __future__ import annotations

from synthetic.chance import FIRST, LAST, Chance, Weighted, day, money, number
from synthetic.world import Customer, Deal, Partner, World

LEADS = 11_000
TOUCHES = 14_000
_SOURCES = {"affiliate": "affiliate", "referral": "referral"}
# Share texts of one and of two partners in a role, in hundredths; a blank lets the crediting rule decide.
_ALONE: tuple[tuple[int | None, ...], ...] = ((None,), (None,), (100,), (50,))
_TOGETHER: tuple[tuple[int | None, ...], ...] = ((None, None), (60, 40), (50, None), (30, 30))


def make_leads(world: World) -> None:
    """Leads of every source: those that became a customer of the two years, and those that did not."""
    chance = world.chance("leads")
    new_deals = {id(deal.customer): deal for deal in world.deals if deal.kind == "new" and deal.status == "won"}
    found = [
        _converted(chance, each, new_deals[id(each)])
        for each in world.customers
        if each.acquired >= FIRST and chance.happens(72)
    ]
    present = world.present()
    partners = Weighted(present, [(each.strength + 3) * (13 - each.care) for each in present])
    while len(found) < world.scaled(LEADS):
        found.append(_unconverted(chance, None if chance.happens(15) else chance.weighted(partners)))
    found.sort(key=lambda each: each[0])
    for index, (created, partner, source, referred_by, days, customer, deal) in enumerate(found, 1):
        owner = partner.id if partner else ""
        fitting = world.campaigns_on(partner, created, 30)
        campaign = chance.pick(fitting) if fitting and chance.happens(70) else ""
        cost = money(chance.between(5, 250) * 100 if source == "affiliate" or chance.happens(30) else 0)
        lead = f"L{index:06d}"
        world.leads.append((lead, partner, created, deal, campaign))
        world.add(
            "leads", lead, owner, source, campaign, referred_by, day(created), *map(day, days), customer, deal, cost
        )


_Found = tuple[int, Partner | None, str, str, tuple[int | None, ...], str, str]


def _converted(chance: Chance, customer: Customer, deal: Deal) -> _Found:
    created = deal.opened - chance.between(0, 15)
    if customer.partner is not None:
        created = max(created, customer.partner.recruited)
    steps = sorted(chance.between(created, customer.acquired) for _ in range(2))
    source = _source(chance, customer.partner)
    if customer.referred_by:
        source = "referral"
    days = (steps[0], steps[1], customer.acquired, None)
    return created, customer.partner, source, customer.referred_by, days, customer.id, deal.id


def _unconverted(chance: Chance, partner: Partner | None) -> _Found:
    created = chance.between(FIRST, LAST) if partner is None else chance.between(partner.first, partner.last)
    care = partner.care if partner else 5
    qualified = _within(created + chance.between(1, 50)) if chance.happens(35 + 4 * care) else None
    opportunity = _within(qualified + chance.between(1, 60)) if qualified and chance.happens(45) else None
    lost = _within((opportunity or qualified or created) + chance.between(10, 120)) if chance.happens(70) else None
    return created, partner, _source(chance, partner), "", (qualified, opportunity, None, lost), "", ""


def _within(ordinal: int) -> int | None:
    return ordinal if ordinal <= LAST else None


def _source(chance: Chance, partner: Partner | None) -> str:
    if partner is None:
        return "company" if chance.happens(85) else "affiliate"
    if chance.happens(75):
        return _SOURCES.get(partner.kind, "partner")
    return chance.pick(["partner", "affiliate", "referral", "company"])


def make_registrations(world: World) -> None:
    """Deal registrations of partners: a third of their new deals."""
    chance = world.chance("registrations")
    for deal in world.deals:
        if deal.kind != "new" or deal.partner is None or not chance.happens(33):
            continue
        registered = max(deal.opened - chance.between(-10, 20), deal.partner.recruited)
        status = chance.pick(["approved", "approved", "approved", "rejected", "expired", "pending"])
        id_ = f"T{len(world.tables['registrations']) + 1:06d}"
        expires = day(registered + chance.pick([90, 90, 180]))
        world.add("registrations", id_, deal.partner.id, deal.id, day(registered), expires, status)


def make_touches(world: World) -> None:
    """Touches before a deal or on a lead, by its partner or by another."""
    chance = world.chance("touches")
    present, kinds = world.present(), ["email", "webinar", "event", "call", "demo", "ad_click", "content"]
    for index in range(1, world.scaled(TOUCHES) + 1):
        campaign = lead = target = ""
        if chance.happens(30):
            lead, partner, touched, target, campaign = chance.pick(world.leads)
        else:
            deal = chance.pick(world.deals)
            partner, target, campaign = deal.partner, deal.id, deal.campaign
            touched = chance.between(max(deal.opened - 60, partner.recruited if partner else 0), deal.until)
        if partner is None or chance.happens(15):
            other = chance.pick(present)
            partner, campaign = (other, "") if other.alive(touched) else (partner, campaign)
        owner = partner.id if partner else ""
        world.add("touches", f"H{index:06d}", owner, lead, target, campaign, day(touched), chance.pick(kinds))


def make_credits(world: World) -> None:
    """Credits on deals by role, then on customers; those on projects are written with the projects."""
    chance = world.chance("credits")
    by_region: dict[str, list[Partner]] = {}
    for partner in world.present():
        by_region.setdefault(partner.region, []).append(partner)
    everyone = world.present()
    for deal in world.deals:
        near = by_region[deal.partner.region] if deal.partner else everyone
        own = [deal.partner] if deal.partner else []
        is_new = deal.kind == "new" and deal.status == "won"  # what commission rests on: nobody forgets to claim it
        if chance.happens(3 if not own else 100 if is_new else 26):
            _role(world, chance, deal, "sourced", own, near)
        if chance.happens(7 if own else 55):
            _role(world, chance, deal, "influenced", [], near)
        if chance.happens(8):
            _role(world, chance, deal, "co_sold", own, near)
        if deal.status == "won" and chance.happens(7):
            _role(world, chance, deal, "fulfilled", [], near)
        if deal.status == "won" and chance.happens(6):
            _role(world, chance, deal, "serviced", own, near)
    for customer in chance.some(world.customers, world.scaled(700)):
        partner = customer.partner or chance.pick(everyone)
        touched = max(customer.acquired, partner.first)
        if touched <= min(customer.last, partner.last):
            share = chance.pick(["", "1", "0.5"])
            credit(world, "", customer.id, "", partner.id, chance.pick(["sourced", "serviced"]), touched, share)


def _role(world: World, chance: Chance, deal: Deal, role: str, own: list[Partner], near: list[Partner]) -> None:
    """One partner or two in a role; the shares of a role never add up to more than the whole."""
    touched = chance.between(deal.opened, deal.until)
    holders = [each for each in own if each.alive(touched)]
    wanted = 2 if chance.happens(30) else 1
    for _ in range(4):
        other = chance.pick(near)
        if len(holders) < wanted and other not in holders and other.alive(touched):
            holders.append(other)
    if holders:
        shares = chance.pick(_ALONE if len(holders) == 1 else _TOGETHER)
        for holder, share in zip(holders, shares, strict=True):
            text = "" if share is None else number(share, 2)
            credit(world, deal.id, "", "", holder.id, role, touched, text)


def credit(
    world: World, deal: str, customer: str, project: str, partner: str, role: str, touched: int, share: str
) -> None:
    """Write one credit: of a deal, a customer or a project."""
    id_ = f"X{len(world.tables['credits']) + 1:06d}"
    world.add("credits", id_, deal, customer, project, partner, role, day(touched), share)
