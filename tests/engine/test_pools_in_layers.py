"""Pools that run through a waterfall: published cases of whole programs, what earlier periods paid, and the carry."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import Told, partage, refused, told, write

from engine.acts.calculate import calculate
from engine.acts.trace import trace_row
from engine.explain import DoesNotReAdd
from engine.sheet import evaluate
from rules.load import load
from rules.sharing.distribution import Distribution

WORKED = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent.parent / "cases/worked-examples.json").read_text("utf-8"))
}
YEARS = """
program: Fund
currency: USD
calendar: year
effective: 2024-01-01 to 2026-12-31
sources: {partners: partners.csv, capital: capital.csv, results: results.csv}
kpis:
  proceeds: {sum: results.amount, dated: results.month, where: results.account = 'proceeds', level: program}
"""
FULL_CATCH_UP = """
      - capital: true
      - preferred: {rate: 7%}
      - catch_up: {share: 100%, to: 20%}
      - split: {carry: 20%}
"""


def story(
    folder: Path, layers: str, capital: str, results: str, more: str = "", head: str = YEARS, also: str = ""
) -> Path:
    """A fund whose limited partners are `lp` and `other`."""
    program = f"{head}{also}pools:\n  fund:\n    size: {{of: proceeds}}\n    among: partners.kind = 'investor'\n"
    program += f"    shared:\n     waterfall:\n      layers:\n{layers}\n{more}"
    return write(
        folder,
        program,
        {
            "partners.csv": "partner_id,kind\ngp,manager\nlp,investor\nother,investor\n",
            "capital.csv": "entry_id,partner_id,occurred_on,kind,amount\n" + capital,
            "results.csv": "entity,account,month,amount\n" + results,
        },
    )


def pays(of: Told, component: str = "fund") -> dict[str, int]:
    index = of.run.components.index(component)
    found = dict(zip(of.run.partners, of.run.payouts_minor[:, index].tolist(), strict=True))
    return {partner: amount for partner, amount in found.items() if amount}


def carry(of: Told) -> int:
    return int(of.sheet.columns["fund.carry"].numerator[0])


def explained(of: Told) -> None:
    """Every partner's payout of the run, which raises where one does not re-add."""
    for partner in of.run.partners:
        of.why(partner)


IN_2024 = "k1,lp,2024-12-31,contribution,20000000.00\n"
OUT_2025 = "fund,proceeds,2025-12,30000000.00\n"


def test_a_full_catch_up_of_a_whole_program(tmp_path: Path) -> None:
    """H1-35: 20 m in, 30 m out, 7 % for one year, full catch-up to 20 %, then 80/20."""
    expected = WORKED["H1-35"]["expected"]
    to_manager = "  manager: {size: {of: fund.carry}, among: partners.kind = 'manager', shared: equally}\n"
    with told(story(tmp_path, FULL_CATCH_UP, IN_2024, OUT_2025, to_manager), "2025") as of:
        general = Fraction(expected["GP_total"].removesuffix("m")) * 10**8
        assert (pays(of), carry(of)) == ({"lp": 28_000_000_00}, general)
        assert pays(of, "manager") == {"gp": general}
        assert of.run.pools["fund"] == (30_000_000_00, general, 0)
        why = of.why("lp", "fund")
        (layers,) = (part for part in why.parts if part.title == "fund: award")
        steps = {part.title: part for part in layers.parts if part.title[0].isdigit()}
        assert [*steps] == ["1 capital", "2 preferred", "3 catch_up", "4 split"]
        assert steps["2 preferred"].value == Fraction(expected["pref"].removesuffix("m")) * 10**8
        assert "entitled 1,400,000.00, paid 1,400,000.00, remaining 8,600,000.00" in steps["2 preferred"].words
        assert "remaining 8,250,000.00" in steps["3 catch_up"].words
        (own,) = (part for part in layers.parts if part.title == "capital k1 of 2024-12-31")
        assert (own.value, own.source) == (20_000_000_00, "capital.csv record 1")
        manager = of.why("gp", "manager")
        words = json.dumps([part.title for part in manager.parts[0].parts])
        assert "fund, carry" in words
        explained(of)


