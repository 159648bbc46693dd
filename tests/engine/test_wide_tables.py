"""Wide tables: many KPIs of a few groups are rows, and those of many partners columns in blocks."""

from __future__ import annotations

from pathlib import Path

from spine_stories import MONTH, partage, write

from engine.reports.blocks import in_blocks, turned_or_in_blocks
from engine.reports.register import Grid

KPIS = [f"figure_number_{at:02d}" for at in range(20)]
PROGRAM = f"{MONTH}sources: {{partners: partners.csv, deals: deals.csv}}\nkpis:\n" + "".join(
    f"  {name}: {{count: deals, where: deals.amount >= {at}}}\n" for at, name in enumerate(KPIS)
)


def measured(folder: Path, partners: int, *words: str) -> str:
    tables = {
        "partners.csv": "partner_id,region\n" + "".join(f"p{at:02d},DE\n" for at in range(partners)),
        "deals.csv": "deal_id,partner_id,amount\nd1,p00,5.00\nd2,p01,15.00\n",
    }
    done = partage("metrics", write(folder, PROGRAM, tables), "--period", "2026-04", *words)
    assert done.exit_code == 0, done.err
    return done.out


def test_many_kpis_of_a_few_groups_are_rows(tmp_path: Path) -> None:
    for words in ((), ("--by", "program")):
        lines = [line.split() for line in measured(tmp_path, 3, *words).splitlines()]
        assert [line[0] for line in lines[2:]] == KPIS
        assert lines[1] == (["kpi", "program"] if words else ["kpi", "p00", "p01", "p02"])
    assert lines[2:4] == [[KPIS[0], "2"], [KPIS[1], "2"]]


def test_many_kpis_of_many_partners_are_blocks_that_each_name_the_partner(tmp_path: Path) -> None:
    told = measured(tmp_path, 30)
    assert max(map(len, told.splitlines())) <= 150
    *blocks, last = told.split("\n\n")
    heads = [block.splitlines()[-31].split() for block in blocks]
    assert all(head[0] == "partner" for head in heads)
    assert [name for head in heads for name in head[1:]] == KPIS
    assert last.startswith(f"20 KPIs in {len(blocks)} blocks") and "--kpi NAME" in last


def test_a_table_that_fits_is_as_it_was(tmp_path: Path) -> None:
    assert measured(tmp_path, 2, "--kpi", KPIS[3]).splitlines()[1].split() == ["partner", KPIS[3]]


def test_every_cell_is_in_one_block_and_its_total_with_it() -> None:
    cells = tuple(tuple(f"{row}.{column}" for column in range(9)) for row in range(4))
    whole = Grid(cells[0], cells[1:], (False, *[True] * 8), tuple("abcdefghi"))
    for width in (1, 10, 20, 30, 100):
        blocks = in_blocks(whole, width)
        rows = [(block.titles, *block.rows, block.footer) for block in blocks]
        joined = [sum((block[at][1:] for block in rows), rows[0][at][:1]) for at in range(5)]
        assert joined == [whole.titles, *whole.rows, whole.footer]
        assert all(len(block.is_amount) == len(block.titles) for block in blocks)
    assert turned_or_in_blocks(whole, "kpi", 1000) == (whole,)
