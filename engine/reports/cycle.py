"""A cycle and the log as people read them and as scripts do.

In: what the acts found. Out: grids, sentences and plain values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from engine.ledger.cycles import CLOSED, DROPPED, LOCKED, OPEN, Cycle, Payment
from engine.ledger.look import CycleLook
from engine.ledger.requests import Request
from engine.reports.register import Grid
from engine.values.event import Event
from rules.quantities.currency import currency, format_minor

_DID: Mapping[str, str] = {
    "calculate": "calculated",
    "adjust": "adjusted",
    "submit": "submitted",
    "write": "wrote the program",
}
_PAYS: Mapping[str, str] = {LOCKED: "pays", CLOSED: "pays", DROPPED: "would have paid"}


def money(amount_minor: int, code: str) -> str:
    """An amount with its currency."""
    return f"{code} {format_minor(amount_minor, currency(code))}"


def totals(totals_minor: Mapping[str, int]) -> str:
    """Amounts by currency in words."""
    return ", ".join(money(amount, code) for code, amount in totals_minor.items()) or "nothing"


def payees(count: int) -> str:
    """How many are paid, in words."""
    return f"{count:,} payee{'' if count == 1 else 's'}"


def cycles_grid(cycles: Sequence[tuple[Cycle, bool]]) -> Grid:
    """All cycles, a row each, and whether payees of each are still to be paid."""
    rows = tuple(
        (
            each.name,
            each.period,
            each.status,
            ", ".join(each.programs),
            str(len(each.payments)),
            next_step(each, is_unpaid),
        )
        for each, is_unpaid in cycles
    )
    heads = ("cycle", "period", "status", "programs", "payments", "next")
    return Grid(heads, rows, (False, False, False, False, True, False))


def cycle_lines(look: CycleLook) -> Iterator[str]:
    """A cycle in sentences."""
    cycle = look.cycle
    yield f"cycle {cycle.name}   {cycle.start} to {last_day(cycle)}   {cycle.status}"
    for program in cycle.programs:
        yield f"  {program}: {_calculated(look, program)}"
    for each in look.adjustments:
        said = each.content
        what = "comes to" if "to_minor" in said else "adjusted by"
        amount = money(int(said.get("to_minor", said.get("amount_minor", "0"))), said["currency"])
        yield f"  adjustment {each.number}: {said['payee']} {what} {amount} ({said['reason']}), {_decided(each)}"
    yield f"{_PAYS.get(cycle.status, 'would pay')} {totals(look.totals_minor)}"
    makers = [f"{actor} {' and '.join(_DID[part] for part in parts)}" for actor, parts in cycle.makers.items()]
    if makers:
        yield "by        " + "; ".join(makers)
    if cycle.status not in (OPEN, DROPPED):
        names = _and([each.actor for each in cycle.approvals]) or "nobody yet"
        yield f"approved  by {names} ({cycle.policy.get('needs', 1)} needed)"
        yield f"digest    {cycle.content_sha256}"
    if cycle.is_voided:
        yield "an earlier submission is void: it changed since"
    for payment in cycle.payments:
        paid = totals(payment.totals_minor)
        yield f"payment {payment.number} on {payment.paid_on}: {paid} to {payees(payment.payees)}"
    if cycle.is_locked and look.unpaid_minor:
        sums: Counter[str] = Counter()
        for (_, code), left in look.unpaid_minor.items():
            sums[code] += left
        yield f"unpaid    {totals(sums)} to {payees(len({payee for payee, _ in look.unpaid_minor}))}"
    for payee, reason in look.held.items():
        yield f"on hold   {payee}: {reason}"
    if cycle.is_under_way and cycle.calculations:
        yield f"look      partage cycle payees {cycle.name}"
    yield f"next      {next_step(cycle, bool(look.unpaid_minor))}"


def next_step(cycle: Cycle, is_unpaid: bool) -> str:
    """The command that may come next; `is_unpaid` says whether payees of a locked cycle are still to be paid."""
    match cycle.status:
        case "open" if len(cycle.calculations) < len(cycle.programs):
            return f"partage run PROGRAM --period {cycle.period}"
        case "open":
            return f"partage cycle submit {cycle.name}"
        case "submitted":
            return f"partage cycle approve {cycle.name} (another person)"
        case "approved":
            return f"partage cycle lock {cycle.name}"
        case "locked":
            pay = f"partage cycle pay {cycle.name} · " if is_unpaid else ""
            return f"{pay}partage cycle close {cycle.name}"
        case "dropped":
            return "nothing: it was dropped, and pays nothing"
    return "nothing: it is closed; what is released or comes back is paid with partage cycle pay"


def last_day(cycle: Cycle) -> str:
    """The last day of a cycle's period."""
    return str(cycle.end - timedelta(days=1))


