"""What is kept of a curve: its parameters, intervals, draws and range as texts of numbers, without clock or machine.

In: a judged curve. Out: a JSON value with texts of nine significant digits, and of six where a number is drawn
(floats differ in their last digits between machines; the texts should not). Spends, responses and slopes are in the
units that the whole result names.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from scenarios.curves.floats import Floats
from scenarios.curves.judge import Judged
from scenarios.curves.resample import interval
from scenarios.curves.shapes import Smooth
from scenarios.curves.smooth import LinearCap

DIGITS, DIGITS_DRAWN = 9, 6
PARTS = (0.25, 0.5, 0.75, 1.0)  # of the largest spend, at which responses are told


def text(number: float, digits: int = DIGITS) -> str:
    """A number to so many significant digits, as a decimal text without an exponent.

    >>> text(1234567890.123), text(0.1 + 0.2), text(-0.0)
    ('1234567890', '0.3', '0')
    """
    rounded = Decimal(f"{number:.{digits - 1}e}")
    plain = format(rounded, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def kept(found: Judged) -> dict[str, Any]:
    """A judged curve as it is kept."""
    curve, draws = found.fit.curve, found.draws
    intervals = {name: _pair(values) for name, values in draws.parameters().items()}
    bends = float(curve.inflection()[0])
    saturation = found.saturation(found.current)
    return {
        "unit": found.name,
        "family": "linear_cap" if found.fit.family == "line" else found.fit.family,
        "shape": "straight" if found.fit.family == "line" else "s_shaped" if bends > 0 else "concave",
        "parameters": {name: text(float(values[0])) for name, values in curve.parameters().items()},
        "intervals": intervals,
        "carry_over": _part(found.fit.carry_over),
        "carry_over_interval": [_part(float(each)) for each in interval(found.draws_carry)],
        "units": len(found.seen.units),
        "observations": len(found.seen),
        "spend_least": text(found.least),
        "spend_most": text(found.most),
        "spend_current": text(found.current),
        "saturation": None if saturation is None else text(saturation),
        "responses": [_response(found, spend) for spend in _told(found)],
        "goodness": {
            "r2": text(found.fit.goodness.r2),
            "rmse": text(found.fit.goodness.rmse),
            "aicc": text(found.fit.goodness.aicc),
            "aicc_flat": text(found.flat.aicc),
            "aicc_line": text(found.line.aicc),
        },
        "runner_up": None
        if found.runner_up is None
        else {"family": found.runner_up[0], "aicc_more": text(found.runner_up[1])},
        "resampled": found.resampled,
        "draws": {
            **{
                name: [text(each, DIGITS_DRAWN) for each in values.tolist()]
                for name, values in draws.parameters().items()
            },
            "carry_over": [_part(each) for each in found.draws_carry.tolist()],
        },
        "data_sha256": found.seen.sha256,
        "notes": [{"code": each.code, "message": each.message, "hint": each.hint} for each in found.notes],
    }


def _told(found: Judged) -> list[float]:
    """The spends at which responses are told: parts of the largest, and the current one; only those that were seen."""
    spends = {part * found.most for part in PARTS} | {found.current}
    return sorted(spend for spend in spends if spend > 0 and found.least <= spend <= found.most)


def _response(found: Judged, spend: float) -> dict[str, str]:
    at, many = np.array([spend]), np.full(len(found.draws), spend)
    low, high = _pair(found.draws.value(many))
    slope_low, slope_high = _pair(_slope_below(found.draws, many))
    return {
        "spend": text(spend),
        "response": text(float(found.fit.curve.value(at)[0])),
        "low": low,
        "high": high,
        "slope": text(float(_slope_below(found.fit.curve, at)[0])),
        "slope_low": slope_low,
        "slope_high": slope_high,
    }


def _slope_below(curves: Smooth, spends: Floats) -> Floats:
    """What the last unit of each spend brought: at the cap of a line, still the slope of the line."""
    return curves.a if isinstance(curves, LinearCap) else curves.slope(spends)


def _part(number: float) -> str:
    """A part of one, to nine decimals."""
    return text(round(number, DIGITS), DIGITS_DRAWN)


def _pair(values: Floats) -> list[str]:
    low, high = interval(values)
    return [text(float(low), DIGITS_DRAWN), text(float(high), DIGITS_DRAWN)]
