"""What partners are measured against: targets, benchmarks, the points of earlier scorecards; and their attributes as
codes.

Each answer is a column in the order of the partners' frame, unknown where the tables say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from engine.facts.read import table_name
from engine.facts.seen import FP
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, integers

PROBLEMS_MAX = 20


def target(
    connection: duckdb.DuckDBPyConnection, keys: NDArray[np.object_], ids: Sequence[str], period: str, scale: int
) -> Exact:
    """Each partner's target of a KPI for a period: its own, else the program's; of several versions the latest.

    A row whose scope contradicts its partner (scope partner without one, scope program with one) is nobody's.

    `ids` are the KPI's names; `scale` turns a target in currency units into minor units (1 for other KPIs).
    """
    found: dict[str | None, int] = {}
    problems: list[Problem] = []
    for name in reversed(ids):  # a target under the KPI's own name outranks one under the catalogue's
        said: dict[str | None, tuple[object, int, str]] = {}
        query = f"""SELECT partner_id, [CAST(version AS VARCHAR), CAST(set_on AS VARCHAR)], target_id,
                CAST(target * {FP} AS DECIMAL(38,0)) FROM {table_name("targets")}
            WHERE kpi = ? AND period = ? AND target IS NOT NULL
                AND coalesce(scope, if(partner_id IS NULL, 'program', 'partner'))
                    = if(partner_id IS NULL, 'program', 'partner')
            ORDER BY coalesce(version, 0), set_on NULLS FIRST, target_id"""
        for partner, version, target_id, value in connection.execute(query, [name, period]).fetchall():
            before = said.get(partner)
            if before is not None and before[0] == version and before[1] != int(value):
                message = (
                    f"two targets of {name} for {partner or 'the program'} in {period}: {before[2]} and {target_id}"
                )
                hint = "leave one, or tell them apart by version or set_on: the latest counts"
                problems.append(Problem("F316", message, Place("targets", field=str(target_id)), hint))
            said[partner] = version, int(value), str(target_id)
            found[partner] = int(value) * scale
    if problems:
        raise Refused(*problems[:PROBLEMS_MAX])
    return _billionths([found.get(key, found.get(None)) for key in keys.tolist()])


def benchmark(
    connection: duckdb.DuckDBPyConnection,
    segments: Sequence[str | None],
    ids: Sequence[str],
    period: str,
    column: str,
    scale: int,
) -> Exact:
    """Each partner's benchmark figure (p25, p50 or p75) of a KPI: that of its segment, else of the segment `all`."""
    assert column in ("p25", "p50", "p75")
    found: dict[str, int] = {}
    for name in reversed(ids):  # a figure under the KPI's own name outranks one under the catalogue's
        query = f"""SELECT segment, CAST({column} * {FP} AS DECIMAL(38,0)) FROM {table_name("benchmarks")}
            WHERE kpi = ? AND period = ? AND {column} IS NOT NULL"""
        for segment, value in connection.execute(query, [name, period]).fetchall():
            found[segment] = int(value) * scale
    return _billionths([found.get(segment or "all", found.get("all")) for segment in segments])


def earlier_points(
    connection: duckdb.DuckDBPyConnection,
    keys: NDArray[np.object_],
    scorecard: str,
    paths: Sequence[str],
    period: str,
) -> Mapping[str, Exact]:
    """The points that partners had on a scorecard in an earlier period, by path of the KPI."""
    query = f"""SELECT kpi, partner_id, CAST(points * {FP} AS DECIMAL(38,0)) FROM {table_name("scores")}
        WHERE scorecard = ? AND period = ? AND points IS NOT NULL"""
    found: dict[tuple[str, str], int] = {}
    for kpi, partner, value in connection.execute(query, [scorecard, period]).fetchall():
        found[kpi, partner] = int(value)
    return {path: _billionths([found.get((path, key)) for key in keys.tolist()]) for path in paths}


def _billionths(values: Sequence[int | None]) -> Exact:
    known = np.array([value is not None for value in values], dtype=bool)
    return Exact(integers([value or 0 for value in values]), FP, None if known.all() else known)


def codes(values: Sequence[object]) -> Exact:
    """Equal values as equal whole numbers, in the order of their texts; unknown where there is no value."""
    known = sorted({str(value) for value in values if value is not None})
    place = {value: index for index, value in enumerate(known)}
    return Exact.of([None if value is None else place[str(value)] for value in values])


def codes_of(values: Sequence[object], words: Sequence[str]) -> Exact:
    """Each value's place among `words`, lower case; unknown where it is none of them."""
    place = {word: index for index, word in enumerate(words)}
    return Exact.of([place.get(str(value).lower()) if value is not None else None for value in values])
