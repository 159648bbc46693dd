"""An event: one thing that somebody did to the books, as it is kept for ever.

Events are numbered without gaps and each names the digest of the one before, so that none can be changed, dropped or
moved without all later ones telling. The order is that of the numbers: `at` is what the clock said, and proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.digest import canonical, sha256

FIRST = "0" * 64  # what the first event names as the one before


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for, before it is decided: its name, the cycle ("" where none), who asks, when (UTC), and all
    that the answer depends on as a JSON value without floats.

    `identity` says how the actor is known: `os-declared` (whoever the system says), or `database` (who logged in).
    `key` is the idempotency key: the same key and request have one effect, however often they are sent.
    """

    name: str
    cycle: str
    actor: str
    identity: str
    at: datetime
    key: str
    request: Mapping[str, Any]

    @property
    def request_sha256(self) -> str:
        """What the same key must come with again."""
        asked = {"command": self.name, "cycle": self.cycle, "actor": self.actor, "request": self.request}
        return sha256(canonical(asked))


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `payload` is what was done, as a JSON value without floats, money as texts of minor units.

    `is_clock_regressed`: the clock said an earlier time than at the event before, which is noted and nothing more.
    """

    number: int
    before_sha256: str
    type: str
    cycle: str
    actor: str
    identity: str
    at: datetime
    key: str
    request_sha256: str
    payload: Mapping[str, Any]
    engine: str
    is_clock_regressed: bool = False

    @property
    def content(self) -> bytes:
        """The canonical bytes: these are kept, and these are hashed."""
        return canonical(
            {
                "t": "partage/event/1",
                "number": self.number,
                "before_sha256": self.before_sha256,
                "type": self.type,
                "cycle": self.cycle,
                "actor": self.actor,
                "identity": self.identity,
                "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                "key": self.key,
                "request_sha256": self.request_sha256,
                "payload": self.payload,
                "engine": self.engine,
                "is_clock_regressed": self.is_clock_regressed,
            }
        )

    @property
    def sha256(self) -> str:
        """The digest that the next event names."""
        return sha256(self.content)


def event_from(content: bytes) -> Event:
    """The event that was kept as `content`; raises ValueError where these are not the canonical bytes of one."""
    try:
        found = json.loads(content)
        if not isinstance(found, dict) or found.pop("t", None) != "partage/event/1":
            raise ValueError("no event of this form")
        event = Event(**{**found, "at": datetime.fromisoformat(found["at"])})
        again = event.content
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a key is missing, unknown or of another type: {error}") from None
    except (AssertionError, RecursionError) as error:
        raise ValueError(f"a value has no canonical form: {error}") from None
    if again != content:
        raise ValueError("the bytes are not canonical")
    return event
