"""The curves of a problem file: written ones of every family, a table of one's own, and those of a file of fitted ones.

In: the node of a curve, or the name of one. Out: `Curve`.
"""

from __future__ import annotations

from collections.abc import Mapping as Named, Sequence as Several
from fractions import Fraction

import numpy as np

from rules.document.reader import Mapping, Node, Scalar, Sequence
from rules.problem import Place, Refused
from scenarios.curves.saved import PARAMETERS, SavedCurves, load
from scenarios.problems.curve import Curve, Knots
from scenarios.problems.reading import Reading
from scenarios.problems.table import CsvTable, read_table, within

WRITTEN = (*PARAMETERS, "points", "steps", "table")
NUMBERS = tuple(dict.fromkeys(name for names in PARAMETERS.values() for name in names))  # of all families


def read_curve(reading: Reading, node: Node, fitted: Named[str, Curve]) -> Curve | None:
    """A written curve, or one of the file of curves by its name."""
    if isinstance(node, Scalar):
        return named_curve(reading, node.text, node.place, fitted)
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        hint = "write curve: {hill: {a: 400_000, k: 100_000, alpha: 2}}, or the name of a fitted one"
        reading.fault("W303", "a curve is one family with its numbers", node.place, hint)
        return None
    entries = reading.entries(node, WRITTEN, "a curve")
    for family, value in entries.items():
        if family == "table":
            return _of_table(reading, value)
        if family in ("points", "steps"):
            return _of_knots(reading, family, value)
        return _of_numbers(reading, family, value)
    return None


def named_curve(reading: Reading, name: str, place: Place, fitted: Named[str, Curve]) -> Curve | None:
    """A fitted curve by its name."""
    if name in fitted:
        return fitted[name]
    known = ", ".join(list(fitted)[:12]) or "none, since no curves: file is named"
    reading.fault("W304", f"there is no fitted curve '{name[:64]}'", place, f"the fitted curves are {known}")
    return None


def fitted_curves(reading: Reading, node: Node) -> tuple[dict[str, Curve], str]:
    """The curves of a file that `partage curves fit` wrote, by unit, and what they were fitted by."""
    path = within(reading, node, "curves")
    if path is None:
        return {}, ""
    try:
        saved = load(path)
    except Refused as refusal:
        for each in refusal.problems:
            reading.fault(each.code, each.message, node.place, each.hint)
        return {}, ""
    unit = str(saved.document["spending"]["unit"])
    if unit and unit != reading.currency.code and len(unit) == 3 and unit.isupper():
        message = f"the curves are of spends in {unit}, and the problem of {reading.currency.code}"
        reading.fault("W303", message, node.place, "fit them in the currency of the problem")
    return {name: _fitted(saved, row) for row, name in enumerate(saved.units)}, str(saved.document["by"])


def _fitted(saved: SavedCurves, row: int) -> Curve:
    kept = saved.document["curves"][row]
    family, names = kept["family"], PARAMETERS[kept["family"]]
    draws = tuple(
        Curve(
            family,
            tuple(float(kept["draws"][name][draw]) for name in names),
            carry_over=float(kept["draws"]["carry_over"][draw]),
        )
        for draw in range(saved.draws)
    )
    best = tuple(float(kept["parameters"][name]) for name in names)
    seen = float(saved.spend_least[row]), float(saved.spend_most[row])
    outcome = saved.document["response"]
    named = str(outcome["name"]), str(outcome["unit"])
    return Curve(family, best, (), draws, seen, float(saved.carry_over[row]), named)


def _of_numbers(reading: Reading, family: str, value: Node) -> Curve | None:
    names = PARAMETERS[family]
    entries = reading.entries(value, names, f"the curve {family}")
    lacking = [name for name in names if name not in entries]
    if lacking and isinstance(value, Mapping):
        hint = f"write {family}: {{{', '.join(f'{name}: ...' for name in names)}}}"
        reading.fault("W303", f"the curve {family} lacks {' and '.join(lacking)}", value.place, hint)
    numbers = [reading.number(entries[name], f"{family} {name}") for name in names if name in entries]
    return None if lacking else _bounded(reading, family, numbers, value.place)


def curve_of_row(reading: Reading, family: str, table: CsvTable, row: Named[str, str]) -> Curve | None:
    """The curve of a family whose numbers stand in columns of a row, by their names."""
    names = PARAMETERS.get(family)
    if names is None:
        reading.fault("W303", f"there is no family '{family[:64]}' of numbers", table.place(row, "family"),
                      f"the families are {', '.join(PARAMETERS)}")  # fmt: skip
        return None
    lacking = [name for name in names if not row.get(name)]
    if lacking:
        hint = f"give the table the columns {', '.join(names)}, with a number in each"
        reading.fault("W303", f"the curve {family} lacks {' and '.join(lacking)}", table.place(row), hint)
        return None
    numbers = [reading.number_of(row[name], table.place(row, name), f"{family} {name}") for name in names]
    return _bounded(reading, family, numbers, table.place(row))


def _bounded(reading: Reading, family: str, numbers: Several[Fraction | None], place: Place) -> Curve | None:
    """The curve of these numbers, in the order of its family."""
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    named = dict(zip(PARAMETERS[family], known, strict=True))
    out = [f"{name} is above zero" for name, number in named.items() if number == 0 and name != "a"]
    out += ["b is at most 1"] if named.get("b", 0) > 1 else []
    if out:
        reading.fault("W303", f"the curve {family} is out of its bounds", place, ", and ".join(out))
        return None
    return Curve(family, tuple(float(number) for number in known))


def _of_knots(reading: Reading, family: str, value: Node) -> Curve | None:
    if not isinstance(value, Sequence) or not value.items:
        hint = f"write {family}: [[100, 40], [500, 90]], a spend and a response each"
        reading.fault("W303", f"{family} takes a list of pairs", value.place, hint)
        return None
    knots: list[tuple[float, float]] = []
    for item in value.items:
        if not isinstance(item, Sequence) or len(item.items) != 2:
            reading.fault("W303", f"one of {family} is no pair", item.place, "write [spend, response]")
            return None
        pair = [reading.number(each, f"a number of {family}") for each in item.items]
        if pair[0] is None or pair[1] is None:
            return None
        knots.append((float(pair[0]), float(pair[1])))
    return _checked(reading, family, tuple(knots), value.place)


def _of_table(reading: Reading, value: Node) -> Curve | None:
    path = within(reading, value, "table")
    if path is None:
        return None
    table = read_table(reading, path, ("spend", "response"), ())
    if table is None:
        return None
    knots = []
    for row in table.rows:
        pair = [reading.number_of(row[name], table.place(row, name), name) for name in ("spend", "response")]
        if pair[0] is None or pair[1] is None:
            return None
        knots.append((float(pair[0]), float(pair[1])))
    return _checked(reading, "points", tuple(knots), Place(path.name, 2))


def _checked(reading: Reading, family: str, knots: Knots, place: Place) -> Curve | None:
    spends, heights = np.array([knot[0] for knot in knots]), np.array([knot[1] for knot in knots])
    if not bool((np.diff(spends) > 0).all()) or (family == "steps" and bool((np.diff(heights) < 0).any())):
        words = "spends rise from one to the next" + (", and no step falls" if family == "steps" else "")
        reading.fault("W303", f"{family} are out of order", place, words)
        return None
    return Curve(family, knots=knots)
