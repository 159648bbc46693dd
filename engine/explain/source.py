"""What rows of a source hold, as an explanation reads it: cells, what they refer to, their credit, their terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.explain.agree import agree
from engine.values import PARTNERS, Facts, Plan, ReadRows, Reasoned, Sheet
from engine.values.attributes import days_of, partner_cells
from rules.crediting.meaning import CREDIT, SHARE, CreditMeaning
from rules.crediting.reason import explain_share
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, columns
from rules.kinds.base import number, percent

ATTRIBUTIONS = "attributions"
_Found = tuple[Mapping[Column, Value], tuple[str, ...]]  # cells, and the records that they stand in


class SourceRows:
    """The rows that a plan reads; `of_partner` says why a partner has a value that a row names."""

    def __init__(self, plan: Plan, sheet: Sheet, facts: Facts, of_partner: Callable[[str, int], Reasoned]) -> None:
        self._steps = {step.name: step for step in plan.steps if isinstance(step, ReadRows)}
        self._readers = {name: step for step in self._steps.values() for name in step.measures}
        self._sheet, self._facts, self._of_partner = sheet, facts, of_partner
        self._cells_of: dict[tuple[str, int], _Found] = {}

    def agreed(self, name: str, row: int) -> Reasoned:
        """A value that was agreed with the row's partner, and where that is written."""
        frame = self._sheet.frames[self._sheet.frame_of[name]]
        reader = next(step for step in self._steps.values() if name in step.agreed)
        assert reader.dated is not None, "what is agreed was checked to hold on a day"
        term = reader.agreed[name]
        at = replace(frame, keys=frame.keys[[row]], records=frame.records[[row]], partners=frame.partners[[row]])
        (version,) = self._facts.agreed_versions(at, term, reader.dated)
        title = f"{term.name.replace('_', ' ')} agreed with {self._sheet.partners.keys[frame.partners[row]]}"
        file = self._facts.file("terms")
        if version is None:
            return Reasoned(title, None, "", "", reader.place, file)
        return Reasoned(
            f"{title} {version.days}", version.value, "", "", reader.place, f"{file} record {version.record}"
        )

    def fetch(self, frame: str, rows: NDArray[np.int64]) -> None:
        """Look up the cells that the measures of many rows read, in one go for each measure."""
        reader = self._steps.get(frame)
        if reader is None:  # lines of partners, which rest on no row of a source
            return
        for name, (written, _) in reader.measures.items():
            tree = self._facts.exact(written)
            for row, found in zip(rows.tolist(), self._looked_up(reader, rows, columns(tree)), strict=True):
                self._cells_of[name, row] = found

    def _looked_up(self, reader: ReadRows, rows: NDArray[np.int64], wanted: tuple[Column, ...]) -> Sequence[_Found]:
        """The cells that rows hold and refer to; a credited row refers to the partner whose credit it is."""
        frame = self._sheet.frames[reader.name]
        held = [column for column in wanted if column.table not in (None, CREDIT)]
        of_partner = [column for column in held if reader.credit is not None and column.table == PARTNERS]
        held = [column for column in held if column not in of_partner]
        held = list(dict.fromkeys([*held, *days_of(of_partner)]))
        found = list(self._facts.cells_of(reader.table, frame.records[rows].tolist(), held))
        if of_partner:
            records = self._sheet.partners.records[frame.partners[rows]].tolist()
            for at, record in enumerate(records):
                cells, sources = found[at]
                more, others = partner_cells(self._facts, record, of_partner, cells)
                found[at] = {**cells, **more}, (*sources, *others)
        return found

    def cells(
        self, measure: str, row: int, wanted: tuple[Column, ...]
    ) -> tuple[Mapping[Column, Value], str, tuple[Reasoned, ...]]:
        """The cells that a measure reads, and where: of source rows, of the row's partner and of its credit, with their
        reasons."""
        reader = self._readers[measure]
        frame = self._sheet.frames[reader.name]
        if (measure, row) not in self._cells_of:
            self.fetch(reader.name, np.array([row]))
        found, sources = self._cells_of[measure, row]
        cells, parts = dict(found), []
        for column in wanted:
            if column.table is None:
                reason = self._of_partner(column.name, int(frame.partners[row]))
            elif column.table == CREDIT:
                if column.name != SHARE:
                    cells[column] = self._credit_cell(reader, row, column.name)
                    continue
                reason = self._credit(reader, row, column)
            else:
                continue
            parts.append(reason)
            cells[column] = reason.value
        return cells, ", ".join(sources), tuple(parts)

    def converted(self, measure: str, row: int) -> Mapping[Column, str]:
        """How the amounts that a measure reads came to the program's currency, in words."""
        reader = self._readers[measure]
        tree, _ = reader.measures[measure]
        held = [column for column in columns(tree) if column.table not in (None, CREDIT)]
        record = int(self._sheet.frames[reader.name].records[row])
        return self._facts.converted(reader.table, record, held, is_rounded=False)

    def _credit(self, reader: ReadRows, row: int, column: Column) -> Reasoned:
        """Why a partner earns its share of a row."""
        assert reader.credit is not None
        credits, frame = self._sheet.credits[reader.credit], self._sheet.frames[reader.name]
        assert frame.shares is not None, "each credited row has its share"
        at = int(frame.shares[row])
        known, meaning = credits.known, credits.meaning
        reason = explain_share(meaning.spec, known.candidates, credits.shares, at, meaning.terms, known.hierarchy)
        agree(f"{reader.name}, row {row}: {column}", credits.shares.share.fraction(at), reason.value)
        name = known.candidates.rows.names[int(credits.shares.row[at])]
        parts = self._weights(meaning, name, str(credits.roles[at]), str(credits.partners[at]))
        title = f"{reader.credit}: share of {name}"
        return Reasoned(title, reason.value, percent(reason.value), reason.words, meaning.place, "", False, parts)

    def _weights(self, meaning: CreditMeaning, deal: str, role: str, partner: str) -> tuple[Reasoned, ...]:
        """The saved weight that a share rests on: its row, by which method and in which version it was found."""
        if not any(way.reads == ATTRIBUTIONS and role in way.credited_roles() for way in meaning.spec.ways):
            return ()
        wanted = ("weight", "version")
        rows = self._facts.matching(ATTRIBUTIONS, {"deal_id": deal, "partner_id": partner, "method": role}, wanted)
        file, found = self._facts.file(ATTRIBUTIONS), []
        for row in rows:
            weight, version = (row.cells[Column(ATTRIBUTIONS, name)] for name in wanted)
            assert isinstance(weight, int | Fraction), "what was shared by is a number"
            told = f"as saved by {role}, version {version or '(blank)'}"
            source = f"{file} record {row.record}"
            found.append(
                Reasoned(
                    f"weight of {partner}", Fraction(weight), number(Fraction(weight)), told, meaning.place, source
                )
            )
        return tuple(found)

    def _credit_cell(self, reader: ReadRows, row: int, name: str) -> Value:
        """What a credit says of itself beside its share: whose it is, its role and its level."""
        assert reader.credit is not None
        credits, frame = self._sheet.credits[reader.credit], self._sheet.frames[reader.name]
        assert frame.shares is not None, "each credited row has its share"
        at = int(frame.shares[row])
        if name == "level":
            return Fraction(int(credits.shares.level[at]))
        return str((credits.roles if name == "role" else credits.partners)[at])
