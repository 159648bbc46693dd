"""A simulation as pictures, and as a page that stands alone.

In: the simulation as values. Out: one picture of all, for a file; or a page with the numbers, every picture and table,
who gains and loses and why, what warns, and the digests of what was worked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.reports.compared import signed
from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.quantities.currency import format_minor
from scenarios.outcomes import report
from scenarios.outcomes.gate import Judged
from scenarios.outcomes.values import Compared, Outcome, Simulated, in_order

if TYPE_CHECKING:
    from engine.reports.charts.page import Number, Part
    from engine.reports.charts.picture import Picture

SCENARIOS_MAX = 4  # that are drawn one by one
ROWS_MAX = 500  # of a table of a page


def drawn(found: Simulated) -> Picture:
    """One picture: what each scenario costs, by component, and whom each of the first SCENARIOS_MAX moves."""
    from engine.reports.charts.stacked import stacked

    moved = [each for of in found.scenarios[:SCENARIOS_MAX] for each in _pictures_of(of, found)]
    return stacked(report.head(found), [*_pictures(found), *moved])


def as_page(found: Simulated, held: Sequence[tuple[Judged, ...]]) -> str:
    """The simulation as one HTML file; `held` is what the gate came to for each scenario."""
    from engine.reports.charts.page import page

    return page(f"{found.program}: what if", f"{report.head(found)}.", parts(found, held))


def parts(found: Simulated, held: Sequence[tuple[Judged, ...]]) -> list[Part]:
    """What a page shows of a simulation, in its order."""
    from engine.reports.charts.page import Heading, Numbers, Points

    shown: list[Part] = [
        Numbers(tuple(_numbers(found))),
        *_pictures(found),
        Heading("In all"),
        report.total_grid(found),
    ]
    rows = max(len({name for of in found.outcomes for name in of.by_partner}), len(found.titles))
    for grid in report.by_grids(found, ROWS_MAX):
        shown += [Heading(f"By {grid.titles[0]}"), grid]
        shown += [f"The first {ROWS_MAX:,} rows; --out FILE writes all."] if rows > ROWS_MAX == len(grid.rows) else []
    for each, of in zip(found.scenarios, held or [()] * len(found.scenarios), strict=True):
        alone = replace(found, scenarios=(each,))
        shown.append(Heading(f"Scenario {each.outcome.name}"))
        shown += _pictures_of(each, found) if each in found.scenarios[:SCENARIOS_MAX] else []
        told = [*report.facts_lines(alone), *report.moved_lines(alone), *report.tier_lines(alone)]
        told += report.gate_lines(each, of, found)
        told += [f"warning {one.code} {one.message} ({one.place})" for one in each.outcome.warnings]
        told += [] if each.winners or each.losers else ["Nobody gains and nobody loses."]
        shown.append(Points(tuple(told)))
    cliffs, lines = report.cliff_grid(found), tuple(report.cliff_lines(found))
    shown += [Heading("Cliffs")] if cliffs is not None or lines else []
    shown += [*([cliffs] if cliffs is not None else []), *([Points(lines)] if lines else [])]
    shown += [Heading("Notes"), Points(tuple(_notes(found))), _digests(found)]
    return shown


def _numbers(found: Simulated) -> Iterator[Number]:
    from engine.reports.charts.page import Number

    money = found.currency
    note = "" if found.budget_minor is None else f"budget {format_minor(found.budget_minor, money)}"
    yield Number("cost as it is", f"{money.code} {format_minor(found.base.cost_minor, money)}", note)
    for each in found.scenarios[:SCENARIOS_MAX]:
        moves = f"{len(each.winners):,} gain, {len(each.losers):,} lose"
        cost = f"{money.code} {format_minor(each.outcome.cost_minor, money)}"
        yield Number(f"cost with {each.outcome.name}", cost, f"{signed(each.change_minor, money)}; {moves}")


def _notes(found: Simulated) -> Iterator[str]:
    yield from report.impact_lines(found)
    if found.rejected:
        yield f"{counted(found.rejected, 'row')} that can't be read {'was' if found.rejected == 1 else 'were'} left out"
    if len(found.scenarios) > SCENARIOS_MAX:
        yield f"of {len(found.scenarios)} scenarios the first {SCENARIOS_MAX} are drawn one by one; the tables hold all"
    yield "Worked out by the engine as a run is, to the cent; nothing is kept. Pictures round for the eye alone."


def _digests(found: Simulated) -> Grid:
    """What was worked out, so that a run can be held against it."""
    rows = [
        (
            outcome.name or report.AS_IT_IS,
            each.period,
            format_minor(each.total_minor, found.currency),
            each.lines_sha256,
        )
        for outcome in found.outcomes
        for each in outcome.periods
    ]
    return Grid(
        ("", "period", f"total {found.currency.code}", "SHA-256 of its lines"), tuple(rows), (False, False, True, False)
    )


# --- pictures ---------------------------------------------------------------------------------------------------------


def _pictures(found: Simulated) -> list[Picture]:
    """What all scenarios cost, and by component."""
    from engine.reports.charts.costs import Case, components_picture, costs_picture

    names = in_order([of.components for of in found.outcomes])
    cases = [
        Case(of.name or report.AS_IT_IS, of.cost_minor, tuple(of.by_component.get(name, 0) for name in names))
        for of in found.outcomes
    ]
    titles = [found.titles.get(name, name) for name in names]
    budget = "The line is the budget." if found.budget_minor is not None else ""
    shown = [costs_picture("What it costs", budget, cases, found.budget_minor, found.currency)]
    if names:
        shown.append(components_picture("What each component costs", "", titles, cases, found.currency))
    return shown


def _pictures_of(each: Compared, found: Simulated) -> list[Picture]:
    """Whom a scenario moves: by what was asked for, and partner by partner; nothing where it moves nobody."""
    from engine.reports.charts.before_after import Change, before_after_picture
    from engine.reports.charts.gains import Gain, gains_picture

    if not any(row.difference_minor for row in each.moved):
        return []
    name, what = each.outcome.name, found.by if _groups(found) else "partner"
    before, now = _units(each.base, found), _units(each.outcome, found)
    changes = [
        Change(_called(unit, found), before.get(unit, 0), now.get(unit, 0)) for unit in dict.fromkeys((*before, *now))
    ]
    gains = [Gain(_who(row.partner, found), row.difference_minor) for row in each.moved]
    words = (report.AS_IT_IS, name)
    return [
        before_after_picture(f"{name}: before and after, by {what}", "", changes, found.currency, words, "payout"),
        gains_picture(f"{name}: who gains and who loses", "", gains, found.currency),
    ]


def _groups(found: Simulated) -> bool:
    """Whether amounts are told by something else than partners; tiers of scorecards have tables alone."""
    return found.by == "component" or bool(found.by != "partner" and found.base.groups)


def _units(outcome: Outcome, found: Simulated) -> Mapping[str, int]:
    if not _groups(found):
        return outcome.by_partner
    return outcome.by_component if found.by == "component" else outcome.by_group


def _called(unit: str, found: Simulated) -> str:
    if not _groups(found):
        return _who(unit, found)
    return found.titles.get(unit, unit) if found.by == "component" else unit or "(blank)"


def _who(partner: str, found: Simulated) -> str:
    return f"{partner} {found.names.get(partner, '')}".rstrip()
