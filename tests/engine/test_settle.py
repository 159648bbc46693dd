"""The digest of lines: written out for speed, it is that of each line's canonical JSON."""

from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given, strategies as st

from engine.digest import canonical
from engine.settle import lines_digest
from engine.values import Lines

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"', "\\", "a/b", "\n", "é", "\x7f"]
)
rows = st.tuples(names, names, names, keys, st.integers(-(2**63), 2**63 - 1))


@given(st.lists(rows, max_size=8))
def test_lines_are_digested_as_canonical_json(found: list[tuple[str, str, str, str, int]]) -> None:
    expected = hashlib.sha256()
    for partner, component, table, key, minor in found:
        line = {
            "t": "partage/line/1",
            "partner": partner,
            "component": component,
            "table": table,
            "key": key,
            "amount": {"c": "EUR", "m": str(minor)},
        }
        expected.update(canonical(line) + b"\n")
    columns = [np.array([row[at] for row in found] + [None], dtype=object)[:-1] for at in range(4)]
    lines = Lines(*columns, np.array([row[4] for row in found], dtype=np.int64))
    assert lines_digest(lines, "EUR") == expected.hexdigest()
