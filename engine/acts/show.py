"""Show: a kept run as it was kept, without working it out again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.facts.rejected import Rejected, from_bytes
from engine.store import RunRecord, Store
from engine.store.address import shown
from engine.store.lines import lines_from_parquet
from engine.store.tables import partner_names
from engine.values import Fate, Lines
from rules.load import understand
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A kept run: its record, its manifest, its lines, what payouts, pools and partners are called, the rows left out,
    and all fates."""

    record: RunRecord
    manifest: Mapping[str, Any]
    lines: Lines
    titles: Mapping[str, str]
    names: Mapping[str, str]
    rejected: tuple[Rejected, ...]
    fates: tuple[Fate, ...]


def show(store: Path | str, number: int | None) -> Shown:
    """The run of that number, or the latest one."""
    with Store.open(store, create=False) as books:
        record = books.latest() if number is None else books.run(number)
        if record is None:
            raise Refused(
                Problem("S112", "no run is kept here yet", Place(shown(store)), "calculate one with partage run")
            )
        lines = lines_from_parquet(books.blob_bytes(record.blobs["lines"]))
        names = partner_names(books.blob(record.blobs["table:partners"]))
        titles = _titles(books.blob_bytes(record.blobs["program"]), record.file)
        rejected = from_bytes(books.blob_bytes(record.blobs["rejected"])) if "rejected" in record.blobs else ()
        told = json.loads(books.blob_bytes(record.blobs["fates"])) if "fates" in record.blobs else []
    fates = tuple(Fate(str(table), str(fate), str(rule), int(rows)) for table, fate, rule, rows in told)
    return Shown(record, json.loads(record.manifest), lines, titles, names, rejected, fates)


def _titles(program: bytes, file: str) -> Mapping[str, str]:
    """What the kept program calls its payouts, pools and balances; nothing where this version no longer understands
    it."""
    meaning = understand(program, file, Path()).meaning
    if meaning is None:
        return {}
    titles = {payout.name: payout.title for payout in meaning.payouts}
    titles |= {pool.name: pool.title for pool in meaning.pools}
    return titles | {balance.name: balance.title for balance in meaning.balances}
