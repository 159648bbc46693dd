"""A number of things as people write it: `7 days`, `1 month`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import WithJsonSchema
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Counted:
    """How a number of things from 1 to `most` is written; `code` is the fault of anything else."""

    word: str
    most: int
    code: str
    example: str

    @property
    def pattern(self) -> str:
        """The form, which allows more than `most` within the same number of digits."""
        return rf"([1-9][0-9]{{0,{len(str(self.most)) - 1}}}) {self.word}s?"

    def read(self, value: object) -> int:
        """The number; raises a fault that pydantic collects."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        found = re.fullmatch(self.pattern, value, re.ASCII) if isinstance(value, str) else None
        if found is None or int(found[1]) > self.most:
            shown = f"'{str(value)[:40]}'" if isinstance(value, str) else "this"
            context = {"hint": f"write {self.example}", "shown": shown, "word": self.word, "most": f"{self.most:,}"}
            raise PydanticCustomError(self.code, "{shown} is no number of {word}s from 1 to {most}", context)
        return int(found[1])

    def written(self, number: int) -> str:
        """The number as it is written.

        >>> Counted("day", 1_000, "C102", "7 days").written(1)
        '1 day'
        """
        return f"{number} {self.word}{'s' * (number != 1)}"

    def schema(self) -> WithJsonSchema:
        """What editors are told of it."""
        told = {"type": "string", "pattern": f"^{self.pattern}$", "description": f"A number of {self.word}s."}
        return WithJsonSchema({**told, "examples": [self.example]})
