"""What is read from a kept table without a database: who is called what, and who is paid for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from rules.problem import Conflict, Place, Problem


def partner_names(path: Path) -> Mapping[str, str]:
    """The names of partners by id, from a kept partners table; a partner without a name has none."""
    table = pq.ParquetFile(path).read(columns=["partner_id", "name"])
    pairs = zip(table["partner_id"].to_pylist(), table["name"].to_pylist(), strict=True)
    return {partner: name for partner, name in pairs if name is not None}


def ids(path: Path, column: str) -> frozenset[str]:
    """The ids of a kept table, such as those of all partners."""
    found = pq.ParquetFile(path).read(columns=[column])[column].to_pylist()
    return frozenset(str(each) for each in found if each is not None)


def payees_on(path: Path, day: date) -> Mapping[str, str]:
    """Who is paid for whom on a day, from a kept payees table: partner to payee, where that is somebody else; raises
    Conflict where two payees of a partner hold on that day."""
    found: dict[str, str] = {}
    for row in _payees(path, day):
        if row["partner_id"] is None:
            continue
        partner, payee = str(row["partner_id"]), str(row["payee_id"])
        if found.setdefault(partner, payee) != payee:
            message = f"{partner} is paid to {found[partner]} and to {payee} on {day}"
            raise Conflict(Problem("B144", message, Place(), "end one of them: valid_to in the source of payees"))
    return {partner: payee for partner, payee in found.items() if partner != payee}


def payees_on_hold(path: Path, day: date) -> frozenset[str]:
    """The payees whom a kept payees table has on hold on a day."""
    return frozenset(str(row["payee_id"]) for row in _payees(path, day) if row["on_hold"])


def _payees(path: Path, day: date) -> Iterator[Mapping[str, Any]]:
    """The rows of a kept payees table that hold on a day, both of their days included."""
    names = ["payee_id", "partner_id", "valid_from", "valid_to", "on_hold"]
    for row in pq.ParquetFile(path).read(columns=names).to_pylist():
        first, last = row["valid_from"], row["valid_to"]
        if not (first and first > day) and not (last and last < day):
            yield row
