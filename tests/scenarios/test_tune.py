"""Plan parameters chosen on the engine: the best of a grid is what every plan of it, simulated by hand, says it is."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from tune_files import (
    FIRST,
    HEAD,
    LAUNCH,
    PLAN,
    SECOND,
    SMALL,
    every_plan,
    parameters_of,
    plan_in,
    problem,
    proposed,
    tuned,
)

from engine.acts.calculate import calculate
from rules.problem import Refused
from scenarios.acts.apply import apply
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked
from scenarios.acts.tune import tune
from scenarios.outcomes.gate import clauses_of, judged
from scenarios.outcomes.values import Simulated
from scenarios.tuning.written import scenario_text

NOW = datetime(2026, 7, 1, tzinfo=UTC)
FEBRUARY_AND_MARCH = Asked("2026-02..2026-03", by="region", budget="8_600", per="sold")
WIDE = {
    FIRST: tuple(f"{tenths / 10:g}%" for tenths in range(20, 100)),
    SECOND: tuple(f"{tenths / 10:g}%" for tenths in range(20, 100)),
    LAUNCH: tuple(f"EUR {amount}" for amount in range(0, 500, 10)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan and its data: 5 % and 8 %, EUR 250; it costs 8,812.29."""
    found = tmp_path_factory.mktemp("tune")
    plan_in(found)
    return found


@pytest.fixture(scope="module")
def all_plans(folder: Path) -> Simulated:
    """Every plan of the small grid, each simulated from a scenario that was written by hand."""
    files = []
    for at, plan in enumerate(every_plan(SMALL)):
        files.append(folder / f"by-hand-{at}.yaml")
        files[-1].write_text("set:\n" + "".join(f"  {path}: {value}\n" for path, value in plan.items()), "utf-8")
    return simulate(folder / "program.yaml", files, FEBRUARY_AND_MARCH)


# A goal, what has to hold, and the goal as a gate's clause with a sign: 1 where it is to be small.
GOALS = {
    "fewest losers within a cost": ("{minimise: losers}", "cost <= 8_500", "losers = 0", 1),
    "most winners within a cost": ("{maximise: winners}", "cost <= 9_000 and losers <= 50%", "winners = 0", -1),
    "the least cost where nobody loses": ("{minimise: cost}", "losers = 0", "cost = 0", 1),
    "the most even pay": ("{minimise: gini}", "change <= 10%", "gini = 0", 1),
    "the least effective rate": ("{minimise: effective_rate}", "losers <= 50%", "effective_rate = 0", 1),
    "the best of the worst group": ("{maximise: impact}", "over_budget <= 0", "impact = 0", -1),
    "nothing to hold": ("{minimise: cost}", "", "cost = 0", 1),
}


QUICK = ("fewest losers within a cost", "the best of the worst group", "nothing to hold")


@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.ci] * (each not in QUICK)) for each in GOALS])
def test_the_best_is_that_of_every_plan_simulated_by_hand(name: str, folder: Path, all_plans: Simulated) -> None:
    goal, hold, clause, sign = GOALS[name]
    rest = f"goal: {goal}\nby: region\nper: sold\nbudget: 8_600\n" + (f"hold: '{hold}'\n" if hold else "")
    found = tuned(folder, rest)
    holds = clauses_of(hold, "EUR", 100, True) if hold else ()
    (wanted,) = clauses_of(clause, "EUR", 100, True)
    known = []
    for each in all_plans.scenarios:
        ((value),) = judged((wanted,), each, all_plans)
        if value.value is not None and all(of.holds for of in judged(holds, each, all_plans)):
            known.append(sign * value.value)
    assert found.best is not None and found.best.goal is not None
    assert sign * found.best.goal == min(known)
    assert found.proof == "all" and found.evaluations == len(all_plans.scenarios)


def test_the_nearest_cost_is_found_to_the_cent(folder: Path, all_plans: Simulated) -> None:
    found = tuned(folder, "goal: {nearest: {cost: 8_400}}\n")
    assert found.best is not None and found.best.goal is not None
    away = min(abs(each.outcome.cost_minor - 840_000) for each in all_plans.scenarios)
    assert abs(found.best.goal - 840_000) == away


