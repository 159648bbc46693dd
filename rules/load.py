"""Load a program: its file becomes a document, the document a program, the program its meaning; or a list of problems.

The only part of `rules` that reads a file. A program is its folder: nothing outside is read. Problems of the
document, of keys and values, and of what the rules mean come back together, in the order of their places.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.check import check_program
from rules.check.held import Held
from rules.consistent import Noting
from rules.document.again import read_again
from rules.document.commas import comma_hint
from rules.document.reader import DEFAULT_LIMITS, Document, Node, locate, locate_key, plain, read_document
from rules.kinds.scales.choice import Choice
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused, errors
from rules.program import Program
from rules.typed_again import typed_again

_RULES = frozenset({"kpis", "scorecards", "quotas", "credit", "amounts", "payouts", "pools", "balances", "totals"})
_ALONE = frozenset({"X131", "P126", "P130", "M103", "M104"})  # codes of faults that hold whatever else there is
_NESTED = {("mdf", "activities"), ("mdf", "stages")}  # keys of a section that hold single rules
_WORD = re.compile(r"\w+")
_OWN_CODE = re.compile(r"[A-Z][0-9]{3}")
_HELD = Held()  # of programs that are read again


@dataclass(frozen=True, slots=True)
class Loaded:
    """A program that was read: its folder, its document and bytes, what it means if it can run, and its problems."""

    folder: Path
    document: Document | None
    data: bytes
    meaning: Meaning | None
    problems: tuple[Problem, ...]

    @property
    def sha256(self) -> str:
        """The digest of the program's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def understood(self) -> Meaning:
        """The meaning of a program without errors; raises Refused with all its problems otherwise."""
        if self.meaning is None:
            raise Refused(*errors(self.problems))
        return self.meaning


def load(path: Path) -> Loaded:
    """Read the program at `path` and understand it; raises Refused only where there is no file to read."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "it is no regular file")
        with path.open("rb") as stream:
            data = stream.read(DEFAULT_LIMITS.size_bytes + 1)  # one byte too many is enough to refuse
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        hint = "name a program file, such as program.yaml; partage init writes one"
        raise Refused(Problem("S101", f"cannot read the program: {reason}", Place(str(path)), hint)) from None
    return understand(data, path.name, path.parent)


def understand(data: bytes, file: str, folder: Path, warns: bool = True, is_again: bool = False) -> Loaded:
    """Understand a program from its bytes; `file` is its name for people, `folder` holds its sources; `warns` tells
    whether what is suspicious about the plan is looked for too, which takes a while; `is_again` that most of it was
    read before."""
    root, problems = read_again(data, file) if is_again else read_document(data, file)
    if root is None:
        return Loaded(folder, None, data, None, problems)
    document = Document(file, hashlib.sha256(data).hexdigest(), root)
    try:
        program = (typed_again(root) if is_again else None) or Program.model_validate(plain(root))
    except ValidationError as error:
        if (noted := _noted(document)) is not None:
            return Loaded(folder, document, data, None, _in_order([*problems, *noted]))
        found = [problem for details in error.errors() for problem in _problems(root, details)]
        found += _wrong_elsewhere(document, [details["loc"] for details in error.errors()])
        return Loaded(folder, document, data, None, _in_order([*problems, *found]))
    meaning, found_by_check = check_program(program, document, warns, _HELD if is_again else None)
    every = _in_order([*problems, *found_by_check])
    return Loaded(folder, document, data, None if errors(every) else meaning, every)


def _noted(document: Document) -> list[Problem] | None:
    """All problems of a program whose models have faults and are read nevertheless; None where it can't be read."""
    noting = Noting()
    try:
        program = Program.model_validate(plain(document.root), context=noting)
    except ValidationError:
        return None
    faults = noting.placed(program)
    found = [Problem(each.code, each.message, locate(document.root, path), each.hint) for path, each in faults]
    return [*found, *check_program(program, document, warns=False)[1]]


