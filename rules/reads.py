"""How a field of a document is read by a function of ours: pydantic is told that function, and nothing of its type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_plain_validator_function


@dataclass(frozen=True, slots=True)
class Reads:
    """The function by which a field is read, which gives its value or raises a PydanticCustomError.

    The schema of the field's type is not made, which nobody asks for: that of an expression is one of every kind of
    tree, and to make it for each field that has one took half of the time in which the models were made.
    """

    read: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source_type: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self.read)
