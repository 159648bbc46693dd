"""Diff: what moved from one kept run to another, and by which cause, each told apart by the engine itself.

The way from one run to the other goes in steps: the old program and facts by this engine; the new program over the old
facts; with the new exchange rates; over the new facts; and the new run as it was kept. Each step is worked out as a run
is, and the difference that it makes is its cause's. Causes add up to the whole difference, partner by partner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import chain
from pathlib import Path

from engine.acts.period import period_of
from engine.acts.work_out import Kept, WorkedOut, kept_lines, kept_run, opened, worked_out
from engine.facts.compare import blank_columns, compare_tables, told_reads
from engine.store import Store
from engine.store.tables import partner_names
from engine.values import Lines
from engine.values.compared import Amounts, Compared, Joined, LineDifference, Moved, TableDifference
from engine.version import VERSION
from rules.check.uses import columns_read, tables_read
from rules.meaning import Meaning
from rules.problem import CheckFailed, Place, Problem, Refused
from rules.quantities.currency import currency
from rules.tables import Table

ENGINE, RULE, RATE, DATA, PERIOD = "engine", "rule", "rate", "data", "period"
RATES = "fx_rates"
Lined = Mapping[tuple[str, str, str], int]  # minor units by component, table and key


@dataclass(frozen=True, slots=True, eq=False)
class _Stop:
    """A stop on the way: the cause that leads to it, whose program, and which tables of which period.

    `of` is the run whose facts they are, where all are of one and its program is its own; None where not. The facts
    may be `is_opened` with what the period before ended with.
    """

    cause: str
    program: Kept
    tables: Mapping[str, tuple[str, Path]]  # the digest of its rows, and its file
    period: str
    is_opened: bool
    of: Kept | None

    @property
    def meaning(self) -> Meaning | None:
        """What the program means over these facts; None where this engine does not understand it."""
        meaning = self.program.program.meaning
        return None if meaning is None else opened(meaning, self.is_opened)

    @property
    def identity(self) -> object:
        """What determines what comes out: where it is that of another stop, so is what comes out."""
        meaning = self.meaning
        read = self.tables.keys() if meaning is None else {source.table for source in meaning.sources}
        tables = sorted((table, digest) for table, (digest, _) in self.tables.items() if table in read)
        return self.program.program.sha256, tables, self.period, self.is_opened


def diff(store: Path | str, before: int, now: int, partner: str = "") -> Compared:
    """What moved from the run `before` to the run `now`; with the lines of `partner`, where one is named.

    Raises Refused where the runs are of two currencies or neither pays the partner, CheckFailed where what was kept
    was changed.
    """
    with Store.open(store, create=False) as books:
        old, new = kept_run(books, before), kept_run(books, now)
        _refuse_two_currencies(old, new)
        lines = kept_lines(books, old), kept_lines(books, new)
        kept_before, kept_now = (_amounts(each) for each in lines)
        causes, joined = _causes(old, new, kept_before, kept_now)
        titles = {**_titles(old.program.meaning), **_titles(new.program.meaning)}
        names = {**partner_names(old.tables["partners"]), **partner_names(new.tables["partners"])}
        rows = _rows(causes, kept_before, kept_now, _components(old, new))
        _refuse_nobody(partner, rows, old, new)
        return Compared(
            old.record,
            new.record,
            tuple(causes),
            rows,
            tuple(joined),
            titles,
            names,
            tuple(_program(old, new)),
            tuple(_tables(old, new)),
            partner,
            tuple(_lines(_of_partner(lines[0], partner), _of_partner(lines[1], partner))) if partner else (),
        )


def _refuse_two_currencies(old: Kept, new: Kept) -> None:
    one, other = old.record.currency, new.record.currency
    if one != other:
        message = f"run {old.record.number} pays {one} and run {new.record.number} pays {other}"
        hint = "compare runs of one currency: what moved between two would be exchange alone"
        raise Refused(Problem("S150", message, Place(), hint))


def _refuse_nobody(partner: str, rows: Sequence[Moved], old: Kept, new: Kept) -> None:
    if partner and partner not in {row.partner for row in rows}:
        message = f"neither run {old.record.number} nor run {new.record.number} pays a partner {partner}"
        raise Refused(Problem("S110", message, Place(), "name one of the partners; partage show lists them"))


# --- causes -----------------------------------------------------------------------------------------------------------


def _causes(
    old: Kept, new: Kept, kept_before: Amounts, kept_now: Amounts
) -> tuple[dict[str, Amounts], tuple[Joined, ...]]:
    """What each cause moves, in the order of the way; and the causes that could not be told apart."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    joined: list[Joined] = []
    at, waiting, last = kept_before, list[str](), None

    def arrive(to: Amounts) -> None:
        label = " and ".join(dict.fromkeys(waiting))
        moved = found.setdefault(label, Counter())
        for each in {**at, **to}:
            moved[each] += to.get(each, 0) - at.get(each, 0)
        waiting.clear()

    for stop in _way(old, new):
        if last is not None and stop.identity == last:
            continue  # nothing that it rests on is another
        last = stop.identity
        waiting.append(stop.cause)
        why = _why_not(stop, old)
        to = why if why else _arrived(stop)
        if isinstance(to, str):
            joined.append(Joined(stop.cause, to))
            continue
        arrive(to)
        at = to
    waiting.append(ENGINE)
    arrive(kept_now)
    moved_by = {label: moved for label, moved in found.items() if label != ENGINE or any(moved.values())}
    return dict(moved_by), tuple(joined)


