"""The channel example: curves fitted to what its funds brought, 2,000,000 split by them, and paid by the engine."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from optimise_files import partage

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/channel"
BUDGET, MOST, NORDICS = 2_000_000, 11_000, 700_000
# As the page of the example tells them: ceiling and half-way spend in EUR, and the power of the spend.
PLANTED = {
    "Benelux": (26_000, 3_000, 1),
    "DACH": (60_000, 7_000, 1),
    "France": (38_000, 4_500, 1),
    "Iberia": (44_000, 5_000, 2),
    "Nordics": (64_000, 7_500, 2),
}


def brought(region, spend):
    ceiling, half, power = PLANTED[region]
    return ceiling * spend**power / (half**power + spend**power)


def best_by_the_truth(partners):
    """What the best split of the budget brings at most, by the planted curves: a grid of spends for each region, the
    part of its partners that are at each, and a price of money that no split beats (weak duality)."""
    spends = np.linspace(0, MOST, 2_201)
    bound = np.inf
    for price in np.linspace(1.0, 4.0, 301):
        for extra in np.linspace(0.0, 2.0, 41):
            found = price * BUDGET + extra * NORDICS
            for region, count in partners.items():
                asked = price + (extra if region == "Nordics" else 0)
                found += count * (brought(region, spends) - asked * spends).max()
            bound = min(bound, found)
    return bound


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("channel")
    for name in ("funds.yaml", "split.yaml"):
        shutil.copy(EXAMPLE / name, path / name)
    command = [
        sys.executable,
        "-B",
        str(EXAMPLE / "generate.py"),
        str(path / "data"),
        "--rows-scale",
        "0.05",
        "--clean",
    ]
    subprocess.run(command, check=True, timeout=60)
    return path


def test_two_millions_are_split_by_fitted_curves_and_paid_by_the_engine(folder):
    program, curves = folder / "funds.yaml", folder / "curves.json"
    fit = ("--outcome", "campaign_sales", "--spend", "mdf", "--period", "2025-Q1..2026-Q4", "--by", "region")
    partage("curves", "fit", program, *fit, "--bootstrap", "20", "--out", curves)
    fitted = {each["unit"]: each for each in json.loads(curves.read_text())["curves"]}
    assert {name for name, each in fitted.items() if each["shape"] == "s_shaped"} == {"Iberia", "Nordics"}
    for region, each in fitted.items():
        for told in each["responses"]:
            assert float(told["response"]) == pytest.approx(brought(region, float(told["spend"])), rel=0.1, abs=500)

    found = json.loads(partage("optimise", folder / "split.yaml", "--scenario", folder / "proposal.yaml", "--json"))
    assert found["is_certified"]
    with (folder / "proposal.csv").open(encoding="utf-8") as stream:
        proposed = {row["partner_id"]: int(row["amount_minor"]) for row in csv.DictReader(stream)}
    with (folder / "data/partners.csv").open(encoding="utf-8") as stream:
        region_of = {row["partner_id"]: row["region"] for row in csv.DictReader(stream)}
    assert sum(proposed.values()) == BUDGET * 100
    assert max(proposed.values()) <= MOST * 100
    assert sum(each for partner, each in proposed.items() if region_of[partner] == "Nordics") <= NORDICS * 100

    counts = {region: sum(region_of[each] == region for each in proposed) for region in PLANTED}
    truly = sum(brought(region_of[partner], minor / 100) for partner, minor in proposed.items())
    assert 0.98 * best_by_the_truth(counts) <= truly <= best_by_the_truth(counts)

    beside = ("--period", "2026-Q4", "--by", "component", "--json")
    simulated = json.loads(partage("simulate", program, folder / "proposal.yaml", *beside))
    partage("apply", folder / "proposal.yaml", "--program", program)
    partage("--store", folder / "runs.db", "run", program, "--period", "2026-Q4")
    run = json.loads(partage("--store", folder / "runs.db", "show", "--lines", "--json"))
    (scenario,) = simulated["scenarios"]
    assert scenario["periods"][0]["lines_sha256"] == run["manifest"]["lines_sha256"]
    assert scenario["change_minor"] == BUDGET * 100
    paid = {row["partner_id"]: row["amount_minor"] for row in run["lines"] if row["component"] == "market_funds"}
    assert paid == {partner: minor for partner, minor in proposed.items() if minor}
