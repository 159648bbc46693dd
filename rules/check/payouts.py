"""The payout rules of a program: each with its rows, its typed expressions, and what happens to its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from rules.check.scope import DAYS, NUMBERS, Path, Scope, suggest
from rules.expressions.expression import Written
from rules.expressions.tree import Expression, Type, columns
from rules.joins import sees
from rules.kinds.base import PayoutKind, Running, Wanted, percent
from rules.payouts.meaning import (
    LimitMeaning,
    MultiplierMeaning,
    PaidRows,
    PayoutMeaning,
    ReturnMeaning,
    RunningMeaning,
    Typed,
)
from rules.payouts.spec import LimitSpec, Payout, ReturnSpec
from rules.quantities.written import Money


def payout(scope: Scope, name: str, rule: Payout) -> PayoutMeaning | None:
    """A payout rule; None after noting its faults. Rules below it can name what partners get by it."""
    scope.is_credited = rule.credit is not None
    try:
        return _payout(scope, name, rule)
    finally:
        scope.is_credited, scope.day = False, None


def _payout(scope: Scope, name: str, rule: Payout) -> PayoutMeaning | None:
    path: Path = ("payouts", name)
    kind = rule.kind
    if rule.for_each is not None:
        table = scope.table(rule.for_each, (*path, "for_each"))
    else:
        table = scope.driving([rule.base] if rule.base else [], (*path, "base"))
    if table is None or not _earned(scope, rule, table, path):
        return None
    dated = scope.on_day(rule.dated, (*path, "dated"), table)
    base, base_type = _base(scope, rule, kind, path, table)
    rows = PaidRows(
        table,
        scope.condition(rule.where, (*path, "where"), table),
        dated,
        scope.owner(table),
        rule.during,
        rule.lock or 0,
        rule.credit,
    )
    for key in ("during", "lock"):
        if rows.dated is None and getattr(rule, key) is not None:
            message, hint = f"{key}: needs to know the day of a row", "add dated: with its date"
            if table == "partners":
                message = f"{key}: is about the day of a row, and a partner is paid for a period"
                hint = _of_partners(rule, key)
            scope.key_problem("P195", (*path, key), message, hint)
    inputs = _inputs(scope, kind.inputs(), (*path, rule.kind_name), table)
    types = {key: type_ for key, (_, type_) in inputs.items()} | ({"base": base_type} if base_type else {})
    terms = replace(scope.rounded(rule.rounding, (*path, "rounding")), types=types)
    for code, message, hint in kind.faults(terms):
        scope.problem(code, (*path, rule.kind_name), message, hint)
    meaning = PayoutMeaning(
        name=name,
        title=rule.title or name.replace("_", " "),
        rows=rows,
        base=base,
        base_type=base_type,
        kind=kind,
        inputs=inputs,
        running=_running(scope, kind.running, (*path, rule.kind_name), table),
        multipliers=_multipliers(scope, rule, path, table),
        at_least_minor=_bound(scope, rule.at_least, (*path, "at_least")),
        at_most_minor=_bound(scope, rule.at_most, (*path, "at_most")),
        terms=terms,
        is_cumulative=rule.rounding is not None and rule.rounding.cumulative,
        limits=tuple(_limit(scope, rule, at, path, table) for at in range(len(rule.limits))),
        returns=_returns(scope, rule, path, table),
        unknown=rule.unknown,
        place=scope.key_place(path),
        replaces=rule.replaces,
    )
    _check_bounds(scope, meaning, path)
    _check_history(scope, meaning, path, rule.kind_name)
    _check_agreed(scope, meaning, path)
    scope.named[name] = Type.MONEY
    return meaning


def _of_partners(rule: Payout, key: str) -> str:
    """How a rule that pays partners comes to pay for some days, or later."""
    if key == "lock" or rule.during is None:
        return "leave it out, or pay the rows themselves, by their dates: a KPI has no one day to wait from"
    days = f"the days {rule.during.first} to {rule.during.last}"
    return (
        f"let a KPI measure {days} (where:, window: until_end), and write where: period.start = the first day of the "
        "period that pays"
    )


def _earned(scope: Scope, rule: Payout, table: str, path: Path) -> bool:
    """Whether it is known who earns on a row: the partner that it names, or those whose credit it is."""
    if rule.credit is None:
        return scope.owned(table, path)
    if rule.credit not in scope.credits:
        known = list(scope.credits)
        listed = "the rules are " + ", ".join(known) if known else "add a section credit:"
        hint = suggest(rule.credit, known) or listed
        scope.problem("C113", (*path, "credit"), f"there is no crediting rule {rule.credit}", hint)
        return False
    of = scope.credits[rule.credit]
    if of and not sees(scope.tables, table, of):
        message = f"{rule.credit} credits {of}, and a row of {table} refers to none"
        scope.problem("P160", (*path, "credit"), message, f"pay rows of {of}, or rows that hold their key")
    return bool(of)


def _base(
    scope: Scope, rule: Payout, kind: PayoutKind, path: Path, table: str
) -> tuple[Expression | None, Type | None]:
    if rule.base is None:
        if kind.takes:
            listed = " or ".join(sorted(type_.value for type_ in kind.takes))
            scope.key_problem("P122", path, f"{rule.kind_name} needs a base", f"add base: with {listed}")
        return None, None
    if not kind.takes:
        message = f"{rule.kind_name} takes no base"
        scope.problem("P123", (*path, "base"), message, "leave the base out, or name another kind")
        return None, None
    found = scope.typed(rule.base, (*path, "base"), table, None)
    if found is not None and found[1] not in kind.takes:
        listed = " or ".join(sorted(type_.value for type_ in kind.takes))
        message = f"the base is of type {found[1].value}, and {rule.kind_name} measures {listed}"
        scope.problem("P124", (*path, "base"), message, "change the base, or name another kind")
    return found or (None, None)


def _inputs(scope: Scope, wanted: Mapping[str, Wanted], path: Path, table: str) -> Mapping[str, Typed]:
    """What is read beside the base, each of a type that fits."""
    inputs: dict[str, Typed] = {}
    for name, want in wanted.items():
        at = (*path, *(want.path or (name,)))
        found = scope.typed(want.written, at, table, Type.FLAG if want.types == {Type.FLAG} else None)
        if found is None:
            continue
        if found[1] not in want.types:
            listed = " or ".join(sorted(type_.value for type_ in want.types))
            hint = "take a condition" if want.types == {Type.FLAG} else "name a column, a KPI or a score of such a type"
            scope.problem("P196", at, f"{name} is of type {found[1].value}, and takes {listed}", hint)
        inputs[name] = found
    return inputs


def _running(scope: Scope, running: Running | None, path: Path, table: str) -> RunningMeaning | None:
    if running is None:
        return None
    if running.over == "contract" and not ("deals" in scope.tables and sees(scope.tables, table, "deals")):
        message = f"a row of {table} refers to no deal, and belongs to no contract"
        scope.problem("P160", path, message, "accumulate over the period, the fiscal_year, or ever")
    order = _order(scope, running.order, (*path, "order"), table)
    return RunningMeaning(running.over, running.per, order, running.of)


def _order(scope: Scope, order: Sequence[Written], path: Path, table: str) -> tuple[Typed, ...]:
    """Columns that rows can be put in order of: dates and numbers, which order the same everywhere."""
    typed = []
    for at, written in enumerate(order):
        found = scope.typed(written, (*path, at), table, None)
        if found is not None and found[1] not in DAYS | NUMBERS:
            hint = "order by dates and numbers; the key of a row decides last"
            scope.problem("P197", (*path, at), f"rows are not put in order by a {found[1].value}", hint)
        elif found is not None:
            typed.append(found)
    return tuple(typed)


def _multipliers(scope: Scope, rule: Payout, path: Path, table: str) -> tuple[MultiplierMeaning, ...]:
    found = []
    for name, spec in rule.multipliers.items():
        at = (*path, "multipliers", name)
        found.append(MultiplierMeaning(name, spec, _inputs(scope, spec.inputs(), at, table), scope.key_place(at)))
    return tuple(found)


def _bound(scope: Scope, money: Money | None, path: Path) -> Fraction | None:
    if money is None:
        return None
    for code, message, hint in scope.terms.currency_faults(money):
        scope.problem(code, path, message, hint)
    return scope.terms.minor(money)


def _check_bounds(scope: Scope, meaning: PayoutMeaning, path: Path) -> None:
    low, high = meaning.at_least_minor, meaning.at_most_minor
    if low is not None and high is not None and low > high:
        message = f"no line is at least {scope.terms.amount(low)} and at most {scope.terms.amount(high)}"
        scope.problem("P192", (*path, "at_least"), message, "swap the two")


def _limit(scope: Scope, rule: Payout, at: int, of: Path, table: str) -> LimitMeaning:
    limit, path = rule.limits[at], (*of, "limits", at)
    name = "at_most" if limit.at_most is not None else "at_least"
    money = limit.at_most.amount if limit.at_most is not None else limit.at_least
    faults = [] if money is None else scope.terms.whole_faults(money)
    for code, message, hint in faults:
        scope.problem(code, (*path, name), message, hint)
    whose = limit_of(scope, limit, path)
    if limit.over == "during" and rule.during is None:
        scope.problem("P195", (*path, "over"), "the rule names no days that the limit holds over", "add during:")
    if limit.excess == "banked" and any(each.at_most is not None for each in rule.limits[at + 1 :]):
        message = "what a bank releases would pass by the limits after it"
        scope.problem("P193", (*path, "excess"), message, "list the limit that banks last")
    if limit.excess == "banked" and limit.per == "program":
        message = "what is cut off the program's budget belongs to no partner, and cannot be banked"
        scope.problem("P193", (*path, "excess"), message, "write per: partner, or excess: lost")
    if limit.at_least is not None and limit.per == "program":
        message = "what the program's lines lack to the least belongs to no partner"
        scope.problem("P193", (*path, "per"), message, "leave per: out; the least is then that of each partner")
    if limit.at_least is not None and limit.over == "ever":
        message = "what lines lack to the least is known at the end of a stretch, and ever has none"
        scope.problem("P193", (*path, "over"), message, "write over: fiscal_year, or over: during")
    amount = 0 if faults or money is None else int(scope.terms.minor(money))
    order = _order(scope, limit.order, (*path, "order"), table)
    return LimitMeaning(limit, amount, order, rule.during, scope.key_place(path), whose)


def limit_of(scope: Scope, limit: LimitSpec, of: Path) -> Expression | None:
    """What of each partner a limit is a rate of: money, and where it holds over several periods the same in each."""
    most = limit.at_most
    if most is None or most.of is None:
        return None
    path = (*of, "at_most", "of")
    if limit.per == "program":
        message = "a rate of what a partner has is a limit of that partner, and not of the program"
        scope.problem("P193", (*of, "per"), message, "leave per: out, or write an amount")
    before = scope.is_credited, scope.day
    scope.is_credited, scope.day = False, None  # partners are no credited rows, and have no day
    found = scope.typed(most.of, path, "partners") if "partners" in scope.tables else None
    scope.is_credited, scope.day = before
    if found is None:
        return None
    if found[1] is not Type.MONEY:
        message = f"lines are money, and what limits them is a {found[1].value}"
        scope.problem("P196", path, message, "take a KPI, a quota or an earlier payout that is money")
    if limit.over != "period" and (name := _of_this_period(scope, found[0])):
        message = f"{name} is of this period, and the limit holds over more than one"
        scope.problem("P198", path, message, "leave over: out, or take a column of partners")
    return found[0]


def _returns(scope: Scope, rule: Payout, path: Path, table: str) -> tuple[ReturnMeaning, ...]:
    """What takes rows of `table` back, each with rows that refer to them."""
    found = []
    for name, spec in rule.returns.items():
        at = (*path, "returns", name)
        of = table if spec.for_each is None else scope.table(spec.for_each, (*at, "for_each"))
        if of is None:
            continue
        if not sees(scope.tables, of, table):
            message = f"a row of {of} refers to no row of {table}, and returns none"
            scope.problem("P160", (*at, "for_each"), message, f"take a table that holds the key of {table}")
            continue
        if spec.tiers == "highest_first":
            _check_highest(scope, rule, at)
        dated = scope.on_day(spec.dated, (*at, "dated"), of)
        base = None if spec.base is None else scope.typed(spec.base, (*at, "base"), of, None)
        if base is not None and base[1] not in NUMBERS:
            scope.problem("P196", (*at, "base"), f"what is returned is no {base[1].value}", "take money or a number")
        if dated is not None:
            where = scope.condition(spec.where, (*at, "where"), of)
            share = _share_back(scope, spec, at, of)
            found.append(ReturnMeaning(name, of, where, dated, base, share, spec.tiers, scope.key_place(at)))
    return tuple(found)


def _share_back(scope: Scope, spec: ReturnSpec, path: Path, table: str) -> Fraction | Typed:
    """Which part of what is returned is taken back: fixed, or worked out for each return, the same in any period."""
    if not isinstance(spec.share, Written):
        share = Fraction(1) if spec.share is None else spec.share
        if not 0 <= share <= 1:
            message = f"{percent(share)} of what was paid is taken back"
            scope.problem("P241", (*path, "share"), message, "write a share of 0 to 100 %")
        return share
    found = scope.typed(spec.share, (*path, "share"), table)
    if found is None:
        return Fraction(1)
    if found[1] not in (Type.NUMBER, Type.COUNT):
        message = f"a share is a number of 0 to 1, and this is a {found[1].value}"
        scope.problem("P196", (*path, "share"), message, "divide what is left by the whole")
    if name := _of_this_period(scope, found[0]):
        message = f"{name} is of this period, and what was taken back in earlier ones is counted too"
        scope.problem("P198", (*path, "share"), message, "take columns of the return and of its row")
    return found


def _check_highest(scope: Scope, rule: Payout, path: Path) -> None:
    """Only a running total can fall, and lines within bounds of their own do not follow it."""
    at = (*path, "tiers")
    if rule.kind.running is None:
        message = f"{rule.kind_name} adds nothing up, and has no highest tier to empty"
        scope.problem("P240", at, message, "write tiers: as_paid, or let the tiers accumulate")
    elif rule.kind.agreed is not None:
        message = "a row that is paid an agreed value is in no tier that its return could empty"
        scope.problem("P240", at, message, "write tiers: as_paid, or leave term out")
    elif rule.at_least is not None or rule.at_most is not None:
        message = "what a line was paid within its bounds is not what the running total falls by"
        scope.problem("P240", at, message, "write tiers: as_paid, or leave at_least and at_most out")


def _check_history(scope: Scope, meaning: PayoutMeaning, path: Path, kind_name: str) -> None:
    """Rows of earlier periods are added up as they are; what partners have now says nothing of them."""
    if meaning.running is None or meaning.running.over == "period":
        return
    if meaning.rows.dated is None:
        over = meaning.running.over.replace("_", " ")
        stretch = "from the first row on" if over == "ever" else f"over the {over}"
        message = f"what is added up {stretch} needs the day of each row"
        scope.key_problem("P195", path, message, "add dated: with its date")
    trees: list[tuple[Path, Expression | None]] = [(("where",), meaning.rows.where), (("base",), meaning.base)]
    if meaning.running.of != "base":
        of = meaning.running.of
        trees[1] = (kind_name, of), meaning.inputs[of][0] if of in meaning.inputs else None
    for key, tree in trees:
        if name := _of_this_period(scope, tree):
            message = f"{name} is of this period, and rows of earlier ones are added up here too"
            scope.problem("P198", (*path, *key), message, "take columns of the row, or accumulate: period")


def _of_this_period(scope: Scope, tree: Expression | None) -> str:
    """The first value in an expression that another period has another of; empty where there is none."""
    named = columns(tree) if tree is not None else ()
    return next((str(each) for each in named if each.table == "period" or str(each) in scope.named), "")


def _check_agreed(scope: Scope, meaning: PayoutMeaning, path: Path) -> None:
    """What was agreed holds on some days and is written in a table."""
    if meaning.kind.agreed is None:
        if meaning.kind.may_lapse:
            message = "lapsed: says what is paid once an agreement has ended, and the rule reads none"
            scope.key_problem("P246", path, message, "add term: with its name, or leave lapsed: out")
        return
    if meaning.rows.dated is None:
        scope.key_problem("P195", path, "what was agreed holds on some days", "add dated: with the day of a row")
    if "terms" not in scope.tables:
        scope.key_problem("P148", path, "there is no table terms among the sources", "add terms: FILE to the sources")
