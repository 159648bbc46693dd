"""Why no split meets all constraints, in the currency of the problem: one fault for each conflict.

In: the conflicts that were found, in minor units. Out: problems, at the place of the problem.
"""

from __future__ import annotations

from rules.problem import Place, Problem
from rules.quantities.currency import Currency, format_minor
from scenarios.optimise.core.feasible import Conflict, Infeasible
from scenarios.optimise.linked.together import Miss, Together

_NAMES_SHOWN = 5


def conflicts(found: Infeasible, currency: Currency, place: Place) -> tuple[Problem, ...]:
    """Every conflict as a fault (W307)."""
    return tuple(Problem("W307", said(each, currency), place, _hint(each)) for each in found.conflicts)


def said(conflict: Conflict, currency: Currency) -> str:
    """A conflict in words, with its amounts as money.

    >>> said(Conflict("floors", "budget", 10_000, 11_000, ("acme", "bolt")), Currency("EUR", 2))
    'the floors of acme, bolt add up to EUR 110.00, EUR 10.00 more than the most that budget allows, EUR 100.00'
    """
    if isinstance(conflict, Together):
        missed = [f"{each.name} by {_missed(each, currency)}" for each in conflict.misses[:_NAMES_SHOWN]]
        more = len(conflict.misses) - _NAMES_SHOWN
        others = ", ".join(missed) + (f" and {more} more" if more > 0 else "")
        said = f"no split meets all constraints together; the nearest one misses {others}"
        is_sum = sum(each.measure == "money" for each in conflict.misses) > 1
        return f"{said}, together {currency.code} {format_minor(conflict.miss_minor, currency)}" if is_sum else said
    more = len(conflict.names) - _NAMES_SHOWN
    others = ", ".join(conflict.names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    allowed, asked, miss = (
        f"{currency.code} {format_minor(minor, currency)}"
        for minor in (conflict.allowed_minor, conflict.asked_minor, conflict.miss_minor)
    )
    match conflict.kind:
        case "floors":
            said = f"the floors of {others} add up to {asked}, {miss} more than the most that {conflict.where} allows"
            return f"{said}, {allowed}"
        case "caps":
            said = f"the caps of {others} add up to {asked}, {miss} less than the least that {conflict.where} asks for"
            return f"{said}, {allowed}"
        case "bounds":
            return f"{conflict.where} is to get at least {asked} and at most {allowed}, {miss} less"
        case "curve":
            return f"the curve of {conflict.where} gives no finite number at a spend of {asked}"
        case _:
            return str(conflict)


def _missed(miss: Miss, currency: Currency) -> str:
    """What a constraint is missed by: money, a response, or a part."""
    if miss.measure == "money":
        return f"{currency.code} {format_minor(round(miss.amount), currency)}"
    return miss.said if miss.measure == "part" else f"a response of {miss.said}"


def _hint(conflict: Conflict) -> str:
    if isinstance(conflict, Together):
        return "loosen one of them"
    match conflict.kind:
        case "floors":
            return "raise the one, or lower the others"
        case "caps":
            return "lower the one, or raise the others"
        case "bounds":
            return "make its floor smaller, or its cap larger"
        case "curve":
            return "look at the numbers of the curve"
        case _:
            return "loosen one of them"
