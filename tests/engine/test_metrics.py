"""KPIs that a program writes for itself, by partner and above: each value worked out by hand beside its rows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import partage, told, write

from engine.acts.metrics import Metrics, metrics
from rules.kpi import Window
from rules.levels import LEVELS
from rules.problem import Refused

HEAD = "program: Story\ncurrency: EUR\ncalendar: {calendar}\neffective: 2024-01-01 to 2027-12-31\nsources:\n{sources}"
TABLES = {
    "partners.csv": """
        partner_id,name,kind,tier,region,segment,manager,parent_id
        acme,Acme Ltd,reseller,gold,DE,smb,kim,
        bolt,,reseller,silver,FR,smb,kim,acme
        crux,Crux,referral,,DE,,lee,acme
        """,
    # April 2026: acme wins 100 and 300 and loses 900, bolt wins 50, crux wins a deal without an amount
    "deals.csv": """
        deal_id,customer_id,partner_id,status,opened_on,closed_on,amount
        d1,c1,acme,won,2026-03-30,2026-04-01,100.00
        d2,c1,acme,won,2026-04-02,2026-04-30,300.00
        d3,c2,acme,lost,2026-04-03,2026-04-10,900.00
        d4,c1,bolt,won,2026-04-04,2026-04-15,50.00
        d5,c3,bolt,won,2026-02-01,2026-03-31,70.00
        d6,c3,crux,won,2026-04-01,2026-04-20,
        d7,c4,bolt,won,2026-04-30,2026-05-01,1.00
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,role,share
        k1,d1,acme,sourced,0.5
        k2,d1,bolt,sourced,0.25
        k3,d2,bolt,influenced,0.333333333
        """,
    "surveys.csv": """
        answer_id,respondent_id,partner_id,answered_on,question,score
        s1,r1,acme,2026-04-01,satisfaction,3
        s2,r1,acme,2026-04-09,satisfaction,4
        s3,r2,bolt,2026-04-09,satisfaction,2
        """,
}
WON = "where: deals.status = 'won', dated: deals.closed_on"


def program(folder: Path, kpis: str, calendar: str = "month", **tables: str) -> Path:
    """A program that measures these KPIs (YAML, one a line) and pays nothing to speak of."""
    files = TABLES | {f"{name}.csv": text for name, text in tables.items()}
    sources = "".join(f"  {name.removesuffix('.csv')}: {name}\n" for name in files)
    lines = "".join(f"  {line.strip()}\n" for line in kpis.strip().splitlines())
    head = HEAD.format(calendar=calendar, sources=sources)
    return write(folder, f"{head}kpis:\n{lines}payouts:\n  fee: {{amount: 1}}\n", files)


def by(path: Path, kpi: str, level: str = "partner", period: str = "2026-04") -> dict[str, Fraction | None]:
    """A KPI's value by group; money in cents."""
    found = metrics(path, period, level)
    return dict(zip(found.labels, found.values[kpi].fractions(), strict=True))


def explained(path: Path, period: str = "2026-04") -> int:
    """How many cells of KPIs there are, after each was explained: what does not re-add raises."""
    count = 0
    with told(path, period) as story:
        for name in [name for name in story.sheet.frame_of if name in {step.name for step in story.plan.steps}]:
            if name in ("fee", "payout") or story.sheet.frame_of[name] != "partners":
                continue
            for row, partner in enumerate(story.run.partners):
                assert story.why(partner, name).value == story.sheet.columns[name].fraction(row)
                count += 1
    return count


