"""Changed facts: a scenario with them is the program run on files that were changed by hand in the same way.

The oracle changes CSV files with the csv module and fractions alone: it shares no code with the engine.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings, strategies as st

from cli import group
from engine.acts.calculate import calculate
from engine.facts.gather import gather_facts
from rules.load import load
from rules.problem import Refused
from scenarios.acts.apply import apply
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked
from scenarios.outcomes.values import Simulated
from scenarios.overlays.facts import changes_of_facts
from scenarios.overlays.scenario import read_scenario

NOW = datetime(2026, 7, 1, tzinfo=UTC)
PLAN = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, customers: customers.csv, deals: deals.csv, invoices: invoices.csv}
eligible: partners.active
credit:
  owner: {of: deals, from: {owner: 100%}}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 5%}
  billed: {credit: owner, base: invoices.amount, dated: invoices.issued_on, rate: 1%}
  hello: {for_each: customers, dated: customers.acquired_on, amount: 7}
"""
Rows = list[dict[str, str]]
Step = Callable[["Tables"], None]
Tables = dict[str, Rows]
PARTNERS = [
    {"partner_id": "acme", "region": "north", "parent_id": "", "recruited_on": "2025-01-01", "terminated_on": ""},
    {"partner_id": "bolt", "region": "south", "parent_id": "acme", "recruited_on": "2025-06-01", "terminated_on": ""},
    {"partner_id": "crux", "region": "south", "parent_id": "", "recruited_on": "2026-02-01", "terminated_on": ""},
]
CUSTOMERS = [
    {"customer_id": "C-1", "partner_id": "acme", "acquired_on": "2026-01-20"},
    {"customer_id": "C-2", "partner_id": "acme", "acquired_on": "2026-02-20"},
    {"customer_id": "C-3", "partner_id": "bolt", "acquired_on": "2026-02-03"},
]
DEALS = [
    ("D-1", "acme", "C-1", "2026-02-10", "80000.01"),
    ("D-2", "bolt", "C-3", "2026-02-12", "-30000.05"),
    ("D-3", "acme", "C-2", "2026-02-25", "345.67"),
    ("D-4", "crux", "", "2026-02-25", "1000"),
    ("D-5", "bolt", "", "2026-01-25", "77.77"),
]
INVOICES = [
    ("I-1", "D-1", "2026-02-12", "40000.03"),
    ("I-2", "D-1", "2026-02-26", "40000"),
    ("I-3", "D-3", "2026-02-26", "345.67"),
    ("I-4", "D-2", "2026-02-13", "-0.05"),
    ("I-5", "D-5", "2026-02-14", "0.5"),
]


def facts() -> Tables:
    """Three partners, three customers, five deals and their invoices."""
    return {
        "partners": [dict(each) for each in PARTNERS],
        "customers": [dict(each) for each in CUSTOMERS],
        "deals": [
            dict(zip(("deal_id", "partner_id", "customer_id", "closed_on", "amount"), each, strict=True))
            for each in DEALS
        ],
        "invoices": [
            dict(zip(("invoice_id", "deal_id", "issued_on", "amount"), each, strict=True)) for each in INVOICES
        ],
    }


def write(folder: Path, tables: Tables) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.yaml").write_text(PLAN, "utf-8")
    for name, rows in tables.items():
        file = io.StringIO()
        names = list(facts()[name][0])
        written = csv.DictWriter(file, names, lineterminator="\n")
        written.writeheader()
        written.writerows(rows)
        (folder / f"{name}.csv").write_text(file.getvalue(), "utf-8")
    return folder / "program.yaml"


