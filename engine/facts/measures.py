"""Measures by group: sums, counts, means and medians of table rows, for each partner or for any grouping of partners.

In: measures, and the group of each partner. Out: for each measure its numerator and denominator by group, exact. A
table is scanned once for all measures that read it with the same joins, whatever their conditions, windows and values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.read import table_name
from engine.facts.scan import Scan
from engine.facts.seen import texts
from engine.facts.windows import window_days
from engine.values import Measured
from rules.calendar import Calendar, Period
from rules.meaning import MeasureMeaning
from rules.quantities.exact import Exact
from rules.tables import Table


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Which group each partner belongs to: `partners` (n,) ids, `groups` (n,) 0 to count - 1.

    `is_program`: there is one group, and rows of no partner belong to it where a measure counts them.
    """

    partners: NDArray[Any]
    groups: NDArray[np.int64]
    count: int
    is_program: bool = False


def measure(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    period: Period,
    calendar: Calendar,
    groups: Groups,
    measures: Iterable[MeasureMeaning],
) -> Mapping[str, Measured]:
    """Every measure by group; a group without rows has zero (a sum, a count) or is unknown (a mean, a median).

    A measure of a period before the first one is unknown. Each scan is one query of its table, named in `Scan`.
    """
    columns = {"partner_id": pa.array(groups.partners, pa.string()), "place": pa.array(groups.groups, pa.int64())}
    connection.register("partner_groups", pa.table(columns))
    scans: dict[tuple[object, ...], list[MeasureMeaning]] = {}
    found: dict[str, Measured] = {}
    for each in measures:
        if each.rows.dated is not None and window_days(each.window, period, calendar) is None:
            unknown = Exact(np.zeros(groups.count, dtype=np.int64), 1, np.zeros(groups.count, dtype=bool))
            found[each.name] = Measured(unknown, Exact.constant(1, groups.count))
        else:
            scans.setdefault((each.rows.table, each.credited, each.owner), []).append(each)
    for members in scans.values():
        found |= Scan(connection, tables, period, calendar, groups.count, groups.is_program, members).run()
    connection.unregister("partner_groups")
    return found


def whole_program(connection: duckdb.DuckDBPyConnection) -> Groups:
    """All partners in one group, whether they can be paid or not."""
    query = f"SELECT partner_id FROM {table_name('partners')} ORDER BY partner_id"
    keys = texts(connection.sql(query).to_arrow_table()["partner_id"])
    return Groups(keys, np.zeros(len(keys), dtype=np.int64), 1, is_program=True)
