"""What a program's funds reimburse of each claim, as a column that rules can read: `mdf_claims.reimbursable`.

It rests on budgets that partners share, and so on the rows of all partners; it is worked out once for a snapshot, by
the commitment ledger, before anything is cut by partner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from engine.mdf.facts import Claim, FundFacts
from engine.mdf.ledger import commitment_ledger
from engine.mdf.movements import Ledger, Refusal
from engine.mdf.reason import cuts, reimbursable, why_reimbursable
from rules.mdf.meaning import MdfMeaning


@dataclass(frozen=True, slots=True, eq=False)
class Reimbursed:
    """What the ledger made of each claim; claims by their record."""

    ledger: Ledger
    rules: MdfMeaning
    claims: Mapping[int, Claim]
    minor: Mapping[str, int | None]
    cuts: Mapping[str, Sequence[Refusal]]

    def words(self, record: int) -> str:
        """Why a claim is reimbursed so much, by the record of its row."""
        claim = self.claims[record]
        return why_reimbursable(self.ledger, self.rules, claim, self.minor[claim.id], self.cuts.get(claim.id, ()))


def see_reimbursed(
    connection: duckdb.DuckDBPyConnection, facts: FundFacts, rules: MdfMeaning, is_own: bool = False
) -> Reimbursed:
    """Make the column for a connection; `is_own`: for this cursor alone, which sees other amounts."""
    ledger = commitment_ledger(facts, rules)
    minor = reimbursable(ledger)
    known = {each.record: minor[each.id] for each in facts.claims}
    rows = pa.table({"record": pa.array([*known], pa.int64()), "minor": pa.array([*known.values()], pa.int64())})
    connection.register("reimbursed_rows", rows)
    kind = "TEMP TABLE" if is_own else "TABLE"
    connection.execute(f"CREATE OR REPLACE {kind} reimbursable AS SELECT * FROM reimbursed_rows")
    connection.unregister("reimbursed_rows")
    return Reimbursed(ledger, rules, {each.record: each for each in facts.claims}, minor, cuts(ledger))
