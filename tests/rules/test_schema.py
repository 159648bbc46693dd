"""The JSON Schema says of every program what the engine says: editors accept the examples and refuse what is wrong."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from rules.document.reader import plain, read_document
from rules.schema import program_schema

ROOT = Path(__file__).parents[2]
PROGRAMS = [*ROOT.glob("docs/examples/*/program.yaml"), *ROOT.glob("rules/templates/*/program.yaml")]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = program_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.parent.name)
def test_every_program_is_accepted_as_text_and_as_an_editor_reads_it(
    path: Path, validator: Draft202012Validator
) -> None:
    root, problems = read_document(path.read_bytes(), path.name)
    assert root is not None and not problems
    assert [error.json_path for error in validator.iter_errors(plain(root))] == []
    typed = YAML(typ="safe", pure=True).load(path)
    assert [error.json_path for error in validator.iter_errors(_dated(typed))] == []


@pytest.mark.parametrize(
    "keys, value",
    [
        (("curency",), "GBP"),
        (("rounding",), "half_op"),
        (("calendar", "period"), "week"),
        (("pools", "merit_payment", "shared"), "fairly"),
        (("pools", "merit_payment", "shared", "by_rank", "best"), "middle"),
        (("pools", "merit_payment", "size"), "much"),
        (("payouts", "facility_fee", "per_unit", "guaranteed"), {"amount": "GBP 5"}),
        (("payouts", "facility_fee", "bse"), "seasons.live_matches"),
    ],
    ids=str,
)
def test_what_is_wrong_is_underlined(keys: tuple[str, ...], value: object, validator: Draft202012Validator) -> None:
    path = ROOT / "docs" / "examples" / "premier-league-2015-16" / "program.yaml"
    root, _ = read_document(path.read_bytes(), path.name)
    assert root is not None
    program: dict[str, Any] = copy.deepcopy(plain(root))
    at = program
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    assert not validator.is_valid(program)


def _dated(value: Any) -> Any:
    """What an editor's YAML reader makes of a program, with dates as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _dated(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_dated(each) for each in value]
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
