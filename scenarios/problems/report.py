"""A proposal for people: what it brings, how far from the best it may be at most, why, and every unit.

In: a proposal. Out: lines and a table of texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import inf, isclose

from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.quantities.currency import Currency, format_minor
from scenarios.optimise.core.solve import NO_ROOM
from scenarios.problems.export import per_1
from scenarios.problems.proposal import OF_BUDGET, Proposal, Row, TierProposal
from scenarios.problems.swept import Point

HELD_BY = {
    "fixed": "fixed", "lower": "floor", "upper": "cap", "off": "nothing, for its minimum", "minimum": "minimum",
    "step": "a step", "kink": "a kink", "flat": "flat curve", "return": "return",
    "off_return": "nothing, for its return", "curve_cap": "the cap of its curve",
}  # fmt: skip
COUNTED = {
    "lower": "unit floor", "upper": "unit cap", "fixed": "fixed unit", "minimum": "unit minimum",
    "step": "unit step", "kink": "unit kink", "flat": "flat curve", "return": "unit return", "curve_cap": "curve cap",
}  # fmt: skip
_SAME = 1e-6  # prices that differ by no more than this part are told as one
_ROOM = "     "


def head_lines(found: Proposal) -> Iterator[str]:
    """What was asked, what is proposed with its proof, and why."""
    asked, money = found.asked, found.asked.currency
    over = [counted(len(asked.units), "unit"), *([counted(len(asked.groups), "group")] if asked.groups else [])]
    yield f"Split {_budget(found)} of {asked.name} over {', '.join(over)}; goal: {_goal(found)}{_risk(found)}"
    yield _proof(found)
    if found.likely is not None or found.is_money or not isclose(found.value, found.response, rel_tol=1e-9):
        yield f"response   {_number(found.response)}{_likely(found)}{_response_now(found)}"
    yield _price(found)
    yield f"spent {_money(found.spent_minor, money)}{_ROOM}unspent {_money(found.unspent_minor, money)}{_return(found)}"
    if found.reviewed is not None:
        yield from _review(found)
    if found.flight is not None and found.flight.after:
        yield f"after the last period: {_number(found.after)} more, which the goal does not count"
    yield from (*found.notes, *_others(found), *_lost(found), *_falls(found))


def unit_grid(found: Proposal, most: int) -> Grid:
    """Every unit: the largest changes first where there are more than can be shown."""
    rows = found.rows
    if len(rows) > most:
        rows = tuple(sorted(rows, key=lambda row: (-abs(_change(row)), row.unit))[:most])
    money = found.asked.currency
    groups = _held_by_group(found)
    titles = "unit", f"now {money.code}", f"proposed {money.code}", "change", "response", "next 1 brings", "held by"
    cells = tuple(
        (
            row.unit,
            "" if row.now_minor is None else format_minor(row.now_minor, money),
            format_minor(row.proposed_minor, money),
            "" if row.now_minor is None else _signed(_change(row), money),
            _number(row.response),
            _ratio(row.marginal),
            HELD_BY.get(row.held) or groups.get(row.unit, ""),
        )
        for row in rows
    )
    known = all(row.now_minor is not None for row in found.rows)
    now = sum(row.now_minor or 0 for row in found.rows)
    footer = (
        "total" if len(rows) == len(found.rows) else f"all {len(found.rows):,}",
        format_minor(now, money) if known else "",
        format_minor(found.spent_minor, money),
        _signed(found.spent_minor - now, money) if known else "",
        _number(found.response),
        "",
        "",
    )
    return Grid(titles, cells, (False, True, True, True, True, True, False), footer)


def schedule_grid(found: Proposal, most: int) -> Grid:
    """What each unit gets in each period, the largest first where there are more than can be shown."""
    money = found.asked.currency
    count = len(found.schedule_minor[0])
    titles = found.reviewed.periods if found.reviewed is not None else tuple(str(at + 1) for at in range(count))
    rows = sorted(zip(found.rows, found.schedule_minor, strict=True), key=lambda pair: -pair[0].proposed_minor)
    shown = rows if len(rows) > most else list(zip(found.rows, found.schedule_minor, strict=True))
    cells = tuple((row.unit, *(format_minor(minor, money) for minor in spends)) for row, spends in shown[:most])
    totals = tuple(format_minor(sum(each), money) for each in zip(*found.schedule_minor, strict=True))
    return Grid((f"unit, {money.code}", *titles), cells, (False, *(True,) * count), ("total", *totals))


def frontier_grid(found: Proposal) -> Grid:
    """What each budget of the frontier brings; the one that was asked for among them is marked."""
    money = found.asked.currency
    points, asked = _with_asked(found)
    titles = (
        f"budget {money.code}", f"spent {money.code}", "proposal", "upper bound", "gap %", "return", "one more brings",
    )  # fmt: skip
    cells = []
    for each in points:
        mark = "asked" if each.budget_minor == asked else ""
        budget = format_minor(each.budget_minor, money)
        if each.value is None or each.bound is None or each.gap is None or each.shadow_price is None:
            cells.append((budget, "none", *("",) * 5, mark))
            continue
        spent = "" if each.spent_minor is None else format_minor(each.spent_minor, money)
        brings = per_1(found, each.response, each.spent_minor)
        numbers = (
            _number(each.value), _number(each.bound), _small(each.gap * 100), "" if brings is None else _ratio(brings),
            _ratio(each.shadow_price),
        )  # fmt: skip
        cells.append((budget, spent, *numbers, mark))
    spent_now, brings = found.spent_now_minor, per_1(found, found.response_now, found.spent_now_minor)
    if spent_now is not None and found.value_now is not None:
        spends = format_minor(spent_now, money), format_minor(spent_now, money)
        told = "" if brings is None else _ratio(brings)
        cells.append((*spends, _number(found.value_now), "", "", told, "", "now"))
    return Grid((*titles, ""), tuple(cells), (*(True,) * len(titles), False))


def tier_lines(found: TierProposal) -> Iterator[str]:
    """What was asked of tiers, and what is proposed with its proof."""
    asked, money = found.asked, found.asked.currency
    budget = format_minor(asked.budget_minor, money)
    yield f"{asked.name}: a tier within {money.code} {budget} for each of {counted(len(found.rows), 'partner')}"
    now = (
        "" if found.value_now is None else f" (now {_number(found.value_now)}{_percent(found.value, found.value_now)})"
    )
    yield f"proposal   {_number(found.value)}{now}{_ROOM}{_bound(found.bound, found.gap, found.is_certified, 'upper')}"
    if found.shadow_price is not None:
        yield f"one more {money.code} would bring about {_ratio(found.shadow_price)}"
    yield f"cost {_money(found.cost_minor, money)}{_ROOM}unspent {_money(found.unspent_minor, money)}"


def tier_grid(found: TierProposal, most: int) -> Grid:
    """Every partner with its tier; those that change first where there are more than can be shown."""
    rows = found.rows
    if len(rows) > most:
        rows = tuple(sorted(rows, key=lambda row: (row.now == row.tier, -row.cost_minor, row.partner))[:most])
    money = found.asked.currency
    cells = tuple(
        (row.partner, row.now, row.tier, format_minor(row.cost_minor, money), _number(row.value)) for row in rows
    )
    footer = "total", "", "", format_minor(found.cost_minor, money), _number(found.value)
    return Grid(
        ("partner", "now", "tier", f"cost {money.code}", "value"), cells, (False, False, False, True, True), footer
    )


def _budget(found: Proposal) -> str:
    least, most = found.asked.budget_minor or (0, 0)
    money = found.asked.currency
    if least == most:
        return f"{money.code} {_money(most, money)}"
    return f"{f'{money.code} {_money(least, money)} to' if least else 'at most'} {money.code} {_money(most, money)}"


def _risk(found: Proposal) -> str:
    risk = found.asked.risk
    if risk.kind == "best":
        return ""
    words = {"mean": "mean", "worst": "worst", "regret": "least regret"}
    return f", {words.get(risk.kind) or f'the mean of the worst {float(risk.part * 100):g} %'} of all draws"


def _goal(found: Proposal) -> str:
    """The goal, with what the curves were fitted to."""
    name, unit = found.outcome
    return found.asked.goal.said + (f" ({name}{f', {unit}' if unit else ''})" if name else "")


def _proof(found: Proposal) -> str:
    code, after = (f"{found.asked.currency.code} ", "") if found.is_money else _unit(found)
    now = ""
    if found.value_now is not None:
        now = f" (now {_number(found.value_now)}{_percent(found.value, found.value_now)})"
    bound = _bound(found.bound, found.gap, found.is_certified, found.side, code)
    return f"proposal   {code}{_number(found.value)}{after}{now}{_ROOM}{bound}"


def _bound(bound: float, gap: float, is_certified: bool, side: str, code: str = "") -> str:
    words = "certified" if is_certified else "not certified: a better one may be there"
    return f"{side} bound {code}{_number(bound)}{_ROOM}gap {_small(gap * 100)} %   {words}"


def _price(found: Proposal) -> str:
    code = found.asked.currency.code
    more, less = found.shadow_price, found.price_of_less
    said = f"one more {code} would bring {_ratio(more)}" if more >= 0 else f"the last {code} costs {_ratio(-more)}"
    if NO_ROOM in found.reasons:
        said = f"no unit can take one more {code}"
    if less == inf:
        said += ", one less would lose a whole step or minimum"
    elif less is not None and less - more > _SAME * abs(more):
        said += f", one less would {f'cost {_ratio(less)}' if less >= 0 else f'save {_ratio(-less)}'}"
    groups = [
        f"{each.name} {each.side} ({_ratio(each.price)} per {code}{' less' if each.side == 'floor' else ''})"
        for each in found.bindings
        if each.name != "budget"
    ]
    units = Counter(row.held for row in found.rows)
    held = [counted(units[held], noun) for held, noun in COUNTED.items() if units[held]]
    return said + (f"; binding: {', '.join((*groups, *held))}" if groups or held else "")


def _return(found: Proposal) -> str:
    """What each 1 brings on average, and now."""
    after = per_1(found, found.response, found.spent_minor)
    before = per_1(found, found.response_now, found.spent_now_minor)
    now = "" if before is None else f" (now {_ratio(before)})"
    return "" if after is None else f"{_ROOM}return {_ratio(after)} for each 1{now}"


def _likely(found: Proposal) -> str:
    return "" if found.likely is None else f" (95 %: {_ends(found.likely.proposed)})"


def _response_now(found: Proposal) -> str:
    if found.response_now is None:
        return ""
    now = f"now {_number(found.response_now)}"
    likely = None if found.likely is None else found.likely.now
    return f" ({now})" if likely is None else f", {now} (95 %: {_ends(likely)})"


def _ends(ends: tuple[float, float]) -> str:
    return f"{_number(ends[0])} to {_number(ends[1])}"


def _review(found: Proposal) -> Iterator[str]:
    reviewed, money = found.reviewed, found.asked.currency
    assert reviewed is not None
    away = reviewed.response - reviewed.promised
    paid = _money(reviewed.paid_in_all_minor, money)
    yield (
        f"engine says {_number(reviewed.response)} after rounding and caps ({away:+,.2f}); it pays {paid} in "
        f"{_span(reviewed.periods)}"
    )
    promised = {row.unit: row.proposed_minor for row in found.rows}
    less = [(unit, promised[unit], minor) for unit, minor in reviewed.paid_minor if minor != promised[unit]]
    for unit, asked, minor in less[:5]:
        yield f"{unit} is paid {_money(minor, money)} of {_money(asked, money)}"
    if len(less) > 5:
        yield f"and {len(less) - 5} more are paid something else"


def _span(periods: tuple[str, ...]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"


def _others(found: Proposal) -> Iterator[str]:
    """Reasons that the lines above do not tell."""
    for reason in found.reasons:
        if not reason.startswith(("one more unit", "the budget asks", NO_ROOM)) and OF_BUDGET not in reason:
            yield reason


def _lost(found: Proposal) -> Iterator[str]:
    """That what is left of the gap is that of rounding to whole minor units, where it is."""
    if found.is_certified and found.gap > found.asked_gap:
        yield "the gap is that of rounding: one minor unit more of each unit would bring no less"


def _falls(found: Proposal) -> Iterator[str]:
    """Where a larger budget of the frontier is worth less, and why."""
    known = [(each.budget_minor, each.value) for each in found.frontier if each.value is not None]
    for (budget, value), (_, after) in pairwise(sorted(known)):
        if value - after > found.asked_gap * abs(value):
            money = found.asked.currency
            yield (
                f"beyond {money.code} {_money(budget, money)} more budget is worth less: all of it is spent, whether "
                "it brings anything or not (with budget: {at_most: ...} the rest would stay unspent)"
            )
            return


def _with_asked(found: Proposal) -> tuple[tuple[Point, ...], int | None]:
    """The points of the frontier with that of the budget that was asked for, where it lies between them."""
    asked = None if found.asked.budget_minor is None else found.asked.budget_minor[1]
    budgets = [each.budget_minor for each in found.frontier]
    if asked is None or asked in budgets or not min(budgets) < asked < max(budgets):
        return found.frontier, asked
    own = Point(asked, found.spent_minor, found.value, found.bound, found.gap, found.shadow_price, "", found.response)
    return tuple(sorted((*found.frontier, own), key=lambda each: each.budget_minor)), asked


def _held_by_group(found: Proposal) -> dict[str, str]:
    """Of each unit the smallest group that holds the proposal back."""
    sides = {each.name: each.side for each in found.bindings}
    held: dict[str, str] = {}
    for group in sorted(found.asked.groups, key=lambda each: (-len(each.members), each.name)):
        if group.name in sides:
            said = f"{group.name} {sides[group.name]}"
            held |= {found.rows[member].unit: said for member in group.members}
    return held


def _unit(found: Proposal) -> tuple[str, str]:
    """What stands before and after a number of what the curves were fitted to: a currency, or another unit."""
    unit = found.outcome[1]
    return (f"{unit} ", "") if len(unit) == 3 and unit.isupper() else ("", f" {unit}" if unit else "")


def _change(row: Row) -> int:
    return row.proposed_minor - (row.now_minor or 0)


def _money(minor: int, money: Currency) -> str:
    return format_minor(minor, money)


def _signed(minor: int, money: Currency) -> str:
    return f"{'+' if minor > 0 else ''}{format_minor(minor, money)}"


def _percent(value: float, now: float) -> str:
    """How much more that is than now, as people write it: 1,313 rather than 1.31e+03."""
    if not now:
        return ""
    percent = (value - now) / abs(now) * 100
    return f", {percent:+,.0f} %" if abs(percent) >= 99.95 else f", {float(f'{percent:.3g}'):+.6g} %"


def _number(value: float) -> str:
    """A response, as many digits as are read: whole beyond ten thousand.

    >>> _number(3912400.4), _number(12.345678)
    ('3,912,400', '12.35')
    """
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.2f}"


def _ratio(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def _small(percent: float) -> str:
    """A gap in percent, never shown as nothing where it is something.

    >>> _small(0.0), _small(4e-12), _small(0.000031), _small(2.5)
    ('0', 'under 0.000000001', '0.000031', '2.5')
    """
    if 0 < percent < 1e-9:
        return "under 0.000000001"
    return f"{percent:.9f}".rstrip("0").rstrip(".") if 0 < percent < 1e-2 else f"{percent:.2g}"
