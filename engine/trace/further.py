"""What rules made of the rows that rest on a row: those that refer to it, those of a partner, those that it shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from engine.trace.lines import paid_minor
from engine.trace.own import Own
from engine.trace.sharing import earns
from engine.trace.verdict import Verdict
from engine.values import PARTNERS, Facts, Plan, Reading, Sheet, Standing
from rules.expressions.tree import Column, columns
from rules.problem import Place
from rules.tables import ATTRIBUTES, HISTORY

_TOLD_MAX = 5


class Further:
    """The verdicts of rules on the rows that rest on a row of another table."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, standing: Standing, own: Own) -> None:
        self._plan, self._sheet, self._facts, self._standing, self._own = plan, sheet, facts, standing, own

    def verdicts(self, reading: Reading, table: str, key: str, record: int) -> Iterator[Verdict]:
        """What a rule made of the rows that rest on the row of `table` with that key and record."""
        for verdict in self._all(reading, table, key, record):
            yield replace(verdict, is_own=False, is_dated=reading.is_dated)

    def _all(self, reading: Reading, table: str, key: str, record: int) -> Iterator[Verdict]:
        if reading.table != table and self._standing.reaches(reading, table):
            for other, its_record in self._facts.referring(reading.table, table, record):
                yield from self._own.verdicts(reading, other, its_record)
        if table == PARTNERS and reading.table != table:
            yield from self._of_partner(reading, key)
        if table == "credits" and reading.credited is not None:
            for other, its_record in self._in_role(reading, record):
                yield from self._own.verdicts(reading, other, its_record)
        if reading.credit is not None:
            yield from self._of_credit(reading, reading.credit, table, record)
        if table == "terms" and reading.agreed:
            yield from self._of_terms(reading, record)
        if table == HISTORY:
            yield from self._of_version(reading, record)

    def _of_partner(self, reading: Reading, partner: str) -> Iterator[Verdict]:
        """What a rule made of all rows of a partner."""
        counts = self._standing.of_partner(reading, partner)
        if counts is None:
            return
        counted, inside, every = counts

        def said(fate: str, words: str, amount: int | None = None) -> Verdict:
            return Verdict(PARTNERS, partner, reading.name, fate, words, reading.place, partner, amount)

        lines, amount = self._lines_of(reading, partner) if reading.is_paid else (0, 0)
        if lines:
            yield said("paid", f"{_rows(lines, 'line')} of {reading.name}, {self._money(amount)} in all", amount)
        elif counted:
            yield said("measured", f"{_rows(counted, 'row')} of {reading.table} count in {reading.title}")
        elif inside:
            yield said("not_payable", f"of its {_rows(inside, 'row')} of {reading.table} in these days none counts")
        elif every:
            yield said("outside", f"its {_rows(every, 'row')} of {reading.table} lie outside of these days")

    def _lines_of(self, reading: Reading, partner: str) -> tuple[int, int]:
        """How many lines a rule has for a partner, and what they come to; those of limits included."""
        lines = amount = 0
        for name in (reading.last, *reading.also):
            frame, column = self._sheet.frames[self._sheet.frame_of[name]], self._sheet.columns[name]
            for row in np.flatnonzero(self._sheet.partners.keys[frame.partners] == partner).tolist():
                value = column.fraction(row)
                if value is not None:
                    lines, amount = lines + 1, amount + int(value)
        return lines, amount

    def _in_role(self, reading: Reading, credit: int) -> Sequence[tuple[str, int]]:
        """The rows of a reading whose deal a credit of its role is for: their keys and records."""
        role, deal = Column("credits", "role"), Column("credits", "deal_id")
        cells, _ = self._facts.cells("credits", credit, [role, deal])
        key = str(cells[deal] or "")
        record = self._facts.record("deals", key)
        if cells[role] != reading.credited or record is None:
            return []
        return [(key, record)] if reading.table == "deals" else self._facts.referring(reading.table, "deals", record)

    # --- what says who earns ------------------------------------------------------------------------------------------

    def _of_credit(self, reading: Reading, name: str, table: str, record: int) -> Iterator[Verdict]:
        """What a rule made of the rows that a credit, a touch, a lead or a registration says something of."""
        credits = self._sheet.credits[name]
        if table == HISTORY and credits.meaning.spec.roll_up is not None:
            yield from self._of_history(reading, credits.meaning.spec.roll_up.to, name, record)
            return
        made = self._standing.credited_by(name, table, record)
        if not made:
            return
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        lines = self._standing.lines_on(reading, table, record)
        refused: list[Verdict] = []
        for of, candidates in made.items():
            standing = [(at, *earns(credits, at)) for at in candidates]
            theirs = {credits.known.candidates.partners[credits.known.candidates.partner[at]] for at in candidates}
            for key, its_record in self._rows_on(reading, credits.meaning.of, of):
                mine = [line for line in lines if frame.records[line] == its_record]
                found = self._own.verdicts(reading, key, its_record)
                paid = {str(self._sheet.partners.keys[frame.partners[line]]) for line in mine}
                if mine:
                    yield from (each for each in found if each.fate == "paid" and each.partner in paid)
                elif found[0].fate == "outside":
                    refused.append(found[0])
                elif any(does for _, does, _ in standing):
                    chosen = [each for each in found if each.partner in theirs] or list(found)
                    refused += [each for each in chosen if each.fate != "paid"]
                else:
                    why = standing[0][2] if standing else self._not_made(reading, name, table, record, of)
                    words = f"earns nothing by the rule {name}: {why}"
                    refused.append(Verdict(reading.table, key, name, "not_payable", words, credits.meaning.place))
        yield from sorted(refused, key=lambda each: each.rule != reading.name)

    def _rows_on(self, reading: Reading, of: str, record: int) -> Sequence[tuple[str, int]]:
        """The rows of a reading that are shared as one credited row is: their keys and records."""
        if reading.table == of:
            return [(self._standing.key(of, record), record)]
        return self._facts.referring(reading.table, of, record)

    def _not_made(self, reading: Reading, name: str, table: str, record: int, of: int) -> str:
        """Why a row of a table is nothing that a crediting rule looks at."""
        credits = self._sheet.credits[name]
        if table == "registrations":
            return "it protects nobody's credit: it is not approved, does not hold on the day, or nobody has a credit"
        if not np.any(credits.known.records == of):
            return "the rule shares no such row"
        return "the way that the rule takes for this row does not look at it"

    def _of_history(self, reading: Reading, to: str, name: str, record: int) -> Iterator[Verdict]:
        """What a dated relation between partners has brought."""
        cells = self._held(HISTORY, record, ("attribute", "valid_from", "valid_to"))
        if cells[0] != to:
            return
        place = self._sheet.credits[name].meaning.place
        yield from self._applied(reading, HISTORY, record, cells[1], cells[2], name, place, "rolled up by it")

    def _of_version(self, reading: Reading, record: int) -> Iterator[Verdict]:
        """What a rule made of the rows whose partner was on their day what a version says."""
        attribute, first, last = self._held(HISTORY, record, ("attribute", "valid_from", "valid_to"))
        asked = {column for tree in reading.trees for column in columns(tree) if column.table == PARTNERS}
        if reading.days is None or attribute not in {ATTRIBUTES.get(column.name) for column in asked}:
            return
        told = f"says the {attribute} for"
        if reading.is_paid:
            args = (HISTORY, record, first, last, reading.name, reading.place, told)
            yield from self._applied(reading, *args)
        elif rows := self._standing.rows_on(reading, record):
            words = f"{told} {_rows(rows, 'row')} of {reading.table} that count in {reading.title}"
            yield Verdict(reading.table, "", reading.name, "measured", words, reading.place)
        else:
            yield self._idle(
                reading, first, last, reading.name, reading.place, f"no row that counts in {reading.title}"
            )

    def _of_terms(self, reading: Reading, record: int) -> Iterator[Verdict]:
        """What an agreed term has brought."""
        cells = self._held("terms", record, ("term", "valid_from", "valid_to"))
        if cells[0] in reading.agreed:
            args = ("terms", record, cells[1], cells[2], reading.name, reading.place, "agreed for")
            yield from self._applied(reading, *args)

    def _applied(
        self,
        reading: Reading,
        table: str,
        record: int,
        first: object,
        last: object,
        rule: str,
        place: Place,
        told: str,
    ) -> Iterator[Verdict]:
        """What rests on a row that holds from a first to a last day."""
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        lines = self._standing.lines_on(reading, table, record)
        if lines:
            keys = list(dict.fromkeys(str(frame.keys[line]) for line in lines))
            more = f" and {len(keys) - _TOLD_MAX} more" if len(keys) > _TOLD_MAX else ""
            amount = sum(paid_minor(self._plan, self._sheet, reading, line) for line in lines)
            words = f"{told} {reading.table} {', '.join(keys[:_TOLD_MAX])}{more}: {self._money(amount)} in all"
            yield Verdict(reading.table, keys[0], reading.name, "paid", words, reading.place)
        else:
            yield self._idle(reading, first, last, rule, place, f"no line of {reading.name}")

    def _idle(self, reading: Reading, first: object, last: object, rule: str, place: Place, nothing: str) -> Verdict:
        """That nothing rests on a row that holds from a first to a last day."""
        begins, ends = _days_of(reading)
        is_over = (ends is not None and isinstance(first, date) and first >= ends) or (
            begins is not None and isinstance(last, date) and last < begins
        )
        held = f"holds from {first or 'the beginning'} to {last or 'further notice'}"
        if is_over:
            return Verdict(reading.table, "", rule, "outside", f"{held}, outside of the days of {reading.name}", place)
        return Verdict(reading.table, "", rule, "not_payable", f"{held}; {nothing} rests on it", place)

    def _held(self, table: str, record: int, names: Sequence[str]) -> list[object]:
        wanted = [Column(table, name) for name in names]
        cells, _ = self._facts.cells(table, record, wanted)
        return [cells[column] for column in wanted]

    def _money(self, amount: int) -> str:
        return self._plan.terms.money(Fraction(amount))


def _days_of(reading: Reading) -> tuple[date | None, date | None]:
    """The half-open days in which the dates of a reading's rows lie."""
    assert reading.days is not None, "a rule that pays has days"
    lock = timedelta(days=reading.lock_days)
    first, end = (None if each is None else each - lock for each in reading.days)
    if reading.during is not None and first is not None and end is not None:
        first, end = max(first, reading.during.first), min(end, reading.during.end)
    return first, end


def _rows(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
