"""A share as it is written: a rate, or an expression that is worked out for each row."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainSerializer, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField, Written
from rules.expressions.tree import words
from rules.quantities.written import RateField, rate_text
from rules.reads import Reads

_RATE: TypeAdapter[Fraction] = TypeAdapter(RateField)
_EXPRESSION: TypeAdapter[Written] = TypeAdapter(ExpressionField)
_FORMS: Any = [_RATE.json_schema(), _EXPRESSION.json_schema()]


def _read(value: object) -> Fraction | Written:
    """What has a name or a bracket in it is an expression."""
    is_expression = isinstance(value, str) and any(each.isalpha() or each == "(" for each in value)
    try:
        return _EXPRESSION.validate_python(value) if is_expression else _RATE.validate_python(value)
    except ValidationError as refusal:
        fault = refusal.errors()[0]
        raise PydanticCustomError(fault["type"], "{message}", fault["ctx"]) from None


def _text(share: Fraction | Written) -> str:
    return words(share.tree) if isinstance(share, Written) else rate_text(share)


ShareField = Annotated[
    Fraction | Written,
    Reads(_read),
    PlainSerializer(_text, return_type=str, when_used="json"),
    WithJsonSchema({"anyOf": _FORMS, "description": "A rate, or an expression of the row."}),
]
