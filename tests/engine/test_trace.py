"""What became of a source row, and why it paid nothing: the questions that a partner asks about a deal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from spine_stories import MONTH, partage, write

PROGRAM = """
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
eligible: partners.kind = 'reseller'
sources: {partners: partners.csv, deals: deals.csv, credits: credits.csv, surveys: surveys.csv, targets: targets.csv,
  customers: customers.csv}
kpis:
  wins: {count: deals, where: deals.status = 'won', dated: deals.closed_on}
  sourced: {sum: deals.amount, dated: deals.closed_on, credited: sourced, blank: leave_out}
  helped: {sum: deals.amount, dated: deals.closed_on, credited: influenced}
  liked: {mean: surveys.score, dated: surveys.answered_on, latest_of: surveys.respondent_id}
scorecards:
  performance:
    kpis: {wins: {weight: 100%, attainment: {of: target, cap: 100%}}}
    tiers: {silver: 0, gold: 60}
    missing: reweight
payouts:
  commission:
    where: deals.status = 'won' and customers.region = 'DE'
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    unknown: leave_out
pools:
  club: {size: 100, shared: equally, among: performance.tier = 'gold'}
"""
TABLES = {
    "partners.csv": "partner_id,kind\nacme,reseller\nbolt,reseller\ncrux,former\n",
    "customers.csv": "customer_id,partner_id,region\nc1,acme,DE\nc2,acme,FR\n",
    "deals.csv": """
        deal_id,customer_id,partner_id,status,closed_on,amount
        d1,c1,acme,won,2026-04-01,100.00
        d2,c1,acme,lost,2026-04-30,100.00
        d3,c1,acme,won,2026-05-01,100.00
        d4,c1,crux,won,2026-04-02,100.00
        d5,c1,,won,2026-04-02,100.00
        d6,c1,bolt,won,2026-04-02,
        d7,c1,bolt,,2026-04-02,100.00
        d8,c1,bolt,open,,100.00
        d9,c2,acme,won,2026-04-03,100.00
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,role,share
        k1,d1,bolt,sourced,0.25
        k2,d1,acme,sourced,0.75
        k3,d2,crux,sourced,1
        k4,d9,bolt,influenced,1
        k5,d9,bolt,co_sold,1
        """,
    "surveys.csv": """
        answer_id,respondent_id,partner_id,answered_on,question,score
        s1,r1,acme,2026-04-01,support,3
        s2,r1,acme,2026-04-09,support,9
        s3,r1,acme,2026-04-09,support,8
        """,
    "targets.csv": """
        target_id,partner_id,kpi,period,target
        t1,,wins,2026-04,2
        t2,,wins,2026-05,9
        t3,,calls,2026-04,1
        """,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The books with one run of April."""
    folder = tmp_path_factory.mktemp("books")
    program = write(folder, PROGRAM, TABLES)
    books = folder / "books.db"
    assert partage("--store", books, "run", program, "--period", "2026-04").exit_code == 0
    yield books


def verdicts(store: Path, *question: str) -> dict[str, tuple[str, str]]:
    """Each rule's verdict on a row: its fate and the words."""
    answer: Any = partage("--store", store, *question, "--json").json()
    return {each["rule"] or "": (each["fate"], each["words"]) for each in answer["verdicts"]}


COMMISSION = {
    "d1": ("paid", "a row of commission: 10 % of 100.00"),
    "d2": ("not_payable", "deals.status = 'won' does not hold: deals.status is 'lost'"),
    "d3": ("outside", "deals.closed_on is 2026-05-01, outside 2026-04-01 to before 2026-05-01"),
    "d4": ("not_payable", "partner crux cannot be paid: the program's condition `eligible` does not hold"),
    "d5": ("not_payable", "the row names no partner"),
    "d6": ("not_payable", "deals.amount is blank, and the rule leaves such rows out"),
    "d7": ("not_payable", "deals.status = 'won' is unknown: deals.status is blank"),
    "d8": ("outside", "deals.closed_on is blank"),
    "d9": ("not_payable", "customers.region = 'DE' does not hold: customers.region is 'FR'"),
}


@pytest.mark.parametrize("deal", COMMISSION)
def test_a_deal_says_what_the_commission_made_of_it(deal: str, store: Path) -> None:
    assert verdicts(store, "trace", "deals", deal)["commission"] == COMMISSION[deal]


