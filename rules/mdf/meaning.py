"""What the rules of market development funds mean: amounts in minor units, columns found, where each was written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from rules.expressions.tree import Column, Expression, words
from rules.kinds.base import Terms, Words, percent
from rules.problem import Place
from rules.quantities.rounding import round_fraction
from rules.tables import HISTORY

LEDGER_TABLES = ("mdf_budgets", "mdf", "mdf_claims")


@dataclass(frozen=True, slots=True)
class ActivityMeaning:
    """A funded activity: the part of its cost that is reimbursed, and the most that one request for it is granted."""

    rate: Fraction
    most_minor: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class AccruedMeaning:
    """What accrues to each partner: `rate` of a column of money, by the month of a date; it lasts `months`, or for
    ever. `tables` are all that it is worked out of: that of the rows, those that `where` sees, and those on the way."""

    rate: Fraction
    table: str
    tables: frozenset[str]
    of: Column
    dated: Column
    where: Expression | None
    months: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class MdfMeaning:
    """The rules of a program's funds. With no `activities` everything is funded in full; `claim_days` counts from the
    approval of a request; `stages` are the parts of one that deals of a stage are weighted by; `places` say where
    activities, claim_within, proof and duplicates were written; what is not there is a default."""

    activities: Mapping[str, ActivityMeaning]
    claim_days: int | None
    needs_proof: bool
    duplicates: frozenset[str]
    accrued: AccruedMeaning | None
    stages: Mapping[str, Fraction]
    terms: Terms
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)

    def activity(self, name: str | None) -> ActivityMeaning | None:
        """The rule of an activity; None where it is not funded."""
        if not self.activities:
            return ActivityMeaning(Fraction(1), None, self.place)
        return self.activities.get(name or "")

    def part_minor(self, rate: Fraction, cost_minor: int) -> int:
        """The fund's part of a cost, rounded once by the program's rounding."""
        return round_fraction(rate * cost_minor, self.terms.rounding, self.terms.step_minor)

    def deadline(self, claim_by: date | None, decided_on: date, budget_last: date | None) -> date | None:
        """The last day on which a request can be claimed: its own, else so many days after its approval, else the
        budget's last; None where there is no end."""
        if claim_by is not None or self.claim_days is None:
            return claim_by or budget_last
        return decided_on + timedelta(days=self.claim_days)

    def written_at(self, key: str) -> Place:
        """Where a rule was written."""
        return self.places.get(key, self.place)

    @property
    def ledger_tables(self) -> frozenset[str]:
        """The tables that the ledger is worked out of."""
        return frozenset({*LEDGER_TABLES, HISTORY, *([] if self.accrued is None else self.accrued.tables)})

    @property
    def tables_read(self) -> frozenset[str]:
        """The tables that the ledger and what came of its funds are worked out of."""
        return self.ledger_tables | {"leads", "deals", "stages"}

    def columns_read(self, tables: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The columns that the ledger cannot do without, beside those that `accrued` names: blank for every row, they
        would say that nothing happened."""
        yield "mdf", ("decided_on", "approved", *(["activity"] if self.activities else []))
        yield "mdf_claims", ("request_id", "submitted_on", "claimed", "decided_on", "approved")
        yield "mdf_claims", ("proof_sha256",) if self.needs_proof else ()
        if "mdf_budgets" in tables:
            yield "mdf", ("budget_id",)
            yield "mdf_budgets", ("valid_from", "amount")
        if self.accrued is not None:
            yield self.accrued.table, ("partner_id",)

    def in_words(self) -> Words:
        """The rules as a plan on paper says them."""
        told = [self._activity_words(name, each) for name, each in self.activities.items()]
        told += ["an activity that is not listed is not reimbursed" if told else "every activity is reimbursed in full"]
        within = "by the request's own day to claim"
        within += f", else within {self.claim_days} days of its approval" if self.claim_days is not None else ""
        told.append(f"a claim is made {within}, else by the budget's last day")
        told += ["a claim needs a proof"] if self.needs_proof else []
        said = {"same_proof": "the same proof", "same_amount": "the same request, amount and day"}
        named = [words for key, words in said.items() if key in self.duplicates]
        told += [f"a claim with {' or '.join(named)} as an earlier one is refused"] if named else []
        if self.accrued is not None:
            until = f", and lasts {self.accrued.months} months" if self.accrued.months is not None else ""
            only = f" where {words(self.accrued.where)}" if self.accrued.where is not None else ""
            told.append(
                f"a fund accrues at {percent(self.accrued.rate)} of {self.accrued.of}{only} of each month by "
                f"{self.accrued.dated}{until}"
            )
        told += [f"of open deals in stage {name}, {percent(part)} count as won" for name, part in self.stages.items()]
        return Words("; ".join(told))

    def _activity_words(self, name: str, activity: ActivityMeaning) -> str:
        most = activity.most_minor
        up_to = "" if most is None else f", up to {self.terms.amount(most)} for one request"
        return f"{percent(activity.rate)} of the cost of {name} is reimbursed{up_to}"
