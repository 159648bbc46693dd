"""Break even: the rate, amount or threshold with which a program costs exactly an amount, found on the engine itself.

Rates are whole billionths (9 decimals), amounts and thresholds whole minor units. Every cost is worked out as a run is,
and so is that of the next one: the answer is proved on the engine and not extrapolated. The cost has to grow all the
way, or to fall all the way, as it does with a threshold; where it is seen to turn, that is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from rules.document.reader import Node, Scalar
from rules.load import Loaded, load
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency, format_minor
from rules.quantities.numerals import Unwritable, decimal_text
from rules.quantities.written import parse_money, parse_rate
from scenarios.acts.evaluate import facts_by, periods_of, run_of, told_by
from scenarios.acts.simulate import amount_of
from scenarios.outcomes.values import BreakEven
from scenarios.overlays.facts import changes_of_facts
from scenarios.overlays.overlay import Overlaid, laid_over, start_of
from scenarios.overlays.paths import NoSuchPath, steps_of, values_at
from scenarios.overlays.scenario import Edit, Scenario, read_scenario

ONE = 10**9  # billionths: a rate of 100 %
ARGUMENT = "--break-even"
_STEP = 64  # billionths: about what a cent is of a cost of hundreds of thousands
_AMOUNT_MAX_MINOR = 10**15
_AMOUNTS = frozenset({"amount", "to", "at_least", "at_most", "size"})  # keys whose plain number is no rate
_MONEY = re.compile(r"(?:[A-Z]{3} )?-?[0-9][0-9_]*(?:\.[0-9]+)?", re.ASCII)
_HINT = "name a rate or an amount, such as payouts.commission.rate or payouts.bonus.amount"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: the change that sets it, whether it is an amount (else a rate), what is written before it,
    and what is written now, in minor units or billionths."""

    edit: Edit
    is_amount: bool
    prefix: str
    stands: int
    currency: Currency

    def text(self, at: int) -> str:
        """A whole number of its parts as people write it."""
        if not self.is_amount:
            return rate_text(at)
        return self.prefix + decimal_text(Fraction(at, 10**self.currency.decimals), self.currency.decimals)


def break_even(program: Path, file: Path | None, period: str, path: str, cost: str) -> BreakEven:
    """The rate, amount or threshold at a path with which a program, with a scenario or as it is, costs an amount over
    some periods.

    Raises Refused where the path is of none, or where nothing that it can be costs that.
    """
    base = load(program)
    currency = base.understood().terms.currency
    wanted = amount_of(cost, base.understood(), "--cost")
    none = Scenario("", program.name, program.parent, "", (), Place(program.name))
    scenario = none if file is None else read_scenario(file)
    start = start_of(base, scenario)
    sought = _sought(start, path, currency)
    facts = changes_of_facts(scenario.document, start.understood())
    with ExitStack() as stack:
        periods = periods_of(base.understood(), period)
        facts_of = [stack.enter_context(facts_by(base, each)) for each in periods]
        known: dict[int, int] = {}

        def laid_at(at: int) -> Overlaid:
            value = Scalar(sought.text(at), False, sought.edit.place)
            laid = laid_over(start, (*scenario.edits, replace(sought.edit, value=value)), warns=False)
            return replace(laid, facts=facts)

        def cost_at(at: int) -> int:
            if at not in known:
                laid, total = laid_at(at), 0
                for facts_by_program in facts_of:
                    read, own = facts_by_program(laid)
                    with told_by(laid):
                        total += run_of(laid.loaded, read, own, program).total_minor
                known[at] = total
            return known[at]

        low, high = _span(sought, laid_at, cost_at, wanted)
        _refuse_out_of_reach(cost_at, wanted, sought, low, high)
        falls = cost_at(low) > cost_at(high)

        def cost_by(step: int) -> int:
            return cost_at(high - step if falls else low + step)

        last = _last(cost_by, wanted, high - low)
        reached = cost_by(last)
        first = _last(cost_by, reached - 1, high - low) + 1 if cost_by(0) < reached else 0
        _refuse_turning(known, path, falls)
        after = cost_by(last + 1) if last < high - low else None
    ends = sorted(high - step if falls else low + step for step in (first, last))
    parts = 1 if sought.is_amount else ONE
    shown = _shortest(ends[0], ends[1], 10**15 if sought.is_amount else ONE)
    return BreakEven(
        path=path,
        scenario=scenario.name,
        currency=currency,
        wanted_minor=wanted,
        is_amount=sought.is_amount,
        value=Fraction(shown, parts),
        cost_minor=reached,
        from_value=Fraction(ends[0], parts),
        to_value=Fraction(ends[1], parts),
        falls=falls,
        next_minor=after,
        evaluations=len(known),
    )


def rate_text(rate: int) -> str:
    """A rate in billionths, as people write it.

    >>> rate_text(62_500_000)
    '6.25%'
    """
    return decimal_text(Fraction(rate * 100, ONE), 0) + "%"


