"""Made-up inputs of a payout rule: values on both sides of everything that its kind turns at.

In: a program and one of its rules. Out: rows of inputs for an example on paper or for a curve. They come from made-up
columns (a score of 75, an amount of 1,000.00), so that an input which is worked out (`-(commission + renewals)`) has
the sign and the size that it would have; the same rule gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import islice, product

from engine.sheet.factors import as_one_that_pays, dues, in_each_band
from engine.sheet.made import MINOR, SCORE, UNITS, MadeUp, Values, around, columns_of, whole
from rules.crediting.meaning import CREDIT, CREDIT_COLUMNS
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Type, columns
from rules.kinds.base import TERM
from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.specific import Match, Span, Texts, Wish

_PERCENT, _DAYS = Fraction(1, 4), Fraction(30)
SPANS = {SCORE: Fraction(100), _PERCENT: Fraction(1)}  # how far a column goes whose plain value is this
_ODD = {Type.MONEY: Fraction(123_457, 100_000), Type.COUNT: Fraction(6, 5)}  # of a base: an example of its rounding
_ODD_NUMBER = Fraction(5, 4)
_RANKED = 4
_ROWS_MAX = 12
_TRIED_MAX = 50  # ways to fit one entry of a card
_TENFOLD_MAX = 6


def made_up(meaning: Meaning, payout: PayoutMeaning) -> MadeUp:
    """Plain values of all that a rule reads; of a card, the row of its first entry."""
    trees = [tree for tree, _ in payout.inputs.values()]
    trees += [tree for each in payout.multipliers for tree, _ in each.inputs.values()]
    trees += [] if payout.base is None else [payout.base]
    read = {str(each): each for tree in trees for each in columns(tree)}
    types = {name: _type_of(meaning, each) for name, each in read.items()}
    cells = {name: _plain_cell(meaning, each, types[name]) for name, each in read.items()}
    plain = MadeUp(payout, types, cells)
    return next(of_entries(plain), plain)


def of_entries(plain: MadeUp) -> Iterator[MadeUp]:
    """A row for each entry of a card: it is the one that fits best."""
    for match in _matches(plain.payout):
        for cells in islice(_fitting(plain, match), _TRIED_MAX):
            found = plain.with_cells({name: cells.get(name) for name in attributes(plain.payout)})
            if not plain.payout.kind.faulty(columns_of([found.row()]), 1, plain.payout.terms):
                yield found
                break


def attributes(payout: PayoutMeaning) -> tuple[str, ...]:
    """The columns by which a card tells rows apart."""
    return tuple(dict.fromkeys(name for match in _matches(payout) for name in match))


def _matches(payout: PayoutMeaning) -> tuple[Match, ...]:
    """What each entry of a card is for; nothing where the kind has no entries."""
    return tuple(entry.for_ for entry in getattr(payout.kind, "entries", ()))


def sample_rows(meaning: Meaning, payout: PayoutMeaning, agreed: Sequence[Fraction] = ()) -> Sequence[MadeUp]:
    """A few rows: with each of the values that were `agreed` with a partner, where the rule reads one.

    All are in bands of the multipliers that pay, but for one row that is shown in each band.
    """
    plain = as_one_that_pays(made_up(meaning, payout))
    if payout.kind.rounds_together == "frame":  # a contest: the first beats the second, and so on
        return [plain.with_inputs({"base": value}) for value in _ranked(payout)]
    return in_each_band(_kind_rows(plain, agreed)[:_ROWS_MAX])


def _kind_rows(plain: MadeUp, agreed: Sequence[Fraction]) -> Sequence[MadeUp]:
    """Rows that differ in what the kind reads."""
    payout = plain.payout
    if agreed and payout.kind.agreed is not None:
        return [row for value in agreed for row in _along(plain.with_inputs({TERM: value}))]
    if _matches(payout):
        rows = list(islice(of_entries(plain), _ROWS_MAX - 1))
        nothing = plain.with_cells(dict.fromkeys(attributes(payout)))
        is_paid = not payout.kind.faulty(columns_of([nothing.row()]), 1, payout.terms)
        return [*rows, nothing] if is_paid and attributes(payout) else rows
    return _along(plain)


def _along(plain: MadeUp) -> list[MadeUp]:
    """Rows at both sides of all edges; without any, a plain base, an odd one, and those at which a line is bounded."""
    fixed, types = plain.row(), _input_types(plain.payout)
    edges_of = turns(plain.payout, fixed)
    turning = {name: around(edges, len(edges_of) == 1, types[name]) for name, edges in edges_of.items()}
    if not turning and fixed.get("base") is not None:
        turning = {"base": _bases(plain)}
    names = list(turning)
    return [plain.with_inputs(dict(zip(names, row, strict=True))) for row in product(*turning.values())]


def _bases(plain: MadeUp) -> list[Fraction]:
    """Bases that are worth a line of at least one of the currency, one of them odd; and one beyond each bound."""
    payout, type_ = plain.payout, plain.payout.base_type or Type.NUMBER
    base, one = plain.row()["base"] or Fraction(1), Fraction(payout.terms.minor_per_major)
    base = _tenfold(plain, base, lambda due: abs(due) >= one) or base
    found: list[Fraction | None] = [base, base * _ODD.get(type_, _ODD_NUMBER)]
    least, most = payout.at_least_minor, payout.at_most_minor
    if least is not None:
        found.append(_tenfold(plain, base, lambda due: due < least))
    if most is not None:
        found.append(_tenfold(plain, base, lambda due: due > most))
    return sorted({whole(each, type_) for each in found if each is not None}, key=abs)


def _tenfold(plain: MadeUp, base: Fraction, is_reached: Callable[[Fraction], bool]) -> Fraction | None:
    """The base, as few times ten times larger or smaller as makes what is due as it is wanted; None: it never is."""
    tried = [base * Fraction(10) ** power for power in sorted(range(-_TENFOLD_MAX, _TENFOLD_MAX), key=abs)]
    found = dues([plain.with_inputs({"base": each}) for each in tried])
    return next((each for each, due in zip(tried, found, strict=True) if due is not None and is_reached(due)), None)


def turns(payout: PayoutMeaning, fixed: Values) -> dict[str, tuple[Fraction, ...]]:
    """Where a rule turns, by input, in its units: parts of a quota as the quota that is fixed makes them."""
    quota = fixed.get("quota")
    found = payout.kind.turns(payout.terms)
    return {name: tuple(edge * quota if quota else edge for edge in edges) for name, edges in found.items() if edges}


def _input_types(payout: PayoutMeaning) -> dict[str, Type]:
    base = payout.base_type or Type.NUMBER
    return {name: type_ for name, (_, type_) in payout.inputs.items()} | {"base": base, "before": base}


def _type_of(meaning: Meaning, column: Column) -> Type:
    if column.table == CREDIT:
        return CREDIT_COLUMNS.get(column.name, Type.NUMBER)
    if column.table is not None:
        found = meaning.tables[column.table].column(column.name) if column.table in meaning.tables else None
        return Type.NUMBER if found is None else found.type
    kpi = next((each for each in meaning.kpis if each.name == column.name), None)
    if kpi is not None:
        return kpi.type
    is_scored = any(column.name.split(".")[0] == card.name for card in meaning.scorecards)
    if is_scored:
        return Type.TEXT if words_of(meaning, column.name) else Type.NUMBER
    quota = next((each for each in meaning.quotas if each.name == column.name), None)
    return Type.MONEY if quota is None else quota.type


def words_of(meaning: Meaning, name: str) -> tuple[str, ...]:
    """The names that a score's tier can have, each in the place of its code; none for another column."""
    card = next((each for each in meaning.scorecards if name == f"{each.name}.tier"), None)
    return () if card is None or card.card.tiers is None else card.card.tiers.names


