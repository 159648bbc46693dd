"""The key of a row as people name it, in one text: its parts joined by `/`.

No two keys of a table have the same text: in a key of several parts, a `/` or a backslash inside of a part has a
backslash before it. A blank part is empty. A row of a table without a key is named by its place among the kept rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.facts.sql import identifier
from rules.expressions.tree import Type
from rules.tables import Table


def key_sql(table: Table, row: str = "") -> str:
    """SQL of a row's key; `row` is what the row is called, with a dot. Empty for a table without a key."""
    parts = []
    for column in (each for each in table.columns if each.in_key):
        part = f"CAST({row}{identifier(column.name)} AS VARCHAR)"
        if column.type == Type.TEXT and len(table.key) > 1:
            part = rf"replace(replace({part}, '\', '\\'), '/', '\/')"
        parts.append(f"coalesce({part}, '')")
    return " || '/' || ".join(parts) or "''"


def key_text(cells: Sequence[object]) -> str:
    r"""The same of a key's cells, None where a part is blank.

    >>> key_text(["P-1", "CRM/ERP", None]), key_text(["north/west"])
    ('P-1/CRM\\/ERP/', 'north/west')
    """
    texts = ["" if each is None else str(each) for each in cells]
    if len(texts) > 1:
        texts = [text.replace("\\", "\\\\").replace("/", "\\/") for text in texts]
    return "/".join(texts)