def test_without_a_catch_up(tmp_path: Path) -> None:
    """H1-38: 100 in, 200 out, 8 % for one year, then 80/20; and without the preferred return."""
    expected = WORKED["H1-38"]["expected"]
    capital, out = "k1,lp,2024-12-31,opening,100.00\n", "fund,proceeds,2025-06,200.00\n"
    layers = "      - capital: true\n      - preferred: {rate: 8%}\n      - split: {carry: 20%}\n"
    with told(story(tmp_path / "one", layers, capital, out), "2025") as of:
        assert (pays(of)["lp"], carry(of)) == (Fraction(expected["LP"]) * 100, Fraction(expected["GP"]) * 100)
        explained(of)
    layers = "      - capital: true\n      - split: {carry: 20%}\n"
    with told(story(tmp_path / "two", layers, capital, out), "2025") as of:
        assert (pays(of)["lp"], carry(of)) == (180_00, 20_00)


def test_the_mark_comes_from_a_balance(tmp_path: Path) -> None:
    """H1-43: from 583.1 m to 642 m with a mark of 610 m and a hurdle of 4 %: 20 % of what is above 634.4 m."""
    layers = "      - capital: true\n      - mark: {hurdle: 4%}\n      - split: {carry: 20%}\n"
    layers += "      marks: top.opening\n"
    head = YEARS.replace("results: results.csv}", "results: results.csv, balances: balances.csv}")
    value = "  net_value: {sum: capital.amount, dated: capital.occurred_on}\n"
    path = story(
        tmp_path,
        layers,
        "k1,lp,2024-12-31,opening,583100000.00\n",
        "fund,proceeds,2025-12,642000000.00\n",
        "balances:\n  top: {mark: net_value}\n",
        head,
        value,
    )
    balances = "partner_id,balance,as_of,released_on,amount\nlp,top,2024-12-31,,610000000.00\n"
    (tmp_path / "balances.csv").write_text(balances, "utf-8")
    path.write_text(path.read_text("utf-8").replace("effective: 2024-01-01", "effective: 2025-01-01"), "utf-8")
    with told(path, "2025") as of:
        assert carry(of) == Fraction(WORKED["H1-43"]["expected"]["incentive"]) * 10**8
        assert pays(of) == {"lp": 642_000_000_00 - 1_520_000_00}
        explained(of)


def test_a_value_up_to_its_mark_is_settled_anew_each_year(tmp_path: Path) -> None:
    """H1-43 goes on: below the mark of 642 m the carry has nothing, and at 700 m 20 % of what is above 667.68 m."""
    layers = "      - capital: true\n      - mark: {hurdle: 4%}\n      - split: {carry: 20%}\n"
    layers += "      marks: top.opening\n"
    head = YEARS.replace("results: results.csv}", "results: results.csv, balances: balances.csv, v: v.csv}")
    head = head.replace("2024-01-01 to 2026", "2025-01-01 to 2027")
    head = head.replace(
        "kpis:", "tables: {v: {key: [partner_id, month], columns: {partner_id: id, month: month, nav: money}}}\nkpis:"
    )
    values = {"2025": 642, "2026": 640, "2027": 700}
    results = "".join(f"fund,proceeds,{year}-12,{each}000000.00\n" for year, each in values.items())
    also = "  net_value: {sum: v.nav, dated: v.month}\n"
    more = "balances:\n  top: {mark: net_value}\n"
    path = story(tmp_path, layers, "k1,lp,2024-12-31,opening,610000000.00\n", results, more, head, also)
    balances = "partner_id,balance,as_of,released_on,amount\nlp,top,2024-12-31,,610000000.00\n"
    (tmp_path / "balances.csv").write_text(balances, "utf-8")
    rows = "".join(f"lp,{year}-12,{each}000000\n" for year, each in values.items())
    (tmp_path / "v.csv").write_text("partner_id,month,nav\n" + rows, "utf-8")
    earned = {"2025": Fraction(WORKED["H1-43"]["expected"]["incentive"]) * 10**8, "2026": 0, "2027": 6_464_000_00}
    for year, millions in values.items():
        with told(path, year) as of:
            assert (carry(of), sum(pays(of).values()) + carry(of)) == (earned[year], millions * 10**8)
            assert not [name for name in of.sheet.columns if name.startswith("accounts.fund.")]
            explained(of)