def _wrong_elsewhere(document: Document, faulty: list[tuple[str | int, ...]]) -> list[Problem]:
    """The names that nothing has, and other faults that hold alone, in what is written well beside the `faulty` parts
    of a program, so that they are told with these and not after them; none where more than single rules is faulty, for
    then what there is is not known.
    """
    written: Any = plain(document.root)
    without: set[str] = set()
    for *to, name in {path[: 3 if path[:2] in _NESTED else 2] for path in faulty if len(path) > 1}:
        inside: Any = written
        for key in to:
            inside = inside.get(key) if isinstance(inside, dict) else None
        if to[0] in {*_RULES, "mdf"} and isinstance(inside, dict):
            inside.pop(name, None)
            without |= {str(to[0]), str(name)} if to[0] in _RULES else set()  # nothing names a rule of mdf
    for section in _RULES & written.keys():
        if not written[section]:
            del written[section]
    try:
        program = Program.model_validate(written)
    except ValidationError:
        return []
    _, problems = check_program(program, document, warns=False)
    return [each for each in problems if each.code in _ALONE and not without & set(_WORD.findall(each.message))]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.code)))


def _problems(root: Node, details: ErrorDetails) -> list[Problem]:
    """What validation found at one place, in our words."""
    path = tuple(part for part in details["loc"] if part != "[key]")
    kind, context = details["type"], details.get("ctx", {})
    place = locate(root, path)
    if _OWN_CODE.fullmatch(kind):
        if "faults" in context:  # an expression has a fault at an offset within its text
            cut = comma_hint(root, path)
            return [
                Problem(
                    each["code"],
                    each["message"],
                    replace(place, column=place.column + each["at"]),
                    cut if cut and each["code"] == "X115" else each["hint"],
                )
                for each in context["faults"]
            ]
        where = locate_key(root, path) if "[key]" in details["loc"] or kind == "W101" else place
        return [Problem(kind, str(context.get("message", details["msg"])), where, str(context.get("hint", "")))]
    if kind == "extra_forbidden":
        problem = _unknown_key(locate_key(root, path), str(path[-1]), _keys(path[:-1]))
        inside = comma_hint(root, path) or _inside_scale(root, path)
        return [replace(problem, hint=inside) if inside else problem]
    if kind == "missing":
        hint = f"add {path[-1]}:"
        return [Problem("P103", f"{path[-1]} is missing", locate_key(root, path[:-1]), hint)]
    if kind in ("literal_error", "enum"):
        known = [each.strip("' ") for each in re.split(", | or ", str(context["expected"]))]
        written = str(details["input"])
        near = get_close_matches(written, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "write one of " + ", ".join(known)
        return [Problem("P104", f"'{written}' is not one of {', '.join(known)}", place, hint)]
    return [Problem("P105", _SHAPES.get(kind, "the value has another shape than its key asks for"), place, _SHAPE_HINT)]


_SHAPE_HINT = "see the schema (partage schema) for what this key takes"
_SHAPES: Mapping[str, str] = {
    "string_type": "a text is needed here",
    "dict_type": "keys with values are needed here",
    "mapping_type": "keys with values are needed here",
    "model_type": "keys with values are needed here",
    "tuple_type": "a list is needed here",
    "list_type": "a list is needed here",
}


def _unknown_key(place: Place, key: str, known: list[str]) -> Problem:
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "the keys here are " + ", ".join(known)
    hint = hint if known else _SHAPE_HINT
    return Problem("P102", f"unknown key '{key}'", place, hint)


def _inside_scale(root: Node, path: tuple[str | int, ...]) -> str:
    """Where a key belongs that stands beside a scale and is one of its own; empty where it is none."""
    model, key = _model_at(path[:-1]), str(path[-1])
    if model is None or not issubclass(model, Choice):
        return ""
    beside = locate_key(root, path[:-1])
    for name, scale in model.register.items():
        own = [field.alias or field_name for field_name, field in scale.model_fields.items()]
        if key in own and locate_key(root, (*path[:-1], name)) != beside:
            held = f"{scale.short}: ..., " if scale.short else "..., "
            return f"it belongs inside the scale: {name}: {{{held}{key}: ...}}"
    return ""


def _keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that the program knows at a path of the document."""
    model = _model_at(path)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_at(path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of what stands at a path of the document."""
    at: Any = Program
    for part in path:
        at = _below(at, part)
    return _model(at)


def _below(annotation: Any, part: str | int) -> Any:
    """What stands below a key or an index of a part of the document."""
    model = _model(annotation)
    if model is not None:
        named = (field for name, field in model.model_fields.items() if (field.alias or name) == str(part))
        return next((field.annotation for field in named), None)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _below(inner[0], part)
    if origin in (dict, Mapping):
        return inner[1]
    return inner[0] if origin in (tuple, list) else None


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (dict, Mapping, tuple, list):
        return None
    return next((model for each in get_args(annotation) if (model := _model(each)) is not None), None)
