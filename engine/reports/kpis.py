"""KPIs as people read them and as scripts do: values with their unit, and definitions in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.reports.register import Grid
from rules.expressions.tree import words
from rules.kinds.base import number, percent
from rules.kpi import AGGREGATES, KpiSpec, MeasureSpec, Window
from rules.meaning import KpiMeaning
from rules.quantities.currency import Currency, format_minor
from rules.quantities.exact import Exact
from rules.quantities.rounding import round_fraction

DECIMALS_MAX = 9
_WINDOWS = {Window.UNTIL_END: "up to the end of the period", Window.UNTIL_START: "before the period"}


def shown(value: Fraction | None, kpi: KpiMeaning, currency: Currency) -> str:
    """A value for people: money to its minor unit, a percentage as `80 %`, others as they are; `-` where it is unknown.

    Decimals are exact where they end within nine; else four are shown (of a percentage two), rounded half up.
    """
    if value is None:
        return "-"
    if kpi.unit == "money":
        return format_minor(round_fraction(value), currency)
    if kpi.unit == "percent":
        return percent(value if _ends(value * 100) else _rounded(value))
    return number(value if _ends(value) else _rounded(value))


def _ends(value: Fraction) -> bool:
    return pow(10, DECIMALS_MAX, value.denominator) == 0


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round_fraction(value * 10_000), 10_000)


def grid(
    by: str,
    labels: tuple[str, ...],
    names: Mapping[str, str],
    kpis: tuple[KpiMeaning, ...],
    values: Mapping[str, Exact],
    currency: Currency,
) -> Grid:
    """KPIs by group as a table of texts."""
    columns = [[shown(value, kpi, currency) for value in values[kpi.name].fractions()] for kpi in kpis]
    rows = tuple((_label(label, names), *(column[row] for column in columns)) for row, label in enumerate(labels))
    return Grid((by, *(kpi.name for kpi in kpis)), rows, (False, *[True] * len(kpis)))


def as_json(
    labels: tuple[str, ...], kpis: tuple[KpiMeaning, ...], values: Mapping[str, Exact]
) -> list[dict[str, object]]:
    """KPIs by group with the keys that scripts rely on; values are exact, as a fraction's text, null where unknown.

    Money is in minor units, and a percentage a part of one.
    """
    columns = {kpi.name: values[kpi.name].fractions() for kpi in kpis}
    return [
        {
            "group": label,
            "kpis": {name: None if (v := column[row]) is None else str(v) for name, column in columns.items()},
        }
        for row, label in enumerate(labels)
    ]


def units_json(kpis: tuple[KpiMeaning, ...]) -> dict[str, dict[str, str]]:
    """What each KPI is measured in, whether more of it is better, and what it is called."""
    return {kpi.name: {"unit": kpi.unit, "better": kpi.better, "title": kpi.title} for kpi in kpis}


def definition(name: str, spec: KpiSpec) -> Iterator[str]:
    """A KPI of the catalogue in words, line by line."""
    yield f"{name}: {spec.title}" if spec.title else name
    facts = [spec.unit or "", f"{spec.better or 'higher'} is better", f"by {spec.level or 'partner'}"]
    yield "  " + ", ".join(fact for fact in facts if fact)
    if spec.formula is not None:
        yield f"  = {words(spec.formula.tree)}"
    else:
        yield f"  = {_measure(spec.measure)}"
    if spec.over is not None:
        yield f"  over {_measure(spec.over)}"
    if spec.times is not None:
        yield f"  times {number(spec.times)}"
    for option, value in spec.options.items():
        yield f"  option {option}: {number(value)}"
    yield "  " + _blanks(spec)
    for part, below in spec.parts.items():
        yield from (f"  {line}" for line in definition(f"{name}.{part}", below))


def _blanks(spec: KpiSpec) -> str:
    told = [
        "rows with a blank value make it unknown" if spec.blank == "unknown" else "rows with a blank value are left out"
    ]
    if spec.over is not None or spec.mean is not None:
        told.append("unknown" if spec.when_zero == "unknown" else "zero")
        told[-1] += " where there is nothing to divide by"
    elif spec.median is not None:
        told.append("unknown where no row counts")
    elif spec.formula is None:
        told.append("zero where no row counts")
    return "; ".join(told)


def _measure(spec: MeasureSpec) -> str:
    aggregate = next(name for name in AGGREGATES if getattr(spec, name) is not None)
    what = spec.count if spec.count is not None else words(getattr(spec, aggregate).tree)
    text = f"{aggregate.replace('_', ' ')} of {what}"
    if spec.where is not None:
        text += f" where {words(spec.where.tree)}"
    if spec.latest_of is not None:
        text += f", the latest for each {words(spec.latest_of.tree)}"
    if spec.dated is not None:
        text += f", {words(spec.dated.tree)} {_window(spec.window)}"
    if spec.credited is not None:
        text += f", by shares of role '{spec.credited}'"
    return text


def _window(window: Window) -> str:
    return _WINDOWS.get(window) or f"in the {window.value.replace('_', ' ')}"


def _label(label: str, names: Mapping[str, str]) -> str:
    name = names.get(label, "")
    return label or "(blank)" if name in ("", label) else f"{label} {name}"
