"""What partners are measured against: targets, benchmarks, the points of earlier scorecards; and their attributes as
codes.

Each answer is a column in the order of the partners' frame, unknown where the tables say nothing; with it comes the
record of the row in which each partner's figure stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from engine.facts.read import table_name
from engine.facts.seen import FP
from engine.values.openings import OpeningRow
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, integers

PROBLEMS_MAX = 20
_Row = tuple[int, int]  # a figure in billionths, and its record


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Each partner's figure, and the record of the row that it stands in (0: none)."""

    values: Exact
    records: NDArray[np.int64]


def target(
    connection: duckdb.DuckDBPyConnection,
    keys: NDArray[np.object_],
    regions: Sequence[str | None],
    ids: Sequence[str],
    period: str,
    scale: int,
) -> Figures:
    """Each partner's target of a KPI for a period: its own, else its region's, else the program's; of several versions
    the latest.

    `ids` are the KPI's names; `scale` turns a target in currency units into minor units (1 for other KPIs).
    """
    found: dict[tuple[str, str], _Row] = {}
    problems: list[Problem] = []
    for name in reversed(ids):  # a target under the KPI's own name outranks one under the catalogue's
        said: dict[tuple[str, str], tuple[object, int, str]] = {}
        query = f"""SELECT coalesce(scope, if(partner_id IS NULL, 'program', 'partner')) AS held_by,
                CASE held_by WHEN 'partner' THEN partner_id WHEN 'region' THEN region ELSE '' END,
                [CAST(version AS VARCHAR), CAST(set_on AS VARCHAR)], target_id,
                CAST(target * {FP} AS DECIMAL(38,0)), record FROM {table_name("targets")}
            WHERE kpi = ? AND period = ? AND target IS NOT NULL
            ORDER BY coalesce(version, 0), set_on NULLS FIRST, target_id"""
        for scope, of, version, target_id, value, record in connection.execute(query, [name, period]).fetchall():
            before = said.get((scope, of))
            if before is not None and before[0] == version and before[1] != int(value):
                whose = {"partner": of, "region": f"the region {of}"}.get(scope, "the program")
                message = f"two targets of {name} for {whose} in {period}: {before[2]} and {target_id}"
                hint = "leave one, or tell them apart by version or set_on: the latest counts"
                problems.append(Problem("F316", message, Place("targets", field=str(target_id)), hint))
            said[scope, of] = version, int(value), str(target_id)
            found[scope, of] = int(value) * scale, int(record)
    if problems:
        raise Refused(*problems[:PROBLEMS_MAX])
    of_all = found.get(("program", ""))
    near = [found.get(("region", region), of_all) if region else of_all for region in regions]
    return _figures([found.get(("partner", key), other) for key, other in zip(keys.tolist(), near, strict=True)])


def benchmark(
    connection: duckdb.DuckDBPyConnection,
    segments: Sequence[str | None],
    ids: Sequence[str],
    period: str,
    column: str,
    scale: int,
) -> Figures:
    """Each partner's benchmark figure (p25, p50 or p75) of a KPI: that of its segment, else of the segment `all`."""
    assert column in ("p25", "p50", "p75")
    found: dict[str, _Row] = {}
    for name in reversed(ids):  # a figure under the KPI's own name outranks one under the catalogue's
        query = f"""SELECT segment, CAST({column} * {FP} AS DECIMAL(38,0)), record FROM {table_name("benchmarks")}
            WHERE kpi = ? AND period = ? AND {column} IS NOT NULL"""
        for segment, value, record in connection.execute(query, [name, period]).fetchall():
            found[segment] = int(value) * scale, int(record)
    return _figures([found.get(segment or "all", found.get("all")) for segment in segments])


def earlier_points(
    connection: duckdb.DuckDBPyConnection,
    keys: NDArray[np.object_],
    scorecard: str,
    names: Mapping[str, Sequence[str]],
    period: str,
) -> Mapping[str, Figures]:
    """The points that partners had on a scorecard in an earlier period, by path of the KPI; `names` are those under
    which the table may know the KPI of each path, the first before the others."""
    query = f"""SELECT kpi, partner_id, CAST(points * {FP} AS DECIMAL(38,0)), record FROM {table_name("scores")}
        WHERE scorecard = ? AND period = ? AND kpi IS NOT NULL AND points IS NOT NULL"""
    found: dict[tuple[str, str], _Row] = {}
    for kpi, partner, value, record in connection.execute(query, [scorecard, period]).fetchall():
        found[kpi, partner] = int(value), int(record)

    def of(each: Sequence[str], key: str) -> _Row | None:
        return next((found[name, key] for name in each if (name, key) in found), None)

    return {path: _figures([of(each, key) for key in keys.tolist()]) for path, each in names.items()}


def _figures(rows: Sequence[_Row | None]) -> Figures:
    known = np.array([row is not None for row in rows], dtype=bool)
    values = Exact(integers([0 if row is None else row[0] for row in rows]), FP, None if known.all() else known)
    return Figures(values, np.array([0 if row is None else row[1] for row in rows], dtype=np.int64))


def codes(values: Sequence[object]) -> Exact:
    """Equal values as equal whole numbers, in the order of their texts; unknown where there is no value."""
    known = sorted({str(value) for value in values if value is not None})
    place = {value: index for index, value in enumerate(known)}
    return Exact.of([None if value is None else place[str(value)] for value in values])


def codes_of(values: Sequence[object], words: Sequence[str]) -> Exact:
    """Each value's place among `words`, lower case; unknown where it is none of them."""
    place = {word: index for index, word in enumerate(words)}
    return Exact.of([place.get(str(value).lower()) if value is not None else None for value in values])


def read_openings(connection: duckdb.DuckDBPyConnection) -> list[OpeningRow]:
    """The rows of the table of balances, in the order of their keys."""
    query = f"""SELECT coalesce(partner_id, ''), balance, as_of, released_on, amount, record
        FROM {table_name("balances")} AS t
        ORDER BY partner_id, balance, as_of, released_on NULLS FIRST"""
    return [OpeningRow(*row) for row in connection.execute(query).fetchall()]
