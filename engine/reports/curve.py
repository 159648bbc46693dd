"""A payout curve as people read it: a table of its edges, a sketch for a terminal, an SVG; and as JSON.

The SVG is composed by hand, so that the same curve is the same bytes: whole hundredths of a pixel from exact fractions,
no clock, no fonts of its own, nothing that is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from html import escape
from textwrap import wrap

from engine.reports.register import Grid
from engine.values.curve import Cliff, Curve
from rules.kinds.base import Terms, number, percent

_WIDTH, _LEFT, _RIGHT, _TOP, _HEIGHT = 780, 104, 44, 74, 300
_INK, _MUTED, _GRID, _LINE, _CLIFF = "#1a1a1a", "#666666", "#e3e3e3", "#0b5fa5", "#c2410c"
_TITLE_SIGNS, _LINE_SIGNS = 68, 100  # that fit between the margins
_CLIFFS_NAMED, _NUMBERS_APART = 12, 16  # pixels
_SKETCH_ROWS, _SKETCH_COLUMNS = 12, 60


def measured(curve: Curve, value: Fraction, terms: Terms) -> str:
    """A value of the measure in words."""
    if curve.is_money:
        return terms.money(value)
    return percent(value) if curve.is_percent else number(value)


def table(curve: Curve, terms: Terms) -> Grid:
    """What is paid at both ends, at each edge, and just beside each cliff."""
    points = {point.measure: point for point in curve.points}
    cliffs = {cliff.measure: cliff for cliff in curve.cliffs}
    wanted = [curve.points[0].measure, *curve.edges, curve.points[-1].measure]
    rows = []
    for value in dict.fromkeys(wanted):
        point, cliff = points.get(value), cliffs.get(value)
        shown = measured(curve, value, terms)
        if cliff is not None and not value == wanted[0] == 0:
            rows.append((f"just below {shown}", _rounded(cliff.left_minor, terms), ""))
        if point is not None:
            rows.append((shown, terms.money(point.line_minor), "" if cliff is None else f"cliff {_jump(cliff, terms)}"))
        if cliff is not None:
            rows.append((f"just above {shown}", _rounded(cliff.right_minor, terms), ""))
    return Grid((curve.measure, f"pays {terms.currency.code}", ""), tuple(rows), (True, True, False))


def _rounded(minor: Fraction, terms: Terms) -> str:
    return terms.money(round(minor))


def _jump(cliff: Cliff, terms: Terms) -> str:
    jump = cliff.right_minor - cliff.left_minor
    return f"{'+' if jump > 0 else ''}{_rounded(jump, terms)}"


def sketch(curve: Curve, terms: Terms) -> Iterator[str]:
    """The curve as a few lines of signs: `*` what is paid, `|` a cliff."""
    low, high = _bounds(curve)
    first, last = curve.points[0].measure, curve.points[-1].measure
    rows = [[" "] * _SKETCH_COLUMNS for _ in range(_SKETCH_ROWS)]

    def column(value: Fraction) -> int:
        return int((value - first) * (_SKETCH_COLUMNS - 1) / (last - first))

    def row(minor: Fraction) -> int:
        return _SKETCH_ROWS - 1 - int((minor - low) * (_SKETCH_ROWS - 1) / (high - low))

    for cliff in curve.cliffs:
        ends = sorted((row(cliff.left_minor), row(cliff.right_minor)))
        for at in range(ends[0], ends[1] + 1):
            rows[at][column(cliff.measure)] = "|"
    for point in curve.points:
        rows[row(point.due_minor)][column(point.measure)] = "*"
    labels = [terms.money(int(high)), terms.money(int(low))]
    width = max(map(len, labels))
    for at, cells in enumerate(rows):
        label = labels[0] if at == 0 else labels[1] if at == _SKETCH_ROWS - 1 else ""
        yield f"{label:>{width}} |{''.join(cells)}".rstrip()
    yield f"{'':>{width}} +{'-' * _SKETCH_COLUMNS}"
    ends_of = (measured(curve, first, terms), measured(curve, last, terms))
    yield f"{'':>{width}}  {ends_of[0]}{ends_of[1]:>{_SKETCH_COLUMNS - len(ends_of[0])}}"


def notes(curve: Curve) -> Iterator[str]:
    """What the curve holds fixed, and what it leaves out."""
    if curve.fixed:
        yield "with " + ", ".join(f"{name} = {value}" for name, value in curve.fixed)
    if curve.left_out:
        yield f"before {' and '.join(curve.left_out)}"


def as_json(curve: Curve) -> dict[str, object]:
    """The curve with the keys that scripts rely on; values are exact, as a fraction's text."""
    return {
        "rule": curve.rule,
        "measure": curve.measure,
        "unit": "minor" if curve.is_money else "number",
        "fixed": [{"name": name, "shown": value} for name, value in curve.fixed],
        "left_out": list(curve.left_out),
        "points": [
            {"measure": str(point.measure), "due_minor": str(point.due_minor), "line_minor": point.line_minor}
            for point in curve.points
        ],
        "cliffs": [
            {
                "measure": str(cliff.measure),
                "left_minor": str(cliff.left_minor),
                "at_minor": str(cliff.at_minor),
                "right_minor": str(cliff.right_minor),
            }
            for cliff in curve.cliffs
        ],
    }


