"""Loading a program: what is written becomes what it means, or every problem at once, each with its place and cure."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from rules.kinds.rate import Rate
from rules.load import Loaded, load, understand
from rules.problem import Refused
from rules.quantities.apportion import Residue
from rules.quantities.rounding import Rounding

FRAME = """\
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
"""


def read(text: str) -> Loaded:
    return understand(text.encode(), "program.yaml", Path())


def problems(text: str) -> list[str]:
    """Each problem as `code line:column`."""
    return [f"{each.code} {each.place.line}:{each.place.column}" for each in read(text).problems]


def test_a_program_that_is_right_has_a_meaning_and_no_problems() -> None:
    loaded = read(
        FRAME
        + """\
rounding: {mode: half_even, to: 0.05}
payouts:
  commission: {base: deals.amount, rate: 7.5%, where: deals.status = 'won', dated: deals.closed_on}
  bonus: {title: Sign-on bonus, amount: 1_000, rounding: up, unknown: leave_out}
pools:
  growth: {size: EUR 500.05, shared: {by_rank: {of: deals_won, best: highest}}, residue: to_first}
kpis:
  deals_won: {count: deals}
totals:
  all: {sum: [growth, paid]}
  paid: {sum: [commission, bonus]}
"""
    )
    assert loaded.problems == ()
    meaning = loaded.understood()
    commission, bonus = meaning.payouts
    assert isinstance(commission.kind, Rate) and commission.kind.rate == Fraction(3, 40)
    assert (commission.rows.table, commission.title, commission.unknown) == ("deals", "commission", "refuse")
    assert (commission.terms.rounding, commission.terms.step_minor) == (Rounding.HALF_EVEN, 5)
    assert (bonus.title, bonus.rows.table, bonus.terms.rounding) == ("Sign-on bonus", "partners", Rounding.UP)
    (growth,) = meaning.pools
    assert (growth.size.amount_minor, growth.spec.residue, growth.title) == (50_005, Residue.TO_FIRST, "growth")
    assert [total.name for total in meaning.totals] == ["paid", "all"], "a sum comes after what it adds"
    assert [(source.table, source.file) for source in meaning.sources] == [
        ("partners", "partners.csv"),
        ("deals", "deals.csv"),
    ]


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("payuots: {}\n", ["P102 6:1"]),
        ("payouts: {c: {amount: 5, rate: 5%}}\n", ["P110 6:14"]),
        ("payouts: {c: {title: nothing}}\n", ["P110 6:14"]),
        ("payouts: {C: {amount: 5}}\n", ["P101 6:11"]),
        ("payouts: {c: {amount: five}}\n", ["W115 6:23"]),
        ("payouts: {c: {amount: 5, unknown: ignore}}\n", ["P104 6:35"]),
        ("payouts: {c: {base: deals.amount, rate: 5}}\n", ["W113 6:41"]),
        ("payouts: {c: {rate: 5%}}\n", ["P122 6:11"]),
        ("payouts: {c: {base: deals.amount, amount: 5}}\n", ["P123 6:21"]),
        ("payouts: {c: {base: deals.term_months, rate: 5%}}\n", ["P124 6:21"]),
        ("payouts: {c: {base: deals.amount, per_unit: 5}}\n", ["P124 6:21"]),
        ("payouts: {c: {for_each: deal, amount: 5}}\n", ["P148 6:25"]),
        ("payouts: {c: {for_each: deals, amount: 5, dated: deals.amount}}\n", ["P161 6:50"]),
        ("payouts: {c: {for_each: partners, amount: 5, where: deals.amount > 5}}\n", ["P160 6:53"]),
        ("payouts: {c: {amount: 5, where: partners.tier = 'gold}}\n", ["X109"]),
        ("payouts: {c: {amount: 0.005}}\n", ["P132 6:23"]),
        ("payouts: {c: {amount: 5, rounding: {to: 0}}}\n", ["P133 6:41"]),
        ("payouts: {deals: {amount: 5}}\n", ["P111 6:11"]),
        ("payouts: {payout: {amount: 5}}\n", ["P111 6:11"]),
        ("payouts: {c: {amount: 5}}\npools: {c: {size: 5, shared: equally}}\n", ["P111 7:9"]),
        ("pools: {p: {size: -5, shared: equally}}\n", ["P134 6:19"]),
        ("pools: {p: {size: 10_000_000_000_001, shared: equally}}\n", ["W112 6:19"]),
        ("pools: {p: {size: 5, shared: {by: partners.tier}}}\n", ["P125"]),
        ("pools: {p: {size: 5, shared: {by: partners.capasity}}}\n", ["X131 6:35"]),
        ("pools: {p: {size: 5, shared: evenly}}\n", ["P102"]),
        ("payouts: {c: {amount: 5}}\ntotals: {t: {sum: [c, d]}}\n", ["P126 7:23"]),
        ("payouts: {c: {amount: 5}}\ntotals: {t: {sum: [u]}, u: {sum: [c, t]}}\n", ["P127"]),
        ("payouts: {c: {amount: 5}}\npayouts: {d: {amount: 5}}\n", ["D109 7:1"]),
    ],
)
def test_a_fault_is_told_where_it_stands(rest: str, found: list[str]) -> None:
    told = problems(FRAME + rest)
    assert [problem[: len(expected)] for problem, expected in zip(told, found, strict=True)] == found
    assert read(FRAME + rest).meaning is None
    with pytest.raises(Refused, match=found[0][:4]):
        read(FRAME + rest).understood()


def test_a_program_that_pays_nothing_is_told_so() -> None:
    assert [problem.code for problem in read(FRAME).problems] == ["P140"]


def test_every_problem_comes_at_once_in_the_order_of_its_place() -> None:
    rest = """\
