"""A simulation in a picture and in a report that stands alone, as `partage simulate` writes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import group
from rules.problem import PartageError

PLAN = """program: <b>Plan</b>
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 5%
"""
FILES = {
    "program.yaml": PLAN,
    "partners.csv": "partner_id,name,region\nacme,<script>Acme</script>,north\nbolt,Bolt,south\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount\nD-1,acme,2026-02-10,80000\nD-2,bolt,2026-02-12,30000\n",
    "four.yaml": "scenario: four\nset: {payouts.commission.rate: 4%}\n",
    "same.yaml": "scenario: same\nset: {payouts.commission.rate: 5%}\n",
}


def partage(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(group, [str(word) for word in words])
    if isinstance(done.exception, PartageError):
        assert done.exception.exit_code == code, done.exception
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def simulate(folder: Path, *words: object, scenarios: tuple[str, ...] = ("four.yaml",), code: int = 0) -> str:
    files = [folder / each for each in scenarios]
    return partage("simulate", folder / "program.yaml", *files, "--period", "2026-02", *words, code=code)


def test_a_picture_and_a_report_are_written_and_are_the_same_again(plan: Path) -> None:
    words = "--budget", "5_000", "--by", "region", "--causes", "--gate", "cost <= 5_000"
    for name in ("one", "two"):
        drawn, report = plan / f"{name}.svg", plan / f"{name}.html"
        assert f"wrote {drawn} and {report}" in simulate(plan, *words, "--picture", drawn, "--report", report)
    assert (plan / "one.svg").read_bytes() == (plan / "two.svg").read_bytes()
    assert (plan / "one.html").read_bytes() == (plan / "two.html").read_bytes()
    said = re.findall(r"<text[^>]*>([^<]+)</text>", (plan / "one.svg").read_text())
    assert {"What it costs", "What each component costs", "four: before and after, by region", "north"} <= set(said)
    assert {"four: who gains and who loses", "budget 5,000.00", "5,500.00 (500.00 over)", "-800.00"} <= set(said)


def test_the_report_stands_alone_and_has_numbers_tables_reasons_and_digests(plan: Path) -> None:
    simulate(plan, "--budget", "5_000", "--gate", "cost <= 5_000", "--report", plan / "r.html")
    found = (plan / "r.html").read_text()
    assert "default-src 'none'" in found and not re.search(r'<script|(src|href|action)=(?!"data:image)|@import', found)
    assert '<dt>cost with four</dt><dd class="value">EUR 4,400.00</dd>' in found and "budget 5,000.00" in found
    assert "-1,100.00; 0 gain, 2 lose" in found and '<td class="amount">4,400.00</td>' in found
    assert "four: bolt Bolt loses 300.00: commission -300.00" in found
    assert "holds   four: cost &lt;= 5_000 (it is 4,400.00)" in found and "&lt;b&gt;Plan&lt;/b&gt;" in found
    assert found.count("<figure>") == 4 and len(re.findall(r"<td>[0-9a-f]{64}</td>", found)) == 2


def test_a_scenario_that_moves_nobody_and_none_at_all_are_told(plan: Path) -> None:
    simulate(plan, "--report", plan / "r.html", scenarios=("same.yaml",))
    assert "Nobody gains and nobody loses." in (plan / "r.html").read_text()
    simulate(plan, "--picture", plan / "none.png", scenarios=())
    assert (plan / "none.png").read_bytes().startswith(b"\x89PNG")


def test_what_can_not_be_drawn_is_refused_before_any_work(plan: Path) -> None:
    assert "M501" in simulate(plan, "--picture", plan / "p.html", code=2)
    assert "M501" in simulate(plan, "--report", plan / "r.svg", code=2)
    (plan / "p.svg").write_text("mine")
    assert "S102" in simulate(plan, "--picture", plan / "p.svg", code=2)
    assert (plan / "p.svg").read_text() == "mine"
    assert "a name of its own" in simulate(plan, "--out", plan / "x.svg", "--picture", plan / "x.svg", code=2)
    alone = "--break-even", "payouts.commission.rate", "--cost", "5_000", "--picture", plan / "q.svg"
    assert "does not go with it" in simulate(plan, *alone, code=2)


def test_a_failed_gate_still_draws(plan: Path) -> None:
    simulate(plan, "--gate", "losers <= 0", "--report", plan / "r.html", code=1)
    assert "FAILED  four: losers &lt;= 0 (it is 2)" in (plan / "r.html").read_text()