@pytest.mark.parametrize(("aim", "sign"), [("minimise", 1), ("maximise", -1)])
def test_several_quantities_are_weighed(aim: str, sign: int, folder: Path, all_plans: Simulated) -> None:
    """A partner who loses counts as much as EUR 400 of cost, and one who wins EUR 100 to the good."""
    found = tuned(folder, f"goal: {{{aim}: {{losers: 1, cost: 0.0025, winners: -0.25}}}}\n")
    assert found.best is not None and found.goal.name == "weighted" and found.proof == "all"
    known = [
        len(each.losers) + Fraction(each.outcome.cost_minor, 40_000) - Fraction(len(each.winners), 4)
        for each in all_plans.scenarios
    ]
    known.append(Fraction(all_plans.base.cost_minor, 40_000))
    assert found.best.goal == sign * min(sign * each for each in known)
    assert found.tuning.goal.said.endswith("1 x losers + 0.0025 x cost - 0.25 x winners")


def test_a_clause_of_a_list_is_told_at_its_own_line(folder: Path) -> None:
    text = HEAD + parameters_of(SMALL) + "goal: {minimise: cost}\nhold:\n  - losers <= 1\n  - coast <= 5\n"
    with pytest.raises(Refused) as refusal:
        tune(problem(folder, text))
    (told,) = refusal.value.problems
    line = text.splitlines().index("  - coast <= 5") + 1
    assert (told.code, told.place.line, told.hint) == ("W209", line, "did you mean 'cost'?")


@pytest.mark.parametrize(("path", "per"), [("kpis.sold.better", ""), ("payouts.launch.title", ""), ("program", "sold")])
def test_a_parameter_that_no_rule_reads_is_refused(path: str, per: str, tmp_path: Path) -> None:
    plan = PLAN.replace("dated: deals.closed_on}", "dated: deals.closed_on, better: higher}").replace(
        "  launch:\n", "  launch:\n    title: start\n"
    )
    plan_in(tmp_path, plan)
    text = HEAD + f"parameters: {{{path}: {{of: [lower, higher]}}}}\ngoal: {{minimise: cost}}\n"
    with pytest.raises(Refused, match="W374"):
        tune(problem(tmp_path, text + (f"per: {per}\n" if per else "")))


def test_the_proposal_as_a_scenario_pays_the_very_same_lines(folder: Path, tmp_path: Path) -> None:
    """Simulated, and applied and run, it has the digests of the lines that were told."""
    program = plan_in(tmp_path)
    found = tuned(tmp_path, "goal: {minimise: losers}\nhold: 'cost <= 8_500'\n")
    (told,) = found.simulated.scenarios
    file = tmp_path / "proposal.yaml"
    file.write_text(scenario_text(found), "utf-8")
    again = simulate(program, [file], Asked("2026-02..2026-03")).scenarios[0]
    assert again.outcome.periods == told.outcome.periods
    assert again.outcome.program_sha256 == told.outcome.program_sha256
    assert (again.outcome.name, again.moved) == ("a cheaper plan", told.moved)
    apply(file, program)
    runs = [calculate(program, each.period, tmp_path / "x.db", "test", NOW).run for each in told.outcome.periods]
    assert [run.manifest["lines_sha256"] for run in runs] == [each.lines_sha256 for each in told.outcome.periods]
    assert "# of each deal" in program.read_text("utf-8"), "comments stay"


def test_of_plans_that_are_as_good_the_one_with_fewest_changes_is_taken(folder: Path) -> None:
    """Nobody is paid 8 % for a deal below 50,000 in March, so that rate changes nothing."""
    text = HEAD.replace("2026-02..2026-03", "2026-03") + parameters_of(
        {SECOND: ("7%", "9%", "8%"), FIRST: ("4%", "6%")}
    )
    assert proposed(tune(problem(folder, text + "goal: {minimise: cost}\n"))) == {FIRST: "4%"}


def test_of_as_many_changes_the_shortest_way_is_taken_and_then_the_first_of_the_grid(folder: Path) -> None:
    rates = {SECOND: ("5%", "6%", "7%", "8%", "9%")}
    found = tuned(folder, "goal: {minimise: losers}\nhold: 'cost < 8_812.29'\n", rates)
    assert proposed(found) == {SECOND: "7%"}, "6 % and 5 % make the same one partner lose, and more"


