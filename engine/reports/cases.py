"""Cases as people read them and as scripts do: what was expected, what came out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.reports.tree import as_json as reason_json, tree_lines
from engine.values import Reasoned
from engine.values.cases import Difference, Tried
from rules.kinds.base import Terms, number
from rules.meaning import Meaning
from rules.problem import Place, Problem


def failures(tried: Tried, meaning: Meaning) -> Iterator[tuple[Problem, Reasoned | None]]:
    """Why a case failed: each expectation that was not met, with its place, and the explanation of what came out."""
    case, hint = tried.case, "mend the rule, or correct what is expected"
    for each in tried.differences:
        yield Problem("S131", difference(each, meaning), each.place, hint), each.reason
    if not tried.differences and not tried.is_as_expected:
        wanted = f"problem {case.problem}" if case.problem is not None else "payouts"
        found = ", ".join(dict.fromkeys(each.code for each in tried.problems)) or "no problem"
        yield Problem("S131", f"expected {wanted}, came out {found}", case.place, hint), None


def difference(found: Difference, meaning: Meaning) -> str:
    """What was expected and what came out, in words."""
    of_row = f", row {found.row}" if found.row else ""
    what = f"{found.name} of {found.partner}{of_row}"
    if found.expected is None:
        return f"{what}: a line of {shown(found.actual, found, meaning)} that is not expected"
    expected, actual = (shown(each, found, meaning) for each in (found.expected, found.actual))
    return f"{what}: expected {expected}, came out {actual}"


def shown(value: Fraction | None, found: Difference, meaning: Meaning) -> str:
    """A value in words: money, the name of a tier, or a number."""
    if value is None:
        return "no line" if found.row else "unknown"
    tiers = _tiers(meaning).get(found.name)
    if tiers is not None and value.denominator == 1 and 0 <= value < len(tiers):
        return tiers[int(value)]
    return _money(value, meaning.terms) if found.is_money else number(value)


def _tiers(meaning: Meaning) -> Mapping[str, tuple[str, ...]]:
    cards = [card for card in meaning.scorecards if card.card.tiers is not None]
    return {f"{card.name}.tier": card.card.tiers.names for card in cards if card.card.tiers is not None}


def _money(minor: Fraction, terms: Terms) -> str:
    return f"{terms.money(minor)} {terms.currency.code}"


def case_lines(tried: Tried, meaning: Meaning) -> Iterator[str]:
    """What is shown below a case that failed: each difference with its explanation, and the problems."""
    told: list[Reasoned] = []
    for problem, reason in failures(tried, meaning):
        yield f"{problem.severity} {problem.code} {problem.message}   {problem.place}"
        if reason is not None and reason not in told:
            told.append(reason)
            yield from (f"  {line}" for line in tree_lines(reason))
    if not tried.is_as_expected:
        yield from (f"  {problem}" for problem in tried.problems)


def as_json(tried: Tried, meaning: Meaning) -> dict[str, object]:
    """A case with the keys that scripts rely on; values are exact, as a fraction's text, in minor units where money."""
    case = tried.case
    return {
        "case": case.name,
        "period": case.period.name,
        "passed": tried.is_as_expected,
        "place": _place(case.place),
        "differences": [
            {
                "name": each.name,
                "partner_id": each.partner,
                "row": each.row or None,
                "unit": "minor" if each.is_money else "number",
                "expected": None if each.expected is None else str(each.expected),
                "actual": None if each.actual is None else str(each.actual),
                "place": _place(each.place),
                "explanation": None if each.reason is None else reason_json(each.reason),
            }
            for each in tried.differences
        ],
        "codes": [each.code for each in tried.problems],
    }


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column}
