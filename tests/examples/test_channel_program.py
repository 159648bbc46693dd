"""The channel example's plan: every rule pays, splits and caps hold, and seven rules agree with the rows read by hand.

What is worked out by hand is written from the words of the program, in plain Python over the CSV files, and calls
nothing of the engine.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest

from engine.acts.calculate import all_fates
from engine.explain import explain
from engine.facts.gather import Gathered, gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.values import Line, Plan, Run, Sheet
from rules.calendar import Period
from rules.load import load

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/channel"
QUARTER, FIRST, LAST = "2026-Q2", "2026-04-01", "2026-06-30"
YEAR = "2026-01-01"
TIERS = [(Fraction(40_000_00), Fraction(5, 100)), (Fraction(120_000_00), Fraction(7, 100)), (None, Fraction(9, 100))]
BACK = ("return", "cancellation", "chargeback")

Row = dict[str, str]
Shares = dict[str, dict[str, Fraction]]  # by deal: each partner's share of it


@dataclass(frozen=True)
class Shown:
    """A run of the example, with what its explanations walk through."""

    plan: Plan
    sheet: Sheet
    facts: Gathered
    run: Run
    period: Period
    folder: Path

    @property
    def lines(self) -> list[Line]:
        return [self.run.lines.line(row) for row in range(len(self.run.lines))]

    def of(self, component: str) -> list[Line]:
        return [line for line in self.lines if line.component == component]

    def paid(self, component: str) -> dict[str, int]:
        """What each partner gets by a component, who gets anything."""
        found: dict[str, int] = defaultdict(int)
        for line in self.of(component):
            found[line.partner] += line.amount_minor
        return {partner: amount for partner, amount in found.items() if amount}

    def rows(self, table: str) -> list[Row]:
        with (self.folder / f"data/{table}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def by_key(self, table: str) -> dict[str, Row]:
        return {next(iter(row.values())): row for row in self.rows(table)}

    def partners(self, kind: str | None = None) -> set[str]:
        """The partners of a kind that can be paid: recruited, and not terminated before the quarter is over."""
        return {
            row["partner_id"]
            for row in self.rows("partners")
            if row["recruited_on"] <= LAST and not ("" < row["terminated_on"] <= LAST)
            if kind is None or row["kind"] == kind
        }


def make(folder: Path, scale: str) -> Path:
    generate = [sys.executable, "-B", str(EXAMPLE / "generate.py"), str(folder / "data"), "--rows-scale", scale]
    subprocess.run([*generate, "--clean"], check=True, timeout=60)
    shutil.copy(EXAMPLE / "program.yaml", folder)
    return folder


@contextmanager
def shown(folder: Path, quarter: str) -> Iterator[Shown]:
    loaded = load(folder / "program.yaml")
    meaning = loaded.understood()
    period, plan = meaning.calendar.period(quarter), compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = evaluate(plan, facts.snapshot, period)
        run = settle(plan, sheet, loaded.sha256, facts.inputs)
        yield Shown(plan, sheet, facts, run, period, folder)


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with shown(make(tmp_path_factory.mktemp("channel"), "0.5"), QUARTER) as found:
        yield found


def minor(text: str) -> int:
    return int(text.replace(".", ""))


def rounded(amount: Fraction) -> int:
    """Half up, as the program says: a half goes away from zero."""
    return floor(amount + Fraction(1, 2)) if amount >= 0 else -floor(-amount + Fraction(1, 2))


def in_quarter(day: str) -> bool:
    return FIRST <= day <= LAST


def later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


# --- the run as a whole -----------------------------------------------------------------------------------------------


def test_every_rule_pays_somebody(channel: Shown) -> None:
    components = [name for name in channel.run.components if name not in ("commissions", "rebates", "taken_off")]
    assert len(components) >= 20
    assert [name for name in components if not channel.paid(name)] == []


def test_every_kind_of_partner_is_paid(channel: Shown) -> None:
    paid = {line.partner for line in channel.lines if line.amount_minor > 0}
    kinds = ("reseller", "referral", "affiliate", "technology", "distributor", "service")
    assert [kind for kind in kinds if not channel.partners(kind) & paid] == []


def test_the_lines_add_up_to_the_register(channel: Shown) -> None:
    sums: dict[str, int] = defaultdict(int)
    for line in channel.lines:
        sums[line.partner] += line.amount_minor
    payouts = dict(zip(channel.run.partners, channel.run.payouts_minor[:, -1].tolist(), strict=True))
    assert {partner: amount for partner, amount in payouts.items() if amount} == {
        partner: amount for partner, amount in sums.items() if amount
    }
    assert set(payouts) == channel.partners()


def test_the_fates_of_all_rows_add_up_to_the_files(channel: Shown) -> None:
    fates: dict[str, int] = defaultdict(int)
    for fate in all_fates(channel.plan, channel.sheet, channel.facts, channel.period):
        fates[fate.table] += fate.rows
    assert dict(fates) == {table: len(channel.rows(table)) for table in fates}


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
    folder = make(tmp_path / "there", "0.02")
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
    assert all("2026-04-15" <= deals[line.key]["closed_on"] <= LAST for line in order)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_certificates_by_hand(channel: Shown) -> None:
    """200.00 for each, at most 1,000.00 in the fiscal year."""
    before: dict[str, int] = defaultdict(int)
    now: dict[str, int] = defaultdict(int)
    able = channel.partners()
    for row in channel.rows("training"):
        if row["certified"] == "true" and row["partner_id"] in able and YEAR <= row["completed_on"] <= LAST:
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

    def months_on(day: str, months: int) -> tuple[int, int, int]:
        year, month, of_month = map(int, day.split("-"))
        year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
        last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day
        return year, month, min(of_month, last)

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


def credited(channel: Shown) -> Shares:
    """Who earns which share of each new deal, by the words of `credit: new_business`."""
    registered: dict[str, set[str]] = defaultdict(set)
    deals = channel.by_key("deals")
    for row in channel.rows("registrations"):
        day = deals[row["deal_id"]]["closed_on"]
        if row["status"] == "approved" and row["registered_on"] <= day < (row["expires_on"] or "9999"):
            registered[row["deal_id"]].add(row["partner_id"])
    roles: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in channel.rows("credits"):
        roles[row["deal_id"]][row["role"]][row["partner_id"]] = row["share"]
    found: Shares = {}
    for key, deal in deals.items():
        if deal["status"] != "won" or deal["kind"] != "new":
            continue
        said = dict.fromkeys(registered[key], "") or roles[key]["sourced"] or roles[key]["influenced"]
        filled = sum((Fraction(share) for share in said.values() if share), Fraction(0))
        blanks = sum(not share for share in said.values())
        shares = {who: Fraction(share) if share else (1 - filled) / blanks for who, share in said.items()}
        worth = minor(deal["annual_value"]) * sum(shares.values())
        factor = min(Fraction(40_000_00) / worth, Fraction(1)) if worth else Fraction(1)
        found[key] = {who: share * factor for who, share in shares.items()}
    return found


def by_tiers(total: Fraction) -> Fraction:
    """What a year's new business pays: 5 % up to 40,000.00, 7 % up to 120,000.00, and 9 % beyond."""
    due, low = Fraction(0), Fraction(0)
    for high, rate in TIERS:
        top = total if high is None else min(total, high)
        if top > low:
            due += (top - low) * rate
        low = high if high is not None else low
    return due if total >= 0 else total * TIERS[0][1]


