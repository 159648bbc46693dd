"""The version of a saved table of weights: who found it, and the digest of its rows, in one text.

A version is `12 hexadecimal digits.12 more`: of the digest of what the weights were found by, and of that of the rows.
So a row that was changed after it was saved is found out by the table alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.digest import digest

_DIGITS = 12
_VERSION = re.compile(rf"[0-9a-f]{{{_DIGITS}}}\.([0-9a-f]{{{_DIGITS}}})")

WeightRow = tuple[str, str, int]  # deal, partner, weight


def weights_digest(method: str, rows: Iterable[WeightRow]) -> str:
    """The digest of rows, whatever their order."""
    told = sorted(([deal, partner, str(weight)] for deal, partner, weight in rows), key=lambda row: row[:2])
    return digest({"t": "partage/attributions/1", "method": method, "weights": told})


def version_of(found_by_sha256: str, weights_sha256: str) -> str:
    """The version of a table."""
    return f"{found_by_sha256[:_DIGITS]}.{weights_sha256[:_DIGITS]}"


def is_unchanged(version: str, method: str, rows: Iterable[WeightRow]) -> bool:
    """Whether all rows of a version are those that were saved; so too where the version is no digest of ours."""
    found = _VERSION.fullmatch(version)
    return found is None or weights_digest(method, rows).startswith(found[1])