def _way(old: Kept, new: Kept) -> Iterator[_Stop]:
    before, now = _by_table(old), _by_table(new)
    rates = {table: each for table, each in now.items() if table == RATES}
    exchanged = {table: each for table, each in before.items() if table != RATES} | rates
    periods = old.record.period, new.record.period
    yield _Stop(ENGINE, old, before, periods[0], old.is_opened, old)
    yield _Stop(RULE, new, before, periods[0], old.is_opened, None)
    yield _Stop(RATE, new, exchanged, periods[0], old.is_opened, None)
    yield _Stop(DATA if periods[0] == periods[1] else PERIOD, new, now, periods[1], new.is_opened, new)


def _by_table(kept: Kept) -> dict[str, tuple[str, Path]]:
    return {table: (kept.rows_sha256.get(table, ""), path) for table, path in kept.tables.items()}


def _arrived(stop: _Stop) -> Amounts | str:
    """What a program pays for the facts of a stop; or why it can't be worked out."""
    files = {table: path for table, (_, path) in stop.tables.items()}
    try:
        meaning = stop.program.program.understood()
        of = meaning, stop.program.program.sha256, files, period_of(meaning, stop.period), (), VERSION, stop.is_opened
        with told_reads("a kept table"), worked_out(*of, stop.program.versions) as found:
            if stop.of is not None:
                _assert_facts(found, stop.of)
            return _amounts_of(found)
    except (Refused, CheckFailed) as fault:
        if isinstance(fault, CheckFailed) and stop.of is not None:
            raise  # what was kept was changed
        return fault.problems[0].message


def _amounts_of(found: WorkedOut) -> Amounts:
    run = found.run
    columns = enumerate(run.components)
    return {
        (partner, component): int(amount)
        for at, component in columns
        for partner, amount in zip(run.partners, run.payouts_minor[:, at].tolist(), strict=True)
        if amount
    }


def _assert_facts(found: WorkedOut, kept: Kept) -> None:
    """Raise CheckFailed where a kept table is not the one of the manifest: its rows would pass for another engine."""
    for each in found.facts.inputs:
        if each.rows_sha256 != kept.rows_sha256.get(each.table):
            number = kept.record.number
            message = f"the kept table {each.table} of run {number} is not the one that its manifest names"
            raise CheckFailed(Problem("S160", message, Place(), "restore the store from a backup"))


def _why_not(stop: _Stop, old: Kept) -> str:
    """Why the new program can't be worked out over facts that another program read; empty where it can."""
    new, before = stop.meaning, old.program.meaning
    if stop.of is not None or new is None:
        return ""  # its own facts; or it says itself why not
    number = old.record.number
    if before is None:
        return f"this engine does not understand the program of run {number}"
    before = opened(before, old.is_opened)
    read = [source.table for source in new.sources if source.table in tables_read(new)]
    for table in read:
        if table not in stop.tables:
            return f"the new program reads the table {table}, which run {number} does not have"
        if _clash(new.tables[table], before.tables.get(table)):
            return f"the new program declares the table {table} with another key, or columns of another type"
    if before.exchange is not None and new.exchange is None:
        return "the new program does not convert amounts in other currencies, and the old one did"
    asked, known = columns_read(new), columns_read(before)
    for table in read:
        further = [name for name in asked.get(table, ()) if name not in known.get(table, ())]
        with told_reads(f"the kept table {table}"):
            lacks = blank_columns(stop.tables[table][1], further) if further else []
        if lacks:
            return f"the new program reads {table}.{lacks[0]}, which is blank in every row of run {number}"
    return ""


