"""Pools by the Shapley value of a table of coalitions, in whole units by divisor methods, and of amounts that are
defined by each other: published games and tables from whole programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from spine_stories import Told, refused, told, write

from engine.acts.plan_document import plan_document
from rules.load import load

CASES = Path(__file__).parent.parent / "cases"
WORKED = {case["id"]: case for case in json.loads((CASES / "worked-examples.json").read_text("utf-8"))}
HEAD = "program: Pools\ncurrency: EUR\ncalendar: year\neffective: 2026-01-01 to 2026-12-31\n"


def table(players: Sequence[str], worth: Callable[[tuple[str, ...]], Fraction | int]) -> str:
    """Every coalition of players with its worth, a row for each of its members."""
    rows, at = ["coalition,partner_id,worth"], 0
    for size in range(1, len(players) + 1):
        for members in combinations(players, size):
            at += 1
            rows += [f"{at},{player},{float(worth(members)):.2f}" for player in members]
    return "\n".join(rows) + "\n"


def game(folder: Path, coalitions: str, size: str, partners: str, shared: str = "shapley", more: str = "") -> Path:
    sources = "sources: {partners: partners.csv, coalitions: coalitions.csv}\n"
    program = f"{HEAD}{sources}pools:\n  joint: {{size: {size}, shared: {shared}{more}}}\n"
    return write(folder, program, {"partners.csv": partners, "coalitions.csv": coalitions})


def ids(*players: str) -> str:
    return "partner_id,parent_id\n" + "".join(f"{player},\n" for player in players)


def explained(of: Told) -> dict[str, int]:
    """What partners get, each explained, which raises where one does not re-add."""
    for partner in of.run.partners:
        of.why(partner)
    return of.payouts()


# --- Shapley ----------------------------------------------------------------------------------------------------------

USE = {"a": 1, "b": 2, "c": 3}
VOTES = {"a": 50, "b": 49, "c": 1}
GAMES = {
    # Littlechild and Owen 1973, an airport for planes that need 1, 2 and 3: 1/3, 5/6 and 11/6 (of 3)
    "airport": (lambda who: max(USE[each] for each in who), [2, 5, 11]),
    # Shapley 1953, two left gloves and a right one: 1/6, 1/6, 2/3
    "glove": (lambda who: int("c" in who and len(who) > 1), [1, 1, 4]),
    # a textbook's weighted vote [51; 50, 49, 1]: 2/3, 1/6, 1/6
    "vote": (lambda who: int(sum(VOTES[each] for each in who) >= 51), [4, 1, 1]),
}


@pytest.mark.parametrize("name", GAMES)
def test_a_published_game_is_shared_by_its_values(name: str, tmp_path: Path) -> None:
    worth, parts = GAMES[name]
    with told(game(tmp_path, table("abc", worth), "180.00", ids("a", "b", "c")), "2026") as of:
        paid = explained(of)
        assert paid == {key: Fraction(180_00 * part, sum(parts)) for key, part in zip("abc", parts, strict=True)}
        award = of.why("a", "joint").parts[1]
        assert award.title == "joint: award" and award.parts[0].words.startswith("adds ")


def test_members_of_a_union_come_together(tmp_path: Path) -> None:
    """Owen 1977: any two bring about 60; a and b in one union leave nothing to c (the doctest of `owen`)."""
    coalitions = table("abc", lambda who: 60 * (len(who) > 1))
    partners = "partner_id,parent_id\na,b\nb,\nc,\n"
    shared = "{shapley: {unions: 'coalesce(partners.parent_id, partners.partner_id)'}}"
    with told(game(tmp_path, coalitions, "100.00", partners, shared), "2026") as of:
        assert explained(of) == {"a": 50_00, "b": 50_00, "c": 0}


def test_what_a_table_of_coalitions_must_not_be(tmp_path: Path) -> None:
    sound = table("ab", lambda who: len(who))
    rows = {
        "K211": sound.replace("2,b,1.00\n", ""),
        "K212": sound + "9,a,4.00\n",
        "K215": table("ab", lambda who: 1 if who != ("b",) else -5),
        "K216": sound.replace("3,b,2.00", "3,b,2.01"),
        "F301": sound.replace("3,b,2.00", "3,b,"),
        "F304": table("ab", lambda who: 0),
    }
    for code, coalitions in rows.items():
        found = refused(game(tmp_path / code, coalitions, "100.00", ids("a", "b")), "2026")
        assert [each.split()[0] for each in found] == [code]
    blank = game(tmp_path / "blank", rows["F301"], "100.00", ids("a", "b"))
    assert refused(blank, "2026") == ["F301 coalitions.csv:5:worth"]  # of which row and column
    several = sound.replace("3,b,2.00", "3,b,2.01").replace("2,b,1.00\n", "") + "9,a,4.00\n"
    found = refused(game(tmp_path / "several", several, "100.00", ids("a", "b", "c")), "2026")
    assert [each.split()[0] for each in found] == ["K216", "K211", "K212", "K211"]  # no {c}; {a} twice; no {b}
    path = game(tmp_path / "among", sound, "100.00", ids("a", "b"), more=", among: partners.partner_id != 'b'")
    assert refused(path, "2026")[0].split()[0] == "K217"
    unions = "{shapley: {unions: partners.parent_id}}"
    path = game(tmp_path / "alone", sound, "100.00", "partner_id,parent_id\na,b\nb,\n", unions)
    assert refused(path, "2026")[0].split()[0] == "K214"
    many = [f"p{at:02}" for at in range(21)]
    coalitions = "coalition,partner_id,worth\n" + "".join(f"1,{each},1.00\n" for each in many)
    assert refused(game(tmp_path / "many", coalitions, "100.00", ids(*many)), "2026")[0].split()[0] == "K210"


# --- whole units ------------------------------------------------------------------------------------------------------


def units(folder: Path, size: str, shared: str, capacity: str) -> Path:
    program = f"{HEAD}sources: {{partners: partners.csv}}\npools:\n"
    program += f"  seats: {{size: {size}, shared: {{units: {shared}}}}}\n"
    return write(folder, program, {"partners.csv": "partner_id,capacity\n" + capacity})


def test_whole_units_by_a_divisor_method(tmp_path: Path) -> None:
    """A textbook's 8 seats for 100, 80, 30 and 20 thousand votes by d'Hondt: 4, 3, 1, 0 (the doctest of the method).

    Of 1,000.07 a unit is 125.00, so 7 cents are left.
    """
    votes = "a,100000\nb,80000\nc,30000\nd,20000\n"
    shared = "{count: 8, method: jefferson, of: partners.capacity}"
    with told(units(tmp_path, "1_000.07", shared, votes), "2026") as of:
        assert explained(of) == {"a": 500_00, "b": 375_00, "c": 125_00, "d": 0}
        assert of.run.pools["seats"] == (1_000_07, 7, 0)
        award = of.why("c", "seats").parts[1]
        assert "1 of 8 units by the method jefferson, each 125.00" in award.words
        assert any("a quotient of 30,000" in part.words for part in award.parts)


def test_quotients_are_told_of_the_measure_as_it_stands(tmp_path: Path) -> None:
    """By Sainte-Lague the first unit goes to 3 / 0.5 = 6, the second to 2.5 / 0.5 = 5, then 1 / 0.5 = 2 and 3 / 1.5."""
    shared = "{count: 4, method: webster, of: partners.capacity}"
    with told(units(tmp_path, "400", shared, "a,3\nb,2.5\nc,1\nd,0\n"), "2026") as of:
        assert explained(of) == {"a": 200_00, "b": 100_00, "c": 100_00, "d": 0}
        parts = of.why("a", "seats").parts[1].parts
        words = [part.words.partition(" (")[0] for part in parts if part.title.startswith("unit")]
        assert words == ["a quotient of 6 is place 1 of 4", "a quotient of 2 is place 3 of 4"]


def test_a_tie_for_the_last_unit(tmp_path: Path) -> None:
    shared = "{count: 3, method: webster, of: partners.capacity}"
    assert refused(units(tmp_path / "one", "300", shared, "a,1\nb,1\n"), "2026")[0].startswith("K221 program.yaml:7")
    last = "{count: 3, method: webster, of: partners.capacity, ties: last}"
    with told(units(tmp_path / "two", "300", last, "a,1\nb,1\n"), "2026") as of:
        assert explained(of) == {"a": 100_00, "b": 200_00}


def test_units_are_shared_by_nothing_below_zero_and_who_is_unknown_may_be_left_out(tmp_path: Path) -> None:
    shared = "{count: 2, method: webster, of: partners.capacity}"
    assert refused(units(tmp_path / "one", "300", shared, "a,-1\nb,1\n"), "2026")[0].startswith("K201")
    assert refused(units(tmp_path / "two", "300", shared, "a,\nb,1\n"), "2026")[0].startswith("F302")
    assert refused(units(tmp_path / "none", "300", shared, "a,0\nb,0\n"), "2026")[0].startswith("F304")
    path = units(tmp_path / "three", "300", shared, "a,\nb,1\n")
    path.write_text(path.read_text("utf-8").replace("size: 300,", "size: 300, unknown: leave_out,"), "utf-8")
    with told(path, "2026") as of:
        assert of.payouts() == {"a": 0, "b": 300_00}
        of.why("b")


# --- amounts that are defined by each other ---------------------------------------------------------------------------

PROFIT = """
sources: {partners: partners.csv, results: results.csv}
kpis:
  profit: {sum: results.amount, dated: results.month, where: results.account = 'profit', level: program}
  rows: {count: results, dated: results.month, level: program}
