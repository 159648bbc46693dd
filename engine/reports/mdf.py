"""The commitment ledger, and the metrics of funds and incentives, as people read them and as scripts do.

In: what `engine.acts.mdf` or `engine.acts.incentive` found. Out: tables of texts, lines, or plain values; amounts are
whole minor units in JSON, and rates exact, as a fraction's text, null where unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from engine.mdf.incentives import IncentiveMetrics
from engine.mdf.metrics import AGES, FundMetrics
from engine.mdf.movements import Balance, Cause, Ledger, Movement, Refusal
from engine.mdf.returns import Returns
from engine.reports.register import Grid
from rules.kinds.base import Terms, number, percent
from rules.quantities.rounding import round_fraction

_LOST = {Cause.EXPIRED: "never asked for", Cause.UNCLAIMED: "never claimed", Cause.REJECTED: "claimed in vain"}
BALANCE = ("budget", "reserved", "claimed", "paid", "expired", "free")
_COUNTED = (
    ("leads", "lead"),
    ("qualified", "qualified lead"),
    ("opportunities", "opportunity"),
    ("customers", "customer"),
)


Figures = Iterator[tuple[str, str]]


def status_grid(by: str, found: Sequence[FundMetrics], names: Mapping[str, str], terms: Terms) -> Grid:
    """The figures of each group of funds in a row."""
    return _grid(by, [(each.group, dict(_figures(each, terms))) for each in found], names)


def incentive_grid(by: str, found: Sequence[IncentiveMetrics], names: Mapping[str, str], terms: Terms) -> Grid:
    """The figures of each group of an incentive in a row."""
    told = []
    for each in found:
        own = {"paid": terms.money(each.paid), "partners": f"{each.partners:,}", "rows": f"{each.rows:,}"}
        told.append((each.group, {**own, **dict(_brought(each.returns, terms))}))
    return _grid(by, told, names)


def _grid(by: str, told: Sequence[tuple[str, Mapping[str, str]]], names: Mapping[str, str]) -> Grid:
    titles = tuple(told[0][1]) if told else ()
    rows = tuple((_group(by, group, names), *figures.values()) for group, figures in told)
    return Grid((by, *titles), rows, (False, *[True] * len(titles)))


def _group(by: str, group: str, names: Mapping[str, str]) -> str:
    name = names.get(group, "") if by == "partner" else ""
    return group + (f" {name}" if name not in ("", group) else "") if group else "(none)"


def _money(minor: int | Fraction | None, terms: Terms) -> str:
    return "-" if minor is None else terms.money(round_fraction(Fraction(minor)))


def _figures(found: FundMetrics, terms: Terms) -> Figures:
    lost = found.breakage
    amounts = {
        "allocated": found.allocated,
        "approved": found.approved,
        "claimed": found.claimed,
        "paid": found.paid,
        "free": found.free,
        "reserved": found.reserved,
        "claims to decide": found.submitted,
        "claims to pay": found.validated,
        "unclaimed": None if lost is None else lost.unclaimed,
        "rejected": None if lost is None else lost.rejected,
        "expired": None if lost is None else lost.expired,
    }
    yield from ((name, _money(minor, terms)) for name, minor in amounts.items())
    yield "approved / allocated", _percent(found.approval_rate)
    yield "claimed / approved", _percent(found.claim_rate)
    yield "paid / claimed", _percent(found.payout_rate)
    yield "paid / allocated", _percent(found.utilisation)
    yield "breakage", _percent(found.breakage_rate)
    by_age = zip(ages(), found.ages, strict=True)
    yield from ((f"open claims, {age} days", _money(minor, terms)) for age, minor in by_age)
    yield from _brought(found.returns, terms)


def _brought(returns: Returns, terms: Terms) -> Figures:
    for name, one in _COUNTED:
        count = getattr(returns, name)
        yield name, "-" if count is None else f"{count:,}"
        yield f"paid per {one}", _money(returns.cost_per(count), terms)
    yield "pipeline", _money(returns.pipeline, terms)
    yield "pipeline, weighted", _money(returns.weighted, terms)
    yield "closed-won", _money(returns.won, terms)
    yield "margin", _money(returns.margin, terms)
    yield "margin return", _percent(returns.margin_return)
    yield "payback, months", "-" if returns.payback is None else number(_cut(returns.payback, 10))


def ages() -> tuple[str, ...]:
    """What the buckets of ages are called.

    >>> ages()
    ('0-30', '31-60', '61-90', 'over 90')
    """
    firsts = (0, *(each + 1 for each in AGES))
    return (*(f"{first}-{last}" for first, last in zip(firsts, AGES, strict=False)), f"over {AGES[-1]}")


def _percent(rate: Fraction | None) -> str:
    return "-" if rate is None else percent(_cut(rate, 1000))


def _cut(value: Fraction, parts: int) -> Fraction:
    """A value rounded half up for people."""
    return Fraction(round_fraction(value * parts), parts)


def status_notes(found: Sequence[FundMetrics], ledger: Ledger, terms: Terms) -> Iterator[str]:
    """What a reader of the figures has to know beside them."""
    if any(each.allocated is None for each in found):
        yield "a budget that several groups draw on is no group's own: what it holds is unknown for each of them"
    yield from returns_notes([each.returns for each in found])
    if ledger.refusals:
        cut = sum(each.cut_minor or 0 for each in ledger.refusals if each.code != "M126")  # nobody asked for it
        count = len(ledger.refusals)
        told = f"{count} row{'s' * (count != 1)} refused or cut, {terms.amount(cut)} less than asked"
        yield f"{told}: partage mdf ledger says why"


def returns_notes(found: Sequence[Returns]) -> Iterator[str]:
    """Why a weighted pipeline is unknown, where stages make it so; and that what groups share counts for each."""
    if len(frozenset().union(*(each.rows for each in found))) < sum(len(each.rows) for each in found):
        yield "leads and deals of several groups count for each of them: the groups add up to more than there are"
    stages = sorted({stage for each in found for stage in each.unknown_stages})
    if stages:
        yield f"weighted pipeline unknown: mdf: stages: does not say how likely {', '.join(stages)} is won"


def status_json(found: Sequence[FundMetrics]) -> list[dict[str, object]]:
    """The figures of each group with the keys that scripts rely on."""
    return [
        {
            "group": each.group,
            "allocated": each.allocated,
            "approved": each.approved,
            "claimed": each.claimed,
            "paid": each.paid,
            "free": each.free,
            "reserved": each.reserved,
            "submitted": each.submitted,
            "validated": each.validated,
            "breakage": None
            if each.breakage is None
            else {
                "expired": each.breakage.expired,
                "unclaimed": each.breakage.unclaimed,
                "rejected": each.breakage.rejected,
            },
            "rates": {
                "approval": _text(each.approval_rate),
                "claim": _text(each.claim_rate),
                "payout": _text(each.payout_rate),
                "utilisation": _text(each.utilisation),
                "breakage": _text(each.breakage_rate),
            },
            "open_claims": [{"days": age, "amount": minor} for age, minor in zip(ages(), each.ages, strict=True)],
            "requests": each.requests,
            "claims": each.claims,
            "returns": returns_json(each.returns),
        }
        for each in found
    ]


def incentive_json(found: Sequence[IncentiveMetrics]) -> list[dict[str, object]]:
    """The figures of each group of an incentive with the keys that scripts rely on."""
    return [
        {
            "group": each.group,
            "paid": each.paid,
            "partners": each.partners,
            "rows": each.rows,
            "returns": returns_json(each.returns),
        }
        for each in found
    ]


def returns_json(returns: Returns) -> dict[str, object]:
    """What came of what was paid."""
    counts = {name: getattr(returns, name) for name, _ in _COUNTED}
    return {
        **counts,
        "cost_per": {name: _text(returns.cost_per(count)) for name, count in counts.items()},
        "pipeline": returns.pipeline,
        "weighted_pipeline": _text(returns.weighted),
        "won": returns.won,
        "margin": returns.margin,
        "margin_return": _text(returns.margin_return),
        "payback_months": _text(returns.payback),
        "unknown_stages": list(returns.unknown_stages),
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def ledger_grid(movements: Sequence[Movement], terms: Terms) -> Grid:
    """The entries, one in a row."""
    titles = ("day", "entry", "budget", "request", "claim", "amount", "from", "to", "note")
    rows = tuple(
        (
            str(each.day),
            each.kind,
            each.budget,
            each.request,
            each.claim,
            terms.money(each.minor),
            "" if each.kind == "allocated" else each.source.value,
            each.target.value,
            _LOST[each.cause] if each.kind == "expired" else each.words,
        )
        for each in movements
    )
    return Grid(titles, rows, tuple(title == "amount" for title in titles))


def balance_grid(balances: Mapping[str, Balance], terms: Terms) -> Grid:
    """What each budget came to: it is the sum of what follows it."""
    rows = tuple(
        (name, *(terms.money(getattr(each, part)) for part in BALANCE)) for name, each in sorted(balances.items())
    )
    total = tuple(terms.money(sum(getattr(each, part) for each in balances.values())) for part in BALANCE)
    return Grid(("", *BALANCE), rows, (False, *[True] * len(BALANCE)), ("total", *total) if len(rows) > 1 else ())


def refusal_lines(refusals: Sequence[Refusal], terms: Terms) -> Iterator[str]:
    """What was refused or cut, by which rule, and what it would have been."""
    for each in refusals:
        done, what = "left out", ""
        if each.asked_minor is not None:
            done = "cut" if each.granted_minor else "refused"
            granted = terms.amount(each.granted_minor) if each.granted_minor else "nothing"
            what = f" on {each.day}: {granted} instead of {terms.amount(each.asked_minor)}"
        yield f"{done} {each.code} {each.table} {each.key}{what} - {each.words} @ {each.rule}"


def ledger_json(
    movements: Sequence[Movement], balances: Mapping[str, Balance], refusals: Sequence[Refusal]
) -> dict[str, object]:
    """Entries, balances and refusals with the keys that scripts rely on."""
    return {
        "entries": [
            {
                "day": str(each.day),
                "entry": each.kind,
                "budget": each.budget,
                "request": each.request or None,
                "claim": each.claim or None,
                "amount": each.minor,
                "from": each.source.value,
                "to": each.target.value,
                "cause": each.cause.value,
                "note": each.words,
            }
            for each in movements
        ],
        "balances": [
            {"name": name, **{part: getattr(each, part) for part in BALANCE}} for name, each in balances.items()
        ],
        "refusals": [
            {
                "code": each.code,
                "day": None if each.day is None else str(each.day),
                "table": each.table,
                "key": each.key,
                "words": each.words,
                "rule": each.rule,
                "asked": each.asked_minor,
                "granted": each.granted_minor,
            }
            for each in refusals
        ],
    }
