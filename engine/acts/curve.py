"""Curve: what a payout rule pays as one measure runs, worked out by its kind. Nothing is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.plan import compile_plan
from engine.sheet.alone import Alone, pay_alone
from engine.sheet.jumps import cliffs_at, jumps
from engine.sheet.made import MadeUp
from engine.sheet.samples import SPANS, made_up, turns, words_of
from engine.values import Plan
from engine.values.curve import Curve, Point
from rules.check.scope import suggest
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Type, as_written, columns
from rules.kinds.base import TERM, Terms, number
from rules.load import Loaded, load
from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_date, parse_flag, parse_money, parse_number, parse_rate

GRID = 100


def curve(
    program: Path,
    rule: str,
    over: str | None = None,
    first: str | None = None,
    last: str | None = None,
    given: Mapping[str, str] | None = None,
) -> tuple[Curve, Terms]:
    """The curve of a payout rule of a program in a file, and the terms in which it is told; see `drawn`."""
    found, terms, _ = drawn(load(program), rule, over, first, last, given)
    return found, terms


def drawn(
    loaded: Loaded,
    rule: str,
    over: str | None = None,
    first: str | None = None,
    last: str | None = None,
    given: Mapping[str, str] | None = None,
) -> tuple[Curve, Terms, str]:
    """The curve of a payout rule over one of its inputs (`over`; unless said the one that its kind turns at, or one by
    which a multiplier has bands) or over a column that its inputs are worked out from; the terms in which it is told;
    and what the input is called in the plan.

    `first` and `last` bound the measure, `given` fixes other inputs and columns; all as people write them. Raises
    Refused for a rule that has no curve: a contest, or one that pays the same whatever is measured.
    """
    meaning = loaded.understood()
    payout = _payout(meaning, rule)
    made = made_up(meaning, payout)
    for name, text in (given or {}).items():
        made = _fixed(meaning, made, name, text)
    edges_of = turns(payout, made.row())
    bands = dict(_bands(payout))
    measure = _measure(made, over, edges_of, bands)
    line = _Drawn(compile_plan(meaning), made, measure)
    edges = edges_of.get(_moved(payout, measure)) or bands.get(measure, ())
    start, end = _range(line, edges)
    start = start if first is None else _number(_parsed(meaning, made, measure, first, "--from"))
    end = end if last is None else _number(_parsed(meaning, made, measure, last, "--to"))
    if start >= end:
        raise Refused(Problem("S142", "the curve ends where it begins, or before", Place(), "write --from below --to"))
    inside = tuple(edge for edge in _turning(made, measure, edges) if start <= edge <= end)
    grid = sorted({start + (end - start) * at / GRID for at in range(GRID + 1)} | {*inside})
    points = line.points(grid)
    tried = sorted({*inside, *jumps(line.dues, points), *([Fraction(0)] if start <= 0 <= end else [])})
    points |= line.points([each for each in tried if each not in points])
    cliffs = cliffs_at(tried, line.dues, start, end)
    shown = dict(sorted(points.items()))
    found = Curve(
        rule=rule,
        title=payout.title,
        measure=_named(payout, measure),
        is_money=_type(made, measure) is Type.MONEY,
        is_percent=any(step.endswith("%") for step in _written_edges(payout)) and not payout.inputs.get("quota"),
        points=tuple(shown.values()),
        edges=tuple(sorted({*inside, *(cliff.measure for cliff in cliffs)})),
        cliffs=tuple(cliffs),
        fixed=tuple(_told_fixed(meaning, made, measure)),
        left_out=("limits",) if payout.limits else (),
        program_sha256=loaded.sha256,
    )
    return found, payout.terms, measure


def _turning(made: MadeUp, measure: str, edges: Sequence[Fraction]) -> list[Fraction]:
    """Where the rule turns along the measure: what was added up before counts towards an edge."""
    row, running = made.row(), made.payout.running
    if running is None or measure not in ("before", running.of):
        return list(edges)
    other = row[running.of if measure == "before" else "before"] or Fraction(0)
    return sorted({*(edge - other for edge in edges), *(edges if measure == "before" else ())})


def _moved(payout: PayoutMeaning, measure: str) -> str:
    """The input along whose edges a measure runs: what was added up before, along those of what it is added to."""
    return payout.running.of if measure == "before" and payout.running is not None else measure


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A rule along a measure: an input of its kind, or a column that its inputs are worked out from."""

    plan: Plan
    made: MadeUp
    measure: str

    def alone(self, values: Sequence[Fraction]) -> Alone:
        """What the rule pays at each of some values of the measure."""
        is_input = self.measure in self.made.row()
        one = self.made.with_inputs if is_input else self.made.with_cells
        return pay_alone(self.plan, self.made.payout.name, [one({self.measure: each}) for each in values])

    def dues(self, values: Sequence[Fraction]) -> list[Fraction | None]:
        """What is due there, exactly."""
        return self.alone(values).due.fractions() if values else []

    def points(self, values: Sequence[Fraction]) -> dict[Fraction, Point]:
        """What is due and paid there; a value at which it is unknown is left out."""
        if not values:
            return {}
        alone = self.alone(values)
        found = zip(values, alone.due.fractions(), alone.lines.fractions(), strict=True)
        return {
            value: Point(value, due, int(line)) for value, due, line in found if due is not None and line is not None
        }