"""


def circular(folder: Path, amounts: str, pools: str, more: str = "", profit: str = "10000.00") -> Path:
    program = f"{HEAD}{PROFIT}{more}amounts: {amounts}\npools:\n{pools}"
    results = f"entity,account,month,amount\nfirm,profit,2026-05,{profit}\n"
    return write(folder, program, {"partners.csv": "partner_id\na\nb\n", "results.csv": results})


def test_a_contribution_on_what_it_leaves(tmp_path: Path) -> None:
    """H1-06: the rate table of IRS Publication 560; of 10,000.00 a cent is the sixth decimal of the reduced rate."""
    expected = list(WORKED["H1-06"]["expected"].items())
    for start in range(0, 25, 12):
        some = expected[start : start + 12]
        amounts = ", ".join(f"at{rate}: {{profit: {rate}%, at{rate}: -{rate}%}}" for rate, _ in some)
        pools = "".join(f"  p{rate}: {{size: {{of: at{rate}}}, shared: equally}}\n" for rate, _ in some)
        with told(circular(tmp_path / str(start), f"{{{amounts}}}", pools), "2026") as of:
            for rate, reduced in some:
                assert of.run.pools[f"p{rate}"].size_minor == Fraction(reduced) * 10**6


def test_a_bonus_on_the_profit_after_the_bonus_is_put_back(tmp_path: Path) -> None:
    """By hand: 11,000 of profit and a fee of 500 for each partner; the bonus is 10 % of 11,000 - 1,000 - bonus."""
    fees = "payouts:\n  fee: {for_each: partners, amount: 500}\n"
    amounts = "{bonus: {profit: 10%, fee: -10%, bonus: -10%}, tax: {profit: 25%, bonus: -25%}}"
    pools = "  shared: {size: {of: bonus, at_most: 5_000}, shared: equally}\n"
    with told(circular(tmp_path, amounts, pools, fees, "11000.00"), "2026") as of:
        assert of.run.pools["shared"].size_minor == round(Fraction(1_000_000, 11))
        why = of.why("a", "shared")
        (bonus,) = (part for part in why.parts[0].parts if part.title == "bonus")
        assert bonus.value == Fraction(1_000_000, 11)
        assert "10 % of profit 11,000.00 + -10 % of fee 1,000.00 + -10 % of bonus" in bonus.parts[0].words
        assert [part.title for part in bonus.parts[2:]] == ["fee", "profit"]
        explained(of)


def test_a_plan_on_paper_says_amounts_and_kinds(tmp_path: Path) -> None:
    amounts = "{bonus: {profit: 10%, bonus: -10%}}"
    shared = "{units: {count: 4, method: adams, of: partners.capacity, ties: first}}"
    text = plan_document(circular(tmp_path, amounts, f"  p: {{size: {{of: bonus}}, shared: {shared}}}\n")).markdown
    assert "Amounts that are defined by each other, solved together." in text
    assert "10 % of profit + -10 % of bonus" in text
    assert "4 units of one size, whole ones in proportion to partners.capacity, by adams" in text
    assert "ties for the last unit go to the first id" in text and "\nExample" in text


def codes(path: Path) -> list[str]:
    return [f"{each.code} {each.place}" for each in load(path).problems if each.severity == "error"]


def test_a_size_that_rests_on_itself_is_sent_to_amounts(tmp_path: Path) -> None:
    """The hint is a program that works: 10,000.00 / 11 is shared."""
    pools = "  team: {size: {of: (profit - team) / 10}, shared: equally}\n"
    (fault,) = load(circular(tmp_path, "{}", pools)).problems
    assert (fault.code, fault.hint.partition(" - ")[0]) == (
        "X131",
        "team is this pool, and what rests on itself is defined under amounts:, where it is solved",
    )
    amounts, _, size = fault.hint.partition(" - ")[2].removeprefix("amounts: ").partition(", and here ")
    with told(circular(tmp_path / "mended", amounts, f"  team: {{{size}, shared: equally}}\n"), "2026") as of:
        assert of.run.pools["team"].size_minor == round(Fraction(1_000_000, 11))
    pools = "  team: {size: {of: profit - rest}, shared: equally}\n  rest: {size: {of: team.left}, shared: equally}\n"
    (fault,) = load(circular(tmp_path / "two", "{}", pools)).problems
    assert fault.hint == "rest stands below: move it above team, or define what rests on each other under amounts:"


@pytest.mark.parametrize(
    ("amounts", "found"),
    [
        ("{bonus: {profits: 10%}}", ["P126 program.yaml:10:19"]),
        ("{bonus: {later: 10%}}", ["P126 program.yaml:10:19"]),
        ("{bonus: {rows: 10%}}", ["P137 program.yaml:10:19"]),
        ("{profit: {rows: 10%}}", ["P111 program.yaml:10:11", "P137 program.yaml:10:20"]),
        ("{bonus: {bonus: 100%, profit: 1}}", ["K240 program.yaml:10:10"]),
        ("{bonus: {bonus: 150%, profit: 1}}", ["K241 program.yaml:10:10"]),
    ],
)
def test_amounts_are_checked_with_their_place(amounts: str, found: list[str], tmp_path: Path) -> None:
    path = circular(tmp_path, amounts, "  later: {size: 100, shared: equally}\n")
    assert codes(path) == found


def test_unions_are_named_by_a_text(tmp_path: Path) -> None:
    path = game(tmp_path, "", "100", ids("a"), "{shapley: {unions: partners.capacity}}")
    assert codes(path) == ["P125 program.yaml:7:49"]


def test_a_kpi_that_amounts_name_is_used(tmp_path: Path) -> None:
    path = circular(tmp_path, "{bonus: {won: 10%}}", "  p: {size: {of: bonus}, shared: equally}\n")
    own = "kpis:\n  won: {sum: partners.capacity}\n"
    path.write_text(path.read_text("utf-8").replace("kpis:\n", own), "utf-8")
    assert load(path).problems == ()


def test_a_near_name_is_told(tmp_path: Path) -> None:
    (problem,) = load(circular(tmp_path, "{bonus: {profits: 10%}}", "  p: {size: 1, shared: equally}\n")).problems
    assert problem.hint == "did you mean 'profit'?"