def _clash(table: Table, before: Table | None) -> bool:
    """Whether kept rows of a table can't be read as the new program declares it; what it declares more is blank."""
    if before is None:
        return False  # which only its own facts have: the rates
    types = {column.name: column.type for column in before.columns}
    return table.key != before.key or any(types.get(each.name, each.type) != each.type for each in table.columns)


# --- what moved -------------------------------------------------------------------------------------------------------


def _amounts(lines: Lines) -> Amounts:
    """What lines come to by partner and component."""
    found: Counter[tuple[str, str]] = Counter()
    rows = zip(lines.partner.tolist(), lines.component.tolist(), lines.amount_minor.tolist(), strict=True)
    for partner, component, amount in rows:
        found[partner, component] += amount
    return found


def _rows(causes: Mapping[str, Amounts], before: Amounts, now: Amounts, components: Sequence[str]) -> tuple[Moved, ...]:
    place = {component: at for at, component in enumerate(components)}
    every = dict.fromkeys(chain(before, now, *causes.values()))
    rows = []
    for partner, component in sorted(every, key=lambda each: (each[0], place[each[1]])):
        of = partner, component
        moved = tuple(amounts.get(of, 0) for amounts in causes.values())
        row = Moved(partner, component, before.get(of, 0), now.get(of, 0), moved)
        assert sum(moved) == row.difference_minor, "causes add up to what moved"
        rows.append(row)
    return tuple(rows)


def _components(old: Kept, new: Kept) -> list[str]:
    """The components of both runs, in the order of the new one, then those that only the old one has."""
    return list(dict.fromkeys([*new.manifest["components"], *old.manifest["components"]]))


def _titles(meaning: Meaning | None) -> Mapping[str, str]:
    if meaning is None:
        return {}
    titles = {payout.name: payout.title for payout in meaning.payouts}
    titles |= {pool.name: pool.title for pool in meaning.pools}
    return titles | {balance.name: balance.title for balance in meaning.balances}


def _of_partner(lines: Lines, partner: str) -> Lined:
    found: Counter[tuple[str, str, str]] = Counter()
    for row in (lines.partner == partner).nonzero()[0].tolist():
        line = lines.line(row)
        found[line.component, line.table, line.key] += line.amount_minor
    return found


def _lines(before: Lined, now: Lined) -> list[LineDifference]:
    """Each line of one partner, the biggest difference first."""
    every = dict.fromkeys((*before, *now))
    found = [LineDifference(*of, before.get(of), now.get(of)) for of in every]
    return sorted(found, key=lambda each: (-abs(each.difference_minor), each.component, each.table, each.key))


# --- what the runs rest on --------------------------------------------------------------------------------------------


def _program(old: Kept, new: Kept) -> Iterator[str]:
    """The lines in which the programs differ, as a unified diff without its two heads."""
    one, other = (kept.program.data.decode("utf-8", "replace").splitlines() for kept in (old, new))
    yield from list(unified_diff(one, other, lineterm="", n=1))[2:]


def _tables(old: Kept, new: Kept) -> Iterator[TableDifference]:
    """Each table whose rows differ, rejected ones included."""
    money = currency(new.record.currency)
    inputs = [{each["table"]: each for each in kept.manifest["inputs"]} for kept in (old, new)]
    for table in sorted({*inputs[0], *inputs[1]}):
        sides = [each.get(table, {}) for each in inputs]
        rejected = int(sides[0].get("rejected", 0)), int(sides[1].get("rejected", 0))
        digests = [(side.get("rows_sha256"), side.get("rejected_sha256")) for side in sides]
        known = next((table_of for kept in (new, old) if (table_of := _table(kept, table)) is not None), None)
        if digests[0] != digests[1] and known is not None:
            with told_reads(f"the kept table {table}"):
                yield compare_tables(known, old.tables.get(table), new.tables.get(table), rejected, money)


def _table(kept: Kept, table: str) -> Table | None:
    meaning = kept.program.meaning
    return None if meaning is None else opened(meaning, kept.is_opened).tables.get(table)
