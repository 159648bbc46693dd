"""Partners and agreements: partners, partner_history, payees, units, capital, salaries, contacts."""

from __future__ import annotations

from synthetic.chance import FIRST, LAST, Chance, Weighted, day, flag, money, number, quarters
from synthetic.world import Partner, World, day_of

KINDS = Weighted(
    ["reseller", "referral", "affiliate", "technology", "distributor", "service"], [105, 60, 50, 40, 15, 30]
)
REGIONS = ("DACH", "Nordics", "Benelux", "Iberia", "France")
SEGMENTS = ("SMB", "Mid-market", "Enterprise")
MANAGERS = (
    "Inés Ortega", "Jonas Lindqvist", "Zoë de Vries", "François Petit", "Greta Weiß", "Tomás Ribeiro",
    "Aino Salo", "Katrin Müller", "Pieter Maes", "Léa Fontaine",
)  # fmt: skip
_FIRST_WORDS = (
    "Alder", "Bright", "Cobalt", "Dünen", "Ember", "Fjord", "Granit", "Harbour", "Iris", "Jura", "Kestrel", "Lumen",
    "Marée", "North", "Øster", "Prisma", "Quartz", "Rhône", "Sierra", "Tundra",
)  # fmt: skip
_SECOND_WORDS = (
    "Cloud", "Data", "Digital", "IT", "Logic", "Networks", "Partner", "Services", "Software", "Solutions", "Systems",
    "Tech", "Ventures", "Works", "Consulting",
)  # fmt: skip
_FORMS = {"DACH": "GmbH", "Nordics": "AB", "Benelux": "B.V.", "Iberia": "S.L.", "France": "SAS"}
_COUNTRIES = {"DACH": "DE", "Nordics": "SE", "Benelux": "NL", "Iberia": "ES", "France": "FR"}
PARTNERS = 300


def make_partners(world: World) -> None:
    """300 partners of all kinds: six in ten recruited before the two years, some gone before they end."""
    chance = world.chance("partners")
    for index in range(1, PARTNERS + 1):
        world.partners.append(_partner(chance, index, world.partners))
    for index, partner in enumerate(world.partners):
        name = f"{_FIRST_WORDS[index % 20]} {_SECOND_WORDS[index // 20]}"
        name += f', "{_FORMS[partner.region]}"' if index % 37 == 5 else f" {_FORMS[partner.region]}"
        capacity = "" if partner.last < FIRST else money(partner.strength * chance.between(20_000, 60_000) * 100)
        days = (day(each) for each in (partner.recruited, partner.onboarded, partner.activated, partner.terminated))
        about = (partner.kind, partner.tier, partner.region, partner.segment, partner.manager, partner.parent)
        world.add("partners", partner.id, name, *about, "EUR", *days, capacity)


def _partner(chance: Chance, index: int, before: list[Partner]) -> Partner:
    strength, care = chance.between(1, 9), chance.between(1, 9)
    recruited = FIRST - chance.between(1, 1_400) if chance.happens(62) else FIRST + chance.below(690)
    terminated = None
    if index % 60 == 7 and recruited < FIRST - 60:
        terminated = FIRST - chance.between(1, 40)
    elif chance.happens(14 - care) and recruited < LAST - 200:
        terminated = chance.between(max(FIRST, recruited) + 100, LAST)
    end = LAST if terminated is None else terminated
    onboarded = _until(end, recruited + chance.between(5, 70 - 4 * care)) if chance.happens(88) else None
    activated = (
        _until(end, onboarded + chance.between(5, 130 - 8 * strength)) if onboarded and chance.happens(82) else None
    )
    parents = [each.id for each in before if each.kind == "distributor" and each.terminated is None]
    return Partner(
        id=f"P{index:03d}",
        kind=chance.weighted(KINDS),
        tier="gold" if strength + care >= 14 else "silver" if strength + care >= 9 else "bronze",
        region=chance.pick(REGIONS),
        segment=chance.pick(SEGMENTS),
        manager=chance.pick(MANAGERS),
        parent=chance.pick(parents) if parents and chance.happens(12) else "",
        recruited=recruited,
        onboarded=onboarded,
        activated=activated,
        terminated=terminated,
        strength=strength,
        care=care,
    )


def _until(end: int, ordinal: int) -> int | None:
    return ordinal if ordinal <= end else None


