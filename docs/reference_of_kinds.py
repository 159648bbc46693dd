"""The reference of kinds: what each pays or shares, its keys, and examples that are worked out by the kind itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import accumulate

import numpy as np
from markup import fenced, table
from reference_of_models import keys, keys_below, words

from rules.document.reader import plain, read_document
from rules.expressions.evaluate import evaluate
from rules.expressions.expression import parse_expression
from rules.expressions.tree import Expression, Type
from rules.kinds import PAYOUTS
from rules.kinds.base import PayoutKind, ShareKind, Terms, number, percent
from rules.kinds.scales.reference import Quantity, parse_quantity
from rules.pools import SHARES
from rules.quantities.apportion import Residue, apportion
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing.accrual import day
from rules.sharing.base import Pot, TableRows
from rules.sharing.whole import whole_awards

Rows = Mapping[str, Sequence[str]]  # what each row holds, by column as a rule names it; texts stand in quotes
_POOL_MINOR = 100_000

# The lines of a rule that matter here, and the rows that it pays.
PAID: Mapping[str, Sequence[tuple[str, Rows]]] = {
    "amount": (("for_each: deals\namount: EUR 250", {"deals.deal_id": ("'D-1'", "'D-2'")}),),
    "rate": (
        ("base: deals.annual_value\nrate: 7.5%", {"deals.annual_value": ("EUR 1_200", "EUR 999.99", "EUR -400")}),
        (
            "base: deals.annual_value\nrate: {rate: 5%, times: performance / 100, at_least: 3%, at_most: 6%}",
            {"deals.annual_value": ("EUR 1_000",) * 3, "performance": ("40", "90", "130")},
        ),
    ),
    "per_unit": (
        ("base: usage.api_calls\nper_unit: EUR 0.0035", {"usage.api_calls": ("1_000", "12_345")}),
        (
            "base: matches\nper_unit: {amount: EUR 1_000, guaranteed: {amount: EUR 10_000, covers: 8}}",
            {"matches": ("5", "8", "11")},
        ),
    ),
    "tiers": (
        (
            "base: deals.amount\ntiers:\n  method: marginal\n"
            "  steps: [{to: 10_000, rate: 5%}, {to: 50_000, rate: 7%}, {rate: 10%}]",
            {"deals.amount": ("EUR 8_000", "EUR 10_000", "EUR 60_000")},
        ),
        (
            "base: deals.amount\ntiers:\n  method: marginal\n  accumulate: fiscal_year\n  order: [deals.closed_on]\n"
            "  steps: [{to: 10_000, rate: 5%}, {to: 50_000, rate: 7%}, {rate: 10%}]",
            {"deals.amount": ("EUR 8_000", "EUR 4_000", "EUR -4_000")},
        ),
        (
            "base: deals.amount\ntiers:\n  method: whole\n  at_edge: higher_tier\n"
            "  steps: [{to: 10_000, rate: 5%}, {rate: 7%}]",
            {"deals.amount": ("EUR 9_999.99", "EUR 10_000")},
        ),
        (
            "base: deals.amount\ntiers:\n  method: interpolated\n  by: attainment\n"
            "  steps: [{at: 80%, rate: 2%}, {at: 100%, rate: 6%}]",
            {"deals.amount": ("EUR 10_000",) * 4, "attainment": ("70%", "80%", "95%", "130%")},
        ),
        (
            "for_each: partners\ntiers:\n  method: whole\n  by: won\n  at_edge: higher_tier\n"
            "  steps: [{to: 5, amount: 0}, {to: 10, amount: EUR 500}, {amount: EUR 1_500}]",
            {"won": ("4", "5", "12")},
        ),
        (
            "base: partners.sales\ntiers:\n  method: marginal\n  quota: partners.quota\n"
            "  steps: [{to: 80%, rate: 2%}, {to: 100%, rate: 5%}, {rate: 8%}]",
            {"partners.sales": ("EUR 90_000", "EUR 90_000"), "partners.quota": ("EUR 100_000", "EUR 50_000")},
        ),
    ),
    "matrix": (
        (
            "base: deals.amount\nmatrix:\n  rows: {by: attainment, edges: [100%]}\n"
            "  columns: {by: discount_left, edges: [20%, 40%]}\n  at_edge: higher_tier\n"
            "  rates: [[2%, 4%, 6%], [3%, 6%, 9%]]",
            {
                "deals.amount": ("EUR 10_000",) * 3,
                "attainment": ("95%", "100%", "100%"),
                "discount_left": ("20%", "20%", "45%"),
            },
        ),
    ),
    "card": (
        (
            "base: deals.amount\ncard:\n  entries:\n    - {for: {deals.product: Atlas}, rate: 8%}\n"
            "    - {for: {deals.product: Atlas, partners.region: [DE, AT]}, rate: 10%}\n"
            "    - {for: {deals.kind: support}, amount: EUR 100}\n  otherwise: {rate: 5%}",
            {
                "deals.amount": ("EUR 10_000",) * 4,
                "deals.product": ("'Atlas'", "'Atlas'", "'Borea'", "'Borea'"),
                "partners.region": ("'FR'", "'AT'", "'DE'", "'DE'"),
                "deals.kind": ("'new'", "'new'", "'support'", "'new'"),
            },
        ),
    ),
    "prizes": (
        (
            "base: won_value\nprizes: {best: highest, ties: share, at_least: 10_000, "
            "prizes: [EUR 5_000, EUR 3_000, EUR 1_000]}",
            {"won_value": ("EUR 90_000", "EUR 70_000", "EUR 70_000", "EUR 20_000", "EUR 9_000")},
        ),
    ),
}

_OWED: Rows = {"owed": ("EUR 300", "EUR 600", "EUR 900")}

# How a pool is shared, and the partners who share it.
SHARED: Mapping[str, tuple[str, Rows]] = {
    "equally": ("shared: equally", {"partners.partner_id": ("'acme'", "'bolt'", "'crux'")}),
    "by": ("shared: {by: points}", {"points": ("50", "30", "10")}),
    "by_rank": ("shared: {by_rank: {of: points, best: highest}}", {"points": ("50", "30", "30")}),
    "points": (
        "shared: {points: {classes: {equity: {units: equity_units, points: 3}, service: {units: years}}}}",
        {"equity_units": ("10", "5", "0"), "years": ("4", "10", "15")},
    ),
    "lockstep": ("shared: {lockstep: {of: years, points: [10, 12, 15]}}", {"years": ("0", "1", "7")}),
    "salary": (
        "shared: {salary: {of: annual_pay, at_most: pay_limit}}",
        {"annual_pay": ("EUR 400_000", "EUR 120_000", "EUR 60_000"), "pay_limit": ("EUR 300_000",) * 3},
    ),
    "integrated": (
        "shared: {integrated: {of: annual_pay, level: EUR 50_000, disparity: 0.2%}}",
        {"annual_pay": ("EUR 120_000", "EUR 60_000", "EUR 30_000")},
    ),
    "proportional": ("shared: {proportional: owed}", _OWED),
    "equal_awards": ("shared: {equal_awards: owed}", _OWED),
    "equal_losses": ("shared: {equal_losses: owed}", _OWED),
    "talmud": ("shared: {talmud: owed}", _OWED),
    "discretion": ("shared: {discretion: entered}", {"entered": ("EUR 500", "EUR 300", "EUR 0")}),
    "units": (
        "shared: {units: {count: 8, of: points, method: webster}}",
        {"points": ("100", "80", "30", "20")},
    ),
    "shapley": ("shared: shapley", {"partners.partner_id": ("'acme'", "'bolt'")}),
    "waterfall": (
        "shared:\n  waterfall:\n    layers:\n      - capital: true\n      - preferred: {rate: 8%}\n"
        "      - catch_up: {share: 100%, to: 20%}\n      - split: {carry: 20%}",
        {"partners.partner_id": ("'acme'", "'bolt'")},
    ),
}

# The rows of a table that a kind reads beside the members, a year before the last day of the period.
BESIDE: Mapping[str, Mapping[str, Sequence[str]]] = {
    "shapley": {
        "coalition": ("1", "2", "3", "3"),
        "partner_id": ("acme", "bolt", "acme", "bolt"),
        "worth": ("EUR 100", "EUR 200", "EUR 600", "EUR 600"),
    },
    "waterfall": {
        "partner_id": ("acme", "bolt"),
        "occurred_on": ("2025-12-31", "2025-12-31"),
        "amount": ("EUR 500", "EUR 300"),
    },
}


def kinds_page() -> str:
    """Every kind: what it does, its keys, and what examples give."""
    parts = [
        "# Kinds\n\n"
        "A kind is a way to pay a row or to share a pool. A rule names exactly one, as a key: `rate: 7.5%`. Where a "
        "kind has one key that matters most, a lone value fills it: `rate: 7.5%` is `rate: {rate: 7.5%}`. The kinds "
        "that turn a KPI into points are [scales](scales.md); who earns on a row is said by [credit](credit.md).\n\n"
        "What a kind gives is exact and not yet rounded. [Multipliers](program.md#payoutsmultipliers), bounds, the one "
        "[rounding](program.md#payoutsrounding) and [limits](program.md#payoutslimits) come after it.\n"
        "\n## Payouts\n"
    ]
    for name, kind in PAYOUTS.items():
        assert PAID.get(name), f"add an example of {name} to PAID in docs/reference_of_kinds.py"
        parts.append(f"\n### {name}\n\n{words(kind)}\n\n{keys(kind)}{_measures(kind)}{keys_below(kind)}")
        parts += [f"\n{fenced(written, 'yaml')}\n{_paid(name, written, rows)}" for written, rows in PAID[name]]
    parts.append("\n## Shares of a pool\n")
    for name, share in SHARES.items():
        assert name in SHARED, f"add an example of {name} to SHARED in docs/reference_of_kinds.py"
        written, rows = SHARED[name]
        parts.append(f"\n### {name}\n\n{words(share)}\n\n{keys(share)}{keys_below(share)}")
        parts.append(f"\n{fenced(written, 'yaml')}\n{_shared(name, written, rows)}")
    return "".join(parts)


def _measures(kind: type[PayoutKind]) -> str:
    if not kind.measures:
        return "\nIt takes no `base`.\n"
    return f"\nIts `base` is of type {' or '.join(sorted(each.value for each in kind.measures))}.\n"


def _paid(name: str, written: str, rows: Rows) -> str:
    """What a rule pays for rows, and why, worked out by its kind."""
    rule, count = _read(written), len(next(iter(rows.values())))
    kind = PAYOUTS[name].model_validate(rule[name])
    base = None if "base" not in rule else parse_expression(str(rule["base"]))
    trees = ({} if base is None else {"base": base}) | {key: each.written.tree for key, each in kind.inputs().items()}
    answers = {key: _answers(tree, rows) for key, tree in trees.items()}
    types = {key: Type.MONEY if _is_money(rows, str(tree)) else Type.NUMBER for key, tree in trees.items()}
    columns = {key: Exact.of(values) for key, values in answers.items()}
    shown = dict(rows)
    if kind.running is not None:
        before = [Fraction(0), *accumulate(answers["base"])][:count]
        columns["before"] = Exact.of(before)
        shown["before it"] = [f"EUR {_TERMS.money(each)}" for each in before]
    terms = replace(_TERMS, types=types)
    paid = kind.compute(columns, count, terms).fractions()
    lines = [
        (*(_shown(shown[key][at]) for key in shown), terms.money(due or 0), kind.explain(columns, at, terms).words)
        for at, due in enumerate(paid)
    ]
    return table((*(f"`{key}`" if key in rows else key for key in shown), "due EUR", "because"), lines)


def _shared(name: str, written: str, rows: Rows) -> str:
    """What partners get of a pool of EUR 1,000.00, and why, worked out by the kind of share."""
    shared = _read(written)["shared"]
    assert isinstance(shared, Mapping | str)
    kind = SHARES[name].model_validate({} if isinstance(shared, str) else shared[name])
    count = len(next(iter(rows.values())))
    columns = {key: Exact.of(_answers(each.tree, rows)) for key, each in kind.inputs().items()}
    if isinstance(kind, ShareKind):
        weights, head = kind.compute(columns, count), "weight"
        told = [number(each or Fraction(0)) for each in weights.fractions()]
        shares = apportion(_POOL_MINOR, weights.scaled()[0].tolist()).shares.tolist()
    else:
        found = kind.award(columns, _pot(name, rows))
        head, members = "award", np.arange(count)
        told = [_TERMS.money(each or 0) for each in found.exact.fractions()]
        shares = whole_awards(found.exact, members, Residue.LARGEST_REMAINDER, _TERMS).tolist()
    lines = [
        (
            *(_shown(texts[at]) for texts in rows.values()),
            told[at],
            _TERMS.money(shares[at]),
        )
        for at in range(count)
    ]
    shown = table((*(f"`{key}`" for key in rows), head, f"of EUR {_TERMS.money(_POOL_MINOR)}"), lines)
    if name not in BESIDE:
        return shown
    beside = table([f"`{key}`" for key in BESIDE[name]], list(zip(*BESIDE[name].values(), strict=True)))
    assert not isinstance(kind, ShareKind)
    reads = kind.reads()
    assert reads is not None, "what stands in BESIDE is read"
    on = "" if reads.dated is None else f", on {_LAST}"
    tail = "" if found.carry is None else f"\nThe carry is paid EUR {_TERMS.money(found.carry)}.\n"
    return f"With these rows of `{reads.table}`{on}:\n\n{beside}\n{shown}{tail}"


_LAST = date(2026, 12, 31)


def _pot(name: str, rows: Rows) -> Pot:
    """A pool of EUR 1,000.00 on the last day of 2026, with the rows that its kind reads."""
    count = len(next(iter(rows.values())))
    keys = [text.strip("'") for text in rows.get("partners.partner_id", [str(at) for at in range(count)])]
    beside = None
    if name in BESIDE:
        members = np.array([keys.index(partner) for partner in BESIDE[name]["partner_id"]])
        read = {key: Exact.of(map(_cell, texts)) for key, texts in BESIDE[name].items() if key != "partner_id"}
        beside = TableRows(members, read)
    return Pot(Fraction(_POOL_MINOR), _TERMS, np.array(keys, dtype=object), day(_LAST), beside)


def _cell(text: str) -> Fraction | int:
    """A cell of a table: a day, an amount or a number."""
    if text.count("-") == 2:
        return day(date.fromisoformat(text))
    value = _value(text)
    assert isinstance(value, Fraction)
    return value


_TERMS = Terms(currency("EUR"))


def _read(written: str) -> Mapping[str, object]:
    root, problems = read_document(written.encode(), "example")
    assert root is not None and not problems, f"the example is sound: {problems}"
    found = plain(root)
    assert isinstance(found, Mapping)
    return found


def _value(text: str) -> Fraction | str:
    """A written value: a text in quotes, money in minor units, else a number."""
    if text.startswith("'"):
        return text.strip("'")
    quantity = parse_quantity(text)
    return quantity.amount * 100 if quantity.unit == "money" else quantity.amount


def _shown(text: str) -> str:
    """The same for people."""
    if text.startswith("'"):
        return text.strip("'")
    quantity: Quantity = parse_quantity(text.replace(",", ""))
    if quantity.unit == "percent":
        return percent(quantity.amount)
    return _TERMS.money(quantity.amount * 100) if quantity.unit == "money" else number(quantity.amount)


def _answers(tree: Expression, rows: Rows) -> list[Fraction]:
    """What an expression comes to on each row: a number, money in minor units, or 1 where a condition holds."""

    def one(at: int) -> Fraction:
        found = evaluate(tree, lambda column: _value(rows[str(column)][at]))
        assert isinstance(found, Fraction | int), "the rows of an example say all that its expressions read"
        return Fraction(found)

    return [one(at) for at in range(len(next(iter(rows.values()))))]


def _is_money(rows: Rows, name: str) -> bool:
    return name in rows and rows[name][0].startswith("EUR")
