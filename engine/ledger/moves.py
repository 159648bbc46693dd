"""The moves of a cycle: each looks at the books and gives the draft of its event, or refuses.

open -> calculated as often as you like -> submitted -> approved by another person (as many as the program asks for) ->
locked -> paid -> closed. A rejection, or any change, leads back to open; nothing leads back from locked. An open one
may be dropped, which nothing leads back from either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.ledger.books import Books
from engine.ledger.cycles import AWAITING, CLOSED, DROPPED, LOCKED, OPEN, READY, Cycle
from engine.ledger.openings import opening_of
from engine.ledger.people import among, same
from engine.ledger.refusals import conflict, reasoned, refused
from engine.ledger.version import Version
from engine.values.draft import Draft
from engine.values.event import Command
from engine.values.lines import LateLines, Lines
from engine.values.posting import Posting
from rules.approval import PARTS
from rules.calendar import Period

_DID: Mapping[str, str] = {**PARTS, "submit": "submitted it"}


def open_cycle(books: Books, command: Command, period: Period, programs: Mapping[str, str | None]) -> Draft:
    """Open a cycle for a period of programs, each with the name of its period before, None where there is none.

    A program is in one open cycle at a time, and its periods are locked one after another. A period that was locked is
    opened again only to true it up: the cycle then has no run of its own.
    """
    name = command.cycle
    if not name.isprintable() or not 0 < len(name) <= 64 or name != name.strip() or "/" in name:
        hint = "1 to 64 characters that can be seen, without a slash, such as 2026-Q2"
        raise refused("B107", "this is no name for a cycle", hint)
    if name in books.cycles:
        message = f"there is a cycle {name} already, {books.cycles[name].status}"
        raise conflict("B121", message, "open one of another name; nothing reopens a cycle: its corrections go there")
    done = {program: _is_done(books, program, period, before) for program, before in programs.items()}
    if len(set(done.values())) > 1:
        names = ", ".join(program for program, each in done.items() if each)
        message = f"{period.name} is locked already for {names} and not for the others"
        raise conflict("B125", message, "open a cycle for each")
    payload = {
        "period": {"name": period.name, "start": str(period.start), "end": str(period.end)},
        "programs": sorted(programs),
        "has_run": not any(done.values()),
    }
    return Draft("cycle.opened", name, payload)


def _is_done(books: Books, program: str, period: Period, before: str | None) -> bool:
    """Whether a period of a program was locked before; raises Conflict where it can't be opened now."""
    busy = [each for each in books.cycles.values() if program in each.programs and each.is_under_way]
    if busy:
        message = f"{program} is in cycle {busy[0].name}, which is {busy[0].status}"
        hint = "lock that one first: the next one opens with what it closes with; partage cycle drop ends a mistake"
        raise conflict("B122", message, hint)
    if books.version(program, period.start) is None:
        message = f"no version of {program} is in force on {period.start}"
        hint = "partage program submit, approve (another person) and activate put one into force"
        raise conflict("B123", message, hint)
    locked = {each.period for each in books.locked(program) if each.has_run}
    if locked and period.name not in locked and before not in locked:
        last = books.locked(program)[-1].period
        message = f"{program} was locked up to {last}, and {period.name} does not follow it"
        raise conflict("B124", message, f"open the period after {last} first: no period is left out")
    opening = opening_of(books, program)
    if not locked and opening is not None and opening.content["period"] != period.name:
        message = f"the opening of {program} is for {opening.content['period']}, and not for {period.name}"
        raise conflict("B124", message, f"open {opening.content['period']} first: it opens with it")
    return period.name in locked


def calculated(books: Books, name: str, content: Mapping[str, Any]) -> Draft:
    """Note what was calculated of a program in a cycle; it replaces what was calculated of it before, and voids
    approvals."""
    cycle = books.cycle(name)
    _refuse_settled(cycle)
    if content["program"] not in cycle.programs:
        hint = f"its programs: {', '.join(cycle.programs)}"
        raise conflict("B126", f"cycle {cycle.name} does not pay {content['program']}", hint)
    return Draft("cycle.calculated", cycle.name, content)


