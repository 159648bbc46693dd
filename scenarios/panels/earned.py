"""The partners that earned an incentive: what the locked cycles of a store paid for one component of a program.

Who earned it did well, with or without it: see the how-to on measuring what funds brought.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.acts.books.owed import Part, parts_of
from engine.ledger import books_of
from engine.ledger.cycles import Cycle
from engine.store import Address, Store
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from scenarios.panels.treatment import Payment, Treatment, first_payments


def of_incentive(store: Address, meaning: Meaning, component: str) -> Treatment:
    """What was paid for a payout or a pool, dated on the first day of the period that it was for; raises Refused (M213)
    where no locked cycle paid anything for it. A partner is treated from the first such period on."""
    with Store.open(store, create=False) as kept:
        cycles = [each for each in books_of(kept.events()).cycles.values() if each.is_locked]
        payments = tuple(sorted(each for cycle in cycles for each in _paid(kept, cycle, meaning, component)))
    if not payments:
        message = f"no locked cycle of {meaning.title} paid anything for {component[:64]}"
        names = [*(each.name for each in meaning.payouts), *(each.name for each in meaning.pools)]
        hint = f"its components are {', '.join(names)}" if component not in names else "lock the cycles that paid it"
        raise Refused(Problem("M213", message, Place(), hint))
    grants = tuple(sorted(first_payments(payments)))
    return Treatment(grants, payments, grants)


def _paid(kept: Store, cycle: Cycle, meaning: Meaning, component: str) -> Iterator[Payment]:
    for part in parts_of(kept, cycle):
        if part.program == meaning.title:
            _refuse_other_money(part, meaning, cycle)
            for (partner, name), minor in part.sums.items():
                if name == component and minor:
                    yield Payment(partner, cycle.start, component, minor, cycle.start)


def _refuse_other_money(part: Part, meaning: Meaning, cycle: Cycle) -> None:
    paid, own = part.calculation.currency, meaning.terms.currency.code
    if paid != own:
        message = f"cycle {cycle.name} paid in {paid}, and the program is in {own}"
        raise Refused(Problem("M213", message, Place(), "name the program as it was when the cycle paid"))
