"""Banks of limits, carry-overs of pools and what waterfalls paid are balances like all others: they open by the table,
roll forward, and are told, explained and kept in the run's digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from balance_stories import HEADS, MONTHS, moved, rolled, write
from spine_stories import partage, refused, told

from engine.explain import DoesNotReAdd
from rules.load import load

OWN_HEADS = {
    **HEADS,
    "partners": "partner_id,kind,recruited_on,terminated_on",
    "deals": "deal_id,partner_id,closed_on,amount,margin",
    "capital": "entry_id,partner_id,occurred_on,kind,amount",
    "results": "entity,account,month,amount",
}


def tables(**rows: Sequence[str]) -> Mapping[str, str]:
    return {f"{name}.csv": "\n".join([head, *rows.get(name, ())]) + "\n" for name, head in OWN_HEADS.items()}


# --- a bank -----------------------------------------------------------------------------------------------------------

BANK = """
program: Bank
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, balances: balances.csv}
eligible: partners.active
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    limits: [{at_most: 50, over: period, cut: pro_rata, excess: banked}]
"""
DEALS = ["D-1,A,2026-01-10,800.00,", "D-2,A,2026-02-10,100.00,", "D-3,B,2026-01-10,900.00,"]
PEOPLE = ["A,x,2025-01-01,", "B,x,2025-01-01,2026-02-10"]


def bank(folder: Path, *balances: str, deals: Sequence[str] = DEALS) -> Path:
    return write(folder, BANK, tables(partners=PEOPLE, deals=deals, balances=balances))


def test_what_a_limit_cuts_is_banked_on_a_balance(tmp_path: Path) -> None:
    """80 earned in January, 50 paid; 10 earned in February, and the bank of 30 released. B leaves with 40 in it."""
    path = bank(tmp_path)
    assert moved(path, "2026-01", "commission.bank") == {"A": [0, 3000, 0, 3000], "B": [0, 4000, 0, 4000]}
    assert moved(path, "2026-02", "commission.bank") == {"A": [3000, 0, -3000, 0], "B": [4000, 0, 0, 4000]}
    assert moved(path, "2026-03", "commission.bank") == {"B": [4000, 0, 0, 4000]}


def test_a_bank_opens_with_what_the_table_says(tmp_path: Path) -> None:
    path = bank(tmp_path, "A,commission.bank,2026-01-31,,12.34")
    assert moved(path, "2026-02", "commission.bank") == {"A": [1234, 0, -1234, 0]}
    with told(path, "2026-02") as of:
        assert of.payouts() == {"A": 2234}
        why = of.why("A")
        assert "the table of balances, 2026-01-31" in str(why)
        assert of.why("A", "commission.bank").value == 0
        assert of.why("A", "commission.bank.opening").value == 1234


def test_a_bank_is_told_and_stands_in_the_digest(tmp_path: Path) -> None:
    path, store = bank(tmp_path), tmp_path / "store.db"
    ran = partage("--store", store, "run", path, "--period", "2026-01", "--json").json()
    assert ran["balances"]["commission.bank"] == {
        "opening_minor": "0",
        "movements": {"banked": "7000", "released": "0"},
        "closing_minor": "7000",
    }
    out = partage("--store", store, "show", "--balances").out
    assert "commission: bank" in out and "70.00" in out
    table = partage("--store", store, "show", "--balances", "--csv", "-").out
    assert table.splitlines()[1:] == ["A,commission.bank,2026-01-31,,30.00", "B,commission.bank,2026-01-31,,40.00"]
    other = bank(tmp_path / "other", "A,commission.bank,2025-12-31,,1")
    again = partage("--store", store, "run", other, "--period", "2026-01", "--json").json()
    assert again["run_id"] != ran["run_id"]


def test_a_bank_of_who_left_is_explained(tmp_path: Path) -> None:
    with told(bank(tmp_path), "2026-02") as of:
        assert of.why("B", "commission.bank").value == 4000
        of.why("A", "commission.bank")
        of.why("B")


def test_a_planted_cent_on_a_bank_does_not_add_up(tmp_path: Path) -> None:
    with told(bank(tmp_path), "2026-02") as of:
        column = of.sheet.columns["accounts.commission.bank.released"].numerator
        column[0] += 1
        with pytest.raises(DoesNotReAdd):
            of.why("A", "commission.bank")


# --- what a pool carries over -----------------------------------------------------------------------------------------

CARRIED = """
program: Carried
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, balances: balances.csv}
pools:
  bonus: {size: EUR 100, shared: equally, residue: carry}
