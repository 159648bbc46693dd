"""The channel example's data: made by a seed, in known size and variety, with exactly the faults that it lists."""

import csv
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from plain_check import days_between, faults_of, read

from rules.tables import canonical

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/channel"
SCALE = "0.1"
# Of the default seed at this scale, faults and unreadable files included: another machine must find the same.
SHA256 = "de3f40ec678befe15f2fd709aec3b23f8f49252efffd64b13780262c9b7ddd18"

TABLES = tuple(
    """
partners partner_history terms payees units capital salaries targets benchmarks markets
customers leads registrations deals deal_items deal_events stages touches credits invoices receipts revenue
subscriptions results costs adjustments fx_rates holidays
mdf_budgets mdf mdf_claims campaigns training activities contacts surveys projects hours integrations usage
""".split()  # noqa: SIM905
)

KINDS = {
    ("partners", "kind"): "reseller referral affiliate technology distributor service",
    ("partners", "tier"): "bronze silver gold",
    ("deals", "kind"): "new renewal upsell cross_sell",
    ("deals", "status"): "open won lost",
    ("leads", "source"): "partner affiliate referral company",
    ("credits", "role"): "sourced influenced co_sold fulfilled serviced originated worked",
    ("revenue", "stream"): "subscription services marketplace",
    ("costs", "category"): "acquisition retention support training development incentive overhead",
    ("contacts", "kind"): "personal functional strategic",
    ("surveys", "question"): "nps satisfaction support alignment communication integration brand_fit customer_benefit",
    ("activities", "by"): "partner company",
    ("activities", "kind"): "message reply follow_up meeting demo event training_session portal_visit content_view"
    " social_like social_comment social_share case_study testimonial promotion referral_invite product_use"
    " joint_project",
    ("fx_rates", "kind"): "spot average closing",
    ("deal_events", "kind"): "amendment return cancellation chargeback",
}


def generate(folder: Path, *options: str, hash_seed: str = "0") -> Path:
    command = [sys.executable, "-B", str(EXAMPLE / "generate.py"), str(folder), *options]
    subprocess.run(command, check=True, timeout=60, env=os.environ | {"PYTHONHASHSEED": hash_seed})
    return folder


def digest(folder: Path) -> str:
    sha = hashlib.sha256()
    for path in sorted(folder.rglob("*.*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_file():
            sha.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("messy"), "--rows-scale", SCALE)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("clean"), "--rows-scale", SCALE, "--clean")


