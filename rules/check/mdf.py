"""The rules of a program's market development funds: tables that are there, parts that are parts, amounts of its money.

In: the program as written. Out: what they mean; what cannot be meant is a problem at its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from rules.check.scope import DAYS, Path, Scope
from rules.expressions.expression import Written
from rules.expressions.tree import Column, Expression, Type, columns
from rules.joins import route
from rules.kinds.base import percent
from rules.mdf.meaning import AccruedMeaning, ActivityMeaning, MdfMeaning
from rules.mdf.spec import AccruedSpec, ActivitySpec
from rules.program import Program
from rules.quantities.written import Money
from rules.tables import FLAGS

_AT: Path = ("mdf",)
_KEYS = ("activities", "claim_within", "proof", "duplicates")


def mdf(scope: Scope, program: Program) -> MdfMeaning | None:
    """What a program says of market development funds; None where it says nothing, or after noting its faults."""
    spec = program.mdf
    if spec is None:
        return None
    count = len(scope.problems)
    for table in ("mdf", "mdf_claims"):
        scope.table(table, _AT)
    if "mdf_budgets" not in scope.tables and spec.accrued is None:
        message = "nothing says what there is to spend: no table mdf_budgets, and nothing accrues"
        scope.key_problem("M102", _AT, message, "add mdf_budgets: FILE to the sources, or accrued: to mdf")
    accrued = None if spec.accrued is None else _accrued(scope, spec.accrued)
    found = MdfMeaning(
        activities={name: _activity(scope, name, each) for name, each in spec.activities.items()},
        claim_days=spec.claim_within,
        needs_proof=spec.proof == "required",
        duplicates=frozenset(spec.duplicates),
        accrued=accrued,
        stages=_stages(scope, spec.stages),
        terms=scope.terms,
        place=scope.key_place(_AT),
        places={key: scope.key_place((*_AT, key)) for key in _KEYS if key in spec.model_fields_set},
    )
    return found if len(scope.problems) == count else None


def _activity(scope: Scope, name: str, spec: ActivitySpec) -> ActivityMeaning:
    path: Path = (*_AT, "activities", name)
    _part(scope, spec.reimburse, path, f"of {name} is reimbursed")
    return ActivityMeaning(spec.reimburse, _most(scope, spec.at_most, (*path, "at_most")), scope.key_place(path))


def _most(scope: Scope, money: Money | None, path: Path) -> int | None:
    if money is None:
        return None
    faults = scope.terms.whole_faults(money)
    for code, message, hint in faults:
        scope.problem(code, path, message, hint)
    if not faults and money.amount < 0:
        scope.problem("M103", path, "no request can be granted less than nothing", "write an amount of zero or more")
    return 0 if faults else int(scope.terms.minor(money))


def _stages(scope: Scope, stages: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    for name, part in stages.items():
        _part(scope, part, (*_AT, "stages", name), f"of stage {name} is won")
    return stages


def _part(scope: Scope, rate: Fraction, path: Path, words: str) -> None:
    if not 0 <= rate <= 1:
        scope.problem("M103", path, f"{percent(rate)} {words}", "write a part from 0% to 100%")


def _accrued(scope: Scope, spec: AccruedSpec) -> AccruedMeaning | None:
    path: Path = (*_AT, "accrued")
    table = scope.driving([spec.of], (*path, "of"))
    if table is None:
        return None
    _part(scope, spec.rate, (*path, "rate"), "of it accrues")
    of, dated = (scope.typed(each, (*path, key), table) for key, each in (("of", spec.of), ("dated", spec.dated)))
    if of is None or dated is None:
        return None
    amount, day = of[0], dated[0]
    if not (isinstance(amount, Column) and of[1] is Type.MONEY and amount.table == table):
        scope.problem("M104", (*path, "of"), "what accrues is a part of one column of money", "write revenue.amount")
        return None
    if not (isinstance(day, Column) and dated[1] in DAYS and day.table == table):
        hint = f"write a date or month of {table}"
        scope.problem("M104", (*path, "dated"), "a month is told by one date of the row itself", hint)
        return None
    if scope.tables[table].column("partner_id") is None:
        message = f"a row of {table} names no partner, whose fund could grow by it"
        scope.problem("M104", (*path, "of"), message, "take a table with a partner_id")
        return None
    where, seen = _rows(scope, spec.where, table, day)
    return AccruedMeaning(
        spec.rate, table, frozenset({table, *seen}), amount, day, where, spec.expires, scope.key_place(path)
    )


def _rows(scope: Scope, written: Written | None, table: str, day: Column) -> tuple[Expression | None, set[str]]:
    """The condition of the rows that a fund accrues from, which see their partner as it was on their day; and the
    tables that it sees. What has accrued stays as it is, so a condition cannot look at what each period has anew."""
    path: Path = (*_AT, "accrued", "where")
    scope.day = day
    where = scope.condition(written, path, table)
    scope.day = None
    seen: set[str] = set()
    for column in () if where is None else columns(where):
        way = route(scope.tables, table, column.table) if column.table in scope.tables else ()
        is_own = column.table == table or bool(way)
        if not is_own or (column.table, column.name) in FLAGS or any(hop.is_of_period for hop in way):
            message = f"what accrued in a month stays, and {column} is another one in each period"
            scope.problem(
                "M104", path, message, "look at columns of the row and of what it refers to", offset=column.at
            )
        seen |= {hop.table for hop in way}
    return where, seen
