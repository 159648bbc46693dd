"""How partners stand in a run: the tier that each scorecard gave them, and what they have of a KPI.

In: the sheet of a run, or its facts. Out: texts and exact values by partner, for an outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from engine.acts.metrics import kpi_values
from engine.facts.gather import Gathered
from engine.values import PARTNERS, Sheet
from rules.calendar import Period
from rules.meaning import Meaning
from scenarios.outcomes.values import Tiered


def tiers_by(meaning: Meaning, sheet: Sheet) -> Mapping[str, Tiered]:
    """The tier of each partner by scorecard, in the order of the program: "" for who is below all or not scored."""
    found: dict[str, Tiered] = {}
    keys = [str(key) for key in sheet.frames[PARTNERS].keys]
    for card in meaning.scorecards:
        name = f"{card.name}.tier"
        if card.card.tiers is None or name not in sheet.columns:
            continue
        names = card.card.tiers.names
        codes = sheet.columns[name].fractions()
        of = {key: "" if code is None or code < 0 else names[int(code)] for key, code in zip(keys, codes, strict=True)}
        found[card.name] = Tiered(tuple(names), of)
    return found


def kpi_by_partner(facts: Gathered, meaning: Meaning, kpi: str, period: Period) -> Mapping[str, Fraction | None]:
    """What each partner that can be paid has of a KPI, in minor units; nobody of one that is of the program alone."""
    level = next(each.level for each in meaning.kpis if each.name == kpi)
    if level != "partner":
        return {}
    keys, groups = facts.snapshot.groups("partner")
    values = kpi_values(facts.snapshot, meaning, groups, period)[kpi].fractions()
    return dict(zip(keys, values, strict=True))
