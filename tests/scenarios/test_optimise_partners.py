"""Partners of a program as units: those for whom a condition holds, with what they got as the plan in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from optimise_files import partage

from rules.problem import Refused
from scenarios.acts.partners_of import partners_of
from scenarios.problems.asked import BudgetProblem, Unit
from scenarios.problems.read import read_problem

PROGRAM = """program: Partner plan
currency: EUR
calendar: quarter
effective: 2027-01-01 to 2027-12-31
sources: {partners: partners.csv, mdf: mdf.csv, mdf_claims: claims.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on, blank: unknown}
  third: {formula: sold / 3, unit: money}
  signed: {count: deals, dated: deals.closed_on}
payouts:
  base: {for_each: partners, amount: EUR 100}
"""
FILES = {
    "partners.csv": "partner_id,name,region,kind\nacme,Acme,Iberia,reseller\nbolt,Bolt,DACH,reseller\n"
    "crux,Crux,DACH,agent\ndune,Dune,,reseller\n",
    "mdf.csv": "request_id,partner_id,activity,requested_on,requested,decided_on,approved\n"
    "Q1,acme,event,2026-06-01,900.00,2026-06-02,900.00\nQ2,bolt,event,2026-06-01,900.00,2026-06-02,900.00\n"
    "Q3,bolt,print,2026-06-01,900.00,2026-06-02,900.00\nQ4,crux,print,2026-06-01,900.00,2026-06-02,900.00\n",
    "claims.csv": "claim_id,request_id,submitted_on,decided_on,paid_on,claimed,approved,paid\n"
    "F1,Q1,2026-07-01,2026-07-02,2026-07-03,400.00,400.00,400.00\n"
    "F2,Q2,2026-07-01,2026-07-02,2026-07-03,100.00,100.00,100.00\n"
    "F3,Q3,2026-07-01,2026-07-02,2026-09-30,50.50,50.50,50.50\n"
    "F4,Q3,2026-07-01,2026-07-02,2026-10-01,60.00,60.00,60.00\n"
    "F5,Q4,2026-07-01,2026-07-02,2026-07-03,70.00,70.00,\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount\nD1,acme,2026-07-01,100.00\nD2,bolt,2026-07-01,\n"
    "D3,crux,2026-07-01,-5.00\n"
    "D4,acme,2026-10-01,100.00\nD5,bolt,2026-10-01,\nD6,crux,2026-10-01,5.00\n",
}
HEAD = "optimise: x\nprogram: program.yaml\nbudget: 600\n"
EACH = "each: {at_most: 500}\n"


def read(folder: Path, text: str, files: Mapping[str, str] = FILES) -> BudgetProblem:
    for name, content in {"program.yaml": PROGRAM, **files, "problem.yaml": text, "curves.csv": SEEN}.items():
        (folder / name).write_text(content, "utf-8")
    if not (folder / "curves.json").exists():
        words = ("--from", folder / "curves.csv", "--by", "program", "--family", "power", "--out")
        partage("curves", "fit", *words, folder / "curves.json")
    found = read_problem(folder / "problem.yaml", partners_of)
    assert isinstance(found, BudgetProblem)
    return found


SEEN = "unit,period,spend,outcome\n" + "".join(
    f"a,20{25 + at // 12}-{at % 12 + 1:02},{at * 700 % 5000},{int(3 * (at * 700 % 5000) ** 0.5) + at % 3}\n"
    for at in range(24)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("partners")


def units(folder: Path, text: str) -> dict[str, Unit]:
    return {unit.name: unit for unit in read(folder, HEAD + "curves: curves.json\n" + text + EACH).units}


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(Refused) as refusal:
        units(folder, text)
    return [f"{each.code} {each.place.line}:{each.place.column} {each.message}" for each in refusal.value.problems]


def test_what_was_paid_of_funds_is_the_plan_in_force(folder: Path) -> None:
    """By the day of payment; nothing claimed is nothing, and an amount that is blank is unknown."""
    found = units(folder, "units: partners\nnow: {of: mdf, period: 2026-Q3}\n")
    assert {name: unit.now_minor for name, unit in found.items()} == {
        "acme": 40_000, "bolt": 15_050, "crux": None, "dune": 0,
    }  # fmt: skip


def test_a_kpi_is_the_plan_in_force(folder: Path) -> None:
    """Of written units too, rounded to a cent; a unit's own word wins. Nothing sold is zero; no partner is none."""
    text = "units: {acme: {}, bolt: {}, crux: {now: 7}, dune: {}, else: {}}\nnow: {of: third, period: 2026-Q3}\n"
    assert faults(folder, text) == ["W302 6:6 third of crux in 2026-Q3 is below zero, which is no plan in force"]
    found = units(folder, text.replace("2026-Q3", "2026-Q4"))
    assert [unit.now_minor for unit in found.values()] == [3_333, None, 700, 0, None]


