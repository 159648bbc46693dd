"""The grammar of a cell: what each type reads, exactly, and what it refuses with code and place and nothing written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import MONTH, partage, told, write

# What stands in the cell, and what it is worth (money in minor units).
GOOD: dict[str, list[tuple[str, Fraction | int]]] = {
    "money": [
        ("0", 0),
        ("0.01", 1),
        ("-0.01", -1),
        ("12", 1_200),
        ("12.5", 1_250),
        ("1250.50", 125_050),
        ("10000000000000.00", 10**15),
        ("-10000000000000", -(10**15)),
        ("9999999999999.99", 10**15 - 1),
    ],
    "number": [
        ("0", 0),
        ("0.000000001", Fraction(1, 10**9)),
        ("1.005", Fraction(1005, 1000)),
        ("-3.25", Fraction(-13, 4)),
        ("0.1", Fraction(1, 10)),
        ("999999999999999999", 10**18 - 1),
    ],
    "count": [("0", 0), ("12", 12), ("-3", -3), ("999999999999999", 10**15 - 1)],
}


def words(text: str, *others: str) -> list[str]:
    """The words of a text, and others that hold spaces."""
    return [*text.split(" "), *others]


NOT_NUMBERS = words(
    "1e2 1E2 +5 ,5 .5 5. 1_000 0x10 NaN nan inf Infinity -inf 1e1000000 -- 1-2 ١٢ १२ １２ 1,000 1'000"
    " 1\u00a0000 −5 12% "
    "€12 010 00 ½ 1/3 --1 - . null NULL n/a true",
    *(" 12 ", "12 ", " 12", "12\t", "1 2", "\u200b12", " "),
)
BAD: dict[str, tuple[str, list[str]]] = {
    "money": (
        "F203",
        [*NOT_NUMBERS, "1.005", "1.000", "10000000000000.01", "-10000000000001", "9" * 30, "1" * 5000, "EUR 5"],
    ),
    "number": ("F206", [*NOT_NUMBERS, "1.0000000001", "1" * 19, "9" * 400]),
    "count": ("F207", [*NOT_NUMBERS, "1.0", "1.5", "1" * 16]),
    "date": (
        "F204",
        words(
            "31.12.2025 2026-02-30 2026-02-29 2026-13-01 2026-00-10 2026-01-00 2026-1-1 26-01-01 2026/01/01 01/02/2026 "
            "20260101 2026-01-01T00:00:00 1899-12-31 3000-01-01 0000-01-01 ٢٠٢٦-٠١-٠١ today 2026-01 2026-W01-1 46023 "
            "infinity epoch",
            *(" 2026-01-01", "2026-01-01 ", "2026-01-01 00:00:00"),
        ),
    ),
    "month": (
        "F205",
        words("2026-13 2026-00 2026-1 04-2026 2026-04-02 2026-04-31 2026 Apr-2026 ٢٠٢٦-٠٤ 202604", " 2026-04"),
    ),
    "flag": ("F208", words("True TRUE FALSE yes no 1 0 on off t f wahr", " true", "true ")),
    "id": ("F201", ["a b", " a", "a/b", "ä", "a,b", "a\tb", "١", "x" * 65, "a'b", 'a"b', "../x", "a\u200bb", "a\nb"]),
    "text": (
        "F202",
        ["a\tb", "bell\x07", "zero\u200bwidth", "left\u202eright", "e\u0301", "x" * 4097, "two\nlines"],
    ),
}
PROGRAM = f"""{MONTH.replace("EUR", "%s")}
tables:
  cells: {{key: [row], columns: {{row: id, partner_id: id, cell: %s}}}}
