"""The grammar of a cell: which texts are a date, an amount, a number, and the SQL that tells and types them.

DuckDB's own casts accept `1e2` and round `1.005`, so a text is only good where the value, written out again, is the
text that was read; what that quick test leaves open (`-0.00`) is settled by a pattern. Each type has a test (true where
the text is good) and a value (exact: money as BIGINT minor units, a number as DECIMAL(28,9)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rules.expressions.tree import Type
from rules.quantities.currency import DECIMALS, Currency

AMOUNT_MAX_MINOR = 10**15
NUMBER_DECIMALS = 9
TEXT_MAX = 4096

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
    """How cells of a type are told and typed: SQL over a text, the code of the fault, and the cure.

    `good` is true, or false or NULL, for a text that is not NULL; `value` is NULL at worst, never an error.
    """

    good: str
    value: str
    code: str
    cure: str

    def test(self, text: str) -> str:
        """SQL that is true where a cell is blank or good."""
        return f"({text} IS NULL OR coalesce({self.good.replace('§', text)}, FALSE))"

    def typed(self, text: str) -> str:
        """SQL of the cell's value."""
        return self.value.replace("§", text)


def cell(type_: Type, decimals: int, dates: str = "") -> Cell:
    """The grammar of a type; `decimals` is the currency's, for money; `dates` how dates are written, if not ISO."""
    if dates:
        return _written_date(type_, dates)
    return _money(decimals) if type_ == Type.MONEY else _CELLS[type_]


def money_by_currency(code: str, own: Currency) -> Cell:
    """The grammar of an amount with the decimals of the currency that the SQL `code` names; where that is blank or
    unknown, those of the program's own."""
    parts = {each: _money(each) for each in sorted({each for each in DECIMALS.values() if each is not None})}
    good, value = "CASE ", "CASE "
    for decimals, part in parts.items():
        if decimals != own.decimals:
            listed = ", ".join(f"'{each}'" for each, its in DECIMALS.items() if its == decimals)
            good += f"WHEN {code} IN ({listed}) THEN ({part.good}) "
            value += f"WHEN {code} IN ({listed}) THEN {part.value} "
    plain = _money(own.decimals)
    return Cell(f"{good}ELSE ({plain.good}) END", f"({value}ELSE {plain.value} END)", plain.code, plain.cure)


def as_written(name: str, code: str, own: Currency) -> tuple[int, str]:
    """An amount in minor units of its own currency, as SQL in parts of the program's minor unit; and how many of these
    parts there are, so that the digits of amounts in many currencies add up as they stand."""
    most = max(each for each in DECIMALS.values() if each is not None)
    parts = {each: 10 ** (most - each) for each in sorted({each for each in DECIMALS.values() if each is not None})}
    whens = ""
    for decimals, part in parts.items():
        if decimals != own.decimals:
            listed = ", ".join(f"'{each}'" for each, its in DECIMALS.items() if its == decimals)
            whens += f"WHEN {code} IN ({listed}) THEN {part} "
    unit = parts[own.decimals]
    return unit, f"CAST({name} AS HUGEINT) * CASE {whens}ELSE {unit} END"


def is_amount(text: str, decimals: int) -> bool:
    """Whether a text is written as an amount with at most so many decimals, however large."""
    point = rf"(\.[0-9]{{1,{decimals}}})?" if decimals else ""
    return re.fullmatch(rf"-?(0|[1-9][0-9]*){point}", text) is not None


def _either(quick: str, pattern: str) -> str:
    """The quick test, and the pattern only for cells that it leaves open."""
    return f"CASE WHEN {quick} THEN TRUE ELSE regexp_full_match(§, '{pattern}') END"


def _echo(decimal: str, digits_max: int) -> str:
    """Whether a decimal, written out with all its decimals, begins with the text that was read."""
    return f"strlen(§) <= {digits_max} AND starts_with(CAST({decimal} AS VARCHAR), §) AND NOT ends_with(§, '.')"