def submit(
    books: Books,
    command: Command,
    policy: Mapping[str, Any],
    totals_minor: Mapping[str, str],
    paid_out_minor: Mapping[str, str],
) -> Draft:
    """Ask for the approval of all that a cycle would pay; `policy` is what the programs ask of an approval of so much
    paid out."""
    cycle = books.cycle(command.cycle)
    _refuse_settled(cycle)
    if cycle.status in (AWAITING, READY):
        message = f"cycle {cycle.name} is {cycle.status}: {cycle.submitted_by} submitted it and nothing changed since"
        raise conflict("B127", message, "another person approves or rejects it: partage cycle approve")
    lacking = [program for program in cycle.programs if program not in cycle.calculations]
    if lacking:
        message = f"nothing was calculated yet of {', '.join(lacking)}"
        raise conflict("B128", message, f"partage run PROGRAM --period {cycle.period}")
    for program, each in cycle.calculations.items():
        opening = opening_of(books, program)
        if opening is not None and opening.decided > each.event:
            message = f"{program} was calculated before its opening was approved"
            raise conflict("B128", message, f"calculate it again: partage run PROGRAM --period {cycle.period}")
    authors: set[str] = set()
    for program in cycle.calculations:
        version = _in_force(books, cycle, program)
        if all(version.sha256 != earlier.calculations[program].program_sha256 for earlier in books.locked(program)):
            authors.add(version.author)
    payload = {
        "digest": cycle.content_sha256,
        "policy": dict(policy),
        "authors": sorted(authors),
        "totals_minor": dict(totals_minor),
        "paid_out_minor": dict(paid_out_minor),
    }
    return Draft("cycle.submitted", cycle.name, payload)


def approve(books: Books, command: Command, digest: str) -> Draft:
    """Approve what a cycle would pay; `digest` ("" for whatever is submitted) is the one that was looked at."""
    cycle = _submitted(books, command)
    allowed = cycle.policy["by"]
    parts = {part for actor, parts in cycle.makers.items() if same(actor, command.actor) for part in parts}
    barred = sorted(parts - set(cycle.policy["may_also"]))
    if barred:
        did = " and ".join(_DID[part] for part in barred)
        message = f"{command.actor} {did}, and can't approve cycle {cycle.name}"
        raise conflict("B101", message, "someone who had no hand in it approves")
    if allowed and not among(command.actor, allowed):
        message = f"{command.actor} is not among those who approve cycle {cycle.name}"
        raise conflict("B102", message, f"approval by: {', '.join(allowed)}")
    if digest and not cycle.digest.startswith(digest):
        message = f"cycle {cycle.name} is submitted as {cycle.digest[:12]}, and {digest[:12]} was looked at"
        raise conflict("B103", message, "it changed since: look at it again, then approve that digest")
    if among(command.actor, (each.actor for each in cycle.approvals)):
        missing = cycle.policy["needs"] - len(cycle.approvals)
        message = f"{command.actor} approved cycle {cycle.name} already"
        raise conflict("B104", message, f"{missing} more must approve" if missing > 0 else "lock it")
    return Draft("cycle.approved", cycle.name, {"digest": cycle.digest, "needs": cycle.policy["needs"]})


def reject(books: Books, command: Command, reason: str) -> Draft:
    """Send a cycle back, with a reason; it is open again."""
    cycle = _submitted(books, command)
    return Draft("cycle.rejected", cycle.name, {"digest": cycle.digest, "reason": reasoned(reason)})


def lock(
    books: Books,
    command: Command,
    totals_minor: Mapping[str, str],
    lines: Sequence[tuple[str, Lines | LateLines]],
    postings: Iterable[Posting],
) -> Draft:
    """Lock a cycle that was approved: what it pays is owed from now on, and never changes."""
    cycle = lockable(books, command)
    payload = {"digest": cycle.content_sha256, "totals_minor": dict(totals_minor)}
    return Draft("cycle.locked", cycle.name, payload, lines=tuple(lines), postings=postings)


def lockable(books: Books, command: Command) -> Cycle:
    """The cycle of a command, if it may be locked now; raises Conflict."""
    cycle = books.cycle(command.cycle)
    _refuse_settled(cycle)
    if cycle.status != READY:
        waits = " (it changed after it was approved)" if cycle.is_voided else ""
        message = f"cycle {cycle.name} is {cycle.status}{waits}, and only an approved one is locked"
        missing = cycle.policy.get("needs", 1) - len(cycle.approvals)
        hint = "submit it" if cycle.status == OPEN else f"{missing} more must approve it"
        raise conflict("B130", message, hint)
    for program in cycle.calculations:
        _in_force(books, cycle, program)
    return cycle