sources: {{partners: partners.csv, cells: cells.csv}}
payouts: {{c: {{%s}}}}
"""
PER_ROW = "for_each: cells, amount: 1"
RULES = {"money": "base: cells.cell, rate: 1%", "number": "base: cells.cell, per_unit: 0.01"}
RULES["count"] = RULES["number"]


def cells(folder: Path, type_: str, texts: list[str], currency: str = "EUR", rule: str = PER_ROW) -> Path:
    """A program whose table holds each text in a cell of the type, a row each."""
    rows = (f'r{row},acme,"{text.replace(chr(34), chr(34) * 2)}"\n' for row, text in enumerate(texts))
    tables = {"partners.csv": "partner_id\nacme\n", "cells.csv": ("row,partner_id,cell\n" + "".join(rows)).encode()}
    return write(folder, PROGRAM % (currency, type_, rule), tables)


@pytest.mark.parametrize("type_", GOOD)
def test_a_number_is_read_exactly(tmp_path: Path, type_: str) -> None:
    with told(cells(tmp_path, type_, [text for text, _ in GOOD[type_]], rule=RULES[type_])) as story:
        assert story.sheet.columns["c.base"].fractions() == [value for _, value in GOOD[type_]]


@pytest.mark.parametrize(
    ("currency", "good", "bad"),
    [
        ("JPY", [("1250", 1_250), ("1000000000000000", 10**15)], ["1250.5", "1250.00", "1000000000000001"]),
        ("EUR", [("1250.5", 125_050), ("10000000000000", 10**15)], ["1.005", "10000000000000.01"]),
        ("KWD", [("1.005", 1_005), ("1000000000000.000", 10**15)], ["1.0055", "1000000000000.001"]),
        ("CLF", [("1.0055", 10_055), ("100000000000.0000", 10**15)], ["1.00555", "100000000000.0001"]),
    ],
)
def test_money_has_the_decimals_of_its_currency_and_ends_at_10_to_the_15(
    tmp_path: Path, currency: str, good: list[tuple[str, int]], bad: list[str]
) -> None:
    with told(cells(tmp_path, "money", [text for text, _ in good], currency, RULES["money"])) as story:
        assert story.sheet.columns["c.base"].fractions() == [value for _, value in good]
    path = cells(tmp_path, "money", bad, currency)
    refusal = partage("--store", tmp_path / "p.db", "run", path, "--period", "2026-04", "--official", "--json")
    codes = [each["code"] for each in refusal.json()["problems"]]
    assert codes == ["F140"] + ["F203"] * len(bad)
    *badly, large = refusal.json()["problems"][1:]
    assert all("is no amount" in each["message"] for each in badly)
    limit = good[-1][0]  # as it is written in the cell
    whole, _, rest = limit.partition(".")
    grouped = f"{int(whole):,}" + (f".{rest}" if rest else "")
    assert f"is beyond the largest amount, {grouped}" in large["message"] and grouped in large["hint"]


@pytest.mark.parametrize("type_", BAD)
def test_a_cell_that_is_none_of_its_type_is_refused_where_it_stands(tmp_path: Path, type_: str) -> None:
    """Every bad cell is told, each with its line, and nothing is written."""
    code, texts = BAD[type_]
    ended = partage(
        "--store",
        tmp_path / "p.db",
        "run",
        cells(tmp_path, type_, texts),
        "--period",
        "2026-04",
        "--official",
        "--json",
    )
    assert ended.exit_code == 2
    problems = [each for each in ended.json()["problems"] if each["code"] != "F140"]
    line, expected = 2, []
    for text in texts:
        expected.append((code, {"file": "cells.csv", "line": line, "field": "cell"}))
        line += 1 + text.count("\n")
    assert [(each["code"], each["place"]) for each in problems] == expected
    assert all(each["hint"] and len(each["message"]) < 200 for each in problems)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cells.csv", "partners.csv", "program.yaml"]


@pytest.mark.parametrize(
    ("type_", "texts"),
    [
        ("date", ["1900-01-01", "2024-02-29", "2000-02-29", "2999-12-31"]),
        ("month", ["2026-04", "2026-04-01", "1900-01"]),
        ("flag", ["true", "false"]),
        ("id", ["a", "A.b-c_9", "x" * 64, "-", "..", "007"]),
        ("text", ["Łódź", "日本", 'O\'Brien, "Bob"', "x" * 4096, "=1+1", "🙂", "a  b", "'; drop table t; --"]),
    ],
)
def test_a_cell_of_its_type_is_read(tmp_path: Path, type_: str, texts: list[str]) -> None:
    with told(cells(tmp_path, type_, [*texts, ""])) as story:
        assert story.run.total_minor == 100 * (len(texts) + 1)  # a blank cell is unknown, and no fault
