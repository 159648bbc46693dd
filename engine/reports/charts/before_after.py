"""Before and after: for each unit a point where it was and a point where it is, the largest movements first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from engine.reports.charts.labels import ROW, ROWS_WIDTH, amount_axis, amounts_in, beside, cut, plus, rows_axis
from engine.reports.charts.picture import Picture, picture
from engine.reports.charts.style import FIRST, GRID, MUTED, PAPER, SECOND, drawn
from rules.quantities.currency import Currency

ROWS_MAX = 30
_FROM, _ALONE = ("circle", MUTED), ("diamond", FIRST)
_MORE, _LESS = ("triangle-right", FIRST), ("triangle-left", SECOND)


@dataclass(frozen=True, slots=True)
class Change:
    """A unit, with what it had and what it has, in minor units; None where it is not known what it had."""

    name: str
    before_minor: int | None
    after_minor: int

    @property
    def moved_minor(self) -> int:
        """By how much; all of it where it is not known what it had."""
        return self.after_minor - (self.before_minor or 0)


def before_after_picture(
    title: str,
    subtitle: str,
    changes: Sequence[Change],
    money: Currency,
    words: tuple[str, str] = ("before", "after"),
    what: str = "amount",
) -> Picture:
    """Each unit in a row, the largest movements first; beyond ROWS_MAX units the others are told in one line.

    `words` are what the two points are called, `what` is what the axis tells. The order of the units changes nothing.
    """
    ranked = sorted(changes, key=_rank)
    shown, rest = ranked[:ROWS_MAX], ranked[ROWS_MAX:]
    said = amounts_in(money, (minor for each in shown for minor in (each.before_minor or 0, each.after_minor)))
    rows = [_row(at, each, said, money) for at, each in enumerate(shown)]
    told = [subtitle, *([_rest(rest, money)] if rest else [])]
    y = rows_axis(len(rows))
    layers = [*_points(rows, y, words, f"{what}, {money.code}"), *beside(rows, y)]
    chart = alt.layer(*layers).properties(width=ROWS_WIDTH, height=max(ROW * len(rows), ROW))
    described = "; ".join(f"{each.name} {_from_to(each, said)}" for each in shown[:5]) or "nobody"
    return picture(chart, title, " ".join(each for each in told if each), described)


def _rank(each: Change) -> tuple[int, str, int, bool, int]:
    before = each.before_minor
    return -abs(each.moved_minor), each.name, each.after_minor, before is None, before or 0


def _row(at: int, each: Change, said: Any, money: Currency) -> dict[str, Any]:
    now = drawn(each.after_minor, money)
    before = now if each.before_minor is None else drawn(each.before_minor, money)
    is_known = each.before_minor is not None
    told = plus(said(each.moved_minor)) if is_known else said(each.after_minor)
    name = cut(each.name)
    return {"at": at, "name": name, "told": told, "before": before, "after": now, "known": is_known}


def _points(rows: Sequence[dict[str, Any]], y: alt.Y, words: tuple[str, str], axis: str) -> list[alt.Chart]:
    ends = [row[key] for row in rows for key in ("before", "after")] or [0.0]
    scale = alt.Scale(zero=min(ends) < max(ends) / 2 or max(ends) <= 0, nice=True)
    if min(ends) == max(ends):
        scale = alt.Scale(domain=sorted((0.0, max(ends, key=abs) or 1.0)), nice=True)
    x = alt.X("value:Q", title=axis, scale=scale, axis=amount_axis())
    lines = alt.Chart(alt.InlineData(values=list(rows))).encode(
        x=alt.X("before:Q", title=axis, scale=scale), x2="after:Q", y=y
    )
    more, less = f"{words[1]}: more", f"{words[1]}: less"
    marks = {words[0]: _FROM, more: _MORE, less: _LESS, words[1]: _ALONE}
    points = [{"at": row["at"], "value": row["before"], "point": words[0]} for row in rows if row["known"]]
    for row in rows:
        if row["after"] != row["before"] or not row["known"]:
            word = (less if row["after"] < row["before"] else more) if row["known"] else words[1]
            points.append({"at": row["at"], "value": row["after"], "point": word})
    there = [word for word in marks if any(point["point"] == word for point in points)]
    legend: Any = alt.Undefined if there else None  # one of nothing would have no size
    looks = {
        "shape": alt.Shape("point:N", legend=legend, scale=alt.Scale(domain=there, range=[marks[e][0] for e in there])),
        "color": alt.Color("point:N", legend=legend, scale=alt.Scale(domain=there, range=[marks[e][1] for e in there])),
    }
    base = alt.Chart(alt.InlineData(values=points)).encode(x=x, y=y)
    return [
        lines.mark_rule(color=GRID, strokeWidth=4),
        base.mark_point(size=110, color=PAPER, opacity=1),
        base.mark_point(size=80, opacity=1).encode(**looks),
    ]


def _rest(rest: Sequence[Change], money: Currency) -> str:
    """The units that have no row, in one sentence."""
    before, after = sum(each.before_minor or 0 for each in rest), sum(each.after_minor for each in rest)
    said = amounts_in(money, (before, after))
    together = f"together from {said(before)} to {said(after)} ({plus(said(after - before))})"
    if any(each.before_minor is None for each in rest):
        together = f"together {said(after)}"
    return f"The {ROWS_MAX} largest movements; the other {len(rest):,} {together} {money.code}."


def _from_to(each: Change, said: Any) -> str:
    return (
        said(each.after_minor)
        if each.before_minor is None
        else f"{said(each.before_minor)} to {said(each.after_minor)}"
    )
