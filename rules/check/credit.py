"""The crediting rules of a program: each with its rows, its ways and what it needs to know of them."""

from __future__ import annotations

from rules.check.scope import Path, Scope
from rules.crediting.credit import CreditSpec
from rules.crediting.meaning import DAY_OF, SUBJECT, CreditMeaning
from rules.expressions.tree import Column, Expression, Type
from rules.problem import Place
from rules.specific import condition

_TABLES = {"credits": "credits", "touches": "touches", "attributions": "attributions", "owner": "partners"}

_KNOWN = {"touches": ("deals", "customers"), "attributions": ("deals",)}


def credit(scope: Scope, name: str, spec: CreditSpec) -> CreditMeaning | None:
    """A crediting rule; None after noting its faults. Payouts can name it from here on."""
    path: Path = ("credit", name)
    of = scope.table(spec.of, (*path, "of"))
    scope.credits[name] = of or ""
    if of is None:
        return None
    for code, below, message, hint in spec.faults(scope.terms):
        if below[0] == "over_100" and "over_100" not in spec.model_fields_set:
            scope.key_problem(code, path, message, hint)
        else:
            scope.problem(code, (*path, *below), message, hint)
    _check_sources(scope, spec, of, path)
    day = DAY_OF.get(of, "")
    scope.day = Column(of, day) if day and scope.tables[of].column(day) is not None else None
    try:
        return _credit(scope, name, spec, of, path)
    finally:
        scope.day = None


def _credit(scope: Scope, name: str, spec: CreditSpec, of: str, path: Path) -> CreditMeaning:
    """The rule, whose rows see their partner as of their day."""
    amount = None if spec.amount is None else scope.typed(spec.amount, (*path, "amount"), of, Type.MONEY)
    return CreditMeaning(
        name=name,
        spec=spec,
        of=of,
        where=scope.condition(spec.where, (*path, "where"), of),
        fits=tuple(_fits(scope, spec, at, path, of) for at in range(len(spec.from_))),
        amount=None if amount is None else amount[0],
        terms=scope.terms,
        place=scope.key_place(path),
        way_places=tuple(_way_place(scope, spec, at, path) for at in range(len(spec.from_))),
    )


def _fits(scope: Scope, spec: CreditSpec, at: int, path: Path, of: str) -> Expression | None:
    """The condition on which a way is for a row."""
    written = condition(spec.from_[at].match)
    return None if written is None else scope.condition(written, (*path, "from", at, "for"), of)


def _way_place(scope: Scope, spec: CreditSpec, at: int, path: Path) -> Place:
    """Where a way was written: one of a list, or the lone one."""
    return scope.key_place((*path, "from", at, spec.from_[at].name) if len(spec.from_) > 1 else (*path, "from"))


def _check_sources(scope: Scope, spec: CreditSpec, of: str, path: Path) -> None:
    """The tables that the ways read have to be there, and say whose rows are credited."""
    for way in spec.ways:
        if way.reads == "owner":
            if scope.tables[of].column("partner_id") is None:
                scope.owned(of, (*path, "of"), "of")
            continue
        scope.table(_TABLES[way.reads], (*path, "from"))
        known = _KNOWN.get(way.reads, tuple(SUBJECT))
        if of not in known:
            message = f"table {_TABLES[way.reads]} says nothing of {of}"
            scope.problem("C112", (*path, "of"), message, "credit " + ", ".join(known) + ", or the owner of a row")
    if spec.protected_by is not None:
        scope.table(spec.protected_by, (*path, "protected_by"))
        if of != "deals":
            scope.problem("C112", (*path, "of"), "what is registered is a deal", "credit deals, or leave it out")
