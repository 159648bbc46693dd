"""Canonical bytes and their digests: what is hashed is written here, in one place, in one way.

The form is RFC 8785 (JSON Canonicalization Scheme) without floats: objects, arrays, strings, true, false, null and
whole numbers below 2^53. Money and rates go in as strings. Anything else is a programmer's fault.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_WHOLE_MAX = 2**53 - 1


def canonical(value: object) -> bytes:
    """The canonical bytes of a JSON value.

    >>> canonical({"b": "1.50", "a": [True, None, 12]})
    b'{"a":[true,null,12],"b":"1.50"}'
    """
    return _text(value).encode("utf-8")


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(value: object) -> str:
    """The SHA-256 of a value's canonical bytes, in hexadecimal."""
    return sha256(canonical(value))


def rows_digest(table: str, columns: Sequence[tuple[str, str]], rows: Iterable[bytes]) -> str:
    """The digest of a table: its name and columns (name, type), then each row's canonical array, a line each.

    The rows come sorted by their key, so the digest does not depend on the order of the source.
    """
    state = hashlib.sha256()
    head = {"columns": [list(column) for column in columns], "t": "partage/rows/1", "table": table}
    state.update(canonical(head) + b"\n")
    for chunk in rows:
        state.update(chunk)
    return state.hexdigest()


def _text(value: object) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        assert abs(value) <= _WHOLE_MAX, "larger numbers go in as strings"
        return str(int(value))
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_string(key)}:{_text(value[key])}" for key in sorted(value, key=_utf16)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(each) for each in value) + "]"
    raise AssertionError(f"{type(value).__name__} has no canonical form")


def _string(value: Any) -> str:
    assert isinstance(value, str), "keys are strings"
    value.encode("utf-8")  # a lone surrogate has no canonical form
    return json.dumps(value, ensure_ascii=False)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")
