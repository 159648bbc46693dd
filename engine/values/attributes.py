"""What partners were on the days of rows that are not their own: of a shared row, each partner's attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from engine.values.facts import Facts
from engine.values.plan import PARTNERS
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column


def partner_cells(
    facts: Facts, record: int, wanted: Sequence[Column], row: Mapping[Column, Value]
) -> tuple[Mapping[Column, Value], tuple[str, ...]]:
    """The cells of the partner in a record, attributes as of the days that `row` holds; and which records say so.

    Without its day, a row has no attribute of its partner.
    """
    meant: dict[Column, Column] = {}
    for column in wanted:
        day = row[column.on] if isinstance(column.on, Column) else column.on
        assert day is None or isinstance(day, date), f"{column.on} is a day"
        if day is not None or column.on is None:
            meant[column] = replace(column, on=day)
    found, sources = facts.cells(PARTNERS, record, list(dict.fromkeys(meant.values())))
    return {column: found[meant[column]] if column in meant else None for column in wanted}, sources


def days_of(wanted: Sequence[Column]) -> list[Column]:
    """The columns whose days say which versions are meant."""
    return list(dict.fromkeys(column.on for column in wanted if isinstance(column.on, Column)))
