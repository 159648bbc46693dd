"""What of a config is written well and can't be meant: every fault that its model finds, each at the key that has it.

A model says them by a method under `consistent`. All that one model finds comes back at once; and a document whose
values are all right but for such faults can be read with them noted, so that what else is wrong is told beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from rules.kinds.base import number

_Model = TypeVar("_Model", bound=BaseModel)
Path = tuple[str | int, ...]


class Inconsistent(NamedTuple):
    """One fault: its code, what is wrong, the cure, and the key below the model's own place that has it."""

    code: str
    message: str
    hint: str
    at: Path = ()


@dataclass(frozen=True, slots=True)
class Noting:
    """A context of validation in which faults are noted, each with the model that has it, and not raised."""

    noted: list[tuple[BaseModel, Inconsistent]] = field(default_factory=list)

    def placed(self, root: BaseModel) -> Iterator[tuple[Path, Inconsistent]]:
        """Each fault with its path below the model that was read."""
        for model, each in self.noted:
            path = next((path for path, found in _models(root, ()) if found is model), None)
            assert path is not None, "a model that was validated is a part of what was read"
            yield (*path, *each.at), each


def consistent(faults: Callable[[Any], Iterator[Inconsistent]]) -> Any:
    """A validator of a model from a method that yields its faults."""

    def validate(self: _Model, info: ValidationInfo) -> _Model:
        found = list(faults(self))
        if isinstance(info.context, Noting):
            info.context.noted.extend((self, each) for each in found)
        elif found:
            raise ValidationError.from_exception_data(type(self).__name__, [_details(self, each) for each in found])
        return self

    validate.__name__ = faults.__name__
    return model_validator(mode="after")(validate)


def weights_below_zero(key: str, weights: Sequence[Fraction]) -> Iterator[Inconsistent]:
    """The weights of a list under a key that would take from who has one."""
    for at, weight in enumerate(weights):
        if weight < 0:
            message = f"a weight of {number(weight)}"
            yield Inconsistent("K252", message, "use zero or more", (key, at))


def _details(model: BaseModel, each: Inconsistent) -> InitErrorDetails:
    error = PydanticCustomError(each.code, "{message}", {"message": each.message, "hint": each.hint})
    return InitErrorDetails(type=error, loc=each.at, input=model)


def _models(value: object, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    """Every model within a value, with its path."""
    if isinstance(value, BaseModel):
        yield path, value
        for name, of in type(value).model_fields.items():
            yield from _models(getattr(value, name), (*path, of.alias or name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _models(each, (*path, key))
    elif isinstance(value, tuple | list):
        for at, each in enumerate(value):
            yield from _models(each, (*path, at))
