"""What a rule made of a row that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from engine.scoring import used_rows
from engine.trace.lines import is_line, paid_minor, paid_words
from engine.trace.meets import failed, outside
from engine.trace.sharing import nobody, not_shared, shared
from engine.trace.verdict import Verdict
from engine.values import PARTNERS, RECORD, Credits, Deduct, Facts, Kpi, Plan, Reading, Reverse, Sheet, TrailRow
from engine.values.attributes import partner_cells
from rules.crediting.meaning import CREDIT
from rules.expressions.evaluate import Value, compare
from rules.expressions.tree import Column, Expression, columns

_Cells = Mapping[Column, Value]
_TOLD_MAX = 5


class Own:
    """The verdicts of rules on the rows that they read; `partner` is who asks, if anybody does."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, partner: str) -> None:
        self._plan, self._sheet, self._facts, self._partner = plan, sheet, facts, partner

    def verdicts(self, reading: Reading, key: str, record: int) -> Sequence[Verdict]:
        """What a rule made of one row of its table: one verdict, or one for each partner who shares the row."""
        wanted = [column for tree in reading.trees for column in columns(tree) if column.table not in (None, CREDIT)]
        converted = self._facts.converted(reading.table, record, wanted, is_rounded=not reading.is_paid)
        said = _Said(reading, key, "".join(f"; {column} is {how}" for column, how in converted.items()))
        cells = self._cells(reading, record)
        told = outside(reading, cells)
        if told:
            if reading.is_added and len(self._rows(reading, record)):
                told += "; it is added up before the rows of the period"
            return [said("outside", told)]
        if reading.is_opening:
            return [self._opening(reading, said, record)]
        if reading.credit is not None:
            return list(self._shared(reading, said, record, cells))
        if reading.credited is not None:
            return [self._credited(reading, said, record, cells)]
        return [self._of_owner(reading, said, record, cells)]

    # --- a row of one partner -----------------------------------------------------------------------------------------

    def _of_owner(self, reading: Reading, said: _Said, record: int, cells: _Cells) -> Verdict:
        owner = "" if reading.owner is None else str(cells[reading.owner] or "")
        if reading.owner is not None:
            if not owner:
                return said("not_payable", "the row names no partner")
            if self._place(owner) is None and owner not in self._sheet.leavers(reading.leaving):
                return said("not_payable", self._not_eligible(reading, owner), owner)
        told = failed(reading.where, {**cells, **self._named(reading.where, owner)}, self._plan, self._facts)
        if told:
            return said("not_payable", told, owner)
        if reading.is_paid:
            rows = self._rows(reading, record)
            return self._paid(reading, said, int(rows[0]) if len(rows) else None, owner, cells)
        if reading.looked_up or reading.carried is not None:
            return self._used(reading, said, record, owner, cells)
        for column in reading.needs:
            if cells[column] is None:
                left_out = "such a rating counts as missing" if reading.scored else "the rule leaves such rows out"
                return said("not_payable", f"{column} is blank, and {left_out}", owner)
        later = self._later(reading, owner, record, cells)
        if later:
            return said("not_payable", later, owner)
        return said("measured", f"counts in {reading.title}", owner)

    def _opening(self, reading: Reading, said: _Said, record: int) -> Verdict:
        """What became of a row that says what was on a balance."""
        row = next(each for each in self._facts.openings() if each.record == record)
        (used,) = used_rows(reading, self._sheet, self._facts)
        if record in used:
            whose = f"{row.balance} of {row.partner}" if row.partner else row.balance
            return said("measured", f"{whose} opened with it after {row.as_of}", row.partner)
        return said("not_payable", f"another row says what was on {row.balance} on a later day", row.partner)

    def _used(self, reading: Reading, said: _Said, record: int, owner: str, cells: _Cells) -> Verdict:
        """What became of a figure that partners are held against, or of points of an earlier period."""
        used = used_rows(reading, self._sheet, self._facts)
        theirs = np.zeros(len(self._sheet.partners), dtype=bool)
        for records in used:
            theirs |= records == record
        held = [str(key) for key in self._sheet.partners.keys[theirs]]
        if reading.carried is None:
            if held:
                more = f" and {len(held) - _TOLD_MAX} more" if len(held) > _TOLD_MAX else ""
                return said("measured", f"counts in {reading.title}, for {', '.join(held[:_TOLD_MAX])}{more}")
            near = "its own before its region's and that before the program's, of several versions the latest"
            if reading.table == "benchmarks":
                near = "that of its segment before that of all"
            whom = " whom it scores" if reading.scored else ""
            return said("not_payable", f"no partner{whom} is held against it; for each counts {near}")
        if reading.carried[1][0][0] == "":
            return self._held(reading.title, reading.carried[1][0][1], said, record, bool(held), owner)
        path = next(path for path, names in reading.carried[1] if cells[Column("scores", "kpi")] in names)
        if held:
            why = f"{owner} has no points of {path} in this period, and keeps these"
            return said("measured", f"counts in {reading.title}: {why}", owner)
        place = self._place(owner)
        if self._sheet.columns[reading.scored].fraction(0 if place is None else place) == -1:
            return said("not_payable", f"{reading.title} does not score {owner}", owner)
        return said("not_payable", self._not_carried(reading.carried, path, place or 0, owner), owner)

    def _held(self, title: str, names: Sequence[str], said: _Said, record: int, is_used: bool, owner: str) -> Verdict:
        """What became of a row that says which tier a partner had in the period before."""
        told = Column("scores", "tier")
        tier = self._facts.cells("scores", record, [told])[0][told]
        if is_used:
            return said("measured", f"counts in {title}: {owner} begins with the tier {tier}", owner)
        if tier is None:
            return said("not_payable", "scores.tier is blank", owner)
        if str(tier).lower() not in names:
            return said("not_payable", f"{title} has no tier {tier}", owner)
        return said("not_payable", f"{title} does not score {owner}", owner)

    def _not_carried(
        self, carried: tuple[str, Sequence[tuple[str, tuple[str, ...]]]], path: str, place: int, owner: str
    ) -> str:
        """Why points of an earlier period do not stand in for those of this one."""
        card, names = carried
        if self._sheet.columns[f"{card}.points.{path}"].fraction(place) is not None:
            return f"{owner} has points of {path} in this period"
        other = int(self._facts.earlier_records(card, dict(names))[path][place])
        if not other:
            return "scores.points is blank"
        named = Column("scores", "kpi")
        return f"the row of {self._facts.cells('scores', other, [named])[0][named]} is kept in its place"

    def _paid(
        self, reading: Reading, said: _Said, row: int | None, owner: str, cells: _Cells, whole: str = ""
    ) -> Verdict:
        """What a row was paid that fulfils all conditions; `whole` tells how the row is shared."""
        plan, sheet = self._plan, self._sheet
        if row is not None and is_line(sheet, reading, row):
            amount = paid_minor(plan, sheet, reading, row)
            words = paid_words(plan, sheet, reading, row)
            if whole:
                words = f"{whole}; {reading.name} pays {owner} {plan.terms.money(Fraction(amount))}: {words}"
            return said("paid", words, owner, amount)
        if isinstance(plan.step(reading.lines), Reverse):
            return said("not_payable", "its row was paid nothing that could be taken back", owner)
        blank = next((column for column in reading.needs if cells[column] is None), None)
        told = "what it is paid on is unknown" if blank is None else f"{blank} is blank"
        return said("not_payable", f"{told}, and the rule leaves such rows out", owner)

    def _later(self, reading: Reading, owner: str, record: int, cells: _Cells) -> str:
        """The row that counts in place of this one, of several for the same thing; empty where this one does."""
        if reading.latest_of is None or reading.dated is None:
            return ""
        measures = (measure for step in self._plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures)
        measure = next(each for each in measures if each.name == reading.name)
        latest: tuple[Value, TrailRow] | None = None
        for row in self._facts.trail([measure], owner):  # in the order of their keys
            is_alike = row.cells[reading.latest_of] == cells[reading.latest_of]
            if not is_alike or outside(reading, row.cells) or failed(reading.where, row.cells, self._plan, self._facts):
                continue
            day = row.cells[reading.dated]
            if latest is None or compare(">=", day, latest[0]):
                latest = day, row
        if latest is None or latest[1].record == record:
            return ""
        return f"{reading.table} {latest[1].key} counts in its place: the latest of {reading.latest_of}"

    def _credited(self, reading: Reading, said: _Said, record: int, cells: _Cells) -> Verdict:
        """A row that a KPI counts for those who are credited in a role."""
        assert reading.credited is not None
        told = failed(reading.where, cells, self._plan, self._facts)
        if told:
            return said("not_payable", told)
        for column in reading.needs:
            if cells[column] is None:
                return said("not_payable", f"{column} is blank, and the rule leaves such rows out")
        holders = self._facts.credited(reading.table, reading.credited, record)
        others = self._sheet.leavers(reading.leaving)
        told = ", ".join(each for each in holders if self._place(each) is not None or each in others)
        if not told and reading.credited == "influenced":
            sourced = self._facts.credited(reading.table, "sourced", record)
            if sourced:
                why = "and a deal that somebody sourced counts for nobody as influenced"
                return said("not_payable", f"it is sourced by {', '.join(sourced)}, {why}")
        if not told:
            return said("not_payable", f"nobody who can be paid is credited as {reading.credited}")
        return said("measured", f"counts in {reading.title}, for {told}")

    def _not_eligible(self, reading: Reading, partner: str) -> str:
        told = f"partner {partner} cannot be paid: the program's condition `eligible` does not hold"
        is_return = isinstance(self._plan.step(reading.lines), Deduct | Reverse)
        return told + ", so nothing is taken back, whatever its row was paid before" if is_return else told

    # --- a row that partners share ------------------------------------------------------------------------------------

    def _shared(self, reading: Reading, said: _Said, record: int, cells: _Cells) -> Iterator[Verdict]:
        assert reading.credit is not None
        credits = self._sheet.credits[reading.credit]
        of = self.credited_record(reading, record)
        shares = np.flatnonzero(credits.records == of) if of is not None else np.zeros(0, dtype=np.int64)
        if of is None or not len(shares):
            yield said("not_payable", self._nobody(credits, of))
            return
        whole = shared(credits, of)
        rows = self._rows(reading, record)
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        assert frame.shares is not None, "each credited row has its share"
        row_of = {int(frame.shares[row]): int(row) for row in rows}
        for share in shares.tolist():
            who = str(credits.partners[share])
            place = self._place(who)
            if place is None:
                yield said("not_payable", f"{whole}; {self._not_eligible(reading, who)}", who)
                continue
            mine = {**cells, **self._named(reading.where, who), **self._credit_cells(credits, share)}
            theirs = [each for each in _of_partner(reading) if each.table == PARTNERS]
            if theirs:
                mine |= partner_cells(self._facts, int(self._sheet.partners.records[place]), theirs, cells)[0]
            told = failed(reading.where, mine, self._plan, self._facts)
            if told:
                yield said("not_payable", told, who)
                continue
            yield self._paid(reading, said, row_of.get(share), who, mine, whole)
        if self._partner and self._partner not in credits.partners[shares]:
            yield said("not_payable", not_shared(credits, of, self._partner), self._partner)

    def _nobody(self, credits: Credits, of: int | None) -> str:
        """Why nobody earns on a row."""
        meaning = credits.meaning
        if of is None:
            return f"it names no row of {meaning.of}, whose partners would share it by the rule {meaning.name}"
        told = nobody(credits, of)
        if told:
            return told
        wanted = list(columns(meaning.where)) if meaning.where is not None else []
        cells, _ = self._facts.cells(meaning.of, of, wanted)
        return f"the rule {meaning.name} shares no such row: {failed(meaning.where, cells, self._plan, self._facts)}"

    def credited_record(self, reading: Reading, record: int) -> int | None:
        """The record of the credited row that a row of a reading refers to, or is."""
        assert reading.credit is not None
        of = self._sheet.credits[reading.credit].meaning.of
        if of == reading.table:
            return record
        found = self._facts.cells(reading.table, record, [Column(of, RECORD)])[0][Column(of, RECORD)]
        return None if found is None else int(str(found))

    def _credit_cells(self, credits: Credits, share: int) -> _Cells:
        """What a row sees of the credit that pays it."""
        found: dict[str, Value] = {
            "partner_id": str(credits.partners[share]),
            "role": str(credits.roles[share]),
            "level": Fraction(int(credits.shares.level[share])),
            "share": credits.shares.share.fraction(share),
        }
        return {Column(CREDIT, name): value for name, value in found.items()}

    # --- what rows hold -----------------------------------------------------------------------------------------------

    def _cells(self, reading: Reading, record: int) -> _Cells:
        """The cells that decide over a row, but for those of the partners who share it."""
        named = [] if reading.where is None else list(columns(reading.where))
        named += [each for each in (reading.dated, reading.after, reading.owner, reading.latest_of) if each is not None]
        named += [] if reading.of_period is None else [reading.of_period[0]]
        shut = {None, CREDIT, *([PARTNERS] if reading.credit is not None else [])}
        wanted = [each for each in dict.fromkeys([*named, *reading.needs]) if each.table not in shut]
        return self._facts.cells(reading.table, record, wanted)[0]

    def _named(self, where: Expression | None, partner: str) -> _Cells:
        """What the partner of a row has by name, where a condition asks for it."""
        wanted = [each for each in columns(where) if each.table is None] if where is not None else []
        place = self._place(partner)
        columns_ = self._sheet.columns
        return {each: None if place is None else columns_[each.name].fraction(place) for each in wanted}

    def _place(self, partner: str) -> int | None:
        """The place of a partner among those that can be paid."""
        keys = self._sheet.partners.keys
        place = int(np.searchsorted(keys, partner)) if len(keys) else 0
        return place if place < len(keys) and keys[place] == partner else None

    def _rows(self, reading: Reading, record: int) -> Sequence[int]:
        """The rows of a paid reading's frame that one row of its table has become."""
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        return [int(row) for row in np.flatnonzero(frame.records == record)]


class _Said:
    """Verdicts of one rule on one row; `more` is what is said of the row beside each."""

    def __init__(self, reading: Reading, key: str, more: str) -> None:
        self._reading, self._key, self._more = reading, key, more

    def __call__(self, fate: str, words: str, partner: str = "", amount: int | None = None) -> Verdict:
        reading = self._reading
        is_dated = reading.is_dated
        told = words + self._more
        return Verdict(
            reading.table, self._key, reading.name, fate, told, reading.place, partner, amount, True, is_dated
        )


def _of_partner(reading: Reading) -> list[Column]:
    return [] if reading.where is None else list(columns(reading.where))