def make_history(world: World) -> None:
    """Dated attributes; both days of a version are included, so that the next begins on the day after."""
    chance = world.chance("history")
    for partner in world.partners:
        tiers = [each for each in ("bronze", "silver", "gold") if each != partner.tier]
        _versions(world, chance, partner, "tier", partner.tier, chance.pick(tiers), 30)
        _versions(world, chance, partner, "manager", partner.manager, _other(chance, MANAGERS, partner.manager), 15)
        _versions(world, chance, partner, "region", partner.region, _other(chance, REGIONS, partner.region), 4)
        if partner.parent:
            world.add("partner_history", partner.id, "parent", day(partner.recruited), "", partner.parent)
        if partner.id[-1] in "37":
            _versions(world, chance, partner, "plan", "growth-2026", "standard", 60)
        if partner.terminated is not None:
            world.add(
                "partner_history", partner.id, "status", day(partner.recruited), day(partner.terminated), "active"
            )
            world.add("partner_history", partner.id, "status", day(partner.terminated + 1), "", "terminated")


def _versions(
    world: World, chance: Chance, partner: Partner, attribute: str, now: str, before: str, changed_per_cent: int
) -> None:
    start = partner.recruited
    if chance.happens(changed_per_cent) and partner.last - partner.first > 120:
        change = chance.between(partner.first + 30, partner.last - 30)
        world.add("partner_history", partner.id, attribute, day(start), day(change - 1), before)
        start = change
    world.add("partner_history", partner.id, attribute, day(start), "", now)


def _other(chance: Chance, choices: tuple[str, ...], now: str) -> str:
    return chance.pick([each for each in choices if each != now])


def make_payees(world: World) -> None:
    """One payee for each partner, and a second version where the bank account changed."""
    chance = world.chance("payees")
    for index, partner in enumerate(world.partners, 1):
        payee, country = f"Y{index:03d}", _COUNTRIES[partner.region]
        tax_form = day(LAST + chance.between(-200, 500)) if chance.happens(90) else ""
        rest = (country, f"Partage Demo {country}", tax_form, number(chance.pick([0, 0, 0, 0, 5, 15]), 2))
        hold = flag(chance.happens(4))
        start, supplier = partner.recruited, f"SUP-{10_000 + index}"
        if chance.happens(8) and partner.last - partner.first > 90:
            change = chance.between(partner.first + 30, partner.last)
            world.add(
                "payees", payee, partner.id, day(start), day(change - 1), supplier, f"ACCOUNT-{index}-A", *rest, hold
            )
            start = change
        world.add("payees", payee, partner.id, day(start), "", supplier, f"ACCOUNT-{index}-B", *rest, hold)


def make_equity(world: World) -> None:
    """Profit units, capital and retainers of the few partners that hold a stake in the program's joint venture."""
    chance = world.chance("equity")
    holders = [each for each in world.partners if each.kind in ("distributor", "service") and each.terminated is None][
        :24
    ]
    entry = 0
    for partner in holders:
        units = chance.between(5, 60) * 25
        world.add("units", partner.id, "phantom", day(partner.recruited), "", number(units, 1))
        if chance.happens(30):
            world.add("units", partner.id, "founder", day(partner.recruited), "", number(100, 1))
        world.add("salaries", partner.id, day(partner.recruited), "", money(chance.between(24, 60) * 100_000))
        opening = chance.between(50, 400) * 100_000
        movements = [("opening", partner.first, opening)]
        for _, start, end in quarters():
            if start > partner.first:
                movements.append(("profit", start, chance.between(1_000, 9_000) * 100))
                movements.append(("drawing", end - 1, -chance.between(500, 6_000) * 100))
        movements.append(("contribution", day_of(chance, partner), chance.between(10, 90) * 10_000))
        for kind, ordinal, amount in sorted(movements, key=lambda each: each[1]):
            entry += 1
            world.add("capital", f"K{entry:04d}", partner.id, day(ordinal), kind, money(amount))


def make_contacts(world: World) -> None:
    """Relationships by partner: personal, functional and strategic, some from before the two years."""
    chance = world.chance("contacts")
    for partner in world.present():
        for _ in range(chance.between(2, 6 + partner.care)):
            ordinal = chance.between(partner.recruited, partner.last)
            kind = chance.pick(["personal", "personal", "functional", "functional", "strategic"])
            contact = f"N{len(world.tables['contacts']) + 1:05d}"
            world.contacts.setdefault(partner.id, []).append((contact, ordinal))
            world.add("contacts", contact, partner.id, kind, day(ordinal))