def _payout(meaning: Meaning, rule: str) -> PayoutMeaning:
    known = [payout.name for payout in meaning.payouts]
    if rule not in known:
        hint = suggest(rule, known) or ("its payout rules are " + ", ".join(known) if known else "it has none")
        raise Refused(Problem("S141", f"the program has no payout rule {rule[:64]}", Place(), hint))
    payout = meaning.payouts[known.index(rule)]
    if payout.kind.rounds_together == "frame":
        message = f"what {rule} pays a row depends on the other rows, and no one measure decides it"
        raise Refused(Problem("S142", message, payout.place, "partage plan shows it as a table"))
    return payout


def _fixed(meaning: Meaning, made: MadeUp, name: str, text: str) -> MadeUp:
    """The same with one more thing fixed: an input of the kind, or a column, whatever it holds."""
    value = _parsed(meaning, made, _known(made, name), text, f"--with {name}")
    return made.with_inputs({name: _number(value)}) if name in made.row() else made.with_cells({name: value})


def _known(made: MadeUp, name: str) -> str:
    known = [*(each for each in made.row() if not _is_flag(made.payout, each)), *made.types]
    if name not in known:
        hint = suggest(name, known) or ("it reads " + ", ".join(known) if known else "it has no input")
        raise Refused(Problem("S142", f"{made.payout.name} reads nothing called {name[:64]}", made.payout.place, hint))
    return name


def _is_flag(payout: PayoutMeaning, name: str) -> bool:
    return name in payout.inputs and payout.inputs[name][1] is Type.FLAG


def _bands(payout: PayoutMeaning) -> Iterator[tuple[str, Sequence[Fraction]]]:
    """The columns by which a multiplier goes up in bands, each with its edges."""
    for each in payout.multipliers:
        tree, type_ = each.inputs.get("by", (None, None))
        if isinstance(tree, Column):
            unit = payout.terms.minor_per_major if type_ is Type.MONEY else 1
            yield str(tree), sorted(band.below * unit for band in each.spec.bands if band.below is not None)


def _measure(
    made: MadeUp, over: str | None, edges: Mapping[str, Sequence[Fraction]], bands: Mapping[str, Sequence[Fraction]]
) -> str:
    payout = made.payout
    if over is not None:
        if _type(made, _known(made, over)) not in (Type.MONEY, Type.NUMBER, Type.COUNT):
            message = f"{over[:64]} is no number, and a curve runs along one"
            raise Refused(Problem("S142", message, payout.place, f"fix it by --with {over[:64]}=..."))
        return over
    inputs = [name for name in made.row() if not _is_flag(payout, name)]
    found = next(iter(edges), None) or next((name for name in bands if name in made.types), None)
    found = found or ("base" if "base" in inputs else next(iter(inputs), None))
    if found is None:
        message = f"{payout.name} pays the same for every row, whatever is measured"
        raise Refused(Problem("S142", message, payout.place, "draw a rule that measures something"))
    return found


