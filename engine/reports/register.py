"""The register of a run: each partner's amount by component, and their sum.

In: the lines of a run and who is called what. Out: a grid of texts for people, or plain values for scripts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.values import LateLines, Lines, Unscored
from rules.quantities.currency import Currency, currency, format_minor

COMPONENTS_WIDTH = 110  # of a register's columns between the partner and the payout, in characters
AMOUNT_WIDTH = 13
GAP = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: a title for each column, rows, and which columns are amounts (right-aligned)."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_amount: tuple[bool, ...]
    footer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """What one partner gets: by component in the run's order, and in all."""

    partner: str
    name: str
    amounts_minor: tuple[int, ...]
    payout_minor: int


@dataclass(frozen=True, slots=True)
class Register:
    """Who gets what: rows by partner id, the components by name and by title, and the sums."""

    currency: Currency
    components: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[RegisterRow, ...]
    totals_minor: tuple[int, ...]
    total_minor: int


def register(
    lines: Lines | LateLines,
    components: Sequence[str],
    titles: Mapping[str, str],
    names: Mapping[str, str],
    currency_code: str,
) -> Register:
    """The register of a run's lines; `titles` are what components are called, where they have a title."""
    sums: dict[str, dict[str, int]] = {}
    for some in lines.chunks():
        rows = zip(some.partner.tolist(), some.component.tolist(), some.amount_minor.tolist(), strict=True)
        for partner, component, amount in rows:
            mine = sums.setdefault(partner, dict.fromkeys(components, 0))
            mine[component] += amount
    listed = tuple(
        RegisterRow(partner, names.get(partner, ""), tuple(mine.values()), sum(mine.values()))
        for partner, mine in sorted(sums.items())
    )
    totals = tuple(sum(row.amounts_minor[index] for row in listed) for index in range(len(components)))
    told = component_titles(components, titles)
    return Register(currency(currency_code), tuple(components), told, listed, totals, sum(totals))


def component_titles(components: Sequence[str], titles: Mapping[str, str]) -> tuple[str, ...]:
    """What components are called, in their order; two of one title are told apart by their names.

    >>> component_titles(["new_deals", "spiff", "spiff_2"], {"spiff": "Spring push", "spiff_2": "Spring push"})
    ('new deals', 'Spring push (spiff)', 'Spring push (spiff_2)')
    """
    told = [titles.get(each, each.replace("_", " ")) for each in components]
    return tuple(
        title if told.count(title) == 1 else f"{title} ({name})" for title, name in zip(told, components, strict=True)
    )


def grid(found: Register, limit: int | None = None) -> Grid:
    """The register for people; the first `limit` rows by payout where there are more.

    Where the titles of all components do not fit on a screen, their names stand for them; where these do not fit
    either, those that move most money are told one by one, in their order, and the others as their sum.
    """
    shown = sorted(found.rows, key=lambda row: (-row.payout_minor, row.partner))[:limit]
    heads, told = _fitting(found)
    folded = len(found.components) - len(told)

    def money(minor: int) -> str:
        return format_minor(minor, found.currency)

    def amounts(of: Sequence[int], total: int) -> tuple[str, ...]:
        kept = [of[at] for at in told]
        others = [sum(of) - sum(kept)] if folded else []
        return tuple(map(money, (*kept, *others, total)))

    def who(row: RegisterRow) -> str:
        return row.partner if row.name in ("", row.partner) else f"{row.partner} {row.name}"

    rows = tuple((who(row), *amounts(row.amounts_minor, row.payout_minor)) for row in shown)
    others = (f"{folded} others",) if folded else ()
    titles = ("partner", *(heads[at] for at in told), *others, f"payout {found.currency.code}")
    footer = ("total", *amounts(found.totals_minor, found.total_minor))
    return Grid(titles, rows, (False, *[True] * (len(titles) - 1)), footer)


def unscored_lines(found: Register, unscored: Mapping[str, Unscored]) -> Iterator[str]:
    """Who of the members of each pool has no share, since it was not scored, and what became of that share."""
    titles = dict(zip(found.components, found.titles, strict=True))
    for pool, those in unscored.items():
        more = f" and {those.members - len(those.first):,} more" if those.members > len(those.first) else ""
        whose = "its" if those.members == 1 else "their"
        fate = "left out, the pool is shared among the others"
        if those.house_minor is not None:
            fate = f"{whose} share {format_minor(those.house_minor, found.currency)} to the house"
        yield f"{titles[pool]}: {those.members:,} not scored ({', '.join(those.first)}{more}): {fate}"


def _fitting(found: Register) -> tuple[Sequence[str], list[int]]:
    """What heads the components, and the positions of those that a screen has room for."""
    names = [each.replace("_", " ") for each in found.components]
    for heads in (found.titles, names):
        widths = [max(len(head), AMOUNT_WIDTH) + GAP for head in heads]
        if sum(widths) <= COMPONENTS_WIDTH:
            return heads, list(range(len(widths)))
    moved = [sum(abs(row.amounts_minor[at]) for row in found.rows) for at in range(len(widths))]
    told: list[int] = []
    room = COMPONENTS_WIDTH - AMOUNT_WIDTH - GAP  # for the others
    for at in sorted(range(len(widths)), key=lambda at: (-moved[at], at)):
        if widths[at] <= room:
            told.append(at)
            room -= widths[at]
    return names, sorted(told)


def as_json(found: Register) -> dict[str, object]:
    """The register with the keys that scripts rely on; money is in minor units, as whole numbers."""
    return {
        "currency": found.currency.code,
        "decimals": found.currency.decimals,
        "components": list(found.components),
        "partners": [
            {
                "partner_id": row.partner,
                "name": row.name,
                "components": dict(zip(found.components, row.amounts_minor, strict=True)),
                "payout_minor": row.payout_minor,
            }
            for row in found.rows
        ],
        "total_minor": found.total_minor,
    }
