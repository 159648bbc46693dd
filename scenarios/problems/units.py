"""The units of a problem: written by name, as a CSV table, or the partners of the program; what is said of `each`
counts where a unit has no word of its own.

In: the nodes of a problem file. Out: units with curves and bounds in minor units.
"""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from math import ceil, floor

from rules.document.reader import Mapping, Node, Scalar
from rules.problem import Place
from scenarios.curves.saved import FAMILIES
from scenarios.problems.asked import SINGLE, Unit
from scenarios.problems.curve import Curve
from scenarios.problems.families import NUMBERS, curve_of_row, named_curve, read_curve
from scenarios.problems.partners import PARTNERS, Partners
from scenarios.problems.reading import Reading, is_name
from scenarios.problems.table import CsvTable, read_table, within

AMOUNTS = ("now", "at_least", "at_most", "fixed", "minimum")
PARTS = ("change", "share")
BOUNDS = ("at_least", "at_most", "fixed", "minimum", "change", "share", "return")
ENDS = ("at_least", "at_most", "minimum", "change")  # what fixed leaves no room for
KEYS = ("curve", "now", *BOUNDS)
Said = dict[str, tuple[Place, int | Fraction]]  # what was said of a unit by key


@dataclass(frozen=True, slots=True)
class Fitted:
    """The fitted curves of a file by name, and what they were fitted by."""

    curves: Named[str, Curve] = field(default_factory=dict)
    by: str = ""


def are_partners(node: Node) -> bool:
    """Whether the units are the partners of the program: all of them, or those for whom a condition holds."""
    match node:
        case Scalar(text=text) | Mapping(entries=((Scalar(text=text), Scalar()),)):
            return text == PARTNERS
    return False