def svg(curve: Curve, terms: Terms) -> str:
    """The curve as an SVG file: the axes with round numbers, the payout, and each cliff with its number."""
    low, high = _bounds(curve)
    first, last = curve.points[0].measure, curve.points[-1].measure
    ticks_y, ticks_x = _ticks(low, high, terms.minor_per_major), _ticks(first, last, _unit(curve, terms))
    ticks_x = [tick for tick in ticks_x if first <= tick <= last]
    low, high = min(low, ticks_y[0]), max(high, ticks_y[-1])
    plot = _Plot(first, last, low, high)
    below = list(_legend(curve, terms))
    height = _TOP + _HEIGHT + 66 + 18 * len(below)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f"<title>{escape(curve.title)}: payout by {escape(curve.measure)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 24, _cut(_titled(curve.title), _TITLE_SIGNS), size=16, weight="bold"),
        _text(_LEFT, 43, f"what a row is paid, in {terms.currency.code}", fill=_MUTED),
    ]
    for tick in ticks_y:
        y = plot.y(tick)
        parts.append(f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="{_GRID}"/>')
        parts.append(_text(_LEFT - 8, y, _major(tick, terms), anchor="end", shift=4, fill=_MUTED))
    for tick in ticks_x:
        x, foot = plot.x(tick), _TOP + _HEIGHT
        parts.append(f'<line x1="{x}" y1="{foot}" x2="{x}" y2="{foot + 5}" stroke="{_MUTED}"/>')
        label = _major(tick, terms) if curve.is_money else measured(curve, tick, terms)
        parts.append(_text(x, foot + 19, label, anchor="middle", fill=_MUTED))
    zero = plot.y(max(low, Fraction(0)))
    parts.append(f'<line x1="{_LEFT}" y1="{zero}" x2="{_WIDTH - _RIGHT}" y2="{zero}" stroke="{_MUTED}"/>')
    named = f"{_cut(curve.measure, _LINE_SIGNS - 10)}{f', in {terms.currency.code}' if curve.is_money else ''}"
    parts.append(_text(_WIDTH - _RIGHT, _TOP + _HEIGHT + 38, named, anchor="end"))
    parts += _drawn(curve, plot)
    parts += [
        _text(_LEFT, _TOP + _HEIGHT + 62 + 18 * at, line, fill=_CLIFF if is_cliff else _MUTED)
        for at, (line, is_cliff) in enumerate(below)
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Plot:
    """Where a value lies on the page, in pixels with two decimals."""

    def __init__(self, first: Fraction, last: Fraction, low: Fraction, high: Fraction) -> None:
        self._first, self._across = first, (_WIDTH - _LEFT - _RIGHT) / (last - first)
        self._low, self._up = low, _HEIGHT / (high - low)

    def x(self, value: Fraction) -> str:
        """The pixel of a value of the measure."""
        return _pixels(_LEFT + (value - self._first) * self._across)

    def y(self, minor: Fraction) -> str:
        """The pixel of an amount."""
        return _pixels(_TOP + _HEIGHT - (minor - self._low) * self._up)


def _drawn(curve: Curve, plot: _Plot) -> Iterator[str]:
    """The payout, cut at its cliffs; each cliff as a dashed line with a ring at both limits and a dot at the edge."""
    for cliff in curve.cliffs:
        x, ends = plot.x(cliff.measure), (plot.y(cliff.left_minor), plot.y(cliff.right_minor))
        yield (
            f'<line x1="{x}" y1="{ends[0]}" x2="{x}" y2="{ends[1]}" stroke="{_CLIFF}" stroke-width="1.5" '
            'stroke-dasharray="4 3"/>'
        )
    for line in _segments(curve):
        points = " ".join(f"{plot.x(measure)},{plot.y(minor)}" for measure, minor in line)
        yield f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="2.25" stroke-linejoin="round"/>'
    beyond = Fraction(-10 * _WIDTH)
    for at, cliff in enumerate(curve.cliffs, 1):
        x = plot.x(cliff.measure)
        for limit in (cliff.left_minor, cliff.right_minor):
            fill = _LINE if limit == cliff.at_minor else "#ffffff"
            yield f'<circle cx="{x}" cy="{plot.y(limit)}" r="3.5" fill="{fill}" stroke="{_LINE}" stroke-width="1.5"/>'
        if cliff.at_minor not in (cliff.left_minor, cliff.right_minor):
            yield f'<circle cx="{x}" cy="{plot.y(cliff.at_minor)}" r="3.5" fill="{_LINE}"/>'
        if Fraction(x) - beyond >= _NUMBERS_APART:
            yield _text(x, _TOP - 10, str(at), anchor="middle", fill=_CLIFF, weight="bold")
            beyond = Fraction(x)


def _segments(curve: Curve) -> Iterator[list[tuple[Fraction, Fraction]]]:
    """The curve in pieces without a jump, each from limit to limit."""
    cliffs = {cliff.measure: cliff for cliff in curve.cliffs}
    line: list[tuple[Fraction, Fraction]] = []
    for point in curve.points:
        cliff = cliffs.get(point.measure)
        if cliff is None:
            line.append((point.measure, point.due_minor))
        else:
            yield [*line, (point.measure, cliff.left_minor)]
            line = [(point.measure, cliff.right_minor)]
    yield line


def _legend(curve: Curve, terms: Terms) -> Iterator[tuple[str, bool]]:
    for at, cliff in enumerate(curve.cliffs[:_CLIFFS_NAMED], 1):
        left, right = (_rounded(each, terms) for each in (cliff.left_minor, cliff.right_minor))
        where = measured(curve, cliff.measure, terms)
        side = {cliff.right_minor: "from there on", cliff.left_minor: "beyond it"}.get(cliff.at_minor)
        exactly = f", {side}" if side else f", {_rounded(cliff.at_minor, terms)} exactly there"
        yield f"{at}  cliff at {where}: from {left} to {right} ({_jump(cliff, terms)}){exactly}", True
    if len(curve.cliffs) > _CLIFFS_NAMED:
        yield f"and {len(curve.cliffs) - _CLIFFS_NAMED} cliffs more", True
    for note in notes(curve):
        yield from ((line, False) for line in wrap(note, _LINE_SIGNS))
    yield f"program {curve.program_sha256[:12]}", False


def _titled(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cut(text: str, signs: int) -> str:
    """A text that fits on one line."""
    return text if len(text) <= signs else f"{text[: signs - 3].rstrip()}..."


def _bounds(curve: Curve) -> tuple[Fraction, Fraction]:
    """The lowest and the highest amount that is drawn; zero is among them."""
    values = [point.due_minor for point in curve.points]
    values += [limit for cliff in curve.cliffs for limit in (cliff.left_minor, cliff.right_minor)]
    low, high = min(Fraction(0), *values), max(Fraction(0), *values)
    return low, high if high > low else low + 1


def _ticks(low: Fraction, high: Fraction, unit: Fraction | int) -> list[Fraction]:
    """Round numbers from at or below `low` to at or above `high`, at most seven, in steps of 1, 2 or 5."""
    step = Fraction(unit, 10**6)
    while True:
        for times in (1, 2, 5):
            size = step * times
            first, last = low // size, -(-high // size)
            if last - first <= 6:
                return [size * at for at in range(int(first), int(last) + 1) if size * at <= max(high, size * last)]
        step *= 10


def _unit(curve: Curve, terms: Terms) -> int:
    return terms.minor_per_major if curve.is_money else 1


def _major(minor: Fraction, terms: Terms) -> str:
    return number(minor / terms.minor_per_major)


def _pixels(value: Fraction) -> str:
    hundredths = round(value * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _text(
    x: str | int, y: str | int, text: str, anchor: str = "start", fill: str = _INK, size: int = 12,
    weight: str = "normal", shift: int = 0,
) -> str:  # fmt: skip
    moved = f' dy="{shift}"' if shift else ""
    style = f'text-anchor="{anchor}" fill="{fill}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x}" y="{y}"{moved} {style}>{escape(text)}</text>'
