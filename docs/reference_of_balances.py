"""The reference of balances: what each kind keeps, its keys, and an example that is worked out by the kind itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from markup import fenced, table
from reference_of_kinds import _read
from reference_of_models import keys, keys_below, words

from rules.balances import BALANCES
from rules.balances.base import BalanceKind, Row
from rules.calendar import Calendar
from rules.kinds.base import Terms
from rules.quantities.currency import currency

_TERMS, _MONTHS, _FIRST = Terms(currency("EUR")), Calendar("month"), "2026-10"
_DUE = "due"

# What a balance is written as, and months of one partner: what is due before it, and what it reads, in euros.
KEPT: Mapping[str, tuple[str, Mapping[str, Sequence[int]]]] = {
    "holdback": ("holdback: {share: 10%, released: {after: 2}}", {_DUE: (1_000, 500, 0, 0)}),
    "draw": ("draw: EUR 2_000", {_DUE: (1_500, 2_300, 2_900)}),
    "advance": (
        "advance: {of: advances, recoup: 50%, is_paid: true}",
        {_DUE: (0, 3_000, 900), "advances": (1_800, 0, 0)},
    ),
    "negative": ("negative: carry", {_DUE: (-300, 200, 500)}),
    "minimum": ("minimum: {amount: EUR 50, at_year_end: true}", {_DUE: (20, 35, 10)}),
    "mark": ("mark: net_value", {"net_value": (9_000, 8_500, 9_400)}),
    "account": (
        "account: {movements: {paid_in: contributions, drawn: -drawings}, credited: [interest]}",
        {_DUE: (40, 45), "contributions": (1_000, 0), "drawings": (0, 300)},
    ),
    "allowance": (
        "allowance: {accrued: accrual, used: claims, expires_after: 1}",
        {"accrual": (400, 300, 0), "claims": (100, 150, 0)},
    ),
}


def balances_page() -> str:
    """Every kind of balance: what it does, its keys, and how it rolls forward."""
    parts = [
        "# Balances\n\n"
        "A balance is kept of each partner from period to period: it opens with what the period before closed with, "
        "and closes with that and its movements. A movement may take something from what is paid, or add to it. "
        "Balances "
        "come after all payouts and pools, in the order in which they are written: each sees as due what the one "
        "before it leaves. A program names them under [`balances`](program.md#balances); [keep "
        "balances](../how-to/keep-balances.md) shows them at work.\n\n"
        "Payouts, pools and balances can name what a balance opened with: `fund.opening` is that of the balance "
        "`fund`.\n\n"
        "Banks of limits (`PAYOUT.bank`), what pools carry over (`POOL.carried`) and what waterfalls paid so far "
        "(`POOL.layer.N`, `POOL.carry`) roll forward in the same way, without being named; a row of the program's own "
        "leaves `partner_id` blank.\n\n"
        "Where a balance opens with what a file says, the file is the table [`balances`](tables.md#balances): `as_of` "
        "is the last day of a period, and the next period opens with all rows of that day; a partner or a balance "
        "without one opens with nothing. What came before that day is not looked at again. `released_on` says when a "
        "part of a `holdback` is released, or a part of an `allowance` expires: in the period that holds the day. "
        "Without it, the part counts as if it had come on to the balance on `as_of`. Of what a waterfall paid, it "
        "is the day on which it did.\n"
    ]
    for name, kind in BALANCES.items():
        assert name in KEPT, f"add an example of {name} to KEPT in docs/reference_of_balances.py"
        written, months = KEPT[name]
        parts.append(f"\n## {name}\n\n{words(kind)}\n\n{keys(kind)}{keys_below(kind)}")
        parts.append(f"\n{fenced(written, 'yaml')}\n{_rolled(name, written, months)}")
    return "".join(parts)


def _rolled(name: str, written: str, months: Mapping[str, Sequence[int]]) -> str:
    """The months of one partner, worked out by the kind."""
    kind = BALANCES[name].model_validate(_read(written)[name])
    period, opening = _MONTHS.period(_FIRST), Fraction(0)
    past: list[Mapping[str, Fraction]] = []
    rows = []
    for at in range(len(next(iter(months.values())))):
        found = kind.explain(_row(kind, months, at, opening, past), _TERMS)
        moves = {each.name: each.change for each in found}
        paid, closing = sum((each.paid for each in found), Fraction(0)), opening + sum(moves.values())
        given = [f"{each[at]:,}.00" for each in months.values()]
        told = [_TERMS.money(each) for each in (opening, *moves.values(), closing)]
        due = [_TERMS.money(months[_DUE][at] * 100 + paid)] if _DUE in months else []
        rows.append((period.name, *given, *told, *due))
        past.append(moves)
        opening, following = closing, _MONTHS.after(period)
        assert following is not None, "months go on"
        period = following
    moved = [each.replace("_", " ") for each in kind.names()]
    paid_head = ["is paid"] if _DUE in months else []
    return table(
        (
            "period",
            *(f"`{each}`" if each != _DUE else each for each in months),
            "opening",
            *moved,
            "closing",
            *paid_head,
        ),
        rows,
    )


def _row(
    kind: BalanceKind,
    months: Mapping[str, Sequence[int]],
    at: int,
    opening: Fraction,
    past: Sequence[Mapping[str, Fraction]],
) -> Row:
    cents = {name: Fraction(each[at] * 100) for name, each in months.items()}
    inputs = {}
    for key, wanted in kind.inputs().items():
        text = wanted.written.text
        inputs[key] = -cents[text[1:]] if text.startswith("-") else cents[text]

    def back(name: str, periods: int) -> Fraction:
        return past[-periods][name] if periods <= len(past) else Fraction(0)

    due, period = cents.get(_DUE, Fraction(0)), _MONTHS.period(_FIRST)
    for _ in range(at):
        following = _MONTHS.after(period)
        assert following is not None, "months go on"
        period = following
    closes_year = _MONTHS.fiscal_year(period.start).end == period.end
    return Row(period, due, due, opening, True, inputs, back, closes_year=closes_year)
