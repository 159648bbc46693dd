"""A number of months as people write it: `6 months`, `1 month`."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainSerializer

from rules.quantities.counted import Counted
from rules.reads import Reads

MONTHS_MAX = 120
_MONTHS = Counted("month", MONTHS_MAX, "M101", "6 months")

MonthsField = Annotated[
    int, Reads(_MONTHS.read), PlainSerializer(_MONTHS.written, return_type=str, when_used="json"), _MONTHS.schema()
]
