"""What holds for payout rules whatever the program: order, batches, returns, bounds, monotony, explanations.

Small programs and tables are generated as text and run in this process, end to end; each line of each run re-adds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st
from spine_stories import told, write

from rules.quantities.rounding import round_fraction

# Each example is a run or two of the whole engine: a twentieth of what the profile asks for is enough.
few = settings(max_examples=settings().max_examples // 10, suppress_health_check=list(HealthCheck))
DECIMALS = {"JPY": 0, "EUR": 2, "KWD": 3}


@dataclass(frozen=True)
class Deal:
    """A row that is paid: its key, partner, day of closing and amount in minor units."""

    key: str
    partner: str
    day: date
    minor: int


@dataclass(frozen=True)
class Back:
    """A return: of which deal, on which day, and how much of its amount."""

    deal: str
    day: date
    minor: int


def amount(minor: int, currency: str = "EUR") -> str:
    """Minor units as a cell: with the decimals of the currency."""
    decimals = DECIMALS[currency]
    digits = f"{abs(minor):0{decimals + 1}}"
    whole, part = (digits, "") if decimals == 0 else (digits[:-decimals], f".{digits[-decimals:]}")
    return f"{'-' if minor < 0 else ''}{whole}{part}"


def run(
    folder: Path,
    rules: str,
    deals: Sequence[Deal],
    month: str = "2026-04",
    returns: Sequence[Back] = (),
    currency: str = "EUR",
    credits: Sequence[tuple[str, str, str]] = (),
) -> dict[str, int]:
    """What each line of a month pays, by `partner rule key`; every line of it re-adds to what its partner is paid.

    `rules` are those of `payouts:`, and what follows them; `credits` are (deal, partner, role).
    """
    program = f"""program: Generated
currency: {currency}
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {{partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv, credits: credits.csv}}
payouts:
{rules}"""
    partners = sorted({"p", "q", "r", "nobody"})
    rows = [f"{each.key},{each.partner},{each.day},{amount(each.minor, currency)}" for each in deals]
    earners = [f"k{at},{','.join(each)}" for at, each in enumerate(credits)]
    events = [f"r{at:03},{each.deal},{each.day},{amount(each.minor, currency)}" for at, each in enumerate(returns)]
    tables: dict[str, str | bytes] = {
        "partners.csv": "\n".join(["partner_id", *partners, ""]).encode(),
        "deals.csv": "\n".join(["deal_id,partner_id,closed_on,amount", *rows, ""]).encode(),
        "credits.csv": "\n".join(["credit_id,deal_id,partner_id,role", *earners, ""]).encode(),
        "deal_events.csv": "\n".join(["event_id,deal_id,occurred_on,amount", *events, ""]).encode(),
    }
    with told(write(folder, program, tables), month) as story:
        for partner, paid in story.payouts().items():
            assert story.why(partner).value == paid
        found = [line.rsplit(" ", 1) for line in story.lines()]
        assert len({name for name, _ in found}) == len(found)
        assert sum(int(paid) for _, paid in found) == sum(story.payouts().values())
    return {name: int(paid) for name, paid in found}


def of(paid: dict[str, int], partner: str, name: str = "") -> int:
    """What the lines of one partner add up to, or those of one rule."""
    return sum(minor for line, minor in paid.items() if line.startswith(f"{partner} {name}"))


APRIL = date(2026, 4, 1)


@st.composite
def some_deals(draw: st.DrawFn, least: int = 0, most: int = 500_000, count: int = 8) -> list[Deal]:
    """Up to `count` deals of three partners in April, several on the same day."""
    rows = draw(st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 9), st.integers(least, most)), min_size=1,
                         max_size=count))  # fmt: skip
    return [Deal(f"d{at}", who, APRIL + timedelta(days=day), minor) for at, (who, day, minor) in enumerate(rows)]


@st.composite
def schedules(draw: st.DrawFn, is_rising: bool = False) -> tuple[str, str]:
    """A schedule of tiers and its method: `method: marginal, steps: [...]`; its values rise where it is asked for."""
    method = draw(st.sampled_from(["marginal", "whole"]))
    pays = draw(st.sampled_from(["rate", "amount"]))
    edges = sorted(draw(st.sets(st.integers(1, 4_000), min_size=1, max_size=3)))
    values = draw(st.lists(st.integers(0, 40), min_size=len(edges) + 1, max_size=len(edges) + 1))
    values = sorted(values) if is_rising else values
    shown = [f"{value}%" if pays == "rate" else str(value) for value in values]
    ends = [f"to: {edge}, " for edge in edges] + [""]
    steps = ", ".join(f"{{{end}{pays}: {value}}}" for end, value in zip(ends, shown, strict=True))
    jumps = method == "whole" or pays == "amount"
    edge = f", at_edge: {draw(st.sampled_from(['lower_tier', 'higher_tier']))}" if jumps else ""
    return f"method: {method}, steps: [{steps}]{edge}", method


@st.composite
def kinds(draw: st.DrawFn) -> str:
    """A kind as a program says it."""
    rate = f"rate: {draw(st.integers(0, 30))}/{draw(st.sampled_from([7, 100, 1000]))}"
    running = "accumulate: fiscal_year, order: [deals.closed_on]"
    schedule, _ = draw(schedules())
    return draw(st.sampled_from([rate, f"tiers: {{{schedule}}}", f"tiers: {{{schedule}, {running}}}"]))


def rule(kind: str, name: str = "commission", more: str = "") -> str:
    """A rule on the deals of a month."""
    return f"  {name}:\n    base: deals.amount\n    dated: deals.closed_on\n    {kind}\n{more}"


IN_ORDER = "    limits: [{at_most: LIMIT, per: WHO, over: OVER, cut: in_order, order: [deals.closed_on], last: LAST}]\n"
RETURNS = """    returns:
      back:
        for_each: deal_events
        base: deal_events.amount
        dated: deal_events.occurred_on
        tiers: METHOD