def _sought(start: Loaded, path: str, currency: Currency) -> Sought:
    """What stands at a path; raises Refused where it is neither a rate nor an amount."""
    document = start.document
    assert document is not None, "it was understood"
    place = Place(ARGUMENT)
    try:
        steps = steps_of(path)
        found = [_written(node, steps[-1], currency) for _, node in values_at(document.root, steps)]
    except (NoSuchPath, Unwritable) as error:
        hint = error.hint if isinstance(error, NoSuchPath) else _HINT
        raise Refused(Problem("W211", f"{path[:100]} is no rate or amount: {error.message}", place, hint)) from None
    except ValueError as error:
        raise Refused(Problem("W211", f"'{path[:100]}' is no path: {error}", place, _HINT)) from None
    if len({is_amount for is_amount, _, _ in found}) > 1:
        raise Refused(Problem("W211", f"{path[:100]} is of rates and of amounts", place, "name those of one kind"))
    is_amount, prefix, stands = found[0]
    return Sought(Edit("set", path, steps, None, place), is_amount, prefix, stands, currency)


def _written(node: Node, name: str, currency: Currency) -> tuple[bool, str, int]:
    """Whether a value is an amount, what stands before its number, and what it is; raises Unwritable."""
    text = node.text if isinstance(node, Scalar) else ""
    is_amount = _MONEY.fullmatch(text) is not None and (name in _AMOUNTS or text[:1].isupper() or _is_beyond(text))
    if not is_amount:
        return False, "", int(parse_rate(text) * ONE)
    money = parse_money(text)
    minor = money.amount * 10**currency.decimals
    if money.currency not in (None, currency.code) or minor.denominator != 1 or minor < 0:
        raise Unwritable("W211", f"'{text[:64]}' is no whole number of minor units of {currency.code}", _HINT)
    return True, "" if money.currency is None else f"{money.currency} ", int(minor)


def _is_beyond(text: str) -> bool:
    """Whether a plain number is too large for a rate."""
    try:
        parse_rate(text)
    except Unwritable:
        return True
    return False


def _span(
    sought: Sought, laid_at: Callable[[int], Overlaid], cost_at: Callable[[int], int], wanted: int
) -> tuple[int, int]:
    """Between which values it is looked for: a rate from 0 to 100 %; an amount from the least to the highest with which
    the program is sound, as far out as the cost is not met before."""
    if not sought.is_amount:
        return 0, ONE

    def is_sound(at: int) -> bool:
        try:
            laid_at(at)
        except Refused:
            return False
        return True

    if not is_sound(sought.stands):
        laid_at(sought.stands)  # tells what is wrong with it
    low = 0 if is_sound(0) else _edge(is_sound, sought.stands, 0)
    high = max(2 * sought.stands, 1_000 * 10**sought.currency.decimals)
    while True:
        if not is_sound(high):
            return low, _edge(is_sound, sought.stands, high)
        met = min(cost_at(low), cost_at(high)) <= wanted <= max(cost_at(low), cost_at(high))
        if met or high >= _AMOUNT_MAX_MINOR:
            return low, high
        high = min(10 * high, _AMOUNT_MAX_MINOR)


def _edge(is_sound: Callable[[int], bool], good: int, bad: int) -> int:
    """The last sound value on the way from one that is to one that is not."""
    while abs(bad - good) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if is_sound(middle) else (good, middle)
    return good


def _refuse_out_of_reach(cost_at: Callable[[int], int], wanted: int, sought: Sought, low: int, high: int) -> None:
    ends = cost_at(low), cost_at(high)
    if not min(ends) <= wanted <= max(ends):
        currency, path = sought.currency, sought.edit.path
        told = [f"{format_minor(each, currency)} {currency.code}" for each in (*ends, wanted)]
        span = f"{sought.text(low)} to {sought.text(high)}" if sought.is_amount else "0 % to 100 %"
        message = f"with {path} from {span}, the cost goes from {told[0]} to {told[1]}, never to {told[2]}"
        hint = "ask for a cost between the two, or for another rate or amount"
        raise Refused(Problem("W212", message, Place(ARGUMENT), hint))


def _refuse_turning(known: dict[int, int], path: str, falls: bool) -> None:
    """Raise Refused where the cost was seen to turn: what is found would depend on where one looks."""
    ordered = [known[at] for at in sorted(known, reverse=falls)]
    if ordered != sorted(ordered):
        message = f"the cost does not grow with {path} all the way, so that several values may cost the same"
        message = message.replace("grow", "fall") if falls else message
        hint = "simulate the values that you think of, side by side"
        raise Refused(Problem("W212", message, Place(ARGUMENT), hint))


def _last(cost_by: Callable[[int], int], most: int, end: int) -> int:
    """The highest step that costs at most so much, where that of 0 does: from where the line between two costs comes to
    it outwards in doubled steps, and then by halves."""
    low, high = 0, end
    if cost_by(high) <= most:
        return high
    below, above = cost_by(low), cost_by(high)
    at, step = max(low + (high - low) * (most - below) // (above - below), low + 1), _STEP
    while low < at < high and high - low > 1:
        if cost_by(at) <= most:
            low, at = at, at + step
        else:
            high, at = at, at - step
        step *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost_by(middle) <= most else (low, middle)
    return low


def _shortest(first: int, last: int, most: int = ONE) -> int:
    """The value with the fewest digits from the first to the last.

    >>> _shortest(59_999_750, 60_000_249)
    60000000
    """
    step = most
    while step > 1 and -(-first // step) * step > last:
        step //= 10
    return -(-first // step) * step
