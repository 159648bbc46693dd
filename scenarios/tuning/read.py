"""The problem as it is written: `parameters`, `goal`, `hold` and what belongs to them, from the root of its file.

In: the root of a problem file. Out: the problem; or Refused with every fault of its form, each with its place. What can
only be told with the program (its paths, its currency) is looked at when the problem is worked on.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from rules.document.reader import Mapping, Node, Scalar, Sequence
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_count, parse_number
from scenarios.outcomes.gate import NAMES
from scenarios.overlays.paths import steps_of
from scenarios.tuning.grid import VALUES_MAX, NoGrid, meant, stepped
from scenarios.tuning.values import Aim, Goal, Parameter, Tuning, Weight

KEYS = (
    "optimise",
    "program",
    "period",
    "parameters",
    "goal",
    "hold",
    "evaluations",
    "by",
    "per",
    "budget",
)
EVALUATIONS = 400  # where the problem says nothing
EVALUATIONS_MAX = 100_000
PARAMETERS_MAX = 64
_EXAMPLE = "write parameters: {payouts.commission.rate: {from: 4%, to: 8%, step: 0.5%}}"
_AIMS: tuple[Aim, ...] = get_args(Aim)
_NEEDS = {  # what a quantity is of
    "impact": ("by", "write by: and a column of partners, such as region"),
    "effective_rate": ("per", "write per: and a KPI of the program that is an amount"),
    "over_budget": ("budget", "write budget: and an amount"),
}


def read_tuning(root: Mapping, file: Path) -> Tuning:
    """The problem in a document; raises Refused with all its faults."""
    found: list[Problem] = []
    nodes = {key.text: value for key, value in root.entries}
    for written, _ in root.entries:
        if written.text not in KEYS:
            near = get_close_matches(written.text, KEYS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "the keys are " + ", ".join(KEYS)
            message = f"a problem of parameters has no key '{written.text[:64]}'"
            found.append(Problem("W370", message, written.place, hint))
    texts = {each: _text(each, nodes, found) for each in ("optimise", "program", "period", "by", "per", "budget")}
    for needed, example in {"program": "program.yaml", "period": "2026-01..2026-06"}.items():
        if needed not in nodes:
            hint = f"write such as {needed}: {example}"
            found.append(Problem("W370", f"a problem of parameters needs {needed}", root.place, hint))
    parameters = _parameters(nodes.get("parameters"), root.place, found)
    goal = _goal(nodes.get("goal"), root.place, found)
    holds = _holds(nodes.get("hold"), found)
    evaluations = _evaluations(nodes.get("evaluations"), found)
    asked = [(each.quantity, goal.place) for each in goal.weights] if goal is not None else []
    for quantity, (key, hint) in _NEEDS.items():
        asking = (place for text, place in (*asked, *holds) if re.search(rf"\b{quantity}\b", text))
        place = None if key in nodes else next(asking, None)
        if place is not None:
            found.append(Problem("W372", f"{quantity} needs {key}", place, hint))
    if found:
        raise Refused(*found)
    assert goal is not None, "it was read"
    name = nodes.get("optimise")
    return Tuning(
        name=name if isinstance(name, Scalar) else Scalar(file.stem, True, root.place),
        file=file.name,
        folder=file.parent,
        program=texts["program"],
        period=texts["period"],
        parameters=parameters,
        goal=goal,
        holds=holds,
        evaluations=evaluations,
        by=texts["by"] or "partner",
        per=texts["per"],
        budget=texts["budget"],
        place=root.place,
    )


def _text(name: str, nodes: dict[str, Node], found: list[Problem]) -> str:
    node = nodes.get(name)
    if node is None:
        return ""
    if not isinstance(node, Scalar) or not node.text.strip():
        found.append(Problem("W370", f"{name} takes a text", node.place, f"write {name}: and a text"))
        return ""
    return node.text


def _parameters(node: Node | None, place: Place, found: list[Problem]) -> tuple[Parameter, ...]:
    if not isinstance(node, Mapping) or not node.entries or len(node.entries) > PARAMETERS_MAX:
        message = f"parameters takes 1 to {PARAMETERS_MAX} paths of the program, each with its values"
        found.append(Problem("W371", message, place if node is None else node.place, _EXAMPLE))
        return ()
    read = []
    for key, of in node.entries:
        try:
            steps = steps_of(key.text)
        except ValueError as error:
            hint = "write the names on the way with dots between, such as payouts.bonus.rate"
            found.append(Problem("W202", f"'{key.text[:64]}' is no path: {error}", key.place, hint))
            continue
        values = _values(key.text, of, found)
        if values:
            read.append(Parameter(key.text, steps, values, key.place))
    return tuple(read)


def _values(path: str, node: Node, found: list[Problem]) -> tuple[Node, ...]:
    """The values of one parameter; what is wrong with them is added to the problems found."""
    keys = {key.text: value for key, value in node.entries} if isinstance(node, Mapping) else {}
    if set(keys) == {"from", "to", "step"} and all(isinstance(each, Scalar) for each in keys.values()):
        first, last, step = (each for name in ("from", "to", "step") if isinstance(each := keys[name], Scalar))
        try:
            return tuple(Scalar(text, first.quoted, first.place) for text in stepped(first.text, last.text, step.text))
        except NoGrid as error:
            found.append(Problem("W371", f"{path[:64]}: {error.message}", node.place, error.hint))
            return ()
    listed = keys.get("of") if set(keys) == {"of"} else None
    if not isinstance(listed, Sequence) or not 1 <= len(listed.items) <= VALUES_MAX:
        hint = "write {from: 4%, to: 8%, step: 0.5%}, or {of: [whole, marginal]}"
        message = f"{path[:64]} takes from, to and step, or of and a list of at most {VALUES_MAX:,}"
        found.append(Problem("W371", message, node.place, hint))
        return ()
    seen: set[object] = set()
    for item in listed.items:
        if meant(item) in seen:
            found.append(Problem("W371", f"{path[:64]}: a value stands twice in its list", item.place, "keep one"))
            return ()
        seen.add(meant(item))
    return listed.items


def _goal(node: Node | None, place: Place, found: list[Problem]) -> Goal | None:
    hint = "write goal: {minimise: losers}, {minimise: {losers: 1, cost: 0.001}} or {nearest: {cost: 1_200_000}}"
    if not isinstance(node, Mapping) or len(node.entries) != 1 or node.entries[0][0].text not in _AIMS:
        message = "a problem of parameters needs one goal: minimise, maximise or nearest"
        found.append(Problem("W372", message, place if node is None else node.place, hint))
        return None
    ((key, of),) = node.entries
    aim = next(each for each in _AIMS if each == key.text)
    number = ""
    if aim == "nearest":
        pair = of.entries if isinstance(of, Mapping) else ()
        if len(pair) != 1 or not isinstance(pair[0][1], Scalar):
            found.append(Problem("W372", "nearest takes one quantity and its number", of.place, hint))
            return None
        of, number = pair[0][0], pair[0][1].text
    if isinstance(of, Mapping) and len(of.entries) > 1:
        weights = [_weight(key, value, found) for key, value in of.entries]
    else:
        weights = [_quantity(of, found)]
    known = tuple(each for each in weights if each is not None)
    return Goal(aim, known, number, of.place) if len(known) == len(weights) else None


def _quantity(node: Node, found: list[Problem]) -> Weight | None:
    if isinstance(node, Scalar) and node.text in NAMES:
        return Weight(node.text)
    said = node.text[:64] if isinstance(node, Scalar) else "list"
    near = get_close_matches(said, NAMES, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "name one of " + ", ".join(NAMES)
    found.append(Problem("W372", f"there is no quantity '{said}'", node.place, hint))
    return None


def _weight(key: Scalar, value: Node, found: list[Problem]) -> Weight | None:
    """A quantity with what it counts, which is below zero for what is to be large where others are to be small."""
    quantity = _quantity(key, found)
    try:
        number = parse_number(value.text if isinstance(value, Scalar) else "")
    except Unwritable as error:
        found.append(Problem(error.code, error.message, value.place, error.hint))
        return None
    if not number:
        hint = "write what one of it counts, such as 0.001"
        found.append(Problem("W372", f"{key.text[:64]} counts for nothing", value.place, hint))
        return None
    assert isinstance(value, Scalar), "it was read"
    return None if quantity is None else Weight(quantity.quantity, number, value.text)


def _holds(node: Node | None, found: list[Problem]) -> tuple[tuple[str, Place], ...]:
    """What has to hold, as a gate: one text, or a list of them."""
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    texts = [(item.text, item.place) for item in items if isinstance(item, Scalar) and item.text.strip()]
    if len(texts) < len(items) or not texts:
        hint = "write hold: 'cost <= 1_200_000 and losers <= 5%'"
        found.append(Problem("W372", "hold takes a gate", node.place, hint))
        return ()
    return tuple(texts)


def _evaluations(node: Node | None, found: list[Problem]) -> int:
    if node is None:
        return EVALUATIONS
    try:
        number = parse_count(node.text if isinstance(node, Scalar) else "")
    except Unwritable as error:
        found.append(Problem(error.code, error.message, node.place, error.hint))
        return EVALUATIONS
    if not 2 <= number <= EVALUATIONS_MAX:
        message = f"evaluations is a number from 2 to {EVALUATIONS_MAX:,}"
        found.append(Problem("W370", message, node.place, f"write such as {EVALUATIONS}"))
    return number