payouts:
  a: {base: deals.amuont, rate: 5%}
  b: {amount: USD 5}
  c: {amount: 5, where: partners.region = 5}
pools:
  p: {size: 1.005, shared: equally}
"""
    assert problems(FRAME + rest) == ["X131 7:13", "P130 8:15", "X132 9:25", "P132 11:13"]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("payouts: {c: {amuont: 5}}\n", "did you mean 'amount'?"),
        ("payouts: {c: {base: deals.amuont, rate: 5%}}\n", "did you mean 'amount'?"),
        ("payouts: {c: {base: deels.amount, rate: 5%}}\n", "did you mean 'deals'?"),
        ("payouts: {c: {amount: 5, unknown: leave-out}}\n", "did you mean 'leave_out'?"),
        ("pools: {p: {size: 5, shared: {by_rnak: {}}}}\n", "did you mean 'by_rank'?"),
        ("payouts: {c: {for_each: deal, amount: 5}}\n", "did you mean 'deals'?"),
    ],
)
def test_a_slip_of_the_pen_is_met_with_what_was_meant(written: str, hint: str) -> None:
    assert hint in [problem.hint for problem in read(FRAME + written).problems]


QUOTE = "a comma within braces or brackets ends a value; put the whole in double quotes: "


@pytest.mark.parametrize(
    ("rule", "meant", "codes"),
    [
        ("{base: greatest(deals.amount, 0) / 2, rate: 5%}", "greatest(deals.amount, 0) / 2", "X115 P102"),
        (
            "{base: coalesce(deals.amount, deals.margin, 0), rate: 5%}",
            "coalesce(deals.amount, deals.margin, 0)",
            "X115 P102 P102",
        ),
        ("{base: deals.amount, rate: {rate: 5%, times: least(2, 1)}}", "least(2, 1)", "X115 P102"),
        (
            "{base: deals.amount, rate: 5%, limits: [{at_most: 5, cut: in_order, order: [least(deals.amount, 2)]}]}",
            "least(deals.amount, 2)",
            "X115 X115",
        ),
    ],
)
def test_an_expression_that_a_comma_cut_apart_is_to_be_quoted(rule: str, meant: str, codes: str) -> None:
    found = read(FRAME + f"payouts:\n  p: {rule}\n").problems
    assert " ".join(each.code for each in found) == codes
    assert {each.hint for each in found} == {f'{QUOTE}"{meant}"'}
    quoted = rule.replace(meant, f'"{meant}"')
    assert not {"X115", "P102"} & {each.code for each in read(FRAME + f"payouts:\n  p: {quoted}\n").problems}


@pytest.mark.parametrize("rule", ['{base: "greatest(deals.amount", rate: 5%, 0)}', "{base: (deals.amount, rate: 5%}"])
def test_a_bracket_that_no_comma_cut_is_to_be_closed(rule: str) -> None:
    found = read(FRAME + f"payouts:\n  p: {rule}\n").problems
    assert found[0].code == "X115" and found[0].hint == "add )"


@pytest.mark.parametrize(
    ("base", "message", "hint"),
    [
        ("second", "a later rule", "second stands below: a rule sees what those above it pay, so move it above first"),
        ("first", "this rule", "first is this rule, which can't rest on what it pays"),
        ("secnd", "unknown name 'secnd'", "known:"),
    ],
)
def test_a_payout_that_stands_below_is_told_apart_from_a_missing_name(base: str, message: str, hint: str) -> None:
    rules = f"payouts:\n  first: {{for_each: partners, base: {base}, rate: 5%}}\n  second: {{amount: 5}}\n"
    (problem,) = read(FRAME + rules).problems
    assert problem.code == "X131" and message in problem.message and hint in problem.hint


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "program.yaml"
    path.write_bytes(FRAME.encode() + b"payouts: {c: {amount: 5}}\n")
    loaded = load(path)
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (loaded.folder, loaded.problems) == (tmp_path, ())


def test_no_file_is_the_only_thing_that_raises(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(Refused, match="S101"):
            load(path)
    for data in (b"", b"\xff\xfe", b"\x00", b"- a\n", b"a: &b c\n", b"{", b"program: [1, 2]\n", b"a: 1\na: 2\n"):
        assert understand(data, "program.yaml", tmp_path).problems != ()
