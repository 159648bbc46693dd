"""Acceptances as the store keeps them: who accepted which version of a plan for which partner, and when.

Rows are only added. A version is the program's digest and the document's: the same one is accepted once by each person
of a partner, and accepting it again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One acceptance; `number` is 0 until the store gives it one.

    `program` is the title and `file` the name of the program that `program_sha256` is the digest of;
    `document_sha256` names the plan that was read, whose bytes the store keeps; `accepted_by` is a person's name as it
    was given, and `accepted_on` their day. `recorded_at` (UTC), `actor` and `engine` say when, by whom and with what
    it was recorded.
    """

    number: int
    program: str
    file: str
    program_sha256: str
    document_sha256: str
    partner: str
    accepted_by: str
    accepted_on: date
    note: str
    recorded_at: datetime
    actor: str
    engine: str

    def __post_init__(self) -> None:
        assert self.recorded_at.utcoffset() == timedelta(0), f"the time is given in {UTC}"
