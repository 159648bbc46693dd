"""The grammar of a cell: which texts are a date, an amount, a number, and the SQL that tells and types them.

DuckDB's own casts accept `1e2` and round `1.005`; nothing is cast here before its text has passed. Each type has a
test (true where the text is good) and a value (exact: money as BIGINT minor units, a number as DECIMAL(28,9)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.tree import Type

AMOUNT_MAX_MINOR = 10**15
NUMBER_DECIMALS = 9

SQL_TYPES: Mapping[Type, str] = {
    Type.ID: "VARCHAR",
    Type.TEXT: "VARCHAR",
    Type.DATE: "DATE",
    Type.MONTH: "DATE",
    Type.MONEY: "BIGINT",
    Type.NUMBER: "DECIMAL(28,9)",
    Type.COUNT: "BIGINT",
    Type.FLAG: "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """How cells of a type are told and typed: SQL over the text column `{}`, the code of the fault, and the cure."""

    test: str
    value: str
    code: str
    cure: str


def cell(type_: Type, decimals: int) -> Cell:
    """The grammar of a type; `decimals` is the currency's, for money."""
    return _money(decimals) if type_ == Type.MONEY else _CELLS[type_]


def _money(decimals: int) -> Cell:
    whole = "-?(0|[1-9][0-9]{0,15})"
    pattern = whole if decimals == 0 else rf"{whole}(\.[0-9]{{1,{decimals}}})?"
    scaled = f"CAST(CAST({{0}} AS DECIMAL(22,{decimals})) * {10**decimals} AS BIGINT)"
    test = (
        f"(regexp_full_match({{0}}, '{pattern}') AND length({{0}}) < 20"
        f" AND abs(TRY_CAST({{0}} AS DECIMAL(22,{decimals}))) * {10**decimals} <= {AMOUNT_MAX_MINOR})"
    )
    return Cell(test, scaled, "F203", f"write an amount such as 1250{'.50'[: decimals + 1] if decimals else ''}")


_DATE = r"regexp_full_match({0}, '(19|2[0-9])[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}')"
_COUNT = r"-?(0|[1-9][0-9]{0,14})"
_NUMBER = r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?"

_CELLS: Mapping[Type, Cell] = {
    Type.ID: Cell(
        r"regexp_full_match({0}, '[A-Za-z0-9._-]{{1,64}}')",
        "{0}",
        "F201",
        "an id is 1 to 64 letters, digits, dots, hyphens and underscores",
    ),
    Type.TEXT: Cell(
        r"(length({0}) <= 4096 AND NOT regexp_matches({0}, '[\x00-\x1f\x7f]|\p{{Cf}}') AND nfc_normalize({0}) = {0})",
        "{0}",
        "F202",
        "write plain text in Unicode NFC, without control or invisible characters",
    ),
    Type.DATE: Cell(
        f"({_DATE} AND TRY_CAST({{0}} AS DATE) IS NOT NULL)",
        "CAST({0} AS DATE)",
        "F204",
        "write a day of the calendar such as 2026-01-31",
    ),
    Type.MONTH: Cell(
        r"regexp_full_match({0}, '(19|2[0-9])[0-9]{{2}}-(0[1-9]|1[0-2])(-01)?')",
        "CAST(left({0}, 7) || '-01' AS DATE)",
        "F205",
        "write a month such as 2026-01, or its first day",
    ),
    Type.NUMBER: Cell(
        f"regexp_full_match({{0}}, '{_NUMBER.replace('{', '{{').replace('}', '}}')}')",
        "CAST({0} AS DECIMAL(28,9))",
        "F206",
        "write a plain decimal with at most 9 decimals, such as 0.7",
    ),
    Type.COUNT: Cell(
        f"regexp_full_match({{0}}, '{_COUNT.replace('{', '{{').replace('}', '}}')}')",
        "CAST({0} AS BIGINT)",
        "F207",
        "write a whole number such as 12",
    ),
    Type.FLAG: Cell("{0} IN ('true', 'false')", "({0} = 'true')", "F208", "write true or false"),
}