def test_two_years_are_one_long_run(tmp_path: Path) -> None:
    """What was returned, paid on the preferred return and carried in 2025 counts in 2026: by hand, 20,000 at 7 %.

    2025 pays 20,000 of capital, 1,400 preferred and 200 of the catch-up. In 2026 nothing bears interest any more: 150
    more catch up, then 80/20; together what one distribution of 30,000 would have paid.
    """
    results = "fund,proceeds,2025-12,21600.00\nfund,proceeds,2026-12,8400.00\n"
    path = story(tmp_path, FULL_CATCH_UP, "k1,lp,2024-12-31,contribution,20000.00\n", results)
    with told(path, "2025") as first:
        assert (pays(first), carry(first)) == ({"lp": 21_400_00}, 200_00)
    with told(path, "2026") as second:
        assert (pays(second), carry(second)) == ({"lp": 6_600_00}, 1_800_00)
        explained(second)


def test_a_compounded_return_that_was_paid_bears_no_interest(tmp_path: Path) -> None:
    """By hand: 10,000 at 10 % compounded yearly; 1,000 are due after 2025 and paid, so again 1,000 after 2026.

    Where 2025 pays 400, 600 and their interest of 60 are due on top.
    """
    layers = "      - preferred: {rate: 10%, compounding: yearly}\n      - capital: true\n"
    capital = "k1,lp,2024-12-31,contribution,10000.00\n"
    results = "fund,proceeds,2025-12,{first}.00\nfund,proceeds,2026-12,5000.00\n"
    for first, second in ((1_000, 1_000_00), (400, 1_660_00)):
        with told(story(tmp_path / str(first), layers, capital, results.format(first=first)), "2026") as of:
            paid = of.sheet.columns["fund.layer.1"]
            assert paid.fraction(of.sheet.frames["fund.members"].keys.tolist().index("lp")) == second
            explained(of)


@pytest.mark.parametrize(
    ("returned", "capital", "paid"),
    [
        # 1.08^(100/365) is 1.0213090805695.., of which whole cents are paid: 179,954.659996.. and 1,021,309,080.5695..
        ("preferred: {rate: 8%, compounding: yearly}", "2026-09-22,contribution,176200.00", 179_954_65),
        ("preferred: {rate: 8%, compounding: yearly}", "2026-09-22,contribution,1000000000.00", 1_021_309_080_56),
        # (1 + 0.08 / 365)^715 is 1.169639003662857..
        ("preferred: {rate: 8%, compounding: daily}", "2025-01-15,contribution,1000000000.00", 1_169_639_003_66),
        (
            "split: {carry: 0%, until: {rate: 8%, compounding: yearly}}",
            "2026-09-22,contribution,1000000000.00",
            1_021_309_080_56,
        ),
    ],
)
def test_a_compounded_return_is_right_to_the_cent_however_much_was_paid_in(
    returned: str, capital: str, paid: int, tmp_path: Path
) -> None:
    layers = f"      - capital: true\n      - {returned}\n      - split: {{carry: 100%}}\n"
    with told(story(tmp_path, layers, f"k1,lp,{capital}\n", "fund,proceeds,2026-12,2000000000.00\n"), "2026") as of:
        assert (pays(of), carry(of)) == ({"lp": paid}, 2_000_000_000_00 - paid)
        (step,) = (part for part in of.why("lp", "fund").parts[1].parts if part.title.startswith("2 "))
        assert step.words.partition("(entitled ")[2].count("..") == 3
        explained(of)


def test_members_share_by_what_they_paid_in_and_others_are_left_out(tmp_path: Path) -> None:
    """By hand: 600 and 400 of capital, 100 gone since; 1,400 out, so 500 beyond capital, 80 % of it 6 : 4."""
    capital = "k1,lp,2025-01-01,contribution,600.00\nk2,other,2025-01-01,contribution,400.00\n"
    capital += "k3,other,2025-03-01,drawing,-100.00\nk4,gp,2025-01-01,contribution,999.00\n"
    layers = "      - capital: true\n      - split: {carry: 20%}\n"
    with told(story(tmp_path / "one", layers, capital, "fund,proceeds,2025-12,1400.00\n"), "2025") as of:
        assert (pays(of), carry(of)) == ({"lp": 600_00 + 240_00, "other": 300_00 + 160_00}, 100_00)
        explained(of)
    by = layers + "      shares: partners.capacity\n      where: capital.kind != 'drawing'\n"
    path = story(tmp_path / "two", by, capital, "fund,proceeds,2025-12,1400.00\n")
    partners = "partner_id,kind,capacity\ngp,manager,1\nlp,investor,1\nother,investor,3\n"
    (tmp_path / "two/partners.csv").write_text(partners, "utf-8")
    with told(path, "2025") as of:
        assert (pays(of), carry(of)) == ({"lp": 600_00 + 80_00, "other": 400_00 + 240_00}, 80_00)
        explained(of)


