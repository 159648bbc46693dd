"""A plan on paper says every key of a balance: each is changed in turn, and the words have to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from test_every_key_is_said import said

from rules.balances import BALANCES
from rules.balances.holdback import Release

PROGRAM = """
program: Every key
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  won: {sum: deals.amount, dated: deals.closed_on}
  lost: {sum: deals.margin, dated: deals.closed_on}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
  fee: {for_each: partners, amount: 10}
  interest: {for_each: partners, amount: 1}
  share: {for_each: partners, amount: 2}
balances:
  advance: {title: Advance, advance: {of: won, recouped_from: [commission], recoup: 50%, is_paid: true}}
  shortfall: {negative: carry}
  clawed: {negative: {what: net, of: [commission]}}
  draw: {draw: {amount: EUR 100, recoup: 75%}}
  own_draw: {draw: {of: won}}
  reserve: {holdback: {share: 10%, of: [commission], released: {after: 2}}}
  dated: {holdback: {share: 20%, released: {on: 2026-06-30}}}
  cash: {holdback: {share: 30%, released: {of: won}}}
  small: {minimum: {amount: EUR 50, at_year_end: true}}
  high: {mark: won}
  capital: {account: {movements: {paid_in: won}, credited: [interest]}}
  fund: {allowance: {accrued: won, used: lost, expires_after: 4, over: carry}}
"""
CHANGES: list[tuple[str, str, str]] = [
    ("Advance.of", "advance: {of: won", "advance: {of: lost"),
    ("Advance.recouped_from", "recouped_from: [commission]", "recouped_from: [fee]"),
    ("Advance.recoup", "recoup: 50%", "recoup: 60%"),
    ("Advance.is_paid", "is_paid: true", "is_paid: false"),
    ("Negative.what", "negative: carry", "negative: write_off"),
    ("Negative.of", "what: net, of: [commission]", "what: net, of: [fee]"),
    ("Draw.amount", "EUR 100", "EUR 101"),
    ("Draw.of", "draw: {of: won", "draw: {of: lost"),
    ("Draw.recoverable", "recoup: 75%", "recoverable: false"),
    ("Draw.recoup", "recoup: 75%", "recoup: 70%"),
    ("Holdback.share", "share: 10%", "share: 11%"),
    ("Holdback.of", "of: [commission], released", "of: [fee], released"),
    ("Holdback.released", "released: {after: 2}", "released: {on: 2026-09-30}"),
    ("Release.after", "after: 2", "after: 1"),
    ("Release.on", "on: 2026-06-30", "on: 2026-07-01"),
    ("Release.of", "released: {of: won}", "released: {of: lost}"),
    ("Minimum.amount", "EUR 50", "EUR 51"),
    ("Minimum.at_year_end", "at_year_end: true", "at_year_end: false"),
    ("Mark.of", "mark: won", "mark: lost"),
    ("Mark.at_year_end", "high: {mark: won}", "high: {mark: {of: won, at_year_end: true}}"),
    ("Account.movements", "paid_in: won", "paid_in: lost"),
    ("Account.credited", "credited: [interest]", "credited: [share]"),
    ("Allowance.accrued", "accrued: won", "accrued: lost"),
    ("Allowance.used", "used: lost", "used: won"),
    ("Allowance.expires_after", "expires_after: 4", "expires_after: 5"),
    ("Allowance.over", "over: carry", "over: refuse"),
    ("Balance.title", "title: Advance", "title: Loan"),
]
MODELS: tuple[type[BaseModel], ...] = (*BALANCES.values(), Release)


@pytest.mark.parametrize(("key", "old", "new"), CHANGES, ids=[each[0] for each in CHANGES])
def test_a_changed_key_of_a_balance_changes_the_words(tmp_path: Path, key: str, old: str, new: str) -> None:
    assert PROGRAM.count(old) >= 1, "the key is written"
    assert said(tmp_path / "one", PROGRAM) != said(tmp_path / "other", PROGRAM.replace(old, new, 1))


def test_every_key_of_a_balance_is_changed_above() -> None:
    known = {f"{model.__name__}.{name}" for model in MODELS for name in model.model_fields} | {"Balance.title"}
    assert known == {key for key, *_ in CHANGES}, "a new key is said in words, and changed above"


def test_the_order_of_balances_is_said(tmp_path: Path) -> None:
    words = said(tmp_path, PROGRAM)
    titles = ["1. Advance (advance)", "2. Shortfall (shortfall)", "4. Draw (draw)", "12. Fund (fund)"]
    assert [words.index(title) for title in titles] == sorted(words.index(title) for title in titles)
