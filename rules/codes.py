"""Every problem code, once: the public catalogue from which `docs/reference/errors.md` is generated.

A code never changes its meaning and is never used again. Each has a smallest failing example in `tests/errors/`.
Letters: D document, W written quantities, X expressions, P programs, F facts, K kinds and quantities, S store and usage.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A code's title, why it is refused, and the usual cure."""

    title: str
    why: str
    cure: str


DOCUMENT: dict[str, Code] = {}

WRITTEN: dict[str, Code] = {}

EXPRESSIONS: dict[str, Code] = {}

PROGRAMS: dict[str, Code] = {}

FACTS: dict[str, Code] = {}

QUANTITIES: dict[str, Code] = {}

STORE: dict[str, Code] = {}

CODES: dict[str, Code] = DOCUMENT | WRITTEN | EXPRESSIONS | PROGRAMS | FACTS | QUANTITIES | STORE
