"""Acceptance: that a partner accepted a version of the plan is recorded, and listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from engine.acts.plan_document import Plans, plan_document
from engine.store import Acceptance, Store
from engine.version import VERSION
from rules.load import Loaded, load
from rules.problem import Place, Problem, Refused

NAME_MAX, NOTE_MAX = 200, 1_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """An acceptance as it is kept, and whether it was recorded just now: not, if the same person did so before."""

    acceptance: Acceptance
    is_new: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Acceptances in the order in which they were recorded; `current` are the numbers of those of the plan as its
    program and the terms of its partner say it now, None where no program is asked about."""

    acceptances: tuple[Acceptance, ...]
    current: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of an acceptance: the partner, who accepted, on which day, and what is worth knowing of it."""

    partner: str
    by: str
    on: date
    note: str


def accept(program: Path, store: Path | str, word: Word, today: date, actor: str, at: datetime) -> Accepted:
    """Record that a person accepted its partner's plan; each accepts a version once. Raises Refused after `today`."""
    partner, by, on, note = word.partner, word.by.strip(), word.on, word.note
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


def accepted(store: Path | str, program: Path | None, partner: str | None) -> Listed:
    """The acceptances that are kept, of one partner where it is named; told apart by the plan of `program` now."""
    loaded = None if program is None else load(program)
    with Store.open(store, create=False) as books:
        found = tuple(each for each in books.acceptances() if partner in (None, each.partner))
    if loaded is None or program is None:
        return Listed(found, None)
    same = [each for each in found if each.program_sha256 == loaded.sha256]
    return Listed(found, frozenset(_current(same, loaded, program.name)))


def _current(acceptances: Sequence[Acceptance], loaded: Loaded, file: str) -> Iterator[int]:
    """The numbers of those of a program whose document is the same today. A later version of the engine that writes the
    same of the plan makes no other version of it."""
    plans = Plans(loaded, file) if acceptances else None
    written: dict[tuple[str, str], str] = {}
    for each in acceptances:
        of = each.partner, each.engine
        if plans is not None and of not in written:
            try:
                written[of] = plans.of(*of).sha256
            except Refused:  # the sources hold the partner no longer, or nobody can read what they say of it
                written[of] = ""
        if written[of] == each.document_sha256:
            yield each.number


def _check(text: str, what: str, length_max: int) -> None:
    if not text.strip() or len(text) > length_max or not text.isprintable():
        hint = f"write 1 to {length_max} characters that can be seen"
        raise Refused(Problem("S143", f"{what} is blank, too long or holds invisible signs", Place(), hint))
