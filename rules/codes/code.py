"""What the catalogue says about one code."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A code's title, why it is refused, and the usual cure."""

    title: str
    why: str
    cure: str
