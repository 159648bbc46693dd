"""A proposal for people: what it brings, how far from the best it may be at most, why, and every unit.

In: a proposal. Out: lines and a table of texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.quantities.currency import Currency, format_minor
from scenarios.problems.proposal import Proposal, Row, TierProposal

HELD_BY = {
    "fixed": "fixed", "lower": "floor", "upper": "cap", "off": "nothing, for its minimum", "minimum": "minimum",
}  # fmt: skip
PLURAL = {"fixed": "fixed unit", "lower": "unit floor", "upper": "unit cap", "off": "unit with nothing",
          "minimum": "unit minimum"}  # fmt: skip
_ROOM = "     "


def head_lines(found: Proposal) -> Iterator[str]:
    """What was asked, what is proposed with its proof, and why."""
    asked, money = found.asked, found.asked.currency
    over = [counted(len(asked.units), "unit"), *([counted(len(asked.groups), "group")] if asked.groups else [])]
    yield f"Split {_budget(found)} of {asked.name} over {', '.join(over)}; goal: {asked.goal.said}{_risk(found)}"
    yield _proof(found)
    if found.is_money or found.value != found.response:
        now = "" if found.response_now is None else f" (now {_number(found.response_now)})"
        yield f"response   {_number(found.response)}{now}"
    yield _price(found)
    spent = f"spent {_money(found.spent_minor, money)}{_ROOM}unspent {_money(found.unspent_minor, money)}"
    yield spent
    if found.reviewed is not None:
        yield from _review(found)
    if found.flight is not None and found.flight.after:
        yield f"after the last period: {_number(found.after)} more, which the goal does not count"
    yield from (*found.notes, *_others(found))


def unit_grid(found: Proposal, most: int) -> Grid:
    """Every unit: the largest changes first where there are more than can be shown."""
    rows = found.rows
    if len(rows) > most:
        rows = tuple(sorted(rows, key=lambda row: (-abs(_change(row)), row.unit))[:most])
    money = found.asked.currency
    titles = "unit", f"now {money.code}", f"proposed {money.code}", "change", "response", "next 1 brings", "held by"
    cells = tuple(
        (
            row.unit,
            "" if row.now_minor is None else format_minor(row.now_minor, money),
            format_minor(row.proposed_minor, money),
            "" if row.now_minor is None else _signed(_change(row), money),
            _number(row.response),
            _ratio(row.marginal),
            HELD_BY.get(row.held, ""),
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
    """What each budget of the frontier brings."""
    money = found.asked.currency
    titles = (f"budget {money.code}", f"spent {money.code}", "proposal", "upper bound", "gap %", "one more brings")
    cells = []
    for each in found.frontier:
        budget = format_minor(each.budget_minor, money)
        if each.value is None or each.bound is None or each.gap is None or each.shadow_price is None:
            cells.append((budget, "none", "", "", "", ""))
            continue
        spent = "" if each.spent_minor is None else format_minor(each.spent_minor, money)
        numbers = _number(each.value), _number(each.bound), _small(each.gap * 100), _ratio(each.shadow_price)
        cells.append((budget, spent, *numbers))
    return Grid(titles, tuple(cells), (True,) * len(titles))


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


def _proof(found: Proposal) -> str:
    code = f"{found.asked.currency.code} " if found.is_money else ""
    now = ""
    if found.value_now is not None:
        now = f" (now {_number(found.value_now)}{_percent(found.value, found.value_now)})"
    bound = _bound(found.bound, found.gap, found.is_certified, found.side, code)
    return f"proposal   {code}{_number(found.value)}{now}{_ROOM}{bound}"


def _bound(bound: float, gap: float, is_certified: bool, side: str, code: str = "") -> str:
    words = "certified" if is_certified else "not certified: a better one may be there"
    return f"{side} bound {code}{_number(bound)}{_ROOM}gap {_small(gap * 100)} %   {words}"


def _price(found: Proposal) -> str:
    code = found.asked.currency.code
    price = found.shadow_price
    said = f"one more {code} would bring {_ratio(price)}" if price >= 0 else f"the last {code} costs {_ratio(-price)}"
    groups = [
        f"{each.name} {each.side} ({_ratio(each.price)} per {code})" for each in found.bindings if each.name != "budget"
    ]
    units = Counter(row.held for row in found.rows if row.held in PLURAL)
    held = [counted(units[held], PLURAL[held]) for held in ("lower", "upper", "fixed", "minimum") if units[held]]
    return said + (f"; binding: {', '.join((*groups, *held))}" if groups or held else "")


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
        if not reason.startswith(("one more unit", "the budget asks", str(found.unspent_minor))):
            yield reason


def _change(row: Row) -> int:
    return row.proposed_minor - (row.now_minor or 0)


def _money(minor: int, money: Currency) -> str:
    return format_minor(minor, money)


def _signed(minor: int, money: Currency) -> str:
    return f"{'+' if minor > 0 else ''}{format_minor(minor, money)}"


def _percent(value: float, now: float) -> str:
    return f", {(value - now) / abs(now) * 100:+.3g} %" if now else ""


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
