"""Kept curves as a table, as JSON and as notes: the same whether they were just fitted or are read from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.reports.counted import counted
from engine.reports.register import Grid
from scenarios.curves.saved import SavedCurves

_TITLES = ("curve of", "family", "seen", "to", "at", "brings", "95 %", "the next 1", "95 %", "R2")


def grid(saved: SavedCurves) -> Grid:
    """A row for each curve: what the spend of today brings (of a spend that was not seen, the largest), and what one
    more would."""
    rows = tuple(_row(curve) for curve in saved.document["curves"])
    return Grid(_TITLES, rows, (False, False, *[True] * (len(_TITLES) - 2)))


def head(saved: SavedCurves) -> str:
    """What was fitted on what, and between which periods."""
    value = saved.document
    span = f"{value['first_period']} to {value['last_period']}"
    outcome, spend = (_named(value[name]) for name in ("response", "spending"))
    return f"{value['observed']}, {span}: {outcome} on {spend}, by {value['by']}"


def notes(saved: SavedCurves) -> Iterator[str]:
    """The runner-ups, what is less than a curve and what is none, and how it was done."""
    value = saved.document
    for curve in value["curves"]:
        yield from _notes(curve)
    for each in value["refused"]:
        yield f"refused {each['code']} {each['message']}"
    if value["left_out"]:
        yield f"left out: {counted(value['left_out'], 'observation')} in which the spend or the outcome is unknown"
    if value["rejected"]:
        yield f"rejected: {counted(value['rejected'], 'row')} of the sources; partage run keeps the list"
    fitted = value["fitted"]
    yield f"{fitted['bootstrap']} draws, seed {fitted['seed']}   result {saved.sha256[:12]}"


def as_json(saved: SavedCurves, files: list[str]) -> dict[str, Any]:
    """Everything but the draws, with the files that were written."""
    curves = [{key: value for key, value in curve.items() if key != "draws"} for curve in saved.document["curves"]]
    return {**saved.document, "curves": curves, "result_sha256": saved.sha256, "files": files}


def _row(curve: Mapping[str, Any]) -> tuple[str, ...]:
    told = next(
        (each for each in curve["responses"] if each["spend"] == curve["spend_current"]), curve["responses"][-1]
    )
    return (
        curve["unit"],
        curve["family"].replace("_", " "),
        f"{curve['observations']:,}",
        short(curve["spend_most"]),
        short(told["spend"]),
        short(told["response"]),
        f"{short(told['low'])} to {short(told['high'])}",
        short(told["slope"]),
        f"{short(told['slope_low'])} to {short(told['slope_high'])}",
        f"{float(curve['goodness']['r2']):.2f}",
    )


def _notes(curve: Mapping[str, Any]) -> Iterator[str]:
    for note in curve["notes"]:
        yield f"warning {note['code']} {note['message']}"
    if curve["shape"] == "straight":
        return
    parts = [f"{name} {short(value)}" for name, value in curve["parameters"].items()]
    parts += [f"carry-over {short(curve['carry_over'])}"] if curve["carry_over"] != "0" else []
    saturation = curve["saturation"]
    if saturation is not None:
        parts.append(f"slope now {float(saturation):.0%} of the steepest")
    other = curve["runner_up"]
    if other is not None:
        parts.append(f"next {other['family'].replace('_', ' ')}, AICc {float(other['aicc_more']):+.1f}")
    yield f"{curve['unit']}: {', '.join(parts)}"


def _named(said: Mapping[str, str]) -> str:
    return f"{said['name']} ({said['unit']})" if said["unit"] else said["name"]


def short(text: str) -> str:
    """A number for people: whole from a thousand on, three digits below.

    >>> short("123456.7"), short("0.0123456"), short("12"), short("0")
    ('123,457', '0.0123', '12.0', '0')
    """
    number = float(text)
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return (f"{number:#.3g}" if abs(number) >= 0.001 else f"{number:.3g}").rstrip(".")
