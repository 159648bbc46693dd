"""The face for notebooks: what a user imports, and results as pandas frames in which money stays whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from optimise_files import PAID, written

from scenarios import api


def test_a_split_as_a_frame(tmp_path: Path) -> None:
    found = api.optimise(str(written(tmp_path, PAID.replace("crux: {curve", "crux: {at_most: 90_000, curve"))))
    assert isinstance(found, api.Proposal)
    frame = found.frame()
    assert list(frame.columns) == [
        "unit", "now_minor", "proposed_minor", "response_now", "response", "marginal", "held",
    ]  # fmt: skip
    assert str(frame["proposed_minor"].dtype) == "Int64" and frame["proposed_minor"].sum() == 20_000_000
    assert frame["unit"].tolist() == ["acme", "bolt", "crux", "dune", "echo", "fern"]
    swept = api.frontier(found, "100_000..200_000", 3).frontier_frame()
    assert swept["budget_minor"].tolist() == [10_000_000, 15_000_000, 20_000_000]
    assert found.frontier_frame().empty and "budget_minor" in found.frontier_frame().columns


def test_what_is_unknown_is_blank_in_a_frame(tmp_path: Path) -> None:
    found = api.optimise(written(tmp_path, PAID.replace("now: 40_000, at_least", "at_least")))
    assert isinstance(found, api.Proposal)
    now = found.frame()["now_minor"]
    assert now.isna().tolist() == [True, *[False] * 5] and int(now[1]) == 3_000_000


def test_a_scenario_as_a_frame(tmp_path: Path) -> None:
    proposal = api.optimise(written(tmp_path))
    assert isinstance(proposal, api.Proposal)
    files = api.write_scenario(proposal, tmp_path / "funds.yaml")
    found = api.simulate(tmp_path / "program.yaml", files[:1], "2027-01..2027-02", by="region")
    frame = found.frame()
    assert frame["difference_minor"].sum() == proposal.spent_minor == 20_000_000
    assert set(frame["scenario"]) == {"Market funds 2027"} and frame["name"].tolist()[0] == "Acme Advisory"


def test_tiers_as_a_frame(tmp_path: Path) -> None:
    text = "optimise: x\ncurrency: EUR\nbudget: {at_most: 700}\ntiers: {from: tiers.csv}\n"
    found = api.optimise(written(tmp_path, text, tiers="partner,tier,cost,value\na,none,0,0\na,gold,400,5\n"))
    assert isinstance(found, api.TierProposal)
    assert found.frame().to_dict("records") == [
        {"partner": "a", "now": "", "tier": "gold", "cost_minor": 40_000, "value": 5.0}
    ]


def test_a_problem_of_plain_values() -> None:
    curves = api.curves([api.Curve("power", (3.0, 0.5)), api.Curve("power", (4.0, 0.5))])
    cap = [100_000, 100_000]
    found = api.solve(api.Problem(("a", "b"), curves, [0, 0], cap, api.Budget.equal(100_000), [0, 0]), 1e-9)
    assert isinstance(found, api.Answer)
    assert found.spend_minor.tolist() == [36_000, 64_000] and found.gap <= 1e-9


def test_faults_are_raised_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(api.Refused) as refusal:
        api.optimise(written(tmp_path, PAID + "risc: mean\nfairness: {ginny: 5%}\n"))
    assert [each.code for each in refusal.value.problems] == ["W301", "W301"]


def test_every_name_is_there_and_pandas_only_where_a_frame_is_asked_for() -> None:
    code = "import json, sys, scenarios.api as api; print(json.dumps([sorted(api.__all__), 'pandas' in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [sorted(each for each in api.__all__ if hasattr(api, each)), False]
