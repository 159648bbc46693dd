"""What an earlier scorecard left: its tiers, and points that no KPI takes: a carried KPI would be missing in silence.

In: the table of scores, the scorecards that keep tiers or carry points over, the period before. Out: the tier of each
partner; the faults of staged rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import duckdb
import numpy as np
from numpy.typing import NDArray

from engine.facts.clashes import Faults
from engine.facts.columns import shown
from engine.facts.read import Staged, table_name
from engine.facts.texts import REJECTED_MAX, Fault
from rules.calendar import Period
from rules.scorecards.scored import ScorecardMeaning


def unknown_kpis(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    scorecards: Iterable[ScorecardMeaning],
    before: Period | None,
) -> Faults:
    """The rows of the period before for a scorecard that carries points, whose `kpi` names none of its KPIs."""
    found: Faults = {}
    for card in scorecards:
        if before is None or not any(card.carries(path) for path in card.entries):
            continue
        known = sorted({name for names in card.score_names().values() for name in names})
        query = f"""SELECT record, kpi FROM {staged.view} WHERE scorecard = ? AND period = ?
            AND kpi NOT IN (SELECT unnest(CAST(? AS VARCHAR[]))) LIMIT {REJECTED_MAX}"""
        for record, kpi in connection.execute(query, [card.name, before.name, known]).fetchall():
            found[int(record)] = (_fault(card, str(kpi), known),)
    return found


def earlier_tiers(
    connection: duckdb.DuckDBPyConnection, keys: NDArray[np.object_], scorecard: str, period: Period | None
) -> tuple[list[str | None], NDArray[np.int64]]:
    """The tier that partners had on a scorecard in an earlier period, and the record of the row that says so (0:
    none); it stands in the row of the scorecard itself, which names no KPI."""
    found: dict[str, tuple[str, int]] = {}
    if period is not None:
        query = f"""SELECT partner_id, tier, record FROM {table_name("scores")}
            WHERE scorecard = ? AND period = ? AND kpi IS NULL AND tier IS NOT NULL"""
        for key, tier, record in connection.execute(query, [scorecard, period.name]).fetchall():
            found[str(key)] = str(tier), int(record)
    told = [found.get(key, (None, 0)) for key in keys.tolist()]
    return [tier for tier, _ in told], np.array([record for _, record in told], dtype=np.int64)


def _fault(card: ScorecardMeaning, kpi: str, known: list[str]) -> Fault:
    meant = [path for path in card.entries if path.rsplit(".", 1)[-1] == kpi]
    if meant:
        message = f"kpi {shown(kpi)} is the name of {len(meant)} KPIs of {card.name}"
        return Fault("F216", "kpi", message, f"write {' or '.join(meant)}")
    near = get_close_matches(kpi, known, n=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"its KPIs are {', '.join(card.entries)}"
    return Fault("F216", "kpi", f"{card.name} has no KPI {shown(kpi)}", hint)
