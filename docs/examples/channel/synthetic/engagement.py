"""Relationship and enablement: training, activities of every kind by both sides, surveys of partners and customers."""

from __future__ import annotations

from synthetic.chance import FIRST, LAST, Chance, Weighted, day, flag, number
from synthetic.world import Partner, World, by_trait, day_of

ACTIVITIES = 34_000
COURSES = ("Atlas Basics", "Atlas Expert", "Beacon Basics", "Sales Method", "Security, Level 1", "Support Desk")
_KINDS = Weighted(
    [
        "message", "follow_up", "meeting", "demo", "event", "training_session", "portal_visit", "content_view",
        "social_like", "social_comment", "social_share", "case_study", "testimonial", "promotion", "referral_invite",
        "product_use", "joint_project",
    ],
    [260, 90, 70, 30, 25, 20, 150, 90, 60, 25, 25, 8, 7, 15, 25, 40, 8],
)  # fmt: skip
_BY_COMPANY = {"follow_up": 75, "message": 55, "training_session": 80, "event": 40, "meeting": 50, "demo": 30}
_WITH_CAMPAIGN = {"message", "content_view", "social_like", "social_comment", "social_share", "promotion", "event"}
_WITH_MINUTES = {"meeting", "demo", "training_session", "portal_visit", "content_view", "product_use"}
_WITH_QUANTITY = {"social_like", "social_comment", "social_share", "content_view", "referral_invite"}
_QUESTIONS = ("nps", "satisfaction", "support", "alignment", "communication", "integration", "brand_fit")


def make_training(world: World) -> None:
    """People of partners on courses: completed sooner where the partner cares, certified or not, or never completed."""
    chance = world.chance("training")
    for partner in world.present():
        for person in range(1, chance.between(1, 3 + partner.care // 2) + 1):
            for course in chance.some(COURSES, chance.between(1, 4)):
                enrolled = day_of(chance, partner)
                done: int | None = enrolled + chance.between(3, 100 - 8 * partner.care)
                if done is not None and (done > partner.last or not chance.happens(45 + 5 * partner.care)):
                    done = None
                certified = done is not None and chance.happens(60)
                expires = day(done + chance.pick([365, 730])) if done is not None and certified else ""
                cells = (f"{partner.id}-{person:02d}", course, day(enrolled), day(done), flag(certified), expires)
                world.add("training", partner.id, *cells)


def make_activities(world: World) -> None:
    """What happened with partners; a reply names the message that it answers, and how long that took."""
    chance = world.chance("activities")
    partners = by_trait([each for each in world.present() if each.last - each.first > 60], "care", 1)
    found: list[tuple[int, int, int, tuple[str, ...]]] = []  # day, order, the message answered, cells
    while len(found) < world.scaled(ACTIVITIES):
        partner, kind = chance.weighted(partners), chance.weighted(_KINDS)
        occurred = day_of(chance, partner)
        by = "company" if chance.happens(_BY_COMPANY.get(kind, 0)) else "partner"
        at = len(found)
        known = [id_ for id_, since in world.contacts.get(partner.id, []) if since <= occurred]
        contact = known[chance.below(len(known)) * chance.below(2)] if known and chance.happens(30) else ""
        found.append((occurred, at, -1, _cells(world, chance, partner, kind, by, occurred, contact)))
        if kind == "message" and chance.happens(25 + 6 * partner.care):
            minutes = chance.between(4, 300) * (11 - partner.care if by == "company" else chance.between(1, 4))
            replied = occurred + minutes // 600
            if replied <= partner.last:
                other = "partner" if by == "company" else "company"
                reply = (partner.id, "", contact, "", day(replied), other, "reply", number(minutes, 0), "", "")
                found.append((replied, at + 1, at, reply))
    _write(world, found)


def _write(world: World, found: list[tuple[int, int, int, tuple[str, ...]]]) -> None:
    order = sorted(range(len(found)), key=lambda index: found[index][:2])
    ids = {index: f"A{position:06d}" for position, index in enumerate(order, 1)}
    for index in order:
        _, _, answered, cells = found[index]
        world.add("activities", ids[index], *cells[:7], ids[answered] if answered >= 0 else "", *cells[7:])


def _cells(
    world: World, chance: Chance, partner: Partner, kind: str, by: str, occurred: int, contact: str
) -> tuple[str, ...]:
    customer = campaign = quantity = minutes = ""
    if kind in ("referral_invite", "joint_project", "case_study", "demo") and chance.happens(50):
        active = [each.id for each in world.by_partner.get(partner.id, []) if each.acquired <= occurred <= each.last]
        customer = chance.pick(active) if active else ""
    if kind in _WITH_CAMPAIGN and chance.happens(45):
        own = world.campaigns_on(partner, occurred, 30)
        campaign = chance.pick(own) if own else ""
    if kind in _WITH_QUANTITY:
        quantity = str(chance.between(1, 3 + partner.care))
    if kind in _WITH_MINUTES:
        minutes = number(chance.between(2, 240) * 5, 1)
    return partner.id, customer, contact, campaign, day(occurred), by, kind, "", quantity, minutes


def make_surveys(world: World) -> None:
    """Quarterly answers of partners' people, and of customers about their partner; NPS from 0 to 10, else 1 to 5."""
    chance = world.chance("surveys")
    integrations: dict[str, list[tuple[str, int]]] = {}
    for integration, partner, launched in world.integrations:
        integrations.setdefault(partner.id, []).append((integration, launched))
    for partner in world.present():
        for start in range(FIRST + 60, LAST - 30, 91):
            for person in range(1, chance.between(1, 2) + 1):
                answered = start + chance.below(28)
                if partner.alive(answered) and chance.happens(55):
                    own = [id_ for id_, since in integrations.get(partner.id, []) if since < answered]
                    _answers(world, chance, partner, f"{partner.id}-{person:02d}", answered, own)
    for customer in chance.some(world.customers, world.scaled(1_900)):
        answered = chance.between(max(FIRST, customer.acquired), max(customer.last, customer.acquired))
        care = customer.partner.care if customer.partner else 6
        owner = customer.partner.id if customer.partner else ""
        for question in ("nps", "satisfaction", "customer_benefit", "brand_fit"):
            if chance.happens(75):
                score = _score(chance, question, care)
                _answer(world, f"{customer.id}-01", owner, customer.id, "", answered, question, score)


def _answers(world: World, chance: Chance, partner: Partner, respondent: str, answered: int, own: list[str]) -> None:
    for question in _QUESTIONS:
        integration = chance.pick(own) if question == "integration" and own else ""
        if (question != "integration" or own) and chance.happens(85):
            score = _score(chance, question, partner.care)
            _answer(world, respondent, partner.id, "", integration, answered, question, score)
            if question == "nps" and chance.happens(5):  # asked again in the same quarter: the latest counts
                again = _score(chance, question, partner.care)
                _answer(world, respondent, partner.id, "", "", min(answered + 3, partner.last), question, again)


def _score(chance: Chance, question: str, care: int) -> str:
    if question == "nps":
        return str(min(10, chance.between(3, 7) + chance.between(0, care + 1) * 3 // 5))
    return number(min(50, chance.between(4, 8) * 5 + chance.between(0, care) * 5 // 2 // 5 * 5), 1)


def _answer(
    world: World,
    respondent: str,
    partner: str,
    customer: str,
    integration: str,
    answered: int,
    question: str,
    score: str,
) -> None:
    id_ = f"S{len(world.tables['surveys']) + 1:06d}"
    world.add("surveys", id_, respondent, partner, customer, integration, day(answered), question, score)
