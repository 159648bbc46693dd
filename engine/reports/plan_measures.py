"""What a plan on paper says of KPIs and scorecards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.reports.paper import Block, Clauses, Table
from rules.expressions.said import condition_said, said
from rules.kinds.base import Kind, Terms, number, percent
from rules.kpi import Window
from rules.meaning import KpiMeaning, MeasureMeaning
from rules.scorecards.scorecard import GroupSpec, KpiEntry, Parts
from rules.scorecards.scored import ScorecardMeaning

_WINDOWS: Mapping[Window, str] = {
    Window.PERIOD: "in the period",
    Window.PERIOD_BEFORE: "in the period before",
    Window.LAST_MONTH: "in the last month of the period",
    Window.MONTH_BEFORE: "in the month before the period",
    Window.TRAILING_YEAR: "in the twelve months up to the end of the period",
    Window.UNTIL_END: "up to the end of the period",
    Window.UNTIL_START: "before the period",
}
_MISSING: Mapping[str, str] = {
    "error": "stops the calculation",
    "zero": "counts zero points",
    "carry_last": "keeps the points of the last period",
    "reweight": "is left out, and the others weigh more in proportion",
}
_COUNTED: Mapping[str, str] = {"kpis": "KPIs", "groups": "groups"}
_PARTS = ("kpis", "groups", "title")


def kpi_words(kpi: KpiMeaning) -> tuple[str, str]:
    """A KPI: what it is called, and how it is worked out."""
    if kpi.formula is not None:
        text = said(kpi.formula)
        text += "; above partners the mean of their values" if kpi.is_averaged else ""
    else:
        text = " divided by ".join(_measure(each) for each in kpi.measures)
    text += "" if kpi.times == 1 else f"; times {number(kpi.times)}"
    if kpi.denominator is not None:
        text += f"; {kpi.when_zero} where there is nothing to divide by"
    text += f"; unknown below {kpi.at_least}" if kpi.at_least else ""
    level = "for all partners together" if kpi.level == "program" else "for each partner"
    named = kpi.name if kpi.title == kpi.name else f"{kpi.title} ({kpi.name})"
    return named, f"{text}; in {kpi.unit}, {level}, {kpi.better} is better"


def _measure(measure: MeasureMeaning) -> str:
    what = f"rows of {measure.rows.table}" if measure.value is None else said(measure.value)
    text = f"{measure.aggregate.replace('_', ' ')} of {what}"
    text += "" if measure.rows.where is None else f" where {condition_said(measure.rows.where)}"
    if measure.rows.dated is not None:
        text += f", with {measure.rows.dated} {_WINDOWS[measure.window]}"
    if measure.latest_of is not None:
        text += f", the latest for each {measure.latest_of}"
    if measure.credited is not None:
        text += f", by the shares of credits in the role {measure.credited}"
    elif measure.owner is not None and str(measure.owner) != f"{measure.rows.table}.partner_id":
        text += f", for the partner {measure.owner}"
    if measure.value is not None:
        text += ", blanks left out" if measure.leaves_blanks_out else ", unknown where one is blank"
    return text + (", rows of no partner count for the program" if measure.counts_direct else "")


def scorecard_blocks(card: ScorecardMeaning, terms: Terms) -> Iterator[Block]:
    """A scorecard: whom it scores, each KPI with its weight and scale, and every other key of it."""
    whom = "every partner" if card.whom is None else f"partners for whom {condition_said(card.whom)}"
    yield Clauses((("Scores", f"{whom} ({card.name})"),))
    head = ("KPI", "weight", "points", "if it is unknown, it")
    yield Table(head, tuple(_entries(card, card.card, "", terms)))
    written = card.card.model_dump(mode="json", by_alias=True, exclude_none=True)
    rest = {name: value for name, value in written.items() if name not in (*_PARTS, "for") and value not in ({}, [])}
    yield Clauses(tuple(_rest(rest)))


def _rest(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keys of a scorecard beside its KPIs; rounding is one clause, and what is switched off is none."""
    how, decimals = str(written["rounding"]).replace("_", " "), written["decimals"]
    for name, value in written.items():
        match name:
            case "rounding":
                yield "Rounding", f"the score once, {how} to {decimals} decimals"
            case "missing":
                yield "Unknown", f"a KPI that is unknown {_MISSING[value]}, unless its row says otherwise"
            case "normalise" if str(value) == "true":
                yield "Weights", "are divided by their sum"
            case "at_least":
                counts = [f"{count} {_COUNTED[what]}" for what, count in value.items() if str(count) != "0"]
                if counts:
                    yield "Needs", f"at least {' and '.join(counts)} that are known, else there is no score"
            case "multiply":
                if "multipliers" in written:
                    what = "the weighted score" if value == "weighted" else "the score with its bonus"
                    yield "Multiplied", f"{what}, by the factors"
            case "tiers":
                levels = ", ".join(f"{level} from {plainly(points)}" for level, points in value["levels"].items())
                more = plainly({each: other for each, other in value.items() if each != "levels"})
                yield "Tiers", f"{levels}{f'; {more}' if more else ''}"
            case "decimals" | "normalise":
                continue
            case _:
                yield _label(name).capitalize(), plainly(value)


def plainly(value: object) -> str:
    """What is written below a key, without braces."""
    match value:
        case list():
            return "; ".join(map(plainly, value))
        case {"value": written, **rest} if not rest:
            return plainly(written)
        case dict():
            return ", ".join(_pair(str(name), each) for name, each in value.items() if each is not None)
    return _label(str(value)) if str(value).isidentifier() else str(value)


def _pair(name: str, value: object) -> str:
    told = plainly(value)
    if name == "table":
        return f"the {told}"
    if isinstance(value, list):
        return told if name in ("of", "steps") else f"{_label(name)} {told}"
    is_nested = isinstance(value, dict) and not {"value", "table"} & value.keys()
    return f"{_label(name)} ({told})" if is_nested else f"{_label(name)} {told}"


def _entries(card: ScorecardMeaning, parts: Parts, prefix: str, terms: Terms) -> Iterator[tuple[str, str, str, str]]:
    for name, entry in parts.kpis.items():
        missing = _MISSING[card.card.missing_of(entry)]
        yield f"{prefix}{name}", percent(entry.weight), _scale(entry), missing
    for name, group in parts.groups.items():
        yield f"{prefix}{name}", percent(group.weight), _group(group), ""
        yield from _entries(card, group, f"{prefix}{name}.", terms)


def _group(group: GroupSpec) -> str:
    return "the mean of the group" + (f", with at least {group.at_least} measured" if group.at_least else "")


def _scale(entry: KpiEntry) -> str:
    scale: Kind = entry.scale
    told = plainly(scale.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    text = f"{_label(entry.scale_name or '')}{f': {told}' if told else ''}"
    if entry.kpi is not None:
        text = f"{entry.kpi}; {text}"
    if entry.assessed is not None:
        assessed = plainly(entry.assessed.model_dump(mode="json", exclude_none=True))
        text = f"assessed by people, {assessed}; {text}"
    return text


def _label(name: str) -> str:
    return name.replace("_", " ")
