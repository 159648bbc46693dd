"""A wide table of texts, laid out so that it fits on a screen: turned over, or in blocks one below the other."""

from __future__ import annotations

from collections.abc import Collection

from engine.reports.register import Grid

GAP = 3  # between two columns, as wide as a rule with its margins


def turned_or_in_blocks(grid: Grid, head: str, width: int) -> tuple[Grid, ...]:
    """A table that fits into `width` characters as it is; else with its columns as rows (headed `head`), where these
    fit, since a few groups have many figures; else in blocks.

    >>> wide = Grid(("by", "sales", "share"), (("DE", "12", "7 %"),), (False, True, True))
    >>> turned_or_in_blocks(wide, "kpi", 14)
    (Grid(titles=('kpi', 'DE'), rows=(('sales', '12'), ('share', '7 %')), is_amount=(False, True), footer=()),)
    """
    if _width(grid, range(len(grid.titles))) > width:
        turned = _turned(grid, head)
        if _width(turned, range(len(turned.titles))) <= width:
            return (turned,)
    return in_blocks(grid, width)


def in_blocks(grid: Grid, width: int, breaks: Collection[int] = ()) -> tuple[Grid, ...]:
    """A table cut between its columns into blocks of at most `width` characters, each with the first column; a column
    that is wider still has a block of its own. Where `breaks` are told, the columns from one of them to the next stay
    together as long as they fit.

    >>> [each.titles for each in in_blocks(Grid(("by", "sales", "share"), (), (False, True, True)), 14)]
    [('by', 'sales'), ('by', 'share')]
    """
    blocks: list[list[int]] = [[0]]
    ends = sorted({*breaks, len(grid.titles)})
    for column in range(1, len(grid.titles)):
        with_it = range(column, next(end for end in ends if end > column)) if column in breaks else (column,)
        is_full = _width(grid, (*blocks[-1], column)) > width
        is_full = is_full or (_width(grid, (*blocks[-1], *with_it)) > width >= _width(grid, (0, *with_it)))
        if len(blocks[-1]) > 1 and is_full:
            blocks.append([0])
        blocks[-1].append(column)
    return (grid,) if len(blocks) == 1 else tuple(_taken(grid, block) for block in blocks)


def _turned(grid: Grid, head: str) -> Grid:
    """Each column but the first as a row; the first column heads them."""
    titles = (head, *(row[0] for row in grid.rows))
    rows = tuple((title, *(row[at] for row in grid.rows)) for at, title in enumerate(grid.titles) if at)
    return Grid(titles, rows, (False, *[True] * len(grid.rows)))


def _taken(grid: Grid, columns: list[int]) -> Grid:
    def cut(row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(row[at] for at in columns) if row else ()

    is_amount = tuple(grid.is_amount[at] for at in columns)
    return Grid(cut(grid.titles), tuple(map(cut, grid.rows)), is_amount, cut(grid.footer))


def _width(grid: Grid, columns: tuple[int, ...] | range) -> int:
    lines = [grid.titles, *grid.rows, *([grid.footer] if grid.footer else [])]
    return sum(max(len(line[at]) for line in lines) + GAP for at in columns)
