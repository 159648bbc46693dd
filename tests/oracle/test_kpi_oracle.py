"""The KPI reference agrees with every case computed by hand in tests/cases/kpis, and with its own conventions."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from kpi_oracle import KPIS, PARTS, PROGRAM_ONLY, Pair, Tables, Values, oracle, read_csv_tables
from kpi_oracle_csv import typed_row
from ruamel.yaml import YAML

CASES = sorted((Path(__file__).resolve().parent.parent / "cases" / "kpis").glob("*.yaml"))
Q1 = (date(2026, 1, 1), date(2026, 4, 1))


def read_case(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return case


def texts(row: dict[str, Any]) -> dict[str, str]:
    """The cells as a CSV file would hold them."""
    return {column: str(value) for column, value in row.items()}


def case_tables(case: dict[str, Any]) -> Tables:
    decimals = case["money_decimals"]
    return {table: [typed_row(table, texts(row), decimals) for row in rows] for table, rows in case["tables"].items()}


def half_open(period: dict[str, date]) -> tuple[date, date]:
    return period["start"], period["last"] + timedelta(days=1)


def value(pair: Pair | None) -> Fraction | None:
    return None if pair is None else Fraction(pair[0]) / Fraction(pair[1])


def expected(text: str) -> Fraction | None:
    return None if text == "unknown" else Fraction(text)


def check(kpi_id: str, expectation: dict[str, Any], found: Values) -> None:
    partners = {partner_id: value(pair) for partner_id, pair in found.by_partner.items()}
    if kpi_id in PROGRAM_ONLY:
        assert "expect" not in expectation
        assert set(partners.values()) == {None}
    else:
        assert partners == {partner_id: expected(text) for partner_id, text in expectation["expect"].items()}
    assert value(found.program) == expected(expectation["program"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_reference_agrees_with_the_hand(path: Path) -> None:
    case = read_case(path)
    kpi_id = case["kpi"]
    before = half_open(case["before"]) if "before" in case else None
    found = oracle(kpi_id, case_tables(case), *half_open(case["period"]), before)
    check(kpi_id, case, found)
    assert found.parts.keys() == case.get("parts", {}).keys()
    for name, expectation in case.get("parts", {}).items():
        check(kpi_id, expectation, found.parts[name])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_small_and_named_for_its_kpi(path: Path) -> None:
    case = read_case(path)
    assert path.stem == case["kpi"]
    assert sum(len(rows) for table, rows in case["tables"].items() if table != "partners") <= 10


def test_every_kpi_has_a_case() -> None:
    assert {path.stem for path in CASES} == set(KPIS)
    assert set(PARTS) <= set(KPIS)


@pytest.mark.parametrize("kpi_id", sorted(KPIS))
def test_a_table_that_was_not_supplied_leaves_the_figure_unknown(kpi_id: str) -> None:
    before = (date(2025, 10, 1), date(2026, 1, 1))
    assert oracle(kpi_id, {}, *Q1, before).program is None
    assert oracle(kpi_id, {"partners": [{"partner_id": "P1"}]}, *Q1, before).by_partner == {"P1": None}


def test_credits_not_supplied_leave_the_sourced_amount_unknown() -> None:
    deal = {"deal_id": "D1", "partner_id": "P1", "status": "won", "closed_on": date(2026, 2, 1), "amount": 100}
    tables: Tables = {"partners": [{"partner_id": "P1"}], "deals": [deal]}
    assert oracle("partner_sourced_revenue", tables, *Q1, None).program is None
    assert oracle("partner_sourced_revenue", {**tables, "credits": []}, *Q1, None).by_partner == {"P1": (100, 1)}


def test_filled_shares_over_a_hundred_percent_leave_a_blank_one_nothing() -> None:
    deal: dict[str, Any] = {"deal_id": "D1", "status": "won", "closed_on": date(2026, 2, 1), "amount": 100}
    credits: list[dict[str, Any]] = [
        {"credit_id": "C1", "deal_id": "D1", "partner_id": "P1", "role": "sourced", "share": Fraction("1.25")},
        {"credit_id": "C2", "deal_id": "D1", "partner_id": "P2", "role": "sourced", "share": None},
        {"credit_id": "C3", "project_id": "J1", "partner_id": "P2", "role": "sourced", "share": Fraction(1)},
    ]
    tables: Tables = {"partners": [{"partner_id": "P1"}, {"partner_id": "P2"}], "deals": [deal], "credits": credits}
    assert oracle("partner_sourced_revenue", tables, *Q1, None).by_partner == {"P1": (125, 1), "P2": (0, 1)}


def test_growth_without_a_period_before_is_unknown() -> None:
    assert oracle("partner_growth_rate", {"partners": [], "deals": []}, *Q1, None).program is None


def test_rows_of_two_currencies_are_refused() -> None:
    deals = [{"deal_id": "D1", "currency": "EUR"}, {"deal_id": "D2", "currency": "USD"}]
    with pytest.raises(ValueError, match="does not convert"):
        oracle("sales_volume", {"partners": [], "deals": deals}, *Q1, None)


def test_an_unknown_kpi_is_refused() -> None:
    with pytest.raises(KeyError):
        oracle("no_such_kpi", {"partners": []}, *Q1, None)


def test_csv_files_are_read_by_the_column_types(tmp_path: Path) -> None:
    files = {
        "partners": [["partner_id", "recruited_on", "capacity"], ["P1", "2025-01-02", ""]],
        "deals": [["deal_id", "partner_id", "closed_on", "amount", "term_months"],
                  ["001", "", "2026-01-01", "12.3", "24"]],
        "credits": [["credit_id", "role", "share", "recorded_on"], ["C1", "sourced", "0.125", "2026-01-05"]],
        "revenue": [["customer_id", "month", "amount"], ["K1", "2026-02", "-0.05"], ["K1", "2026-03-01", "1"]],
        "training": [["partner_id", "certified"], ["P1", "true"], ["P1", ""]],
        "holidays": [["country", "day"], ["DE", "2026-01-01"]],
    }  # fmt: skip
    for table, rows in files.items():
        with (tmp_path / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    assert read_csv_tables(tmp_path) == {
        "partners": [{"partner_id": "P1", "recruited_on": date(2025, 1, 2), "capacity": None}],
        "deals": [
            {"deal_id": "001", "partner_id": None, "closed_on": date(2026, 1, 1), "amount": 1230, "term_months": 24}
        ],
        "credits": [{"credit_id": "C1", "role": "sourced", "share": Fraction(1, 8), "recorded_on": date(2026, 1, 5)}],
        "revenue": [
            {"customer_id": "K1", "month": date(2026, 2, 1), "amount": -5},
            {"customer_id": "K1", "month": date(2026, 3, 1), "amount": 100},
        ],
        "training": [{"partner_id": "P1", "certified": True}, {"partner_id": "P1", "certified": None}],
    }


def test_money_finer_than_the_minor_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 2 decimals"):
        typed_row("deals", {"amount": "0.001"}, 2)
