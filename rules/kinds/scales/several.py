"""What the scales that compare several scales share: their parts, and the part that counts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, create_model, model_validator

from rules.expressions.expression import Written
from rules.expressions.tree import Type
from rules.kinds.base import Columns, Reason, Terms, number
from rules.kinds.scales.base import Better, Faults, ScaleKind, View, columns_below, only_where
from rules.kinds.scales.choice import Choice, Register, scale_fields
from rules.kinds.scales.improvement import Improvement
from rules.kinds.scales.plain import PLAIN
from rules.kinds.scales.reference import Reference
from rules.quantities.exact import Exact

PARTS: dict[str, type[ScaleKind]] = {**PLAIN, "improvement": Improvement}


class _Part(Choice):
    register: ClassVar[Register] = PARTS


if TYPE_CHECKING:

    class Part(_Part):
        """One of the scales that are compared."""

else:  # a key for each kind
    Part = create_model("Part", __base__=_Part, __doc__="One of the scales compared.", **scale_fields(PARTS))


class Several(ScaleKind):
    """Scales of the same KPI, of whose points one counts."""

    short: ClassVar[str | None] = "of"

    of: Annotated[tuple[Part, ...], Field(strict=False, min_length=2)]
    unknown: Literal["leave_out", "unknown"]

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, written: object) -> object:
        return {"of": written} if isinstance(written, list | tuple) else written

    @abstractmethod
    def wins(self, points: Exact, best: Exact) -> Exact:
        """The points that count, of two columns whose rows are known."""

    @abstractmethod
    def chosen(self, points: Mapping[int, Fraction]) -> int:
        """The part that counts, for one row."""

    def references(self) -> Mapping[str, Reference]:
        return {f"{n}.{key}": each for n, part in enumerate(self.of) for key, each in part.scale.references().items()}

    def inputs(self) -> Mapping[str, Written]:
        return {f"{n}.{key}": each for n, part in enumerate(self.of) for key, each in part.scale.inputs().items()}

    def among_peers(self) -> bool:
        return any(part.scale.among_peers() for part in self.of)

    def unit_of(self, key: str, measured: Type) -> Type:
        index, _, inner = key.partition(".")
        return self.of[int(index)].scale.unit_of(inner, measured)

    def faults(self, terms: Terms, measured: Type = Type.NUMBER) -> Faults:
        inner = [fault for part in self.of for fault in part.scale.faults(terms, measured)]
        return inner + self.points_faults()

    def points_of(self, columns: Columns, rows: int, better: Better) -> Exact:
        counted: Exact | None = None
        for index, part in enumerate(self.of):
            points = part.scale.compute(columns_below(columns, f"{index}.", columns["value"]), rows, better)
            if counted is None:
                counted = points
                continue
            mine, theirs = points.is_known(), counted.is_known()
            both = self.wins(points, counted)
            either = both.where(mine & theirs, points.where(mine, counted))
            counted = only_where(either, mine | theirs if self.unknown == "leave_out" else mine & theirs)
        assert counted is not None, "there are two scales at least"
        return counted

    def reason_of(self, columns: Columns, row: int, view: View) -> Reason | None:
        reasons: dict[int, Reason] = {}
        for index, part in enumerate(self.of):
            inner = {key.split(".", 1)[1]: column for key, column in columns.items() if key.startswith(f"{index}.")}
            inner["value"] = columns["value"]
            reason = part.scale.explain(inner, row, view.terms, view.better, view.measured, view.is_percent)
            if reason is not None:
                reasons[index] = reason
        if not reasons or (self.unknown == "unknown" and len(reasons) < len(self.of)):
            return None
        index = self.chosen({index: reason.value for index, reason in reasons.items()})
        reason = reasons[index]
        shown = (f"{part.scale_name} {_points(reasons.get(n))}" for n, part in enumerate(self.of))
        others = (f"{index}.{key}" for key in reason.uses if key != "value")
        words = f"{', '.join(shown)}; {self.of[index].scale_name} counts: {reason.words}"
        return replace(reason, words=words, uses=("value", *others), exact=None)


def _points(reason: Reason | None) -> str:
    return "unknown" if reason is None else number(reason.value)
