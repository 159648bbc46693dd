"""What a claim is reimbursed, and why: the fund's part of what was validated, less what the ledger refused or cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.mdf.facts import Claim
from engine.mdf.movements import Ledger, Refusal
from engine.mdf.refusing import claim_fault
from rules.kinds.base import percent
from rules.mdf.meaning import MdfMeaning


def reimbursable(ledger: Ledger) -> Mapping[str, int | None]:
    """What each claim is reimbursed in minor units, paid already or not; unknown until it is
    decided, and where it has no place in the ledger."""
    found: dict[str, int | None] = {name: _unvalidated(claim) for name, claim in ledger.claims.items()}
    for each in ledger.movements:
        if each.kind == "validated":
            found[each.claim] = (found[each.claim] or 0) + each.minor
    return found


def _unvalidated(claim: Claim) -> int | None:
    is_unknown = claim.approved_minor is None or claim.decided_on is None or claim_fault(claim)
    return None if is_unknown else 0


def cuts(ledger: Ledger) -> Mapping[str, Sequence[Refusal]]:
    """Which rules refused or cut what is due of each claim; what was paid of it, too much or nobody knows how much,
    changes nothing of that."""
    found: dict[str, list[Refusal]] = {}
    for each in ledger.refusals:
        if each.table == "mdf_claims" and each.code not in ("M126", "M130"):
            found.setdefault(each.key, []).append(each)
    return found


def why_reimbursable(
    ledger: Ledger, rules: MdfMeaning, claim: Claim, minor: int | None, cut: Sequence[Refusal] = ()
) -> str:
    """Why a claim is reimbursed so much: its request, rate and cost, and each rule that refused or `cut` it.

    What comes out is held against the rate and the cost once more where no rule did.
    """
    if minor is None:
        return f"claim on {claim.request}: " + (claim_fault(claim) or "it is not decided")
    request = ledger.requests.get(claim.request or "")
    activity = None if request is None else rules.activity(request.activity)
    told = [f"claim on {claim.request}"]
    if request is not None and activity is not None and claim.approved_minor is not None:
        money, part = rules.terms.money, rules.part_minor(activity.rate, claim.approved_minor)
        assert cut or part == minor, "a claim that no rule cuts is reimbursed its part"
        of = f" for {request.activity}" if request.activity else ""
        cost = f"{percent(activity.rate)} of the validated {money(claim.approved_minor)}{of}"
        told.append(f"{cost} is {money(part)} @ {activity.place}")
    told += [f"{each.code} {each.words} @ {each.rule}" for each in cut]
    return "; ".join(told)