def test_commission_by_running_tiers_by_hand(channel: Shown) -> None:
    """Each deal's lines add up to its rounded commission, and so do those of each event that takes a deal back."""
    deals, able, shares = channel.by_key("deals"), channel.partners("reseller"), credited(channel)
    moves: dict[str, list[tuple[str, bool, str, Fraction]]] = defaultdict(list)  # day, is a return, key, value
    for key, of in shares.items():
        for who in of.keys() & able:
            moves[who].append((deals[key]["closed_on"], False, key, minor(deals[key]["annual_value"]) * of[who]))
    for row in channel.rows("deal_events"):
        deal = deals[row["deal_id"]]
        if row["kind"] in BACK:
            part = Fraction(minor(row["amount"]), minor(deal["amount"]))
            for who, share in shares.get(row["deal_id"], {}).items():
                if who in able:
                    value = minor(deal["annual_value"]) * part * share
                    moves[who].append((row["occurred_on"], True, row["event_id"], value))
    due: dict[str, Fraction] = defaultdict(Fraction)
    for own in moves.values():
        total = Fraction(0)
        for day, _, key, value in sorted(own):
            if YEAR <= day <= LAST:
                total += value
                if day >= FIRST:
                    due[key] += by_tiers(total) - by_tiers(total - value)
    paid: dict[str, int] = defaultdict(int)
    for line in channel.of("commission"):
        paid[line.key] += line.amount_minor
    assert {key: amount for key, amount in paid.items() if amount} == {
        key: rounded(exact) for key, exact in due.items() if rounded(exact)
    }
    assert any(amount < 0 for amount in paid.values())


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
