"""A claim on a source row, and what it would come to: how a dispute is worked out before anybody decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of one row of a run: the cells that it should have, as people write them ("" for blank); of a
    row that `is_added`, all that it would hold."""

    run: int
    partner: str
    table: str
    key: str
    cells: Mapping[str, str]
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedLine:
    """One line of the partner that the claim moves, in minor units; None where there is no such line."""

    component: str
    table: str
    key: str
    before_minor: int | None
    after_minor: int | None

    @property
    def difference_minor(self) -> int:
        """What the claim adds to the line."""
        return (self.after_minor or 0) - (self.before_minor or 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run would pay if a claim held, in minor units: to the partner in all and by component (title, before,
    after), and to how many others how much more.

    `lines` are those of the partner that move, the biggest difference first, and `lines_more` how many are not listed.
    """

    before_minor: int
    after_minor: int
    components: tuple[tuple[str, int, int], ...]
    others: int
    others_minor: int
    lines: tuple[ClaimedLine, ...]
    lines_more: int = 0

    @property
    def difference_minor(self) -> int:
        """What the claim adds to what the partner gets."""
        return self.after_minor - self.before_minor

    def as_json(self) -> dict[str, object]:
        """What a dispute keeps of it: a JSON value without floats, amounts as texts of minor units."""
        return {
            "before_minor": str(self.before_minor),
            "after_minor": str(self.after_minor),
            "difference_minor": str(self.difference_minor),
            "components": [[title, str(before), str(after)] for title, before, after in self.components],
            "others": self.others,
            "others_minor": str(self.others_minor),
            "lines": [
                {
                    "component": each.component,
                    "table": each.table,
                    "key": each.key,
                    "before_minor": None if each.before_minor is None else str(each.before_minor),
                    "after_minor": None if each.after_minor is None else str(each.after_minor),
                }
                for each in self.lines
            ],
            "lines_more": self.lines_more,
        }
