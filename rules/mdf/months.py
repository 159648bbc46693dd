"""A number of months as people write it: `6 months`, `1 month`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.reads import Reads

MONTHS_MAX = 120
_PATTERN = r"([1-9][0-9]{0,2}) months?"


def _read(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.fullmatch(_PATTERN, value, re.ASCII) if isinstance(value, str) else None
    if found is None or int(found[1]) > MONTHS_MAX:
        shown = f"'{str(value)[:40]}'" if isinstance(value, str) else "this"
        context = {"hint": "write 6 months", "shown": shown, "most": f"{MONTHS_MAX:,}"}
        raise PydanticCustomError("M101", "{shown} is no number of months from 1 to {most}", context)
    return int(found[1])


MonthsField = Annotated[
    int,
    Reads(_read),
    PlainSerializer(lambda months: f"{months} month{'s' * (months != 1)}", return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_PATTERN}$", "description": "A number of months.", "examples": ["6 months"]}
    ),
]
