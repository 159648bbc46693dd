"""Returns of what a limit had cut, or of a stretch that is over: what is taken back is what was paid in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, Told, leaves, refused, told, write

from rules.problem import Refused

SOURCES = "sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv, credits: credits.csv}\n"
BACK = (
    "returns: {back: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: METHOD}}"
)
ORDER = "cut: in_order, order: [deals.closed_on]"
TIERS = (
    "tiers: {method: marginal, accumulate: OVER, order: [deals.closed_on], steps: [{to: 100, rate: 10%}, {rate: 20%}]}"
)


def rule(kind: str, *limits: str, method: str = "as_paid", name: str = "commission") -> str:
    lines = [f"  {name}:", "base: deals.amount", "dated: deals.closed_on", kind, f"limits: [{', '.join(limits)}]"]
    return "\n    ".join([*lines, BACK.replace("METHOD", method)]) + "\n"


def program(folder: Path, rules: str, deals: str, events: str, credits: str = "") -> Path:
    tables = {
        "partners.csv": "partner_id\np\nq\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount\n{deals}",
        "deal_events.csv": f"event_id,deal_id,occurred_on,amount\n{events}",
        "credits.csv": f"credit_id,deal_id,partner_id,role,share\n{credits}",
    }
    return write(folder, MONTH + SOURCES + "payouts:\n" + rules, tables)


def paid(path: Path, period: str = "2026-01") -> list[str]:
    """The lines of a period as `key minor`; each of them re-adds."""
    with told(path, period) as story:
        for partner in story.run.partners:
            story.why(partner)
        return sorted(line.removeprefix("p ").split(" ", 1)[1] for line in story.lines())


ONE = "d1,p,2026-01-01,1500.00\n"
ALL_BACK = "e1,d1,2026-01-15,1500.00\n"
CAPS = {
    "period": f"{{at_most: 100, {ORDER}}}",
    "fiscal year": f"{{at_most: 100, over: fiscal_year, {ORDER}}}",
    "program": f"{{at_most: 100, per: program, over: fiscal_year, {ORDER}}}",
    "banked": f"{{at_most: 100, {ORDER}, excess: banked}}",
    "in proportion": "{at_most: 100, cut: pro_rata}",
}


@pytest.mark.parametrize("name", CAPS)
def test_a_full_return_takes_back_what_the_cap_had_left(tmp_path: Path, name: str) -> None:
    """1,500 at 10 % is cut to 100; all of it comes back in the same month, and nothing is left."""
    story = program(tmp_path, rule("rate: 10%", CAPS[name]), ONE, ALL_BACK)
    assert sum(int(line.split()[1]) for line in paid(story)) == 0
    assert sum(int(line.split()[1]) for line in paid(story, "2026-02")) == 0


@pytest.mark.parametrize("name", CAPS)
def test_a_return_makes_room_for_what_comes_after_it(tmp_path: Path, name: str) -> None:
    story = program(tmp_path, rule("rate: 10%", CAPS[name]), ONE + "d2,p,2026-01-31,300.00\n", ALL_BACK)
    assert sum(int(line.split()[1]) for line in paid(story)) == 3000


def test_a_return_in_a_later_month_makes_room_in_the_year(tmp_path: Path) -> None:
    deals = ONE + "d2,p,2026-02-10,300.00\nd3,p,2026-02-20,300.00\n"
    story = program(tmp_path, rule("rate: 10%", CAPS["fiscal year"]), deals, ALL_BACK.replace("01-15", "02-15"))
    assert paid(story, "2026-02") == ["d2 0", "d3 3000", "e1 -10000"]  # d2 closed before the room was there


def test_the_end_of_a_budget_of_whole_lines_stays_the_end(tmp_path: Path) -> None:
    """100 of 100; the next 30 would not fit, which ends it; what comes back later opens it no more."""
    deals = "d1,p,2026-01-01,1000.00\nd2,p,2026-01-02,300.00\nd3,p,2026-02-20,300.00\n"
    whole = rule("rate: 10%", CAPS["fiscal year"].replace("]}", "], last: none}"))
    story = program(tmp_path, whole, deals, "e1,d1,2026-02-01,1000.00\n")
    assert paid(story) == ["d1 10000", "d2 0"]
    assert paid(story, "2026-02") == ["d3 0", "e1 -10000"]


def test_half_a_return_takes_back_half_of_what_was_paid_and_the_rest_later(tmp_path: Path) -> None:
    events = "e1,d1,2026-01-15,750.00\ne2,d1,2026-02-15,750.00\n"
    story = program(tmp_path, rule("rate: 10%", CAPS["period"]), ONE, events)
    assert paid(story) == ["d1 10000", "e1 -5000"]
    assert paid(story, "2026-02") == ["e2 -5000"]
    shared = program(tmp_path / "rata", rule("rate: 10%", CAPS["in proportion"]), ONE.replace("1500", "3000"),
                     events.replace("750", "1500"))  # fmt: skip
    assert paid(shared) == ["d1 20000", "e1 -10000"]  # half of it comes back, so 200 leave 100
    assert paid(shared, "2026-02") == ["e2 -10000"]


def test_a_return_is_told_by_what_was_paid(tmp_path: Path) -> None:
    def said(story: Told) -> list[str]:
        return [part.words for part in story.why("p", "commission").parts]

    with told(program(tmp_path, rule("rate: 10%", CAPS["period"]), ONE, ALL_BACK), "2026-01") as story:
        assert "100 % of 100.00 paid is taken back" in said(story)
    marginal = rule(TIERS.replace("OVER", "fiscal_year"), "{at_most: 20, cut: pro_rata}", method="highest_first")
    deals = "d1,p,2026-01-01,250.00\nd2,p,2026-02-01,10.00\n"
    path = program(tmp_path / "highest", marginal, deals, "e1,d1,2026-02-15,260.00\n")
    with told(path, "2026-02") as story:
        (words,) = [each for each in said(story) if "never paid" in each]
        assert words.endswith("20.00 of that was cut off by a limit and never paid, 21.00 is taken back")


def test_a_limit_over_several_rules_leaves_as_much_to_take_back(tmp_path: Path) -> None:
    rules = "".join(
        rule(f"rate: {rate}", name=name).replace("    limits: []\n", "") for name, rate in (("a", "10%"), ("b", "5%"))
    )
    for cut in ("in_order", "pro_rata"):
        total = rules + f"totals: {{all: {{sum: [a, b], limits: [{{at_most: 100, cut: {cut}}}]}}}}\n"
        with told(program(tmp_path / cut, total, ONE, ALL_BACK), "2026-01") as story:
            assert [story.why("p", name).value for name in ("a", "b", "all")] == [0, 0, 0]


@pytest.mark.parametrize("cap", [f"{{at_most: 20, {ORDER}}}", "{at_most: 20, cut: pro_rata}"])
@pytest.mark.parametrize("over", ["period", "fiscal_year", "contract"])
def test_highest_first_takes_back_no_more_than_a_limit_had_left(tmp_path: Path, cap: str, over: str) -> None:
    """250 in tiers is 40, of which 20 are paid. Half of it returned is 25 due, of which 20 had never been paid."""
    rules = rule(TIERS.replace("OVER", over), cap, method="highest_first")
    if over == "contract":
        rules = (
            rules.replace("    base", "    credit: owner\n    base")
            + "credit: {owner: {of: deals, from: {owner: 100%}}}\n"
        )
    events = "e1,d1,2026-02-10,125.00\ne2,d1,2026-03-10,125.00\n"
    story = program(tmp_path, rules, "d1,p,2026-01-10,250.00\n", events)
    assert [paid(story, f"2026-0{month}") for month in (1, 2, 3)] == [["d1 2000"], ["e1 -500"], ["e2 -1500"]]


def test_highest_first_within_a_limit_takes_the_top_whatever_was_returned(tmp_path: Path) -> None:
    """January is cut from 40 to 20, February pays 20 for 100 more. The 250 of January returned empty those 100 (20)
    and 150 of its own 250: 10 stay of what was due, so 10 of 20 are taken back."""
    rules = rule(TIERS.replace("OVER", "fiscal_year"), f"{{at_most: 20, {ORDER}}}", method="highest_first")
    deals = "d1,p,2026-01-10,250.00\nd2,p,2026-02-10,100.00\n"
    story = program(tmp_path, rules, deals, "e1,d1,2026-03-10,250.00\n")
    assert [paid(story, f"2026-0{month}") for month in (1, 2, 3)] == [["d1 2000"], ["d2 2000"], ["e1 -3000"]]


WHOLE = (
    "tiers: {method: whole, accumulate: OVER, order: [deals.closed_on], at_edge: higher_tier, "
    "steps: [{to: 250, rate: 0%}, {to: 750, rate: 2%}, {rate: 3%}]}"
)


def test_a_return_empties_the_tiers_of_the_month_that_its_row_counted_in(tmp_path: Path) -> None:
    """1,000 in January pays 30. 400 of it returned in February leave 600 at 2 %: 12. The rest comes back in March,
    while the deals of February and March stand in their own months."""
    deals = "d1,p,2026-01-31,1000.00\nd2,p,2026-02-01,500.00\nd3,p,2026-03-01,500.00\n"
    events = "e1,d1,2026-02-15,400.00\ne2,d1,2026-03-15,600.00\n"
    story = program(tmp_path, rule(WHOLE.replace("OVER", "period"), method="highest_first"), deals, events)
    found = [paid(story, f"2026-0{month}") for month in (1, 2, 3)]
    assert found == [["d1 3000"], ["d2 1000", "e1 -1800"], ["d3 1000", "e2 -1200"]]
    with told(story, "2026-03") as told_of:
        words = [part.words for part in leaves(told_of.why("p", "commission"))]
        assert any(each.endswith("over the period in which its row counted") for each in words)


def test_a_return_after_the_fiscal_year_empties_the_tiers_of_that_year(tmp_path: Path) -> None:
    rules = rule(WHOLE.replace("OVER", "fiscal_year"), method="highest_first")
    deals = "d1,p,2026-01-31,1000.00\nd2,p,2027-01-10,100.00\n"
    path = program(tmp_path, rules, deals, "e1,d1,2027-01-01,1000.00\n")
    path.write_text(path.read_text().replace("to 2026-12-31", "to 2027-12-31"))
    assert paid(path, "2027-01") == ["d2 0", "e1 -3000"]


def test_a_deal_of_before_the_program_takes_nothing_back(tmp_path: Path) -> None:
    deals, events = "d1,p,2025-12-31,1000.00\n", "e1,d1,2026-01-15,1000.00\n"
    for method in ("as_paid", "highest_first"):
        rules = rule(WHOLE.replace("OVER", "period"), method=method)
        assert paid(program(tmp_path / method, rules, deals, events)) == []


@pytest.mark.parametrize("method", ["as_paid", "highest_first"])
def test_a_return_below_zero_is_refused_and_told_how_to_turn_its_sign(tmp_path: Path, method: str) -> None:
    rules = rule(WHOLE.replace("OVER", "period"), method=method)
    path = program(tmp_path, rules, ONE, ALL_BACK.replace("1500", "-1500"))
    assert refused(path, "2026-01") == ["F317 deal_events:e1"]
    with pytest.raises(Refused, match=r"base: -deal_events\.amount"), told(path, "2026-01"):
        pass
    turned = program(
        tmp_path, rules.replace("deal_events.amount", "-deal_events.amount"), ONE, ALL_BACK.replace("1500", "-1500")
    )
    assert paid(turned) == ["d1 4500", "e1 -4500"]


def test_each_share_of_a_partner_in_two_roles_is_taken_back_once(tmp_path: Path) -> None:
    rules = rule("rate: 10%").replace("    base", "    credit: sales\n    base")
    rules += "credit:\n  sales: {of: deals, from: {roles: {sourced: 1/3, influenced: 2/3}}}\n"
    credits = "k1,d1,p,sourced,\nk2,d1,p,influenced,\n"
    same = program(tmp_path / "same", rules, "d1,p,2026-01-01,100.00\n", "e1,d1,2026-01-02,100.00\n", credits)
    later = program(tmp_path / "later", rules, "d1,p,2026-01-01,100.00\n", "e1,d1,2026-02-02,100.00\n", credits)
    assert paid(same) == ["d1 333", "d1 667", "e1 -333", "e1 -667"]
    assert paid(later, "2026-02") == ["e1 -333", "e1 -667"]


# --- the least of a partner -------------------------------------------------------------------------------------------


def test_a_return_alone_makes_no_least_due(tmp_path: Path) -> None:
    """50 at 10 % is 5, topped up to 20; in February the 5 are taken back, and nothing is due beside it."""
    story = program(
        tmp_path, rule("rate: 10%", "{at_least: 20}"), "d1,p,2026-01-05,50.00\n", "e1,d1,2026-02-05,50.00\n"
    )
    assert [paid(story, f"2026-0{month}") for month in (1, 2)] == [["d1 500", "p 1500"], ["e1 -500"]]


def test_a_row_that_is_returned_in_full_makes_no_least_due(tmp_path: Path) -> None:
    deals, events = "d1,p,2026-01-05,50.00\n", "e1,d1,2026-01-15,30.00\ne2,d1,2026-01-25,20.00\n"
    least = rule("rate: 10%", "{at_least: 20}")
    assert paid(program(tmp_path / "all", least, deals, events)) == ["d1 500", "e1 -300", "e2 -200"]
    half = program(tmp_path / "some", least, deals, events.splitlines()[0] + "\n")
    assert paid(half) == ["d1 500", "e1 -300", "p 1800"]
    year = rule("rate: 10%", "{at_least: 20, over: fiscal_year}")
    spread = program(tmp_path / "year", year, deals, "e1,d1,2026-06-15,50.00\n")
    assert paid(spread, "2026-12") == []


@pytest.mark.parametrize("at", [0, 2])
def test_caps_hold_over_the_least(tmp_path: Path, at: int) -> None:
    """100 in January and 50 in February are all that the year may pay: March adds nothing, whatever is listed first."""
    limits = ["{at_most: 100, cut: pro_rata}", "{at_most: 150, over: fiscal_year, cut: pro_rata}"]
    limits.insert(at, "{at_least: 20}")
    deals = "d1,p,2026-01-05,1200.00\nd2,p,2026-02-05,900.00\nd3,p,2026-03-05,100.00\n"
    story = program(tmp_path, rule("rate: 10%", *limits), deals, "")
    assert [paid(story, f"2026-0{month}") for month in (1, 2, 3)] == [["d1 10000"], ["d2 5000"], ["d3 0"]]
    story = program(tmp_path, rule("rate: 10%", *limits), deals.replace("900.00", "400.00"), "")
    assert paid(story, "2026-03") == ["d3 1000"]  # 10 are left of the year, and the least adds nothing to them
    story = program(
        tmp_path, rule("rate: 10%", *limits), deals.replace("900.00", "400.00").replace("100.00\n", "10.00\n"), ""
    )
    assert paid(story, "2026-03") == ["d3 100", "p 900"]
    with told(story, "2026-03") as found:
        said = [part.words for part in found.why("p", "commission").parts]
        assert "at least 20.00, and the lines come to 1.00; the caps leave room for 9.00 of 19.00" in said


def test_what_was_topped_up_counts_against_the_cap_of_the_year(tmp_path: Path) -> None:
    limits = "{at_least: 20}", "{at_most: 50, over: fiscal_year, cut: pro_rata}"
    deals = "".join(f"d{month},p,2026-0{month}-05,10.00\n" for month in (1, 2, 3, 4))
    story = program(tmp_path, rule("rate: 10%", *limits), deals, "")
    found = [sum(int(line.split()[1]) for line in paid(story, f"2026-0{month}")) for month in (1, 2, 3, 4)]
    assert found == [2000, 2000, 1000, 0]


def test_what_a_budget_leaves_for_the_least_is_shared_by_what_each_lacks(tmp_path: Path) -> None:
    """A budget of 20: lines of 1 and 4 leave 15 for 19 and 16."""
    limits = "{at_least: 20}", "{at_most: 20, per: program, cut: pro_rata}"
    story = program(tmp_path, rule("rate: 10%", *limits), "d1,p,2026-01-05,10.00\nd2,q,2026-01-05,40.00\n", "")
    assert paid(story) == ["commission d2 400", "commission q 686", "d1 100", "p 814"]
