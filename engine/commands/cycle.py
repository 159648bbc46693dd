"""partage cycle: a payout cycle, from its opening to its close."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from engine.commands.asking import Desk, recording
from engine.commands.console import (
    NUMBER,
    InOrder,
    force_option,
    json_option,
    new_file,
    print_grid,
    print_json,
    store_path,
)
from engine.commands.cycle_payees import payees
from engine.commands.failures import as_json as as_json_problem, tell
from rules.problem import Refused, Unavailable
from rules.quantities.currency import DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@click.group(name="cycle", cls=InOrder)
def command() -> None:
    """A payout cycle: open, calculate (partage run), submit, approve (another person), lock, pay, close.

    What is approved is a digest of all that would be paid; any change voids it. What was locked never changes: late and
    corrected data is trued up in the next cycle.
    """


@command.command(name="open")
@click.argument("name")
@click.option(
    "--program",
    "programs",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    required=True,
    help="A program that it pays; repeat it for each of several.",
)
@click.option("--period", help="The period that it pays; the cycle's name unless said.")
@recording
def open_(
    desk: Desk,
    name: str,
    programs: tuple[Path, ...],
    period: str | None,
) -> None:
    """Open the cycle NAME, which pays one program or several. Of a period that was locked before, it trues up only."""
    from engine.acts.books.cycle import open_cycle

    done = open_cycle(desk.store, name, programs, period or name, desk.asker(creates=True))
    said = done.event.payload
    what = "" if said["has_run"] else ", to true up what was locked"
    desk.tell(
        done,
        f"cycle {name} is open for {said['period']['name']}{what}: {', '.join(said['programs'])}",
        f"next: partage run {programs[0]} --period {said['period']['name']}",
    )


@command.command(name="status")
@click.argument("name", required=False)
@json_option
@click.pass_context
def status(ctx: click.Context, name: str | None, is_json: bool) -> None:
    """Show all cycles, or the cycle NAME: what it pays, who did what, and what may come next."""
    from engine.acts.books.looks import all_cycles, look
    from engine.reports.cycle import cycle_json, cycle_lines, cycles_grid, cycles_json

    if name is not None:
        found = look(store_path(ctx), name, datetime.now(UTC).date())
        if is_json:
            print_json(cycle_json(found) | {"warnings": [as_json_problem(each) for each in found.warnings]})
            return
        for line in cycle_lines(found):
            click.echo(line)
        tell(found.warnings, is_json=False)
        return
    cycles = all_cycles(store_path(ctx), datetime.now(UTC).date())
    if is_json:
        print_json({"cycles": cycles_json(cycles)})
    elif cycles:
        print_grid(cycles_grid(cycles))
    else:
        click.echo("no cycle was opened yet   next: partage cycle open NAME --program PROGRAM")


@command.command(name="trueups")
@click.argument("name")
@new_file("--csv", "table", help="Write them to a new file.")
@force_option
@json_option
@click.pass_context
def trueups(ctx: click.Context, name: str, table: Path | None, force: bool, is_json: bool) -> None:
    """Show what late and corrected data changes in the cycle NAME of periods that are locked: line by line, and why."""
    from engine.acts.books.looks import true_ups
    from engine.reports.new_file import write_new
    from engine.reports.true_ups import batch_lines, batches_json, delta_csv, delta_grid

    found = true_ups(store_path(ctx), name)
    batches, is_of_several = found.batches, len(found.programs) > 1
    if table is not None:
        write_new(table, delta_csv(batches), force, "the true-ups")
    if is_json:
        warnings = [as_json_problem(each) for each in found.warnings]
        print_json({"cycle": name, "true_ups": batches_json(batches), "warnings": warnings})
        return
    for line in batch_lines(batches, is_of_several):
        click.echo(line)
    tell(found.warnings, is_json=False)
    if any(len(each.lines) for _, each in batches):
        print_grid(delta_grid(batches, is_of_several))
    elif not batches:
        click.echo(f"cycle {name} trues nothing up")


command.add_command(payees)


@command.command(name="submit")
@click.argument("name")
@recording
def submit(desk: Desk, name: str) -> None:
    """Submit the cycle NAME for approval by another person."""
    from engine.acts.books.cycle import submit as act

    done = act(desk.store, name, desk.asker())
    said = done.event.payload
    by = f" among {', '.join(said['policy']['by'])}" if said["policy"]["by"] else ""
    is_net = said["totals_minor"] != said["paid_out_minor"]
    out = f"; {_totals(said['paid_out_minor'])} to those who are owed something" if is_net else ""
    desk.tell(
        done,
        f"cycle {name} is submitted: {_totals(said['totals_minor'])}{out}",
        f"digest {said['digest']}",
        *_waiting(desk, name),
        f"next: partage cycle approve {name} --digest {said['digest'][:12]} ({said['policy']['needs']}{by})",
    )


@command.command(name="approve")
@click.argument("name")
@click.option("--digest", default="", help="The digest that you looked at, or its beginning: no other is approved.")
@recording
def approve(desk: Desk, name: str, digest: str) -> None:
    """Approve the cycle NAME as it is submitted, as somebody who had no hand in it."""
    from engine.acts.books.cycle import approve as act

    done = act(desk.store, name, digest, desk.asker())
    desk.tell(done, f"{done.event.actor} approved cycle {name}", f"next: partage cycle status {name}")


@command.command(name="reject")
@click.argument("name")
@click.option("--reason", required=True, help="What is wrong.")
@recording
def reject(desk: Desk, name: str, reason: str) -> None:
    """Send the cycle NAME back: it is open again."""
    from engine.acts.books.cycle import reject as act

    done = act(desk.store, name, reason, desk.asker())
    desk.tell(done, f"{done.event.actor} sent cycle {name} back: {done.event.payload['reason']}")


@command.command(name="lock")
@click.argument("name")
@recording
def lock(desk: Desk, name: str) -> None:
    """Lock the cycle NAME: what was approved is owed from now on, and never changes."""
    from engine.acts.books.lock import lock as act

    done = act(desk.store, name, desk.asker())
    desk.tell(
        done,
        f"cycle {name} is locked: {_totals(done.event.payload['totals_minor'])} is owed",
        *_waiting(desk, name),
        f"next: partage cycle pay {name}",
    )


@command.command(name="pay")
@click.argument("name")
@click.option(
    "--only", metavar="PAYEE", multiple=True, help="Pay this payee, not all that are owed; repeat it for several."
)
@click.option(
    "--on",
    "paid_on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day of the payment; today unless said.",
)
@new_file("--csv", "table", help="Write who gets what to a file.")
@force_option
@recording
def pay(
    desk: Desk,
    name: str,
    only: tuple[str, ...],
    paid_on: datetime | None,
    table: Path | None,
    force: bool,
) -> None:
    """Pay what payees are owed by all locked cycles, in a payment of the cycle NAME. Who is on hold waits."""
    from engine.acts.books.pay import pay as act
    from engine.reports.cycle import payees
    from engine.reports.new_file import refuse_existing
    from engine.reports.payments import payment_csv

    def first() -> None:
        if table is not None:
            refuse_existing(table, force)

    day = None if paid_on is None else paid_on.date()
    done = act(desk.store, name, only, day, desk.asker(), first)
    said = done.recorded.event.payload
    if table is not None:
        _write_payment(table, payment_csv(done.paid), force, name, said["payment"])
    desk.tell(
        done.recorded,
        f"payment {said['payment']} of cycle {name} on {said['paid_on']}: {_totals(said['totals_minor'])} to "
        f"{payees(said['payees'])}",
        f"list {said['list_sha256']}",
        f"next: partage cycle close {name} · partage cycle return {name} {said['payment']} --payee P --reason WHY",
    )


@command.command(name="payment")
@click.argument("name")
@click.argument("payment", type=NUMBER)
@new_file("--csv", "table", help="Write it to a new file.")
@force_option
@json_option
@click.pass_context
def payment_(ctx: click.Context, name: str, payment: int, table: Path | None, force: bool, is_json: bool) -> None:
    """Show who got what by a PAYMENT of the cycle NAME, or write its list again: the same bytes each time."""
    from engine.acts.books.looks import payment as look
    from engine.reports.cycle import payees, totals
    from engine.reports.new_file import write_new
    from engine.reports.payments import payment_csv, payment_grid, payment_json

    found = look(store_path(ctx), name, payment)
    if table is not None:
        write_new(table, payment_csv(found.paid), force, "the payment")
    if is_json:
        print_json(payment_json(found))
        return
    made = found.payment
    click.echo(
        f"payment {made.number} of cycle {name} on {made.paid_on}: {totals(made.totals_minor)} to {payees(made.payees)}"
    )
    click.echo(f"list {made.list_sha256}")
    print_grid(payment_grid(found.paid))


@command.command(name="return")
@click.argument("name")
@click.argument("payment", type=NUMBER)
@click.option(
    "--payee",
    "payees",
    multiple=True,
    required=True,
    help="Who was not paid: PAYEE, or PAYEE:CURRENCY; repeat it for several.",
)
@click.option(
    "--on",
    "returned_on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day on which it came back; today unless said.",
)
@click.option("--reason", required=True, help="What the bank says.")
@recording
def return_(
    desk: Desk,
    name: str,
    payment: int,
    payees: tuple[str, ...],
    returned_on: datetime | None,
    reason: str,
) -> None:
    """Note what the bank sent back of a PAYMENT of the cycle NAME: it is owed again."""
    from engine.acts.books.pay import take_back
    from engine.ledger.refusals import reasoned

    returned = {_of_whom(each): reasoned(reason) for each in payees}
    day = None if returned_on is None else returned_on.date()
    done = take_back(desk.store, name, payment, returned, day, desk.asker())
    items = done.event.payload["items"]
    desk.tell(done, *(f"{payee} is owed {_totals({code: minor})} again" for payee, code, minor, _ in items))


@command.command(name="drop")
@click.argument("name")
@click.option("--reason", required=True, help="Why it was a mistake.")
@recording
def drop(desk: Desk, name: str, reason: str) -> None:
    """End the cycle NAME, which was opened by mistake and of which nothing is submitted: it pays nothing, and another
    one may pay its programs."""
    from engine.acts.books.cycle import drop as act

    done = act(desk.store, name, reason, desk.asker())
    desk.tell(done, f"cycle {name} is dropped: {done.event.payload['reason']}")


@command.command(name="close")
@click.argument("name")
@recording
def close(desk: Desk, name: str) -> None:
    """Close the cycle NAME, whose payees were paid or are on hold."""
    from engine.acts.books.pay import close as act

    done = act(desk.store, name, desk.asker())
    desk.tell(done, f"cycle {name} is closed")


def _of_whom(written: str) -> tuple[str, str]:
    """Whom `PAYEE` or `PAYEE:CURRENCY` names, "" for no currency: a payee's own id may have a colon."""
    payee, sign, code = written.rpartition(":")
    return (payee, code) if sign and payee and code in DECIMALS else (written, "")


def _waiting(desk: Desk, name: str) -> Iterator[str]:
    """The adjustments that nobody decided on, in a line."""
    from engine.acts.books.looks import waiting

    for number in waiting(desk.store, name):
        yield f"without adjustment {number}, which nobody decided on yet"


def _write_payment(path: Path, text: str, force: bool, name: str, number: int) -> None:
    """Write the list of a payment that was made, whatever becomes of the file; one that is there already stays."""
    from engine.reports.new_file import holds, write_new

    if holds(path, text):
        return

    try:
        write_new(path, text, force, "the payment")
    except (Refused, Unavailable) as error:
        (problem,) = error.problems
        hint = f"the payment stands: write its list with partage cycle payment {quote(name)} {number} --csv FILE"
        raise type(error)(replace(problem, hint=hint)) from None


def _totals(totals_minor: Mapping[str, str]) -> str:
    from engine.reports.cycle import totals

    return totals({code: int(amount) for code, amount in totals_minor.items()})
