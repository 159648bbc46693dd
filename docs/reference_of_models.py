"""The reference of what a program can say: the page of the document's keys, and tables of keys, from their models.

Kinds, scales and ways to credit have pages of their own.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any, get_args, get_origin

from markup import anchor, table
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import rules.kinds
from rules.balances.base import BalanceKind
from rules.crediting.base import CreditWay
from rules.kinds.base import Kind, PayoutKind, ShareKind
from rules.kinds.scales.base import ScaleKind
from rules.kinds.scales.choice import Choice
from rules.kinds.scales.reference import Reference
from rules.program import Program
from rules.sharing.base import PoolKind


@cache
def registers() -> Mapping[str, Mapping[str, type[Kind]]]:
    """Every register of kinds by its name: a dict of names and kinds in `rules.kinds` or below, or in `rules.pools`,
    that is not a part of another one."""
    found: dict[str, Mapping[str, type[Kind]]] = {}
    names = [each.name for each in pkgutil.walk_packages(rules.kinds.__path__, "rules.kinds.")]
    for module in map(import_module, ["rules.kinds", "rules.pools", *names]):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, dict) and value and all(map(_is_kind, value.values())):
                found.setdefault(name, value)
    return {
        name: register
        for name, register in found.items()
        if not any(register.items() < other.items() for other in found.values())
    }


def keys_below(kind: type[BaseModel], without: Collection[str] = (), prefix: str = "") -> str:
    """The keys of the parts of a kind that no other section tells, and of their parts."""
    told = [
        (key, below)
        for key, below in _below(kind)
        if key not in without and below is not kind and not _is_told_once(below)
    ]
    parts = []
    for key, below in told:
        path = f"{prefix}{key}"
        parts.append(f"\n`{path}` has these keys: {words(below)}\n\n{keys(below)}")
        parts.append(keys_below(below, prefix=f"{path}."))
    return "".join(parts)


def program_page() -> str:
    """Every key of a program document, part by part."""
    parts = [
        "# The program document\n\n"
        "A program is a YAML file. Every value is read as text, with its place; what it means is decided by the key "
        "alone. A key that is not known is refused. The same is available to editors as a JSON Schema: "
        "[`partage schema`](commands.md#partage-schema).\n\n"
        "Amounts are written `EUR 1_250.00` or `1_250.00` (in the program's currency), rates `7.5%`, `0.075` or "
        "`1/3`, dates `2026-01-31`, ranges `2026-01-01 to 2026-12-31` with both days included. An expression is a "
        "condition or a formula in a small part of SQL over one row: `deals.status = 'won' and deals.amount > 500`.\n"
    ]
    parts.append(f"\n## The whole\n\n{words(Program)}\n\n{keys(Program, '')}")
    for path, model in _parts(Program, ""):
        parts.append(f"\n## {path}\n\n{words(model)}\n\n{keys(model, path)}")
    return "".join(parts)


def _parts(
    model: type[BaseModel], prefix: str, above: tuple[type[BaseModel], ...] = ()
) -> Iterator[tuple[str, type[BaseModel]]]:
    """The parts of the document below a model, each with its path; kinds have a page of their own, and a part that
    holds parts like itself is told once."""
    for key, below in _below(model):
        if not _is_told_here(below) or below in above:
            continue
        path = f"{prefix}{key}"
        yield path, below
        yield from _parts(below, f"{path}.", (*above, below))


def _is_told_here(model: type[BaseModel]) -> bool:
    apart = PayoutKind | ShareKind | PoolKind | CreditWay | BalanceKind
    return not issubclass(model, apart) and not _is_registered(model)


def _below(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The keys of a model that hold parts, with the models of those parts."""
    seen: set[tuple[str, type[BaseModel]]] = set()
    for name, field in model.model_fields.items():
        name = field.alias or name
        for below in _models(field.annotation):
            if (name, below) not in seen:
                seen.add((name, below))
                yield name, below


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)


