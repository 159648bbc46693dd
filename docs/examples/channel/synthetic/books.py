"""Books and goals of the company: costs, results, adjustments, terms, targets, benchmarks, markets, rates, holidays."""

from __future__ import annotations

from synthetic.chance import FIRST, day, money, months, number, quarters
from synthetic.people import REGIONS, SEGMENTS
from synthetic.world import Partner, World

_CATEGORIES = ("acquisition", "retention", "support", "training", "development")
_CHANNELS = ("reseller", "referral", "affiliate", "technology", "distributor", "service", "direct")
# KPI, its level per point of a partner's trait (scaled by 10^decimals), decimals, whether of strength or care.
_GOALS = (
    ("partner_sourced_revenue", 1_500_000, 2, "strength"), ("client_acquisition", 1, 0, "strength"),
    ("partner_leads", 2, 0, "strength"), ("partners_trained", 1, 0, "care"), ("deal_close_rate", 6, 2, "care"),
    ("partner_satisfaction", 9, 2, "care"),
)  # fmt: skip
_BENCHMARKS = (
    ("deal_close_rate", 30, 2), ("lead_conversion_rate", 12, 2), ("average_deal_size", 900_000, 2),
    ("sales_cycle_days", 60, 0), ("partner_nps", 30, 0), ("client_retention_rate", 80, 2),
    ("training_completion_rate", 60, 2), ("reply_conversion_rate", 50, 2), ("partner_revenue", 4_000_000, 2),
    ("onboarding_rate", 75, 2),
)  # fmt: skip
_RATES = {"USD": 92_000, "GBP": 117_000, "CHF": 105_000}  # made up: the walk starts here, in hundred-thousandths
_FIXED = {
    "DE": ("01-01", "05-01", "10-03", "12-25", "12-26"), "AT": ("01-01", "01-06", "05-01", "08-15", "10-26", "12-25"),
    "FR": ("01-01", "05-01", "05-08", "07-14", "08-15", "11-11", "12-25"), "NL": ("01-01", "04-27", "12-25", "12-26"),
    "ES": ("01-01", "01-06", "05-01", "08-15", "10-12", "12-25"), "SE": ("01-01", "01-06", "05-01", "06-06", "12-25"),
}  # fmt: skip
_EASTER_MONDAYS = ("2025-04-21", "2026-04-06")


def make_costs(world: World) -> None:
    """Costs by partner and quarter, and the program's own by month; incentives were booked as costs until 2025 only."""
    chance = world.chance("costs")
    found: list[tuple[int, tuple[str, str, str, int]]] = []
    for partner in world.present():
        for _, start, end in quarters():
            first, last = max(start, partner.first), min(end - 1, partner.last)
            if first > last:
                continue
            for category in chance.some(_CATEGORIES, chance.between(1, 3)):
                amount = chance.between(10, 90) * (4 + partner.strength) * 2_000
                found.append((chance.between(first, last), (partner.id, partner.kind, category, amount)))
            if end <= FIRST + 365 and chance.happens(35):
                found.append((last, (partner.id, partner.kind, "incentive", chance.between(5, 80) * 5_000)))
    for _, start, end in months():
        for channel in _CHANNELS:
            found.append(
                (chance.between(start, end - 1), ("", channel, "acquisition", chance.between(30, 200) * 10_000))
            )
        found.append((end - 1, ("", "", "overhead", chance.between(200, 300) * 10_000)))
    found.sort(key=lambda each: each[0])
    for index, (incurred, (partner_id, channel, category, amount)) in enumerate(found, 1):
        world.add("costs", f"V{index:05d}", partner_id, channel, day(incurred), category, money(amount))


