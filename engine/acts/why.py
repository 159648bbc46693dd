"""Why: the explanation of one partner's value in a kept run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.acts.reopen_sheet import is_kept, kept_plan, reopen_sheet
from engine.explain import DoesNotReAdd, explain
from engine.explain.names import resolved
from engine.store import RunRecord, Store
from engine.store.tables import partner_names
from engine.values import Plan, Reasoned
from rules.meaning import Meaning
from rules.problem import PartageError


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation, of which run and for whom."""

    record: RunRecord
    partner: str
    partner_name: str
    reason: Reasoned


def why(store: Path | str, number: int, partner: str, name: str | None, is_whole: bool = False) -> Why:
    """Why a partner has its value of `name` (its whole payout by default) in a run.

    A KPI or a number of a scorecard is worked out from its kept rows and held against the sheet that the run kept. For
    a payout the run is recomputed first and held against what was kept, so that what is explained is what was paid: of
    the partner alone where the program looks at each partner alone, or else, or where that is not what was kept, whole.
    """
    with Store.open(store, create=False) as books:
        record = books.run(number)
        names = partner_names(books.blob(record.blobs["table:partners"]))
        meaning, plan = kept_plan(books, record)
        name = None if name is None else resolved(plan, name)
        if name is not None and is_kept(record, plan, name):
            with reopen_sheet(books, record, meaning) as (sheet, facts):
                reason = explain(plan, sheet, facts, partner, name, is_whole)
        else:
            reason = _recomputed(books, record, meaning, plan, partner, name, is_whole)
        return Why(record, partner, names.get(partner, ""), reason)


def _recomputed(
    books: Store, record: RunRecord, meaning: Meaning, plan: Plan, partner: str, name: str | None, is_whole: bool
) -> Reasoned:
    """Why a partner has its value, by working the run out again: of that partner, or the whole."""
    from engine.acts.reopen import reopen  # all that works out a run, which a number of a sheet has no use for
    from engine.acts.reopen_partner import reopen_partner

    alone = reopen_partner(books, record, meaning, plan, partner)
    with suppress(PartageError, DoesNotReAdd), alone as found:  # what is refused is told of the whole run
        if found is not None:
            return explain(plan, *found, partner, name, is_whole)
    with reopen(books, record.number) as run:
        return explain(run.plan, run.sheet, run.facts, partner, name, is_whole)
