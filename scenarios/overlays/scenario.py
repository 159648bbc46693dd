"""The scenario as it is written: a name, another version of the program if need be, and changes by path.

In: the file of a scenario. Out: the scenario, and every fault of its form, each with its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from rules.document.reader import DEFAULT_LIMITS, Document, Mapping, Node, Scalar, Sequence, read_document
from rules.problem import Place, Problem, Refused
from scenarios.overlays.paths import Steps, steps_of

Kind = Literal["set", "scale", "add", "remove"]
KINDS: tuple[Kind, ...] = ("set", "scale", "add", "remove")
KEYS = ("scenario", "program", *KINDS, "facts")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: the path as it is written and its steps, the value that is set or added, or the factor (None where
    something is removed), and where the path and the value stand."""

    kind: Kind
    path: str
    steps: Steps
    value: Node | None
    place: Place

    @property
    def said(self) -> str:
        """The change in a few words.

        >>> Edit("remove", "payouts.bonus", (), None, Place()).said
        'remove payouts.bonus'
        """
        value = f" {self.value.text}" if isinstance(self.value, Scalar) and len(self.value.text) <= 40 else ""
        return f"{self.kind} {self.path}{value}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario: its name and file, the folder that it stands in, the file of another version of the program that it
    starts from ("" where it is the program itself), its changes in the order of the file, and the document, which holds
    the facts that it changes."""

    name: str
    file: str
    folder: Path
    program: str
    edits: tuple[Edit, ...]
    place: Place
    document: Document | None = None


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file; raises Refused with all its faults."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "it is no regular file")
        with path.open("rb") as stream:
            data = stream.read(DEFAULT_LIMITS.size_bytes + 1)
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        hint = "name a scenario file, such as scenario.yaml"
        raise Refused(Problem("S101", f"cannot read the scenario: {reason}", Place(str(path)), hint)) from None
    root, problems = read_document(data, path.name)
    if [each.code for each in problems] == ["D105"]:  # empty, or comments alone: nothing is changed
        return Scenario(path.stem, path.name, path.parent, "", (), Place(path.name, 1, 1))
    if root is None:
        raise Refused(*problems)
    found = list(problems)
    edits: list[Edit] = []
    for key, value in root.entries:
        if key.text in KINDS:
            edits += _edits(key.text, value, found)
        elif key.text not in KEYS:
            near = get_close_matches(key.text, KEYS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "the keys are " + ", ".join(KEYS)
            found.append(Problem("W201", f"a scenario has no key '{key.text[:64]}'", key.place, hint))
    texts = {key.text: value for key, value in root.entries if key.text in ("scenario", "program")}
    for name, value in texts.items():
        if not isinstance(value, Scalar) or not value.text.strip():
            found.append(Problem("W201", f"{name} takes a text", value.place, f"write {name}: and a text"))
    if found:
        raise Refused(*found)
    name, program = (node.text if isinstance(node := texts.get(key), Scalar) else "" for key in ("scenario", "program"))
    document = Document(path.name, "", root)
    return Scenario(name or path.stem, path.name, path.parent, program, tuple(edits), root.place, document)


def _edits(kind: Kind, value: Node, found: list[Problem]) -> list[Edit]:
    """The changes of one kind; what is wrong with them is added to the problems found."""
    edits = []
    for key, of in _entries(kind, value, found):
        try:
            steps = steps_of(key.text)
        except ValueError as error:
            hint = "write the names on the way with dots between, such as payouts.bonus.rate"
            found.append(Problem("W202", f"'{key.text[:64]}' is no path: {error}", key.place, hint))
            continue
        if kind == "scale" and not isinstance(of, Scalar):
            found.append(Problem("W204", f"{key.text} is scaled by a factor", key.place, "write one, such as 110%"))
            continue
        edits.append(Edit(kind, key.text, steps, of, key.place))
    return edits


def _entries(kind: Kind, value: Node, found: list[Problem]) -> list[tuple[Scalar, Node | None]]:
    """The paths of one kind of change, with their values; none where the kind is written and blank."""
    if isinstance(value, Scalar) and not value.text and not value.quoted:
        return []
    if kind == "remove":
        items = value.items if isinstance(value, Sequence) else (value,)
        if all(isinstance(item, Scalar) for item in items):
            return [(item, None) for item in items if isinstance(item, Scalar)]
        found.append(Problem("W201", "remove takes a list of paths", value.place, "write remove: [payouts.bonus]"))
        return []
    if isinstance(value, Mapping):
        return list(value.entries)
    example = {
        "set": "{payouts.bonus.rate: 5%}",
        "add": "{payouts.bonus.cap: 500}",
        "scale": "{payouts.bonus.rate: 110%}",
    }
    found.append(Problem("W201", f"{kind} takes paths and values", value.place, f"write {kind}: {example[kind]}"))
    return []
