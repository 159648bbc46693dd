"""The changed facts of a scenario, as they are written under `facts:`, looked up in the tables of a program.

In: the file of a scenario, and a program that was understood. Out: the changes as values, or every fault of them, each
with its place. Conditions are read as those of rules are, and see the facts as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from fractions import Fraction

from engine.facts.changed import Change, Dropped, Joined, Left, Scaled
from engine.facts.opened import FORMAT
from rules.check.scope import Scope
from rules.document.reader import Document, Mapping, Node, Scalar, Sequence
from rules.expressions.expression import BadExpression, Written, parse_expression
from rules.expressions.tree import Column, Expression, Type, columns, rebuild
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_date
from rules.tables import ATTRIBUTES, EVENT_DAYS, FLAGS, REIMBURSABLE
from scenarios.overlays.scaled import factor_of

KINDS = ("scale", "leave", "join", "drop")
_EXAMPLES = {
    "scale": "{deals.amount: 110%} or [{column: deals.amount, by: 110%, where: deals.product = 'Atlas'}]",
    "leave": "{P-12: 2026-05-01} or [{where: partners.region = 'DACH', on: 2026-05-01}]",
    "join": "{P-900: {like: P-12, on: 2026-05-01, name: Newcomer}}",
    "drop": "{deals: {part: 10%}}",
}
_SCALED = (Type.MONEY, Type.NUMBER, Type.COUNT)
_SET = frozenset({"credits", "attributions", "fx_rates"})  # what has to add up, or is not of one's own making
_RATES = frozenset({"fx_rates"})
_FACTOR_MAX = 10**10
_OF_PERIOD = FLAGS | {REIMBURSABLE}  # columns that are worked out for the end or the start of a period
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_Steps = tuple[str | int, ...]


def changes_of_facts(document: Document | None, meaning: Meaning) -> tuple[Change, ...]:
    """The changes of facts of a scenario, in the order of its file; raises Refused with all that is wrong with them."""
    facts = next((value for key, value in document.root.entries if key.text == "facts"), None) if document else None
    if facts is None or _is_blank(facts):
        return ()
    assert document is not None, "it holds facts"
    reader = _Reader(document, meaning)
    found = list(reader.read(facts))
    if reader.problems:
        raise Refused(*reader.problems)
    return tuple(found)


def has_facts(document: Document | None) -> Place | None:
    """Where a scenario changes facts; None where it changes none."""
    for key, value in document.root.entries if document else ():
        is_said = isinstance(value, Mapping) and any(not _is_blank(each) for _, each in value.entries)
        if key.text == "facts" and (is_said or not isinstance(value, Mapping | Scalar)):
            return key.place
    return None


def _is_blank(node: Node) -> bool:
    """Whether nothing is written: a key alone, or a list or mapping without an item."""
    if isinstance(node, Scalar):
        return not node.text and not node.quoted
    return not (node.items if isinstance(node, Sequence) else node.entries)


class _Reader:
    """Reads the changes of one scenario; what is wrong with them is noted."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._scope = Scope(document, meaning.terms, tables=dict(meaning.tables))
        self._there = [source.table for source in meaning.sources if source.format != FORMAT]
        self._meaning = meaning
        self.problems = self._scope.problems

    def read(self, facts: Node) -> Iterator[Change]:
        """The changes, kind by kind as they are written."""
        if not isinstance(facts, Mapping):
            self._fault(
                "facts takes what is changed", facts.place, "write such as facts: {scale: {deals.amount: 110%}}"
            )
            return
        for key, value in facts.entries:
            if key.text not in KINDS:
                near = get_close_matches(key.text, KINDS, n=1)
                hint = f"did you mean '{near[0]}'?" if near else "the keys are " + ", ".join(KINDS)
                self._fault(f"facts have no key '{key.text[:64]}'", key.place, hint)
            elif not _is_blank(value):
                yield from self._kind(key.text, value)

    def _kind(self, kind: str, value: Node) -> Iterator[Change]:
        """The changes of one kind: by name, or (to scale and to leave) as a list of what each one takes."""
        items: list[tuple[_Steps, Scalar | None, Node]] = []
        if isinstance(value, Mapping):
            items = [(("facts", kind, key.text), key, each) for key, each in value.entries]
        elif isinstance(value, Sequence) and kind in ("scale", "leave"):
            items = [(("facts", kind, at), None, each) for at, each in enumerate(value.items)]
        else:
            self._fault(f"{kind} takes what is changed", value.place, f"write {kind}: {_EXAMPLES[kind]}")
        for steps, key, each in items:
            read: dict[str, Callable[[_Steps, Scalar | None, Node], Change | None]] = {
                "scale": self._scaled,
                "leave": self._left,
                "join": self._joined,
                "drop": self._dropped,
            }
            found = read[kind](steps, key, each)
            if found is not None:
                yield found

    def _scaled(self, steps: _Steps, key: Scalar | None, value: Node) -> Scaled | None:
        place = value.place if key is None else key.place
        told = self._keys(value, "scale", {"column", "by"}, {"where"}) if key is None else None
        if key is None and told is None:
            return None
        named = key if told is None else told["column"]
        assert named is not None, "by its key, or in the list"
        written = named.text
        found = self._column(written, named.place)
        by = value if told is None else told["by"]
        factor = self._factor(by, f"{written[:64]} is scaled by a factor, not below zero")
        where = None if told is None else told.get("where")
        if found is None or factor is None:
            return None
        table, column = found
        condition, is_sound = self._where(where, steps, table)
        assert isinstance(by, Scalar), "it was read"
        said = f"facts: scale {written} {by.text}{_told(where)}"
        return Scaled(table, column, factor, condition, said, place) if is_sound else None

    def _dropped(self, steps: _Steps, key: Scalar | None, value: Node) -> Dropped | None:
        assert key is not None, "what is dropped has a name"
        told = self._keys(value, "drop", {"part"}, {"where"})
        table = self._table(key.text, key.place)
        if table in _RATES:
            self._fault(f"{table} are rates that amounts need, and are not dropped", key.place, "drop rows of partners")
        if told is None or table is None or table in _RATES:
            return None
        part = self._factor(told["part"], "a part of the rows is from 0 % to 100 %", Fraction(1))
        condition, is_sound = self._where(told.get("where"), steps, table)
        said = f"facts: drop {table} {told['part'].text}{_told(told.get('where'))}"
        return None if part is None or not is_sound else Dropped(table, part, condition, said, key.place)

    def _left(self, steps: _Steps, key: Scalar | None, value: Node) -> Left | None:
        if self._table("partners", value.place) is None:
            return None
        if key is not None:
            on = self._day(value)
            # Whether there is such a partner is known once the facts are read.
            fits = self._is_id(key)
            return Left(key.text, None, on, f"facts: {key.text} leaves on {on}", key.place) if fits and on else None
        told = self._keys(value, "leave", {"where", "on"}, set())
        if told is None:
            return None
        on = self._day(told["on"])
        condition, is_sound = self._where(told["where"], steps, "partners", on)
        said = f"facts: partners leave on {on}{_told(told['where'])}"
        return None if on is None or not is_sound else Left(None, condition, on, said, value.place)

    def _joined(self, steps: _Steps, key: Scalar | None, value: Node) -> Joined | None:
        assert key is not None, "who joins has a name"
        told = self._keys(value, "join", {"like", "on"}, {"name"})
        if told is None or self._table("partners", value.place) is None:
            return None
        on = self._day(told["on"])
        fits = self._is_id(key) and self._is_id(told["like"])
        if on is None or not fits:
            return None
        like = told["like"].text
        name = told["name"].text if "name" in told else ""
        return Joined(key.text, like, on, f"facts: {key.text} joins like {like} on {on}", key.place, name)

    def _keys(self, value: Node, kind: str, needed: set[str], may: set[str]) -> dict[str, Scalar] | None:
        """The values by their keys; None after noting what is wrong with them."""
        hint = f"write {kind}: {_EXAMPLES[kind]}"
        if not isinstance(value, Mapping):
            self._fault(f"{kind} takes keys with values", value.place, hint)
            return None
        found, is_sound = dict[str, Scalar](), True
        for key, each in value.entries:
            if key.text not in needed | may or not isinstance(each, Scalar):
                what = "takes a text" if key.text in needed | may else f"is no key of {kind}"
                self._fault(f"{key.text[:64]} {what}", key.place, hint)
                is_sound = False
            else:
                found[key.text] = each
        lacks = sorted(needed - {key.text for key, _ in value.entries})
        if lacks:
            self._fault(f"{kind} lacks {' and '.join(lacks)}", value.place, hint)
        return found if is_sound and not lacks else None

    def _table(self, name: str, place: Place) -> str | None:
        if name in self._there:
            return name
        near = get_close_matches(name, self._there, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "the program's tables are " + ", ".join(self._there)
        self.problems.append(Problem("W214", f"there is no table {name[:64]} among the sources", place, hint))
        return None

    def _column(self, written: str, place: Place) -> tuple[str, str] | None:
        """The table and the column that are scaled."""
        table, point, name = written.partition(".")
        if not point:
            self._fault(f"'{written[:64]}' is no column", place, f"write scale: {_EXAMPLES['scale']}")
            return None
        if self._table(table, place) is None:
            return None
        known = self._meaning.tables[table]
        column = known.column(name)
        scalable = [each.name for each in known.columns if each.type in _SCALED and not each.in_key]
        if column is None:
            near = get_close_matches(name, scalable, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "its numbers are " + (", ".join(scalable) or "none")
            self.problems.append(Problem("W214", f"{table} has no column {name[:64]}", place, hint))
            return None
        if name not in scalable or table in _SET:
            hint = "scale an amount, a number or a count that is no part of a key"
            hint = "change these in a copy of the file" if table in _SET else hint
            self.problems.append(Problem("W204", f"{written} can't be scaled", place, hint))
            return None
        return table, name

    def _factor(self, node: Node, message: str, most: Fraction | None = None) -> Fraction | None:
        try:
            factor = factor_of(node.text) if isinstance(node, Scalar) else None
        except Unwritable as error:
            self.problems.append(Problem(error.code, error.message, node.place, error.hint))
            return None
        if factor is None or factor < 0 or (most is not None and factor > most):
            self._fault(message, node.place, "write one such as 110%" if most is None else "write one such as 10%")
            return None
        if max(factor.numerator, factor.denominator) > _FACTOR_MAX:
            message = "the factor has more digits than a scaled amount can be exact with"
            self._fault(message, node.place, "write it with fewer digits, such as 110.25%")
            return None
        return factor

    def _day(self, node: Node) -> date | None:
        try:
            return parse_date(node.text if isinstance(node, Scalar) else "")
        except Unwritable as error:
            self.problems.append(Problem(error.code, error.message, node.place, error.hint))
            return None

    def _is_id(self, node: Scalar) -> bool:
        if _ID.fullmatch(node.text):
            return True
        hint = "an id is 1 to 64 letters, digits, dots, hyphens and underscores"
        self._fault(f"'{node.text[:64]}' is no id of a partner", node.place, hint)
        return False

    def _where(
        self, written: Scalar | None, steps: _Steps, table: str, day: date | None = None
    ) -> tuple[Expression | None, bool]:
        """A condition as a row of a table sees it, and whether it is sound; it asks for what partners are on the day of
        the row (of rows without one: on `day`, else on the first of the program), and not in a period."""
        if written is None:
            return None, True
        path = (*steps, "where")
        try:
            tree = parse_expression(written.text)
        except BadExpression as error:
            for fault in error.faults:
                self._scope.problem(fault.code, path, fault.message, fault.hint, offset=fault.at)
            return None, False
        of_period = [
            each for each in columns(tree) if each.table == "period" or (each.table or "", each.name) in _OF_PERIOD
        ]
        for each in of_period:
            hint = "compare a date of the row, such as deals.closed_on >= date '2026-05-01'"
            self._scope.problem("W213", path, f"{each} is of a period, and facts are of all", hint, offset=each.at)
        days = EVENT_DAYS.get(table, ())
        self._scope.day = Column(table, days[0]) if days else None
        condition = self._scope.condition(Written(written.text, tree), path, table)
        if condition is None or of_period:
            return None, False
        fixed = day or self._meaning.effective.first
        return rebuild(condition, lambda column: _on(column, fixed)), True

    def _fault(self, message: str, place: Place, hint: str) -> None:
        self.problems.append(Problem("W213", message, place, hint))


def _on(column: Column, day: date) -> Column:
    """An attribute of a partner as it is on a day, where the row has none of its own."""
    is_open = column.table == "partners" and column.name in ATTRIBUTES and column.on is None
    return replace(column, on=day) if is_open else column


def _told(where: Scalar | None) -> str:
    """A condition in the words of a change."""
    return "" if where is None else f" where {where.text if len(where.text) <= 60 else where.text[:57] + '...'}"
