"""The effect of funds as people read it: sentences, and tables of texts.

Estimates are rounded for the eye alone: amounts to whole units of the currency, and to its decimals below 100.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.quantities.currency import format_minor
from scenarios.effect.adstock import CarryOver, half_life_periods
from scenarios.effect.answer import Effect, Kind, Method, NotMeasurable
from scenarios.effect.choose import PRE_TREND
from scenarios.effect.power import minimum_detectable
from scenarios.effect.spill import NetLift
from scenarios.funds.findings import Findings, Outcome
from scenarios.funds.worth import Range, Worth
from scenarios.panels.treatment import Since

UNKNOWN = "-"
P_SHOWN_MIN = 0.001
_METHODS = {
    Method.DID: "difference-in-differences against all who were never treated",
    Method.MATCHED: "difference-in-differences against the never treated whose earlier paths are nearest",
    Method.SYNTHETIC: "synthetic control: a weighted mean of the never treated that follows the treated before",
    Method.SDID: "synthetic difference-in-differences: weights over the never treated and over the time before",
    Method.GROUP_TIME: "group-time effects: those who start together against those who are not treated yet",
}
_KINDS = {
    Kind.T: "by Student's t, errors clustered by partner",
    Kind.PERMUTATION: "by chance saying who was treated",
    Kind.PLACEBO: "by placebos: the same for partners that were not treated",
    Kind.JACKKNIFE: "errors by leaving one partner out at a time",
}
_SINCE = {
    Since.CAMPAIGN: "in which their campaign starts",
    Since.FUNDED: "in which they were granted funds",
    Since.PAID: "in which they were first paid",
}


def title(found: Findings) -> str:
    """What was asked, in one line."""
    return f"{span(found)}: {question(found)}"


def span(found: Findings) -> str:
    """Of which program and periods."""
    return f"{found.program}, {found.periods[0]}..{found.periods[-1]}"


def question(found: Findings) -> str:
    """What is measured, with its unit."""
    activity = f" for {found.asked.activity}" if found.asked.activity else ""
    what = found.asked.incentive or f"funds{activity}"
    return f"what {what} brought in {named(found.outcome, found)}"


def named(outcome: Outcome, found: Findings) -> str:
    """An outcome with its unit."""
    return f"{outcome.title}, {found.currency.code}" if outcome.is_money else outcome.title


Line = tuple[str, str]  # what it is about, and the words


def lines(found: Findings) -> Iterator[Line]:
    """Who was compared with whom, and how; or why nothing is measurable."""
    word, effect = found.period_word, found.answer
    if isinstance(effect, Effect):
        since = _SINCE[found.asked.since]
        start = "from their first payment on" if found.asked.incentive else f"from the {word} {since}"
        yield "treated", f"{counted(effect.units, 'partner')} of {found.partners:,}, {start}"
    for reason, count in found.left_out.items():
        yield "left out", f"{counted(count, 'partner')}: {reason}"
    if found.unknown:
        yield "left out", f"{counted(found.unknown, 'row')} of funds without a day or an amount"
    if isinstance(effect, NotMeasurable):
        yield "result", f"not measurable: {effect.code} {effect.words}"
        return
    yield "method", _METHODS[effect.method]
    which = f"the first {counted(found.asked.lasts, word)}" if found.asked.lasts else f"every {word}"
    before = f"{counted(effect.pre_periods, word)} before the first"
    yield "counted", f"{which} from each start: {counted(effect.unit_periods, f'partner-{word}')}; {before}"
    if effect.p_kind is not None:
        yield "p-value", _KINDS[effect.p_kind]
    if effect.pre_trend_p is not None:
        alike = "like" if effect.pre_trend_p >= PRE_TREND else "unlike"
        yield "before", f"the treated moved {alike} their controls ({p_words(effect.pre_trend_p)})"
    smallest = minimum_detectable(effect)
    if smallest is not None:
        yield "power", f"found 4 times of 5: {amount(smallest, found)} per partner and {word} or more"


def effect_grid(found: Findings) -> Grid:
    """The effect with its interval and its p-value."""
    effect = found.answer
    assert isinstance(effect, Effect), "what is not measurable has no figures"
    low, high = effect.interval or (None, None)
    each = Range(effect.per_unit_period, low, high)
    total = Range(effect.total, *(effect.total_interval or (None, None)))
    rows: list[tuple[str, ...]] = [
        (f"effect per partner and {found.period_word}", *_cells(each, found), p_text(effect.p_value)),
        ("effect in all", *_cells(total, found), ""),
    ]
    share = None if found.returns is None else found.returns.lift
    if share is not None:
        rows.append(("of what would have been", *_percents(share), ""))
    if found.also is not None:
        rows += [_also_row(*found.also, found)]
    return _grid(("", "estimate", "95 % from", "to", "p-value"), rows)


def _also_row(outcome: Outcome, answer: Effect | NotMeasurable, found: Findings) -> tuple[str, ...]:
    name = f"{outcome.title}, to the end"
    if isinstance(answer, NotMeasurable):
        return (name, UNKNOWN, UNKNOWN, UNKNOWN, answer.code)
    total = Range(answer.total, *(answer.total_interval or (None, None)))
    return (name, *_cells(total, found, outcome), p_text(answer.p_value))


def worth_grid(found: Findings) -> Grid:
    """What was paid and what the effect is worth, with what is left of it where that was asked."""
    assert found.returns is not None, "what is not measurable is worth nothing that is known"
    returns = found.returns
    columns: list[Worth] = [returns.worth, *([returns.net] if returns.net is not None else [])]
    titles = ["", "lift", "95 % from", "to", *(["net lift", "95 % from", "to"] if returns.net is not None else [])]
    rows: list[tuple[str, ...]] = []

    def add(name: str, ranges: Sequence[Range | None], told: str) -> None:
        if any(each is not None for each in ranges):
            cells = [cell for each in ranges for cell in (_amounts(each) if told == "money" else _ratios(each))]
            rows.append((name, *cells))

    if found.outcome.is_money:
        add(f"brought, {found.outcome.title}", [each.brought for each in columns], "money")
    add(f"margin ({returns.margin})", [each.margin for each in columns], "money")
    add("brought / paid (iROAS)", [each.iroas for each in columns], "ratio")
    add("(margin - paid) / paid", [each.profit_return for each in columns], "ratio")
    add(f"paid for one more {found.outcome.title}", [each.cost_per for each in columns], "money")
    add("paid for what would have been", [returns.deadweight, *[None for _ in columns[1:]]], "money")
    return _grid(tuple(titles), rows)


def closing_lines(found: Findings) -> Iterator[Line]:
    """What was paid, when it comes back, what is left of the lift, and how long an effect goes on."""
    word, returns = found.period_word, found.returns
    if isinstance(found.answer, Effect) and returns is not None:
        paid, granted = _exact(found.paid_minor, found), _exact(found.granted_minor, found)
        lacking = ", as a payment lacks its amount" if found.paid_minor is None else ""
        of = "" if found.asked.incentive else f" of {granted} granted"
        yield "paid", f"{found.currency.code} {paid}{of}{lacking}"
        if returns.break_even is not None:
            power = "" if returns.power is None else f"; such data find that {_percent(returns.power)} of the time"
            yield "pays from", f"{_number(returns.break_even)} per partner and {word}{power}"
        if (after := returns.payback_periods) is not None:
            yield "payback", f"{after:.1f} {word}s after a partner's start" if isfinite(after) else "not yet"
        yield from (("net lift", each) for each in _net_words(found))
        yield from (("carry-over", each) for each in _carried_words(found))
        yield from (("note", each) for each in found.answer.notes)
    yield from (("note", each) for each in found.notes)


def _net_words(found: Findings) -> Iterator[str]:
    net = found.net
    if isinstance(net, NotMeasurable):
        yield f"not measurable: {net.code} {net.words}"
    if not isinstance(net, NetLift):
        return
    parts = [f"lift {amount(net.lift.total, found)}"]
    if found.also is not None and found.also[0].unit == found.outcome.unit:
        parts.append(_part(net.cannibalised, f"taken from {found.also[0].title}", f"more {found.also[0].title}", found))
    if found.asked.lasts is not None:
        parts.append(_part(net.pulled_forward, "pulled forward", "went on after", found))
    p = "" if net.p_value is None else f" ({p_words(net.p_value)})"
    yield f"{' '.join(parts)} = {amount(net.net, found)}{p}"
    for each in net.reasons:
        yield f"a part is not measurable: {each.code} {each.words}"


def _part(value: float | None, taken: str, added: str, found: Findings) -> str:
    """A part of a net lift: what is taken off it, or what comes on top."""
    if value is not None and value < 0:
        return f"+ {added} {amount(-value, found)}"
    return f"- {taken} {amount(value, found)}"


def _carried_words(found: Findings) -> Iterator[str]:
    match found.carry_over:
        case CarryOver(theta=theta, interval=(low, high)):
            goes_on = f"of an effect goes on into the next {found.period_word}"
            if high >= 1:
                yield f"{_percent(low)} or more {goes_on}; these periods do not tell when it ends"
                return
            half = f"half is left after {half_life_periods(theta):.1f} {found.period_word}s"
            yield f"{_percent(theta)} {goes_on} ({_percent(low)} to {_percent(high)}); {half}"
        case NotMeasurable(code=code, words=words):
            yield f"not measurable: {code} {words}"


def groups_grid(found: Findings) -> Grid:
    """The same question of each group."""
    titles: tuple[str, ...] = (
        found.asked.split,
        "partners",
        f"effect per {found.period_word}",
        "95 % from",
        "to",
        "p-value",
    )
    titles += (f"paid {found.currency.code}", "brought / paid", "why not measurable")
    rows: list[tuple[str, ...]] = []
    for each in found.groups:
        name, paid = each.name or "(none)", _exact(each.paid_minor, found)
        if isinstance(each.answer, NotMeasurable):
            told = f"{each.answer.code} {each.answer.words}"
            rows.append((name, *[UNKNOWN] * 5, paid, UNKNOWN, told))
            continue
        effect = each.answer
        per = Range(effect.per_unit_period, *(effect.interval or (None, None)))
        back = UNKNOWN if each.worth is None or each.worth.iroas is None else _number(each.worth.iroas.value)
        rows.append((name, f"{effect.units:,}", *_cells(per, found), p_text(effect.p_value), paid, back, ""))
    is_amount: tuple[bool, ...] = (False, *[True] * 7, False)
    if all(isinstance(each.answer, Effect) for each in found.groups):
        titles, rows, is_amount = titles[:-1], [row[:-1] for row in rows], is_amount[:-1]
    return Grid(titles, tuple(rows), is_amount)


# --- numbers ----------------------------------------------------------------------------------------------------------


def amount(value: float | None, found: Findings, outcome: Outcome | None = None) -> str:
    """A number in an outcome's unit."""
    if value is None:
        return UNKNOWN
    return f"{value * 100:.2f} %" if (outcome or found.outcome).unit == "percent" else _number(value)


