"""What a program reads: the KPIs and scores that its rules name, and the tables that they come to.

In: what a program means. Out: the names, and the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeAlias

from rules.calendar import Period
from rules.check.held import by_identity
from rules.crediting.attributions import Attributions
from rules.crediting.meaning import DAY_OF, SUBJECT, CreditMeaning
from rules.crediting.roles import Roles
from rules.crediting.table import Table
from rules.expressions.tree import Column, Expression, IsNull, children, columns
from rules.joins import route
from rules.mdf.meaning import MdfMeaning
from rules.meaning import KpiMeaning, Meaning, MeasureMeaning
from rules.payouts.meaning import LimitMeaning, PayoutMeaning
from rules.scorecards.scored import Against, Conditional, Measuring, ScorecardMeaning
from rules.tables import ATTRIBUTES, DERIVED, HISTORY, REFERRED, REIMBURSABLE

_ABOVE = {"parent": "parent_id", "manager": "manager"}
_HELD = ("partner_id", "attribute", "value", "valid_from", "valid_to")
_Read: TypeAlias = tuple[str, Expression | None]
_Named: TypeAlias = tuple[tuple[str, Column | None], ...]
_Part: TypeAlias = tuple[Callable[[Any], Iterator[_Read]], object]


def names_used(meaning: Meaning) -> set[str]:
    """The KPIs, scores, tiers and ranks that anything else reads, by name."""
    used = {str(column) for _, column in _named(meaning) if column is not None and column.table is None}
    return used | {each.kpi for card in meaning.scorecards for each in _measurings(card) if each.kpi is not None}


def tables_read(meaning: Meaning) -> set[str]:
    """The tables that anything reads, those on the way to another included."""
    read = {"partners"}
    way = cache(partial(route, meaning.tables))
    for origin, column in _named(meaning):
        read.add(origin)
        if column is not None and column.table is not None and column.table in meaning.tables:
            read.add(column.table)
            read |= {HISTORY} if _is_historic(column, meaning) else set()
            read |= {hop.table for hop in way(origin, column.table)}
    for measure in _measures(meaning):
        read.add(measure.rows.table)
        if measure.credited is not None:
            read |= {"credits", "deals"}
            read |= {hop.table for hop in way(measure.rows.table, "deals")}
    for payout in meaning.payouts:
        read |= {payout.rows.table, *(back.table for back in payout.returns)}
        read |= {"terms"} if payout.kind.agreed is not None else set()
    read |= {"fx_rates"} if meaning.exchange is not None else set()
    read |= meaning.mdf.tables_read if meaning.mdf is not None else set()
    read |= {"targets"} if meaning.quotas else set()
    read |= {"balances"} if _rolls(meaning) or _goes_on(meaning) else set()
    for credit in meaning.credits:
        read |= {credit.of, *(table for table, _ in _looked_at(credit, meaning))}
    for card in meaning.scorecards:
        for against in (each for measuring in _measurings(card) for each in measuring.against.values()):
            if against.table is not None:
                read.add("targets" if against.table == "target" else "benchmarks")
        if card.keeps_tiers or any(card.carries(path) for path in card.entries):
            read.add("scores")
    return read


def reimbursing(meaning: Meaning) -> MdfMeaning | None:
    """The rules of the program's funds, where any other rule reads what they reimburse."""
    if meaning.mdf is None:
        return None
    read = (column for _, column in _named(meaning) if column is not None)
    return meaning.mdf if any((each.table, each.name) == REIMBURSABLE for each in read) else None


def columns_read(meaning: Meaning) -> dict[str, dict[str, None]]:
    """The columns that anything reads, by table: those that expressions name, the dates behind flags, the keys of rows
    on the way, whose partner a paid row is, what crediting looks at, and the history of tiers that partners hold."""
    found: dict[str, dict[str, None]] = {}
    meaning = replace(meaning, credits=meaning.paying_credits)
    way = cache(partial(route, meaning.tables))

    def note(table: str, *names: str) -> None:
        found.setdefault(table, {}).update(dict.fromkeys(names))

    for origin, column in _named(meaning, is_asked=True):
        if column is None or column.table is None or column.table not in meaning.tables:
            continue
        if (column.table, column.name) in DERIVED:
            note(column.table, *DERIVED[column.table, column.name][:2])
        elif (column.table, column.name) in REFERRED:
            note(column.table, *REFERRED[column.table, column.name])
        elif _is_historic(column, meaning):
            note(HISTORY, *_HELD)
            if isinstance(column.on, Column):
                note(str(column.on.table), column.on.name)
        else:
            note(column.table, column.name)
        for hop in way(origin, column.table):
            note(hop.origin or origin, *hop.key)
    for payout in meaning.payouts:
        if payout.kind.agreed is not None:
            note("terms", "partner_id", "term", "valid_from", "valid_to", "value")
    for credit in meaning.credits:
        for table, names in _looked_at(credit, meaning):
            note(table, *names)
    for quota in meaning.quotas:
        note("targets", "kpi", "period", "target")
        if quota.spec.prorate == "active_days":
            note("partners", "recruited_on", "terminated_on")
    if any(pool.spec.by_days for pool in meaning.pools):
        note("partners", "recruited_on", "terminated_on")
    if _is_historic(Column("partners", "tier"), meaning) and any(card.keeps_tiers for card in meaning.scorecards):
        note(HISTORY, *_HELD)
    if meaning.exchange is not None:
        note("fx_rates", "rate")
    if _rolls(meaning):
        note("balances", "released_on", "amount")
    if _goes_on(meaning):
        note("balances", "amount")
    if any(measure.credited is not None for measure in _measures(meaning)):
        note("credits", "deal_id", "partner_id", "role")
    for table, names in () if meaning.mdf is None else meaning.mdf.columns_read(meaning.tables):
        note(table, *names)
    return found