@pytest.fixture(scope="module")
def listed(messy):
    return json.loads((messy / "faults.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def tables(clean):
    return read(clean)


def test_the_same_seed_gives_the_same_bytes_on_every_machine(messy, tmp_path):
    again = generate(tmp_path, "--rows-scale", SCALE, hash_seed="12345")
    assert digest(again) == digest(messy) == SHA256


def test_another_seed_gives_another_program(clean, tmp_path):
    other = generate(tmp_path, "--rows-scale", SCALE, "--clean", "--seed", "7")
    same = {path.name for path in clean.glob("*.csv") if path.read_bytes() == (other / path.name).read_bytes()}
    assert same == {"holidays.csv"}
    assert faults_of(read(other)) == set()


def test_every_canonical_table_is_there_under_its_own_names(clean):
    without = {"payouts", "scores", "awards", "balances", "coalitions", "attributions"}
    assert {path.stem for path in clean.glob("*.csv")} == set(TABLES) == set(canonical()) - without
    for table in TABLES:
        with (clean / f"{table}.csv").open(encoding="utf-8") as stream:
            header = next(csv.reader(stream))
        extra = ["recorded_on"] if table == "deals" else []
        assert header == [column.name for column in canonical()[table].columns] + extra, table
        assert (clean / f"{table}.csv").read_bytes().count(b"\r") == 0


def test_the_clean_data_has_no_fault(clean, tables):
    assert faults_of(tables) == set()
    assert (clean / "faults.json").read_text("utf-8") == "[]\n"
    assert not (clean / "unreadable").exists()


def test_the_listed_faults_are_exactly_those_that_an_independent_check_finds(messy, listed):
    def sort(fault):
        return (
            "cell"
            if fault.split("_")[0] in ("id", "text", "date", "month", "money", "number", "count", "flag")
            else fault
        )

    cells = {
        (each["table"], each["line"], each["column"], sort(each["fault"]))
        for each in listed
        if each["fault"] != "month_missing"
    }
    gaps = {
        (each["table"], each["line"], each["column"], each["fault"])
        for each in listed
        if each["fault"] == "month_missing"
    }
    assert len(cells) + len(gaps) == len(listed), "a line is listed once"
    assert faults_of(read(messy)) == cells | gaps


def test_a_listed_line_holds_the_listed_text(messy, listed):
    tables = read(messy)
    assert len(listed) > 200
    for each in listed:
        row = tables[each["table"]][each["line"]]
        if each["fault"] == "month_missing":
            assert row["customer_id"] == each["text"].split("/")[0] and row["month"] > each["text"].split("/")[1]
        else:
            assert row[each["column"]] == each["text"]


def test_without_the_listed_lines_the_clean_data_is_left(messy, clean, listed):
    bad = defaultdict(set)
    for each in listed:
        if each["fault"] != "month_missing":
            bad[each["table"]].add(each["line"])
    gaps = {tuple(each["text"].split("/")) for each in listed if each["fault"] == "month_missing"}
    for table in TABLES:
        kept = (messy / f"{table}.csv").read_text("utf-8").split("\n")
        kept = [line for at, line in enumerate(kept, 1) if at not in bad[table]]
        good = (clean / f"{table}.csv").read_text("utf-8").split("\n")
        if table == "subscriptions":
            good = [line for line in good if tuple(line.split(",")[:2]) not in gaps]
        assert kept == good, table


def test_each_kind_of_fault_occurs_as_often_as_the_example_says(listed):
    with (EXAMPLE / "faults-expected.csv").open(encoding="utf-8", newline="") as stream:
        expected = {row["fault"]: (int(row["count"]), set(row["places"].split())) for row in csv.DictReader(stream)}
    counts = Counter(each["fault"] for each in listed)
    places = {
        fault: {f"{each['table']}.{each['column']}" for each in listed if each["fault"] == fault} for fault in counts
    }
    assert {fault: (counts[fault], places[fault]) for fault in counts} == expected
    assert min(counts.values()) >= 2


def test_the_unreadable_files_are_listed(messy):
    listed_files = json.loads((messy / "unreadable/faults.json").read_text("utf-8"))
    assert {each["file"] for each in listed_files} == {path.name for path in (messy / "unreadable").glob("*.csv")}


@pytest.mark.parametrize(
    ("place", "kinds"), KINDS.items(), ids=lambda each: ".".join(each) if isinstance(each, tuple) else ""
)
def test_every_kind_occurs(tables, place, kinds):
    table, column = place
    assert {row[column] for row in tables[table].values()} >= set(kinds.split())


def test_late_rows_are_some_and_every_deal_says_when_it_was_recorded(tables):
    deals = tables["deals"].values()
    late = [days_between(row["closed_on"] or row["opened_on"], row["recorded_on"]) for row in deals]
    assert min(late) >= 0
    assert len(late) * 1 // 100 <= sum(each >= 30 for each in late) <= len(late) * 6 // 100


def test_deals_and_leads_run_forwards(tables):
    for row in tables["deals"].values():
        assert row["status"] == "open" if not row["closed_on"] else row["opened_on"] <= row["closed_on"]
    for row in tables["leads"].values():
        days = [row[each] for each in ("created_on", "qualified_on", "opportunity_on", "converted_on") if row[each]]
        assert days == sorted(days) and not (row["converted_on"] and row["lost_on"])


def test_the_items_of_a_deal_add_up_to_its_amount(tables):
    def minor(text):
        return int(text.replace(".", ""))

    nets = defaultdict(int)
    for row in tables["deal_items"].values():
        nets[row["deal_id"]] += minor(row["net"])
    amounts = {row["deal_id"]: minor(row["amount"]) for row in tables["deals"].values() if row["status"] == "won"}
    assert nets == amounts


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("deals", "status", "won"),
        ("leads", "converted_on", None),
        ("customers", "churned_on", None),
        ("credits", "role", "influenced"),
        ("credits", "role", "co_sold"),
        ("training", "certified", "true"),
        ("activities", "kind", "case_study"),
        ("activities", "kind", "portal_visit"),
        ("surveys", "score", "9"),
        ("mdf_claims", "paid_on", None),
        ("costs", "category", "support"),
        ("revenue", "stream", "marketplace"),
        ("usage", "errors", None),
        ("contacts", "kind", "strategic"),
    ],
)
def test_partners_differ(tables, table, column, value):
    requests = {row["request_id"]: row["partner_id"] for row in tables["mdf"].values()}
    counts = Counter({row["partner_id"]: 0 for row in tables["partners"].values()})
    for row in tables[table].values():
        if row[column] == value or (value is None and row[column]):
            counts[row.get("partner_id") or requests.get(row.get("request_id", ""), "")] += 1
    del counts[""]
    assert len(set(counts.values())) >= 2


def test_the_full_size_is_made_in_time(tmp_path):
    began = time.monotonic()
    folder = generate(tmp_path, "--rows-scale", "1")
    assert time.monotonic() - began < 20
    size_bytes = sum(path.stat().st_size for path in folder.rglob("*.*"))
    rows = {path.stem: path.read_bytes().count(b"\n") - 1 for path in folder.glob("*.csv")}
    assert size_bytes < 25_000_000
    assert rows["partners"] - 300 < 20 and rows["deals"] - 40_000 < 60
    assert rows["usage"] > 25_000 and rows["activities"] > 30_000 and rows["subscriptions"] > 40_000


@pytest.mark.parametrize("scale", ["0", "21", "-1", "1/0", "ten"])
def test_a_scale_that_has_no_room_is_refused(tmp_path, scale):
    command = [sys.executable, "-B", str(EXAMPLE / "generate.py"), str(tmp_path), f"--rows-scale={scale}"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2 and "is no number from 0.02 to 20" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_examples_in_the_generators_docstrings_hold():
    command = [sys.executable, "-B", "-m", "doctest", "synthetic/chance.py"]
    subprocess.run(command, check=True, cwd=EXAMPLE, timeout=60)
