"""Disputes: what a claim would come to is worked out from the kept run; granted, it is paid by an adjustment."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from engine.acts.books.adjust import Adjustment, submit_adjustment
from engine.acts.books.asking import Asker, record
from engine.acts.period import period_of
from engine.acts.work_out import Kept, WorkedOut, kept_lines, kept_run, opened, worked_out
from engine.facts.claimed import write_claimed
from engine.facts.compare import told_reads
from engine.ledger import Books, books_of, disputes
from engine.ledger.dispute import DECLINED, GRANTED, OPEN, Dispute
from engine.ledger.people import same
from engine.ledger.refusals import reasoned, refused
from engine.plan import compile_plan
from engine.settle import lines_digest
from engine.store import Address, Store
from engine.values import LateLines, Lines, Plan
from engine.values.claimed import Claim, ClaimedLine, Outcome
from engine.values.draft import Draft, Recorded
from engine.version import VERSION
from rules.meaning import Meaning
from rules.problem import CheckFailed, Place, Problem, Refused, Unavailable
from rules.quantities.currency import currency, format_minor

LINES_MAX = 20  # of the partner, that a dispute lists


def open_dispute(store: Address, claim: Claim, reason: str, asker: Asker) -> Recorded:
    """Open a dispute on a row of a kept run; what the claim would come to is worked out first and is part of it.

    Raises Refused where the claim names what is not there or holds what no source could, CheckFailed where the run
    does not come out as it was kept, so that the claim's own part could not be told.
    """
    with Store.open(store, create=False) as kept:
        said, unsaid = _reasoned(reason)
        try:
            content = {**_content(kept, claim), "reason": said}
        except Refused as refusal:
            raise Refused(*refusal.problems, *unsaid) from None
        if unsaid:
            raise Refused(*unsaid)
        request = {name: content[name] for name in ("run_id", "payee", "table", "key", "claim", "is_added", "reason")}
        command = asker.command("dispute open", "", request)
        return record(kept, command, lambda books: disputes.open_dispute(books, command, content))


def answer_dispute(
    store: Address, number: int, is_granted: bool, answer: str, cycle: str, evidence: str, asker: Asker
) -> Recorded:
    """Grant or decline a dispute. What a granted one comes to is submitted as an adjustment in the open `cycle` first,
    once however often the answer is sent; another person approves that."""
    decision = GRANTED if is_granted else DECLINED
    request = {"dispute": number, "decision": decision, "answer": answer, "cycle": cycle, "evidence": evidence}
    command = asker.command("dispute answer", "", request)
    with Store.open(store, create=False) as kept:
        found = books_of(kept.events())
    adjustment = 0
    if is_granted and _may_answer(found, number, asker):
        adjustment = _adjustment(store, found, found.disputes[number], cycle, evidence, answer, asker)
    with Store.open(store, create=False) as kept:

        def decide(books: Books) -> Draft:
            return disputes.answer_dispute(books, command, number, decision, answer, adjustment)

        return record(kept, command, decide)


def close_dispute(store: Address, number: int, asker: Asker) -> Recorded:
    """Close an answered dispute, or withdraw one's own."""
    command = asker.command("dispute close", "", {"dispute": number})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: disputes.close_dispute(books, command, number))


def all_disputes(store: Address) -> tuple[tuple[Dispute, str], ...]:
    """All disputes, each with how the adjustment that pays it stands ("" where there is none)."""
    with Store.open(store, create=False) as kept:
        books = books_of(kept.events())
    requests = books.requests
    return tuple(
        (each, requests[each.adjustment].status if each.adjustment in requests else "")
        for each in books.disputes.values()
    )


# --- granted ----------------------------------------------------------------------------------------------------------


def _may_answer(books: Books, number: int, asker: Asker) -> bool:
    """Whether an answer would be taken: only then is there anything to adjust."""
    found = books.disputes.get(number)
    return found is not None and found.status == OPEN and not same(found.opened_by, asker.actor)


def _adjustment(
    store: Address, books: Books, dispute: Dispute, cycle: str, evidence: str, answer: str, asker: Asker
) -> int:
    """The number of the adjustment that pays a dispute: the one that there is, or a new one; 0 where nothing moves."""
    content, waiting = dispute.content, disputes.adjustment_of(books, dispute.number)
    minor = int(content["outcome"]["difference_minor"])
    if waiting:
        return waiting
    if not minor:
        return 0
    if not cycle:
        named = ", ".join(each.name for each in books.cycles.values() if each.is_under_way) or "none; open one"
        message = f"dispute {dispute.number} is paid in an open cycle, and none is named"
        raise refused("B156", message, f"name it: --cycle NAME; open: {named}")
    code = content["currency"]
    asked = Adjustment(
        cycle=cycle,
        payee=content["payee"],
        program=content["program"],
        component="",
        amount=f"{code} {format_minor(minor, currency(code), grouping=False)}",
        to="",
        reason=f"dispute {dispute.number} is granted: {answer.strip()}",
        evidence=evidence,
        dispute=dispute.number,
    )
    part = asker.part("adjustment")
    try:
        return submit_adjustment(store, asked, part).event.number
    except Unavailable as error:  # what is sent again is the answer, with its own key
        sent = quote(part.key), quote(asker.key)
        problems = (replace(each, hint=each.hint.replace(*sent)) for each in error.problems)
        raise Unavailable(*problems) from None


