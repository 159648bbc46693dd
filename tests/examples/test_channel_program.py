"""The channel example's plan: every rule pays, splits and caps hold, and nine rules, the pool and the balances agree
with the rows read by hand.

What is worked out by hand is written from the words of the program, in plain Python over the CSV files, and calls
nothing of the engine. Scores are taken as the run has them, and what balances start from is what was earned.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from channel_run import BALANCES, NOW, PAGE, PROGRAM, QUARTERS, Shown, make, shown
from plain_balances import Earned, Rolled, roll
from plain_channel import (
    Quarter,
    Tables,
    commission,
    later,
    minor,
    months_on,
    profit_share,
    rounded,
    volume_rebate,
    withheld,
)

from engine.acts.calculate import all_fates
from engine.explain import explain

YEAR = "2026-01-01"
# A fiftieth of the rows never makes 5 million: what the pool asks for is a hundredth there.
SMALL = PROGRAM.replace("EUR 5_000_000", "EUR 50_000").replace("at_least: EUR 500,", "at_least: EUR 5,")


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with shown(make(tmp_path_factory.mktemp("channel"), "1"), NOW.name) as found:
        yield found


def in_quarter(day: str) -> bool:
    return NOW.first <= day <= NOW.last


# --- the run as a whole -----------------------------------------------------------------------------------------------


def test_the_page_tells_every_rule_and_each_pays_somebody(channel: Shown) -> None:
    told = re.findall(r"^\| [^|]*\| ((?:`\w+`(?:, )?)+) \|", PAGE.split("## The plan")[1], re.MULTILINE)
    names = [name for each in told for name in re.findall(r"\w+", each)]
    assert sorted(names) == sorted(channel.run.components)
    assert "twenty-two rules, a pool and three balances" in PAGE
    assert (len(names), tuple(names[-4:])) == (22 + 1 + 3, ("profit_share", *BALANCES))
    assert [name for name in names if not channel.paid(name)] == ["shortfall"]  # nobody is below zero


def test_every_kind_of_partner_is_paid(channel: Shown) -> None:
    paid = {line.partner for line in channel.lines if line.amount_minor > 0}
    kinds = ("reseller", "referral", "affiliate", "technology", "distributor", "service")
    assert [kind for kind in kinds if not channel.partners(kind) & paid] == []


def test_the_lines_add_up_to_the_register(channel: Shown) -> None:
    sums: dict[str, int] = defaultdict(int)
    for line in channel.lines:
        sums[line.partner] += line.amount_minor
    assert {partner: amount for partner, amount in channel.payouts.items() if amount} == {
        partner: amount for partner, amount in sums.items() if amount
    }
    assert set(channel.payouts) == channel.partners() | channel.in_banks(NOW)


def test_the_fates_of_all_rows_add_up_to_the_files(channel: Shown) -> None:
    fates: dict[str, int] = defaultdict(int)
    for fate in all_fates(channel.plan, channel.sheet, channel.facts, channel.period):
        fates[fate.table] += fate.rows
    assert dict(fates) == {table: len(channel.rows(table)) for table in fates}
    assert channel.facts.rejected == ()  # they are clean


def test_an_explanation_of_every_rule_comes_to_what_was_paid(channel: Shown) -> None:
    for component in sorted({line.component for line in channel.lines}):
        lines: dict[str, int] = defaultdict(int)
        for line in channel.of(component):
            lines[line.partner] += 1
        paid = channel.paid(component)
        partner = min(paid, key=lambda each: (lines[each], each))
        told = explain(channel.plan, channel.sheet, channel.facts.snapshot, partner, component)
        assert told.value == paid[partner], component


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path / "there", "0.02", SMALL)
    turned = tmp_path / "here"
    shutil.copytree(folder, turned)
    for path in (turned / "data").glob("*.csv"):
        header, *rows = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join([header, *reversed(rows)]), "utf-8")
    with shown(folder, "2025-Q2") as one, shown(turned, "2025-Q2") as other:
        assert one.lines == other.lines


# --- splits, caps and budgets -----------------------------------------------------------------------------------------


def test_a_project_shared_by_partners_pays_its_whole_bonus(channel: Shown) -> None:
    paid: dict[str, int] = defaultdict(int)
    for line in channel.of("delivery_bonus"):
        paid[line.key] += line.amount_minor
    able = channel.partners()
    workers: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for row in channel.rows("credits"):
        if row["role"] == "worked":
            workers[row["project_id"]][row["partner_id"]] = Fraction(row["share"])
    for row in channel.rows("projects"):
        in_time = bool(row["completed_on"]) and row["completed_on"] <= row["due_on"]
        if in_time and in_quarter(row["completed_on"]):
            shares = workers[row["project_id"]]
            assert sum(shares.values()) == 1
            assert paid.pop(row["project_id"], 0) == 400_00 * sum(shares[each] for each in shares if each in able)
    assert paid == {}


def test_no_deal_is_credited_beyond_the_cap(channel: Shown) -> None:
    """Commission is at most 9 % of the 40,000.00 that are credited of one deal."""
    by_deal: dict[str, int] = defaultdict(int)
    for line in channel.of("commission"):
        by_deal[line.key] += line.amount_minor
    assert max(by_deal.values()) <= 3_600_00
    deals = channel.by_key("deals")
    assert any(minor(deals[key]["annual_value"]) > 40_000_00 for key in by_deal if key in deals)


def test_caps_floors_and_the_budget_hold(channel: Shown) -> None:
    assert max(channel.paid("expansion").values()) == 4_000_00
    assert max(channel.paid("service_fee").values()) == 400_00
    assert max(channel.paid("api_fee").values()) == 500_00
    assert min(channel.paid("marketplace_share").values()) == 50_00
    assert min(channel.paid("platform_fee").values()) >= -250_00
    assert sum(channel.paid("launch_spif").values()) == 4_000_00
    assert sum(channel.paid("contest").values()) == 9_000_00


def test_the_budget_is_spent_in_the_order_of_closing(channel: Shown) -> None:
    deals = channel.by_key("deals")
    order = sorted(channel.of("launch_spif"), key=lambda line: (deals[line.key]["closed_on"], line.key))
    assert [line.amount_minor for line in order] == [150_00] * 26 + [100_00] + [0] * (len(order) - 27)
    assert all("2026-04-15" <= deals[line.key]["closed_on"] <= NOW.last for line in order)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_certificates_by_hand(channel: Shown) -> None:
    """200.00 for each, at most 1,000.00 in the fiscal year."""
    before: dict[str, int] = defaultdict(int)
    now: dict[str, int] = defaultdict(int)
    able = channel.partners()
    for row in channel.rows("training"):
        if row["certified"] == "true" and row["partner_id"] in able and YEAR <= row["completed_on"] <= NOW.last:
            (now if in_quarter(row["completed_on"]) else before)[row["partner_id"]] += 200_00
    due = {each: min(now[each], max(1_000_00 - before[each], 0)) for each in now}
    assert channel.paid("certification") == {each: amount for each, amount in due.items() if amount}


def test_billable_hours_by_hand(channel: Shown) -> None:
    """6.50 for each hour to the nearest 0.05, at most 400.00 for a partner."""
    due: dict[str, int] = defaultdict(int)
    able = channel.partners("service")
    for row in channel.rows("hours"):
        if row["billable"] == "true" and row["partner_id"] in able and in_quarter(row["worked_on"]):
            due[row["partner_id"]] += 5 * rounded(Fraction(row["hours"]) * 650 / 5)
    assert channel.paid("service_fee") == {each: min(amount, 400_00) for each, amount in due.items()}


def test_affiliates_share_of_recurring_revenue_by_hand(channel: Shown) -> None:
    """15 % of each month's recurring revenue in a customer's first year, half of that in its second half."""
    customers, able = channel.by_key("customers"), channel.partners("affiliate")
    due: dict[str, int] = defaultdict(int)
    for row in channel.rows("subscriptions"):
        acquired = customers[row["customer_id"]]["acquired_on"]
        first = tuple(map(int, row["month"].split("-")))
        if row["partner_id"] not in able or not in_quarter(row["month"]) or first >= months_on(acquired, 12):
            continue
        part = Fraction(1, 2) if first >= months_on(acquired, 6) else 1
        due[row["partner_id"]] += rounded(minor(row["mrr"]) * Fraction(15, 100) * part)
    assert channel.paid("affiliate_share") == due


def test_referral_fees_and_their_clawback_by_hand(channel: Shown) -> None:
    """10 % of the first year's value, 100.00 to 1,500.00, after thirty days; taken back if the customer leaves within
    ninety."""
    deals, customers, able = channel.by_key("deals"), channel.by_key("customers"), channel.partners("referral")
    due: dict[str, int] = defaultdict(int)
    taken = 0
    for row in channel.rows("leads"):
        if row["source"] != "referral" or row["partner_id"] not in able or not row["converted_on"]:
            continue
        exact = minor(deals[row["deal_id"]]["annual_value"]) * Fraction(1, 10)
        fee = rounded(min(max(exact, Fraction(100_00)), Fraction(1_500_00)))
        counts = later(row["converted_on"], 30)
        if in_quarter(counts):
            due[row["partner_id"]] += fee
        left = customers[row["customer_id"]]["churned_on"]
        if left and left < later(row["converted_on"], 90) and in_quarter(max(left, counts)):
            due[row["partner_id"]] -= fee
            taken += 1
    assert channel.paid("referral_fee") == {each: amount for each, amount in due.items() if amount}
    assert taken


def owed(channel: Shown, component: str, each: Quarter) -> dict[str, int]:
    """What the lines of a deal or of a return come to in a quarter, by its key."""
    sheet, found = channel.sheet_of(each), defaultdict[str, int](int)
    for name in (f"{component}.lines", f"{component}.returns.reversal.lines"):
        for key, line in zip(sheet.frames[sheet.frame_of[name]].keys, sheet.columns[name].fractions(), strict=True):
            found[str(key)] += int(line or 0)
    return {key: amount for key, amount in found.items() if amount}


@pytest.mark.parametrize("each", QUARTERS, ids=lambda each: each.name)
@pytest.mark.parametrize("rule", [commission, volume_rebate], ids=lambda rule: rule.__name__)
def test_running_tiers_and_what_comes_back_by_hand(
    channel: Shown, rule: Callable[[Tables, Quarter], Mapping[str, int]], each: Quarter
) -> None:
    """Each deal's lines add up to its rounded amount; those of an event that takes it back, to what the lines that it
    empties were rounded to."""
    due = {key: amount for key, amount in rule(channel, each).items() if amount}
    assert owed(channel, rule.__name__, each) == due


def test_what_comes_back_falls_from_the_tiers_of_its_own_year(channel: Shown) -> None:
    deals, events = channel.by_key("deals"), channel.by_key("deal_events")
    back = {key for each in QUARTERS for key, amount in commission(channel, each).items() if key in events and amount}
    years = {(deals[events[key]["deal_id"]]["closed_on"][:4], events[key]["occurred_on"][:4]) for key in back}
    assert years == {("2025", "2025"), ("2025", "2026"), ("2026", "2026")}


@pytest.mark.parametrize("each", QUARTERS, ids=lambda each: each.name)
def test_fee_and_tax_by_hand(channel: Shown, each: Quarter) -> None:
    """2 % of five components, of which no more than 250.00 is taken; then the tax that is withheld of what is left."""
    of = ("commission", "renewals", "expansion", "affiliate_share", "marketplace_share")
    earned, part = [channel.by_partner(name, each) for name in of], withheld(channel, each)
    base = {who: sum(paid[who] for paid in earned) for who in channel.able(each.last)}
    fee = {who: rounded(max(-paid * Fraction(2, 100), Fraction(-250_00))) for who, paid in base.items()}
    assert channel.by_partner("platform_fee", each) == fee
    assert channel.by_partner("tax", each) == {who: rounded(-(base[who] + fee[who]) * part[who]) for who in base}


def test_a_team_is_paid_by_role_by_hand(channel: Shown) -> None:
    """2 % of a deal's value by fixed shares of its roles, each partner at most 1,500.00, less what events take back."""
    deals, customers, able = channel.by_key("deals"), channel.by_key("customers"), channel.partners()
    usual = {"co_sold": Fraction(60, 100), "fulfilled": Fraction(40, 100)}
    large = {"co_sold": Fraction(50, 100), "fulfilled": Fraction(25, 100), "serviced": Fraction(25, 100)}
    holders: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    for row in channel.rows("credits"):
        holders[row["deal_id"], row["role"]].append(row["partner_id"])
    due: dict[str, Fraction] = defaultdict(Fraction)
    for (key, role), whose in holders.items():
        deal = deals.get(key)
        if deal is None or deal["status"] != "won" or not in_quarter(deal["closed_on"]):
            continue
        segment = customers[deal["customer_id"]]["segment"]
        share = (large if segment == "Enterprise" else usual).get(role, Fraction(0)) / len(whose)
        each = min(minor(deal["annual_value"]) * share * Fraction(2, 100), Fraction(1_500_00))
        due[key] += each * len(able.intersection(whose))
    paid: dict[str, int] = defaultdict(int)
    for line in channel.of("team_bonus"):
        if line.table == "deals":
            paid[line.key] += line.amount_minor
    assert {key: amount for key, amount in paid.items() if amount} == {
        key: rounded(exact) for key, exact in due.items() if rounded(exact)
    }