"""


@st.composite
def in_order_limits(draw: st.DrawFn, over: Sequence[str] = ("period", "fiscal_year", "ever")) -> tuple[str, int, str]:
    """A cap that is used up in order: its text, its minor units and whose it is."""
    cap, who = draw(st.integers(0, 2_000)), draw(st.sampled_from(["partner", "program"]))
    text = IN_ORDER.replace("LIMIT", str(cap)).replace("WHO", who).replace("OVER", draw(st.sampled_from(over)))
    return text.replace("LAST", draw(st.sampled_from(["partial", "none"]))), 100 * cap, who


@few
@given(some_deals(), st.lists(kinds(), min_size=2, max_size=3), in_order_limits(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(
    tmp_path: Path, deals: list[Deal], found: list[str], limit: tuple[str, int, str], chance: random.Random
) -> None:
    rules = "".join(rule(kind, f"rule_{at}", limit[0] if at == 0 else "") for at, kind in enumerate(found))
    rules += rule("rate: 1/3", "by_totals", "    rounding: {mode: half_up, cumulative: true}\n")
    rules += rule("rate: 1/3", "taken_back", RETURNS.replace("METHOD", "as_paid"))
    backs = [Back(deal.key, deal.day, deal.minor // 3) for deal in deals]
    paid = run(tmp_path, rules, deals, returns=backs)
    shuffled = chance.sample(deals, len(deals))
    assert run(tmp_path, rules, shuffled, returns=backs) == paid


@few
@given(some_deals(), schedules(), st.sampled_from(["partner", "program"]), in_order_limits(("fiscal_year", "ever")),
       st.integers(0, 8))  # fmt: skip
def test_rows_pay_the_same_in_one_period_and_in_two(
    tmp_path: Path, deals: list[Deal], schedule: tuple[str, str], per: str, limit: tuple[str, int, str], cut: int
) -> None:
    running = f"accumulate: fiscal_year, per: {per}, order: [deals.closed_on]"
    rules = rule(f"tiers: {{{schedule[0]}, {running}}}", more=limit[0])
    in_order = sorted(deals, key=lambda deal: (deal.day, deal.key))
    later = {deal.key for deal in in_order[cut:]}
    apart = [replace(deal, day=deal.day + timedelta(days=30 * (deal.key in later))) for deal in deals]
    two = run(tmp_path, rules, apart) | run(tmp_path, rules, apart, "2026-05")
    assert two == run(tmp_path, rules, deals)


@few
@given(
    some_deals(least=1), kinds(), st.lists(st.integers(1, 99), max_size=2), st.sampled_from(["", "    at_most: 20\n"])
)
def test_a_return_in_parts_of_all_that_was_sold_undoes_what_each_row_was_paid(
    tmp_path: Path, deals: list[Deal], kind: str, cuts: list[int], more: str
) -> None:
    rules = rule(kind, more=more + "    multipliers: {quality: 1.07}\n" + RETURNS.replace("METHOD", "as_paid"))
    backs = []
    for deal in deals:
        ends = [0, *sorted(deal.minor * part // 100 for part in cuts), deal.minor]
        backs += [Back(deal.key, date(2026, 4, 20), end - start) for start, end in pairwise(ends)]
    paid = run(tmp_path, rules, deals, returns=backs)
    for who in "pqr":
        assert of(paid, who) == 0


@few
@given(some_deals(), schedules(), st.booleans())
def test_all_that_was_sold_returned_highest_tier_first_leaves_nothing(
    tmp_path: Path, deals: list[Deal], schedule: tuple[str, str], is_next_month: bool
) -> None:
    """To the cent where no line has parts of one: amounts in whole hundreds, rates in whole percent."""
    sold = [replace(deal, minor=100 * deal.minor) for deal in deals]
    running = "accumulate: fiscal_year, order: [deals.closed_on]"
    rules = rule(f"tiers: {{{schedule[0]}, {running}}}", more=RETURNS.replace("METHOD", "highest_first"))
    backs = [Back(deal.key, date(2026, 5 if is_next_month else 4, 20), deal.minor) for deal in sold]
    paid = list(run(tmp_path, rules, sold, returns=backs).values())
    paid += run(tmp_path, rules, sold, "2026-05", backs).values() if is_next_month else []
    assert sum(paid) == 0


@few
@given(some_deals(), kinds(), in_order_limits(), st.sampled_from(["in_order", "pro_rata"]))
def test_a_cap_holds_and_pays_nobody_more(
    tmp_path: Path, deals: list[Deal], kind: str, limit: tuple[str, int, str], cut: str
) -> None:
    text, cap, who = limit
    if cut == "pro_rata":
        text = f"    limits: [{{at_most: {cap // 100}, per: {who}, over: period, cut: pro_rata}}]\n"
    paid = run(tmp_path, rule(kind, "capped", text) + rule(kind, "due"), deals)
    for deal in deals:
        entitled = paid[f"{deal.partner} due {deal.key}"]
        assert min(entitled, 0) <= paid[f"{deal.partner} capped {deal.key}"] <= max(entitled, 0)
    has_falls = any(minor < 0 for minor in paid.values())
    for partners in ["p", "q", "r"] if who == "partner" else ["pqr"]:
        total, entitled = (sum(of(paid, partner, name) for partner in partners) for name in ("capped", "due"))
        assert total <= cap
        if cut == "pro_rata" and not has_falls:
            assert total == min(entitled, cap)


@few
@given(some_deals(), some_deals(), st.integers(1, 400))
def test_a_bank_pays_within_the_cap_and_in_the_end_all_that_was_due(
    tmp_path: Path, april: list[Deal], may: list[Deal], cap: int
) -> None:
    deals = april + [replace(deal, key=f"m{deal.key}", day=deal.day + timedelta(days=30)) for deal in may]
    bank = f"    limits: [{{at_most: {cap}, over: period, cut: pro_rata, excess: banked}}]\n"
    rules = rule("rate: 1/9", "banked", bank) + rule("rate: 1/9", "due")
    owed = dict.fromkeys("pqr", 0)
    for month in ("2026-04", "2026-05", "2026-06"):
        paid = run(tmp_path, rules, deals, month)
        for who in owed:
            owed[who] += of(paid, who, "due")
            assert of(paid, who, "banked") == min(owed[who], 100 * cap)
            owed[who] -= of(paid, who, "banked")


@few
@given(some_deals(), kinds(), st.integers(0, 300), st.integers(0, 700))
def test_the_bounds_of_a_line_and_the_floor_of_a_partner_hold(
    tmp_path: Path, deals: list[Deal], kind: str, low: int, more: int
) -> None:
    rules = rule(kind, "due") + rule(kind, "bounded", f"    at_least: {low}\n    at_most: {low + more}\n")
    paid = run(tmp_path, rules + rule(kind, "floored", f"    limits: [{{at_least: {low}}}]\n"), deals)
    for deal in deals:
        assert 100 * low <= paid[f"{deal.partner} bounded {deal.key}"] <= 100 * (low + more)
    for who in {deal.partner for deal in deals}:
        assert of(paid, who, "floored") == max(of(paid, who, "due"), 100 * low)
    assert of(paid, "nobody") == 0


@few
@given(st.lists(st.integers(0, 600_000), min_size=2, max_size=10), schedules(is_rising=True))
def test_who_sells_more_is_never_paid_less_by_rising_tiers(
    tmp_path: Path, amounts: list[int], schedule: tuple[str, str]
) -> None:
    deals = [Deal(f"d{at:02}", "p", APRIL, minor) for at, minor in enumerate(sorted(amounts))]
    paid = run(tmp_path, rule(f"tiers: {{{schedule[0]}}}"), deals)
    in_order = [paid[f"p commission {deal.key}"] for deal in deals]
    assert in_order == sorted(in_order)


@few
@given(st.sampled_from(sorted(DECIMALS)), st.lists(st.integers(-10**9, 10**9), min_size=1, max_size=6),
       st.integers(0, 100), st.sampled_from([1, 7, 100, 10_000]))  # fmt: skip
def test_a_rate_is_rounded_half_up_to_the_minor_unit_of_any_currency(
    tmp_path: Path, currency: str, amounts: list[int], above: int, below: int
) -> None:
    deals = [Deal(f"d{at}", "p", APRIL, minor) for at, minor in enumerate(amounts)]
    edge = Fraction(10**6, 10 ** DECIMALS[currency])  # a million minor units, in major ones
    rules = rule(f"rate: {above}/{below}") + rule(
        f"tiers: {{method: marginal, steps: [{{to: {edge}, rate: 0%}}, {{rate: {above}/{below}}}]}}", "beyond"
    )
    paid = run(tmp_path, rules, deals, currency=currency)
    rate = Fraction(above, below)
    for deal in deals:
        assert paid[f"p commission {deal.key}"] == round_fraction(rate * deal.minor)
        assert paid[f"p beyond {deal.key}"] == round_fraction(rate * max(deal.minor - 10**6, 0))


SHARES = {"sourced": Fraction(5, 9), "influenced": Fraction(3, 10)}


@few
@given(
    some_deals(),
    st.dictionaries(st.sampled_from("pqr"), st.sampled_from(sorted(SHARES)), min_size=1),
    st.integers(0, 100),
    st.sampled_from([7, 100]),
)
def test_the_lines_of_a_shared_deal_add_up_to_the_rounded_whole(
    tmp_path: Path, deals: list[Deal], roles: dict[str, str], above: int, below: int
) -> None:
    credits = [(deal.key, partner, role) for deal in deals for partner, role in roles.items()]
    written = ", ".join(f"{role}: {share}" for role, share in SHARES.items())
    rules = rule(f"rate: {above}/{below}", more="    credit: sales\n")
    rules += f"credit: {{sales: {{of: deals, from: {{roles: {{{written}}}}}}}}}\n"
    paid = run(tmp_path, rules, deals, credits=credits)
    held = sum((SHARES[role] for role in set(roles.values())), Fraction(0))
    for deal in deals:
        lines = [minor for name, minor in paid.items() if name.endswith(f" {deal.key}")]
        assert sum(lines) == round_fraction(Fraction(above, below) * held * deal.minor)
    backs = [Back(deal.key, date(2026, 4, 20), deal.minor) for deal in deals]
    rules = rules.replace("    credit: sales\n", "    credit: sales\n" + RETURNS.replace("METHOD", "as_paid"))
    returned = run(tmp_path, rules, deals, returns=backs, credits=credits)
    assert [of(returned, partner) for partner in "pqr"] == [0, 0, 0]