def make_results(world: World) -> None:
    """The program's monthly profit and loss, and what strategic partners are worth to the company by account."""
    chance = world.chance("results")
    accounts = {
        "revenue": 90_000_000,
        "cost_of_sales": -38_000_000,
        "staff": -21_000_000,
        "marketing": -6_000_000,
        "other": -3_000_000,
    }
    for month, _, _ in months():
        for account, level in accounts.items():
            world.add("results", "company", month, account, money(level * chance.between(90, 115) // 100))
    for partner in world.present():
        if partner.kind not in ("technology", "distributor") or partner.care < 5:
            continue
        for month, start, _ in months():
            if partner.alive(start) and chance.happens(40):
                world.add("results", partner.id, month, "cost_savings", money(chance.between(5, 90) * 10_000))
                if chance.happens(50):
                    world.add("results", partner.id, month, "promotional_value", money(chance.between(2, 40) * 10_000))


def make_adjustments(world: World) -> None:
    """Manual lines: corrections, disputes settled, goodwill; some refer to an earlier one."""
    chance = world.chance("adjustments")
    names = [(name, start) for name, start, _ in quarters()]
    reasons = [
        "dispute settled",
        "rate typed wrongly",
        "goodwill, agreed by phone",
        "deal credited to the wrong partner",
        "rounding",
    ]
    for index in range(1, 141):
        period, start = chance.pick(names)
        alive = [each for each in world.present() if each.alive(start)]
        amount = money(chance.between(5, 900) * 1_000 * chance.pick([1, 1, -1]))
        evidence = f"TICKET-{4_000 + index}" if chance.happens(80) else ""
        refers = f"Z{chance.between(1, index - 1):04d}" if index > 10 and chance.happens(15) else ""
        about = (period, chance.pick(["commission", "bonus", "mdf"]), amount, chance.pick(reasons), evidence, refers)
        world.add("adjustments", f"Z{index:04d}", chance.pick(alive).id, *about)


def make_terms(world: World) -> None:
    """Rates agreed with one partner: for everything, for one product, or for one deal."""
    chance = world.chance("terms")
    for partner in world.partners:
        if not chance.happens(65):
            continue
        reference = f"CT-{partner.id[1:]}"
        accepted = day(partner.recruited + chance.between(0, 20))
        start = day(partner.recruited)
        rate = chance.between(8, 30) * 5
        if partner.recruited < FIRST and partner.alive(FIRST + 365) and chance.happens(50):
            _term(world, partner, "", "", start, day(FIRST + 364), rate, f"{reference}-1", accepted)
            _term(world, partner, "", "", day(FIRST + 365), "", rate + chance.pick([-5, 5, 10]), f"{reference}-2", "")
        else:
            _term(world, partner, "", "", start, "", rate, f"{reference}-1", accepted)
        if chance.happens(25):
            _term(
                world, partner, chance.pick(["Atlas", "Beacon"]), "", start, "", rate + 20, f"{reference}-P", accepted
            )
    dealt = [each for each in world.deals if each.partner is not None and each.status == "won"]
    for deal in sorted(chance.some(dealt, 40), key=lambda each: each.id):
        assert deal.partner is not None
        reference, start = f"CT-{deal.id}", day(deal.opened)
        _term(world, deal.partner, "", deal.id, start, "", chance.between(2, 12) * 5, reference, start)


def _term(
    world: World,
    partner: Partner,
    product: str,
    deal: str,
    start: str,
    end: str,
    rate: int,
    reference: str,
    accepted: str,
) -> None:
    cells = (product, deal, start, end, number(rate, 3), reference, accepted)
    world.add("terms", partner.id, "commission_rate", *cells)


def make_targets(world: World) -> None:
    """Goals by partner and quarter of 2026, by partner for the year 2025, and of the program; some were revised."""
    chance = world.chance("targets")
    year = [("2025", FIRST, FIRST + 365)]
    for partner in world.present():
        for period, start, _ in [each for each in quarters() if each[0].startswith("2026")] + year:
            if not partner.alive(max(start, FIRST)):
                continue
            for kpi, level, decimals, trait in chance.some(_GOALS, 4):
                goal = level * getattr(partner, trait) * chance.between(8, 12) // 10 + level
                _target(
                    world, partner.id, "partner", kpi, period, number(goal, decimals), 1, start - 20, partner.manager
                )
                if chance.happens(3):
                    revised = number(goal * 9 // 10 + 1, decimals)
                    _target(world, partner.id, "partner", kpi, period, revised, 2, start + 30, partner.manager)
    for period, start, _ in quarters():
        for kpi, level, decimals, _trait in _GOALS:
            goal = level * 12 if decimals == 2 and level < 100 else level * 900
            _target(world, "", "program", kpi, period, number(goal, decimals), 1, start - 30, "Board")


def _target(
    world: World, partner: str, scope: str, kpi: str, period: str, goal: str, version: int, set_on: int, set_by: str
) -> None:
    id_ = f"U{len(world.tables['targets']) + 1:05d}"
    world.add("targets", id_, partner, scope, "", kpi, period, goal, str(version), day(set_on), set_by)


def make_yardsticks(world: World) -> None:
    """Benchmarks of a made-up industry survey, and the addressable markets; nobody has a partner in Italy."""
    chance = world.chance("yardsticks")
    for kpi, level, decimals in _BENCHMARKS:
        for segment in SEGMENTS:
            for period in ("2025", "2026"):
                middle = level * chance.between(85, 115) // 100
                quartiles = (middle * 7 // 10, middle, middle * 13 // 10)
                world.add("benchmarks", kpi, segment, period, *(number(each, decimals) for each in quartiles))
    for region in (*REGIONS, "Italy"):
        for segment in SEGMENTS:
            potential = chance.between(300, 9_000)
            for valid_from in ("2024-01-01", "2026-01-01"):
                world.add("markets", region, segment, valid_from, str(potential))
                potential = potential * chance.between(95, 112) // 100


def make_calendars(world: World) -> None:
    """Made-up exchange rates (spot by day, average and closing by month) and a selection of bank holidays."""
    chance = world.chance("calendars")
    for currency, start_rate in _RATES.items():
        rate = start_rate
        for _, start, end in months():
            spots = []
            for ordinal in range(start, end):
                rate += chance.between(-260, 260)
                spots.append(rate)
                world.add("fx_rates", currency, "EUR", "spot", day(ordinal), number(rate, 5))
            world.add("fx_rates", currency, "EUR", "average", day(end - 1), number(sum(spots) // len(spots), 5))
            world.add("fx_rates", currency, "EUR", "closing", day(end - 1), number(spots[-1], 5))
    for country, fixed in _FIXED.items():
        days = [f"{year}-{each}" for year in (2025, 2026) for each in fixed]
        for each in sorted(days + ([] if country == "ES" else list(_EASTER_MONDAYS))):
            world.add("holidays", country, each)
