"""Names and amounts beside rows of a plot, as texts that fit: names cut, amounts for the eye.

A row is placed by its number and not by its name, so that two of one name stay two rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import altair as alt

from engine.reports.charts.style import INK, MUTED, THOUSANDS
from rules.quantities.currency import Currency, format_minor
from rules.quantities.rounding import round_fraction

NAME_SIGNS = 30
ROW = 22  # pixels of a row
ROWS_WIDTH = 430  # of the plot of rows
_SIGN = 7.4  # pixels of a sign, at most on the mean
_BESIDE = 10  # pixels between a plot and the words beside it
_WHOLE_FROM = 10_000  # whole units of a currency, from which decimals only cost room


def cut(text: str, signs: int = NAME_SIGNS) -> str:
    """A text of at most so many signs, an ellipsis for what is left out.

    >>> cut("Northwind Traders of Rotterdam", 18)
    'Northwind Traders…'
    """
    return text if len(text) <= signs else f"{text[: signs - 1].rstrip()}…"


def amounts_in(money: Currency, minor: Iterable[int]) -> Callable[[int], str]:
    """How the amounts of one picture are written: with their decimals, or in whole units where any is large.

    >>> from rules.quantities.currency import currency
    >>> amounts_in(currency("EUR"), [199_50])(199_50), amounts_in(currency("EUR"), [1_234_567_89])(199_50)
    ('199.50', '200')
    """
    per = 10**money.decimals
    if max((abs(each) for each in minor), default=0) < _WHOLE_FROM * per:
        return lambda each: format_minor(each, money)
    return lambda each: f"{round_fraction(Fraction(each, per)):,}"


def plus(text: str) -> str:
    """An amount as a movement: what is no less than nothing and not nothing has a sign.

    >>> plus("1,200.00"), plus("-3"), plus("0.00")
    ('+1,200.00', '-3', '0.00')
    """
    return f"+{text}" if text[0] != "-" and text.strip("0.,") else text


def amount_axis(count: int = 5) -> alt.Axis:
    """An axis of amounts whose labels never touch each other."""
    return alt.Axis(format=THOUSANDS, grid=True, tickCount=count, labelOverlap="greedy", labelSeparation=10)


def short_axis(count: int, **more: Any) -> alt.Axis:
    """An axis of numbers in three digits, such as 1.5M, with a plain zero."""
    expression = "datum.value == 0 ? '0' : format(datum.value, '~s')"
    return alt.Axis(labelExpr=expression, tickCount=count, labelOverlap="greedy", labelSeparation=6, **more)


def rows_axis(count: int) -> alt.Y:
    """Where rows lie: by the key `at`, which counts from 0."""
    scale = alt.Scale(domain=list(range(count)), paddingInner=0.3, paddingOuter=0.2)
    return alt.Y("at:O", axis=None, scale=scale)


def beside(rows: list[dict[str, Any]], y: alt.Y) -> list[alt.Chart]:
    """The `name` of each row left of a plot, and its `told` right of it; with room for a wider font, which a browser
    takes where it has none of ours."""
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    left = max((len(row["name"]) for row in rows), default=0) * _SIGN
    right = max((len(row["told"]) for row in rows), default=0) * _SIGN
    room = alt.Chart(alt.InlineData(values=[{}])).mark_point(opacity=0, size=1).encode(y=alt.value(0))
    return [
        base.mark_text(align="right", color=INK, baseline="middle").encode(x=alt.value(-_BESIDE), text="name:N"),
        base.mark_text(align="left", color=MUTED, baseline="middle").encode(
            x=alt.value(ROWS_WIDTH + _BESIDE), text="told:N"
        ),
        room.encode(x=alt.value(-_BESIDE - left)),
        room.encode(x=alt.value(ROWS_WIDTH + _BESIDE + right)),
    ]
