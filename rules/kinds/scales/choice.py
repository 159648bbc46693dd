"""A part of the document that names one kind of scale by its key, as `linear: {...}` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.kinds.base import Kind
from rules.kinds.scales.base import ScaleKind

Register = Mapping[str, type[ScaleKind]]


class Choice(Kind):
    """Names one kind of scale of a register; a model made of it has an optional field for each of them.

    `optional`: the part may also name none.
    """

    register: ClassVar[Register] = {}
    optional: ClassVar[bool] = False

    @property
    def scale_name(self) -> str | None:
        """The key of the kind that is named, if one is."""
        return next((name for name in self.register if getattr(self, name) is not None), None)

    @property
    def scale(self) -> ScaleKind:
        """The one kind that is named."""
        assert self.scale_name is not None, "a scale is named"
        found = getattr(self, self.scale_name)
        assert isinstance(found, ScaleKind)
        return found

    @model_validator(mode="after")
    def _one_kind(self) -> Choice:
        found = [name for name in self.register if getattr(self, name) is not None]
        if len(found) == 1 or (self.optional and not found):
            return self
        message = f"one kind of scale belongs here, and there is {' and '.join(found) if found else 'none'}"
        hint = "write one of " + ", ".join(self.register)
        raise PydanticCustomError("P207", "{message}", {"message": message, "hint": hint})


def scale_fields(register: Register) -> dict[str, Any]:
    """An optional field for each kind of a register, for `create_model`."""
    return {name: (kind | None, Field(default=None)) for name, kind in register.items()}