@dataclass(slots=True)
class UnitReader:
    """Reads units: `fitted` curves by response (of a single one under its blank name), `responses` the names of those
    that a weighted goal has, `each` what is said of all."""

    reading: Reading
    fitted: Named[str, Fitted]
    responses: tuple[str, ...]
    partners: Partners | None
    each: Said = field(default_factory=dict)

    def units(self, node: Node) -> list[Unit]:
        """The units in the order in which they are written."""
        found: list[Unit | None] = []
        match node:
            case _ if are_partners(node):
                found = self._of_program(node.place)
            case Mapping(entries=((Scalar(text="from"), file),)):
                found = self._of_file(file)
            case Mapping(entries=(_, *_) as entries):
                found = [self._written(key.text, key.place, value) for key, value in entries]
            case _:
                hint = "write them by name, {from: units.csv}, or partners"
                self.reading.fault("W301", "units takes the units by name", node.place, hint)
        return [unit for unit in found if unit is not None]

    def _of_program(self, place: Place) -> list[Unit | None]:
        if self.partners is None:  # the program is not named, or not sound: that is told
            return []
        if not self.partners.units:
            self.reading.fault("W304", "no partner is among the units", place, "look at the condition, and the program")
        return [self._unit(name, {}, {}, None, place) for name in self.partners.units]

    def said(self, entries: Named[str, Node], what: str) -> Said:
        """The bounds that are written of a unit."""
        found: Said = {}
        for key, node in entries.items():
            if isinstance(node, Scalar):
                self._add(found, key, node.text, node.place, what)
            else:
                hint = f"write {key}: and a value"
                self.reading.fault("W301", f"{key} of {what} takes a single value", node.place, hint)
        return found

    def _add(self, found: Said, key: str, text: str, place: Place, what: str) -> None:
        said = f"{key} of {what}"
        if key in AMOUNTS:
            value: int | Fraction | None = self.reading.money_of(text, place, said)
        elif key in PARTS:
            value = self.reading.rate_of(text, place, said, 1 if key == "share" else None)
        else:
            value = self.reading.number_of(text, place, said)
        if value is not None:
            found[key] = place, value

    def _written(self, name: str, place: Place, node: Node) -> Unit | None:
        if not is_name(name):
            self.reading.fault("W301", "a unit has no name that can be told", place, "write a short name")
            return None
        if not isinstance(node, Mapping):
            hint = f"write {name[:64]}: {{curve: ..., at_most: ...}}"
            self.reading.fault("W301", f"the unit {name[:64]} takes keys", node.place, hint)
            return None
        bounds: dict[str, Node] = {}
        levels: dict[str, str] = {}
        curve: Node | None = None
        for key, value in node.entries:
            if key.text == "curve":
                curve = value
            elif key.text in KEYS:
                bounds[key.text] = value
            elif not isinstance(value, Scalar) or self._is_slip(key.text):
                self.reading.unknown(key.text, key.place, KEYS, f"the unit {name[:64]}")
            else:
                levels[key.text] = value.text
        return self._unit(name, self.said(bounds, name), levels, curve, place)

    def _of_file(self, node: Node) -> list[Unit | None]:
        path = within(self.reading, node, "from")
        table = None if path is None else read_table(self.reading, path, ("unit",), None)
        if table is None:
            return []
        for name in table.header:
            if name != "unit" and name not in KEYS and self._is_slip(name):
                self.reading.unknown(name, Place(table.file, 1), ("unit", *KEYS), "the table")
        seen: dict[str, str] = {}
        found: list[Unit | None] = []
        for row in table.rows:
            name, line = row["unit"], row[""]
            if not is_name(name):
                self.reading.fault("W305", "a unit has no name", table.place(row, "unit"), "write a short name")
                continue
            if seen.setdefault(name, line) != line:
                message = f"{name} has a row already, on line {seen[name]}"
                self.reading.fault("W305", message, table.place(row, "unit"), "keep one row for a unit")
                continue
            found.append(self._row(table, row))
        return found

    def _row(self, table: CsvTable, row: dict[str, str]) -> Unit | None:
        said: Said = {}
        for key in KEYS[1:]:
            if text := row.get(key, ""):
                self._add(said, key, text, table.place(row, key), row["unit"])
        curve, place = row.get("curve", ""), table.place(row)
        family = row.get("family", "") or (curve if curve in FAMILIES and not self._is_fitted(curve) else "")
        others = ("unit", *KEYS, "family", *(NUMBERS if family else ()))
        levels = {name: row[name] for name in table.header if name not in others and row[name]}
        if not family:
            return self._unit(row["unit"], said, levels, Scalar(curve, False, place) if curve else None, place)
        if self.responses:
            hint = "write the units by name, each with the curves of all responses"
            self.reading.fault("W303", "a row has the numbers of one curve, and the goal weighs several", place, hint)
            return None
        made = curve_of_row(self.reading, family, table, row)
        return None if made is None else self._unit(row["unit"], said, levels, made, place)

    def _is_fitted(self, name: str) -> bool:
        return any(name in fitted.curves for fitted in self.fitted.values())

    def _is_slip(self, key: str) -> bool:
        """Whether a key that could be a level is more likely a slip of the pen."""
        return bool(get_close_matches(key, KEYS, n=1, cutoff=0.8))

    def _unit(
        self, name: str, own: Said, levels: dict[str, str], curve: Node | Curve | None, place: Place
    ) -> Unit | None:
        levels = {**(self.partners.levels.get(name, {}) if self.partners is not None else {}), **levels}
        curves = {SINGLE: curve} if isinstance(curve, Curve) else self._curves(name, levels, curve, place)
        said = self._of_each(name, own)
        now = int(said["now"][1]) if "now" in said else self._now(name)
        least, most = (int(said[key][1]) if key in said else None for key in ("at_least", "at_most"))
        if "fixed" in said:
            least = most = int(said["fixed"][1])
        least = least or 0
        if "change" in said:
            least, most = self._changed(name, said["change"], now, least, most)
        minimum = int(said["minimum"][1]) if "minimum" in said else 0
        if least > 0:  # it gets something, so it gets its minimum
            least, minimum = max(least, minimum), 0
        if curves is None:
            return None
        return Unit(
            name, curves, place, now, least, most, minimum,
            Fraction(said["share"][1]) if "share" in said else None,
            Fraction(said["return"][1]) if "return" in said else None,
            levels,
        )  # fmt: skip

    def _of_each(self, name: str, own: Said) -> Said:
        """What is said of a unit: its own word, then what is said of each. What it gets is fixed, or within bounds, and
        one of the two words on it puts the other of `each` out of force."""
        bounds = [key for key in own if key in ENDS]
        if "fixed" in own and bounds:
            message = f"{name[:64]} is fixed, and has {' and '.join(bounds)}"
            self.reading.fault("W302", message, own["fixed"][0], "leave one of them out")
        out = ENDS if "fixed" in own else ("fixed",) if bounds else ()
        return {**{key: value for key, value in self.each.items() if key not in out}, **own}

    def _now(self, name: str) -> int | None:
        """What a unit without a word of its own got by the program; None where that is unknown."""
        return None if self.partners is None else self.partners.now_minor.get(name)

    def _changed(
        self, name: str, change: tuple[Place, int | Fraction], now: int | None, least: int, most: int | None
    ) -> tuple[int, int | None]:
        """The bounds of a unit that changes by so much at most."""
        place, part = change
        if now is None:
            hint = f"write what {name[:64]} gets as now: ..., or leave change out"
            self.reading.fault("W302", f"{name[:64]} has no now that it could change from", place, hint)
            return least, most
        high = floor(now * (1 + part))
        return max(least, ceil(now * max(1 - Fraction(part), Fraction(0)))), high if most is None else min(most, high)

    def _curves(self, name: str, levels: Named[str, str], node: Node | None, place: Place) -> dict[str, Curve] | None:
        """The curve of each response."""
        if self.responses and isinstance(node, Mapping):
            own: Named[str, Node] = self.reading.entries(node, self.responses, f"the curves of {name[:64]}")
        else:
            own = {} if node is None else dict.fromkeys(self.responses or (SINGLE,), node)
        found = {}
        for response in self.responses or (SINGLE,):
            fitted = self.fitted.get(response, Fitted())
            if response in own:
                curve = read_curve(self.reading, own[response], fitted.curves)
            else:
                curve = self._fitted(name, levels, fitted, place, response)
            if curve is None:
                return None
            found[response] = curve
        return found

    def _fitted(self, name: str, levels: Named[str, str], fitted: Fitted, place: Place, response: str) -> Curve | None:
        """The curve of a unit without one of its own: by its name, by its value of the level, or the program's."""
        for key in (name, levels.get(fitted.by, ""), "program" if fitted.by == "program" else ""):
            if key in fitted.curves:
                return named_curve(self.reading, key, place, fitted.curves)
        of = f" of {response}" if response else ""
        if fitted.curves:
            hint = f"write curve: ..., or its {fitted.by}; the fitted curves are {', '.join(list(fitted.curves)[:8])}"
        else:
            form = "{hill: {a: ..., k: ..., alpha: ...}}"
            form = f"{{{', '.join(f'{name}: {form}' for name in self.responses)}}}" if self.responses else form
            hint = f"write curve: {form}, or name a file as curves: curves.json"
        self.reading.fault("W304", f"{name[:64]} has no curve{of}", place, hint)
        return None
