"""Programs under control: submitted with their impact on history, approved by another person, put into force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from engine.acts.books.asking import Asker, record
from engine.acts.books.owed import lines_of
from engine.acts.period import period_of
from engine.acts.work_out import kept_run, worked_out
from engine.ledger import Books, books_of, programs
from engine.ledger.refusals import refused
from engine.store import Address, RunRecord, Store
from engine.values import Lines
from engine.values.draft import Recorded
from engine.version import VERSION
from rules.load import load
from rules.meaning import Meaning
from rules.problem import PartageError, Problem, Refused

PERIODS_LOOKED_AT = 4  # of history: the last locked ones
NAMED_MAX = 20  # partners who gain or lose most


def submit_program(store: Address, path: Path, effective: date, reason: str, asker: Asker) -> Recorded:
    """Submit a version of a program, to be in force for periods that begin on a day or later.

    What it would have paid in the last locked periods (in the last run that is kept, before there is any) is worked
    out first and is part of the request.
    """
    loaded = load(path)
    meaning = loaded.understood()
    _refuse_silent_pools(meaning)
    _refuse_within_period(meaning, effective)
    asked = {"program": meaning.title, "program_sha256": loaded.sha256, "effective": str(effective)}
    command = asker.command("program submit", "", {**asked, "reason": reason})
    with Store.open(store) as kept:
        kept.put(loaded.data)
        impact = list(_impact(kept, books_of(kept.events()), meaning, loaded.sha256))
        content = {**asked, "file": path.name, "reason": reason, "impact": impact}
        return record(kept, command, lambda books: programs.submit_program(books, command, content))


def approve_program(store: Address, number: int, asker: Asker) -> Recorded:
    """Approve a version as another person than the one who submitted it."""
    command = asker.command("program approve", "", {"request": number})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: programs.approve_program(books, command, number))


def reject_program(store: Address, number: int, reason: str, asker: Asker) -> Recorded:
    """Turn a version down."""
    command = asker.command("program reject", "", {"request": number, "reason": reason})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: programs.reject_program(books, command, number, reason))


def activate_program(store: Address, number: int, asker: Asker) -> Recorded:
    """Put an approved version into force."""
    command = asker.command("program activate", "", {"request": number})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: programs.activate_program(books, command, number))


def _refuse_silent_pools(meaning: Meaning) -> None:
    """Raise Refused with the pools that do not say what becomes of late records: once a period is locked, it is too
    late to say it."""
    hint = "say it in the pool: late: reshare, late: next_period or late: house"
    silent = [each for each in meaning.pools if each.spec.late is None]
    if silent:
        raise Refused(
            *(
                Problem("B115", f"pool {each.name} does not say what becomes of late records", each.place, hint)
                for each in silent
            )
        )


def _refuse_within_period(meaning: Meaning, effective: date) -> None:
    """Raise Refused for a day on which no period begins: a period is paid by one version, from its first day on."""
    one = timedelta(days=1)
    if not meaning.calendar.is_last(effective - one):
        days = (effective + one * each for each in range(400))
        near = next((str(day) for day in days if meaning.calendar.is_last(day - one)), "")
        message = f"no period of {meaning.title} begins on {effective}, and a period is paid by one version"
        raise refused("B116", message, f"the next one begins on {near}: --effective {near}" if near else "name its day")


def _impact(store: Store, books: Books, meaning: Meaning, sha256: str) -> Iterator[Mapping[str, Any]]:
    """What the version would have paid in each run of history, beside what was paid."""
    for each in _history(store, books, meaning.title):
        found = {"period": each.period, "run_id": each.run_id, "currency": each.currency}
        try:
            before = _by_partner(lines_of(store, each))
            kept = kept_run(store, each.number)
            period = period_of(meaning, each.period)
            with worked_out(meaning, sha256, kept.tables, period, kept.rejected, VERSION) as out:
                after = _by_partner(out.run.lines.whole() if not isinstance(out.run.lines, Lines) else out.run.lines)
        except PartageError as error:  # the facts of history may lack what the version needs
            yield {**found, "not_worked_out": error.problems[0].message}
            continue
        moved = {partner: after.get(partner, 0) - before.get(partner, 0) for partner in {*before, *after}}
        most = sorted(moved.items(), key=lambda pair: (-abs(pair[1]), pair[0]))[:NAMED_MAX]
        yield {
            **found,
            "before_minor": str(sum(before.values())),
            "after_minor": str(sum(after.values())),
            "winners": sum(amount > 0 for amount in moved.values()),
            "losers": sum(amount < 0 for amount in moved.values()),
            "most": [[partner, str(amount)] for partner, amount in most if amount],
        }


def _history(store: Store, books: Books, program: str) -> list[RunRecord]:
    """The runs of the last locked periods, oldest first; the latest kept run of the program where none is locked."""
    locked = [each.calculations[program].run_id for each in books.locked(program) if each.has_run]
    runs = [store.run_by_id(run_id, "official") for run_id in locked[-PERIODS_LOOKED_AT:]]
    found = [each for each in runs if each is not None]
    return found or [each for each in store.runs() if each.program == program][-1:]


def _by_partner(lines: Lines) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for partner, amount in zip(lines.partner.tolist(), lines.amount_minor.tolist(), strict=True):
        sums[partner] += amount
    return sums
