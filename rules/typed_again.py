"""Type a program again of which most was typed before: only the parts that are new are validated.

In: the root of a document that was put together from pieces (`rules.document.again`). Out: the program that validation
of the whole gives; None where a part is not right, so that the whole is validated and every fault told. Sound because
no key of a program is looked at by the validation of another: what is of several keys `rules.check` says.
"""

from __future__ import annotations

from collections.abc import Mapping as Keyed
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError, create_model

from rules.check.held import by_identity
from rules.document.reader import Mapping, Node, Scalar, plain
from rules.payouts.spec import Written
from rules.program import Program


def typed_again(root: Mapping) -> Program | None:
    """The program of a document; None where validation finds a fault."""
    values: dict[str, Any] = {}
    try:
        for key, value in root.entries:
            name = _NAMES.get(key.text)
            if name is None:
                return None
            values[name] = _typed(name, value)
    except ValidationError:
        return None
    if any(field.is_required() and name not in values for name, field in Program.model_fields.items()):
        return None
    return Program.model_construct(_fields_set=set(values), **values)


def _typed(name: str, value: Node) -> Any:
    if not isinstance(value, Mapping):
        return _value(name, value)
    if name in _BY_ENTRY:
        return {key: typed for each in value.entries for key, typed in _entry(name, *each).items()}
    return _section(name, *(node for entry in value.entries for node in entry))


@by_identity
def _value(name: str, value: Node) -> Any:
    return _validated(name, plain(value))


@by_identity
def _entry(name: str, key: Scalar, value: Node) -> Any:
    return _validated(name, {key.text: plain(value)})


@by_identity
def _section(name: str, *nodes: Node) -> Any:
    keys = [node.text for node in nodes[::2] if isinstance(node, Scalar)]
    return _validated(name, dict(zip(keys, map(plain, nodes[1::2]), strict=True)))


def _validated(name: str, value: Any) -> Any:
    """The value of one key of a program; raises ValidationError."""
    return getattr(_ALONE[name].model_validate({name: value}), name)


_NAMES = {name: name for name, field in Program.model_fields.items() if field.alias is None}
_BY_ENTRY = frozenset(
    name for name, field in Program.model_fields.items() if get_origin(field.annotation) is Keyed and not field.metadata
)
_ALONE: dict[str, type[BaseModel]] = {
    name: create_model(f"Only_{name}", __base__=Written, **{name: (field.annotation, field)})  # type: ignore[call-overload]
    for name, field in Program.model_fields.items()
}
