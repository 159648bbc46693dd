"""A problem file read: a budget over units, or a tier for each partner; every fault at once, each with its place.

In: the path of a file. Out: the problem, or what stands in it where it chooses plan parameters, which others read.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rules.document.reader import DEFAULT_LIMITS, Document, Limits, Mapping, Node, Scalar, read_document
from rules.load import load
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency, currency
from scenarios.problems.asked import SINGLE, BudgetProblem, Pay, TierProblem, Unit
from scenarios.problems.families import fitted_curves
from scenarios.problems.goals import (
    read_budget,
    read_fairness,
    read_goal,
    read_groups,
    read_now,
    read_pay,
    read_periods,
    read_risk,
)
from scenarios.problems.partners import Partners, Wanted
from scenarios.problems.reading import Reading, told_once
from scenarios.problems.table import within
from scenarios.problems.tiers import read_tiers
from scenarios.problems.units import BOUNDS, Fitted, UnitReader, are_partners

KEYS = (
    "optimise", "currency", "program", "budget", "goal", "risk", "curves", "units", "now", "each", "groups",
    "fairness", "periods", "pay",
)  # fmt: skip
TIER_KEYS = ("optimise", "currency", "program", "budget", "tiers")
LIMITS = Limits(size_bytes=16 * DEFAULT_LIMITS.size_bytes, nodes=200_000)
PartnersOf = Callable[[Path, Wanted], Partners]


class Parameters(NamedTuple):
    """A file that chooses plan parameters: its document and where it stands."""

    root: Mapping
    path: Path


def read_problem(path: Path, partners_of: PartnersOf) -> BudgetProblem | TierProblem | Parameters:
    """The problem in a file; raises Refused with all its faults. `partners_of` gives the partners of a program."""
    root, data = _document(path)
    entries = {key.text: value for key, value in root.entries}
    if "parameters" in entries:
        return Parameters(root, path)
    reading = Reading(path.parent, Currency("", 2))
    known = TIER_KEYS if "tiers" in entries else KEYS
    entries = reading.entries(root, known, "a problem")
    program = within(reading, entries["program"], "program") if "program" in entries else None
    reading.currency = _currency(reading, entries.get("currency"), program, root.place)
    name = reading.text(entries["optimise"], "optimise") if "optimise" in entries else path.stem
    if "tiers" in entries:
        found: BudgetProblem | TierProblem | None = _tier_problem(reading, entries, name or "", path, root.place)
    else:
        document = Document(path.name, sha256(data).hexdigest(), root)
        found = _Budgets(reading, entries, path, document, program, partners_of).problem(name or "")
    if reading.problems or found is None:
        raise Refused(*told_once(reading.problems))
    return found


def _document(path: Path) -> tuple[Mapping, bytes]:
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "it is no regular file")
        with path.open("rb") as stream:
            data = stream.read(LIMITS.size_bytes + 1)
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        hint = "name a problem file, such as problem.yaml"
        raise Refused(Problem("S101", f"cannot read the problem: {reason}", Place(str(path)), hint)) from None
    root, problems = read_document(data, path.name, LIMITS)
    if root is None or problems:
        raise Refused(*problems)
    return root, data


def _currency(reading: Reading, node: Node | None, program: Path | None, place: Place) -> Currency:
    """The currency of the file, or of its program."""
    try:
        of_program = None if program is None else load(program).understood().terms.currency
    except Refused as refusal:
        reading.problems += refusal.problems
        return Currency("", 2)
    if node is None and of_program is None:
        reading.fault("W301", "a problem has a currency", place, "write currency: EUR")
        return Currency("", 2)
    if node is None:
        assert of_program is not None
        return of_program
    text = reading.text(node, "currency")
    try:
        written = currency(text or "")
    except Refused as refusal:
        for each in refusal.problems if text is not None else ():
            reading.fault(each.code, each.message, node.place, each.hint)
        return Currency("", 2)
    if of_program is not None and of_program != written:
        message = f"the problem is in {written.code}, and the program pays in {of_program.code}"
        reading.fault("W302", message, node.place, "leave currency: out, and it is the program's")
    return written


def _tier_problem(
    reading: Reading, entries: dict[str, Node], name: str, path: Path, place: Place
) -> TierProblem | None:
    bounds = read_budget(reading, entries.get("budget"))
    if bounds is None or bounds[1] is None:
        if not reading.problems:
            reading.fault("W302", "tiers are chosen within a budget", place, "write budget: {at_most: 400_000}")
        return None
    if bounds[0] is not None:
        hint = "write budget: {at_most: 400_000}: costs of tiers come as they are"
        reading.fault("W302", "tiers can't be made to cost just so much", entries["budget"].place, hint)
    options = read_tiers(reading, entries["tiers"])
    return TierProblem(name, path.name, reading.currency, place, bounds[1], options)


class _Budgets:
    """The reader of a budget over units."""

    def __init__(
        self, reading: Reading, entries: dict[str, Node], path: Path, document: Document, program: Path | None,
        partners_of: PartnersOf,
    ) -> None:  # fmt: skip
        self.reading, self.entries, self.path, self.document = reading, entries, path, document
        self.place, self.program, self.partners_of = document.root.place, program, partners_of
        self.notes: tuple[str, ...] = ()

    def problem(self, name: str) -> BudgetProblem | None:
        """The problem; what is wrong is added to the faults."""
        reading, entries = self.reading, self.entries
        goal = read_goal(reading, entries.get("goal"))
        risk = read_risk(reading, entries.get("risk"))
        pay = read_pay(reading, entries.get("pay"))
        fairness = read_fairness(reading, entries.get("fairness"))
        for what in ("pay", "now"):
            if what in entries and self.program is None:
                reading.fault(
                    "W309", f"{what} takes a program", entries[what].place, "name it as program: program.yaml"
                )
        responses = tuple(response for response, _ in goal.weights)
        units = self._units(responses, pay)
        if not units:
            if not reading.problems:
                reading.fault("W301", "a problem has units", self.place, "write units: and their curves")
            return None
        if fairness is not None and fairness.level and not all(fairness.level in unit.levels for unit in units):
            lacking = next(unit for unit in units if fairness.level not in unit.levels)
            message = f"{lacking.name[:64]} has no {fairness.level[:64]}, which fairness tells units apart by"
            reading.fault("W304", message, lacking.place, f"write its {fairness.level[:64]}")
        groups = read_groups(reading, entries.get("groups"), units)
        return BudgetProblem(
            name, self.path.name, self.path.parent, self.document.sha256, reading.currency, self.place,
            self.program, self._budget(units, goal.kind, groups != ()), goal, risk, tuple(units), groups, fairness,
            read_periods(reading, entries.get("periods"), units), pay, self.notes,
        )  # fmt: skip

    def _units(self, responses: tuple[str, ...], pay: Pay | None) -> list[Unit]:
        reading, entries = self.reading, self.entries
        now = read_now(reading, entries.get("now"))
        if "units" not in entries:
            return []
        fitted = self._fitted(responses)
        levels = sorted({*self._levels(), *(each.by for each in fitted.values() if each.by)})
        partners = None
        if self.program is not None:
            try:
                wanted = Wanted(self.document, pay, tuple(levels), _where(entries["units"]), now)
                partners = self.partners_of(self.program, wanted)
                if partners.left_out and are_partners(entries["units"]):
                    self.notes = (partners.left_out,)
            except Refused as refusal:
                reading.problems += refusal.problems
        elif are_partners(entries["units"]) and "program" not in entries:
            hint = "name it as program: program.yaml, or write the units by name"
            reading.fault("W301", "units: partners takes a program", entries["units"].place, hint)
        reader = UnitReader(reading, fitted, responses, partners)
        if "each" in entries:
            reader.each = reader.said(reading.entries(entries["each"], BOUNDS, "each"), "each")
        return reader.units(entries["units"])

    def _fitted(self, responses: tuple[str, ...]) -> dict[str, Fitted]:
        node = self.entries.get("curves")
        if node is None:
            return {}
        if not responses:
            return {SINGLE: Fitted(*fitted_curves(self.reading, node))}
        files = self.reading.entries(node, responses, "curves of a weighted goal")
        return {response: Fitted(*fitted_curves(self.reading, file)) for response, file in files.items()}

    def _levels(self) -> set[str]:
        """The levels that groups and fairness name."""
        found = set()
        groups = self.entries.get("groups")
        for _, group in groups.entries if isinstance(groups, Mapping) else ():
            for key, where in group.entries if isinstance(group, Mapping) else ():
                if key.text == "where" and isinstance(where, Mapping):
                    found |= {level.text for level, _ in where.entries}
        fairness = self.entries.get("fairness")
        for key, value in fairness.entries if isinstance(fairness, Mapping) else ():
            if key.text == "four_fifths" and isinstance(value, Scalar):
                found.add(value.text)
        return found

    def _budget(self, units: list[Unit], goal: str, has_groups: bool) -> tuple[int, int] | None:
        """The least and the most that is spent; where nothing ends it, all that units can get."""
        before = len(self.reading.problems)
        said = read_budget(self.reading, self.entries.get("budget"))
        if len(self.reading.problems) > before:
            return None
        is_open = goal in ("least_spend", "average_return", "marginal_return")
        if said is None and not is_open:
            hint = "write budget: 2_000_000, or {at_most: 2_000_000}"
            self.reading.fault("W308", "nothing says how much is spent", self.place, hint)
            return None
        least, most = said or (None, None)
        if most is None:
            ends = [unit.most_minor for unit in units]
            without = next((unit for unit in units if unit.most_minor is None), None)
            if without is not None:
                hint = "write budget: {at_most: ...}, or at_most for each unit"
                message = f"nothing ends what {without.name[:64]} can get"
                self.reading.fault("W308", message, without.place, hint)
                return None
            most = sum(end for end in ends if end is not None)
        if is_open and least == most and said is not None:
            hint = "write budget: {at_most: ...}"
            place = self.entries["budget"].place
            self.reading.fault("W306", "a budget that is all spent leaves such a goal no choice", place, hint)
        return least or 0, most


def _where(units: Node) -> Scalar | None:
    """The condition of `units: {partners: ...}`."""
    if isinstance(units, Mapping) and are_partners(units):
        ((_, condition),) = units.entries
        return condition if isinstance(condition, Scalar) else None
    return None
