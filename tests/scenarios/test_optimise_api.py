"""The optimiser in Python, on curves that were fitted: their draws, several goals, and what lies beyond the data."""

from __future__ import annotations

from pathlib import Path

import pytest
from optimise_files import partage, written

from rules.problem import Refused
from scenarios.acts.optimise import optimise, write_scenario
from scenarios.problems.proposal import Proposal

HEAD = "optimise: funds\ncurrency: EUR\ncurves: curves.json\n"
UNITS = "units: {A: {at_most: 6_000}, B: {at_most: 6_000}}\n"


def seen(scale: int) -> str:
    """Spends and outcomes of two units over two years."""
    rows = ["unit,period,spend,outcome"]
    for month in range(24):
        spend = month * 700 % 5_000
        period = f"{2025 + month // 12}-{month % 12 + 1:02}"
        noise = month * 7_919 % 101
        rows.append(f"A,{period},{spend},{scale * 9_000 * spend // (1_500 + spend) + noise}")
        rows.append(f"B,{period},{spend},{scale * 5_000 * spend // (900 + spend) + noise}")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fitted curves of two responses."""
    found = tmp_path_factory.mktemp("fitted")
    for name, scale in (("curves", 1), ("leads", 2)):
        (found / "seen.csv").write_text(seen(scale))
        words = ("--from", found / "seen.csv", "--family", "michaelis_menten", "--bootstrap", "20", "--out")
        partage("curves", "fit", *words, found / f"{name}.json")
    return found


def answered(folder: Path, text: str) -> Proposal:
    found = optimise(written(folder, text))
    assert isinstance(found, Proposal)
    return found


def test_fitted_curves_by_the_names_of_units(folder: Path) -> None:
    found = answered(folder, HEAD + "budget: 6_000\n" + UNITS)
    assert found.is_certified and found.spent_minor == 600_000 and found.notes == ()
    beyond = answered(folder, HEAD + "budget: 11_000\n" + UNITS)
    assert beyond.notes == ("beyond what was ever spent, so the curve is a guess there: A, B",)


@pytest.mark.parametrize("risk", ["mean", "{cvar: 10%}", "worst", "regret"])
def test_risk_over_the_draws(folder: Path, risk: str) -> None:
    """No other split of a grid does better over the draws than the bound says."""
    found = answered(folder, HEAD + "budget: 6_000\n" + UNITS + f"risk: {risk}\n")
    assert found.gap < 1e-3 and found.spent_minor == 600_000
    draws = [unit.curves[""].draws for unit in found.asked.units]
    assert [len(each) for each in draws] == [20, 20]

    def brings(spend: float) -> list[float]:
        each = zip(*draws, strict=True)
        return sorted(
            a.parameters[0] * spend / (a.parameters[1] + spend)
            + b.parameters[0] * (6_000 - spend) / (b.parameters[1] + 6_000 - spend)
            for a, b in each
        )

    best = {
        "mean": max(sum(brings(spend)) / 20 for spend in range(0, 6_001, 50)),
        "{cvar: 10%}": max(sum(brings(spend)[:2]) / 2 for spend in range(0, 6_001, 50)),
        "worst": max(brings(spend)[0] for spend in range(0, 6_001, 50)),
    }
    if risk in best:
        assert best[risk] <= found.bound * (1 + 1e-9)
        assert found.value == pytest.approx(best[risk], rel=1e-3)


def test_a_weighted_goal(folder: Path) -> None:
    text = "optimise: two\ncurrency: EUR\nbudget: 6_000\ngoal: {weighted: {revenue: 1, leads: 0.5}}\n"
    text += "curves: {revenue: curves.json, leads: leads.json}\n" + UNITS
    found = answered(folder, text)
    assert found.gap < 1e-3 and found.response == pytest.approx(found.value)
    only = answered(folder, HEAD + "budget: 6_000\n" + UNITS)
    assert found.value > 1.8 * only.value


def test_a_curve_of_the_level(folder: Path) -> None:
    """Partners of the program take the curve of their region, where curves were fitted by it."""
    (folder / "by.csv").write_text(seen(1).replace("unit,", "group,unit,").replace("\nA,", "\nEMEA,A,").replace(
        "\nB,", "\nAMER,B,"))  # fmt: skip
    words = ("--from", folder / "by.csv", "--by", "group", "--family", "michaelis_menten", "--bootstrap", "20")
    partage("curves", "fit", *words, "--out", folder / "group.json")
    text = "optimise: x\ncurrency: EUR\nbudget: 6_000\ncurves: group.json\n"
    found = answered(folder, text + "units: {u: {group: EMEA}, v: {group: AMER}, w: {group: EMEA}}\n")
    u, _, w = found.rows
    assert abs(u.proposed_minor - w.proposed_minor) <= 1


def test_the_partners_of_a_program_with_their_levels(folder: Path) -> None:
    text = "optimise: x\nprogram: program.yaml\nbudget: 6_000\ncurves: curves.json\nunits: partners\n"
    text += "groups: {north: {where: {region: north}, at_most: 2_000}}\npay: {payout: funds, period: 2027-02}\n"
    path = written(folder, text)
    (folder / "partners.csv").write_text("partner_id,name,region\nA,Acme,north\nB,Bolt,south\n")
    found = optimise(path)
    assert isinstance(found, Proposal) and found.reviewed is not None
    assert [(row.unit, row.proposed_minor) for row in found.rows] == [("A", 200_000), ("B", 400_000)]
    assert found.reviewed.periods == ("2027-02",) and found.reviewed.paid_in_all_minor == 600_000


def test_a_scenario_needs_a_program(folder: Path) -> None:
    found = answered(folder, HEAD + "budget: 6_000\n" + UNITS)
    with pytest.raises(Refused, match="W309"):
        write_scenario(found, folder / "s.yaml", force=False)


def test_the_order_of_units_changes_nothing(folder: Path) -> None:
    one = answered(folder, HEAD + "budget: 6_000\n" + UNITS)
    other = answered(folder, HEAD + "budget: 6_000\nunits: {B: {at_most: 6_000}, A: {at_most: 6_000}}\n")
    assert {row.unit: row.proposed_minor for row in one.rows} == {row.unit: row.proposed_minor for row in other.rows}
    assert one.sha256 == other.sha256