def test_a_cent_that_does_not_divide_is_the_carry_s(tmp_path: Path) -> None:
    layers = "      - split: {carry: 1/3}\n"
    capital = "k1,lp,2025-01-01,contribution,1.00\nk2,other,2025-01-01,contribution,1.00\n"
    with told(story(tmp_path, layers, capital, "fund,proceeds,2025-12,10.00\n"), "2025") as of:
        assert (pays(of), carry(of)) == ({"lp": 3_33, "other": 3_33}, 3_34)
        assert of.run.pools["fund"] == (10_00, 3_34, 0)
        explained(of)


def test_what_reaches_beyond_the_last_layer_is_unclaimed_and_may_be_carried_over(tmp_path: Path) -> None:
    capital, results = "k1,lp,2024-06-01,contribution,100.00\n", "fund,proceeds,2025-12,130.00\n"
    path = story(tmp_path, "      - capital: true\n", capital, results)
    path.write_text(path.read_text("utf-8") + "    unclaimed: carry\n", "utf-8")
    with told(path, "2025") as of:
        assert (pays(of), carry(of), of.run.pools["fund"].left_minor) == ({"lp": 100_00}, 0, 30_00)
    with told(path, "2026") as of:
        assert of.run.pools["fund"] == (30_00, 30_00, 0)


OF_THIRDS = "      - capital: true\n      - preferred: {rate: 8%}\n"
IN_PARTS = "k1,lp,2025-01-01,contribution,600.00\nk2,other,2025-02-01,contribution,400.00\n"


@pytest.mark.parametrize(
    ("layers", "more", "house"),
    [
        ("      - split: {carry: 1/3}\n", "    residue: carry\n", 0),
        (OF_THIRDS, "    unclaimed: carry\n", 0),
        (OF_THIRDS, "    unclaimed: carry\n    residue: carry\n", 0),
        (OF_THIRDS, "    unclaimed: carry\n    residue: to_first\n", 0),
        (OF_THIRDS, "    unclaimed: carry\n    residue: house\n", 2),  # which is what it says
    ],
)
def test_what_is_shared_carried_and_the_house_s_is_the_pool(layers: str, more: str, house: int, tmp_path: Path) -> None:
    path = story(tmp_path, layers, IN_PARTS, "fund,proceeds,2025-12,2000.00\nfund,proceeds,2026-12,1000.01\n", more)
    for period in ("2025", "2026"):
        with told(path, period) as of:
            column = "program.fund.carried."
            opening, carried = (int(of.sheet.columns[column + each].numerator[0]) for each in ("opening", "carried"))
            size = of.run.pools["fund"].size_minor
            assert size == (2000_00 if period == "2025" else opening + 1000_01)
            assert 0 <= size - sum(pays(of).values()) - carry(of) - carried <= house
            explained(of)


def test_capital_without_an_amount_is_refused_with_its_place(tmp_path: Path) -> None:
    path = story(tmp_path, FULL_CATCH_UP, "k1,lp,2025-01-01,contribution,\n", OUT_2025)
    assert refused(path, "2025") == ["F301 capital.csv:2:amount"]


def test_a_planted_fault_in_a_layer_does_not_re_add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, FULL_CATCH_UP, IN_2024, OUT_2025)
    with told(path, "2025") as of:
        explained(of)
        monkeypatch.setattr(Distribution, "tell", lambda self, columns, row, pot: self.tell_carry(columns, pot))
        with pytest.raises(DoesNotReAdd):
            of.why("lp", "fund")


def test_nobody_and_nothing_to_distribute(tmp_path: Path) -> None:
    """Without proceeds, nobody is paid; without members, the carry has its part and the rest is unclaimed."""
    layers = "      - capital: true\n      - split: {carry: 20%}\n"
    with told(story(tmp_path / "one", layers, IN_2024, ""), "2025") as of:
        assert (pays(of), carry(of)) == ({}, 0)
        explained(of)
    path = story(tmp_path / "two", layers, IN_2024, "fund,proceeds,2025-12,100.00\n")
    path.write_text(path.read_text("utf-8").replace("'investor'", "'nobody'"), "utf-8")
    with told(path, "2025") as of:
        assert (pays(of), carry(of), of.run.pools["fund"].left_minor) == ({}, 20_00, 100_00)


def test_a_size_below_nothing_is_refused(tmp_path: Path) -> None:
    path = story(tmp_path, FULL_CATCH_UP, IN_2024, "fund,proceeds,2025-12,-1.00\n")
    assert refused(path, "2025")[0].split()[0] == "K202"