def test_a_change_of_partners_is_bounded_by_what_they_got(folder: Path) -> None:
    where = "units: {partners: \"partners.kind = 'reseller'\"}\nnow: {of: mdf, period: 2026-Q3}\n"
    text = HEAD + "curves: curves.json\n" + where + "each: {change: 20%}\n"
    acme, bolt, dune = read(folder, text).units
    assert (acme.least_minor, acme.most_minor) == (32_000, 48_000)
    assert (bolt.least_minor, bolt.most_minor) == (12_040, 18_060)
    assert (dune.least_minor, dune.most_minor) == (0, 0)


def test_who_left_is_left_out_and_told(folder: Path) -> None:
    """By the period that is paid where one is named, else by that of the plan in force."""
    days = {"acme": ",", "bolt": ",2027-02-01", "crux": ",2026-08-01", "dune": "2027-02-01,"}
    rows = (f"{name},,DACH,reseller,{ends}\n" for name, ends in days.items())
    own = FILES | {"partners.csv": "partner_id,name,region,kind,recruited_on,terminated_on\n" + "".join(rows)}
    paid = "units: partners\npay: {payout: base, period: 2027-Q1}\n"
    by_pay = read(folder, HEAD + "curves: curves.json\n" + paid + EACH, own)
    assert [unit.name for unit in by_pay.units] == ["acme"]
    assert by_pay.notes == ("3 partners left out: not throughout 2027-Q1",)
    now = "units: partners\nnow: {of: mdf, period: 2026-Q3}\n"
    by_now = read(folder, HEAD + "curves: curves.json\n" + now + EACH, own)
    assert [unit.name for unit in by_now.units] == ["acme", "bolt", "dune"]
    assert by_now.notes == ("1 partner left out: no partners any more after 2026-Q3",)
    assert len(read(folder, HEAD + "curves: curves.json\nunits: partners\n" + EACH, own).units) == 4


WHERE = {
    "partners.kind = 'reseller' and partners.region != 'Iberia'": ["bolt"],  # a blank region is unknown
    "partners.kind = 'reseller' and (partners.region is null or partners.region != 'Iberia')": ["bolt", "dune"],
    "partners.partner_id in ('crux', 'acme')": ["acme", "crux"],
}


@pytest.mark.parametrize("where", WHERE)
def test_partners_for_whom_a_condition_holds(where: str, folder: Path) -> None:
    assert list(units(folder, f'units: {{partners: "{where}"}}\n')) == WHERE[where]


FAULTS = {
    "units: {partners: \"partners.kind = 'agnt'\"}": "W304 5:8 no partner is among the units",
    "units: {partners: \"partners.knd = 'agent'\"}": "X131 5:19 unknown column 'knd' in partners",
    'units: {partners: "deals.amount > 5"}': "P160 5:19 a row of partners sees no row of deals",
    'units: {partners: "1 = 1; drop table partners"}': "X107 5:24 ';' has no place here",
    "units: partners\nnow: {of: sould, period: 2026-Q3}": "S113 6:6 the program has no KPI sould by partner",
    "units: partners\nnow: {of: signed, period: 2026-Q3}": "W302 6:6 signed is no amount (count), and what",
    "units: partners\nnow: {of: mdf, period: 2026-07}": "S120 6:6 there is no period 2026-07",
    "units: partners\nnow: {of: mdf}": "W301 6:6 now lacks period",
    "units: partners\nnow: 5": "W301 6:6 now takes keys",
    "units: partners\npay: {payout: x, period: 2026-Q1}": "S121 6:6 period 2026-Q1 (2026-01-01 to 2026-03-31) is not",
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults(text: str, folder: Path) -> None:
    found = faults(folder, text + "\n")
    assert any(each.startswith(FAULTS[text]) for each in found), found


def test_without_a_program_there_are_no_partners(folder: Path) -> None:
    text = "optimise: x\ncurrency: EUR\nbudget: 600\nunits: partners\nnow: {of: mdf, period: 2026-Q3}\ngoal: much\n"
    with pytest.raises(Refused) as refusal:
        read(folder, text)
    assert [f"{each.code} {each.message}" for each in refusal.value.problems] == [
        "W301 a goal is one of its kinds",
        "W309 now takes a program",
        "W301 units: partners takes a program",
    ]
