"""Marketing funds, joint projects with their hours and credits, and the daily use of integrations."""

from __future__ import annotations

import hashlib

from synthetic.chance import EXTRACTED, FIRST, Chance, day, flag, money, number
from synthetic.crediting import credit
from synthetic.world import Campaign, Customer, Partner, World

USAGE = 30_000
_HALVES = (
    ("2025-01-01", "2025-06-30"),
    ("2025-07-01", "2025-12-31"),
    ("2026-01-01", "2026-06-30"),
    ("2026-07-01", "2026-12-31"),
)
_FUND = {"gold": 30, "silver": 15, "bronze": 5}


def make_mdf(world: World) -> None:
    """Half-yearly budgets by tier; requests for campaigns; claims that are paid, cut, declined or still open."""
    chance = world.chance("mdf")
    budgets: dict[tuple[str, int], str] = {}
    for partner in world.present():
        for half, (start, end) in enumerate(_HALVES):
            if partner.tier == "bronze" and not chance.happens(30):
                continue
            if partner.first <= FIRST + 182 * half and partner.last >= FIRST + 182 * half + 60:
                budget = f"B{len(budgets) + 1:04d}"
                budgets[partner.id, half] = budget
                amount = money(_FUND[partner.tier] * chance.between(60, 140) * 1_000)
                world.add("mdf_budgets", budget, partner.id, partner.region, partner.tier, start, end, amount)
    for campaign in world.campaigns:
        if campaign.partner is not None and chance.happens(75):
            half = min(3, (campaign.starts - FIRST) // 183)
            _request(world, chance, campaign, campaign.partner, budgets.get((campaign.partner.id, half), ""))


def _request(world: World, chance: Chance, campaign: Campaign, partner: Partner, budget: str) -> None:
    if not budget:
        return
    request = f"Q{len(world.tables['mdf']) + 1:04d}"
    requested = campaign.spend * chance.between(3, 8) // 10 // 5_000 * 5_000 + 5_000
    asked = max(partner.recruited, campaign.starts - chance.between(5, 40))
    decided = asked + chance.between(1, 12)
    draw = chance.below(100)
    approved = requested if draw < 65 else requested * 3 // 4 if draw < 85 else 0
    is_decided = draw < 95
    about = (chance.pick(["event", "webinar", "print", "ads", "trade fair, regional"]), day(asked), money(requested))
    decision = (day(decided), money(approved), day(campaign.ends + 60)) if is_decided else ("", "", "")
    world.add("mdf", request, partner.id, budget, campaign.id, *about, *decision)
    if is_decided and approved and chance.happens(80):
        _claim(world, chance, request, campaign, approved)


def _claim(world: World, chance: Chance, request: str, campaign: Campaign, approved: int) -> None:
    claim = f"F{len(world.tables['mdf_claims']) + 1:04d}"
    submitted = campaign.ends + chance.between(2, 70)
    decided = submitted + chance.between(1, 21)
    claimed = approved * chance.pick([100, 100, 90, 80, 110]) // 100
    draw = chance.below(100)
    granted = 0 if draw < 8 else min(claimed, approved)
    reason = "proof of performance missing" if draw < 8 else "cut to the amount approved" if granted < claimed else ""
    proof = "" if draw < 8 else hashlib.sha256(claim.encode()).hexdigest()
    paid = decided + chance.between(5, 40)
    if submitted > EXTRACTED:
        return
    settled = (
        day(decided),
        day(paid if granted else None),
        money(claimed),
        money(granted),
        money(granted) if granted else "",
    )
    open_ = ("", "", money(claimed), "", "")
    cells = settled if paid <= EXTRACTED and draw < 92 else open_
    world.add("mdf_claims", claim, request, day(submitted), *cells, proof, reason if cells is settled else "")


def make_projects(world: World) -> None:
    """Joint projects with customers, the time worked on them, and who originated and worked them."""
    chance = world.chance("projects")
    present = world.present()
    able = [each for each in present if each.last - each.first > 90]
    for index in range(1, 601):
        partner, project = chance.pick(able), f"J{index:04d}"
        started = chance.between(partner.first, partner.last - 40)
        own = [each.id for each in world.by_partner.get(partner.id, []) if each.acquired <= started <= each.last]
        customer = chance.pick(own) if own and chance.happens(80) else ""
        due = started + chance.between(20, 150)
        completed: int | None = due + chance.between(-15, 30 - 4 * partner.care)
        if completed is not None and (completed > partner.last or chance.happens(6)):
            completed = None
        world.add("projects", project, partner.id, customer, day(started), day(due), day(completed))
        others = [each for each in chance.some(present, 2) if each is not partner and each.alive(started)]
        _credits(world, chance, project, partner, others, started)
        until = min(due if completed is None else max(completed, started + 1), partner.last)
        rate = chance.between(70, 180) * 25
        for _ in range(chance.between(3, 20)):
            _hours(world, chance, project, partner, chance.between(started, until), rate)


def _credits(world: World, chance: Chance, project: str, partner: Partner, others: list[Partner], started: int) -> None:
    share = number(chance.between(5, 10) * 10, 2)
    credit(world, "", "", project, partner.id, "originated", started, share)
    worked = 100 - 20 * len(others)
    credit(world, "", "", project, partner.id, "worked", started, number(worked, 2))
    for other in others:
        credit(world, "", "", project, other.id, "worked", started, "0.2")


def _hours(world: World, chance: Chance, project: str, partner: Partner, worked: int, rate: int) -> None:
    """A time entry in quarter hours; `rate` is minor units for a quarter."""
    quarters, billable = chance.between(2, 36), chance.happens(80)
    entry = f"W{len(world.tables['hours']) + 1:05d}"
    billed = money(quarters * rate) if billable else "0.00"
    world.add("hours", entry, partner.id, project, day(worked), number(quarters * 25, 2), flag(billable), billed)


def make_usage(world: World) -> None:
    """Integrations used by customers: some day by day, some once a week, until the customer leaves."""
    chance = world.chance("usage")
    users = [
        (customer, each)
        for customer in world.customers
        for each in world.integrations
        if customer.integration == each[0]
    ]
    pairs = chance.some(users, len(users))
    pairs += [(chance.pick(world.customers), chance.pick(world.integrations)) for _ in range(world.scaled(400))]
    seen: set[tuple[str, str]] = set()
    for customer, (integration, partner, launched) in pairs:
        if len(world.tables["usage"]) >= world.scaled(USAGE):
            break
        first = max(customer.acquired, launched + 5, partner.first)
        last = min(customer.last, partner.last)
        if (customer.id, integration) in seen or last - first < 20:
            continue
        seen.add((customer.id, integration))
        start = chance.between(first, last - 20)
        step = 1 if chance.happens(35) else 7
        level, failing = chance.between(1, 40), chance.between(0, 12 - partner.care)
        for used in range(start, min(last, start + 280) + 1, step):
            _use(world, chance, integration, customer, used, partner, level, failing)
    world.tables["usage"].sort(key=lambda row: (row[2], row[0], row[1]))


def _use(
    world: World,
    chance: Chance,
    integration: str,
    customer: Customer,
    used: int,
    partner: Partner,
    level: int,
    failing: int,
) -> None:
    active = chance.between(1, level)
    calls = active * chance.between(5, 120)
    errors = calls * chance.between(0, failing) // 200
    latency = calls * chance.between(20, 400)
    world.add("usage", integration, customer.id, day(used), partner.id, *map(str, (active, calls, errors, latency)))
