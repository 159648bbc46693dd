"""A case as it is written under `tests:`: what is given, and what has to come out.

A case is named by a sentence. What stands below `given:` and `expect:` depends on the program's own tables and names,
so that `rules.check.cases` checks it; the models here hold it as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from rules.payouts.spec import Written

CASE_NAME_MAX = 120

_CELL: dict[str, object] = {"type": ["string", "number", "boolean", "null"]}
_ROW: dict[str, object] = {"type": "object", "additionalProperties": _CELL}
_OF_PARTNERS: dict[str, object] = {"anyOf": [_CELL, _ROW]}

CaseName = Annotated[str, Field(max_length=CASE_NAME_MAX)]
GivenField = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"anyOf": [_CELL, _ROW, {"type": "array", "items": _ROW}]},
        }
    ),
]
ExpectField = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[A-Z][0-9]{3}$"},
                {"type": "object", "additionalProperties": _OF_PARTNERS},
            ],
        }
    ),
]
LinesField = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": _OF_PARTNERS},
        }
    ),
]


class CaseSpec(Written):
    """A case: rows and values that are given, and what they should pay.

    What is not said is filled in: one partner P-1, whose the rows are; made-up keys; a row that is the only one of its
    table is the one that the others refer to; the date that puts a row into a period lies in the case's period. All
    other cells are blank. `expect` holds what comes out, exactly; what it does not name is not compared. `lines` names
    each line of a payout, and there are no others.
    """

    period: str | None = Field(default=None, description="the first one within `effective` unless said")
    given: GivenField = Field(
        default={},
        description="by name: a table's row, or list of rows; a KPI's or a score's value, or {partner: value}",
    )
    expect: ExpectField = Field(
        default=None,
        description="by name: what a partner gets, has or scores, or {partner: value}; or a problem's code",
    )
    lines: LinesField = Field(default=None, description="by payout: the amount of every line, by the key of its row")

    @model_validator(mode="after")
    def _expects(self) -> CaseSpec:
        if not self.expect and not self.lines:
            context = {"message": "the case expects nothing", "hint": "add expect: with payouts, or with a code"}
            raise PydanticCustomError("P233", "{message}", context)
        return self


Cases = Mapping[CaseName, CaseSpec]
