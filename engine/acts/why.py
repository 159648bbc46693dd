"""Why: the explanation of one partner's value in a kept run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.acts.reopen import reopen
from engine.explain import explain
from engine.store import RunRecord, Store
from engine.store.tables import partner_names
from engine.values import Reasoned


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation, of which run and for whom."""

    record: RunRecord
    partner: str
    partner_name: str
    reason: Reasoned


def why(store: Path, number: int, partner: str, name: str | None, is_whole: bool = False) -> Why:
    """Why a partner has its value of `name` (its whole payout by default) in a run; the run is recomputed and held
    against what was kept first, so that what is explained is what was paid."""
    with Store.open(store, create=False) as books, reopen(books, number) as run:
        reason = explain(run.plan, run.sheet, run.facts, partner, name, is_whole)
        names = partner_names(books.blob(run.record.blobs["table:partners"]))
        return Why(run.record, partner, names.get(partner, ""), reason)
