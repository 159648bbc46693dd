"""What a rule, a table or a column may be called in a program."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

NAME = r"[a-z][a-z0-9_]{0,62}"


def _checked_name(text: str) -> str:
    if re.fullmatch(NAME, text, re.ASCII) is None:
        hint = "use lower-case letters, digits and _, beginning with a letter"
        raise PydanticCustomError("P101", "'{name}' cannot be a name", {"name": text, "hint": hint})
    return text


Name = Annotated[str, AfterValidator(_checked_name)]