def _range(drawn: _Drawn, edges: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """From zero to beyond the last edge; without edges, to ten times a plain value, or to where a line is bounded."""
    if edges:
        end = edges[-1] * Fraction(5, 4) if edges[-1] > 0 else edges[-1] + 1
        return min(Fraction(0), edges[0]), end
    made = drawn.made
    stands = made.row().get(drawn.measure) if drawn.measure in made.row() else made.cells.get(drawn.measure)
    if drawn.measure not in made.row() and isinstance(stands, Fraction) and stands in SPANS:
        return Fraction(0), SPANS[stands]
    plain = stands if isinstance(stands, Fraction) and stands else Fraction(1)
    bounds = [each for each in (made.payout.at_least_minor, made.payout.at_most_minor) if each]
    far = [plain * 10 * step * 10**power for power in range(3) for step in (1, 2, 5)]
    reached = [at for at, due in enumerate(drawn.dues(far)) if due in bounds]
    end = far[min(reached[0] + 1, len(far) - 1)] if reached and reached[0] else far[0]
    return (Fraction(0), end) if end > 0 else (end, Fraction(0))


def _type(made: MadeUp, name: str) -> Type | None:
    if name in ("base", "before"):
        return made.payout.base_type
    if name in made.payout.inputs:
        return made.payout.inputs[name][1]
    return made.types.get(name, Type.NUMBER)


def _parsed(meaning: Meaning, made: MadeUp, name: str, text: str, option: str) -> Value:
    type_, terms = _type(made, name), made.payout.terms
    try:
        if names := words_of(meaning, name):
            if text not in names:
                raise Unwritable("S142", f"{name} is never '{text[:64]}'", "it is one of " + ", ".join(names))
            return Fraction(names.index(text))
        if type_ in (Type.TEXT, Type.ID):
            return unicodedata.normalize("NFC", text)
        if type_ is Type.FLAG:
            return parse_flag(text)
        if type_ in (Type.DATE, Type.MONTH):
            return parse_date(text)
        if type_ is Type.MONEY:
            money = parse_money(text)
            for code, message, hint in terms.currency_faults(money):
                raise Unwritable(code, message, hint)
            return terms.minor(money)
        return parse_rate(text) if text.endswith("%") else parse_number(text)
    except Unwritable as error:
        raise Refused(Problem(error.code, f"{option}: {error.message}", Place(), error.hint)) from None


def _number(value: Value) -> Fraction:
    assert isinstance(value, Fraction), "an input of a kind is a number"
    return value


def _named(payout: PayoutMeaning, name: str) -> str:
    if name == "base" and payout.base is not None:
        return as_written(payout.base)
    own = {"before": "added up before", TERM: "agreed"}
    return as_written(payout.inputs[name][0]) if name in payout.inputs else own.get(name, name)


def _told_fixed(meaning: Meaning, made: MadeUp, measure: str) -> Iterator[tuple[str, str]]:
    """What stands still: the inputs of the kind, and the columns that they and its multipliers are worked out from."""
    payout, row = made.payout, made.row()
    inputs = [name for name in row if name != measure and not _is_flag(payout, name) and not _runs(made, name, measure)]
    told = {_named(payout, name): _told(made, name, row[name]) for name in inputs}
    given = {_named(payout, name) for name in row}
    for name in made.types:
        if name not in given and name != measure and _decides(made, name):
            told[name] = _cell_told(meaning, made, name)
    yield from told.items()


def _runs(made: MadeUp, name: str, measure: str) -> bool:
    """Whether an input is worked out from the measure, and so does not stand still."""
    tree = made.payout.base if name == "base" else made.payout.inputs[name][0] if name in made.payout.inputs else None
    return tree is not None and name not in made.inputs and any(str(each) == measure for each in columns(tree))


def _decides(made: MadeUp, name: str) -> bool:
    """Whether a column decides what is due: by a card or a multiplier, or as it was given."""
    flags = [tree for tree, type_ in made.payout.inputs.values() if type_ is Type.FLAG]
    factors = [tree for each in made.payout.multipliers for tree, _ in each.inputs.values()]
    read = {str(each) for tree in (*flags, *factors) for each in columns(tree)}
    return name in read


def _cell_told(meaning: Meaning, made: MadeUp, name: str) -> str:
    value, names = made.cells[name], words_of(meaning, name)
    if value is None:
        return "none"
    if isinstance(value, Fraction):
        return names[int(value)] if names else _told(made, name, value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(made: MadeUp, name: str, value: Fraction | None) -> str:
    if value is None:
        return "none"
    if name == TERM:
        return made.payout.kind.agreed_words(value, made.payout.terms)
    return made.payout.terms.amount(value) if _type(made, name) is Type.MONEY else number(value)


def _written_edges(payout: PayoutMeaning) -> list[str]:
    """The cells of the kind's own table, which tell how its edges are written."""
    said = payout.kind.in_words(payout.terms)
    return [cell for row in said.rows for cell in row[:1]]