def keys(model: type[BaseModel], path: str | None = None, without: Collection[str] = ()) -> str:
    """The keys of a part of the document as a table; `path` is the part's, where its page has sections below it, and
    `without` the fields that another section tells."""
    whole = model.model_json_schema(mode="validation")
    properties, definitions = _long(whole)["properties"], whole.get("$defs", {})
    rows = []
    for each, field in model.model_fields.items():
        if each in without or each in _scales(model):
            continue
        name = field.alias or each
        default = _default(field.default, field.default_factory)
        described = field.description or ""
        below = list(_models(field.annotation))
        if any(map(_is_registered, below)):
            page = "scales.md" if any(issubclass(each, ScaleKind) for each in below) else "kinds.md"
            described = f"the kind [`{name}`]({page}#{name})"
        elif below and all(issubclass(each, CreditWay) for each in below):
            described = f"the way [`{name}`](credit.md#{name})"
        elif below and all(issubclass(each, BalanceKind) for each in below):
            described = f"the kind [`{name}`](balances.md#{name})"
        elif below and all(map(_is_told_once, below)):
            where = "[reference](scales.md#references)" if Reference in below else "[scale](scales.md)"
            described = f"{described}; a {where}".removeprefix("; ")
        elif below and not all(map(_is_told_here, below)):
            described = f"{described}; see [kinds](kinds.md)".removeprefix("; ")
        elif below and model in below:
            described = f"{described}; the same keys again".removeprefix("; ")
        elif below and path is not None:
            section = f"{path}.{name}" if path else name
            described = f"{described}; see [{section}](#{anchor(section)})".removeprefix("; ")
        takes = _type(properties.get(name, {}), definitions, field.annotation)
        rows.append((f"`{name}`", takes, default, described))
    if _scales(model):
        rows.append(("the name of a scale", "a value or keys", "", "how the KPI earns points: one [scale](scales.md)"))
    return table(("key", "takes", "default", ""), rows) if rows else "It has no keys.\n"


def _default(value: Any, factory: Any) -> str:
    if value is PydanticUndefined and factory is None:
        return "**required**"
    if value is None or value in ({}, (), "") or value is PydanticUndefined:
        return ""
    if isinstance(value, Kind):
        short = getattr(value, value.short) if value.short else ""
        return f"`{short}`" if short else ""
    return f"`{value}`"


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any], annotation: Any) -> str:
    """What a key takes, in words."""
    models, bare = list(_models(annotation)), get_origin(_bare(annotation))
    if inspect.isclass(bare) and issubclass(bare, Mapping):
        return "names, each with keys" if models else "names, each with a value"
    if models:
        one = "a value or keys" if any(getattr(each, "short", None) for each in models) else "keys"
        return f"a list, each with {one}" if inspect.isclass(bare) and issubclass(bare, tuple) else one
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return " or ".join(dict.fromkeys(word for each in options if (word := _plain(each, definitions))))


def _bare(annotation: Any) -> Any:
    """An annotation without `Annotated` and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    options = [each for each in get_args(annotation) if each is not type(None)]
    return _bare(options[0]) if type(None) in get_args(annotation) and len(options) == 1 else annotation


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"a list: {_plain(schema.get('items', {}), definitions)}".removesuffix(": ")
    if schema.get("examples") and schema.get("description"):
        noun = _noun(schema["description"])
        return "an expression" if noun == "a condition or formula" else f"{noun}, such as `{schema['examples'][0]}`"
    return {"string": "text", "boolean": "`true` or `false`"}.get(str(schema.get("type")), "a value")


def _noun(description: str) -> str:
    """The thing that a description begins with: `an amount`, `a share`."""
    head = re.split(r"[,:]| in | over ", description)[0].rstrip(".")
    return head[:1].lower() + head[1:]


def _long(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The long form of a model's schema: with properties."""
    if "properties" in schema:
        return schema
    if "$ref" in schema:
        return _long(schema["$defs"][schema["$ref"].rpartition("/")[2]])
    return next((_long(each) for each in schema.get("anyOf", []) if "properties" in each), {"properties": {}})


def words(model: type[BaseModel]) -> str:
    """What a part of the document is, as its docstring tells."""
    return inspect.cleandoc(model.__doc__ or "")


def _is_kind(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Kind)


def _scales(model: type[BaseModel]) -> Collection[str]:
    """The keys of a part that each name a scale."""
    return model.register if issubclass(model, Choice) else ()


def _is_told_once(model: type[BaseModel]) -> bool:
    """Whether a part is told once for all scales: a reference, or the choice of a scale."""
    return issubclass(model, Reference) or (
        issubclass(model, Choice) and set(model.model_fields) <= model.register.keys()
    )


def _is_registered(model: type[BaseModel]) -> bool:
    return any(model in register.values() for register in registers().values())
