"""Points of an earlier scorecard that no KPI of it takes: a carried KPI would be missing in silence.

In: the staged table of scores, the scorecards that carry points over, the period before. Out: the faults of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import duckdb

from engine.facts.clashes import Faults
from engine.facts.columns import shown
from engine.facts.read import Staged
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


def _fault(card: ScorecardMeaning, kpi: str, known: list[str]) -> Fault:
    meant = [path for path in card.entries if path.rsplit(".", 1)[-1] == kpi]
    if meant:
        message = f"kpi {shown(kpi)} is the name of {len(meant)} KPIs of {card.name}"
        return Fault("F216", "kpi", message, f"write {' or '.join(meant)}")
    near = get_close_matches(kpi, known, n=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"its KPIs are {', '.join(card.entries)}"
    return Fault("F216", "kpi", f"{card.name} has no KPI {shown(kpi)}", hint)