def cycle_json(look: CycleLook) -> dict[str, Any]:
    """A cycle with the keys that scripts rely on; amounts in minor units, as whole numbers."""
    cycle = look.cycle
    return {
        "cycle": cycle.name,
        "period": cycle.period,
        "status": cycle.status,
        "digest": cycle.content_sha256,
        "has_run": cycle.has_run,
        "programs": [
            {
                "program": program,
                "run": look.runs.get(program) or None,
                "run_before": look.before.get(program) or None,
                "run_id": each.run_id or None,
                "program_sha256": each.program_sha256,
                "currency": each.currency,
                "total_minor": each.total_minor,
                "batches": list(each.batches),
            }
            for program, each in sorted(cycle.calculations.items())
        ],
        "totals_minor": dict(look.totals_minor),
        "makers": {actor: list(parts) for actor, parts in cycle.makers.items()},
        "approvals": [{"actor": each.actor, "digest": each.digest} for each in cycle.approvals],
        "needs": cycle.policy.get("needs", 1),
        "payments": [_payment(each) for each in cycle.payments],
        "unpaid": [
            {"payee_id": payee, "currency": code, "amount_minor": amount}
            for (payee, code), amount in sorted(look.unpaid_minor.items())
        ],
        "on_hold": dict(look.held),
        "adjustments": [_adjustment(each) for each in look.adjustments],
        "next": next_step(cycle, bool(look.unpaid_minor)),
    }


def cycles_json(cycles: Sequence[tuple[Cycle, bool]]) -> list[dict[str, Any]]:
    """All cycles with the keys that scripts rely on, in short."""
    return [
        {
            "cycle": each.name,
            "period": each.period,
            "status": each.status,
            "programs": list(each.programs),
            "payments": [_payment(one) for one in each.payments],
            "next": next_step(each, is_unpaid),
        }
        for each, is_unpaid in cycles
    ]


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "payment": payment.number,
        "paid_on": str(payment.paid_on),
        "payees": payment.payees,
        "totals_minor": dict(payment.totals_minor),
        "list_sha256": payment.list_sha256,
    }


def _adjustment(request: Request) -> dict[str, Any]:
    """An adjustment, waiting or decided, as it was asked for: one of the two amounts is null."""
    said = request.content
    named = {name: said[name] for name in ("payee", "program", "component", "currency")}
    amounts = {name: int(said[name]) if name in said else None for name in ("amount_minor", "to_minor")}
    return {"request": request.number, **named, **amounts, "status": request.status, "reason": said["reason"]}


def log_grid(events: Sequence[Event]) -> Grid:
    """Events, a row each."""
    rows = tuple(
        (
            str(each.number),
            each.at.strftime("%Y-%m-%d %H:%M:%S") + (" (clock went back)" if each.is_clock_regressed else ""),
            each.actor if each.identity in ("os-declared", "database") else f"{each.actor} ({each.identity})",
            each.type,
            each.cycle,
            said(each),
            each.sha256[:12],
        )
        for each in events
    )
    heads = ("event", "at (UTC)", "who", "what", "cycle", "", "sha256")
    return Grid(heads, rows, (True, False, False, False, False, False, False))


def said(event: Event) -> str:
    """What an event says beyond its type, in a few words."""
    found = event.payload
    if event.type == "refused":
        return f"{found['command']}: {found['code']} {found['message']}"
    parts = []
    if "program" in found:
        parts.append(str(found["program"]))
    if "programs" in found:
        parts.append(", ".join(found["programs"]))
    if found.get("run_id"):
        parts.append(f"run {found['run_id'][:12]}")
    for name in ("request", "dispute", "payment", "payee", "reason", "decision", "effective"):
        if name in found:
            parts.append(f"{name} {found[name]}" if name not in ("reason", "payee") else str(found[name]))
    if "totals_minor" in found:
        parts.append(totals({code: int(amount) for code, amount in found["totals_minor"].items()}))
    elif "total_minor" in found and "currency" in found:
        parts.append(money(int(found["total_minor"]), found["currency"]))
    if "digest" in found:
        parts.append(f"digest {found['digest'][:12]}")
    return "; ".join(parts)


def _calculated(look: CycleLook, program: str) -> str:
    each = look.cycle.calculations.get(program)
    if each is None:
        return "nothing calculated yet"
    run = f"run {look.runs[program]} ({each.run_id[:12]})" if each.run_id else "no run of its own"
    periods = "1 earlier period" if len(each.batches) == 1 else f"{len(each.batches)} earlier periods"
    batches = f", {periods} trued up" if each.batches else ""
    before = look.before.get(program)
    compare = f"   compare: partage diff {before} {look.runs[program]}" if before and each.run_id else ""
    return f"{run}, {money(each.total_minor, each.currency)}{batches}{compare}"


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _decided(request: Request) -> str:
    return f"{request.status} by {request.decided_by}" if request.decided_by else "waits for a second person"