"""


def carried(folder: Path, *balances: str) -> Path:
    return write(folder, CARRIED, tables(partners=["A,,,", "B,,,", "C,,,"], balances=balances))


def test_what_a_pool_carries_is_a_balance_of_the_program(tmp_path: Path) -> None:
    path = carried(tmp_path)
    assert moved(path, "2026-01", "bonus.carried") == {"None": [0, 0, 1, 1]}
    assert moved(path, "2026-02", "bonus.carried") == {"None": [1, -1, 2, 2]}
    assert rolled(path, "2026-02").table.splitlines()[1:] == [",bonus.carried,2026-02-28,,0.02"]


def test_a_pool_opens_with_what_the_table_says_of_the_program(tmp_path: Path) -> None:
    path = carried(tmp_path, ",bonus.carried,2026-01-31,,20.00")
    with told(path, "2026-02") as of:
        assert of.payouts() == {"A": 4000, "B": 4000, "C": 4000}
        assert "the table of balances, 2026-01-31" in str(of.why("A"))


def test_who_shares_a_gain_makes_up_for_no_more_than_its_pool_has(tmp_path: Path) -> None:
    """Less than nothing is carried to two pools of 100.00: members share gains, so the first pays nobody, and the
    second what is left of it when all is made up for."""
    path = carried(tmp_path, ",bonus.carried,2026-01-31,,-150.00")
    assert moved(path, "2026-02", "bonus.carried") == {"None": [-15_000, 10_000, 0, -5_000]}
    with told(path, "2026-02") as of:
        assert of.payouts() == {"A": 0, "B": 0, "C": 0}
        assert "all that the period adds makes up for what was carried; -50.00 stays carried" in str(of.why("A"))
    assert moved(path, "2026-03", "bonus.carried") == {"None": [-5_000, 5_000, 2, 2]}
    with told(path, "2026-03") as of:
        assert of.payouts() == {"A": 1_666, "B": 1_666, "C": 1_666}


def test_who_shares_losses_bears_what_is_carried(tmp_path: Path) -> None:
    path = carried(tmp_path, ",bonus.carried,2026-01-31,,-150.00")
    path.write_text(path.read_text("utf-8").replace("size: EUR 100", "losses: shared, size: EUR 100"), "utf-8")
    with told(path, "2026-02") as of:
        assert sum(of.payouts().values()) == -4_998
    assert moved(path, "2026-02", "bonus.carried") == {"None": [-15_000, 15_000, -2, -2]}


def test_a_row_of_the_program_has_a_fate_and_is_traced(tmp_path: Path) -> None:
    path, store = carried(tmp_path, ",bonus.carried,2026-01-31,,20.00"), tmp_path / "store.db"
    run = partage("--store", store, "run", path, "--period", "2026-02", "--json").json()
    fates = [(each["fate"], each["rows"]) for each in run["fates"] if each["table"] == "balances"]
    assert fates == [("measured", 1)]
    (verdict,) = partage("--store", store, "trace", "balances", "/bonus.carried/2026-01-31/", "--json").json()[
        "verdicts"
    ]
    assert verdict["words"] == "bonus.carried opened with it after 2026-01-31"


def test_show_tells_the_program_by_its_name_and_scripts_by_no_partner(tmp_path: Path) -> None:
    path, store = carried(tmp_path), tmp_path / "store.db"
    partage("--store", store, "run", path, "--period", "2026-01")
    out = partage("--store", store, "show", "--balances").out
    assert "bonus: carried over" in out and "the program" in out
    (row,) = partage("--store", store, "show", "--balances", "--json").json()["balances"]["bonus.carried"]
    assert (row["partner_id"], row["closing_minor"]) == (None, 1)


def test_the_table_is_known_to_be_read(tmp_path: Path) -> None:
    assert not load(carried(tmp_path)).problems
    assert not load(bank(tmp_path / "bank")).problems


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A,bonus.carried,2026-01-31,,1", "F320 balances.csv:2:partner_id"),
        (",bonus.bank,2026-01-31,,1", "F320 balances.csv:2:balance"),
    ],
)
def test_a_row_of_somebody_elses_balance_is_refused(tmp_path: Path, row: str, expected: str) -> None:
    assert refused(carried(tmp_path, row), "2026-02") == [expected]


def test_a_row_of_nobody_is_refused_for_a_balance_of_partners(tmp_path: Path) -> None:
    row = ",commission.bank,2026-01-31,,1"
    assert refused(bank(tmp_path, row), "2026-02") == ["F320 balances.csv:2:partner_id"]


# --- what a waterfall paid --------------------------------------------------------------------------------------------

FUND = """
program: Fund
currency: EUR
calendar: year
effective: 2025-01-01 to 2027-12-31
sources: {partners: partners.csv, capital: capital.csv, results: results.csv, balances: balances.csv}
kpis:
  proceeds: {sum: results.amount, dated: results.month, where: results.account = 'proceeds', level: program}
