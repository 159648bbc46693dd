"""Scenarios: what is simulated is the program with the same changes made by hand, to the cent and to the digest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st

from cli import group
from engine.acts.calculate import calculate
from engine.reports.blocks import in_blocks
from rules.document.reader import plain, read_document
from rules.problem import Refused
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked
from scenarios.outcomes.fairness import gini, impacts
from scenarios.outcomes.gate import clauses_of, judged
from scenarios.outcomes.report import breaks, by_grids
from scenarios.outcomes.values import Simulated

NOW = datetime(2026, 7, 1, tzinfo=UTC)
PLAN = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 5%
"""
PARTNERS = "partner_id,name,region\nacme,Acme,north\nbolt,Bolt,south\ncrux,Crux,south\n"
DEALS = """deal_id,partner_id,closed_on,amount
D-1,acme,2026-02-10,80000
D-2,bolt,2026-02-12,30000
D-3,acme,2026-03-12,345.67
"""


def partage(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(group, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A small plan: three partners, three deals."""
    for name, text in {"program.yaml": PLAN, "partners.csv": PARTNERS, "deals.csv": DEALS}.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "program.yaml"


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The channel program that `partage init` writes: credit, tiers, a scorecard, a pool."""
    folder = tmp_path_factory.mktemp("simulate") / "mine"
    partage("init", str(folder), "--template", "channel")
    return folder / "program.yaml"


@pytest.fixture(scope="module")
def less(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """The small plan at 4 % instead of 5 %, by region, against a budget of 5,500.00."""
    folder = tmp_path_factory.mktemp("less")
    for name, text in {"program.yaml": PLAN, "partners.csv": PARTNERS, "deals.csv": DEALS}.items():
        (folder / name).write_text(text, "utf-8")
    file = scenario(folder, "set: {payouts.commission.rate: 4%}")
    return simulate(folder / "program.yaml", [file], Asked("2026-02", by="region", budget="EUR 5_500"))


def scenario(folder: Path, text: str, name: str = "scenario.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def lines_by_hand(program: Path, periods: tuple[str, ...]) -> list[object]:
    """The digests of the lines that a run of each period pays."""
    store = program.parent / "by-hand.db"
    runs = [calculate(program, period, store, "test", NOW).run for period in periods]
    return [run.manifest["lines_sha256"] for run in runs]


def test_a_scenario_tells_what_it_costs_and_who_gains(plan: Path) -> None:
    """80,000.00 and 30,000.00 at 5 % are 5,500.00; at 6 %, acme has 800.00 more, and bolt 300.00."""
    found = simulate(plan, [scenario(plan.parent, "set: {payouts.commission.rate: 6%}")], Asked("2026-02"))
    (six,) = found.scenarios
    assert (found.base.cost_minor, six.outcome.cost_minor, six.change_minor) == (550_000, 660_000, 110_000)
    assert [(each.partner, each.difference_minor) for each in six.moved] == [
        ("acme", 80_000),
        ("bolt", 30_000),
        ("crux", 0),
    ]
    assert (len(six.winners), len(six.losers)) == (2, 0)


def test_an_empty_scenario_changes_nothing(plan: Path) -> None:
    for text in ("", "# nothing yet\n", "scenario: nothing\n", "set:\nremove: []\n"):
        found = simulate(plan, [scenario(plan.parent, text)], Asked("2026-02", tells_causes=True))
        (same,) = found.scenarios
        assert same.outcome.program_sha256 == found.base.program_sha256
        assert same.outcome.periods == found.base.periods
        assert same.change_minor == 0 and not same.winners and not same.losers


# The same changes as a scenario, and on the values of the program.
CHANGES: Mapping[str, tuple[str, str, Any]] = {
    "a higher rate": ("set", "payouts.co_selling_bonus.rate", "3%"),
    "another cap": ("set", "payouts.co_selling_bonus.at_most", "EUR 1_500"),
    "the first tier ends earlier": ("set", "payouts.commission.tiers.steps.1.to", "60_000"),
    "a richer last tier": ("scale", "payouts.commission.tiers.steps.2.rate", "110%"),
    "a bigger pool": ("scale", "pools.bonus_pool.size", "1.5"),
    "no referral fee": ("remove", "payouts.referral_fee", None),
    "another weighing": ("set", "pools.bonus_pool.shared", {"by": "sourced"}),
    "a cap on the fee": ("add", "payouts.referral_fee.at_most", "EUR 200"),
    "a SPIFF": (
        "add",
        "payouts.spiff",
        {"base": "deals.amount", "dated": "deals.closed_on", "where": "deals.status = 'won'", "rate": "1%"},
    ),
    "lines of tiers": ("set", "scorecards.performance.tiers.levels.silver", "40"),
}


def written(names: list[str]) -> str:
    """A scenario of these changes."""
    found: dict[str, Any] = {}
    for kind, path, value in (CHANGES[name] for name in names):
        if kind == "remove":
            found.setdefault(kind, []).append(path)
        else:
            found.setdefault(kind, {})[path] = value
    return json.dumps(found)


def by_hand(program: Path, names: list[str]) -> str:
    """The program with these changes, worked out on its values alone."""
    root, _ = read_document(program.read_bytes(), "program.yaml")
    assert root is not None
    whole = plain(root)
    for kind, path, value in (CHANGES[name] for name in names):
        *above, last = [int(step) - 1 if step.isdigit() else step for step in path.split(".")]
        at = whole
        for step in above:
            at = at[step]
        if kind == "remove":
            del at[last]
        elif kind == "scale":
            at[last] = {"10%": "11%", "EUR 3_000": "EUR 4_500"}[at[last]]
        else:
            at[last] = value
    return json.dumps(whole)


NAMES = sorted(set(CHANGES) - {"a cap on the fee"})  # of what another change removes


@pytest.mark.parametrize("names", [[*NAMES, "a cap on the fee"], ["no referral fee"]])
def test_a_scenario_is_the_program_with_the_same_changes_by_hand(channel: Path, names: list[str]) -> None:
    names = [name for name in names if name != "no referral fee" or "a cap on the fee" not in names]
    hand = scenario(channel.parent, by_hand(channel, names), "by-hand.yaml")
    found = simulate(channel, [scenario(channel.parent, written(names))], Asked("2026-Q1"))
    assert [each.lines_sha256 for each in found.scenarios[0].outcome.periods] == lines_by_hand(hand, ("2026-Q1",))


def test_many_scenarios_side_by_side_are_what_each_is_alone(channel: Path) -> None:
    files = [scenario(channel.parent, written([name]), f"{at}.yaml") for at, name in enumerate(NAMES[:2])]
    together = simulate(channel, files, Asked("2026-Q1"))
    alone = simulate(channel, files[1:], Asked("2026-Q1")).scenarios[0]
    assert alone.outcome.periods == together.scenarios[1].outcome.periods
    assert alone.moved == together.scenarios[1].moved


def test_changes_told_apart_add_up_to_what_moved(channel: Path) -> None:
    names = NAMES[:3]
    found = simulate(channel, [scenario(channel.parent, written(names))], Asked("2026-Q1", tells_causes=True))
    (each,) = found.scenarios
    assert len(each.outcome.causes) == len(names)
    assert sum(sum(of.values()) for of in each.outcome.causes.values()) == each.change_minor
    for row in each.moved:
        assert sum(row.by_cause.values()) == sum(row.by_component.values()) == row.difference_minor


def test_a_change_that_is_no_program_alone_is_told_with_the_next(plan: Path) -> None:
    """A sum of two payouts, the second of which only the next change adds."""
    text = "add:\n  totals: {both: {sum: [commission, spiff]}}\n"
    text += "  payouts.spiff: {for_each: deals, dated: deals.closed_on, amount: 10}\n"
    found = simulate(plan, [scenario(plan.parent, text)], Asked("2026-02", tells_causes=True))
    assert {cause: sum(of.values()) for cause, of in found.scenarios[0].outcome.causes.items()} == {
        "add totals and add payouts.spiff": 2_000
    }


def test_another_version_of_the_program_is_paid_on_the_same_facts(plan: Path) -> None:
    (plan.parent / "next.yaml").write_text(PLAN.replace("5%", "7%"), "utf-8")
    text = "program: next.yaml\nscale: {payouts.commission.rate: 2}\n"
    found = simulate(plan, [scenario(plan.parent, text)], Asked("2026-02", tells_causes=True))
    causes = found.scenarios[0].outcome.causes
    assert found.scenarios[0].outcome.cost_minor == 1_540_000
    assert {cause: sum(of.values()) for cause, of in causes.items()} == {
        "the other version": 220_000,
        "scale payouts.commission.rate 2": 770_000,
    }


def test_a_version_outside_of_the_folder_is_refused(plan: Path) -> None:
    (plan.parent / "sub").mkdir()
    file = scenario(plan.parent / "sub", "program: ../program.yaml\n")
    with pytest.raises(Refused, match="P150"):
        simulate(plan, [file], Asked("2026-02"))


def test_json_has_every_partner_and_what_moved(plan: Path) -> None:
    file = scenario(plan.parent, "scenario: less\nset: {payouts.commission.rate: 4%}")
    asked = ("--period", "2026-02..2026-03", "--by", "region", "--budget", "5000", "--per", "sold")
    found = json.loads(partage("simulate", str(plan), str(file), *asked, "--json"))
    (less,) = found["scenarios"]
    assert (less["cost_minor"], less["change_minor"], less["over_budget_minor"]) == (441_383, -110_345, -58_617)
    assert less["effective_rate"] == str(Fraction(441_383, 11_034_567))
    assert [each["period"] for each in less["periods"]] == ["2026-02", "2026-03"]
    assert [(each["partner_id"], each["difference_minor"]) for each in less["partners"]] == [
        ("acme", -80_345), ("bolt", -30_000), ("crux", 0),
    ]  # fmt: skip
    assert {each["group"]: (each["cost_minor"], each["paid"], each["impact"]) for each in less["groups"]} == {
        "north": (321_383, 1, "1"),
        "south": (120_000, 1, "1/2"),
    }


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("cost <= 4_400", 0),
        ("cost < 4_400", 1),
        ("cost <= 80%", 0),
        ("change >= -20% and change < 0", 0),
        ("losers <= 66%", 1),
        ("losers <= 67% and winners = 0 and unchanged >= 1", 0),
        ("gini <= 0.5", 0),
        ("impact >= 80%", 1),
        ("over_budget <= 0", 0),
        ("over_budget < -20%", 1),
    ],
)
def test_a_gate_holds_or_fails(less: Simulated, gate: str, code: int) -> None:
    """4 % are 4,400.00 instead of 5,500.00: two of three lose; of the south, one of two is paid anything."""
    clauses = clauses_of(gate, "EUR", 100, has_budget=True)
    assert all(each.holds for each in judged(clauses, less.scenarios[0], less)) is not bool(code)


def test_what_is_paid_by_partner_and_component_goes_to_a_spreadsheet(plan: Path) -> None:
    file = scenario(plan.parent, "scenario: less\nset: {payouts.commission.rate: 4%}")
    out = plan.parent / "out.csv"
    partage("simulate", str(plan), str(file), "--period", "2026-02", "--out", str(out))
    assert out.read_text("utf-8").splitlines() == [
        "scenario,file,period,partner_id,name,component,before,now,difference",
        "less,scenario.yaml,2026-02,acme,Acme,commission,4000.00,3200.00,-800.00",
        "less,scenario.yaml,2026-02,bolt,Bolt,commission,1500.00,1200.00,-300.00",
    ]


def test_all_that_is_wrong_with_all_scenarios_is_told_at_once_with_its_place(plan: Path) -> None:
    files = [
        scenario(plan.parent, "set:\n  payouts.comission.rate: 6%\n  effective: 2026\n", "one.yaml"),
        scenario(plan.parent, "add:\n  payouts.commission.rate: 6%\nscale: {program: 2}\n", "two.yaml"),
        scenario(
            plan.parent,
            "set:\n  payouts.commission:\n    base: deals.amont\n    dated: deals.closed_on\n    rat: 5%\n",
            "three.yaml",
        ),
    ]
    with pytest.raises(Refused) as caught:
        simulate(plan, files, Asked("2026-02"))
    told = [(each.code, str(each.place)) for each in caught.value.problems]
    assert told == [
        ("W202", "one.yaml:2:3"),
        ("W203", "two.yaml:2:3"),
        ("W204", "two.yaml:3:9"),
        ("P102", "three.yaml:5:5"),
    ]


def test_what_a_change_breaks_elsewhere_is_told_at_the_change(channel: Path) -> None:
    file = scenario(channel.parent, "scenario: x\nremove: [kpis.sourced]\n")
    with pytest.raises(Refused) as caught:
        simulate(channel, [file], Asked("2026-Q1"))
    assert {str(each.place) for each in caught.value.problems} == {"scenario.yaml:2:10"}
    assert all("program.yaml:" in each.message for each in caught.value.problems)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_gini_is_half_the_mean_difference_over_the_mean(amounts: list[int]) -> None:
    total = sum(amounts)
    differences = sum(abs(one - other) for one in amounts for other in amounts)
    assert gini(amounts) == (Fraction(differences, 2 * len(amounts) * total) if total else None)


def test_nobody_knows_how_unequal_debts_are() -> None:
    assert gini([5, -1]) is None and gini([]) is None and gini([0, 0]) is None
    (alone,) = impacts({"a": 0}, {"a": "north"})
    assert alone.ratio is None and not alone.is_adverse


def test_what_is_left_is_the_program_and_the_scenarios(plan: Path, tmp_path: Path) -> None:
    """Nothing is written: no store, no program."""
    folder = tmp_path / "copy"
    shutil.copytree(plan.parent, folder, ignore=shutil.ignore_patterns("copy"))
    file = scenario(folder, "set: {payouts.commission.rate: 4%}")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    simulate(folder / "program.yaml", [file], Asked("2026-02"))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_fault_of_what_is_added_is_told_at_its_own_line(plan: Path) -> None:
    text = (
        "add:\n  payouts.spiff:\n    base: deals.amount\n    dated: deals.closed_on\n    tiers:\n      method: whole\n"
    )
    text += "      accumulate: transaction\n      at_edge: lower_tier\n      steps: [{to: 9, rate: 1%}, {rat: 2%}]\n"
    with pytest.raises(Refused) as caught:
        simulate(plan, [scenario(plan.parent, text)], Asked("2026-02"))
    assert {str(each.place) for each in caught.value.problems} == {"scenario.yaml:9:35"}


def test_what_is_set_and_not_there_goes_under_add(plan: Path) -> None:
    with pytest.raises(Refused, match=r"W202 .*at_most.*; what is new goes under add:"):
        simulate(plan, [scenario(plan.parent, "set: {payouts.commission.at_most: 5}")], Asked("2026-02"))
    with pytest.raises(Refused, match=r"W202 .* - did you mean 'commission'\?$"):
        simulate(plan, [scenario(plan.parent, "set: {payouts.comission.rate: 5%}")], Asked("2026-02"))


def test_scenarios_of_one_name_are_told_apart_by_their_files(plan: Path) -> None:
    for name in ("one", "two"):
        (plan.parent / name).mkdir()
    text = "scenario: x\nset: {payouts.commission.rate: 4%}\n"
    files = [scenario(plan.parent, text, "a.yaml"), scenario(plan.parent, text, "b.yaml")]
    names = [each.outcome.name for each in simulate(plan, files, Asked("2026-02")).scenarios]
    assert names == ["x (a.yaml)", "x (b.yaml)"]
    files = [scenario(plan.parent / name, text, "a.yaml") for name in ("one", "two")]
    names = [each.outcome.name for each in simulate(plan, files, Asked("2026-02")).scenarios]
    assert names == [f"x ({each})" for each in files]
    again = [each.outcome.name for each in simulate(plan, [files[0]] * 2, Asked("2026-02")).scenarios]
    assert again == [f"x ({files[0]}, 1)", f"x ({files[0]}, 2)"]


def test_a_row_that_can_not_be_read_is_counted_once(plan: Path) -> None:
    (plan.parent / "deals.csv").write_text(DEALS + "D-9,acme,2026-02-30,5\n", "utf-8")
    assert simulate(plan, [], Asked("2026-01..2026-04")).rejected == 1


def test_what_is_paid_is_told_by_period(plan: Path) -> None:
    file = scenario(plan.parent, "scenario: less\nset: {payouts.commission.rate: 4%}")
    asked = ("simulate", str(plan), str(file), "--period", "2026-01..2026-03", "--by", "period", "--per", "sold")
    told = partage(*asked)
    assert "2026-02  5,500.00     5.00%  4,400.00  -1,100.00     4.00%" in told, told
    assert "2026-01      0.00         -" in told
    out = plan.parent / "all.csv"
    partage(*asked[:-4], "--by", "region", "--causes", "--out", str(out))
    assert out.read_text("utf-8").splitlines()[1:] == [
        "less,scenario.yaml,2026-02,acme,Acme,commission,4000.00,3200.00,-800.00,north,"
        "set payouts.commission.rate 4% -800.00",
        "less,scenario.yaml,2026-03,acme,Acme,commission,17.28,13.83,-3.45,north,set payouts.commission.rate 4% -3.45",
        "less,scenario.yaml,2026-02,bolt,Bolt,commission,1500.00,1200.00,-300.00,south,"
        "set payouts.commission.rate 4% -300.00",
    ]


def test_parts_that_are_not_told_one_by_one_are_added_up(plan: Path) -> None:
    add = ", ".join(f"payouts.x{at}: {{for_each: partners, amount: {at}}}" for at in range(1, 6))
    told = partage("simulate", str(plan), str(scenario(plan.parent, f"add: {{{add}}}")), "--period", "2026-02")
    assert "acme Acme gains 15.00: x5 +5.00, x4 +4.00, x3 +3.00, and 2 other +3.00" in told


def test_a_scenario_without_a_change_says_so(plan: Path) -> None:
    told = partage("simulate", str(plan), str(scenario(plan.parent, "# nothing yet\n")), "--period", "2026-02")
    assert "scenario: changes nothing" in told


def test_a_wide_table_breaks_between_scenarios(less: Simulated) -> None:
    (grid,) = by_grids(replace(less, scenarios=less.scenarios * 4), None)
    blocks = in_blocks(grid, 60, breaks(grid, replace(less, scenarios=less.scenarios * 4)))
    assert [each.titles[1:] for each in blocks] == [("as it is", "scenario", "change")] + [
        ("scenario", "change")
    ] * 3 or [len(each.titles) for each in blocks] == [4, 5, 3]
