"""A proposal as pictures, and as a page that stands alone.

In: a proposal, or a choice of tiers. Out: one picture of all, for a file; or a page with the numbers and their proof,
every picture and table, and the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from engine.reports.register import Grid
from rules.quantities.currency import format_minor
from scenarios.curves.floats import Floats
from scenarios.problems import report
from scenarios.problems.proposal import Proposal, Row, TierProposal

if TYPE_CHECKING:
    from engine.reports.charts.frontier import Step
    from engine.reports.charts.page import Number, Part
    from engine.reports.charts.picture import Picture
    from engine.reports.charts.response import Response

ROWS_MAX = 1_000  # of a table of a page
_PLACES, _BEYOND = 61, 1.4  # at which a curve is drawn, and how far: so many times the larger of now and proposed
_NOW, _PROPOSED = "now", "proposed"


def pictures_of(found: Proposal) -> tuple[Picture, ...]:
    """What moves, along which curves, what holds it back, and what other budgets would bring where that was asked."""
    return tuple(
        each for each in (_moves(found), _curves(found), _binding(found), _frontier(found)) if each is not None
    )


def drawn(found: Proposal | TierProposal) -> Picture:
    """One picture of all."""
    from engine.reports.charts.stacked import stacked

    return stacked(found.asked.name, pictures_of(found) if isinstance(found, Proposal) else [_tiers(found)])


def as_page(found: Proposal | TierProposal) -> str:
    """The proposal as one HTML file."""
    from engine.reports.charts.page import Heading, Numbers, Points, page

    if isinstance(found, TierProposal):
        asked, *told = (line.replace(" " * 5, "; ").replace(" " * 3, " ") for line in report.tier_lines(found))
        table = report.tier_grid(found, ROWS_MAX)
        return page(found.asked.name, f"{asked}.", [Points(tuple(told)), _tiers(found), table, *_more(found.rows)])
    asked, *told = (line.replace(" " * 5, "; ").replace(" " * 3, " ") for line in report.head_lines(found))
    first, *others = pictures_of(found)
    parts: list[Part] = [Numbers(tuple(_numbers(found))), Heading("The answer, and why"), Points(tuple(told)), first]
    parts += [Heading("Every unit"), report.unit_grid(found, ROWS_MAX), *_more(found.rows), *others]
    if found.frontier:
        parts += [Heading("Other budgets"), report.frontier_grid(found)]
        parts += [f"none: {why}" for why in dict.fromkeys(each.why for each in found.frontier if each.why)]
    if found.flight is not None:
        parts += [Heading("Period by period"), report.schedule_grid(found, ROWS_MAX), *_more(found.rows)]
    parts += [Heading("How it was worked out"), _made(found)]
    return page(found.asked.name, f"{asked}.", parts)


def _numbers(found: Proposal) -> Iterator[Number]:
    from engine.reports.charts.page import Number

    money = found.asked.currency
    now = "" if found.value_now is None else f"now {_number(found.value_now)}"
    yield Number("proposal", _number(found.value), now)
    proof = "certified" if found.is_certified else "not certified"
    yield Number(f"{found.side} bound", _number(found.bound), f"{proof}: {found.asked.goal.said}")
    unspent = f"unspent {format_minor(found.unspent_minor, money)}"
    yield Number("spent", f"{money.code} {format_minor(found.spent_minor, money)}", unspent)
    if isfinite(found.shadow_price):
        yield Number(f"one more {money.code} brings", _ratio(found.shadow_price))
    if found.reviewed is not None:
        paid = f"it pays {money.code} {format_minor(found.reviewed.paid_in_all_minor, money)}"
        yield Number("by what the engine pays", _number(found.reviewed.response), paid)


def _more(rows: Sequence[object]) -> list[Part]:
    return [f"{ROWS_MAX:,} of {len(rows):,} rows; --out FILE writes all."] if len(rows) > ROWS_MAX else []


def _made(found: Proposal) -> Grid:
    """What the answer can be held against."""
    rows = [("solver", found.solver), ("problem, SHA-256", found.asked.sha256), ("proposal, SHA-256", found.sha256)]
    if found.reviewed is not None:
        lines = zip(found.reviewed.periods, found.reviewed.lines_sha256, strict=True)
        rows += [(f"lines of {period}, SHA-256", digest) for period, digest in lines]
    return Grid(("", ""), tuple(rows), (False, False))


# --- pictures ---------------------------------------------------------------------------------------------------------


def _moves(found: Proposal) -> Picture:
    from engine.reports.charts.before_after import Change, before_after_picture

    changes = [Change(row.unit, row.now_minor, row.proposed_minor) for row in found.rows]
    return before_after_picture("What each unit gets", "", changes, found.asked.currency, (_NOW, _PROPOSED), "spend")


def _curves(found: Proposal) -> Picture | None:
    """The curves of those that move most, of units that look alike once; over periods a spend works on, and is no point
    of one curve."""
    from engine.reports.charts.labels import cut
    from engine.reports.charts.response import CURVES_MAX, response_picture

    if found.flight is not None:
        return None
    rows, per = found.rows, found.compiled.problem.minor_per_spend
    alike: dict[tuple[str, ...], list[int]] = {}
    for at in sorted(range(len(rows)), key=lambda at: (-abs(_moved(rows[at])), rows[at].unit)):
        alike.setdefault(_look(rows[at], per), []).append(at)
    chosen = [sorted(of, key=lambda at: rows[at].unit) for of in list(alike.values())[:CURVES_MAX]]
    ends = np.array([max(row.now_minor or 0, row.proposed_minor) / per * _BEYOND for row in rows])
    ends = np.where(ends > 0, ends, max(float(ends.max()), 1.0))
    places = np.linspace(0.0, 1.0, _PLACES)[:, None] * ends
    firsts = [of[0] for of in chosen]
    values = np.array([found.compiled.response.value(each)[firsts] for each in places])
    curves = []
    for place, of in enumerate(chosen):
        others = f" and {len(of) - 1:,} alike" if len(of) > 1 else ""
        named = replace(rows[of[0]], unit=f"{cut(rows[of[0]].unit, 18) if others else rows[of[0]].unit}{others}")
        curves.append(_curve(named, places[:, of[0]], values[:, place], per))
    name, unit = found.outcome
    outcome = ", ".join(filter(None, (name, unit))) or "response"
    spend = f"spend, {found.asked.currency.code}"
    return response_picture("What a spend brings", "", spend, outcome, curves, len(alike))


def _moved(row: Row) -> int:
    return row.proposed_minor - (row.now_minor or 0)


def _look(row: Row, per: float) -> tuple[str, ...]:
    """What is seen of a unit on its curve: units of one curve that differ by a cent look alike."""
    spends = (f"{(minor or 0) / per:.3g}" for minor in (row.now_minor, row.proposed_minor))
    return (*spends, *(f"{each:.3g}" for each in (row.response_now or 0.0, row.response, row.marginal)))


def _curve(row: Row, places: Floats, values: Floats, per: float) -> Response:
    from engine.reports.charts.response import Response

    line = [each for each in zip(places.tolist(), values.tolist(), strict=True) if isfinite(each[1])]
    is_known = row.now_minor is not None and row.response_now is not None
    now = ((row.now_minor or 0) / per, row.response_now or 0.0) if is_known else None
    return Response(row.unit, line, now, (row.proposed_minor / per, row.response), row.marginal)


def _binding(found: Proposal) -> Picture | None:
    """What holds the proposal back, the budget included."""
    from engine.reports.charts.binding import Held, binding_picture

    money = found.asked.currency
    held = [
        Held(each.name, each.side == "floor", each.price, format_minor(each.limit_minor, money))
        for each in found.bindings
        if isfinite(each.price)
    ]
    if not held:
        return None
    told = f"What 1 {money.code} more in a cap would bring, or 1 less in a floor."
    return binding_picture("What holds it back", told, held)


def _frontier(found: Proposal) -> Picture | None:
    from engine.reports.charts.frontier import Step, frontier_picture

    per, money = found.compiled.problem.minor_per_spend, found.asked.currency
    steps = [
        Step(each.budget_minor / per, each.value, each.bound, _finite(each.shadow_price))
        for each in found.frontier
        if each.value is not None and each.bound is not None
    ]
    if not steps:
        return None
    spent = [row.now_minor for row in found.rows]
    known = [minor for minor in spent if minor is not None]
    now = (sum(known) / per, found.value_now) if found.value_now is not None and len(known) == len(spent) else None
    none = len(found.frontier) - len(steps)
    told = f"{none} of the {len(found.frontier)} budgets {'has' if none == 1 else 'have'} no split." if none else ""
    spend, goal = f"budget, {money.code}", found.asked.goal.kind.replace("_", " ")
    return frontier_picture("What other budgets would bring", told, spend, goal, steps, _asked(found, per), now)


def _asked(found: Proposal, per: float) -> Step | None:
    from engine.reports.charts.frontier import Step

    if found.asked.budget_minor is None:
        return None
    return Step(found.asked.budget_minor[1] / per, found.value, found.bound, _finite(found.shadow_price))


def _finite(price: float | None) -> float | None:
    return price if price is not None and isfinite(price) else None


def _tiers(found: TierProposal) -> Picture:
    """What the tier of each partner costs, now and by the proposal."""
    from engine.reports.charts.before_after import Change, before_after_picture

    now = {
        partner: next((option.cost_minor for option in options if option.is_now), None)
        for partner, options in found.asked.options.items()
    }
    changes = [
        Change(
            f"{row.partner}: {f'{row.now} to ' if row.now and row.now != row.tier else ''}{row.tier}",
            now[row.partner],
            row.cost_minor,
        )
        for row in found.rows
    ]
    return before_after_picture(
        found.asked.name,
        "What the tier of each partner costs.",
        changes,
        found.asked.currency,
        (_NOW, _PROPOSED),
        "cost",
    )


def _number(value: float) -> str:
    """A response, as many digits as are read: whole beyond ten thousand."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.2f}"


def _ratio(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"