def test_the_plan_in_force_stays_where_none_is_better(folder: Path) -> None:
    found = tuned(folder, "goal: {minimise: losers}\n")
    assert found.best is not None and found.best.edits == ()
    assert found.simulated.scenarios == () and len(found.trail) == 1
    assert scenario_text(found) == "scenario: a cheaper plan\n"


def test_the_plan_in_force_counts_where_the_grid_does_not_hold_it(folder: Path) -> None:
    found = tuned(folder, "goal: {minimise: cost}\n", {FIRST: ("6%", "7%"), LAUNCH: ("EUR 300",)})
    assert proposed(found) == {}
    assert (found.evaluations, found.proof) == (3, "all")


def test_the_same_value_in_other_words_is_no_change(folder: Path) -> None:
    found = tuned(folder, "goal: {minimise: cost}\n", {FIRST: ("0.05", "6%"), LAUNCH: ("EUR 250.00", "EUR 300")})
    assert proposed(found) == {} and found.evaluations == 4


def test_what_no_plan_keeps_to_is_told_with_those_that_miss_it_by_least(folder: Path, all_plans: Simulated) -> None:
    found = tuned(folder, "goal: {maximise: winners}\nhold: ['cost <= 5_000']\n")
    assert found.best is None and found.simulated.scenarios == () and found.trail == ()
    costs = sorted(each.outcome.cost_minor for each in all_plans.scenarios)[:3]
    assert [int(each.held[0].value or 0) for each in found.nearest] == costs
    assert [each.missed for each in found.nearest] == [Fraction(cost - 500_000, 881_229) for cost in costs]


def test_a_plan_that_is_no_program_is_left_out_with_its_reason(folder: Path) -> None:
    grid = {FIRST: ("4%", "twelve", "6%"), LAUNCH: ("USD 5", "EUR 300"), "currency": ("EUR", "USD")}
    found = tuned(folder, "goal: {minimise: cost}\n", grid)
    assert proposed(found) == {FIRST: "4%", LAUNCH: "EUR 300"}
    told = {each.problem.code: each.count for each in found.skipped}
    assert sum(told.values()) == 12 - 2 and {"P130", "W110"} <= set(told)
    assert found.proof == "all" and found.evaluations == 13


def test_a_goal_that_is_unknown_is_no_proposal(folder: Path) -> None:
    """Where nobody is paid anything, there is no telling how unequal pay is."""
    grid = {FIRST: ("0%", "5%"), SECOND: ("0%",), LAUNCH: ("EUR 0",)}
    found = tuned(folder, "goal: {minimise: gini}\n", grid)
    assert [(each.problem.code, each.problem.message, each.count) for each in found.skipped] == [
        ("W373", "gini is unknown", 1)
    ]
    assert found.best is not None


def test_a_star_sets_every_value_that_it_comes_to(folder: Path) -> None:
    found = tuned(folder, "goal: {minimise: cost}\n", {"payouts.commission.tiers.steps.*.rate": ("5%", "7%")})
    assert found.in_force == ("5%, 8%",)
    assert proposed(found) == {"payouts.commission.tiers.steps.*.rate": "5%"}


def test_a_whole_rule_may_be_one_of_the_choices(folder: Path) -> None:
    flat = "{base: deals.amount, dated: deals.closed_on, rate: 6%}"
    steep = "{base: deals.amount, dated: deals.closed_on, rate: 9%}"
    text = HEAD + f"parameters:\n  payouts.commission: {{of: [{flat}, {steep}]}}\ngoal: {{minimise: cost}}\n"
    found = tune(problem(folder, text))
    assert found.best is not None and len(found.best.edits) == 0
    found = tune(problem(folder, text.replace("6%", "1%")))
    file = folder / "flat.yaml"
    file.write_text(scenario_text(found), "utf-8")
    again = simulate(folder / "program.yaml", [file], Asked("2026-02..2026-03")).scenarios[0]
    assert again.outcome.periods == found.simulated.scenarios[0].outcome.periods


# --- larger grids -----------------------------------------------------------------------------------------------------


def test_a_large_grid_is_searched_and_says_that_it_has_no_bound(folder: Path) -> None:
    rest = "goal: {minimise: cost}\nhold: 'losers <= 1 and winners >= 2'\nevaluations: 150\n"
    found = tuned(folder, rest, WIDE)
    again = tuned(folder, rest, WIDE)
    assert (found.best, found.trail, found.evaluations) == (again.best, again.trail, again.evaluations)
    assert found.proof == "none" and found.evaluations <= 150
    assert found.best is not None and found.best.holds
    goals = [step.candidate.goal for step in found.trail]
    assert goals == sorted(goals, key=lambda each: each or 0, reverse=True), "the best so far only gets better"


