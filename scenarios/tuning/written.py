"""The proposal as a scenario: the text of an overlay that `partage simulate` and `partage apply` take."""

from __future__ import annotations

from rules.document.edit import Change, edited
from rules.document.reader import Mapping, Scalar, read_document
from scenarios.overlays.scenario import Edit
from scenarios.tuning.values import Tuned

_EMPTY = "scenario: x\nset: x\n"


def scenario_text(found: Tuned) -> str:
    """The changes that are proposed, as a scenario with the problem's name; none where what is in force stays."""
    edits = found.best.edits if found.best is not None else ()
    root, _ = read_document(_EMPTY.encode(), "scenario.yaml")
    assert root is not None, "it is a document"
    changes = [Change(("scenario",), found.tuning.name)]
    changes.append(Change(("set",), _values(edits) if edits else None))
    return edited(_EMPTY, root, changes)[0]


def _values(edits: tuple[Edit, ...]) -> Mapping:
    place = edits[0].place
    return Mapping(tuple((Scalar(each.path, False, place), each.value) for each in edits if each.value), place)
