"""True-ups of programs that are put together at random, with a late change in any table: to work out whom it touches is
to work out the whole period, and with the batch the period comes to what it is with all data known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings, strategies as st
from true_up_stories import Books

from engine.facts import touched
from rules.problem import Refused

PERIOD = "2026-04"
SOURCES = """
program: Everything
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
tables:
  regs: {key: [reg_id], columns: {reg_id: id, open: text, zone_id: id, period: text}}
  zones: {key: [zone_id], columns: {zone_id: id, w: number}}
  levels: {key: [region, period], columns: {region: text, period: text, bar: number}}
  badges: {key: [partner_id], columns: {partner_id: id, grade: number}}
sources:
  partners: {file: partners.csv, extra: {reg_id: id, mentor_id: id}}
  customers: customers.csv
  deals: {file: deals.csv, extra: {reg_id: id, helper_id: id}}
  invoices: invoices.csv
  receipts: receipts.csv
  credits: credits.csv
  deal_events: deal_events.csv
  activities: activities.csv
  terms: terms.csv
  fx_rates: fx_rates.csv
  regs: regs.csv
  zones: zones.csv
  levels: levels.csv
  badges: badges.csv
"""
EXCHANGE = (
    "{rates: spot, stale_after: 60 days}",
    "{rates: spot, stale_after: 60 days, dates: {deals: closed_on, invoices: due_on}}",
    "{rates: spot, stale_after: 60 days, dates: {deals: opened_on}}",
    "{rates: average, dates: {invoices: due_on}}",
    "{rates: spot, stale_after: 60 days, on: period_end}",
)
OF_PARTNERS = (
    "regs.open = 'y'",
    "zones.w > 1",
    "levels.bar > 1",
    "badges.grade > 1",
    "partners.region = 'N'",
    "partners.recruited_on < '2026-05-01'",
)
OF_DEALS = (*OF_PARTNERS[:2], *OF_PARTNERS[3:], "customers.region = 'N'", "deals.product = 'A'")
OWNERS = ("deals.partner_id", "customers.partner_id", "partners.parent_id", "partners.mentor_id", "deals.helper_id")
PARTNERS = tuple(f"P-{at}" for at in range(1, 10))
DAYS = ("2026-03-10", "2026-04-01", "2026-04-15", "2026-04-30", "2026-05-01", "2026-05-20", "2026-06-10")
Rows = dict[str, list[list[str]]]
COLUMNS: Mapping[str, str] = {
    "partners": "partner_id region parent_id recruited_on reg_id mentor_id",
    "partner_history": "partner_id attribute valid_from valid_to value",
    "customers": "customer_id partner_id region",
    "deals": "deal_id customer_id partner_id product opened_on closed_on amount currency reg_id helper_id",
    "invoices": "invoice_id deal_id customer_id issued_on due_on amount currency",
    "receipts": "receipt_id invoice_id received_on amount currency",
    "credits": "credit_id deal_id partner_id role",
    "deal_events": "event_id deal_id occurred_on amount currency",
    "activities": "activity_id partner_id customer_id occurred_on in_reply_to",
    "terms": "partner_id term product deal_id valid_from valid_to value",
    "fx_rates": "from_currency to_currency kind valid_on rate",
    "regs": "reg_id open zone_id period",
    "zones": "zone_id w",
    "levels": "region period bar",
    "badges": "partner_id grade",
}
SMALL = ("partners", "partner_history", "regs", "regs", "zones", "fx_rates", "levels", "badges")  # easily missed
KEYS: Mapping[str, int] = {"partner_history": 3, "terms": 5, "fx_rates": 4, "levels": 2}  # columns; of others, one


def written(random: Random) -> str:
    """A program: whom it pays, how it converts, what it measures, and two or three of many ways to pay."""
    pick, text = random.choice, SOURCES
    if random.random() < 0.4:
        text += "  partner_history: partner_history.csv\n"
    if random.random() < 0.4:
        text += f'eligible: "{pick(OF_PARTNERS)}"\n'
    if random.random() < 0.7:
        text += f"exchange: {pick(EXCHANGE)}\n"
    dated = pick(("closed_on", "opened_on"))
    where = f', where: "{pick(OF_DEALS)}"' if random.random() < 0.5 else ""
    on = pick(("", "", " where: \"partners.region = 'N'\","))
    text += f"""