pools:
  fund:
    size: {of: proceeds}
    shared:
      waterfall:
        layers: [{capital: true}, {preferred: {rate: 10%, compounding: yearly}}, {split: {carry: 20%}}]
"""
PAID_IN = ["K-1,A,2024-12-31,contribution,1000.00"]


def fund(folder: Path, *balances: str, proceeds: Sequence[str] = ()) -> Path:
    rows = [f"fund,proceeds,{each}" for each in proceeds]
    return write(folder, FUND, tables(partners=["A,,,"], capital=PAID_IN, results=rows, balances=balances))


def test_what_layers_paid_rolls_forward_from_distribution_to_distribution(tmp_path: Path) -> None:
    """1,000 for a year at 10 % are 100 of return: 1,050 pay the capital and 50 of it; a year later the 50 that are
    left have grown to 55, and of 155 a hundred is split."""
    path = fund(tmp_path, proceeds=["2025-12,1050.00", "2026-12,155.00"])
    assert moved(path, "2025", "fund.layer.1") == {"A": [0, 100_000, 100_000]}
    assert moved(path, "2025", "fund.layer.2") == {"A": [0, 5_000, 5_000]}
    assert moved(path, "2026", "fund.layer.2") == {"A": [5_000, 5_500, 10_500]}
    assert moved(path, "2026", "fund.layer.3") == {"A": [0, 8_000, 8_000]}
    assert moved(path, "2026", "fund.carry") == {"None": [0, 2_000, 2_000]}
    with told(path, "2026") as of:
        assert of.why("A", "fund.layer.2").value == 10_500
    assert rolled(path, "2026").table.splitlines()[1:] == [
        "A,fund.layer.1,2026-12-31,2025-12-31,1000.00",
        "A,fund.layer.2,2026-12-31,2025-12-31,50.00",
        "A,fund.layer.2,2026-12-31,2026-12-31,55.00",
        "A,fund.layer.3,2026-12-31,2026-12-31,80.00",
        ",fund.carry,2026-12-31,2026-12-31,20.00",
    ]


def test_a_history_of_before_the_program_counts_by_its_days(tmp_path: Path) -> None:
    """The table tells of the first distribution: what was paid then earns no return after its day."""
    rows = ["A,fund.layer.1,2025-12-31,2025-12-31,1000.00", "A,fund.layer.2,2025-12-31,,50.00"]
    path = fund(tmp_path, *rows, ",fund.carry,2025-12-31,,7.00", proceeds=["2026-12,155.00"])
    assert moved(path, "2026", "fund.layer.2") == {"A": [5_000, 5_500, 10_500]}
    assert moved(path, "2026", "fund.carry") == {"None": [700, 2_000, 2_700]}
    with told(path, "2026") as of:
        of.why("A")
    late = fund(tmp_path / "late", "A,fund.layer.1,2025-12-31,2026-01-31,1000.00")
    assert refused(late, "2026") == ["F321 balances.csv:2:released_on"]


# --- an allowance that is overdrawn -----------------------------------------------------------------------------------

OVER = """
program: Market development
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, mdf: mdf.csv}
kpis:
  accrued: {sum: mdf.approved, dated: mdf.requested_on}
  spent: {sum: mdf.requested, dated: mdf.requested_on}