@pytest.mark.parametrize("deal", ["d2", "d3", "d9"])
def test_why_not_is_the_same_answer(deal: str, store: Path) -> None:
    asked = verdicts(store, "explain", "1", "acme", "--why-not", deal)
    assert asked["commission"] == COMMISSION[deal]
    assert asked["wins.numerator"][0] == {"d2": "not_payable", "d3": "outside", "d9": "measured"}[deal]


@pytest.mark.parametrize(
    ("partner", "deal", "told"),
    [
        ("bolt", "d9", ["deals d9 is a row of acme"]),
        ("acme", "d5", ["deals d5 is a row of no partner"]),
        ("acme", "d9", []),
        ("bolt", "c1", ["customers c1 is a row of acme"]),
    ],
)
def test_why_not_says_whose_row_it_is(partner: str, deal: str, told: list[str], store: Path) -> None:
    asked = ("--store", store, "explain", "1", partner, "--why-not", deal)
    lines = partage(*asked).out.splitlines()
    assert lines[0] == f"{deal} and {partner} in run 1"
    assert [line for line in lines if " is a row of " in line] == told
    others = partage(*asked, "--json").json()["others"]
    assert [each["partner_id"] or "no partner" for each in others] == [line.split(" is a row of ")[1] for line in told]


def test_what_was_paid_is_told_with_whom_and_where_the_rule_stands(store: Path) -> None:
    lines = partage("--store", store, "trace", "deals", "d1").out.splitlines()
    assert lines[0] == "deals d1 in run 1, 2026-04"
    assert lines[1] == "paid 10.00 to acme  commission   program.yaml:19:3"


@pytest.mark.parametrize(
    ("deal", "verdict"),
    [
        ("d1", ("measured", "counts in sourced, for acme, bolt")),
        ("d2", ("not_payable", "nobody who can be paid is credited as sourced")),  # crux alone, who left
        ("d5", ("not_payable", "nobody who can be paid is credited as sourced")),
        ("d9", ("measured", "counts in sourced, for acme")),  # its own partner, for no credit says otherwise
    ],
)
def test_a_credited_deal_says_for_whom_it_counts(deal: str, verdict: tuple[str, str], store: Path) -> None:
    assert verdicts(store, "trace", "deals", deal)["sourced.numerator"] == verdict


def test_a_credit_is_traced_through_its_deal(store: Path) -> None:
    assert verdicts(store, "trace", "credits", "k1") == {
        "sourced.numerator": ("measured", "counts in sourced, for acme, bolt")
    }
    assert verdicts(store, "trace", "credits", "k5") == {"": ("not_payable", "no row that counts refers to it")}


def test_a_credit_for_a_sourced_deal_says_that_it_is_sourced(store: Path) -> None:
    """Nobody holds a credit that sources d9, so it is sourced by its own partner."""
    why = "it is sourced by acme, and a deal that somebody sourced counts for nobody as influenced"
    assert verdicts(store, "trace", "credits", "k4") == {"helped.numerator": ("not_payable", why)}
    told = partage("--store", store, "explain", "1", "bolt", "helped").out
    assert "0 of 0 rows of deals count; a deal that somebody sourced counts for nobody as influenced" in told


def test_an_earlier_answer_says_which_one_counts_in_its_place(store: Path) -> None:
    later = ("not_payable", "surveys s3 counts in its place: the latest of surveys.respondent_id")
    assert verdicts(store, "trace", "surveys", "s1")["liked.numerator"] == later
    assert verdicts(store, "trace", "surveys", "s2")["liked.numerator"] == later  # of one day, the last by key
    assert verdicts(store, "trace", "surveys", "s3")["liked.numerator"] == ("measured", "counts in liked")


def test_a_partner_says_why_it_is_not_in_the_pool(store: Path) -> None:
    # the target is 2: acme won d1 and d9, bolt won d6
    assert verdicts(store, "trace", "partners", "acme")["club"] == ("paid", "a row of club")
    assert verdicts(store, "trace", "partners", "bolt")["club"] == (
        "not_payable",
        "performance.tier = 'gold' does not hold: performance.tier is 'silver'",
    )
    assert verdicts(store, "trace", "partners", "crux")["club"][0] == "not_payable"


