"""A balance as it is written: a title and one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import create_model, model_validator

from rules.balances import BALANCES
from rules.balances.base import BalanceKind
from rules.kinds.choosing import check_one_kind, fields_of
from rules.payouts.spec import Written


class _Balance(Written):
    title: str | None = None

    @property
    def kind_name(self) -> str:
        """The key of the one kind that the balance names."""
        return next(name for name in BALANCES if getattr(self, name) is not None)

    @property
    def kind(self) -> BalanceKind:
        """The one kind that the balance names."""
        found = getattr(self, self.kind_name)
        assert isinstance(found, BalanceKind)
        return found

    @model_validator(mode="after")
    def _one_kind(self) -> _Balance:
        check_one_kind("balance", [name for name in BALANCES if getattr(self, name) is not None], list(BALANCES))
        return self


if TYPE_CHECKING:

    class Balance(_Balance):
        """What is kept of each partner between periods: one kind."""

else:  # a key for each registered kind
    Balance = create_model(
        "Balance",
        __base__=_Balance,
        __doc__="What is kept of each partner between periods, beside what is paid: one kind.",
        **fields_of(BALANCES),
    )
