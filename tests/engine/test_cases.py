"""A program brings its own cases, and `partage test` works them out as a run would."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, write

from engine.acts.cases import try_cases
from rules.load import load
from rules.problem import Refused

HEAD = """
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}
eligible: partners.kind != 'house' or partners.kind is null
kpis:
  attainment: {sum: deals.amount, over: {sum: deals.annual_value}}
payouts:
  commission:
    base: deals.amount
    where: deals.kind = 'new'
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 100_000, rate: 5%}, {to: 500_000, rate: 7.5%}, {rate: 10%}]
    returns:
      refund: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: highest_first}
  bonus: {amount: 1_000, where: attainment >= 1}
totals: {both: {sum: [commission, bonus]}}
tests:
"""

GOOD = """
  a deal over both edges pays each slice at its own rate:
    given: {deals: {kind: new, amount: 600_000}}
    expect: {commission: 45_000}
    lines: {commission: {deals-1: 45_000}}
  a deal of an earlier month fills the lowest tier first:
    period: 2026-04
    given: {deals: [{kind: new, amount: 100_000, closed_on: 2026-02-01}, {kind: new, amount: 100}]}
    expect: {commission: 7.50, both: 7.50}
  what comes back is taken from the highest tier:
    given:
      deals: {kind: new, amount: 600_000}
      deal_events: {amount: 100_000}
    expect: {commission: 35_000}
    lines: {commission: {deals-1: 45_000, deal_events-1: -10_000}}
  attainment is stated for each partner:
    given: {attainment: {P-1: 1.05, P-2: 0.99}}
    expect: {bonus: {P-1: 1_000, P-2: 0}, attainment: {P-1: 1.05}, payout: {P-2: 0}}
  a partner of the house is not paid:
    given: {partners: {kind: house}, attainment: 2}
    expect: {payout: 0}
  a new deal without an amount is refused:
    given: {deals: {kind: new}}
    expect: F301
  a row that no source could hold is refused:
    given: {deals: {deal_id: D 1}}
    expect: F201
"""


def of(folder: Path, cases: str) -> Path:
    return write(folder, HEAD + cases, {})  # the sources are not there: cases need none


def test_cases_take_the_way_of_a_run_and_need_no_source(tmp_path: Path) -> None:
    ended = partage("test", of(tmp_path, GOOD))
    assert (ended.exit_code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "7 cases, 0 failed"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["program.yaml"]  # nothing is kept


WRONG = """
  the wrong rate:
    given: {deals: {kind: new, amount: 600_000}}
    expect:
      commission: 60_000
      bonus: 0
"""


def test_a_case_that_comes_out_differently_is_explained_at_its_place(tmp_path: Path) -> None:
    ended = partage("test", of(tmp_path, WRONG))
    assert ended.exit_code == 1
    lines = ended.out.splitlines()
    assert lines[0] == "FAILED  the wrong rate"
    line = (tmp_path / "program.yaml").read_text().splitlines().index("      commission: 60_000") + 1
    assert lines[1].strip() == (
        f"error S131 commission of P-1: expected 60,000.00 EUR, came out 45,000.00 EUR   program.yaml:{line}:7"
    )
    assert any("400,000.00 of the next 400,000.00 x 7.5 %" in each for each in lines)
    assert any("given/deals.csv record 1" in each for each in lines)
    assert lines[-1] == "1 case, 1 failed"


def test_scripts_get_what_was_expected_and_what_came_out(tmp_path: Path) -> None:
    found = partage("test", of(tmp_path, WRONG + GOOD), "--json").json()
    assert (found["passed"], found["failed"]) == (7, 1)
    (difference,) = found["cases"][0]["differences"]
    assert (difference["expected"], difference["actual"], difference["unit"]) == ("6000000", "4500000", "minor")
    assert difference["explanation"]["value"] == "4500000"
    assert found["cases"][6]["codes"] == ["F301"]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (
            "{given: {deals: {kind: new, amount: 10}}, lines: {commission: {deals-2: 0.50}}}",
            ["expected 0.50 EUR, came out no line", "a line of 0.50 EUR that is not expected"],
        ),
        ("{given: {deals: {kind: new, amount: 10}}, expect: F301}", ["expected problem F301, came out no problem"]),
        ("{given: {deals: {kind: new}}, expect: {commission: 0}}", ["expected payouts, came out F301"]),
        ("{given: {deals: {kind: new}}, expect: F302}", ["expected problem F302, came out F301"]),
        ("{given: {}, expect: {attainment: 1}}", ["expected 1, came out unknown"]),
    ],
)
def test_what_differs_is_said_in_words(tmp_path: Path, case: str, told: list[str]) -> None:
    ended = partage("test", of(tmp_path, f"  the case: {case}\n"))
    assert ended.exit_code == 1
    found = [line for line in ended.out.splitlines() if "S131" in line]
    assert len(found) == len(told) and all(words in line for words, line in zip(told, found, strict=True))


def test_one_case_is_tried_by_its_name(tmp_path: Path) -> None:
    program = of(tmp_path, GOOD)
    assert [each.case.name for each in try_cases(program, "a partner of the house is not paid").cases] == [
        "a partner of the house is not paid"
    ]
    with pytest.raises(Refused) as caught:
        try_cases(program, "another one")
    assert caught.value.problems[0].code == "S133"


def test_a_program_without_cases_proves_nothing_and_says_so(tmp_path: Path) -> None:
    assert "error S132" in partage("test", write(tmp_path, HEAD.replace("tests:\n", ""), {})).err


def test_cases_belong_to_the_digest_of_the_program(tmp_path: Path) -> None:
    one, other = of(tmp_path / "one", GOOD), of(tmp_path / "other", GOOD.replace("45_000", "45_001"))
    assert load(one).sha256 != load(other).sha256


def test_a_quota_is_stated_or_comes_from_a_target(tmp_path: Path) -> None:
    program = """
    program: Quota
    currency: EUR
    calendar: month
    effective: 2026-01-01 to 2026-12-31
    sources: {partners: partners.csv, deals: deals.csv, targets: targets.csv}
    quotas:
      goal: {target: sourced, set_for: period}
    kpis:
      sourced: {sum: deals.amount, dated: deals.closed_on}
      attainment: {formula: sourced / goal}
    payouts:
      commission:
        base: deals.amount
        dated: deals.closed_on
        tiers: {method: whole, at_edge: higher_tier, by: attainment, steps: [{to: 100%, rate: 5%}, {rate: 8%}]}
    tests:
      a stated quota:
        given: {deals: {amount: 1_000}, goal: 800}
        expect: {attainment: 1.25, commission: 80}
      a target:
        given: {deals: {amount: 1_000}, targets: {kpi: sourced, target: 1_250}}
        expect: {attainment: 0.8, commission: 50}
    """
    ended = partage("test", write(tmp_path, program, {}))
    assert ended.exit_code == 0, ended.out + ended.err


KEYED = """
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: p.csv, deals: d.csv, deal_items: i.csv, integrations: n.csv, usage: u.csv, customers: c.csv}
credit: {owner: {of: deals, from: {owner: 100%}}}
payouts:
  items: {credit: owner, base: deal_items.net, where: deals.kind = 'new', dated: deals.closed_on, rate: 10%}
  calls: {base: usage.api_calls, dated: usage.used_on, per_unit: 0.01}