# --- what a claim would come to --------------------------------------------------------------------------------------


def _reasoned(reason: str) -> tuple[str, tuple[Problem, ...]]:
    """A reason, or what is wrong with it, which is told with all that is wrong with the claim."""
    try:
        return reasoned(reason), ()
    except Refused as refusal:
        return "", refusal.problems


def _content(store: Store, claim: Claim) -> Mapping[str, Any]:
    """What the event says of a claim, with its outcome."""
    kept = kept_run(store, claim.run)
    record_of = kept.record
    outcome, before = _outcome(store, kept, claim)
    return {
        "run": record_of.number,
        "run_id": record_of.run_id,
        "program": record_of.program,
        "period": record_of.period,
        "currency": record_of.currency,
        "payee": claim.partner,
        "table": claim.table,
        "key": claim.key,
        "claim": dict(claim.cells),
        "is_added": claim.is_added,
        "was": dict(before),
        "outcome": outcome.as_json(),
    }


def _outcome(store: Store, kept: Kept, claim: Claim) -> tuple[Outcome, Mapping[str, str]]:
    """What the run would pay with the claimed row, and what its cells held."""
    meaning = kept.program.understood()
    plan = compile_plan(meaning)
    meaning = opened(meaning, kept.is_opened)
    period = period_of(meaning, kept.record.period)
    before = kept_lines(store, kept)
    with tempfile.TemporaryDirectory(prefix="partage-") as name, told_reads("a kept table"):
        path, was = write_claimed(meaning, kept.tables, period, claim, Path(name))
        _refuse_other(kept, meaning)
        try:
            with _worked_out(kept, meaning, {**kept.tables, claim.table: path}) as found:
                partners, after = set(found.run.partners), _whole(found.run.lines)
        except Refused as refusal:
            problem = refusal.problems[0]
            message = f"with the claimed row the run is refused: {problem.message}"
            raise Refused(Problem(problem.code, message, problem.place, problem.hint)) from None
    if claim.partner not in partners | set(before.partner.tolist()):
        message = f"run {claim.run} pays no partner {claim.partner}"
        raise Refused(Problem("S110", message, Place(), "name one of its partners; partage show lists them"))
    return _compared(plan, before, after, claim.partner), was


def _worked_out(kept: Kept, meaning: Meaning, tables: Mapping[str, Path]) -> AbstractContextManager[WorkedOut]:
    period = period_of(meaning, kept.record.period)
    of = meaning, kept.program.sha256, tables, period, kept.rejected, kept.record.engine
    return worked_out(*of, versions=kept.versions)


def _refuse_other(kept: Kept, meaning: Meaning) -> None:
    """Raise where the run does not come out as it was kept: the claim's part could not be told from the engine's."""
    with _worked_out(kept, meaning, kept.tables) as found:
        if lines_digest(_whole(found.run.lines), kept.record.currency) != kept.manifest["lines_sha256"]:
            message = (
                f"run {kept.record.number} does not come out as it was kept, so nobody can tell what the claim adds"
            )
            hint = f"it was worked out by engine {kept.record.engine}, and this is {VERSION}; see partage replay"
            raise CheckFailed(Problem("S130", message, Place(), hint))


def _compared(plan: Plan, before: Lines, after: Lines, partner: str) -> Outcome:
    """What moved from lines to lines: of the partner line by line, of all others in all."""
    own, then = _of_partner(before, partner), _of_partner(after, partner)
    every = [ClaimedLine(*key, own.get(key), then.get(key)) for key in sorted({*own, *then})]
    moved = sorted((each for each in every if each.difference_minor), key=lambda each: -abs(each.difference_minor))
    titles = {step.name: step.title for step in plan.components}
    components = []
    for component in dict.fromkeys([*titles, *(each.component for each in every)]):
        sums = [sum(minor for key, minor in each.items() if key[0] == component) for each in (own, then)]
        if sums[0] != sums[1]:
            components.append((titles.get(component, component), sums[0], sums[1]))
    totals = _totals(after)
    totals.subtract(_totals(before))
    others = [minor for name, minor in totals.items() if name != partner and minor]
    return Outcome(
        before_minor=sum(own.values()),
        after_minor=sum(then.values()),
        components=tuple(components),
        others=len(others),
        others_minor=sum(others),
        lines=tuple(moved[:LINES_MAX]),
        lines_more=max(len(moved) - LINES_MAX, 0),
    )


def _of_partner(lines: Lines, partner: str) -> Counter[tuple[str, str, str]]:
    """What the lines of a partner come to by component, table and key."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in np.flatnonzero(lines.partner == partner).tolist():
        line = lines.line(row)
        found[line.component, line.table, line.key] += line.amount_minor
    return found


def _totals(lines: Lines) -> Counter[str]:
    found: Counter[str] = Counter()
    for partner, minor in zip(lines.partner.tolist(), lines.amount_minor.tolist(), strict=True):
        found[partner] += minor
    return found


def _whole(lines: Lines | LateLines) -> Lines:
    return lines if isinstance(lines, Lines) else lines.whole()
