"""Models with a key for each registered kind, of which a rule names one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from rules.kinds.base import Kind


def fields_of(register: Mapping[str, type[Kind]]) -> dict[str, Any]:
    """A field for each kind of a register, for a model that names one of them."""
    return {name: (kind | None, Field(default=None)) for name, kind in register.items()}


def check_one_kind(what: str, found: list[str], known: list[str]) -> None:
    """Refuse (P110) a model that names no kind, or several."""
    if len(found) == 1:
        return
    message = f"a {what} names one kind, and this one names {' and '.join(found) if found else 'none'}"
    raise PydanticCustomError("P110", "{message}", {"message": message, "hint": "write one of " + ", ".join(known)})
