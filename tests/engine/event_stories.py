"""What the stories about recorded events share: commands, and what is decided of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from store_stories import july

from engine.values import Command, Draft, Event, Lines, Posting, RunRecord
from rules.problem import Conflict, Place, Problem

AT = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
Decide = Callable[[Sequence[Event]], Draft]


def command(key: str = "", at: datetime = AT, **request: Any) -> Command:
    """Ada closes July."""
    return Command("close", "2026-07", "ada", "os-declared", at, key, request)


def closed(payload: Any = None, **rest: Any) -> Decide:
    """What is decided where nothing stands against it."""
    return lambda _: Draft("cycle.closed", "2026-07", payload or {}, **rest)


def refused(_: Sequence[Event]) -> Draft:
    """What the state of the books does not allow."""
    raise Conflict(Problem("S205", "July is closed already", Place(), "open August"))


def once(events: Sequence[Event]) -> Draft:
    """July is closed once, and no more."""
    return refused(events) if any(each.type == "cycle.closed" for each in events) else closed()(events)


def posting(payee: str = "P-1", amount_minor: int = 12_000, **changes: Any) -> Posting:
    """What Ada's partner earned in July."""
    earned = Posting(payee, "rewards", "2026-07", "earned", "2026-08-01", "EUR", amount_minor)
    return earned._replace(**changes)


def lines(amounts: Iterable[int]) -> Lines:
    """The lines of one partner, a deal each."""
    amount_minor = np.array(list(amounts), dtype=np.int64)
    texts = [column(["P-1"] * len(amount_minor)), column(["commission"] * len(amount_minor))]
    keys = column([f"D-{each}" for each in range(len(amount_minor))])
    return Lines(*texts, column(["deals"] * len(amount_minor)), keys, amount_minor)


def column(texts: list[str]) -> Any:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found


def paying(found: Lines, note: str = "") -> RunRecord:
    """The official run that has these lines."""
    return july(note, lines=len(found), total_minor=found.total_minor)