tests:
"""


def test_a_reference_within_a_key_is_filled_in_as_others_are(tmp_path: Path) -> None:
    """The items of the only deal, and the use of the only integration by the only customer, on two days."""
    cases = """
  items belong to the only deal:
    given: {deals: {kind: new}, deal_items: [{net: 100}, {net: 50}]}
    expect: {items: 15}
    lines: {items: {"deals-1/deal_items-1": 10, "deals-1/deal_items-2": 5}}
  items may stand before their deal is told:
    given: {deal_items: {net: 100}}
    expect: {items: 0}
  use is of the only integration and the only customer:
    given:
      integrations: {integration_id: app}
      usage: [{api_calls: 1_000}, {used_on: 2026-01-02, api_calls: 500}]
    expect: {calls: 15}
"""
    done = partage("test", write(tmp_path, KEYED + cases, {}))
    assert done.out, done.err
    assert done.out.splitlines()[-1] == "3 cases, 0 failed", done.out + done.err


POOLS = """
  commission on the deal alone:
    given: {deals: {kind: new, amount: 1_000}}
    expect: {commission: 50, POOL: 0, payout: 50}
  a member takes all of it:
    given: {partners: {kind: top}, deals: {kind: new, amount: 1_000}}
    expect: {POOL: 100, payout: 150}
  that nobody is one can be the case:
    given: {deals: {kind: new, amount: 1_000}}
    expect: F304
"""


@pytest.mark.parametrize("how", ["{by: attainment}", "equally", "{by_rank: {of: attainment, best: highest}}"])
@pytest.mark.parametrize("more", ["", ", residue: carry", ", bounds: {at_most: EUR 500}"])
def test_a_pool_that_a_case_is_not_about_has_no_members(tmp_path: Path, how: str, more: str) -> None:
    pool = f"pools: {{shared: {{size: EUR 100, among: partners.kind = 'top', shared: {how}{more}}}}}\ntests:\n"
    cases = POOLS.replace("POOL", "shared").replace("amount: 1_000}", "amount: 1_000, annual_value: 2_000}")
    program = write(tmp_path, HEAD.replace("tests:\n", pool) + cases, {})
    ended = partage("test", program)
    assert ended.out.splitlines()[-1] == "3 cases, 0 failed", ended.out + ended.err


def test_what_is_unknown_is_named_as_the_rule_names_it(tmp_path: Path) -> None:
    rule = "tiered: {base: deals.amount, where: deals.kind = 'by', tiers: {method: whole, at_edge: lower_tier, by: "
    rule += "deals.margin, steps: [{to: 10, rate: 1%}, {rate: 2%}]}}"
    cases = """
  without a margin:
    given: {deals: {kind: by, amount: 1_000}}
    expect: {tiered: 0}
"""
    program = write(tmp_path, HEAD.replace("totals:", f"  {rule}\ntotals:") + cases, {})
    assert "tiered cannot take deals deals-1: deals.margin (by) is unknown" in partage("test", program).out
