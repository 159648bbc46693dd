"""A number of days as people write it: `7 days`, `1 day`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.reads import Reads

DAYS_MAX = 1_000
_PATTERN = r"([1-9][0-9]{0,3}) days?"


def _read(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.fullmatch(_PATTERN, value, re.ASCII) if isinstance(value, str) else None
    if found is None or int(found[1]) > DAYS_MAX:
        shown = f"'{str(value)[:40]}'" if isinstance(value, str) else "this"
        context = {"hint": "write 7 days", "shown": shown, "most": f"{DAYS_MAX:,}"}
        raise PydanticCustomError("C102", "{shown} is no number of days from 1 to {most}", context)
    return int(found[1])


DaysField = Annotated[
    int,
    Reads(_read),
    PlainSerializer(lambda days: f"{days} day{'s' * (days != 1)}", return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_PATTERN}$", "description": "A number of days.", "examples": ["7 days"]}
    ),
]
