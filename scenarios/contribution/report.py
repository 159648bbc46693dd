"""The contribution report as people read it: sentences, and tables of texts.

In: the report as values. Out: money with the decimals of its currency; points, percentages and amounts for a point are
rounded half up to two decimals, for the eye alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.kinds.base import number
from rules.quantities.currency import format_minor
from rules.quantities.rounding import round_fraction
from scenarios.contribution.compare import PEERS_MIN
from scenarios.contribution.values import Contribution, Contributor, Standing

_NAMED = 5  # of those that are paid well above their peers, and of those well below


def rule_lines(found: Contribution) -> Iterator[str]:
    """What is told as paid, and how partners are compared."""
    paid = f" in the locked cycle {found.cycle}" if found.cycle else ", worked out now"
    scored = f"the {counted(len(found.scored), 'partner')} that {'is' if len(found.scored) == 1 else 'are'} scored"
    yield f"paid by {found.payer}{paid}; shares are of {scored}"
    alike = f" of the same {found.among}" if found.among else ""
    yield f"peers are scored partners{alike}, at least {PEERS_MIN} of them"
    times = number(found.times)
    yield f"well above is more than {times} times the median of what peers are paid for a point"
    yield f"well below is less than that median divided by {times}"


def standing_lines(found: Contribution) -> Iterator[str]:
    """Who is paid well above and well below its peers; of many, those whose share of the pay is furthest off."""
    for standing in (Standing.ABOVE, Standing.BELOW):
        mine = [
            (each, each.comparison) for each in found.scored if each.comparison and each.comparison.standing is standing
        ]
        for each, beside in sorted(mine, key=lambda pair: (-abs(pair[1].gap or 0), pair[0].partner))[:_NAMED]:
            own, median = money(beside.paid_per_point_minor, found), money(beside.median_minor, found)
            yield f"{standing.value}: {who(each)} is paid {own} for a point; the median of its peers is {median}"
        if len(mine) > _NAMED:
            yield f"{standing.value}: {len(mine) - _NAMED:,} partners more, whose gap between the shares is smaller"


def compared_grid(found: Contribution, limit: int | None = None) -> Grid:
    """What each scored partner contributed, and what it is paid; the shares add up to 100 %."""
    code, groups = found.currency.code, [found.among] if found.among else []
    titles = ("partner", *groups, "score", "percentile", "of contribution", "of pay")
    titles += (f"paid {code}", f"{code} for a point", "beside its peers")
    rows = [_compared(each, found) for each in found.scored[:limit]]
    texts = (0, *([1] if groups else []), len(titles) - 1)
    if not found.scored:
        return _grid(titles, rows, texts)
    scores = points(sum((each.score or Fraction(0) for each in found.scored), Fraction(0)))
    compared = [each.comparison for each in found.scored if each.comparison is not None]
    shares = [
        percentage(_sum(each.share_of_contribution for each in compared)),
        percentage(_sum(each.share_of_pay for each in compared)),
    ]
    paid = money(sum(each.paid_minor for each in found.scored), found)
    return _grid(titles, rows, texts, ("total", *[""] * len(groups), scores, "", *shares, paid, "", ""))


def _compared(each: Contributor, found: Contribution) -> tuple[str, ...]:
    beside = each.comparison
    assert beside is not None, "who is scored was compared"
    return (
        who(each),
        *([each.group or "-"] if found.among else []),
        points(each.score),
        "-" if beside.percentile is None else points(beside.percentile * 100),
        percentage(beside.share_of_contribution),
        percentage(beside.share_of_pay),
        money(each.paid_minor, found),
        money(beside.paid_per_point_minor, found),
        beside.standing.value,
    )


def parts_grid(found: Contribution, limit: int | None = None) -> Grid:
    """What each score is made of: the points that each part adds."""
    rows = [
        (who(each), *(points(each.parts[name].adds) for name in found.parts), points(each.rest), points(each.score))
        for each in found.scored[:limit]
    ]
    return _grid(("partner", *found.parts.values(), "rest", "= score"), rows)


def brought_grid(found: Contribution, limit: int | None = None) -> Grid:
    """What each partner brought, those without a score too, beside what it is paid."""
    rows = [
        (who(each), *(money(each.brought[name], found) for name in found.brought), money(each.paid_minor, found))
        for each in found.all[:limit]
    ]
    sums = [money(_sum(each.brought[name] for each in found.all), found) for name in found.brought]
    titles = ("partner", *found.brought.values(), f"paid {found.currency.code}")
    return _grid(titles, rows, footer=("total", *sums, money(found.paid_minor, found)))


def others_grid(found: Contribution, limit: int | None = None) -> Grid:
    """Who is not scored and why, and what each is paid all the same."""
    rows = [(who(each), each.not_scored, money(each.paid_minor, found)) for each in found.others[:limit]]
    total = money(sum(each.paid_minor for each in found.others), found)
    return _grid(("not scored", "why", f"paid {found.currency.code}"), rows, (0, 1), ("total", "", total))


def who(each: Contributor) -> str:
    """A partner by its id and its name."""
    return each.partner if each.name in ("", each.partner) else f"{each.partner} {each.name}"


def money(minor: Fraction | int | None, found: Contribution) -> str:
    """An amount to its minor unit."""
    return "-" if minor is None else format_minor(round_fraction(Fraction(minor)), found.currency)


def points(value: Fraction | None) -> str:
    """Points to two decimals."""
    return "-" if value is None else number(Fraction(round_fraction(value * 100), 100))


def percentage(share: Fraction | None) -> str:
    """A share as a percentage to two decimals."""
    return "-" if share is None else f"{points(share * 100)} %"


def _sum(values: Iterable[Fraction | None]) -> Fraction | None:
    """The sum of what is known; unknown where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) if known else None


def _grid(
    titles: Sequence[str], rows: Sequence[tuple[str, ...]], texts: Sequence[int] = (0,), footer: tuple[str, ...] = ()
) -> Grid:
    is_amount = tuple(at not in texts for at in range(len(titles)))
    return Grid(tuple(titles), tuple(rows), is_amount, footer)