payouts:
  fee: {for_each: partners, amount: 10}
balances:
  fund: {allowance: {accrued: accrued, used: spent%s}}
"""
SPENT = ["M-1,A,2026-01-05,120.00,100.00", "M-2,B,2026-01-05,60.00,50.00", "M-3,C,2026-01-05,1.00,2.00"]


def over(folder: Path, key: str) -> Path:
    return write(folder, OVER % key, tables(partners=["A,,,", "B,,,", "C,,,"], mdf=SPENT))


def test_an_overdrawn_allowance_is_said_by_the_run(tmp_path: Path) -> None:
    path, store = over(tmp_path, ""), tmp_path / "store.db"
    out = partage("--store", store, "run", path, "--period", "2026-01").out
    line = "fund: opening 0.00, accrued 152.00, used -181.00, expired 0.00, closing -29.00 EUR"
    assert f"{line}, 2 partners are below zero by 30.00\n" in out
    assert "2 partners are below zero by 30.00" in partage("--store", store, "show").out


def test_an_overdrawn_allowance_is_refused_where_the_rule_says_so(tmp_path: Path) -> None:
    (problem,) = refused(over(tmp_path, ", over: refuse"), "2026-01")
    assert problem.startswith("F324 program.yaml")


# --- netting ----------------------------------------------------------------------------------------------------------

NETTED = """
program: Net
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%%}
  penalty: {base: -deals.margin, dated: deals.closed_on, rate: 1}
  fee: {for_each: partners, amount: 20}
balances:
  clawed: {negative: %s}
"""
PENALTIES = ["D-1,A,2026-01-10,1000.00,130.00", "D-2,A,2026-02-10,400.00,15.00"]


@pytest.mark.parametrize(
    ("config", "paid", "january", "february"),
    [  # 100 earned and 20 of a fee make up for 120 of 130; the 10 that are left are taken off February's 45
        ("net", [0, 3500], [0, 13_000, -12_000, 0, 1_000], [1_000, 1_500, -1_500, -1_000, 0]),
        # the fee is paid; the 30 that are left are taken off what commission and penalty come to, 25
        (
            "{what: net, of: [commission, penalty]}",
            [2_000, 2_000],
            [0, 13_000, -10_000, 0, 3_000],
            [3_000, 1_500, -1_500, -2_500, 500],
        ),
    ],
)
def test_components_below_zero_are_set_against_others(
    tmp_path: Path, config: str, paid: list[int], january: list[int], february: list[int]
) -> None:
    path = write(tmp_path, NETTED % config, tables(partners=["A,,,"], deals=PENALTIES))
    for period, due, moves in zip(MONTHS[:2], paid, (january, february), strict=True):
        with told(path, period) as of:
            assert of.payouts() == {"A": due}
            assert "what others earned makes up for" in str(of.why("A"))
        assert moved(path, period, "clawed") == {"A": moves}