def _money(decimals: int) -> Cell:
    whole = "-?(0|[1-9][0-9]{0,15})"
    pattern = whole if decimals == 0 else rf"{whole}(\.[0-9]{{1,{decimals}}})?"
    # A product of DECIMALs overflows with an error, not to NULL: 10^16 * 100 is the most that 18 digits take.
    amount = f"TRY_CAST(§ AS DECIMAL({16 if decimals <= 2 else 22},{decimals}))"
    minor = f"TRY_CAST({amount} * {10**decimals} AS BIGINT)"
    good = f"({_either(_echo(amount, 18), pattern)}) AND {minor} BETWEEN -{AMOUNT_MAX_MINOR} AND {AMOUNT_MAX_MINOR}"
    return Cell(good, minor, "F203", f"write an amount such as 1250{'.50'[: decimals + 1] if decimals else ''}")


_DAYS = "BETWEEN DATE '1900-01-01' AND DATE '2999-12-31'"
_DATE = "TRY_CAST(§ AS DATE)"
_DATE_CURE = "write a day of the calendar such as 2026-01-31"
_MONTH_CURE = "write a month such as 2026-01, or its first day"
_NUMBER = "TRY_CAST(§ AS DECIMAL(28,9))"
_PLAIN = r"[ -~]*"


def _written_date(type_: Type, dates: str) -> Cell:
    """A date in a declared format, which holds %d, %m, %Y and signs between them only."""
    day = f"TRY_CAST(try_strptime(§, '{dates}') AS DATE)"
    first = f" AND day({day}) = 1" if type_ == Type.MONTH else ""
    good = f"strftime({day}, '{dates}') = § AND {day} {_DAYS}{first}"
    is_day = type_ == Type.DATE
    return Cell(good, day, "F204" if is_day else "F205", f"write the {'day' if is_day else 'month'} as {dates}")


_CELLS: Mapping[Type, Cell] = {
    Type.ID: Cell(
        "regexp_full_match(§, '[A-Za-z0-9._-]{1,64}')",
        "§",
        "F201",
        "an id is 1 to 64 letters, digits, dots, hyphens and underscores",
    ),
    Type.TEXT: Cell(
        f"CASE WHEN strlen(§) <= {TEXT_MAX} AND regexp_full_match(§, '{_PLAIN}') THEN trim(§) = §"
        f" ELSE length(§) <= {TEXT_MAX}"
        r" AND NOT regexp_matches(§, '\p{Cc}|\p{Cf}|[\x{2028}\x{2029}]|^\p{Z}|\p{Z}$') AND nfc_normalize(§) = § END",
        "§",
        "F202",
        "write plain text in Unicode NFC, without control or invisible characters and without spaces around it "
        "(trim: true in the source cuts those)",
    ),
    Type.DATE: Cell(f"CAST({_DATE} AS VARCHAR) = § AND {_DATE} {_DAYS}", _DATE, "F204", _DATE_CURE),
    Type.MONTH: Cell(
        "regexp_full_match(§, '(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])(-01)?')",
        "TRY_CAST(left(§, 7) || '-01' AS DATE)",
        "F205",
        _MONTH_CURE,
    ),
    Type.NUMBER: Cell(
        _either(_echo(_NUMBER, 18), r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?"),
        _NUMBER,
        "F206",
        "write a plain decimal with at most 9 decimals, such as 0.7",
    ),
    Type.COUNT: Cell(
        "CASE WHEN strlen(§) <= 15 AND CAST(TRY_CAST(§ AS BIGINT) AS VARCHAR) = § THEN TRUE"
        " ELSE regexp_full_match(§, '-?(0|[1-9][0-9]{0,14})') END",
        "TRY_CAST(§ AS BIGINT)",
        "F207",
        "write a whole number such as 12",
    ),
    Type.FLAG: Cell("§ IN ('true', 'false')", "(§ = 'true')", "F208", "write true or false"),
}
