"""True up: what late data changes of a locked period, as one batch for the cycle that is open.

In: the period as it was last stated, and the tables of a new snapshot. Out: the batch, or None where nothing of it
concerns the period. The period is worked out again by the program that it was locked with; where that looks at each
partner alone, only the partners whom the late records touch are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from engine.acts.closing import closing_of
from engine.acts.period import period_of
from engine.digest import sha256
from engine.facts.changes import changes
from engine.facts.opened import opens_with, with_openings, write_opening
from engine.facts.posted import posted_lines
from engine.facts.relevant import matters
from engine.facts.side import Side, opened, sides_of
from engine.facts.snapshot import Snapshot
from engine.facts.touched import count_of, names_of, restricted, together, touched
from engine.facts.windows import window_days
from engine.plan import compile_plan
from engine.readings import readings
from engine.settle import lines_of
from engine.sheet import evaluate
from engine.trueup.differences import Key, amounts_of, delta_lines, differing, posted_amounts
from engine.trueup.partition import has_credits, is_local, rolls_up, rounds_rows
from engine.trueup.reasons import Late, reasons_of
from engine.values import PARTNERS, Credit, LateLines, Lines, Plan, Share, Sheet
from engine.values.closing import Closing
from engine.values.late import Change, Changes
from engine.values.locked import LockedPool
from engine.values.rolls import carried_of
from engine.values.true_up import Batch, PoolChange, Stated
from engine.values.versions import LockedBy
from rules.calendar import Period
from rules.load import understand
from rules.meaning import Meaning, MeasureMeaning
from rules.problem import Problem, Refused

Kept = Mapping[str, Path]
Seen = dict[tuple[bytes, frozenset[tuple[str, Path]], frozenset[tuple[str, Path]]], Changes]  # what differs in two


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """What a true-up is about: the program, the period, the two snapshots with what the period opens with, and the
    records that matter."""

    plan: Plan
    meaning: Meaning
    period: Period
    sides: tuple[Side, Side]
    kept: tuple[Kept, Kept]
    late: Changes
    openings: tuple[Closing | None, Closing | None]
    versions: Sequence[LockedBy] = ()

    @property
    def is_opened_anew(self) -> bool:
        """Whether the period opens with something else than before."""
        return self.openings[0] != self.openings[1]


def true_up(
    stated: Stated,
    now: Kept,
    opening: Closing | None = None,
    told: Collection[Change] = (),
    is_whole: bool = False,
    seen: Seen | None = None,
) -> Batch | None:
    """What a new snapshot changes of a period; raises Refused where the period can't be worked out on it.

    `opening` is what the period opens with now: what it opened with and what true-ups of earlier periods changed of
    that. `told` are the late records that batches of earlier periods have already; with `is_whole` the whole period is
    worked out, whomever the records touch. `seen` is what true-ups of one import find out for each other. None: no late
    record matters, and nothing changes.
    """
    seen = {} if seen is None else seen
    with tempfile.TemporaryDirectory(prefix="partage-") as name, _case(stated, now, opening, Path(name), seen) as case:
        if not len(case.late) and not case.is_opened_anew:
            return None
        partners = None if is_whole else _affected(case)
        try:
            return _batch(case, stated, partners, told)
        except Refused:
            if partners is None:
                raise
        return _batch(case, stated, None, told)  # what is refused is told of all partners at once


@contextmanager
def _case(stated: Stated, now: Kept, opening: Closing | None, folder: Path, seen: Seen) -> Iterator[_Case]:
    meaning, plan = _compiled(stated.program, stated.file)
    period = period_of(meaning, stated.period)
    openings = (stated.opening, opening)
    if stated.opening is not None or opening is not None:
        meaning = with_openings(meaning, opens_with(plan))
    kept = []
    for side, (tables, rows) in enumerate(zip((stated.tables, now), openings, strict=True)):
        own = folder / str(side)
        own.mkdir()
        opens = {} if rows is None else write_opening(rows, plan, period, own)
        kept.append({name: path for name, path in {**tables, **opens}.items() if name in meaning.tables})
    with sides_of(meaning, kept, period) as (before, after):
        compared = [{name: path for name, path in each.items() if name not in opens_with(plan)} for each in kept]
        before_, now_ = kept if openings == (None, None) else compared
        pair = stated.program, frozenset(before_.items()), frozenset(now_.items())
        if pair not in seen:
            seen[pair] = changes(before_, now_, meaning.tables, before)

        def window(measure: MeasureMeaning) -> tuple[date | None, date | None] | None:
            return window_days(measure.window, period, meaning.calendar)

        plans = {id(each): each for each in (*(by.version.plan for by in stated.versions if by.version), plan)}.values()
        readings_ = [reading for each in plans for reading in readings(each, period, window)]
        credits = {step.name: step.credit for each in plans for step in each.steps if isinstance(step, Credit)}
        late = matters(seen[pair], readings_, credits, meaning, before, after)
        yield _Case(plan, meaning, period, (before, after), (kept[0], kept[1]), late, openings, stated.versions)


@lru_cache(maxsize=2)
def _compiled(program: bytes, file: str) -> tuple[Meaning, Plan]:
    """A program that periods were locked with: most often the same for one after the other."""
    meaning = understand(program, file, Path(), warns=False).understood()
    return meaning, compile_plan(meaning)


def _affected(case: _Case) -> frozenset[str] | None:
    """The partners who have to be worked out again; None: all."""
    if not is_local(case.plan) or case.versions:  # other versions may look at partners together
        return None
    found: set[str] = set()
    climbs = rolls_up(case.plan)
    for side, records in zip(case.sides, _records(case.late), strict=True):
        of_side = touched(side, records, has_credits(case.plan), climbs)
        if of_side is None:
            return None
        found |= of_side
    if case.is_opened_anew:
        one, other = (each or Closing() for each in case.openings)
        found |= {change.key[0] for change in one.changed_to(other)}
    at = frozenset(found)
    most = count_of(case.sides[1], PARTNERS) // 2
    while rounds_rows(case.plan):
        grown = at
        for side in case.sides:
            more = together(side, grown, most)
            if more is None:
                return None
            grown = more
        if grown == at:
            break
        at = grown
    return None if len(at) > max(most, 1) else at


def _records(late: Changes) -> tuple[Mapping[str, Collection[int]], Mapping[str, Collection[int]]]:
    """The records of late rows, by table, in the snapshot before and in that of now."""
    before = {table: {each.record_before for each in rows} - {0} for table, rows in late.by_table.items()}
    return before, {table: {each.record_now for each in rows} - {0} for table, rows in late.by_table.items()}


def _batch(case: _Case, stated: Stated, partners: frozenset[str] | None, told: Collection[Change]) -> Batch:
    """The batch of some partners' lines, or of all."""
    plan, keyless = case.plan, {name for name, table in case.meaning.tables.items() if not table.key}
    posted = posted_amounts(posted_lines(stated.lines, partners), stated.batches, partners, keyless)
    sizes, locked = _pools(case, stated, posted)
    with _restated(case, 1, partners, locked) as (sheet, facts):
        lines, closing = lines_of(plan, sheet), closing_of(plan, sheet, facts.openings())
        amounts = amounts_of([_of(lines, partners)], keyless)
        keys = [key for key in differing(posted, amounts) if key[1] not in locked]
        pools = _pool_changes(case, sizes, sheet, keys)

        def change(key: Key) -> int:
            return amounts.get(key, 0) - posted.get(key, 0)

        @contextmanager
        def earlier(wanted: frozenset[str]) -> Iterator[Sheet]:
            of = partners if partners is None or rounds_rows(plan) else wanted
            with _restated(case, 0, of, locked) as (found, _):
                yield found

        late = Late(tuple(case.late), _by_partner(case), case.meaning.tables, plan.terms.currency.code)
        reasons = reasons_of(plan, late, keys, change, sheet, earlier, case.is_opened_anew)
    last = stated.closing or Closing()
    done = set(told)
    return Batch(
        program_sha256=sha256(stated.program),
        period=stated.period,
        currency=plan.terms.currency.code,
        records=tuple(each for each in case.late if each not in done),
        also=tuple(each for each in case.late if each in done),
        lines=delta_lines(keys, posted, amounts, reasons),
        closings=last.changed_to(closing) if partners is None else last.of(partners).changed_to(closing.of(partners)),
        pools=pools,
    )


