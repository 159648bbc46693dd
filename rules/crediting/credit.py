"""A rule of the section `credit:` as it is written: what is credited, by which ways, and within which limits.

Frozen models of the document. Who earns what by it is worked out by `rules.crediting.credited`, and explained by
`rules.crediting.reason`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from rules.crediting import WAYS
from rules.crediting.base import CreditWay, Faults
from rules.crediting.candidates import SOURCED
from rules.crediting.roll_up import RollUp
from rules.expressions.expression import ExpressionField
from rules.kinds.base import Kind, Terms
from rules.names import NAME, Name
from rules.quantities.written import MoneyField
from rules.reads import Reads
from rules.specific import Match, condition, same_rows

PlacedFault = tuple[str, tuple[str | int, ...], str, str]  # code, path of keys within the rule, message, hint

_PREFERENCE = rf"{NAME}(?: over {NAME})+"


def _preference(written: object) -> tuple[str, ...]:
    if isinstance(written, tuple):
        return written
    roles = written.split(" over ") if isinstance(written, str) else []
    if not isinstance(written, str) or not re.fullmatch(_PREFERENCE, written, re.ASCII) or len({*roles}) < len(roles):
        context = {
            "shown": f"'{written[:80]}'" if isinstance(written, str) else "this",
            "hint": "write the roles as sourced over influenced, each once",
        }
        raise PydanticCustomError("C103", "{shown} is no order of roles", context)
    return tuple(roles)


PreferField = Annotated[
    tuple[str, ...],
    Reads(_preference),
    PlainSerializer(" over ".join, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_PREFERENCE}$",
            "description": "Roles, the first before the next: a later one counts only where no earlier one does.",
            "examples": ["sourced over influenced"],
        }
    ),
]


class _Way(Kind):
    for_: Match | None = Field(default=None, alias="for", description="the rows that it is for; all, unless said")

    @property
    def name(self) -> str:
        """The key of the one way that is named."""
        return next(name for name in WAYS if getattr(self, name) is not None)

    @property
    def way(self) -> CreditWay:
        """The one way that is named."""
        found = getattr(self, self.name)
        assert isinstance(found, CreditWay)
        return found

    @property
    def match(self) -> Match:
        """Which rows it is for; every one where nothing is named."""
        return {} if self.for_ is None else self.for_

    @model_validator(mode="after")
    def _one_way(self) -> _Way:
        found = [name for name in WAYS if getattr(self, name) is not None]
        if len(found) != 1:
            message = f"one way to credit belongs here, and there is {' and '.join(found) if found else 'none'}"
            raise PydanticCustomError(
                "C101", "{message}", {"message": message, "hint": "write one of " + ", ".join(WAYS)}
            )
        return self


if TYPE_CHECKING:

    class Way(_Way):
        """One way to credit, and the rows that it is for."""

else:  # a key for each registered way
    _FIELDS: dict[str, Any] = {name: (way | None, Field(default=None)) for name, way in WAYS.items()}
    Way = create_model("Way", __base__=_Way, __doc__="One way to credit, and the rows that it is for.", **_FIELDS)


def _listed(written: object) -> object:
    return [written] if isinstance(written, Mapping) else written


class CreditSpec(Kind):
    """Who earns which share of a row: `credit: {sales: {of: deals, from: {table: {roles: [sourced]}}}}`.

    `from` is one way, or a list of which the most specific that fits a row is its way. Shares and what the house keeps
    are 100 % of the row, exactly; overlay roles and overrides on top are beside them. The steps, in their order: who
    counts (`protected_by`, `prefer`), the way, `remainder`, `at_most`, `roll_up`.
    """

    of: Name = Field(
        description="whose rows are credited: deals, customers, projects, or a table that sees one of them"
    )
    where: ExpressionField | None = Field(default=None, description="only rows for which this holds")
    from_: Annotated[tuple[Way, ...], BeforeValidator(_listed), Field(alias="from", strict=False, min_length=1)]
    prefer: PreferField | None = None
    protected_by: Literal["registrations"] | None = Field(
        default=None,
        description="who first registered a deal takes all that was sourced of it, whatever credits say who sourced it",
    )
    over_100: Literal["refuse", "overlay"] = Field(
        default="refuse", description="whether roles may be declared as overlay, beside the 100 %"
    )
    remainder: Literal["house", "equally"] = Field(
        default="house", description="who earns what is left of 100 %: nobody, or the credited partners in equal parts"
    )
    roll_up: RollUp | None = None
    amount: ExpressionField | None = Field(default=None, description="what at_most caps: the amount of a row")
    at_most: MoneyField | None = Field(
        default=None,
        description="the most that is credited of a row's amount; its shares shrink alike, an overlay role's alone",
    )
    also: ClassVar[tuple[dict[str, object], ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        fields = handler.resolve_ref_schema(schema)["properties"]
        fields["from"] = {"anyOf": [fields["from"]["items"], fields["from"]]}
        return schema

    @property
    def ways(self) -> tuple[CreditWay, ...]:
        """The ways in the order written; `Candidates.way` is a position in it."""
        return tuple(each.way for each in self.from_)

    def overlay_roles(self) -> frozenset[str]:
        """The roles that any of the ways declares as overlay."""
        return frozenset().union(*(way.overlay_roles() for way in self.ways))

    def cap_minor(self, terms: Terms) -> Fraction | None:
        """The most that is credited of a row, in minor units."""
        return None if self.at_most is None else terms.minor(self.at_most)

    def faults(self, terms: Terms) -> list[PlacedFault]:
        """What is wrong with the rule as a whole."""
        found: list[PlacedFault] = []
        for at, each in enumerate(self.from_):
            found += _placed(each.way.faults(self.prefer or ()), "from", at, each.name)
        for first, at, rows in same_rows([each.match for each in self.from_]):
            if self.from_[first].match == self.from_[at].match:
                message = f"ways {first + 1} and {at + 1} are for the same rows"
                found.append(("C101", ("from", at), message, "name for each the rows that it is for, with for:"))
                continue
            written = condition(rows)
            assert written is not None, "ways for every row are for the same rows"
            message = (
                f"ways {first + 1} and {at + 1} both fit rows where {written.text[:100]}, and neither is more specific"
            )
            found.append(
                ("C127", ("from", at), message, "let one way be for these rows, or name another attribute in it")
            )
        if self.roll_up is not None:
            found += _placed(self.roll_up.faults(), "roll_up", "rates")
        if (self.at_most is None) != (self.amount is None):
            message = "a cap of what is credited needs the amount of a row, and nothing else does"
            found.append(("C109", ("at_most" if self.amount is None else "amount",), message, "write both, or neither"))
        if self.at_most is not None:
            found += _placed(terms.currency_faults(self.at_most), "at_most")
            if self.at_most.amount <= 0:
                found.append(("C109", ("at_most",), "a cap that lets nothing be credited", "write an amount above 0"))
        return found + self._overlay_faults() + self._role_faults()

    def _overlay_faults(self) -> list[PlacedFault]:
        overlays = sorted(self.overlay_roles())
        if overlays and self.over_100 == "refuse":
            message = f"{overlays[0]} is an overlay, and more than 100 % is refused"
            return [("C106", ("over_100",), message, "write over_100: overlay, or leave overlay: true out")]
        if not overlays and self.over_100 == "overlay":
            return [("C106", ("over_100",), "no role is an overlay", "declare one as {overlay: true}, or write refuse")]
        return []

    def _role_faults(self) -> list[PlacedFault]:
        credited = {role for way in self.ways for role in way.credited_roles()}
        wanted = [(("prefer",), role) for role in self.prefer or ()]
        if self.protected_by is not None:
            wanted.append((("protected_by",), SOURCED))
        hint = f"name one that a way credits: {', '.join(sorted(credited))}"
        return [
            ("C107", path, f"no way credits the role {role}", hint) for path, role in wanted if role not in credited
        ]


def _placed(faults: Faults, *path: str | int) -> list[PlacedFault]:
    """Faults of a part, with the path of its keys."""
    return [(code, path, message, hint) for code, message, hint in faults]
