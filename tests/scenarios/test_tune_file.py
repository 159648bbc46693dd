"""The problem file of plan parameters: what it says, and every fault of it with its place, all at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tune_files import HEAD, problem

from rules.document.reader import Scalar
from rules.problem import Refused
from rules.quantities.written import parse_rate
from scenarios.tuning.grid import NoGrid, stepped
from scenarios.tuning.read import EVALUATIONS

GOOD = """optimise: a cheaper plan
program: program.yaml
period: 2026-01..2026-06
parameters:
  payouts.commission.rate: {from: 4%, to: 8%, step: 0.5%}
  payouts.bonus.method: {of: [whole, marginal]}
goal: {minimise: losers}
hold: 'cost <= 1_200_000 and losers <= 5%'
evaluations: 250
"""


def test_a_problem_reads_as_it_is_written() -> None:
    found = problem(Path("plans"), GOOD)
    assert (found.name.text, found.program, found.period, found.file) == (
        "a cheaper plan",
        "program.yaml",
        "2026-01..2026-06",
        "problem.yaml",
    )
    rate, method = found.parameters
    texts = [value.text for value in rate.values if isinstance(value, Scalar)]
    assert texts == ["4%", "4.5%", "5%", "5.5%", "6%", "6.5%", "7%", "7.5%", "8%"]
    assert [value.text for value in method.values if isinstance(value, Scalar)] == ["whole", "marginal"]
    assert (found.goal.aim, found.goal.name, found.goal.said) == ("minimise", "losers", "least losers")
    assert (found.hold, found.evaluations, found.points) == ("cost <= 1_200_000 and losers <= 5%", 250, 18)


def test_what_is_left_out_has_a_default() -> None:
    text = HEAD.replace("optimise: a cheaper plan\n", "")
    text += "parameters: {payouts.launch.amount: {of: [1]}}\ngoal: {maximise: winners}\nhold: [cost <= 5, losers = 0]\n"
    found = problem(Path("plans"), text)
    assert (found.name.text, found.evaluations, found.by, found.per, found.budget) == (
        "problem",
        EVALUATIONS,
        "partner",
        "",
        "",
    )
    assert found.hold == "cost <= 5 and losers = 0"


STEPS = {
    "percentages": (("4%", "5%", "0.25%"), "4% 4.25% 4.5% 4.75% 5%"),
    "amounts": (("EUR 500", "EUR 1_500", "EUR 500"), "EUR 500|EUR 1_000|EUR 1_500"),
    "thresholds": (("50_000", "70_000", "10_000"), "50_000 60_000 70_000"),
    "decimals are kept": (("1.00", "2.00", "0.50"), "1.00 1.50 2.00"),
    "below zero": (("-1%", "1%", "1%"), "-1% 0% 1%"),
    "one value": (("7", "7", "1"), "7"),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_exact_and_written_as_the_first(name: str) -> None:
    texts, wanted = STEPS[name]
    assert stepped(*texts) == tuple(wanted.split("|" if "|" in wanted else " "))


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**5), st.integers(0, 50))
def test_steps_are_as_far_apart_as_is_said(first: int, step: int, count: int) -> None:
    texts = [f"{Fraction(each, 100).__float__():.2f}%" for each in (first, first + count * step, step)]
    found = [parse_rate(text) for text in stepped(*texts)]
    assert found == [Fraction(first + at * step, 10_000) for at in range(count + 1)]


NO_STEPS = {
    "not all the way": ("4%", "8%", "0.3%", "end at 7.9%, or at 8.2%"),
    "downwards": ("8%", "4%", "1%", "write the smaller value first"),
    "no step": ("4%", "8%", "0%", "write the smaller value first"),
    "a step in another unit": ("4%", "8%", "1", "write each as 4% is"),
    "another currency": ("EUR 1", "EUR 5", "USD 1", "write each as EUR 1 is"),
    "words": ("low", "high", "bit", "write such as 4%, 250 or EUR 250"),
    "a billion": ("0", "1_000_000_000", "1", "take larger steps, and smaller ones around what is found"),
    "a very long number": ("9" * 70, "1", "1", "write such as 4%, 250 or EUR 250"),
}


@pytest.mark.parametrize("name", NO_STEPS)
def test_steps_that_lead_nowhere_say_how_to_mend_them(name: str) -> None:
    *texts, hint = NO_STEPS[name]
    with pytest.raises(NoGrid) as refusal:
        stepped(texts[0], texts[1], texts[2])
    assert refusal.value.hint == hint


FAULTS = {
    "a slip in a key": ("goal:", "gaol:", [("W370", 7), ("W372", 1)]),
    "no program": ("program: program.yaml\n", "", [("W370", 1)]),
    "a program that is a list": ("program.yaml", "[a]", [("W370", 2)]),
    "no parameters": ("parameters:", "budgets:", [("W370", 4), ("W371", 1)]),
    "a step that does not fit": ("step: 0.5%", "step: 0.3%", [("W371", 5)]),
    "a key of values too many": ("step: 0.5%", "step: 0.5%, of: [1%]", [("W371", 5)]),
    "an empty list": ("[whole, marginal]", "[]", [("W371", 6)]),
    "a value twice": ("[whole, marginal]", "[50%, 0.5]", [("W371", 6)]),
    "no path": ("payouts.bonus.method", "payouts..method", [("W202", 6)]),
    "no such quantity": ("losers}", "loosers}", [("W372", 7)]),
    "two goals": ("{minimise: losers}", "{minimise: losers, maximise: winners}", [("W372", 7)]),
    "near to nothing": ("{minimise: losers}", "{nearest: cost}", [("W372", 7)]),
    "a quantity of groups without groups": ("{minimise: losers}", "{maximise: impact}", [("W372", 7)]),
    "a quantity of a budget without one": ("and losers", "and over_budget", [("W372", 8)]),
    "a hold that is a mapping": ("'cost <= 1_200_000 and losers <= 5%'", "{cost: 5}", [("W372", 8)]),
    "a gate of a list": ("'cost <= 1_200_000 and losers <= 5%'", "[cost <= 5, over_budget <= 1]", [("W372", 8)]),
    "a weight of nothing": ("{minimise: losers}", "{minimise: {losers: 1, cost: 0}}", [("W372", 7)]),
    "no weight": ("{minimise: losers}", "{minimise: {losers: 1, cost: much}}", [("W110", 7)]),
    "a weight of no quantity": ("{minimise: losers}", "{minimise: {losers: 1, coast: 2}}", [("W372", 7)]),
    "a weighted quantity of groups": ("{minimise: losers}", "{minimise: {losers: 1, impact: -2}}", [("W372", 7)]),
    "near to two": ("{minimise: losers}", "{nearest: {cost: 1, losers: 2}}", [("W372", 7)]),
    "half a plan": ("250", "2.5", [("W122", 9)]),
    "a billion plans": ("250", "1_000_000_000", [("W370", 9)]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_at_its_line(name: str) -> None:
    old, new, told = FAULTS[name]
    assert old in GOOD
    with pytest.raises(Refused) as refusal:
        problem(Path("plans"), GOOD.replace(old, new, 1))
    assert [(each.code, each.place.line) for each in refusal.value.problems] == told
    assert all(each.hint for each in refusal.value.problems)


def test_all_faults_are_told_at_once() -> None:
    text = GOOD.replace("evaluations: 250", "evaluation: 250").replace("0.5%", "0.3%").replace("losers}", "loosers}")
    with pytest.raises(Refused) as refusal:
        problem(Path("plans"), text)
    assert [each.code for each in refusal.value.problems] == ["W370", "W371", "W372"]
    assert [each.hint for each in refusal.value.problems][::2] == [
        "did you mean 'evaluations'?",
        "did you mean 'losers'?",
    ]
