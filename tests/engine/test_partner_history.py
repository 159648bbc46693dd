"""What the history of partners may say, and what holds on a day on which it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading_stories import read
from spine_stories import MONTH, refused, told, write

HEAD = "partner_id,attribute,valid_from,valid_to,value\n"
PROGRAM = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv, partner_history: history.csv}}
credit:
  sales: {{of: deals, from: {{owner: 100%}}, roll_up: {{to: parent, rates: [10%], on_top: true}}}}
payouts:
  commission: {{credit: sales, base: deals.amount, rate: 100%, dated: deals.closed_on}}
"""


@pytest.mark.parametrize("attribute", ["parent_id", "Parent", "colour"])
def test_an_attribute_that_nothing_reads_is_rejected(tmp_path: Path, attribute: str) -> None:
    rows = f"P1,tier,2026-01-01,,gold\nP1,{attribute},2026-01-01,,x\n"
    found = read(tmp_path, "partner_history: h.csv", {"h.csv": HEAD + rows})
    assert found.faults("partner_history") == [(3, ["F129"])]


def test_a_dated_parent_is_a_partner_and_a_manager_need_not_be(tmp_path: Path) -> None:
    rows = "P1,parent,2026-01-01,,P9\nP1,manager,2026-01-01,,Ada Jung\nP2,parent,2026-01-01,,\n"
    found = read(tmp_path, "partner_history: h.csv", {"h.csv": HEAD + rows})
    assert found.faults("partner_history") == [(2, ["F123"])]


def of(folder: Path, history: str) -> Path:
    tables = {
        "partners.csv": "partner_id,parent_id\na,\nb,a\nc,a\n",
        "history.csv": HEAD + history,
        "deals.csv": "deal_id,partner_id,closed_on,amount\nd1,b,2026-04-02,10.00\nd2,c,2026-04-02,100.00\n",
    }
    return write(folder, PROGRAM, tables)


def test_of_whom_history_says_nothing_the_table_of_partners_speaks(tmp_path: Path) -> None:
    with told(of(tmp_path, "b,parent,2026-04-01,,c\n")) as story:
        assert story.payouts() == {"a": 1_000, "b": 1_000, "c": 10_100}


def test_a_blank_value_says_that_nobody_stands_above(tmp_path: Path) -> None:
    with told(of(tmp_path, "b,parent,2026-01-01,2026-04-30,\nb,parent,2026-05-01,,c\n")) as story:
        assert story.payouts() == {"a": 1_000, "b": 1_000, "c": 10_000}


@pytest.mark.parametrize("history", ["b,parent,2026-04-03,,c\n", "b,parent,2026-01-01,2026-04-01,c\n"])
def test_a_day_that_no_version_holds_on_is_refused(tmp_path: Path, history: str) -> None:
    assert refused(of(tmp_path, history)) == ["C128 deals:d1"]
