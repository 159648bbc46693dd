"""A proposal in a picture and in a report that stands alone, as `partage optimise` writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from optimise_files import PAID, SMALL, partage, written
from tune_files import HEAD, LAUNCH, parameters_of, plan_in

TIERS = """optimise: tiers of 2027
currency: EUR
budget: {at_most: 700}
tiers: {from: tiers.csv}
"""
TIER_ROWS = "partner,tier,cost,value,now\nacme,none,0,0,true\nacme,gold,400,5000,\nbolt,gold,300,4000,true\n"


def texts(path: Path) -> set[str]:
    return set(re.findall(r"<text[^>]*>([^<]+)</text>", path.read_text()))


def test_a_split_is_drawn_with_its_curves_its_price_and_its_frontier(tmp_path: Path) -> None:
    path, drawn = written(tmp_path, SMALL), tmp_path / "p.svg"
    partage("optimise", path, "--frontier", "100_000..300_000", "--steps", "4", "--picture", drawn)
    said = texts(drawn)
    assert {"What each unit gets", "+35,739", "What a spend brings", "40k to 75.7k; next 1: 1.8"} <= said
    assert {"What holds it back", "EMEA cap", "What other budgets would bring", "asked: 200k"} <= said
    first = drawn.read_bytes()
    partage("optimise", path, "--frontier", "100_000..300_000", "--steps", "4", "--picture", drawn, "--force")
    assert drawn.read_bytes() == first


def test_the_report_has_the_proof_every_unit_and_what_the_engine_pays(tmp_path: Path) -> None:
    path, report = written(tmp_path, PAID), tmp_path / "r.html"
    assert json.loads(partage("optimise", path, "--report", report, "--json"))["files"] == [str(report)]
    found = report.read_text()
    assert "default-src 'none'" in found and "<script" not in found
    assert '<dd class="value">560,127</dd><dd class="note">now 462,970</dd>' in found and "certified" in found
    assert '<td class="amount">75,738.76</td>' in found and "it pays EUR 200,000.00" in found
    assert "binding: EMEA cap (0.184 per EUR), 1 unit step, 1 unit kink" in found
    assert found.count("<figure>") == 3 and len(re.findall(r"<td>[0-9a-f]{64}</td>", found)) == 3


def test_over_periods_there_is_a_schedule_and_no_curve_of_one_spend(tmp_path: Path) -> None:
    report = tmp_path / "r.html"
    partage("optimise", written(tmp_path, SMALL + "periods: {count: 2}\n"), "--report", report)
    found = report.read_text()
    assert "Period by period" in found and "What a spend brings" not in found


def test_tiers_are_drawn_by_what_they_cost(tmp_path: Path) -> None:
    path = written(tmp_path, TIERS, tiers=TIER_ROWS)
    drawn, report = tmp_path / "t.svg", tmp_path / "t.html"
    partage("optimise", path, "--picture", drawn, "--report", report)
    assert {"acme: none to gold", "+400.00", "bolt: gold"} <= texts(drawn)
    assert "<figure>" in report.read_text() and "certified" in report.read_text()


def test_what_can_not_be_drawn_is_refused_before_any_work(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    assert "M501" in partage("optimise", path, "--picture", tmp_path / "p.gif", code=2)
    twice = "--out", tmp_path / "x.svg", "--picture", tmp_path / "x.svg"
    assert "a name of its own" in partage("optimise", path, *twice, code=2)


def test_parameters_of_a_plan_are_drawn_as_a_simulation_is(tmp_path: Path) -> None:
    plan_in(tmp_path)
    (tmp_path / "tune.yaml").write_text(
        HEAD + parameters_of({LAUNCH: ("EUR 0", "EUR 250")}) + "goal: {minimise: cost}\n"
    )
    drawn, report = tmp_path / "p.svg", tmp_path / "r.html"
    told = partage("optimise", tmp_path / "tune.yaml", "--picture", drawn, "--report", report)
    assert f"wrote {drawn} and {report}" in told
    assert {"What it costs", "What each component costs"} <= texts(drawn)
    found = report.read_text()
    assert "payouts.launch.amount" in found and "Scenario a cheaper plan" in found and "default-src 'none'" in found


def test_units_that_look_alike_share_a_plot(tmp_path: Path) -> None:
    units = "".join(f"  u{at}: {{curve: {{power: {{a: 3, b: 0.5}}}}, now: 10}}\n" for at in range(20))
    other = "  v: {curve: {power: {a: 9, b: 0.5}}, now: 10}\n"
    drawn = tmp_path / "p.svg"
    text = f"optimise: alike\ncurrency: EUR\nbudget: 21_000\nunits:\n{units}{other}"
    partage("optimise", written(tmp_path, text), "--picture", drawn)
    assert {"v", "u0 and 19 alike"} <= texts(drawn)
