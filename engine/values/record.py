"""A run as the store keeps it: its figures in short, the manifest that its id is the digest of, and its blobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.digest import sha256

KINDS = ("preview", "official")
_INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as it is kept; `number` is 0 until the store gives it one.

    `program` is the program's title and `file` the name of its file; `total_minor` the sum of all lines in minor
    units of `currency`; `partners` and `lines` are counts. `created_at` (UTC), `actor` and `engine` (version) say
    when, by whom and with what; they are no part of `run_id`, so the same program, facts and period give the same id.
    `manifest` is canonical JSON; `blobs` names the SHA-256 of each blob by its role, such as `program`, `lines` or
    `table:partners`.
    """

    number: int
    run_id: str
    kind: str
    program: str
    file: str
    period: str
    currency: str
    total_minor: int
    partners: int
    lines: int
    created_at: datetime
    actor: str
    engine: str
    manifest: bytes
    blobs: Mapping[str, str]

    def __post_init__(self) -> None:
        assert self.run_id == sha256(self.manifest), "a run's id is the digest of its manifest"
        assert self.kind in KINDS, f"a run is one of {', '.join(KINDS)}"
        assert all(0 <= count <= _INT64_MAX for count in (self.number, self.partners, self.lines)), "counts"
        assert abs(self.total_minor) <= _INT64_MAX, "amounts are kept as whole numbers of 64 bits"
        assert self.created_at.utcoffset() == timedelta(0), f"the time is given in {UTC}"
