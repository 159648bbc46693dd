"""Lay a scenario over a program: the bytes of the program in, those of the program with the changes out.

What is evaluated is the very text that `partage apply` would write, so that a scenario is the program with the same
changes made by hand. A fault of that program is told at the change that makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence as Items
from dataclasses import dataclass, replace

from engine.facts.changed import Change as FactChange
from rules.document.again import read_again
from rules.document.edit import Change, NotInThisLayout, Written, edited
from rules.document.reader import Mapping, Node, Scalar, Sequence
from rules.load import Loaded, load, understand
from rules.problem import Place, Problem, Refused, errors
from rules.quantities.numerals import Unwritable
from scenarios.overlays.paths import ALL, END, Found, NoSuchPath, places_for, values_at
from scenarios.overlays.scaled import NoDecimals, NoQuantity, factor_of, scaled
from scenarios.overlays.scenario import Edit, Scenario

_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class Overlaid:
    """A program with changes: its bytes, what it means and what is wrong with it, the changes, and which characters of
    its text are of which change; and what is changed in the facts that it is worked out for."""

    data: bytes
    loaded: Loaded
    edits: tuple[Edit, ...]
    written: tuple[Written, ...]
    facts: tuple[FactChange, ...] = ()

    def told(self, problem: Problem) -> Problem:
        """A problem of the program with the changes, at the change that makes it where there is one."""
        place = problem.place
        changed = self.facts[0].place if self.facts else None
        is_of_program = self.loaded.document is not None and place.file == self.loaded.document.file
        if changed is not None and place.file != changed.file and not (self.edits and is_of_program):
            where = f"{place}, " if place.file else ""
            return replace(problem, message=f"{problem.message} ({where}with the facts changed)", place=changed)
        if not self.edits or not place.line or self.loaded.document is None or place.file != self.loaded.document.file:
            return problem
        at = _index(_text(self.data), place)
        of = next((each.of for each in self.written if each.start <= at <= each.end and each.start < each.end), None)
        if of is not None:
            return replace(problem, place=_place_in(self.edits[of], self.loaded.document.root, place))
        first = next((each for each in self.edits if each.kind == "remove"), self.edits[0])
        return replace(problem, message=f"{problem.message} ({place}, with the changes)", place=first.place)


def start_of(base: Loaded, scenario: Scenario) -> Loaded:
    """The program that a scenario starts from: the one that is simulated, or another version over the same facts."""
    if not scenario.program:
        return base
    path = (scenario.folder / scenario.program).resolve()
    if not path.is_relative_to(scenario.folder.resolve()):
        message = f"'{scenario.program[:100]}' leads out of the scenario's folder"
        raise Refused(Problem("P150", message, scenario.place, "copy it there"))
    found = load(path)
    return understand(found.data, path.name, base.folder)


def laid_over(base: Loaded, edits: Items[Edit], warns: bool = True) -> Overlaid:
    """The program with all changes; raises Refused with every fault of the changes, else with every fault of the
    program that they make."""
    base.understood()
    if not edits:
        return Overlaid(base.data, base, (), ())
    assert base.document is not None, "it was understood"
    text = _text(base.data)
    root, _ = read_again(text.encode(), base.document.file)
    assert root is not None, "it was understood"
    changes, of, problems = changes_of(root, edits)
    if problems:
        raise Refused(*problems)
    try:
        found, written = edited(text, root, changes)
    except NotInThisLayout as error:
        hint = "write what is changed on lines of its own in the program, or set the whole that it is part of"
        message = f"the change does not fit into the lines of the program: {error}"
        raise Refused(Problem("W207", message, edits[0].place, hint)) from None
    data = _bytes(found, base.data)
    loaded = understand(data, base.document.file, base.folder, warns, is_again=True)
    laid = Overlaid(data, loaded, tuple(edits), tuple(replace(each, of=of[each.of]) for each in written))
    if loaded.meaning is None:
        raise Refused(*dict.fromkeys(map(laid.told, errors(loaded.problems))))
    return laid


def changes_of(root: Mapping, edits: Items[Edit]) -> tuple[list[Change], list[int], list[Problem]]:
    """The changes of a document that is a program, of which edit each is, and what is wrong with them."""
    found: list[tuple[Change, int]] = []
    problems: list[Problem] = []
    whole: dict[Found, int] = {}  # what is changed, and by which edit
    above: dict[Found, int] = {}  # what holds something that is changed
    for at, edit in enumerate(edits):
        try:
            for change in _changed(root, edit):
                on_the_way = [change.path[:length] for length in range(1, len(change.path) + 1)]
                other = next((whole[path] for path in on_the_way if path in whole), above.get(change.path))
                if other is not None:
                    message = f"{edit.path} is changed together with {edits[other].path} ({edits[other].place})"
                    problems.append(Problem("W205", message, edit.place, "keep one of the two, or make them one"))
                    break
                whole[change.path] = at
                above |= dict.fromkeys(on_the_way[:-1], at)
                found.append((change, at))
        except NoSuchPath as error:
            is_new = edit.kind == "set" and _has_room(root, edit)
            hint = f"{error.hint}; what is new goes under add:" if is_new else error.hint
            problems.append(Problem("W202", error.message, edit.place, hint))
        except Refused as refusal:
            problems += refusal.problems
    return [change for change, _ in found], [of for _, of in found], problems


def _has_room(root: Mapping, edit: Edit) -> bool:
    """Whether an edit could add what it sets."""
    try:
        return not any(is_there for _, is_there in places_for(root, edit.steps))
    except NoSuchPath:
        return False


def _place_in(edit: Edit, root: Mapping, place: Place) -> Place:
    """Where a problem of a program with the changes stands in the change that makes it: at its key or value within what
    is set or added, else at the path of the change."""
    node: Node | None = root
    inner: Node | None = None
    depth, at = 0, edit.place
    while node is not None:
        below = [(key.text, key.place, value) for key, value in node.entries] if isinstance(node, Mapping) else []
        if isinstance(node, Sequence):
            below = [(str(number), item.place, item) for number, item in enumerate(node.items, start=1)]
        before = [each for each in below if (each[1].line, each[1].column) <= (place.line, place.column)]
        if not before:
            break
        name, _, node = before[-1]
        if depth < len(edit.steps):
            if edit.steps[depth] not in (name, ALL, END):
                break
            inner, depth = (edit.value if depth + 1 == len(edit.steps) else None), depth + 1
            continue
        found = _entry(inner, name)
        if found is None:
            break
        at, inner = found
    return at


def _entry(node: Node | None, name: str) -> tuple[Place, Node] | None:
    """Where an entry of what is set or added stands, and what it holds."""
    if isinstance(node, Mapping):
        return next(((key.place, value) for key, value in node.entries if key.text == name), None)
    if isinstance(node, Sequence) and name.isdigit() and int(name) <= len(node.items):
        return node.items[int(name) - 1].place, node.items[int(name) - 1]
    return None


def _changed(root: Mapping, edit: Edit) -> Iterator[Change]:
    """What an edit changes."""
    if edit.kind == "add":
        for path, is_there in places_for(root, edit.steps):
            if is_there:
                hint = f"write it under set: to change it, which is set: {{{edit.path}: ...}}"
                raise Refused(Problem("W203", f"{edit.path} is there already", edit.place, hint))
            yield Change(path, edit.value, is_new=True)
        return
    for path, node in values_at(root, edit.steps):
        yield Change(path, _scaled(edit, node) if edit.kind == "scale" else edit.value)


def _scaled(edit: Edit, node: Node) -> Node:
    """What a value becomes by the factor of an edit."""
    assert isinstance(edit.value, Scalar), "it was read"
    try:
        factor = factor_of(edit.value.text)
    except Unwritable as error:
        raise Refused(Problem(error.code, error.message, edit.value.place, error.hint)) from None
    try:
        if not isinstance(node, Scalar):
            raise NoQuantity(edit.path)
        return replace(node, text=scaled(node.text, factor))
    except NoQuantity:
        what = f"'{node.text[:64]}'" if isinstance(node, Scalar) else "no single value"
        hint = "scale a number, an amount or a rate; write the others under set:"
        raise Refused(Problem("W204", f"{edit.path} is {what}, which can't be scaled", edit.place, hint)) from None
    except NoDecimals:
        message = f"{edit.path} times {edit.value.text} has no end of decimals, and an amount needs one"
        raise Refused(Problem("W206", message, edit.place, "write the amount that is meant under set:")) from None


def _text(data: bytes) -> str:
    """The text of a program that was read, its lines ended by line feeds."""
    return data.removeprefix(_MARK).decode().replace("\r\n", "\n")


def _bytes(text: str, like: bytes) -> bytes:
    """A text as a file that was like that one: with its mark, and with its ends of lines."""
    data = text.encode()
    if b"\r\n" in like:
        data = data.replace(b"\n", b"\r\n")
    return _MARK + data if like.startswith(_MARK) else data


def _index(text: str, place: Place) -> int:
    """Which character of a text stands at a place."""
    starts = [0, *(at + 1 for at, sign in enumerate(text) if sign == "\n")]
    line = min(place.line, len(starts)) - 1
    end = starts[line + 1] - 1 if line + 1 < len(starts) else len(text)
    return min(starts[line] + max(place.column - 1, 0), end)
