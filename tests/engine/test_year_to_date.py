"""A program goes live within the year: tiers and limits of the fiscal year go on from what was added up before, by the
table of balances, and no row or period of before is added up again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from spine_stories import MONTH, partage, refused, told, write

TIERS = "tiers: {{method: marginal, accumulate: fiscal_year, order: [deals.closed_on]{per}, steps: [{steps}]}}"
STEPS = "{to: 1000, rate: 5%}, {to: 2000, rate: 10%}, {rate: 20%}"
HEAD = f"""{MONTH}
sources: {{{{partners: partners.csv, deals: deals.csv{{sources}}}}}}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
"""
PARTNERS = "partner_id,name\nacme,Acme\nbolt,Bolt\n"
BALANCES = "partner_id,balance,as_of,released_on,amount\n"
DEALS = """\
deal_id,partner_id,amount,closed_on
d1,acme,700.00,2026-02-10
d2,acme,600.00,2026-04-01
d3,acme,1000.00,2026-04-20
d4,bolt,1500.00,2026-04-20
d5,acme,100.00,2026-05-20
"""


def written(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def program(rule: str, is_opened: bool = True) -> str:
    return HEAD.format(sources=", balances: balances.csv" if is_opened else "") + f"    {rule}\n"


def tiers(per: str = "partner") -> str:
    return TIERS.format(per="" if per == "partner" else f", per: {per}", steps=STEPS)


def files(balances: str, deals: str = DEALS) -> dict[str, str]:
    return {"partners.csv": PARTNERS, "deals.csv": deals, "balances.csv": BALANCES + balances}


def payouts(folder: Path, rule: str, balances: str, period: str = "2026-04", deals: str = DEALS) -> dict[str, int]:
    with told(write(folder, program(rule), files(balances, deals)), period) as story:
        for partner in story.run.partners:  # everything re-adds
            story.why(partner)
        return story.payouts()


def test_tiers_go_on_from_the_year_so_far(tmp_path: Path) -> None:
    """Acme had sold 900.00 by March: of April's 1,600.00, 100.00 lie in the first tier and 1,000.00 in the second."""
    found = payouts(tmp_path, tiers(), "acme,commission.year_to_date,2026-03-31,,900.00\n")
    assert found == {"acme": 500 + 10000 + 10000, "bolt": 5000 + 5000}


def test_rows_up_to_that_day_are_not_added_up_again(tmp_path: Path) -> None:
    """The deal of February is part of the 900.00, or it is not: the table of balances tells all of it."""
    without = DEALS.replace("d1,acme,700.00,2026-02-10\n", "")
    rows = "acme,commission.year_to_date,2026-03-31,,900.00\n"
    assert payouts(tmp_path, tiers(), rows) == payouts(tmp_path, tiers(), rows, deals=without)


def test_it_holds_for_the_rest_of_the_year(tmp_path: Path) -> None:
    rows = "acme,commission.year_to_date,2026-03-31,,900.00\n"
    assert payouts(tmp_path, tiers(), rows, "2026-05") == {"acme": 2000, "bolt": 0}


def test_a_later_position_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    rows = "acme,commission.year_to_date,2026-03-31,,900.00\nacme,commission.year_to_date,2026-04-30,,10.00\n"
    assert payouts(tmp_path, tiers(), rows, "2026-05")["acme"] == 500
    assert payouts(tmp_path, tiers(), rows, "2026-04")["acme"] == 20500


def test_the_position_of_the_program(tmp_path: Path) -> None:
    found = payouts(tmp_path, tiers("program"), ",commission.year_to_date,2026-03-31,,1900.00\n")
    assert found == {"acme": 1000 + 10000 + 20000, "bolt": 30000}  # in the order of days, then of keys


def test_units(tmp_path: Path) -> None:
    """Units are written as an amount."""
    rule = TIERS.format(per="", steps="{to: 10, per_unit: 1}, {per_unit: 2}")
    units = program(rule).replace("base: deals.amount", "base: deals.term_months")
    deals = "deal_id,partner_id,amount,closed_on,term_months\nd1,acme,1.00,2026-04-01,4\nd2,bolt,1.00,2026-04-02,4\n"
    rows = files("acme,commission.year_to_date,2026-03-31,,8.00\n", deals)
    with told(write(tmp_path, units, rows)) as story:
        assert story.payouts() == {"acme": 200 + 400, "bolt": 400}
        story.why("acme")


CAP = """rate: 10%
    limits:
      - {at_most: 150, over: fiscal_year, per: partner, cut: in_order, order: [deals.closed_on], last: partial}"""


def test_a_limit_goes_on_from_what_was_paid(tmp_path: Path) -> None:
    found = payouts(tmp_path, CAP, "acme,commission.limit.1.year_to_date,2026-03-31,,60.00\n")
    assert found == {"acme": 9000, "bolt": 15000}


