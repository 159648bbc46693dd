"""Attribution as people read it and as scripts do: partners by what they are credited with, methods side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.kinds.base import number
from rules.quantities.currency import format_minor
from rules.quantities.rounding import round_fraction
from scenarios.attribution.credit import Attribution
from scenarios.attribution.money import Credited

if TYPE_CHECKING:
    from scenarios.acts.attribute import Attributed

_ERROR_DECIMALS = 6


def grid(found: Attributed) -> Grid:
    """What each partner is credited with: by one method with its deals and values, or by all side by side."""
    if len(found.methods) > 1:
        return _side_by_side(found)
    (only,) = found.methods
    values, errors = only.attribution.values, only.attribution.errors
    titles = ["partner", "deals", found.currency.code, *(["value"] if values else []), *(["± error"] if errors else [])]
    rows = []
    for partner in _by_amount(found):
        row = [_name(found, partner), f"{only.deals.get(partner, 0):,}", _money(found, only, partner)]
        row += [_value(values.get(partner))] if values else []
        row += [_error(errors[partner])] if errors else []
        rows.append(tuple(row))
    blank = [""] * (len(titles) - 3)
    footer = ("total", "", format_minor(only.total_minor, found.currency), *blank)
    return Grid(tuple(titles), tuple(rows), (False, *[True] * (len(titles) - 1)), footer)


def notes(found: Attributed) -> Iterator[str]:
    """What the amounts rest on, and what is nobody's or not told."""
    first = found.methods[0]
    if first.nobody_minor:
        yield f"nobody's: {format_minor(first.nobody_minor, found.currency)} of deals in which nobody has a part"
    if found.amounts_unknown:
        yield f"unknown amounts: {counted(found.amounts_unknown, 'deal')} won without one, which add nothing here"
    for method in found.methods:
        yield from method.attribution.notes
        if method.attribution.is_sampled:
            yield f"{method.attribution.method}: sampled, not exact; the standard error of each value is shown"
        if method.total_minor > found.won_minor > 0:
            of = _percent(method.total_minor, found.won_minor)
            yield f"{method.attribution.method}: adds up to {of} of what was won, and is not to be paid as it is"
        yield from _below_zero(found, method.attribution)
    for problem in found.left_out:
        yield f"left out: {problem.message} ({problem.code})"


def gains(found: Attributed) -> Iterator[str]:
    """Who gains and who loses by each method, against the one that was asked for."""
    base, *others = found.methods
    for other in others:
        moved = {
            partner: other.amounts_minor.get(partner, 0) - base.amounts_minor.get(partner, 0)
            for partner in {*base.amounts_minor, *other.amounts_minor}
        }
        told = sorted((each for each in moved if moved[each]), key=lambda each: (-moved[each], each))
        if not told:
            yield f"{other.attribution.method}: as by {base.attribution.method}"
            continue
        parts = [f"{found.partners[each]} {_signed(moved[each], found)}" for each in told]
        shown = parts if len(parts) <= 6 else [*parts[:3], "...", *parts[-3:]]
        yield f"{other.attribution.method}: {', '.join(shown)}"


def as_json(found: Attributed, files: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that was found, with the keys that scripts rely on."""
    return {
        "program": found.title,
        "period": found.period,
        "currency": found.currency.code,
        "deals_won": found.deals_won,
        "deals_lost": found.deals_lost,
        "won_minor": found.won_minor,
        "amounts_unknown": found.amounts_unknown,
        "touches": found.touches,
        "touches_counted": found.touches_counted,
        "rejected": found.rejected,
        "attributed_by": found.methods[0].attribution.method,
        "weights_version": None if found.weights is None else found.weights.version,
        "files": list(files),
        "methods": [_method_json(found, method) for method in found.methods],
        "not_worked_out": [{"code": each.code, "message": each.message} for each in found.left_out],
    }


def _method_json(found: Attributed, method: Credited) -> dict[str, Any]:
    told = method.attribution
    return {
        "method": told.method,
        "total_minor": method.total_minor,
        "nobody_minor": method.nobody_minor,
        "is_sampled": told.is_sampled,
        "is_zeroed": told.is_zeroed,
        "figures": dict(told.figures),
        "partners": [
            {
                "partner": found.partners[partner],
                "name": found.names.get(found.partners[partner]),
                "deals": method.deals.get(partner, 0),
                "amount_minor": method.amounts_minor.get(partner, 0),
                "value": str(told.values[partner]) if partner in told.values else None,
                "standard_error": _error(told.errors[partner]) if partner in told.errors else None,
                "deals_below_zero": told.below_zero.get(partner, 0),
            }
            for partner in _of(method)
        ],
    }


def _side_by_side(found: Attributed) -> Grid:
    titles = ("partner", *(method.attribution.method for method in found.methods))
    rows = tuple(
        (_name(found, partner), *(_money(found, method, partner) for method in found.methods))
        for partner in _by_amount(found)
    )
    footer = ("total", *(format_minor(method.total_minor, found.currency) for method in found.methods))
    return Grid(titles, rows, (False, *[True] * len(found.methods)), footer)


def _of(method: Credited) -> list[int]:
    """The partners that a method says anything of, in the order of their ids."""
    return sorted({*method.deals, *method.attribution.values})


def _by_amount(found: Attributed) -> list[int]:
    """All partners that any method says anything of, the most credited by the asked one first."""
    every = {partner for method in found.methods for partner in _of(method)}
    first = found.methods[0].amounts_minor
    return sorted(every, key=lambda partner: (-first.get(partner, 0), partner))


def _name(found: Attributed, partner: int) -> str:
    key = found.partners[partner]
    return f"{key} {found.names[key]}" if key in found.names else key


def _money(found: Attributed, method: Credited, partner: int) -> str:
    return format_minor(method.amounts_minor.get(partner, 0), found.currency)


def _signed(minor: int, found: Attributed) -> str:
    return ("+" if minor > 0 else "") + format_minor(minor, found.currency)


def _value(value: Fraction | None) -> str:
    """A value at four decimals, rounded half up."""
    return "-" if value is None else number(Fraction(round_fraction(value * 10_000), 10_000))


def _error(error: float) -> str:
    return f"{error:.{_ERROR_DECIMALS}f}"


def _percent(part: int, whole: int) -> str:
    return f"{number(Fraction(round_fraction(Fraction(part * 1000, whole)), 10))} %"


def _below_zero(found: Attributed, told: Attribution) -> Iterator[str]:
    for partner, deals in told.below_zero.items():
        value = f"{found.partners[partner]} is worth {_value(told.values[partner])}"
        zeroed = "; it counts as zero, which the others pay for" if told.is_zeroed else ""
        yield f"{told.method}: {value}, with a part in {counted(deals, 'deal')}{zeroed}"
