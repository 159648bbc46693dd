"""The JSON Schema of a program, made from the models that read it."""

from __future__ import annotations

from typing import Any

from rules.program import Program


def program_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a program document, with descriptions and examples for editors."""
    schema = Program.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "A Partage program"}
