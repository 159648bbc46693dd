"""About 40,000 deals of every kind and status, and what hangs on each: items, events, stages, invoices, receipts."""

from __future__ import annotations

from synthetic.chance import EXTRACTED, FIRST, LAST, Chance, Weighted, day, money
from synthetic.world import Customer, Deal, Partner, World

DEALS = 40_000
PRODUCTS = ("Atlas", "Beacon", "Compass", "Delta", "Services")
STAGES = ("registered", "qualified", "proposal", "negotiation", "won")
_FOLLOWING = Weighted(["renewal", "upsell", "cross_sell"], [16, 46, 38])
_DAYS = {"new": (5, 120), "renewal": (10, 60), "upsell": (15, 90), "cross_sell": (20, 110)}


def make_deals(world: World) -> None:
    """Won new deals follow from the customers acquired; lost and open ones name no customer yet; others follow up."""
    chance = world.chance("deals")
    acquired = [each for each in world.customers if each.acquired >= FIRST]
    world.deals += [_won_new(chance, customer) for customer in acquired]
    present = world.present()
    partners = Weighted(present, [(each.strength + 4) * (14 - each.care) for each in present])
    lost = max(0, world.scaled(DEALS * 28 // 100))
    world.deals += [_other_new(chance, partners) for _ in range(lost)]
    long_enough = [each for each in world.customers if each.last - max(FIRST, each.acquired) > 40]
    while len(world.deals) < world.scaled(DEALS):
        world.deals.append(_following(chance, chance.pick(long_enough), present))
    world.deals.sort(key=lambda deal: deal.opened)  # stable: equal days keep the drawn order
    for index, deal in enumerate(world.deals, 1):
        deal.id = f"D{index:06d}"
        fitting = world.campaigns_on(deal.partner, deal.opened, 60)
        deal.campaign = chance.pick(fitting) if fitting and chance.happens(45 if deal.partner else 8) else ""
        deal.integration = _integration(world, chance, deal)
        _write(world, chance, deal)


def _won_new(chance: Chance, customer: Customer) -> Deal:
    opened = customer.acquired - chance.between(*_DAYS["new"])
    partner = customer.partner
    if partner is not None:
        opened = min(max(opened, partner.recruited), customer.acquired)
    return _deal(chance, customer, partner, "new", "won", opened, customer.acquired, customer.mrr)


def _other_new(chance: Chance, partners: Weighted[Partner]) -> Deal:
    partner = None if chance.happens(22) else chance.weighted(partners)
    opened = chance.between(
        FIRST - 90 if partner is None else max(FIRST - 90, partner.recruited), partner.last if partner else LAST
    )
    closed: int | None = opened + chance.between(*_DAYS["new"]) + 10
    if closed is not None and (closed > LAST or chance.happens(3)):
        closed = None
    if closed is not None and closed < FIRST:
        closed = FIRST + chance.below(60)
    status = "open" if closed is None else "lost"
    return _deal(chance, None, partner, "new", status, opened, closed, chance.between(40, 3_000) * 100)


def _following(chance: Chance, customer: Customer, present: list[Partner]) -> Deal:
    """A renewal, upsell or cross-sale of a customer, while it is one."""
    kind = chance.weighted(_FOLLOWING)
    first = max(FIRST - 30, customer.acquired)
    opened = chance.between(first, customer.last)
    partner = customer.partner
    draw = chance.below(100)
    if draw < 5:
        partner = chance.pick(present)
    elif draw < 13:
        partner = None
    if partner is not None and not partner.alive(opened):
        partner = None
    closed: int | None = opened + chance.between(*_DAYS[kind]) * (16 - (partner.strength if partner else 5)) // 12
    skill = (partner.strength + partner.care) if partner else 9
    status = "won" if chance.happens(45 + 2 * skill) else "lost"
    if closed is not None and closed > LAST:
        closed, status = None, "open"
    elif closed is not None and closed > customer.last:
        status = "lost"
    monthly = max(
        1_000, customer.mrr * (chance.between(90, 115) if kind == "renewal" else chance.between(3, 24)) // 100
    )
    return _deal(chance, customer, partner, kind, status, opened, max(closed, FIRST) if closed else None, monthly)


def _deal(
    chance: Chance, customer: Customer | None, partner: Partner | None, kind: str, status: str, opened: int,
    closed: int | None, monthly: int,
) -> Deal:  # fmt: skip
    size = 6 + (partner.strength if partner else 5)
    monthly = monthly * size // 11
    term = chance.pick([1, 12, 12, 12, 24, 36])
    amount = monthly * term
    margin = amount * chance.between(25, 75) // 100
    stage = "won" if status == "won" else STAGES[chance.below(4)]
    product = chance.pick(PRODUCTS)
    return Deal(
        customer, partner, kind, status, stage, opened, closed, product, amount, monthly * min(12, term), margin, term
    )


def _integration(world: World, chance: Chance, deal: Deal) -> str:
    if deal.customer is not None and deal.customer.integration and chance.happens(35):
        return deal.customer.integration
    launched = [each[0] for each in world.integrations[:40] if each[2] < deal.opened] if chance.happens(3) else []
    return chance.pick(launched) if launched else ""


def _write(world: World, chance: Chance, deal: Deal) -> None:
    known = deal.opened if deal.closed is None else deal.closed
    delay = chance.between(40, 150) if chance.happens(3) else chance.between(0, 4)  # late rows
    recorded = min(known + delay, EXTRACTED)
    owners = (deal.customer.id if deal.customer else "", deal.partner.id if deal.partner else "")
    about = (deal.integration, deal.campaign, deal.product, deal.kind, deal.stage, deal.status)
    sums = (
        money(deal.amount),
        money(deal.annual),
        "" if deal.status == "lost" and chance.happens(9) else money(deal.margin),
        str(deal.term),
    )
    world.add("deals", deal.id, *owners, *about, day(deal.opened), day(deal.closed), *sums, day(recorded))


def make_deal_details(world: World) -> None:
    """Stages of new deals and cross-sales; items, events, invoices and receipts of won ones."""
    chance = world.chance("details")
    for deal in world.deals:
        if deal.kind in ("new", "cross_sell"):
            _stages(world, chance, deal)
        if deal.status == "won":
            items = _items(world, chance, deal)
            if chance.happens(5):
                _event(world, chance, deal, items)
            _invoices(world, chance, deal)


def _stages(world: World, chance: Chance, deal: Deal) -> None:
    reached = STAGES.index(deal.stage)
    span = deal.until - deal.opened
    entered = [deal.opened, *sorted(deal.opened + chance.below(span + 1) for _ in range(reached))]
    if deal.status == "won":
        entered[-1] = deal.until
    left = [*entered[1:], None if deal.status != "lost" else deal.closed]
    for stage, start, end in zip(STAGES, entered, left, strict=False):
        world.add("stages", deal.id, stage, day(start), day(end))


def _items(world: World, chance: Chance, deal: Deal) -> list[int]:
    """Product lines that add up to the deal's amount; gives their net amounts."""
    number = chance.pick([1, 1, 2, 3]) if deal.amount > 300 else 1
    cuts = sorted(chance.below(deal.amount) for _ in range(number - 1))
    nets = [end - start for start, end in zip([0, *cuts], [*cuts, deal.amount], strict=True)]
    for index, net in enumerate(nets, 1):
        product = deal.product if index == 1 else chance.pick(PRODUCTS)
        world.add("deal_items", deal.id, str(index), product, str(chance.between(1, 40)), money(net))
    return nets


def _event(world: World, chance: Chance, deal: Deal, items: list[int]) -> None:
    kind = chance.pick(["amendment", "amendment", "return", "cancellation", "chargeback"])
    occurred = deal.until + chance.between(3, 200)
    if occurred > EXTRACTED:
        return
    item = chance.below(len(items)) if kind == "return" else None
    amount = -deal.amount if kind == "cancellation" else -(deal.amount * chance.between(5, 60) // 100)
    if kind == "amendment":
        amount = deal.amount * chance.between(-30, 40) // 100
    quantity = ""
    if item is not None:
        amount, quantity = -(items[item] * chance.between(20, 100) // 100), str(-chance.between(1, 3))
    event = f"E{len(world.tables['deal_events']) + 1:05d}"
    line = "" if item is None else str(item + 1)
    world.add("deal_events", event, deal.id, line, day(occurred), kind, money(amount), quantity)


def _invoices(world: World, chance: Chance, deal: Deal) -> None:
    """One invoice or two, and what was received on them: mostly all, sometimes in part, sometimes nothing."""
    first = deal.amount if chance.happens(85) else deal.amount // 2
    for part, amount in enumerate([first] if first == deal.amount else [first, deal.amount - first]):
        issued = deal.until + chance.between(0, 14) + 90 * part
        if issued > EXTRACTED:
            continue
        invoice = f"I{len(world.tables['invoices']) + 1:06d}"
        tax = (amount * 19 + 50) // 100
        customer = deal.customer.id if deal.customer else ""
        world.add("invoices", invoice, deal.id, customer, day(issued), day(issued + 30), money(amount), money(tax))
        draw, received = chance.below(100), issued + chance.between(5, 75)
        parts = [] if draw < 5 else [(amount + tax) // 3] if draw < 8 else [amount + tax]
        if 8 <= draw < 12:
            parts = [amount // 2, amount + tax - amount // 2]
        for at, cash in enumerate(parts):
            if received + 20 * at <= EXTRACTED and cash:
                receipt = f"R{len(world.tables['receipts']) + 1:06d}"
                world.add("receipts", receipt, invoice, day(received + 20 * at), money(cash))
