"""Acceptance: that a partner accepted a version of the plan is recorded, and listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from engine.acts.plan_document import plan_document
from engine.store import Acceptance, Store
from engine.version import VERSION
from rules.load import load
from rules.problem import Place, Problem, Refused

NAME_MAX, NOTE_MAX = 200, 1_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """An acceptance as it is kept, and whether it was recorded just now: not, if this version was accepted before."""

    acceptance: Acceptance
    is_new: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Acceptances in the order in which they were recorded; `program_sha256` is the version that is asked about."""

    acceptances: tuple[Acceptance, ...]
    program_sha256: str | None


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of an acceptance: the partner, who accepted, on which day, and what is worth knowing of it."""

    partner: str
    by: str
    on: date
    note: str


def accept(program: Path, store: Path, word: Word, today: date, actor: str, at: datetime) -> Accepted:
    """Record that a partner accepted its plan; the same version is accepted once. Raises Refused after `today`."""
    partner, by, on, note = word.partner, word.by, word.on, word.note
    _check(by, "the name of who accepted", NAME_MAX)
    _check(note or "-", "the note", NOTE_MAX)
    if on > today:
        raise Refused(Problem("S143", f"{on} has not come yet", Place(), "name the day on which it was accepted"))
    plan = plan_document(program, partner)
    wanted = Acceptance(
        number=0,
        program=plan.title,
        file=plan.file,
        program_sha256=plan.program_sha256,
        document_sha256=plan.sha256,
        partner=partner,
        accepted_by=by,
        accepted_on=on,
        note=note,
        recorded_at=at,
        actor=actor,
        engine=VERSION,
    )
    with Store.open(store) as books:
        before = len(books.acceptances())
        kept = books.accept(wanted, plan.markdown.encode("utf-8"))
        return Accepted(kept, kept.number > before)


def accepted(store: Path, program: Path | None, partner: str | None) -> Listed:
    """The acceptances that are kept, of one partner where it is named; told apart by the version of `program`."""
    current = None if program is None else load(program).sha256
    with Store.open(store, create=False) as books:
        found = books.acceptances()
    return Listed(tuple(each for each in found if partner in (None, each.partner)), current)


def _check(text: str, what: str, length_max: int) -> None:
    if not text.strip() or len(text) > length_max or not text.isprintable():
        hint = f"write 1 to {length_max} characters that can be seen"
        raise Refused(Problem("S143", f"{what} is blank, too long or holds invisible signs", Place(), hint))
