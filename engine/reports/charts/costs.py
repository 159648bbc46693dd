"""Costs side by side: what each case costs against a budget, and what each component costs in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from engine.reports.charts.labels import ROW, ROWS_WIDTH, amount_axis, amounts_in, beside, cut, plus, rows_axis
from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import DASH, FIRST, INK, MUTED, SECOND, SERIES, drawn
from rules.quantities.currency import Currency

CASES_MAX, COMPONENTS_MAX = 1 + len(SERIES), 15
_BAR = 15  # pixels of a bar among others


@dataclass(frozen=True, slots=True)
class Case:
    """A case by its name, with what it costs by component, in minor units; the components of all are the same."""

    name: str
    cost_minor: int
    by_component_minor: tuple[int, ...]


def costs_picture(
    title: str, subtitle: str, cases: Sequence[Case], budget_minor: int | None, money: Currency
) -> Picture:
    """What each case costs; where there is a budget, a line at it, and what is over it in another colour."""
    said = amounts_in(money, [each.cost_minor for each in cases])
    rows = []
    for at, each in enumerate(cases):
        over = 0 if budget_minor is None else each.cost_minor - budget_minor
        told = said(each.cost_minor)
        if budget_minor is not None:
            told += f" ({said(abs(over))} {'over' if over > 0 else 'left'})"
        inside = min(each.cost_minor, budget_minor) if over > 0 and budget_minor is not None else each.cost_minor
        rows.append({"at": at, "name": cut(each.name), "told": told, "cost": drawn(each.cost_minor, money)})
        rows[-1] |= {"inside": drawn(max(inside, 0) if over > 0 else inside, money)}
    y = rows_axis(len(rows))
    x = alt.X("inside:Q", title=f"cost, {money.code}", axis=amount_axis())
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    layers = [
        base.mark_bar(color=SECOND).encode(x=alt.X("cost:Q")),
        base.mark_bar(color=FIRST).encode(x=x),
        *beside(rows, y),
    ]
    if budget_minor is not None:
        line = alt.Chart(alt.InlineData(values=[{"cost": drawn(budget_minor, money)}])).encode(x="cost:Q")
        layers += [
            line.mark_rule(color=INK, strokeWidth=1.5, strokeDash=DASH),
            line.mark_text(text=f"budget {said(budget_minor)}", baseline="bottom", color=INK).encode(y=alt.value(-4)),
        ]
    described = "; ".join(f"{each.name} {row['told']}" for each, row in zip(cases, rows, strict=True))
    return picture(
        alt.layer(*layers).properties(width=ROWS_WIDTH, height=(ROW + 6) * len(rows)), title, subtitle, described
    )


def components_picture(
    title: str, subtitle: str, components: Sequence[str], cases: Sequence[Case], money: Currency
) -> Picture:
    """What each component costs in each case, one below the other: the first case is what the others are held against.

    At most CASES_MAX cases are drawn, and the COMPONENTS_MAX components that move most, then those that cost most.
    """
    shown = cases[:CASES_MAX]
    order = sorted(range(len(components)), key=lambda at: _weight(at, shown))[:COMPONENTS_MAX]
    told = [subtitle]
    told += [f"The first {len(shown) - 1} of {len(cases) - 1} scenarios."] if len(cases) > len(shown) else []
    told += [f"{len(order)} of {len(components)} components."] if len(components) > len(order) else []
    said = amounts_in(money, (each.by_component_minor[at] for each in shown for at in order))
    names = [f"{at}: {cut(each.name)}" if at else cut(each.name) for at, each in enumerate(shown)]
    rows = []
    for place, at in enumerate(order):
        before = shown[0].by_component_minor[at]
        for index, each in enumerate(shown):
            minor = each.by_component_minor[at]
            moved = f" ({plus(said(minor - before))})" if minor != before else ""
            row = {"at": place, "case": names[index], "cost": drawn(minor, money), "told": said(minor) + moved}
            rows.append({**row, "name": cut(components[at]) if not index else ""})
    y = rows_axis(len(order))
    side = alt.YOffset("case:N", scale=alt.Scale(domain=names, paddingInner=0.1), sort=names)
    colours = alt.Scale(domain=names, range=[MUTED, *SERIES][: len(names)])
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y, yOffset=side)
    x = alt.X("cost:Q", title=f"cost, {money.code}", axis=amount_axis())
    legend = alt.Legend(columns=3, labelLimit=260)
    names_side, told_side, *room = beside(rows, y)
    layers = [
        base.mark_bar().encode(x=x, color=alt.Color("case:N", scale=colours, sort=names, legend=legend)),
        names_side,
        told_side.encode(yOffset=side),
        *room,
    ]
    height = max(len(order) * (_BAR * len(shown) + 12), ROW)
    described = "; ".join(f"{row['name']} {row['case']} {row['told']}".strip() for row in rows[:12])
    return picture(
        alt.layer(*layers).properties(width=ROWS_WIDTH, height=height), title, " ".join(told).strip(), described
    )


def _weight(at: int, cases: Sequence[Case]) -> tuple[int, int, int]:
    of = [each.by_component_minor[at] for each in cases]
    return -max(abs(minor - of[0]) for minor in of), -max(map(abs, of)), at
