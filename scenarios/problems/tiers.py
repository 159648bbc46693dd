"""The tiers that partners can have, of a CSV table: partner, tier, cost, value, and `now` for the one in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping as Named
from typing import TypeVar

from rules.document.reader import Mapping, Node
from rules.problem import Place
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_flag, parse_number
from scenarios.problems.asked import TierOption
from scenarios.problems.reading import Reading, is_name
from scenarios.problems.table import LINE, CsvTable, read_table, within

T = TypeVar("T")
COLUMNS = ("partner", "tier", "cost", "value")


def read_tiers(reading: Reading, node: Node) -> Named[str, tuple[TierOption, ...]]:
    """The tiers of each partner, in the order of the file."""
    entries = reading.entries(node, ("from",), "tiers") if isinstance(node, Mapping) else {}
    if "from" not in entries:
        reading.fault("W301", "tiers takes a table", node.place, "write tiers: {from: tiers.csv}")
        return {}
    path = within(reading, entries["from"], "from")
    table = None if path is None else read_table(reading, path, COLUMNS, ("now",))
    found: dict[str, list[TierOption]] = {}
    seen: dict[tuple[str, str], str] = {}
    for row in () if table is None else table.rows:
        assert table is not None
        key = row["partner"], row["tier"]
        if not all(map(is_name, key)):
            reading.fault("W305", "a partner or a tier has no name", table.place(row), "write a short name")
        elif seen.setdefault(key, row[LINE]) != row[LINE]:
            message = f"{key[0][:64]} has the tier {key[1][:64]} already, on line {seen[key]}"
            reading.fault("W305", message, table.place(row), "keep one row for a tier")
        elif (option := _option(reading, table, row)) is not None:
            found.setdefault(key[0], []).append(option)
    for partner, options in found.items():
        if sum(option.is_now for option in options) > 1:
            assert table is not None
            message = f"{partner[:64]} has several tiers now"
            reading.fault("W305", message, Place(table.file), "mark one of them")
    return {partner: tuple(options) for partner, options in found.items()}


def _option(reading: Reading, table: CsvTable, row: dict[str, str]) -> TierOption | None:
    cost = reading.money_of(row["cost"], table.place(row, "cost"), "cost")
    value = _cell(reading, table, row, "value", parse_number)
    is_now = bool(row.get("now")) and _cell(reading, table, row, "now", parse_flag)
    return None if cost is None or value is None else TierOption(row["tier"], cost, float(value), bool(is_now))


def _cell(reading: Reading, table: CsvTable, row: dict[str, str], column: str, parse: Callable[[str], T]) -> T | None:
    try:
        return parse(row[column])
    except Unwritable as error:
        reading.fault(error.code, error.message, table.place(row, column), error.hint)
        return None