def scenario(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path


def with_facts(program: Path, text: str, **asked: Any) -> Simulated:
    return simulate(program, [scenario(program.parent, text)], Asked("2026-02", **asked))


def digest(found: Simulated) -> str:
    return found.scenarios[0].outcome.periods[0].lines_sha256


def run_by_hand(folder: Path, tables: Tables) -> object:
    """The digest of the lines that a run of changed files pays."""
    done = calculate(write(folder, tables), "2026-02", folder / "by-hand.db", "test", NOW)
    return done.run.manifest["lines_sha256"]


# The oracle: the same changes, made on rows of texts.


def scaled(tables: Tables, table: str, column: str, factor: str, where: Callable[[dict[str, str]], bool]) -> None:
    times = Fraction(factor.rstrip("%")) / (100 if factor.endswith("%") else 1)
    for row in tables[table]:
        if where(row) and row[column]:
            cents = Fraction(row[column]) * 100 * times
            whole = int(abs(cents) + Fraction(1, 2)) * (-1 if cents < 0 else 1)
            sign = "-" if whole < 0 else ""
            row[column] = f"{sign}{abs(whole) // 100}.{abs(whole) % 100:02}"


KEYS = {"partners": "partner_id", "customers": "customer_id", "deals": "deal_id", "invoices": "invoice_id"}
DAYS = {"customers": "acquired_on", "deals": "closed_on", "invoices": "issued_on"}


def swept(tables: Tables) -> None:
    """Take out what refers to a row that is not there, until nothing does."""
    before = -1
    while before != sum(map(len, tables.values())):
        before = sum(map(len, tables.values()))
        there = {key: {row[key] for row in tables[name]} for name, key in KEYS.items()}
        for name, rows in tables.items():
            named = [key for key in there if key != KEYS[name]]
            tables[name] = [row for row in rows if all(not row.get(key) or row[key] in there[key] for key in named)]
        for row in tables["partners"]:
            if row["parent_id"] not in there["partner_id"]:
                row["parent_id"] = ""


def dropped(tables: Tables, table: str, part: Fraction, where: Callable[[dict[str, str]], bool]) -> None:
    def stays(row: dict[str, str]) -> bool:
        seen = hashlib.sha256(f"{table}\n{row[KEYS[table]]}".encode()).hexdigest()[:16]
        return not where(row) or not int(seen, 16) < part * 2**64

    tables[table] = [row for row in tables[table] if stays(row)]
    swept(tables)


def left(tables: Tables, partner: str, on: str) -> None:
    last = (date.fromisoformat(on) - timedelta(1)).isoformat()
    for row in tables["partners"]:
        if row["partner_id"] == partner:
            row["terminated_on"] = min(row["terminated_on"] or last, last)
    for table in ("customers", "deals"):
        tables[table] = [row for row in tables[table] if row["partner_id"] != partner or row[DAYS[table]] < on]
    swept(tables)


def joined(tables: Tables, partner: str, like: str, on: str) -> None:
    (own,) = (row for row in tables["partners"] if row["partner_id"] == like)
    tables["partners"].append({**own, "partner_id": partner, "recruited_on": on})
    new: dict[str, dict[str, str]] = {}
    for table in ("customers", "deals"):
        rows = [row for row in tables[table] if row["partner_id"] == like and row[DAYS[table]] >= on]
        new[KEYS[table]] = {row[KEYS[table]]: f"{row[KEYS[table]]}.{partner}" for row in rows}
        for row in rows:
            copy = {**row, "partner_id": partner, KEYS[table]: new[KEYS[table]][row[KEYS[table]]]}
            if row.get("customer_id") in new["customer_id"]:
                copy["customer_id"] = new["customer_id"][row["customer_id"]]
            tables[table].append(copy)
    for row in [each for each in tables["invoices"] if each["deal_id"] in new["deal_id"]]:
        copy = {**row, "invoice_id": f"{row['invoice_id']}.{partner}", "deal_id": new["deal_id"][row["deal_id"]]}
        tables["invoices"].append(copy)


def everywhere(row: dict[str, str]) -> bool:
    return True


def of_region(region: str) -> Callable[[dict[str, str]], bool]:
    names = {row["partner_id"] for row in PARTNERS if row["region"] == region}
    return lambda row: row["partner_id"] in names


CASES: Mapping[str, tuple[str, list[Step]]] = {
    "growth of 10 %": (
        "scale: {deals.amount: 110%}",
        [lambda tables: scaled(tables, "deals", "amount", "110%", everywhere)],
    ),
    "a third, rounded half up away from zero": (
        "scale: {deals.amount: 1/3, invoices.amount: 50%}",
        [
            lambda tables: scaled(tables, "deals", "amount", "1/3", everywhere),
            lambda tables: scaled(tables, "invoices", "amount", "50%", everywhere),
        ],
    ),
    "growth of a region": (
        "scale: [{column: deals.amount, by: 0.9, where: partners.region = 'south'}]",
        [lambda tables: scaled(tables, "deals", "amount", "0.9", of_region("south"))],
    ),
    "a partner who leaves": ("leave: {acme: 2026-02-11}", [lambda tables: left(tables, "acme", "2026-02-11")]),
    "all of a region who leave": (
        "leave: [{where: partners.region = 'south', on: 2026-02-12}]",
        [lambda tables: left(tables, "bolt", "2026-02-12"), lambda tables: left(tables, "crux", "2026-02-12")],
    ),
    "a partner who joins": (
        "join: {nova: {like: acme, on: 2026-02-01}}",
        [lambda tables: joined(tables, "nova", "acme", "2026-02-01")],
    ),
    "a partner who joins later": (
        "join: {nova: {like: acme, on: 2026-02-15}}",
        [lambda tables: joined(tables, "nova", "acme", "2026-02-15")],
    ),
    "churn of half of the customers": (
        "drop: {customers: {part: 50%}}",
        [lambda tables: dropped(tables, "customers", Fraction(1, 2), everywhere)],
    ),
    "no partner of the north": (
        "drop: {partners: {part: 100%, where: partners.region = 'north'}}",
        [lambda tables: dropped(tables, "partners", Fraction(1), of_region("north"))],
    ),
    "all at once": (
        "scale: {deals.amount: 2/3}\n  drop: {deals: {part: 30%}}\n  leave: {bolt: 2026-02-12}\n"
        "  join: {nova: {like: acme, on: 2026-02-01}, zeta: {like: crux, on: 2026-02-20}}",
        [
            lambda tables: scaled(tables, "deals", "amount", "2/3", everywhere),
            lambda tables: dropped(tables, "deals", Fraction(3, 10), everywhere),
            lambda tables: left(tables, "bolt", "2026-02-12"),
            lambda tables: joined(tables, "nova", "acme", "2026-02-01"),
            lambda tables: joined(tables, "zeta", "crux", "2026-02-20"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_scenario_with_facts_is_the_program_on_files_changed_by_hand(name: str, tmp_path: Path) -> None:
    text, steps = CASES[name]
    found = with_facts(write(tmp_path / "plan", facts()), f"facts:\n  {text}\n")
    tables = facts()
    for step in steps:
        step(tables)
    assert digest(found) == run_by_hand(tmp_path / "hand", tables)
    assert found.scenarios[0].change_minor or name.startswith(("churn", "all of"))


@given(
    factor=st.fractions(0, 3, max_denominator=1000),
    part=st.fractions(0, 1, max_denominator=100),
    day=st.dates(date(2026, 1, 15), date(2026, 3, 2)),
    leaver=st.sampled_from(["acme", "bolt"]),
    like=st.sampled_from(["acme", "bolt"]),
    seed=st.integers(0, 9),
)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_changed_it_is_what_a_hand_would_change(
    factor: Fraction, part: Fraction, day: date, leaver: str, like: str, seed: int
) -> None:
    """Whatever the factor, the part, the day, the partners, and the order of the rows."""
    shuffled, hand = facts(), facts()
    for rows in shuffled.values():
        random.Random(seed).shuffle(rows)
    percent = f"{part.numerator}/{part.denominator}"
    text = f"facts:\n  scale: {{deals.amount: {factor}}}\n  drop: {{customers: {{part: {percent}}}}}\n"
    text += f"  leave: {{{leaver}: {day}}}\n"
    scaled(hand, "deals", "amount", str(factor), everywhere)
    dropped(hand, "customers", part, everywhere)
    left(hand, leaver, day.isoformat())
    if like != leaver:
        text += f"  join: {{nova: {{like: {like}, on: {day}}}}}\n"
        joined(hand, "nova", like, day.isoformat())
    with tempfile.TemporaryDirectory() as name:
        found = with_facts(write(Path(name) / "plan", shuffled), text)
        same = simulate(write(Path(name) / "hand", hand), [], Asked("2026-02"))
        assert digest(found) == same.base.periods[0].lines_sha256


AMOUNTS = ("9999999999999.99", "-9999999999999.99", "0.01", "-0.05", "12345678901.23")


@pytest.mark.parametrize("factor", ["1/3", "99.99999999%", "0.5", "9999999999/10000000000", "0", "2/7"])
def test_a_product_is_exact_and_rounded_once_however_large(factor: str, tmp_path: Path) -> None:
    tables = facts()
    for row, amount in zip(tables["deals"], AMOUNTS, strict=True):
        row["amount"] = amount
    found = _altered(tmp_path, tables, f"facts: {{scale: {{deals.amount: {factor}}}}}")
    times = Fraction(factor.rstrip("%")) / (100 if factor.endswith("%") else 1)
    for at, amount in enumerate(AMOUNTS):
        cents = Fraction(amount) * 100 * times
        assert found[at] == int(abs(cents) + Fraction(1, 2)) * (-1 if cents < 0 else 1), amount


def _altered(folder: Path, tables: Tables, text: str) -> list[int]:
    """The amounts of deals in minor units, in their order, after the changes of a scenario."""
    loaded = load(write(folder, tables))
    meaning = loaded.understood()
    changes = changes_of_facts(read_scenario(scenario(folder, text)).document, meaning)
    with gather_facts(meaning, folder, meaning.calendar.period("2026-02"), changes=changes) as gathered:
        assert [each.table for each in gathered.inputs if "changed by the scenario" in each.file] == ["deals"]
        found = []
        for deal in tables["deals"]:
            (row,) = gathered.snapshot.matching("deals", {"deal_id": deal["deal_id"]}, ["amount"])
            (amount,) = row.cells.values()
            assert isinstance(amount, int)
            found.append(amount)
        return found


def test_a_condition_asks_what_a_partner_was_on_the_day_of_the_row(tmp_path: Path) -> None:
    """acme moves to the south on 15 February: D-1 of the 10th is of the north, D-3 of the 25th of the south."""
    program = write(tmp_path, facts())
    text = PLAN.replace("deals: deals.csv", "deals: deals.csv, partner_history: history.csv")
    program.write_text(text, "utf-8")
    history = "partner_id,attribute,valid_from,valid_to,value\nacme,region,2025-01-01,2026-02-14,north\n"
    (tmp_path / "history.csv").write_text(history + "acme,region,2026-02-15,,south\n", "utf-8")
    scale = "facts:\n  scale: [{column: deals.amount, by: 0, where: \"partners.region = 'south'\"}]\n"
    (found,) = with_facts(program, scale).scenarios
    moved = {row.partner: row.difference_minor for row in found.moved}
    assert moved == {"acme": -1_728, "bolt": 150_000, "crux": -5_000}
    leave = "facts:\n  leave: [{where: partners.region = 'south', on: 2026-02-14}]\n"
    (gone,) = with_facts(program, leave).scenarios
    assert {row.partner for row in gone.moved if row.difference_minor} == {"bolt", "crux"}


@pytest.mark.parametrize("text", ["facts:\n", "facts: {}\n", "facts:\n  scale: {}\n  leave: []\n  drop:\n"])
def test_empty_facts_change_nothing(text: str, tmp_path: Path) -> None:
    found = with_facts(write(tmp_path, facts()), text, tells_causes=True)
    assert digest(found) == found.base.periods[0].lines_sha256
    assert not found.scenarios[0].outcome.facts and not found.scenarios[0].outcome.changed


def test_scaling_by_100_percent_changes_nothing(tmp_path: Path) -> None:
    found = with_facts(write(tmp_path, facts()), "facts: {scale: {deals.amount: 100%, invoices.amount: 1}}\n")
    assert digest(found) == found.base.periods[0].lines_sha256


def test_the_order_of_rows_decides_nothing(tmp_path: Path) -> None:
    text = f"facts:\n  {CASES['all at once'][0]}\n"
    other = {name: rows[::-1] for name, rows in facts().items()}
    assert digest(with_facts(write(tmp_path / "one", facts()), text)) == digest(
        with_facts(write(tmp_path / "other", other), text)
    )


def test_changes_of_facts_are_told_and_told_apart_from_those_of_the_program(tmp_path: Path) -> None:
    """Growth of 10 % and a rate of 6 %: 2.50 and so on are the facts', and the rest the rule's."""
    text = "facts: {scale: {deals.amount: 110%}, leave: {crux: 2026-02-20}}\nset: {payouts.commission.rate: 6%}\n"
    program = write(tmp_path, facts())
    (found,) = with_facts(program, text, tells_causes=True).scenarios
    assert list(found.outcome.causes) == [
        "facts: scale deals.amount 110%",
        "facts: crux leaves on 2026-02-20",
        "set payouts.commission.rate 6%",
    ]
    assert sum(sum(of.values()) for of in found.outcome.causes.values()) == found.change_minor
    assert [(each.table, each.changed, each.gone, each.new) for each in found.outcome.changed] == [
        ("partners", 1, 0, 0),
        ("deals", 4, 1, 0),
    ]
    done = CliRunner().invoke(group, ["simulate", str(program), str(tmp_path / "scenario.yaml"), "--period", "2026-02"])
    assert "scenario: facts changed: scale deals.amount 110%, crux leaves on 2026-02-20" in done.output
    assert "scenario: partners 1 changed; deals 4 changed, 1 gone" in done.output


def test_facts_are_no_part_of_a_program(tmp_path: Path) -> None:
    program = write(tmp_path, facts())
    file = scenario(tmp_path, "set: {payouts.commission.rate: 6%}\nfacts: {scale: {deals.amount: 2}}\n")
    with pytest.raises(Refused, match=r"W216 .* @ scenario\.yaml:2:1"):
        apply(file, program)
    assert program.read_text("utf-8") == PLAN


def test_a_text_of_a_scenario_never_is_a_part_of_sql(tmp_path: Path) -> None:
    text = "facts:\n  leave: [{where: \"partners.region = 'x'' OR TRUE --'\", on: 2026-02-01}]\n"
    found = with_facts(write(tmp_path, facts()), text)
    assert digest(found) == found.base.periods[0].lines_sha256
