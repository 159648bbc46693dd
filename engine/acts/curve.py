"""Curve: what a payout rule pays as one measure runs, worked out by its kind. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from engine.plan import compile_plan
from engine.sheet.alone import pay_alone
from engine.sheet.samples import columns_of, fixed_inputs, turns
from engine.values.curve import Cliff, Curve, Point
from rules.check.scope import suggest
from rules.expressions.tree import Type, as_written
from rules.kinds.base import Terms, number
from rules.load import load
from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_money, parse_number, parse_rate

GRID = 100
_NEAR = Fraction(1, 10**6)  # of a unit: as close to an edge as a limit is taken
_JUMP_MINOR = Fraction(1, 100)  # less than that is no cliff


def curve(
    program: Path,
    rule: str,
    over: str | None = None,
    first: str | None = None,
    last: str | None = None,
    given: Mapping[str, str] | None = None,
) -> tuple[Curve, Terms]:
    """The curve of a payout rule over one of its inputs (`over`; the one that its kind turns at unless said),
    and the terms in which it is told.

    `first` and `last` bound the measure, `given` fixes other inputs; all as people write them. Raises Refused for a
    rule that has no curve: a contest, or one that pays the same whatever is measured.
    """
    loaded = load(program)
    meaning = loaded.understood()
    payout = _payout(meaning, rule)
    fixed: dict[str, Fraction | None] = fixed_inputs(payout)
    for name, text in (given or {}).items():
        fixed[_known(payout, name, fixed)] = _parsed(payout, name, text, f"--with {name}")
    edges_of = turns(payout, fixed)
    measure = _measure(payout, over, fixed, edges_of)
    edges = edges_of.get(measure, ())
    start = _parsed(payout, measure, first, "--from") if first is not None else min((Fraction(0), *edges[:1]))
    end = _parsed(payout, measure, last, "--to") if last is not None else _end(payout, measure, edges, fixed)
    if start >= end:
        raise Refused(Problem("S142", "the curve ends where it begins, or before", Place(), "write --from below --to"))
    inside = tuple(edge for edge in edges if start <= edge <= end)
    near = [edge + side * _NEAR for edge in inside for side in (-2, -1, 0, 1, 2)]
    grid = [start + (end - start) * at / GRID for at in range(GRID + 1)]
    values = sorted({*grid, *near})
    alone = pay_alone(
        compile_plan(meaning), rule, columns_of([fixed | {measure: each} for each in values]), len(values)
    )
    dues, lines = alone.due.fractions(), alone.lines.fractions()
    points = {
        value: Point(value, due, int(line))
        for value, due, line in zip(values, dues, lines, strict=True)
        if due is not None and line is not None
    }
    hidden = {edge + side * _NEAR for edge in inside for side in (-2, -1, 1, 2)}
    drawn = Curve(
        rule=rule,
        title=payout.title,
        measure=_named(payout, measure),
        is_money=_type(payout, measure) is Type.MONEY,
        is_percent=any(step.endswith("%") for step in _written_edges(payout)) and not payout.inputs.get("quota"),
        points=tuple(point for value, point in points.items() if value not in hidden),
        edges=inside,
        cliffs=tuple(_cliffs(inside, points)),
        fixed=tuple((_named(payout, name), _told(payout, name, fixed[name])) for name in fixed if name != measure),
        left_out=(*(["multipliers"] if payout.multipliers else []), *(["limits"] if payout.limits else [])),
        program_sha256=loaded.sha256,
    )
    return drawn, payout.terms


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


def _known(payout: PayoutMeaning, name: str, fixed: Mapping[str, object]) -> str:
    if name not in fixed:
        hint = suggest(name, list(fixed)) or ("its inputs are " + ", ".join(fixed) if fixed else "it has no input")
        raise Refused(Problem("S142", f"{payout.name} reads nothing called {name[:64]}", payout.place, hint))
    return name


def _measure(
    payout: PayoutMeaning, over: str | None, fixed: Mapping[str, object], edges: Mapping[str, Sequence[Fraction]]
) -> str:
    if over is not None:
        return _known(payout, over, fixed)
    found = next(iter(edges), "base" if "base" in fixed else next(iter(fixed), None))
    if found is None:
        message = f"{payout.name} pays the same for every row, whatever is measured"
        raise Refused(Problem("S142", message, payout.place, "draw a rule that measures something"))
    return found


def _end(
    payout: PayoutMeaning, measure: str, edges: Sequence[Fraction], fixed: Mapping[str, Fraction | None]
) -> Fraction:
    if edges:
        return edges[-1] * Fraction(5, 4) if edges[-1] > 0 else edges[-1] + 1
    return (fixed[measure] or Fraction(1)) * 10


def _type(payout: PayoutMeaning, name: str) -> Type | None:
    if name in ("base", "before"):
        return payout.base_type
    return payout.inputs[name][1] if name in payout.inputs else Type.NUMBER


def _parsed(payout: PayoutMeaning, name: str, text: str, option: str) -> Fraction:
    try:
        if _type(payout, name) is Type.MONEY:
            money = parse_money(text)
            for code, message, hint in payout.terms.currency_faults(money):
                raise Unwritable(code, message, hint)
            return payout.terms.minor(money)
        return parse_rate(text) if text.endswith("%") else parse_number(text)
    except Unwritable as error:
        raise Refused(Problem(error.code, f"{option}: {error.message}", Place(), error.hint)) from None


def _named(payout: PayoutMeaning, name: str) -> str:
    if name == "base" and payout.base is not None:
        return as_written(payout.base)
    return (
        as_written(payout.inputs[name][0]) if name in payout.inputs else {"before": "added up before"}.get(name, name)
    )


def _told(payout: PayoutMeaning, name: str, value: Fraction | None) -> str:
    if value is None:
        return "none"
    return payout.terms.amount(value) if _type(payout, name) is Type.MONEY else number(value)


def _written_edges(payout: PayoutMeaning) -> list[str]:
    """The cells of the kind's own table, which tell how its edges are written."""
    said = payout.kind.in_words(payout.terms)
    return [cell for row in said.rows for cell in row[:1]]


def _cliffs(edges: Sequence[Fraction], points: Mapping[Fraction, Point]) -> list[Cliff]:
    """The edges at which what is due jumps: its limits on both sides, from the two nearest points of each, differ."""
    found = []
    for edge in edges:
        at = points.get(edge)
        sides = [[points.get(edge + side * step * _NEAR) for step in (1, 2)] for side in (-1, 1)]
        if at is None or any(point is None for side in sides for point in side):
            continue
        left, right = (2 * near.due_minor - far.due_minor for near, far in sides if near and far)
        if max(abs(left - at.due_minor), abs(right - at.due_minor)) >= _JUMP_MINOR:
            found.append(Cliff(edge, _settled(left), at.due_minor, _settled(right)))
    return found


def _settled(limit: Fraction) -> Fraction:
    """A limit without what is left of the step that it was taken from: a curve between points is not straight."""
    whole = Fraction(round(limit * 1_000), 1_000)
    return whole if abs(whole - limit) < Fraction(1, 10**5) else limit
