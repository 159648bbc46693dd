"""A number of days as people write it: `7 days`, `1 day`."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainSerializer

from rules.quantities.counted import Counted
from rules.reads import Reads

DAYS_MAX = 1_000
_DAYS = Counted("day", DAYS_MAX, "C102", "7 days")

DaysField = Annotated[
    int, Reads(_DAYS.read), PlainSerializer(_DAYS.written, return_type=str, when_used="json"), _DAYS.schema()
]