THIRD = Fraction(333_333_333, 10**9)
CASES: dict[str, tuple[str, dict[str, Fraction | int | None], Fraction | int | None]] = {
    # name: the KPI; what acme, bolt and crux have; what the program has. Money is in cents.
    "a sum leaves a blank amount out where it is told to": (
        f"{{sum: deals.amount, {WON}, blank: leave_out}}",
        {"acme": 40_000, "bolt": 5_000, "crux": 0},
        45_000,
    ),
    "a sum over a blank amount is unknown, and so is the program's": (
        f"{{sum: deals.amount, {WON}}}",
        {"acme": 40_000, "bolt": 5_000, "crux": None},
        None,
    ),
    "a count": (f"{{count: deals, {WON}}}", {"acme": 2, "bolt": 1, "crux": 1}, 4),
    "clients are counted once: c1 buys from acme and from bolt": (
        f"{{count_distinct: deals.customer_id, {WON}}}",
        {"acme": 1, "bolt": 1, "crux": 1},
        2,
    ),
    "a mean of the known: (100 + 300) / 2; for the program 450 / 3": (
        f"{{mean: deals.amount, {WON}, blank: leave_out}}",
        {"acme": 20_000, "bolt": 5_000, "crux": None},
        15_000,
    ),
    "a median: of 100 and 300 the middle between them; of 50, 100 and 300 it is 100": (
        f"{{median: deals.amount, {WON}, blank: leave_out}}",
        {"acme": 20_000, "bolt": 5_000, "crux": None},
        10_000,
    ),
    "a median of a product: half as much again": (
        f"{{median: deals.amount * 1.5, {WON}, blank: leave_out}}",
        {"acme": 30_000, "bolt": 7_500, "crux": None},
        15_000,
    ),
    "days between dates: acme 2 and 28, bolt 11, crux 19": (
        f"{{mean: deals.closed_on - deals.opened_on, {WON}}}",
        {"acme": 15, "bolt": 11, "crux": 19},
        15,
    ),
    "a product over two tables: 100 x 0.5; 100 x 0.25 + 300 x 0.333333333": (
        "{sum: deals.amount * credits.share, dated: deals.closed_on}",
        {"acme": 5_000, "bolt": 2_500 + 30_000 * THIRD, "crux": 0},
        7_500 + 30_000 * THIRD,
    ),
    "a condition with a product: d1 is 100 x 0.5, d2 is 300 x 0.333333333": (
        "{count: credits, where: deals.amount * credits.share > 60, dated: deals.closed_on}",
        {"acme": 0, "bolt": 1, "crux": 0},
        1,
    ),
    "different clients under a condition with a product": (
        "{count_distinct: deals.customer_id, where: deals.amount * 2 >= 100, dated: deals.closed_on}",
        {"acme": 2, "bolt": 1, "crux": 0},
        2,
    ),
    "a ratio: 2 of 3, 1 of 1, 1 of 1": (
        f"{{count: deals, {WON}, over: {{count: deals, dated: deals.closed_on}}}}",
        {"acme": Fraction(2, 3), "bolt": 1, "crux": 1},
        Fraction(4, 5),
    ),
    "nothing to divide by is unknown": (
        "{count: deals, dated: deals.closed_on, "
        "over: {count: deals, where: deals.status = 'lost', dated: deals.closed_on}}",
        {"acme": 3, "bolt": None, "crux": None},
        5,
    ),
    "nothing to divide by is zero where the program says so": (
        "{count: deals, dated: deals.closed_on, when_zero: zero, "
        "over: {count: deals, where: deals.status = 'lost', dated: deals.closed_on}}",
        {"acme": 3, "bolt": 0, "crux": 0},
        5,
    ),
    "a blank amount over nothing stays unknown: zero is for what is known": (
        "{sum: deals.amount, dated: deals.closed_on, when_zero: zero, "
        "over: {count: deals, where: deals.status = 'lost', dated: deals.closed_on}}",
        {"acme": 130_000, "bolt": 0, "crux": None},
        None,
    ),
    "at least two deals: acme alone has three": (
        f"{{count: deals, {WON}, at_least: 2, over: {{count: deals, dated: deals.closed_on}}}}",
        {"acme": Fraction(2, 3), "bolt": None, "crux": None},
        Fraction(4, 5),
    ),
    "times: in percent": (
        f"{{count: deals, {WON}, times: 100, over: {{count: deals, dated: deals.closed_on}}}}",
        {"acme": Fraction(200, 3), "bolt": 100, "crux": 100},
        80,
    ),
    "the latest answer of each respondent": (
        "{mean: surveys.score, dated: surveys.answered_on, latest_of: surveys.respondent_id}",
        {"acme": 4, "bolt": 2, "crux": None},
        3,
    ),
    "the latest answer among those that a product keeps: r1's 3 x 2 is 6, and 4 x 2 is too much": (
        "{mean: surveys.score, where: surveys.score * 2 < 7, dated: surveys.answered_on, "
        "latest_of: surveys.respondent_id}",
        {"acme": 3, "bolt": 2, "crux": None},
        Fraction(5, 2),
    ),
    "sourced: acme has half of d1 and all of d2 and d3, bolt a quarter of d1 and all of d4": (
        "{sum: deals.amount, dated: deals.closed_on, credited: sourced, blank: leave_out}",
        {"acme": 5_000 + 30_000 + 90_000, "bolt": 2_500 + 5_000, "crux": 0},
        132_500,
    ),
    "a KPI of the catalogue under another name, with an option changed: satisfied from 3.5": (
        "{use: partner_satisfaction, options: {satisfied_at: 3.5}}",
        {"acme": 1, "bolt": 0, "crux": None},
        Fraction(1, 2),
    ),
    "the same as it is: satisfied from 4, and acme's mean is 3.5": (
        "partner_satisfaction",
        {"acme": 0, "bolt": 0, "crux": None},
        0,
    ),
}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with the KPI of every case: case_0, case_1 and so on."""
    kpis = "".join(f"case_{at}: {kpi}\n" for at, (kpi, _, _) in enumerate(CASES.values()))
    return program(tmp_path_factory.mktemp("cases"), kpis)


@pytest.fixture(scope="module")
def measured(together: Path) -> dict[str, Metrics]:
    """Every case by partner and for the program."""
    return {level: metrics(together, "2026-04", level) for level in ("partner", "program")}


@pytest.mark.parametrize("name", CASES)
def test_a_kpi_is_what_its_rows_come_to(name: str, measured: dict[str, Metrics]) -> None:
    _, expected, of_program = CASES[name]
    kpi = f"case_{list(CASES).index(name)}"
    by_partner, in_all = (measured[level].values[kpi].fractions() for level in ("partner", "program"))
    assert dict(zip(measured["partner"].labels, by_partner, strict=True)) == expected
    assert in_all == [of_program]


def test_every_kpi_is_explained_back(together: Path) -> None:
    assert explained(together) >= 3 * len(CASES)


RATE = f"rate: {{count: deals, {WON}, over: {{count: deals, dated: deals.closed_on}}}}"
CLIENTS = f"clients: {{count_distinct: deals.customer_id, {WON}}}"


@pytest.mark.parametrize(
    ("level", "rates", "clients"),
    [
        ("partner", {"acme": Fraction(2, 3), "bolt": 1, "crux": 1}, {"acme": 1, "bolt": 1, "crux": 1}),
        ("kind", {"reseller": Fraction(3, 4), "referral": 1}, {"reseller": 1, "referral": 1}),
        ("tier", {"gold": Fraction(2, 3), "silver": 1, "": 1}, {"gold": 1, "silver": 1, "": 1}),
        ("region", {"DE": Fraction(3, 4), "FR": 1}, {"DE": 2, "FR": 1}),
        ("segment", {"smb": Fraction(3, 4), "": 1}, {"smb": 1, "": 1}),
        ("manager", {"kim": Fraction(3, 4), "lee": 1}, {"kim": 1, "lee": 1}),
        ("parent", {"": Fraction(2, 3), "acme": 1}, {"": 1, "acme": 2}),
        ("program", {"program": Fraction(4, 5)}, {"program": 2}),
    ],
)
def test_groups_add_above_and_below_the_line_first(
    level: str, rates: dict[str, Fraction], clients: dict[str, int], tmp_path: Path
) -> None:
    path = program(tmp_path, f"{RATE}\n{CLIENTS}")
    assert by(path, "rate", level) == rates
    assert by(path, "clients", level) == clients
    assert level in LEVELS


def test_every_window(tmp_path: Path) -> None:
    """Each deal is worth another power of two, so that a sum tells which of them it holds."""
    days = "2025-06-30,2025-07-01,2025-12-31,2026-01-01,2026-02-28,2026-03-01,2026-03-31,2026-04-01,2026-05-31,"
    days += "2026-06-01,2026-06-30,2026-07-01"
    rows = "".join(f"d{place},acme,{day},{2**place}.00\n" for place, day in enumerate(days.split(",")))
    kpis = "".join(f"{window}: {{sum: deals.amount, dated: deals.closed_on, window: {window}}}\n" for window in Window)
    path = program(tmp_path, kpis, "quarter", deals="deal_id,partner_id,closed_on,amount\n" + rows)
    found = metrics(path, "2026-Q2")
    assert {name: column.fraction(0) for name, column in found.values.items()} == {
        "period": 100 * (128 + 256 + 512 + 1024),  # 1 April to 30 June
        "period_before": 100 * (8 + 16 + 32 + 64),  # the first quarter
        "last_month": 100 * (512 + 1024),  # June
        "month_before": 100 * (32 + 64),  # March
        "trailing_12_months": 100 * (2046),  # 1 July 2025 to 30 June 2026
        "until_end": 100 * 2047,
        "until_start": 100 * 127,
    }
    assert explained(path, "2026-Q2") == 3 * 7


def test_without_a_period_before_what_it_held_is_unknown(tmp_path: Path) -> None:
    calendar = "\n  period: custom\n  periods: {spring: 2026-04-01 to 2026-04-30, may: 2026-05-01 to 2026-05-31}"
    kpis = """
        now: {sum: deals.amount, dated: deals.closed_on, blank: leave_out}
        before: {sum: deals.amount, dated: deals.closed_on, blank: leave_out, window: period_before}
        growth: {formula: now / before - 1}
        """
    path = program(tmp_path, kpis, calendar)
    assert by(path, "before", period="spring") == {"acme": None, "bolt": None, "crux": None}
    assert by(path, "growth", period="spring") == {"acme": None, "bolt": None, "crux": None}
    # bolt won 50.00 in spring and 1.00 in May; acme had 1,300.00 and then nothing; crux had nothing to grow from
    assert by(path, "growth", period="may") == {"acme": -1, "bolt": Fraction(1, 50) - 1, "crux": None}
    assert explained(path, "spring") == explained(path, "may") == 9


def test_a_formula_is_worked_out_at_each_level_from_the_kpis_of_that_level(tmp_path: Path) -> None:
    kpis = f"""
        won: {{sum: deals.amount, {WON}, blank: leave_out}}
        wins: {{count: deals, {WON}}}
        size: {{formula: won / wins}}
        daily: {{formula: won / period.days}}
        busy: {{formula: case when period.days > 30 then 0 when wins > 1 then 1 else 0 end}}
        """
    path = program(tmp_path, kpis)
    assert by(path, "size") == {"acme": 20_000, "bolt": 5_000, "crux": 0}
    assert by(path, "size", "program") == {"program": Fraction(45_000, 4)}
    assert by(path, "daily", "program") == {"program": 1_500}  # 450.00 in 30 days
    assert by(path, "busy") == {"acme": 1, "bolt": 0, "crux": 0}
    assert by(path, "busy", period="2026-05") == {"acme": 0, "bolt": 0, "crux": 0}
    assert explained(path) == 15


def test_an_averaged_formula_is_averaged_before_another_one_reads_it(tmp_path: Path) -> None:
    kpis = f"""
        wins: {{count: deals, {WON}}}
        squared: {{formula: wins * wins, each: partner}}
        twice: {{formula: 2 * squared}}
        """
    path = program(tmp_path, kpis)
    assert by(path, "squared") == {"acme": 4, "bolt": 1, "crux": 1}
    assert by(path, "squared", "program") == {"program": 2}  # (4 + 1 + 1) / 3, and not 4 x 4
    assert by(path, "twice", "program") == {"program": 4}
    assert by(path, "twice", "region") == {"DE": 5, "FR": 2}


def test_parts_of_a_kpi_are_columns_of_their_own(tmp_path: Path) -> None:
    path = program(tmp_path, "growth: partner_growth_rate")
    found = metrics(path, "2026-04", only="growth")
    assert list(found.values) == ["growth.won", "growth.before", "growth"]
    assert [kpi.name for kpi in found.kpis] == ["growth.won", "growth.before", "growth"]
    # bolt: 50.00 after 70.00
    assert by(path, "growth") == {"acme": None, "bolt": Fraction(50 - 70, 70), "crux": None}


def test_a_kpi_of_the_program_is_not_told_by_partner(tmp_path: Path) -> None:
    partners = "partner_id,recruited_on,terminated_on\nacme,2025-01-01,\nbolt,2025-01-01,\ncrux,2025-01-01,\n"
    path = program(tmp_path, "all: partner_count\nwins: {count: deals}", partners=partners)
    assert [kpi.name for kpi in metrics(path, "2026-04").kpis] == ["wins"]
    with pytest.raises(Refused) as refusal:
        metrics(path, "2026-04", "partner", "all")
    assert [problem.code for problem in refusal.value.problems] == ["S113"]


def test_the_command_tells_the_same(tmp_path: Path) -> None:
    path = program(tmp_path, f"{RATE}\n{CLIENTS}")
    answer = partage("metrics", path, "--period", "2026-04", "--by", "region", "--json").json()
    assert answer["groups"] == [
        {"group": "DE", "kpis": {"rate": "3/4", "clients": "2"}},
        {"group": "FR", "kpis": {"rate": "1", "clients": "1"}},
    ]
    assert answer["kpis"]["rate"] == {"unit": "number", "better": "higher", "title": "rate"}
    lines = partage("metrics", path, "--period", "2026-04", "--kpi", "rate").out.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["partner", "rate"],
        ["acme", "Acme", "Ltd", "0.6667"],
        ["bolt", "1"],
        ["crux", "Crux", "1"],
    ]
    wrong = partage("metrics", path, "--period", "2026-04", "--kpi", "rates")
    assert wrong.exit_code == 2 and "S113" in wrong.err


@pytest.mark.parametrize("action", ["list", "show"])
def test_the_catalogue_is_listed_and_shown(action: str) -> None:
    if action == "list":
        listed = partage("kpis", "--json").json()
        assert {"id": "sales_volume", "title": "Sales Volume", "unit": "count"} in listed and len(listed) == 50
        return
    shown = partage("kpis", "show", "deal_close_rate")
    assert shown.exit_code == 0
    assert "count of deals where deals.status = 'won'" in shown.out
    wrong = partage("kpis", "show", "deal_close_rat")
    assert wrong.exit_code == 2 and "P128" in wrong.err
