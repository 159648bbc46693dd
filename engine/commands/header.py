"""The lines that every output about a run begins and ends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rules.quantities.currency import format_minor

if TYPE_CHECKING:
    from engine.reports.register import Register
    from engine.store import RunRecord
    from engine.values import PoolBooks


def header(record: RunRecord, manifest: Mapping[str, Any]) -> str:
    """What was calculated, and the digests of all that determined it."""
    program = str(manifest["program_sha256"])[:12]
    return f"{record.program}, {record.period}   program {program}  run {record.run_id[:12]}  engine {record.engine}"


def sums(found: Register, pools: Mapping[str, PoolBooks]) -> str:
    """The total, and for each pool what was shared and what is left."""
    told = [f"total {format_minor(found.total_minor, found.currency)} {found.currency.code}"]
    titles = dict(zip(found.components, found.titles, strict=True))
    for name, (size, left, adds) in pools.items():
        shared = format_minor(size + adds - left, found.currency)
        added = f", {format_minor(adds, found.currency)} added by the house" if adds else ""
        told.append(f"{titles[name]} {shared} shared, {format_minor(left, found.currency)} left{added}")
    return "   ".join(told) + "   all sums agree"
