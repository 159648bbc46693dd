"""Parameters of a plan that were chosen, as a picture and as a page that stands alone.

In: what was found. Out: the plan in force beside the proposal, as a simulation is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.outcomes import drawn as outcomes
from scenarios.tuning import report
from scenarios.tuning.values import Tuned

if TYPE_CHECKING:
    from engine.reports.charts.page import Part
    from engine.reports.charts.picture import Picture


def drawn(found: Tuned) -> Picture:
    """One picture of the plan in force and the proposal."""
    return outcomes.drawn(found.simulated)


def as_page(found: Tuned) -> str:
    """What was found as one HTML file."""
    from engine.reports.charts.page import Heading, Points, page

    first, *told = report.head(found)
    parts: list[Part] = [Points((*told, *report.verdict_lines(found))), Heading("The plan"), report.plan_grid(found)]
    parts += outcomes.parts(found.simulated, ())
    if len(found.trail) > 1:
        parts += [Heading("The way to it"), report.trail_grid(found)]
    return page(found.tuning.name.text, f"{first}.", parts)