def drop(books: Books, command: Command, reason: str) -> Draft:
    """Drop a cycle that was opened by mistake, while nothing of it is submitted or locked: it pays nothing, its name
    stays used, and its programs are free for another cycle."""
    cycle = books.cycle(command.cycle)
    _refuse_settled(cycle)
    if cycle.status != OPEN:
        message = f"cycle {cycle.name} is {cycle.status}, and only an open one is dropped"
        raise conflict("B148", message, f"send it back first: partage cycle reject {cycle.name} --reason TEXT")
    return Draft("cycle.dropped", cycle.name, {"reason": reasoned(reason)})


def close(books: Books, command: Command, unpaid_minor: Mapping[tuple[str, str], int]) -> Draft:
    """Close a locked cycle; `unpaid_minor` is what its payees are still owed, by payee and currency, who are not on
    hold."""
    cycle = books.cycle(command.cycle)
    if cycle.status == CLOSED:
        raise conflict("B131", f"cycle {cycle.name} is closed", "open the next one")
    if cycle.status != LOCKED:
        message = f"cycle {cycle.name} is {cycle.status}, and only a locked one is closed"
        raise conflict("B131", message, "lock and pay it first")
    waiting = sorted({payee for (payee, _), amount in unpaid_minor.items() if amount > 0})
    if waiting:
        first = ", ".join(waiting[:5]) + (" and others" if len(waiting) > 5 else "")
        payees = "1 payee" if len(waiting) == 1 else f"{len(waiting):,} payees"
        have = "has" if len(waiting) == 1 else "have"
        message = f"{payees} of cycle {cycle.name} {have} not been paid: {first}"
        raise conflict("B132", message, "pay them, or hold them with a reason: what is held is carried on")
    return Draft("cycle.closed", cycle.name, {})


def policy_of(policies: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What all programs of a cycle ask of an approval together: as many people as the strictest, and those whom each
    of them allows; raises Refused where they allow nobody in common."""
    named = [set(each["by"]) for each in policies if each["by"]]
    allowed = sorted(set.intersection(*named)) if named else []
    if named and not allowed:
        message = "the programs of the cycle name nobody in common who may approve"
        raise refused("B105", message, "name a person in approval: by: of each, or open a cycle for each")
    also = set.intersection(*(set(each["may_also"]) for each in policies))
    return {"by": allowed, "needs": max(each["needs"] for each in policies), "may_also": sorted(also)}


def _submitted(books: Books, command: Command) -> Cycle:
    cycle = books.cycle(command.cycle)
    _refuse_settled(cycle)
    if cycle.status not in (AWAITING, READY):
        voids = ": it changed after it was submitted, so that is void" if cycle.is_voided else ""
        message = f"cycle {cycle.name} is not submitted{voids}"
        raise conflict("B133", message, f"partage cycle submit {cycle.name}")
    return cycle


def _in_force(books: Books, cycle: Cycle, program: str) -> Version:
    """The version in force for a cycle, if it is the one that the program was calculated with; raises Conflict."""
    version, used = books.version(program, cycle.start), cycle.calculations[program].program_sha256
    if version is None or version.sha256 != used:
        found = "none" if version is None else version.sha256[:12]
        message = f"{program} was calculated with version {used[:12]}, and {found} is in force"
        raise conflict("B129", message, "calculate with the version in force, or have the other one approved")
    return version


def _refuse_settled(cycle: Cycle) -> None:
    """Raise Conflict where nothing of what a cycle pays can change any more."""
    if cycle.status == DROPPED:
        hint = "open a cycle of another name: nothing takes a dropped one up again"
        raise conflict("B149", f"cycle {cycle.name} was dropped", hint)
    if not cycle.is_locked:
        return
    runs = ", ".join(each.run_id[:12] for each in cycle.calculations.values() if each.run_id)
    message = f"cycle {cycle.name} is {cycle.status}" + (f" at {runs}" if runs else "")
    raise conflict("B134", message, "what was locked never changes: corrections go into the next cycle")