def test_a_customer_is_traced_through_the_deals_that_name_it(store: Path) -> None:
    lines = partage("--store", store, "trace", "customers", "c2").out.splitlines()
    assert [line for line in lines if "commission" in line] == [
        "not payable  commission   deals d9   program.yaml:19:3"
    ]


def test_a_target_says_which_scorecard_reads_it(store: Path) -> None:
    assert verdicts(store, "trace", "targets", "t1")["performance.target"][0] == "measured"
    assert verdicts(store, "trace", "targets", "t2")["performance.target"] == (
        "outside",
        "targets.period is 2026-05, and the rule looks at 2026-04",
    )
    assert verdicts(store, "trace", "targets", "t3")["performance.target"] == (
        "not_payable",
        "targets.kpi in ('wins') does not hold: targets.kpi is 'calls'",
    )


@pytest.mark.parametrize("question", [("trace", "deals", "d0"), ("explain", "1", "acme", "--why-not", "d0")])
def test_no_such_row(question: tuple[str, ...], store: Path) -> None:
    ended = partage("--store", store, *question)
    assert ended.exit_code == 2 and "S114" in ended.err


COURSES = f"""{MONTH}
sources: {{partners: partners.csv, training: training.csv}}
payouts: {{reward: {{for_each: training, where: training.certified, dated: training.completed_on, amount: 10}}}}
"""
CERTIFIED = (
    "partner_id,person_id,course,enrolled_on,completed_on,certified\n"
    "acme,ann,CRM/ERP,2026-04-01,2026-04-09,true\n"
    "acme,ann,CRM,2026-04-01,2026-04-09,false\n"
)


def test_a_key_of_several_parts_is_never_that_of_another_row(tmp_path: Path) -> None:
    program = write(tmp_path, COURSES, {"partners.csv": TABLES["partners.csv"], "training.csv": CERTIFIED})
    books = tmp_path / "books.db"
    assert partage("--store", books, "run", program, "--period", "2026-04").exit_code == 0
    (line,) = partage("--store", books, "show", "--lines", "--json").json()["lines"]
    assert line["key"] == r"acme/ann/CRM\/ERP/2026-04-01"
    assert verdicts(books, "trace", "training", line["key"])["reward"] == ("paid", "a row of reward: 10.00 flat")
    assert verdicts(books, "trace", "training", "acme/ann/CRM/2026-04-01")["reward"][0] == "not_payable"
    assert partage("--store", books, "trace", "training", "acme/ann/CRM/ERP/2026-04-01").exit_code == 2
    why = partage("--store", books, "explain", "1", "acme", "reward")
    assert why.exit_code == 0 and "10.00 flat" in why.out


def test_the_part_of_a_kpi_is_told_in_words(store: Path) -> None:
    lines = partage("--store", store, "trace", "deals", "d1").out.splitlines()
    assert "measured  wins (what is measured)   program.yaml:9:3" in lines
    fates = partage("--store", store, "show", "--fates").out.splitlines()
    assert ["surveys", "liked (what is measured)", "2"] in [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in fates
    ]


def test_a_rejected_row_is_traced_to_its_faults_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    program = f"{MONTH}sources: {{partners: partners.csv, deals: deals.csv}}\n"
    program += "payouts:\n  c: {base: deals.amount, rate: 5%}\n"
    tables = {"partners.csv": "partner_id\nacme\n", "deals.csv": "deal_id,partner_id,amount\nd1,acme,1e2\nd2,acme,1\n"}
    path, store = write(tmp_path, program, tables), ("--store", tmp_path / "books.db")
    assert partage(*store, "run", path, "--period", "2026-04").exit_code == 0
    for asked in (("trace", "deals", "d1"), ("explain", "1", "acme", "--why-not", "d1")):
        told = partage(*store, *asked)
        assert told.exit_code == 0 and "rejected" in told.out and "F203" in told.out and "deals.csv:2" in told.out
    unknown, nowhere = partage(*store, "trace", "deals", "d9"), partage(*store, "trace", "nosuch", "d1")
    assert "deals has no row d9" in unknown.err and "the run has no table nosuch" in nowhere.err