credit:
  sales: {{of: deals, from: {{roles: {{sourced: 70%, influenced: {{share: 30%, among: equally}}}}}}}}
  up: {{of: deals,{on} from: {{owner: 100%}}, roll_up: {{to: parent, rates: [10%, 5%], on_top: true}}}}
kpis:
  sold: {{sum: deals.amount, dated: deals.{dated}, partner: {pick(OWNERS)}{where}}}
  billed: {{sum: invoices.amount, dated: invoices.issued_on, partner: {pick(OWNERS)}}}
  got: {{sum: receipts.amount, dated: {pick(("receipts.received_on", "invoices.issued_on"))},
    partner: customers.partner_id}}
  helped: {{sum: deals.amount, dated: deals.{dated}, credited: influenced}}
  recruits: {{count: partners, partner: partners.{pick(("parent_id", "mentor_id"))}}}
  answered: {{count: activities, dated: activities.occurred_on, where: activities.replied}}
payouts:
"""
    money, count = pick(("sold", "billed", "got", "helped")), pick(("recruits", "answered"))
    asked = pick((*OF_PARTNERS, f"{count} > 0", f"{count} > 1"))
    cond = f', where: "{asked}"' if random.random() < 0.6 else ""
    rate = pick(("10%", "3.33%", "{rate: 5%, term: agreed}"))
    ways = [
        f"  direct: {{base: deals.amount, dated: deals.{dated}, rate: {rate}{where}}}\n",
        f"  each: {{for_each: partners, base: {money}, rate: 10%{cond}}}\n",
        f"  shared: {{credit: sales, base: deals.amount, dated: deals.{dated}, rate: 3.33%}}\n",
        f"  above: {{credit: up, base: deals.amount, dated: deals.{dated}, rate: 7.77%}}\n",
        "  bills: {credit: up, base: invoices.amount, dated: invoices.issued_on, rate: 5%}\n",
    ]
    text += "".join(random.sample(ways, random.randint(1, 2)))
    if random.random() < 0.25:
        size = pick(("sold", "billed", "got"))
        by = pick(("equally", "{by: zones.w + 1}", "{by: recruits + 1}"))
        among = f', among: "{pick(OF_PARTNERS)}"' if random.random() < 0.5 else ""
        text += f"  \npools:\n  pot: {{size: {{of: {size}, rate: 10%}}, shared: {by}, late: reshare{among}}}\n"
    return text


def cell(random: Random, table: str, column: str) -> str:
    """What may stand in a cell."""
    pick = random.choice
    several = {
        "partner_id": PARTNERS,
        "parent_id": ("", *PARTNERS),
        "mentor_id": ("", *PARTNERS),
        "helper_id": ("", *PARTNERS),
        "customer_id": ("C-1", "C-2", "C-3", "C-4"),
        "deal_id": tuple(f"D-{at}" for at in range(1, 9)),
        "invoice_id": tuple(f"I-{at}" for at in range(1, 7)),
        "reg_id": ("", *(f"r{at}" for at in range(1, 6))),
        "zone_id": ("", "z1", "z2", "z3"),
        "in_reply_to": ("", *(f"A-{at}" for at in range(1, 6))),
        "region": ("N", "S"),
        "product": ("A", "B"),
        "open": ("y", "n"),
        "currency": ("EUR", "USD", "USD"),
        "role": ("sourced", "influenced"),
        "period": ("2026-03", PERIOD, "2026-05"),
        "w": ("0", "2", "3"),
        "bar": ("0", "2", "3"),
        "grade": ("0", "2", "3"),
        "rate": ("0.5", "0.8", "0.9"),
        "value": ("0.1", "0.2", "0.05") if table == "terms" else ("N", "S"),
        "recruited_on": ("", "2026-01-01", "2026-04-10", "2026-09-01"),
    }
    if column in several:
        return pick(several[column])
    if column == "amount":
        return f"{random.randint(1, 90_000) / 100:.2f}"
    return pick(DAYS) if column.endswith("_on") or column == "valid_from" else ""


def row(random: Random, table: str, key: list[str]) -> list[str]:
    """A row with a key, and anything else."""
    columns = COLUMNS[table].split()
    found = [*key, *(cell(random, table, column) for column in columns[len(key) :])]
    return ordered(table, found)


def ordered(table: str, cells: list[str]) -> list[str]:
    """A row whose days are in the order that its table asks for."""
    columns, found = COLUMNS[table].split(), list(cells)
    if table == "deals":
        one, other = columns.index("opened_on"), columns.index("closed_on")
        found[one], found[other] = sorted((found[one], found[other]))
    if table == "partners" and found[2] >= found[0]:  # nobody stands above itself: parents have lower numbers
        found[2] = ""
    return found


def keys_of(table: str) -> list[list[str]]:
    """The keys that rows of a table may have."""
    rates = [["USD", "EUR", "spot", day] for day in DAYS]
    rates += [["USD", "EUR", "average", f"2026-0{month}-28"] for month in (3, 4, 5, 6)]
    single = {"customers": "C", "deals": "D", "invoices": "I", "receipts": "R", "credits": "K", "activities": "A"}
    found: Mapping[str, list[list[str]]] = {
        "partners": [[key] for key in PARTNERS],
        "badges": [[key] for key in PARTNERS],
        "partner_history": [
            [key, "region", day] for key in PARTNERS[:5] for day in ("2025-01-01", "2026-04-10", "2026-05-01")
        ],
        "deal_events": [[f"E-{at}"] for at in range(1, 4)],
        "terms": [[key, "agreed", "", "", day] for key in PARTNERS for day in ("2025-01-01", "2026-05-01")],
        "fx_rates": rates,
        "regs": [[f"r{at}"] for at in range(1, 6)],
        "zones": [["z1"], ["z2"], ["z3"]],
        "levels": [[region, period] for region in "NS" for period in ("2026-03", PERIOD, "2026-05")],
    }
    many = {"customers": 4, "deals": 8, "invoices": 6, "receipts": 6, "credits": 9, "activities": 6}
    return found[table] if table in found else [[f"{single[table]}-{at}"] for at in range(1, many[table] + 1)]


def tables(random: Random) -> Rows:
    """All tables, most rows of each."""
    almost = ("receipts", "credits", "activities", "partner_history", "terms", "deal_events", "badges")
    return {
        table: [row(random, table, key) for key in keys_of(table) if table not in almost or random.random() < 0.8]
        for table in COLUMNS
    }


def changed(random: Random, before: Rows) -> Rows:
    """The tables with a late change or two: a cell, a row that comes or a row that goes."""
    found = {table: [list(each) for each in rows] for table, rows in before.items()}
    for _ in range(random.choice((1, 1, 1, 2))):
        table = random.choice(random.choice((sorted(COLUMNS), SMALL)))
        rows, columns = found[table], COLUMNS[table].split()
        held = {tuple(each[: KEYS.get(table, 1)]) for each in rows}
        free = [key for key in keys_of(table) if tuple(key) not in held]
        does = random.random()
        if free and (does < 0.3 or not rows):
            rows.append(row(random, table, random.choice(free)))
        elif rows and does < 0.4 and table not in ("partners", "customers", "deals", "zones", "regs", "invoices"):
            rows.pop(random.randrange(len(rows)))
        elif rows:
            at, column = random.randrange(len(rows)), random.randrange(KEYS.get(table, 1), len(columns))
            rows[at][column] = cell(random, table, columns[column])
            rows[at] = ordered(table, rows[at])
    return found


def texts(rows: Rows) -> Mapping[str, str]:
    """Tables as files."""
    return {
        f"{table}.csv": "".join(f"{','.join(each)}\n" for each in (COLUMNS[table].split(), *lines))
        for table, lines in rows.items()
    }


def hold(folder: Path, random: Random, times: int = 3) -> int:
    """How many changes of a program could be worked out at all; of these, all ways give the same."""
    books, one, done = Books(folder, written(random)), tables(random), 0
    try:
        books.lock(books.imported(texts(one)), PERIOD)
    except Refused:
        return 0
    stated = books.stated[PERIOD]
    for _ in range(times):
        books.stated[PERIOD] = stated
        try:
            kept = books.imported(texts(changed(random, one)))
            known = books.known(kept, PERIOD)
        except Refused:
            continue
        few = books.true_up(kept, PERIOD)
        assert books.posted(PERIOD) == known
        if few is not None:
            books.stated[PERIOD] = stated
            every = books.true_up(kept, PERIOD, is_whole=True)
            assert every is not None and few.content == every.content
        done += 1
    return done


@pytest.mark.soak
@settings(max_examples=max(settings.default.max_examples // 50, 1))
@given(random=st.randoms(use_true_random=False))
def test_a_late_change_of_any_table_in_any_program_is_what_the_whole_period_makes_of_it(random: Random) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched, "WHOLE_ROWS", 0)
        assume(hold(Path(folder), random) > 0)