def test_a_goal_at_its_limit_is_proved_without_all_plans(folder: Path) -> None:
    found = tuned(folder, "goal: {minimise: losers}\nhold: 'cost >= 9_000'\nevaluations: 200\n", WIDE)
    assert found.proof == "limit" and found.best is not None and found.best.goal == 0
    assert found.evaluations < 200, "there is nothing left to look for"


def test_a_search_is_never_worse_than_the_plan_in_force(folder: Path) -> None:
    for goal in ("{minimise: losers}", "{nearest: {change: 0}}", "{minimise: cost}", "{maximise: gini}"):
        found = tuned(folder, f"goal: {goal}\nevaluations: 12\n", WIDE)
        assert found.best is not None and found.best.goal is not None and found.now.goal is not None
        better = found.now.goal - found.best.goal
        assert found.evaluations <= 12
        assert (
            abs(found.best.goal) <= abs(found.now.goal) if "nearest" in goal else better * (-1, 1)["min" in goal] >= 0
        )


def test_nothing_that_holds_in_a_part_of_a_grid_proves_nothing(folder: Path) -> None:
    found = tuned(folder, "goal: {minimise: cost}\nhold: 'cost <= 1'\nevaluations: 20\n", WIDE)
    assert (found.best, found.proof) == (None, "none")
    assert len(found.nearest) == 3


def test_the_order_of_the_parameters_does_not_move_the_best(folder: Path) -> None:
    rest = "goal: {nearest: {cost: 8_777}}\nhold: 'losers <= 2'\n"
    one, other = tuned(folder, rest), tuned(folder, rest, dict(reversed(SMALL.items())))
    assert proposed(one) == proposed(other)


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "a path that is not there": ("payouts.bonus.rate: {of: [1%]}", "{minimise: cost}", "", "W202"),
    "two paths that meet": (
        "payouts.launch: {of: [x]}\n  payouts.launch.amount: {of: [1]}",
        "{minimise: cost}",
        "",
        "W205",
    ),
    "a gate that compares nothing": ("payouts.launch.amount: {of: [1]}", "{minimise: cost}", "cost", "W209"),
    "another currency": ("payouts.launch.amount: {of: [1]}", "{nearest: {cost: USD 5}}", "", "W115"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_the_program_is_refused_at_its_place(name: str, folder: Path) -> None:
    parameters, goal, hold, code = REFUSED[name]
    text = HEAD + f"parameters:\n  {parameters}\ngoal: {goal}\n" + (f"hold: '{hold}'\n" if hold else "")
    with pytest.raises(Refused) as refusal:
        tune(problem(folder, text))
    assert {each.code for each in refusal.value.problems} == {code}
    assert all(each.place.file == "problem.yaml" and each.place.line > 4 for each in refusal.value.problems)


def test_a_program_outside_of_the_problems_folder_is_refused(folder: Path) -> None:
    text = HEAD.replace("program.yaml", "../program.yaml") + parameters_of(SMALL) + "goal: {minimise: cost}\n"
    with pytest.raises(Refused, match="P150"):
        tune(problem(folder, text))


def test_a_plan_in_force_that_can_not_be_worked_out_is_refused(tmp_path: Path) -> None:
    plan_in(tmp_path, PLAN.replace("5%}", "5%, x: 1}"))
    with pytest.raises(Refused):
        tuned(tmp_path, "goal: {minimise: cost}\n")


def test_facts_that_are_read_anew_on_the_way_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings of the facts are closed where too many are open, as where each plan has another scorecard."""
    rest = "goal: {minimise: losers}\nhold: 'cost <= 8_500'\n"
    kept = tuned(folder, rest)
    monkeypatch.setattr("scenarios.acts.tune._OPEN_MAX", 0)
    anew = tuned(folder, rest)
    assert (anew.best, anew.trail, anew.quantities) == (kept.best, kept.trail, kept.quantities)
    assert anew.simulated.names == kept.simulated.names and anew.simulated.rejected == kept.simulated.rejected
