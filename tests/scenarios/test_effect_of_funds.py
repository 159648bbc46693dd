"""What funds brought, from a program's tables to the answer: a planted effect is found, and none where there is none.

`docs/examples/funds` states what its campaigns added; small programs beside it show one rule each.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from fund_files import NO_STORE, measured, small_files, told, written

from cli import group
from rules.problem import Refused
from scenarios.acts.effect import effect
from scenarios.commands.effect import print_findings
from scenarios.effect.answer import Effect, NotMeasurable
from scenarios.effect.spill import NetLift
from scenarios.funds.export import as_json, as_page, drawn
from scenarios.funds.findings import Asked, Findings
from scenarios.panels.treatment import Since

ROOT = Path(__file__).resolve().parents[2]
FUNDS = ROOT / "docs/examples/funds"
# --- an effect that is known ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example() -> Findings:
    asked = Asked("revenue", "2024-01..2026-06", lasts=6, margin="30%", also="services", split="activity")
    return effect(FUNDS / "program.yaml", asked, NO_STORE)


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("funds_generate", FUNDS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_planted_effect_lies_in_the_interval(example: Findings) -> None:
    """18 events add 7,000 and 18 webinars 3,000 a month, for six months: 5,000 on average, 1,080,000 in all."""
    found = measured(example)
    assert (found.units, found.unit_periods) == (36, 216)
    assert found.interval is not None and found.interval[0] < 5_000 < found.interval[1]
    assert found.total_interval is not None and found.total_interval[0] < 1_080_000 < found.total_interval[1]
    assert found.p_value is not None and found.p_value < 0.001
    assert found.pre_trend_p is not None and found.pre_trend_p > 0.05


def test_each_activity_has_its_own_effect(example: Findings) -> None:
    planted = {"event": 7_000, "webinar": 3_000}
    assert {each.name for each in example.groups} == set(planted)
    for each in example.groups:
        assert isinstance(each.answer, Effect) and each.answer.interval is not None
        assert each.answer.interval[0] < planted[each.name] < each.answer.interval[1]
        assert each.answer.units == 18
    assert sum(each.paid_minor for each in example.groups) == example.paid_minor


def test_what_is_left_is_the_lift_less_what_was_taken(example: Findings) -> None:
    """Later 36 x 3 months sell 162,000 less, and services lost 172,800: of 1,080,000 there are 745,200 left."""
    net = example.net
    assert isinstance(net, NetLift) and net.net is not None and net.interval is not None
    assert net.cannibalised is not None and net.pulled_forward is not None
    assert net.net == pytest.approx(net.lift.total - net.cannibalised - net.pulled_forward)
    assert net.interval[0] < 745_200 < net.interval[1]
    assert net.cannibalised > 0 and net.pulled_forward > 0


def test_the_same_by_hand_from_the_files(example: Findings) -> None:
    """Each treated partner and month: what it has more than in the month before its campaign, less what those who are
    not treated by then have more; averaged. No code is shared."""
    months = [f"{2024 + at // 12}-{at % 12 + 1:02}" for at in range(30)]
    sold = {
        (row["partner_id"], months.index(row["month"])): int(row["amount"])
        for row in rows_of(FUNDS / "data/sales.csv")
        if row["stream"] == "subscription"
    }
    begins = {row["campaign_id"]: row["starts_on"][:7] for row in rows_of(FUNDS / "data/campaigns.csv")}
    start = {row["partner_id"]: months.index(begins[row["campaign_id"]]) for row in rows_of(FUNDS / "data/mdf.csv")}
    partners = {partner for partner, _ in sold}
    found = []
    for partner, first in start.items():
        for month in range(first, first + 6):
            waiting = [each for each in partners if start.get(each, 99) > month]
            others = sum(sold[each, month] - sold[each, first - 1] for each in waiting) / len(waiting)
            found.append(sold[partner, month] - sold[partner, first - 1] - others)
    assert sum(found) / len(found) == pytest.approx(measured(example).per_unit_period)
    paid = sum(int(row["paid"]) for row in rows_of(FUNDS / "data/mdf_claims.csv"))
    assert example.paid_minor == paid * 100
    assert example.returns is not None and example.returns.worth.iroas is not None
    assert example.returns.worth.iroas.value == pytest.approx(sum(found) / paid)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_files_of_the_example_are_what_its_generator_makes(tmp_path: Path) -> None:
    generator().write(tmp_path, 7)
    for path in sorted(tmp_path.glob("*.csv")):
        assert path.read_bytes() == (FUNDS / "data" / path.name).read_bytes(), path.name


def test_where_campaigns_bring_nothing_nothing_is_found(tmp_path: Path) -> None:
    made = generator()
    made.__dict__["EFFECTS"].update(event=[], webinar=[])
    made.write(tmp_path / "data", 7)
    (tmp_path / "program.yaml").write_bytes((FUNDS / "program.yaml").read_bytes())
    found = measured(told(tmp_path / "program.yaml", "revenue", "2024-01..2026-06"))
    assert found.p_value is not None and found.p_value > 0.1
    assert found.interval is not None and found.interval[0] < 0 < found.interval[1]


# --- one rule at a time -----------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    return partial(written, tmp_path)


def test_the_order_of_rows_changes_not_a_byte(small: Callable[..., Path]) -> None:
    files = small_files()
    asked: Mapping[str, Any] = {"margin": "margin", "also": "customers", "split": "region"}
    first = json.dumps(as_json(told(small(files), **asked)))
    mixed = {name: [lines[0], *random.Random(1).sample(lines[1:], len(lines) - 1)] for name, lines in files.items()}
    assert json.dumps(as_json(told(small(mixed), **asked))) == first


def test_few_partners_are_judged_by_chance(small: Callable[..., Path]) -> None:
    """There are 1,001 ways to choose 4 of 14, and an effect of 50 stands out among those that are drawn."""
    found = measured(told(small(small_files())))
    assert found.units == 4 and found.p_kind is not None and found.p_kind.value == "permutation"
    assert found.p_value is not None and found.p_value < 0.01
    assert found.interval is not None and found.interval[0] < 50 < found.interval[1]


def test_who_was_never_decided_on_or_refused_is_not_treated(small: Callable[..., Path]) -> None:
    files = small_files()
    files["mdf.csv"] += ["Q-5,A05,,event,2025-09-01,0", "Q-6,A06,,event,,"]
    assert measured(told(small(files))).units == 4


def test_why_partners_are_left_out_is_told(small: Callable[..., Path]) -> None:
    files = small_files()
    files["partners.csv"] = [each.replace("A12,S,2024-01-01", "A12,S,2025-03-01") for each in files["partners.csv"]]
    files["mdf.csv"].append("Q-7,A13,,event,2024-11-01,100")
    files["sales.csv"] = [
        each if not each.startswith("A14,2025-05") else "A14,2025-05,,," for each in files["sales.csv"]
    ]
    found = told(small(files), activity="event")
    assert found.left_out == {
        "not a partner in all of the periods": 1,
        "an outcome is unknown": 1,
        "treated before the first period": 1,
        "treated for something else": 1,
    }
    assert measured(found).units == 3 and measured(found).controls == 7


@pytest.mark.parametrize(("since", "pre_periods"), [("campaign", 8), ("funded", 7), ("paid", 10)])
def test_from_when_on_a_partner_is_treated_is_a_choice(
    small: Callable[..., Path], since: str, pre_periods: int
) -> None:
    """Approved in August, begun in September, paid in November."""
    found = told(small(small_files()), since=Since(since))
    if pre_periods < 8:
        assert isinstance(found.answer, NotMeasurable) and found.answer.code == "M201"
    else:
        assert measured(found).pre_periods == pre_periods


def test_without_a_campaign_the_approval_counts(small: Callable[..., Path]) -> None:
    files = small_files()
    files["mdf.csv"] = [each.replace(",C-", ",").replace("2025-08-01", "2025-10-01") for each in files["mdf.csv"]]
    files["mdf.csv"] = [each.replace(f",{number},", ",,") for number, each in enumerate(files["mdf.csv"])]
    assert measured(told(small(files))).pre_periods == 9


def test_what_is_paid_after_the_periods_is_not_counted(small: Callable[..., Path]) -> None:
    files = small_files()
    files["claims.csv"][1] = files["claims.csv"][1].replace("2025-11-20", "2026-01-02")
    found = told(small(files))
    assert (found.paid_minor, found.granted_minor) == (27_000, 40_000)


def test_what_a_customer_more_cost_is_what_was_paid_for_each(small: Callable[..., Path]) -> None:
    found = told(small(small_files(900)), "customers")
    assert found.returns is not None and found.returns.worth.cost_per is not None
    cost, total = found.returns.worth.cost_per, measured(found).total_interval
    assert total is not None and total[0] > 0
    assert cost.value == pytest.approx(360 / measured(found).total)
    assert cost.low == pytest.approx(360 / total[1]) and cost.high == pytest.approx(360 / total[0])
    assert found.returns.worth.iroas is None


def test_a_margin_of_its_own_is_measured_like_the_outcome(small: Callable[..., Path]) -> None:
    """A quarter of what was sold is margin, rounded down each month."""
    found = told(small(small_files(400)), margin="margin")
    assert found.returns is not None and found.returns.worth.margin is not None
    assert found.returns.worth.margin.value == pytest.approx(measured(found).total / 4, rel=0.01)
    assert found.returns.payback_periods == pytest.approx(0.9, abs=0.05)  # 90 were paid, and 100 a month come back


def test_payback_counts_from_the_start(small: Callable[..., Path]) -> None:
    """90 were paid to each; a margin of 25 % on about 120 a month brings 30 a month: three months."""
    found = told(small(small_files(120)), margin="25%").returns
    assert found is not None and found.payback_periods == pytest.approx(3, abs=0.2)
    assert found.break_even == pytest.approx(4 * 90 / (0.25 * 16))


def test_a_region_is_compared_within_itself(small: Callable[..., Path]) -> None:
    found = told(small(small_files()), split="region")
    assert [each.name for each in found.groups] == ["N", "S"]
    for each in found.groups:
        assert isinstance(each.answer, Effect)
        assert (each.answer.units, each.answer.controls) == (2, 5)


def test_a_tier_is_the_one_of_before(small: Callable[..., Path]) -> None:
    """A01 to A04 and A05 were silver in January, and gold by September: what funds bring may move a tier."""
    files = small_files()
    moved = [f"A{number:02}" for number in range(1, 6)]
    files["history.csv"] = [
        "partner_id,attribute,valid_from,valid_to,value",
        *(f"{each},tier,2024-01-01,2025-08-31,silver" for each in moved),
        *(f"{each},tier,2025-09-01,,gold" for each in moved),
    ]
    found = told(small(files, **{"sales: sales.csv": "sales: sales.csv, partner_history: history.csv"}), split="tier")
    told_apart = {each.name: each.answer for each in found.groups}
    assert set(told_apart) == {"", "silver"}
    silver = told_apart["silver"]
    assert isinstance(silver, Effect) and (silver.units, silver.controls) == (4, 1)


def test_quarters_of_a_program_by_months(small: Callable[..., Path]) -> None:
    found = told(small(small_files()), periods="2025-Q1..2025-Q4", by="quarter")
    assert found.periods == ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")
    assert isinstance(found.answer, NotMeasurable) and found.answer.code == "M201"


def test_without_anybody_untreated_there_is_no_answer(small: Callable[..., Path]) -> None:
    files = small_files()
    keep = ("partner_id", "A01", "A02", "A03", "A04")
    for name in ("partners.csv", "sales.csv"):
        files[name] = [each for each in files[name] if each.startswith(keep)]
    found = told(small(files))
    assert isinstance(found.answer, NotMeasurable) and found.answer.code == "M202"
    assert found.returns is None and found.study is None and found.paid_minor == 36_000
    assert "Not measurable: M202" in as_page(found)


def test_what_contradicts_is_refused(small: Callable[..., Path]) -> None:
    program = small(small_files())
    for asked in (
        {"activity": "event", "split": "activity"},
        {"incentive": "spiff", "activity": "event"},
        {"incentive": "spiff", "since": Since.PAID},
        {"also": "sold"},
        {"margin": "customers"},
        {"margin": "30 euros"},
        {"margin": "-5%"},
    ):
        with pytest.raises(Refused) as refused:
            told(program, **asked)
        assert [each.code for each in refused.value.problems] == ["M214"]
    with pytest.raises(Refused, match="no amount"):
        told(program, "customers", margin="30%")


# --- as a user sees it ------------------------------------------------------------------------------------------------


def asked(*words: str) -> tuple[str, int]:
    done = CliRunner().invoke(group, ["mdf", "effect", *words], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output, done.exit_code


def test_what_is_not_measurable_is_an_answer(small: Callable[..., Path], tmp_path: Path) -> None:
    program = str(small(small_files(start=3)))
    words = (program, "--outcome", "sold", "--period", "2025-06..2025-12")
    printed, code = asked(*words, "--out", str(tmp_path / "effect.png"))
    assert code == 0
    assert "not measurable: M201 3 periods before the start are known, and 8 are needed" in printed
    assert not (tmp_path / "effect.png").exists() and "was not written" in printed
    found = json.loads(asked(*words, "--json")[0])
    assert found["effect"] is None and found["not_measurable"]["code"] == "M201"


def test_the_report_is_drawn_and_told(small: Callable[..., Path], tmp_path: Path) -> None:
    program = str(small(small_files()))
    page = tmp_path / "effect.html"
    printed, _ = asked(
        program, "--outcome", "sold", "--period", "2025-01..2025-12", "--margin", "25%", "--out", str(page)
    )
    assert "what funds brought in sold, EUR" in printed and f"wrote {page}" in printed
    text = page.read_text("utf-8")
    assert "What it is worth" in text and "data:image/svg+xml" in text and "<script" not in text


def test_the_page_shows_what_is_printed(example: Findings, capsys: pytest.CaptureFixture[str]) -> None:
    """The page on measuring shows the example's report; its own folder is not where pages are played."""
    page = (ROOT / "docs/how-to/measure-what-funds-brought.md").read_text("utf-8")
    print_findings(example)
    assert f"\n{capsys.readouterr().out}```" in page


def test_the_picture_says_what_was_and_what_would_have_been(example: Findings) -> None:
    svg = drawn(example).svg().decode()
    for words in ("as it was", "as it would have been without", "first start", "months since the start"):
        assert words in svg
    assert "NaN" not in svg and drawn(example).svg().decode() == svg
    assert "the effect by months since the start" in drawn(example).description