def test_periods_up_to_that_day_are_not_worked_out_again(tmp_path: Path) -> None:
    """By its rows, February paid 70.00; the table of balances says that it was 60.00 to the end of March."""
    rows = "acme,commission.limit.1.year_to_date,2026-03-31,,60.00\n"
    with told(write(tmp_path, program(CAP), files(rows))) as story:
        assert not [name for name in story.sheet.earlier if name < "2026-04"]
    assert payouts(tmp_path, CAP, rows, "2026-05")["acme"] == 0  # April took the 90.00 that were left


def test_a_least_counts_what_was_paid(tmp_path: Path) -> None:
    rule = "rate: 10%\n    limits: [{at_least: 500, over: fiscal_year, per: partner}]"
    rows = "bolt,commission.limit.1.year_to_date,2026-11-30,,120.00\n"
    found = payouts(tmp_path, rule, rows, "2026-12")
    assert found == {"acme": 0, "bolt": 38000}


def test_an_explanation_says_where_it_goes_on(tmp_path: Path) -> None:
    rows = "acme,commission.year_to_date,2026-03-31,,900.00\n"
    with told(write(tmp_path, program(tiers()), files(rows))) as story:
        found = str(story.why("acme"))
    assert "with what the table of balances tells of it up to 2026-03-31 (commission.year_to_date)" in found
    with told(
        write(tmp_path, program(CAP), files("acme,commission.limit.1.year_to_date,2026-03-31,,60.00\n"))
    ) as story:
        assert "of which 60.00 went to earlier periods (up to 2026-03-31 by the table of balances)" in str(
            story.why("acme")
        )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("acme,commission.years,2026-03-31,,1.00", "F320"),
        (",commission.year_to_date,2026-03-31,,1.00", "F320"),
        ("acme,commission.year_to_date,2026-03-30,,1.00", "F321"),
        ("acme,commission.year_to_date,2026-03-31,,", "F301"),
    ],
)
def test_a_position_that_says_nothing(row: str, code: str, tmp_path: Path) -> None:
    (found,) = refused(write(tmp_path, program(tiers()), files(row + "\n")))
    assert found.startswith(f"{code} balances.csv:2:")


def test_a_new_year_begins_anew(tmp_path: Path) -> None:
    rule = program(tiers()).replace("2026-12-31", "2027-12-31")
    rows = files("acme,commission.year_to_date,2026-12-31,,9000.00\n", DEALS.replace("2026-04-01", "2027-01-05"))
    with told(write(tmp_path, rule, rows), "2027-01") as story:
        assert story.payouts()["acme"] == 3000


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(st.integers(0, 300_000), max_size=4),
    now=st.lists(st.integers(1, 300_000), min_size=1, max_size=4),
    per=st.sampled_from(["partner", "program"]),
)
def test_to_go_on_is_to_have_added_up_all_of_it(
    before: list[int], now: list[int], per: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("story")
    header, names = DEALS.splitlines()[0] + "\n", ("acme", "bolt")
    old = [f"b{at},{names[at % 2]},{written(minor)},2026-0{1 + at % 3}-15\n" for at, minor in enumerate(before)]
    new = [f"n{at},{names[at % 2]},{written(minor)},2026-04-{10 + at}\n" for at, minor in enumerate(now)]
    sums = {name: sum(before[at] for at in range(len(before)) if names[at % 2] == name) for name in names}
    told_of = sums if per == "partner" else {"": sum(before)}
    rows = "".join(f"{who},commission.year_to_date,2026-03-31,,{written(minor)}\n" for who, minor in told_of.items())
    whole = write(folder / "whole", program(tiers(per), is_opened=False), files("", header + "".join(old + new)))
    with told(whole) as story:
        expected = story.payouts()
    assert payouts(folder / "opened", tiers(per), rows, deals=header + "".join(new)) == expected


def test_what_became_of_the_rows_is_told(tmp_path: Path) -> None:
    """A row of before is not added up, and the row that tells of it is what counts."""
    path = write(tmp_path, program(tiers()), files("acme,commission.year_to_date,2026-03-31,,900.00\n"))
    books = tmp_path / "books.db"
    assert partage("--store", books, "run", path, "--period", "2026-04").exit_code == 0
    traced = partage("--store", books, "trace", "balances", "acme/commission.year_to_date/2026-03-31/").out
    assert "commission.year_to_date of acme opened with it after 2026-03-31" in traced
    assert "added up" not in partage("--store", books, "trace", "deals", "d1").out
    assert partage("--store", books, "replay", "1").exit_code == 0
    without = write(tmp_path / "without", program(tiers(), is_opened=False), files(""))
    assert partage("--store", books, "run", without, "--period", "2026-04").exit_code == 0
    assert "it is added up before the rows of the period" in partage("--store", books, "trace", "deals", "d1").out