def _pools(
    case: _Case, stated: Stated, posted: Mapping[Key, int]
) -> tuple[Mapping[str, int], Mapping[str, LockedPool]]:
    """How large the pools were by the last statement, and those of them whose shares stay."""
    late = {pool.name: pool.spec.late for pool in case.meaning.pools}
    if not late:
        return {}, {}
    locked = {}
    for name in (name for name, does in late.items() if does in ("next_period", "house")):
        shares = {partner: amount for (partner, component, _, _), amount in posted.items() if component == name}
        locked[name] = LockedPool(shares, _carried(case, stated, name))
    sizes = stated.sizes_minor
    if sizes is None or not sizes.keys() >= late.keys():
        with _restated(case, 0, None, locked) as (sheet, _):
            sizes = _sizes(case, sheet)
    for name, pool in locked.items():
        if late[name] == "next_period":
            locked[name] = replace(pool, size_minor=sizes[name])
    return sizes, locked


def _carried(case: _Case, stated: Stated, pool: str) -> int:
    """What a pool carries to the next period by the last statement, in minor units."""
    rows = () if stated.closing is None else stated.closing.balances
    told = sum((Fraction(row[4]) for row in rows if row[1] == carried_of(pool)), Fraction(0))
    return int(told * case.plan.terms.minor_per_major)