def test_who_left_was_paid_a_profit_that_counts(tmp_path: Path) -> None:
    """By hand: `other` gets 100 in 2025 and leaves, `lp` gets 100 in 2026, and the carry catches up to 20 % of all."""
    capital = "k1,other,2024-12-31,contribution,1000.00\nk2,lp,2025-12-31,contribution,1000.00\n"
    layers = "      - preferred: {rate: 10%}\n      - catch_up: {share: 100%, to: 20%}\n"
    path = story(tmp_path, layers, capital, "fund,proceeds,2025-12,100.00\nfund,proceeds,2026-12,500.00\n")
    among = "partners.kind = 'investor' and partners.active"
    path.write_text(path.read_text("utf-8").replace("partners.kind = 'investor'", among), "utf-8")
    partners = "partner_id,kind,recruited_on,terminated_on\n"
    partners += "lp,investor,2020-01-01,\nother,investor,2020-01-01,2026-06-30\n"
    (tmp_path / "partners.csv").write_text(partners, "utf-8")
    with told(path, "2026") as of:
        assert pays(of) == {"lp": 100_00}
        assert carry(of) == 50_00  # a quarter of 100 + 100, which is 20 % of all
        explained(of)


def test_a_run_that_keeps_lines_alone_pays_the_same(tmp_path: Path) -> None:
    results = "fund,proceeds,2025-12,21600.00\nfund,proceeds,2026-12,8400.00\n"
    path = story(tmp_path, FULL_CATCH_UP, "k1,lp,2024-12-31,contribution,20000.00\n", results)
    with told(path, "2026") as of:
        lines = evaluate(of.plan, of.facts, of.sheet.period, "lines", partners_at_once=1)
        assert lines.columns["fund"].fractions() == of.sheet.columns["fund"].fractions()


def test_rows_of_capital_are_measured_and_those_after_the_period_lie_outside(tmp_path: Path) -> None:
    capital = IN_2024 + "k2,lp,2026-02-01,contribution,5.00\n"
    path = story(tmp_path, FULL_CATCH_UP, capital, OUT_2025)
    done = calculate(path, "2025", tmp_path / "books.db", "someone", datetime(2026, 1, 1, 12, tzinfo=UTC))
    found = {each.fate: each.rows for each in done.fates if each.table == "capital"}
    assert found == {"measured": 1, "outside": 1}
    (verdict,) = trace_row(tmp_path / "books.db", 1, "capital", "k1").verdicts
    assert (verdict.fate, verdict.rule) == ("measured", "fund.capital")


def test_a_case_brings_its_capital_along(tmp_path: Path) -> None:
    path = story(tmp_path, FULL_CATCH_UP, IN_2024, OUT_2025)
    case = """
    tests:
      full:
        period: 2025
        given:
          partners: [{partner_id: lp, kind: investor}]
          capital: [{entry_id: k1, partner_id: lp, occurred_on: 2024-12-31, amount: 100}]
          results: [{entity: fund, account: proceeds, month: 2025-12, amount: 107}]
        expect: {fund: {lp: 107.00}}
    """
    path.write_text(path.read_text("utf-8") + textwrap.dedent(case), "utf-8")
    ended = partage("test", path)
    assert ended.exit_code == 0, ended.out + ended.err


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "layers:\n      - capital: true\n",
            "marks: partners.capacity\n      layers: [{mark: {}}]\n      clawback: {to: 20%, on: 2025-12-31}\n",
            "K253 program.yaml:16:17",
        ),
        (", capital: capital.csv", "", "P148 program.yaml:14:7"),
        ("    among:", "    unknown: leave_out\n    among:", "P139 program.yaml:11:14"),
        ("    among:", "    bounds: {at_most: USD 5}\n    among:", "P139 program.yaml:11:13"),
        ("size: {of: proceeds}", "size: {of: fund.carry}", "X131 program.yaml:10:16"),
        ("- capital: true", "- capital: true\n      where: partners.capacity", "X135 program.yaml:16:14"),
    ],
)
def test_what_a_program_must_not_say_of_a_waterfall(old: str, new: str, found: str, tmp_path: Path) -> None:
    path = story(tmp_path, "      - capital: true\n", IN_2024, OUT_2025)
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert [f"{each.code} {each.place}" for each in load(path).problems if each.severity == "error"] == [found]