def _exact(minor: int | None, found: Findings) -> str:
    return UNKNOWN if minor is None else format_minor(minor, found.currency)


def p_text(value: float | None) -> str:
    """A p-value: to three decimals, and not below one in a thousand."""
    return UNKNOWN if value is None else f"< {P_SHOWN_MIN}" if value < P_SHOWN_MIN else f"{value:.3f}"


def p_words(value: float) -> str:
    """A p-value in a sentence."""
    return f"p {p_text(value)}" if value < P_SHOWN_MIN else f"p = {p_text(value)}"


def _number(value: float, largest: float | None = None) -> str:
    """Whole units, or two decimals where the largest number beside it is below 100."""
    text = f"{value:,.{0 if max(abs(value), largest or 0.0) >= 100 else 2}f}"
    return text if text.strip("-0.") else text.lstrip("-")


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _cells(told: Range, found: Findings, outcome: Outcome | None = None) -> tuple[str, ...]:
    if (outcome or found.outcome).unit == "percent":
        return tuple(amount(each, found, outcome) for each in _ends(told))
    return _amounts(told)


def _amounts(told: Range | None) -> tuple[str, ...]:
    ends = (None,) * 3 if told is None else _ends(told)
    largest = max((abs(each) for each in ends if each is not None), default=0.0)
    return tuple(UNKNOWN if each is None else _number(each, largest) for each in ends)


def _ratios(told: Range | None) -> tuple[str, ...]:
    return (UNKNOWN,) * 3 if told is None else tuple(UNKNOWN if each is None else f"{each:.2f}" for each in _ends(told))


def _percents(told: Range) -> tuple[str, ...]:
    return tuple(UNKNOWN if each is None else f"{each * 100:.1f} %" for each in _ends(told))


def _ends(told: Range) -> tuple[float | None, ...]:
    return told.value, told.low, told.high


def _grid(titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Grid:
    return Grid(tuple(titles), tuple(rows), tuple(at > 0 for at in range(len(titles))))