def _sizes(case: _Case, sheet: Sheet) -> Mapping[str, int]:
    """How large pools are, in minor units."""
    shared = (step for step in case.plan.steps if isinstance(step, Share))
    return {step.component: int(sheet.columns[step.size].numerator[0]) for step in shared}


def _pool_changes(case: _Case, sizes: Mapping[str, int], sheet: Sheet, keys: Sequence[Key]) -> tuple[PoolChange, ...]:
    """The pools that late records change; raises Refused where a pool does not say what becomes of that."""
    now, found, problems = _sizes(case, sheet), [], []
    for pool in (each for each in case.meaning.pools if each.name in sizes):
        before, after = sizes[pool.name], now[pool.name]
        if before == after and not any(key[1] == pool.name for key in keys):
            continue
        if pool.spec.late is None:
            message = f"{pool.title} of {case.period.name} is locked, and late records change it"
            hint = "say what becomes of that in the pool: late: reshare, next_period or house"
            problems.append(Problem("K260", message, replace(pool.place, field="late"), hint))
        else:
            found.append(PoolChange(pool.name, pool.spec.late, before, after))
    if problems:
        raise Refused(*problems)
    return tuple(found)


def _of(late: Lines | LateLines, partners: frozenset[str] | None) -> Lines:
    """The lines of some partners: others may be there, who still have something on a balance."""
    lines = late if isinstance(late, Lines) else late.whole()
    if partners is None:
        return lines
    mine = [row for row, partner in enumerate(lines.partner.tolist()) if partner in partners]
    return Lines(*(getattr(lines, name)[mine] for name in ("partner", "component", "table", "key", "amount_minor")))


@contextmanager
def _restated(
    case: _Case, side: int, partners: frozenset[str] | None, locked: Mapping[str, LockedPool]
) -> Iterator[tuple[Sheet, Snapshot]]:
    """The period worked out on one of the snapshots, for some partners or for all: its sheet and facts."""
    kept = case.kept[side]
    if partners is not None:
        kept = restricted(case.sides[side], partners, rolls_up(case.plan), kept)
    with opened(case.meaning, kept, case.period, only=partners, beside=case.sides[side]) as facts:
        sheet = evaluate(case.plan, facts, case.period, locked=locked, versions=case.versions)
        yield sheet, facts


def _by_partner(case: _Case) -> Mapping[str, Sequence[Change]]:
    """The late records by the partners that they name, before or now."""
    found: dict[str, dict[Change, None]] = {}
    for side, is_now in zip(case.sides, (False, True), strict=True):
        for table, rows in case.late.by_table.items():
            at = {each.record_now if is_now else each.record_before: each for each in rows}
            for record, partner in names_of(side, table, [record for record in at if record]):
                found.setdefault(partner, {})[at[record]] = None
    return {partner: tuple(rows) for partner, rows in found.items()}
