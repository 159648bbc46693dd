"""Whether the weights of table attributions are those that were saved, version by version."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from engine.facts.read import Staged
from engine.values.weights import WeightRow, is_unchanged
from rules.problem import Place, Problem

ATTRIBUTIONS = "attributions"
_COLUMNS = ("deal_id", "partner_id", "weight", "method", "version")
_TOLD_MAX = 20


def changed_weights(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Iterator[Problem]:
    """The versions of which rows were changed, added or lost since they were saved (M410). A version that is no digest
    of ours says nothing of its rows; tables of several versions may stand one below the other."""
    read = {column.name for column in staged.columns.read}
    if not read.issuperset(_COLUMNS):
        return
    query = f"SELECT {', '.join(_COLUMNS)} FROM {staged.view} WHERE version IS NOT NULL"
    by_version: dict[tuple[str, str], list[WeightRow]] = {}
    for deal, partner, weight, method, version in connection.execute(query).fetchall():
        by_version.setdefault((str(version), str(method)), []).append((str(deal), str(partner), weight))
    changed = sorted(each for each, rows in by_version.items() if not is_unchanged(each[0], each[1], rows))
    for version, method in changed[:_TOLD_MAX]:
        message = f"rows of version {version} by {method} are not those that were saved"
        hint = "take the file as partage attribute wrote it, or attribute anew"
        yield Problem("M410", message, Place(staged.texts.shown), hint)
