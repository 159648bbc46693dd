"""The versions that locked periods of a program were locked with, as a run that looks back at them takes them.

In: the locked runs of a program, or a kept run that was given some. Out: what evaluation works earlier periods out by;
what of it is kept with a run, and what its manifest says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from engine.acts.period import period_of
from engine.digest import sha256
from engine.plan import compile_plan
from engine.store import Store
from engine.values.record import RunRecord
from engine.values.versions import LockedBy, Version
from rules.load import understand
from rules.problem import CheckFailed, Place, Problem

ROLE = "program:"  # and the period: the blob of the program that it was locked with


@dataclass(frozen=True, slots=True)
class LockedProgram:
    """A locked period, and the program that it was locked with: its bytes, and the name of their file."""

    period: str
    data: bytes
    file: str


def versions_of(program: bytes, locked: Iterable[LockedProgram], before: date) -> tuple[LockedBy, ...]:
    """The versions of the locked periods that begin before a day, in order; none where all are the program at hand."""
    own = sha256(program)
    found = [_locked_by(each, own) for each in locked]
    found = sorted((each for each in found if each.start < before), key=lambda each: each.start)
    return tuple(found) if any(each.version is not None for each in found) else ()


def blobs_of(versions: Sequence[LockedBy], locked: Iterable[LockedProgram]) -> Mapping[str, bytes]:
    """What is kept with a run of the versions that it was given, by role."""
    given = {each.period for each in versions}
    return {f"{ROLE}{each.period}": each.data for each in locked if each.period in given}


def kept_versions(store: Store, record: RunRecord) -> tuple[LockedBy, ...]:
    """The versions that a run was given; raises CheckFailed where they are not those that its manifest names."""
    named = json.loads(record.manifest).get("versions", {})
    roles = {role.removeprefix(ROLE): digest for role, digest in record.blobs.items() if role.startswith(ROLE)}
    found = [LockedProgram(period, store.blob_bytes(roles[period]), record.file) for period in named if period in roles]
    if {each.period: sha256(each.data) for each in found} != named or roles.keys() != named.keys():
        message = f"the programs that earlier periods were locked with are not those that run {record.number} names"
        raise CheckFailed(Problem("S212", message, Place(), "restore the store from a backup"))
    return versions_of(store.blob_bytes(record.blobs["program"]), found, date.max)


def _locked_by(each: LockedProgram, own: str) -> LockedBy:
    version = _version(each.data, each.file)
    start = period_of(version.meaning, each.period).start
    return LockedBy(each.period, start, version.sha256, None if version.sha256 == own else version)


@lru_cache(maxsize=8)
def _version(program: bytes, file: str) -> Version:
    meaning = understand(program, file, Path(), warns=False).understood()
    return Version(sha256(program), meaning, compile_plan(meaning))
