"""The gate: what a scenario has to keep to, as people write it, so that a check of a change can fail.

In: `cost <= 1_200_000 and losers <= 5%`, and scenarios beside the program as it is. Out: each clause, what it came to,
and whether it holds. A percentage is of what the program as it is costs (cost, change), of the budget (over_budget), of
all partners (winners, losers, unchanged), or one of the whole (gini, impact, effective_rate).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_money, parse_number
from scenarios.outcomes.fairness import gini, impacts, worst
from scenarios.outcomes.values import Compared, Simulated

MONEY = ("cost", "change", "over_budget")
COUNTS = ("winners", "losers", "unchanged")
_PARTS = ("gini", "impact", "effective_rate")
NAMES = (*MONEY, *COUNTS, *_PARTS)
_SIGNS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_SLIPS = {"==": "=", "=<": "<=", "=>": ">=", "!=": "< or >", "<>": "< or >", "< =": "<=", "> =": ">="}
_CLAUSE = re.compile(r"\s*(\S+?)\s*(<=|>=|<|>|=)\s*(\S+(?: \S+)?)\s*", re.ASCII)
_LENGTH_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison: what is compared, how, with which number, and as it is written; `is_part` for a percentage."""

    name: str
    sign: str
    number: Fraction
    is_part: bool
    written: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A clause for one scenario: what it came to (minor units, partners, or a part), None where it is unknown."""

    clause: Clause
    value: Fraction | None
    holds: bool


def clauses_of(text: str, found_currency: str, minor_per_major: int, has_budget: bool) -> tuple[Clause, ...]:
    """The clauses of a gate; raises Refused with all that is wrong with them.

    >>> found = clauses_of("cost <= 1_200.50 and losers <= 5%", "EUR", 100, False)
    >>> [(each.name, each.sign, str(each.number)) for each in found]
    [('cost', '<=', '120050'), ('losers', '<=', '1/20')]
    """
    if not text.strip() or len(text) > _LENGTH_MAX:
        raise Refused(_fault("the gate is empty" if not text.strip() else "the gate is too long"))
    found, problems = [], []
    for part in re.split(r"\band\b", text):
        match = None if any(slip in part for slip in _SLIPS) else _CLAUSE.fullmatch(part)
        if match is None:
            problems.append(_no_clause(part.strip()))
            continue
        name, sign, written = match.groups()
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "compare one of " + ", ".join(NAMES)
            problems.append(_fault(f"a gate knows no '{name[:64]}'", hint))
        elif name == "over_budget" and not has_budget:
            problems.append(_fault("there is no budget that it could be over", "add --budget"))
        else:
            try:
                number = _number(name, written, found_currency, minor_per_major)
                found.append(Clause(name, sign, number, written.endswith("%"), f"{name} {sign} {written}"))
            except Unwritable as error:
                problems.append(Problem(error.code, error.message, Place("--gate"), error.hint))
    if problems:
        raise Refused(*problems)
    return tuple(found)


def _no_clause(part: str) -> Problem:
    """Why a part of a gate is no comparison, by what is most likely meant."""
    shown, name = part[:64], next((each for each in NAMES if part.startswith(each)), "cost")
    for signs, meant in _SLIPS.items():
        if signs in part:
            return _fault(f"'{shown}' is compared by {signs}, which is no sign of a gate", f"write {name} {meant} ...")
    if re.search(r"\bor\b|\bnot\b|&&|\|\||[,;]|\bAND\b", part):
        return _fault(f"'{shown}' joins comparisons otherwise than by and", "write and between them: all have to hold")
    if not part:
        return _fault("a comparison is missing beside and")
    if not any(sign in part for sign in _SIGNS):
        return _fault(f"'{shown}' has no sign", f"write {name} with one of {', '.join(_SIGNS)} and a number")
    if part[0] in "<>=" or part[-1] in "<>=":
        missing = "what is compared" if part[0] in "<>=" else "the number"
        return _fault(f"'{shown}' lacks {missing}")
    return _fault(f"'{shown}' compares nothing")


def _fault(message: str, hint: str = "write such as 'cost <= 1_200_000 and losers <= 5%'") -> Problem:
    return Problem("W209", message, Place("--gate"), hint)


def _number(name: str, written: str, code: str, minor_per_major: int) -> Fraction:
    """What a name is compared with: minor units for money, a part for a percentage."""
    if written.endswith("%"):
        return parse_number(written[:-1]) / 100
    if name not in MONEY:
        return parse_number(written)
    money = parse_money(written)
    if money.currency not in (None, code):
        raise Unwritable("W115", f"the program pays {code}, not {money.currency}", f"write {code} and the amount")
    return money.amount * minor_per_major


def judged(clauses: tuple[Clause, ...], each: Compared, found: Simulated) -> tuple[Judged, ...]:
    """What every clause comes to for a scenario; one whose value is unknown does not hold."""
    values = [(clause, _value(clause, each, found)) for clause in clauses]
    return tuple(
        Judged(clause, value, value is not None and _SIGNS[clause.sign](value, clause.number))
        for clause, value in values
    )


def _value(clause: Clause, each: Compared, found: Simulated) -> Fraction | None:
    whole = {
        "over_budget": found.budget_minor,
        **dict.fromkeys(("cost", "change"), each.base.cost_minor),
        **dict.fromkeys(COUNTS, len(each.moved)),
    }
    value = _plain(clause.name, each, found)
    if value is None or not clause.is_part or clause.name not in whole:
        return value
    of = whole[clause.name]
    return Fraction(value, of) if of else Fraction(0) if not value and clause.name in COUNTS else None


def _plain(name: str, each: Compared, found: Simulated) -> Fraction | None:
    paid = each.outcome.by_partner
    match name:
        case "cost":
            return Fraction(each.outcome.cost_minor)
        case "change":
            return Fraction(each.change_minor)
        case "over_budget":
            return None if found.budget_minor is None else Fraction(each.outcome.cost_minor - found.budget_minor)
        case "winners":
            return Fraction(len(each.winners))
        case "losers":
            return Fraction(len(each.losers))
        case "unchanged":
            return Fraction(len(each.moved) - len(each.winners) - len(each.losers))
        case "gini":
            return gini(paid.values())
        case "impact":
            return worst(impacts(paid, each.outcome.groups))
    return each.outcome.effective_rate
