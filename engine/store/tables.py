"""What is read from a kept table without a database: who is called what, and who is paid for whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from rules.problem import Conflict, Place, Problem


def partner_names(path: Path) -> Mapping[str, str]:
    """The names of partners by id, from a kept partners table; a partner without a name has none."""
    table = pq.ParquetFile(path).read(columns=["partner_id", "name"])
    pairs = zip(table["partner_id"].to_pylist(), table["name"].to_pylist(), strict=True)
    return {partner: name for partner, name in pairs if name is not None}


def payees_on(path: Path, day: date) -> Mapping[str, str]:
    """Who is paid for whom on a day, from a kept payees table: partner to payee, where that is somebody else; raises
    Conflict where two payees of a partner hold on that day."""
    names = ["payee_id", "partner_id", "valid_from", "valid_to"]
    file = pq.ParquetFile(path)
    there = set(file.schema_arrow.names)
    if not {"payee_id", "partner_id"} <= there:
        return {}
    rows = file.read(columns=[name for name in names if name in there]).to_pylist()
    found: dict[str, str] = {}
    for row in rows:
        first, last = row.get("valid_from"), row.get("valid_to")
        if row["partner_id"] is None or (first and first > day) or (last and last < day):
            continue
        partner, payee = str(row["partner_id"]), str(row["payee_id"])
        if found.setdefault(partner, payee) != payee:
            message = f"{partner} is paid to {found[partner]} and to {payee} on {day}"
            raise Conflict(Problem("B144", message, Place(), "end one of them: valid_to in the source of payees"))
    return {partner: payee for partner, payee in found.items() if partner != payee}