def _plain_cell(meaning: Meaning, column: Column, type_: Type) -> Value:
    if type_ in (Type.TEXT, Type.ID):
        return None
    if type_ in (Type.DATE, Type.MONTH):
        return meaning.effective.first
    if type_ is Type.FLAG:
        return True
    if type_ is Type.MONEY:
        return Fraction(MINOR)
    if any(column.name.split(".")[0] == card.name for card in meaning.scorecards):
        return SCORE
    unit = next((each.unit for each in meaning.kpis if each.name == column.name), "")
    return {"percent": _PERCENT, "score": SCORE, "ratio": Fraction(1), "days": _DAYS}.get(unit, UNITS)


def _fitting(plain: MadeUp, match: Match) -> Iterator[Mapping[str, Value]]:
    """Cells that fit an entry: each of its texts in turn, and a value within each range."""
    options = [list(_values(wish, plain)) if name else [] for name, wish in match.items()]
    for row in product(*options):
        yield {name: _in_minor(value, plain.types.get(name), plain) for name, value in zip(match, row, strict=True)}


def _values(wish: Wish, plain: MadeUp) -> Iterator[Value]:
    if isinstance(wish, Texts):
        yield from wish.values
        return
    assert isinstance(wish, Span), "an attribute is texts or a range"
    for edge, step in ((wish.low, 1), (wish.high, -1)):
        if edge is not None:
            beside = edge.value + timedelta(days=step) if isinstance(edge.value, date) else edge.value + step
            yield edge.value if edge.is_held else beside
    if wish.low is not None and wish.high is not None and not isinstance(wish.low.value, date):
        assert isinstance(wish.high.value, Fraction), "both ends are of one type"
        yield (wish.low.value + wish.high.value) / 2


def _in_minor(value: Value, type_: Type | None, plain: MadeUp) -> Value:
    is_money = type_ is Type.MONEY and isinstance(value, Fraction)
    return value * plain.payout.terms.minor_per_major if is_money and isinstance(value, Fraction) else value


def _ranked(payout: PayoutMeaning) -> list[Fraction]:
    """Bases for a contest, the best first for most; all of them take part."""
    least = getattr(payout.kind, "at_least", None)
    floor = Fraction(0) if least is None else payout.terms.measured(least)
    one = Fraction(MINOR if payout.base_type is Type.MONEY else 1)
    return [floor + one * place for place in range(_RANKED, 0, -1)]
