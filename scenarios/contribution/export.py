"""The contribution report for elsewhere: JSON for scripts, CSV for a spreadsheet, a picture, and a page that stands
alone."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from engine.reports.exported import as_text
from engine.reports.register import Grid
from rules.kinds.base import number
from rules.quantities.currency import format_minor
from rules.quantities.rounding import round_fraction
from scenarios.contribution.report import (
    brought_grid,
    compared_grid,
    others_grid,
    parts_grid,
    rule_lines,
    standing_lines,
    who,
)
from scenarios.contribution.values import Comparison, Contribution, Contributor, Standing

if TYPE_CHECKING:
    from engine.reports.charts.picture import Picture

ROWS_OF_PAGE = 1_000  # of a table on a page: a spreadsheet takes the others
_SIDES = {Standing.ABOVE: 1, Standing.NEAR: 0, Standing.BELOW: -1}
_DECIMALS = 9


def as_json(found: Contribution) -> dict[str, Any]:
    """The report with the keys that scripts rely on; numbers are exact, as a fraction's text, null where unknown."""
    return {
        "program": found.program,
        "period": found.period,
        "scorecard": found.scorecard,
        "currency": found.currency.code,
        "paid_by_program": found.payer,
        "paid_by_cycle": found.cycle or None,
        "among": found.among or None,
        "times": str(found.times),
        "parts": dict(found.parts),
        "brought": dict(found.brought),
        "scored": [_scored(each) for each in found.scored],
        "not_scored": [{**_told(each), "why": each.not_scored} for each in found.others],
        "paid_minor": found.paid_minor,
    }


def _scored(each: Contributor) -> dict[str, Any]:
    beside = each.comparison
    assert beside is not None, "who is scored was compared"
    return {
        **_told(each),
        "score": _text(each.score),
        "parts": {name: {"weight": str(part.weight), "adds": _text(part.adds)} for name, part in each.parts.items()},
        "rest": str(each.rest),
        "percentile": _text(beside.percentile),
        "peers": beside.peers,
        "share_of_contribution": _text(beside.share_of_contribution),
        "share_of_pay": _text(beside.share_of_pay),
        "paid_per_point_minor": _text(beside.paid_per_point_minor),
        "median_of_peers_minor": _text(beside.median_minor),
        "standing": beside.standing.value.replace(" ", "_"),
    }


def _told(each: Contributor) -> dict[str, Any]:
    return {
        "partner_id": each.partner,
        "name": each.name,
        "group": each.group or None,
        "brought_minor": {name: _text(value) for name, value in each.brought.items()},
        "paid_minor": each.paid_minor,
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def as_csv(found: Contribution) -> str:
    """Every partner in a row; amounts with the decimals of the currency, other numbers to nine decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    titles = ["partner_id", "name", found.among or "group", "score", *(f"adds {each}" for each in found.parts.values())]
    titles += ["rest", "percentile", "share of contribution", "share of pay", *found.brought.values(), "paid"]
    titles += ["paid for a point", "median of its peers", "beside its peers", "not scored"]
    writer.writerow([as_text(title) for title in titles])
    for each in found.all:
        writer.writerow(_cells(each, found))
    return text.getvalue()


def _cells(each: Contributor, found: Contribution) -> list[str]:
    beside = each.comparison or Comparison(None, 0, None, None, None, None, Standing.FEW_PEERS)

    def amount(minor: Fraction | int | None) -> str:
        whole = None if minor is None else round_fraction(Fraction(minor))
        return "" if whole is None else format_minor(whole, found.currency, grouping=False)

    return [
        as_text(each.partner),
        as_text(each.name),
        as_text(each.group or ""),
        _decimal(each.score),
        *(_decimal(each.parts[name].adds if each.parts else None) for name in found.parts),
        _decimal(each.rest if each.score is not None else None),
        _decimal(beside.percentile),
        _decimal(beside.share_of_contribution),
        _decimal(beside.share_of_pay),
        *(amount(each.brought[name]) for name in found.brought),
        amount(each.paid_minor),
        amount(beside.paid_per_point_minor),
        amount(beside.median_minor),
        beside.standing.value if each.comparison else "",
        each.not_scored,
    ]


def _decimal(value: Fraction | None) -> str:
    """A number as a cell of a table holds it."""
    if value is None:
        return ""
    return number(Fraction(round_fraction(value * 10**_DECIMALS), 10**_DECIMALS)).replace(",", "")


def drawn(found: Contribution) -> Picture:
    """Each scored partner's share of the contribution against its share of the pay."""
    from engine.reports.charts.contribution import Shares, contribution_picture

    shares = [
        Shares(who(each), beside.share_of_contribution, beside.share_of_pay, _SIDES.get(beside.standing))
        for each in found.scored
        if (beside := each.comparison) is not None
        and beside.share_of_contribution is not None
        and beside.share_of_pay is not None
    ]
    subtitle = (
        f"{found.program}, {found.period}, by {found.title}. Above the line, a partner has a larger share of the pay "
        "than of the contribution."
    )
    return contribution_picture("What partners contribute, and what they are paid", subtitle, shares)


def as_page(found: Contribution) -> str:
    """The report as one HTML file: the picture and every table."""
    from engine.reports.charts.page import Heading, Part, page

    parts: list[Part] = [drawn(found), *standing_lines(found)]
    tables = [
        ("Contribution and pay", compared_grid(found, ROWS_OF_PAGE)),
        (f"What the score is made of: {found.title}", parts_grid(found, ROWS_OF_PAGE)),
        ("What partners brought", brought_grid(found, ROWS_OF_PAGE)),
    ]
    if found.others:
        tables.append(("Not scored", others_grid(found, ROWS_OF_PAGE)))
    for title, grid in tables:
        parts += [Heading(title), grid, *_cut(grid, found)]
    intro = " ".join(f"{line[:1].upper()}{line[1:]}." for line in rule_lines(found))
    return page(f"{found.program}, {found.period}: contribution and pay", intro, parts)


def _cut(grid: Grid, found: Contribution) -> list[str]:
    beyond = len(grid.rows) == ROWS_OF_PAGE and len(found.all) > ROWS_OF_PAGE
    return (
        [f"The first {ROWS_OF_PAGE:,} rows are shown; the CSV file has all, and the totals are of all."]
        if beyond
        else []
    )
