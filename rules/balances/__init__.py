"""The register: every kind of balance that a program can keep of its partners, one line each."""

from __future__ import annotations

from rules.balances.account import Account
from rules.balances.advance import Advance
from rules.balances.allowance import Allowance
from rules.balances.base import BalanceKind
from rules.balances.draw import Draw
from rules.balances.holdback import Holdback
from rules.balances.mark import Mark
from rules.balances.minimum import Minimum
from rules.balances.negative import Negative

BALANCES: dict[str, type[BalanceKind]] = {
    "holdback": Holdback,
    "draw": Draw,
    "advance": Advance,
    "negative": Negative,
    "minimum": Minimum,
    "mark": Mark,
    "account": Account,
    "allowance": Allowance,
}
