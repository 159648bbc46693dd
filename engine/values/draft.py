"""What was decided to be recorded, and what was: a draft has no number yet, nor a place in the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.values.event import Event
from engine.values.lines import LateLines, Lines
from engine.values.posting import Posting
from engine.values.record import RunRecord


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be, and all that comes into the books with it.

    `payload` is a JSON value without floats, money as texts of minor units. `runs` have the number 0 and name blobs
    that are kept already; one that was kept before (same `run_id` and kind) is used again. `lines` are those of
    official runs, by `run_id`, each kept once.
    """

    type: str
    cycle: str
    payload: Mapping[str, Any]
    runs: tuple[RunRecord, ...] = ()
    lines: tuple[tuple[str, Lines | LateLines], ...] = ()
    postings: Iterable[Posting] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The event of a command; `is_replayed` where an earlier sending of the same command had made it."""

    event: Event
    is_replayed: bool = False