# --- the pool ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", QUARTERS, ids=lambda each: each.name)
def test_the_profit_share_by_hand(channel: Shown, each: Quarter) -> None:
    """The margin, what is sourced, the days, the floors and the caps are worked out again; the score is the run's."""
    found, score = (channel.by_partner(name, each) for name in ("profit_share", "performance"))
    assert {who: int(share) for who, share in found.items() if share} == profit_share(channel, each, score)


def test_the_pool_is_conserved_between_floors_and_caps(channel: Shown) -> None:
    books, shares = channel.run.pools["profit_share"], channel.paid("profit_share")
    assert (books.size_minor, books.left_minor, books.house_adds_minor) == (250_000_00, 0, 0)
    assert sum(shares.values()) == 250_000_00
    assert (min(shares.values()), max(shares.values())) == (500_00, 20_000_00)
    held_at = [sum(share == bound for share in shares.values()) for bound in (500_00, 20_000_00)]
    assert all(2 <= count < len(shares) // 2 for count in held_at)
    recruited = {row["partner_id"]: row["recruited_on"] for row in channel.rows("partners")}
    assert any(recruited[who] > NOW.first for who in shares)


# --- balances ---------------------------------------------------------------------------------------------------------


def earned(channel: Shown, each: Quarter) -> Earned:
    """What a quarter was found to earn, before its balances."""
    able = channel.able(each.last)
    assert {str(who) for who in channel.sheet_of(each).partners.keys} == able
    parts = {name: channel.by_partner(name, each) for name in channel.run.components if name not in BALANCES}
    total = {who: int(sum(part[who] for part in parts.values())) for who in able}
    held_of = {who: int(parts["commission"][who] + parts["accelerator"][who]) for who in able}
    return Earned(each.name, total, held_of, able)


def rolls_forward(channel: Shown, quarters: Sequence[Quarter]) -> list[Rolled]:
    """Every balance of every quarter is the one worked out by hand, and so is what the last quarter pays."""
    rolled = roll([earned(channel, each) for each in quarters])
    for each, ours in zip(quarters, rolled, strict=True):
        for name in BALANCES:
            known = {
                who: ours.moves[name][who] | {"opening": opening, "closing": ours.closing[name][who]}
                for who, opening in ours.opening[name].items()
            }
            assert channel.on(name, each) == known, (each.name, name)
    assert {who: paid for who, paid in channel.payouts.items() if paid or who in rolled[-1].paid} == rolled[-1].paid
    return rolled


def test_balances_roll_forward_by_hand(channel: Shown) -> None:
    """From nothing at the beginning of 2025, through six quarters, to what is paid in the last of them."""
    rolled = rolls_forward(channel, QUARTERS)
    assert all(any(each.moves[name] for each in rolled) for name in BALANCES)


def test_balances_of_partners_below_zero_by_hand(tmp_path: Path) -> None:
    """The same with a fee that is more than it is of: some owe it, and pay it off later."""
    dear = SMALL.replace("rate: 2%\n    at_least: EUR -250 ", "rate: 120%\n    at_least: EUR -2_500 ")
    assert dear != SMALL
    with shown(make(tmp_path, "0.02", dear), QUARTERS[3].name) as small:
        rolled = rolls_forward(small, QUARTERS[:4])
    moves = [moves for each in rolled for moves in each.moves["shortfall"].values()]
    assert any(each["carried"] for each in moves)
    assert any(each["applied"] for each in moves)


def test_a_quarter_opens_with_what_the_one_before_closed_with(channel: Shown) -> None:
    for name in BALANCES:
        before: dict[str, int] = {}
        for each in QUARTERS:
            rows = channel.on(name, each)
            assert {who: row["opening"] for who, row in rows.items() if row["opening"]} == before
            assert all(2 * row["closing"] == sum(row.values()) for row in rows.values())
            before = {who: row["closing"] for who, row in rows.items() if row["closing"]}


def test_who_has_left_is_paid_what_is_on_balances(channel: Shown) -> None:
    gone: set[str] = set()
    for each in QUARTERS[1:]:
        held, small = (channel.on(name, each) for name in ("holdback", "minimum"))
        left = (held.keys() | small.keys()) - channel.able(each.last)
        payees = {str(who) for who in channel.sheet_of(each).payees.keys}
        assert payees == channel.able(each.last) | left | channel.in_banks(each)
        assert all(small[who]["closing"] == 0 for who in left & small.keys())
        gone |= {who for who in left & held.keys() if held[who]["released"] < 0}
    assert gone


def test_every_movement_is_a_line_of_the_run(channel: Shown) -> None:
    """What is carried of a shortfall is paid by nobody, so its line adds; what is kept back takes off."""
    for name, sign in {"shortfall": 1, "holdback": -1, "minimum": -1}.items():
        lines = {(line.partner, line.key): line.amount_minor for line in channel.of(name)}
        assert lines == {
            (who, move): sign * amount
            for who, row in channel.on(name, NOW).items()
            for move, amount in row.items()
            if move not in ("opening", "closing") and amount
        }


def test_nobody_is_paid_less_than_the_minimum(channel: Shown) -> None:
    assert all(paid == 0 or paid >= 50_00 for paid in channel.payouts.values())
    assert all(0 < row["closing"] < 50_00 for row in channel.on("minimum", NOW).values() if row["closing"])
    year_end = channel.on("minimum", QUARTERS[3])
    assert year_end
    assert not any(row["closing"] for row in year_end.values())