def _goes_on(meaning: Meaning) -> bool:
    """Whether anything is added up over the fiscal year, and may go on from what the table of balances tells of it."""
    running = (payout.running for payout in meaning.payouts)
    is_added = any(each is not None and each.over == "fiscal_year" for each in running)
    return is_added or any(limit.spec.over == "fiscal_year" for limit in _limits(meaning))


def _limits(meaning: Meaning) -> list[LimitMeaning]:
    limits = [limit for rule in meaning.payouts for limit in rule.limits]
    return limits + [limit for total in meaning.totals for limit in total.limits]


def _rolls(meaning: Meaning) -> bool:
    """Whether anything is carried from period to period, and so opens by the table of balances."""
    limits = _limits(meaning)
    is_carried = any(pool.spec.carries or getattr(pool.kind, "keeps_history", False) for pool in meaning.pools)
    return bool(meaning.balances) or is_carried or any(limit.spec.excess == "banked" for limit in limits)


def _looked_at(credit: CreditMeaning, meaning: Meaning) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables that a crediting rule looks at, each with the columns that it cannot do without."""
    spec, of, there = credit.spec, credit.of, {source.table for source in meaning.sources}
    ways = {way.reads for way in spec.ways}
    if "owner" in ways:
        yield of, ("partner_id",)
    if "credits" in ways:
        yield "credits", (SUBJECT[of], "partner_id", "role", *(["share"] if _reads_shares(credit) else []))
    if "touches" in ways:
        yield "touches", ("partner_id", "touched_on")
        if "leads" not in there:
            yield "touches", (SUBJECT[of],)
        else:  # touches name a deal or a lead of it; those before a customer name its lead
            yield "leads", (SUBJECT[of],) if of == "customers" else ()
            yield "touches", ("lead_id",) if of == "customers" else ()
    if "attributions" in ways:
        yield "attributions", ("deal_id", "partner_id", "weight", "method", "version")
        if any(isinstance(way, Attributions) and way.otherwise == "owner" for way in spec.ways):
            yield of, ("partner_id",)
    if spec.protected_by is not None:
        yield "registrations", ("deal_id", "partner_id", "registered_on", "expires_on", "status")
    if spec.roll_up is not None:
        dated = HISTORY in there
        yield (HISTORY, _HELD) if dated else ("partners", (_ABOVE[spec.roll_up.to],))
        if spec.roll_up.compress == "inactive":  # else who is never said to be inactive is active
            yield "partners", ("recruited_on", "terminated_on")
    if of in DAY_OF and (spec.roll_up is not None or "touches" in ways):
        yield of, (DAY_OF[of],)


def needs_tiers(meaning: Meaning, period: Period) -> bool:
    """Whether a scorecard keeps tiers, and in its first period: later ones open with those that it gave before."""
    if not any(card.keeps_tiers for card in meaning.scorecards):
        return False
    before = meaning.calendar.before(period)
    is_first = before is None or before.end <= meaning.effective.first
    return is_first and not _is_historic(Column("partners", "tier"), meaning)


def needs_way_to_deals(meaning: Meaning) -> bool:
    """Whether touches have to lead to deals, and leads are there by which they may."""
    ways = (way.reads for credit in meaning.paying_credits if credit.of == "deals" for way in credit.spec.ways)
    return "touches" in ways and any(source.table == "leads" for source in meaning.sources)


def _reads_shares(credit: CreditMeaning) -> bool:
    """Whether the shares that credits say decide who earns what."""
    for way in credit.spec.ways:
        if isinstance(way, Table) or (
            isinstance(way, Roles) and any(each.among == "by_share" for each in way.by_role.values())
        ):
            return True
    return False


def _is_historic(column: Column, meaning: Meaning) -> bool:
    """Whether a history is asked for a column; of whom it says nothing, the table of partners may."""
    return column.table == "partners" and column.name in ATTRIBUTES and HISTORY in meaning.tables


def _asked(tree: Expression) -> Iterator[Column]:
    """The columns whose values a tree asks for; `x is null` is answered by a source without x."""
    if isinstance(tree, Column):
        yield tree
    elif not (isinstance(tree, IsNull) and not tree.negated and isinstance(tree.item, Column)):
        for child in children(tree):
            yield from _asked(child)


def _measures(meaning: Meaning) -> Iterator[MeasureMeaning]:
    for kpi in meaning.kpis:
        yield from kpi.measures


def _measurings(card: ScorecardMeaning) -> Iterator[Measuring]:
    yield from card.entries.values()
    for extras in (card.bonus, card.multipliers, card.gates):
        yield from (each for each in extras.values() if isinstance(each, Measuring))


def _named(meaning: Meaning, is_asked: bool = False) -> Iterator[tuple[str, Column | None]]:
    """Every column that an expression names (or, `is_asked`, whose value it asks for), with the table from whose rows
    it is read; none, where an expression names no column. Of one rule each comes once."""
    for of, part in _parts(meaning):
        if part is meaning:
            yield from _columns_of(of, part, is_asked)
        else:
            yield from _columns_held(of, part, is_asked)


def _columns_of(of: Callable[[Any], Iterator[_Read]], part: object, is_asked: bool) -> _Named:
    found: dict[tuple[str, Column | None], None] = {}
    for origin, tree in of(part):
        if tree is not None:
            named = tuple(_asked(tree)) if is_asked else columns(tree)
            found |= dict.fromkeys((origin, each) for each in named or (None,))
    return tuple(found)


_columns_held = by_identity(_columns_of)


def _parts(meaning: Meaning) -> Iterator[_Part]:
    """The parts of a program that hold expressions, each with what yields these."""
    yield _of_eligible, meaning
    yield _of_kpis, meaning.kpis
    yield from ((_of_credit, credit) for credit in meaning.credits)
    yield from ((_of_payout, payout) for payout in meaning.payouts)
    yield _of_others, meaning
    yield from ((_of_card, card) for card in meaning.scorecards)
    yield _of_funds, meaning


def _of_eligible(meaning: Meaning) -> Iterator[_Read]:
    yield "partners", meaning.eligible


def _of_kpis(kpis: tuple[KpiMeaning, ...]) -> Iterator[_Read]:
    for kpi in kpis:
        yield "partners", kpi.formula
    for measure in (measure for kpi in kpis for measure in kpi.measures):
        owner = measure.owner if measure.credited is None else None
        for tree in (measure.value, measure.rows.where, measure.rows.dated, measure.latest_of, owner):
            yield measure.rows.table, tree


def _of_credit(credit: CreditMeaning) -> Iterator[_Read]:
    yield from ((credit.of, tree) for tree in (credit.where, *credit.fits, credit.amount))


def _of_others(meaning: Meaning) -> Iterator[_Read]:
    for name in meaning.amounts.rule.known if meaning.amounts is not None else ():
        yield "partners", Column(None, name)
    for pool in meaning.pools:
        yield "partners", pool.among
        yield "partners", pool.size.of
        yield from (("partners", tree) for tree in (*(tree for tree, _ in pool.inputs.values()), *pool.texts.values()))
        if pool.reads is not None:
            table = pool.reads.table
            yield table, pool.reads.where
            yield table, Column(table, "partner_id")
            yield from ((table, tree) for tree, _ in pool.reads.columns.values())
    for total in meaning.totals:
        yield from (("partners", limit.of) for limit in total.limits)
    for balance in meaning.balances:
        yield from (("partners", tree) for tree, _ in balance.inputs.values())


def _of_funds(meaning: Meaning) -> Iterator[_Read]:
    if meaning.mdf is not None and meaning.mdf.accrued is not None:
        accrued = meaning.mdf.accrued
        yield from ((accrued.table, tree) for tree in (accrued.of, accrued.dated, accrued.where))


def _of_payout(payout: PayoutMeaning) -> Iterator[_Read]:
    """What a payout reads of its rows; of shared rows, the partner is who is credited and none that the row names."""
    for origin, tree in payout.reads():
        if payout.rows.credit is None:
            yield origin, tree
        elif tree != payout.rows.owner:
            of_partner = {column for column in columns(tree) if column.table == "partners"}
            yield from (("partners", column) for column in of_partner)
            if not of_partner:
                yield origin, tree
            else:
                yield from ((origin, column) for column in columns(tree) if column not in of_partner)


def _of_card(card: ScorecardMeaning) -> Iterator[_Read]:
    yield from (("partners", tree) for tree in _trees_of(card))


def _trees_of(card: ScorecardMeaning) -> Iterator[Expression | None]:
    yield from (card.whom, card.rank_among)
    for extras in (card.bonus, card.multipliers, card.gates):
        yield from (each.when for each in extras.values() if isinstance(each, Conditional))
    for measuring in _measurings(card):
        yield None if measuring.expression is None else measuring.expression[0]
        yield from (*measuring.peers.values(), *measuring.note)
        for against in measuring.against.values():
            yield from _of_against(against)


def _of_against(against: Against) -> Iterator[Expression | None]:
    yield against.among
    yield None if against.expression is None else against.expression[0]
