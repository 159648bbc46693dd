"""Late data: what a later import changes of a period that is locked, with the reason of each line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from spine_stories import write
from true_up_stories import Books, amounts

from engine.acts.calculate import calculate
from engine.acts.reopen import reopen_run
from engine.acts.true_up import true_up
from engine.store import Store
from engine.values.closing import Closing, closing as closing_of_rows, closing_from
from engine.values.true_up import Batch
from rules.problem import Refused

TIERS = """
program: Commission
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: whole
      accumulate: transaction
      by: sold
      at_edge: lower_tier
      steps: [{to: 1_000, rate: 3%}, {to: 5_000, rate: 5%}, {rate: 7%}]
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
"""
PARTNERS = "partner_id,name\nP-1,Nord\nP-2,Süd\n"
DEALS = """deal_id,partner_id,closed_on,amount
D-88,P-1,2026-04-03,4000.00
D-91,P-1,2026-04-20,2000.00
D-92,P-2,2026-04-21,900.00
"""


def reasons(batch: Batch | None) -> list[str]:
    assert batch is not None, "there is a batch"
    return [f"{line.partner} {line.key} {line.amount_minor}: {line.reason}" for line in batch.lines]


def test_a_late_deal_is_a_line_of_its_own_and_moves_the_others_to_another_tier(tmp_path: Path) -> None:
    books = Books(tmp_path, TIERS)
    books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS}), "2026-04")
    assert books.posted("2026-04")[("P-1", "commission", "deals", "D-91")] == 14000
    without = "\n".join(line for line in DEALS.splitlines() if not line.startswith("D-88")) + "\n"
    batch = books.true_up(books.imported({"partners.csv": PARTNERS, "deals.csv": without}), "2026-04")
    assert batch is not None
    assert reasons(batch) == [
        "P-1 D-88 -28000: deal D-88: removed after the period was locked",
        "P-1 D-91 -4000: deal D-91 moved from tier 3 to tier 2 (7 % -> 5 %) because deal D-88 was removed",
    ]
    assert [(each.table, each.key, each.kind) for each in batch.records] == [("deals", "D-88", "removed")]


def test_a_cell_that_is_corrected_is_told_before_and_after(tmp_path: Path) -> None:
    books = Books(tmp_path, TIERS)
    books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS}), "2026-04")
    corrected = DEALS.replace("P-2,2026-04-21,900.00", "P-2,2026-04-21,1000.00")
    batch = books.true_up(books.imported({"partners.csv": PARTNERS, "deals.csv": corrected}), "2026-04")
    assert reasons(batch) == ["P-2 D-92 300: deal D-92: amount 900.00 -> 1,000.00"]


def test_what_is_late_to_what_was_late_goes_back_to_what_was_locked(tmp_path: Path) -> None:
    books = Books(tmp_path, TIERS)
    first = books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS})
    books.lock(first, "2026-04")
    posted = books.posted("2026-04")
    late = DEALS + "D-93,P-2,2026-04-30,500.00\n"
    one = books.true_up(books.imported({"partners.csv": PARTNERS, "deals.csv": late}), "2026-04")
    assert reasons(one) == [
        "P-2 D-92 1800: deal D-92 moved from tier 1 to tier 2 (3 % -> 5 %) because deal D-93 was added",
        "P-2 D-93 2500: deal D-93: added after the period was locked",
    ]
    assert books.true_up(first, "2026-04") is not None
    assert books.posted("2026-04") == posted
    assert books.true_up(first, "2026-04") is None


def test_the_rows_of_the_next_month_and_their_order_are_not_late(tmp_path: Path) -> None:
    books = Books(tmp_path, TIERS)
    books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS}), "2026-04")
    head, *rows = DEALS.splitlines()
    more = "\n".join([head, "D-99,P-1,2026-05-02,9000.00", "D-98,P-1,,9000.00", *reversed(rows)]) + "\n"
    assert books.true_up(books.imported({"partners.csv": PARTNERS, "deals.csv": more}), "2026-04") is None


def test_a_batch_is_the_same_whatever_the_order_of_rows(tmp_path: Path) -> None:
    late = DEALS + "D-93,P-2,2026-04-30,500.00\nD-87,P-1,2026-04-01,10.00\n"
    head, *rows = late.splitlines()
    digests = set()
    for at, text in enumerate((late, "\n".join([head, *reversed(rows)]) + "\n")):
        books = Books(tmp_path / str(at), TIERS)
        books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS}), "2026-04")
        batch = books.true_up(books.imported({"partners.csv": PARTNERS, "deals.csv": text}), "2026-04")
        assert batch is not None and batch.lines.total_minor == sum(line.amount_minor for line in batch.lines)
        digests.add(batch.sha256)
    assert len(digests) == 1


def test_a_record_that_another_batch_has_is_told_beside_the_records(tmp_path: Path) -> None:
    books = Books(tmp_path, TIERS)
    books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS}), "2026-04")
    stated = books.stated["2026-04"]
    late = books.imported({"partners.csv": PARTNERS, "deals.csv": DEALS + "D-93,P-2,2026-04-30,500.00\n"})
    first = true_up(stated, late)
    assert first is not None and len(first.records) == 1 and not first.also
    again = true_up(stated, late, told=first.records)
    assert again is not None and not again.records and again.also == first.records


# --- pools ------------------------------------------------------------------------------------------------------------

POOL = """
program: Pool
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
  all_sold: {sum: deals.amount, dated: deals.closed_on, level: program}
pools:
  bonus: {size: {of: all_sold, rate: 10%}, shared: {by: sold}LATE}
balances:
  reserve: {holdback: {share: 50%, of: [bonus], released: {after: 1}}}
"""
SOLD = """deal_id,partner_id,closed_on,amount
D-1,P-1,2026-04-03,3000.00
D-2,P-2,2026-04-20,1000.00
D-3,P-2,2026-05-20,1000.00
"""
LATER = SOLD + "D-4,P-2,2026-04-30,4000.00\n"


def pool(tmp_path: Path, late: str) -> tuple[Books, Batch]:
    """A month that was locked, and the batch of a deal that came late."""
    books = Books(tmp_path, POOL.replace("LATE", late))
    books.lock(books.imported({"partners.csv": PARTNERS, "deals.csv": SOLD}), "2026-04", Closing())
    late_tables = books.imported({"partners.csv": PARTNERS, "deals.csv": LATER})
    batch = books.true_up(late_tables, "2026-04", Closing())
    assert batch is not None
    return books, batch


def test_a_pool_that_does_not_say_what_late_records_do_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        pool(tmp_path, "")
    (problem,) = refusal.value.problems
    assert (problem.code, problem.place.field) == ("K260", "late")
    assert problem.message == "bonus of 2026-04 is locked, and late records change it"


def test_a_pool_is_shared_anew_and_each_gets_or_gives_back_the_difference(tmp_path: Path) -> None:
    books, batch = pool(tmp_path, ", late: reshare")
    assert [(line.partner, line.component, line.amount_minor) for line in batch.lines] == [
        ("P-2", "bonus", 40000),
        ("P-2", "reserve", -20000),
    ]
    told = "the pool 400.00 -> 800.00, its part moved from 25 % to 62.5 % because deal D-4 was added"
    assert batch.lines.reason[0] == told
    assert [(each.pool, each.late, each.amount_minor) for each in batch.pools] == [("bonus", "reshare", 40000)]
    assert [(each.key, each.before, each.after) for each in batch.closings] == [
        (("P-2", "reserve", "2026-04-30", "2026-05-31"), ("50.00",), ("250.00",))
    ]
    closing = books.stated["2026-04"].closing
    assert closing is not None and len(closing.balances) == 2


def test_the_next_period_has_the_difference_and_shares_stay(tmp_path: Path) -> None:
    books, batch = pool(tmp_path, ", late: next_period")
    assert len(batch.lines) == 0 and [each.amount_minor for each in batch.pools] == [40000]
    assert [(each.key, each.before, each.after) for each in batch.closings] == [
        (("", "bonus.carried", "2026-04-30", ""), None, ("400.00",))
    ]
    kept = books.stated["2026-04"].tables
    lines, _ = books.worked_out(kept, "2026-05", books.stated["2026-04"].closing)
    assert amounts(lines)[("P-2", "bonus", "pool", "P-2")] == 10000 + 40000


def test_the_house_has_the_difference_and_shares_stay_however_often(tmp_path: Path) -> None:
    books, batch = pool(tmp_path, ", late: house")
    assert len(batch.lines) == 0 and not batch.closings
    assert [(each.late, each.before_minor, each.after_minor) for each in batch.pools] == [("house", 40000, 80000)]
    again = books.imported({"partners.csv": PARTNERS, "deals.csv": LATER + "D-5,P-1,2026-04-30,1000.00\n"})
    more = books.true_up(again, "2026-04", Closing())
    assert more is not None and len(more.lines) == 0
    assert [(each.before_minor, each.after_minor) for each in more.pools] == [(80000, 90000)]


# --- openings ---------------------------------------------------------------------------------------------------------


def test_a_run_opens_with_what_it_is_given_and_keeps_what_it_closes_with(tmp_path: Path) -> None:
    program = POOL.replace("LATE", ", late: reshare")
    path = write(tmp_path / "program", program, {"partners.csv": PARTNERS, "deals.csv": SOLD})
    store, at = tmp_path / "store.db", datetime(2026, 6, 1, tzinfo=UTC)
    first = calculate(path, "2026-04", store, "ann", at, opener=lambda _: Closing())
    with Store.open(store) as books:
        closing = closing_from(books.blob_bytes(first.record.blobs["closing"]))
    assert closing.balances == (
        ("P-1", "reserve", "2026-04-30", "2026-05-31", "150.00"),
        ("P-2", "reserve", "2026-04-30", "2026-05-31", "50.00"),
    )
    other = closing_of_rows([(*row[:4], "70.00") for row in closing.balances], [])
    second = calculate(path, "2026-05", store, "ann", at, opener=lambda _: other)
    assert second.run.manifest["balances"]["reserve"]["opening_minor"] == "14000"
    (told,) = (each for each in second.inputs if each.table == "balances")
    assert (told.file, told.rows) == ("what the period before ended with", 2)
    with reopen_run(store, second.record.number) as again:  # from what was kept, to the byte
        assert again.run.run_id == second.run.run_id


TIERED = """
program: Tiers
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
scorecards:
  perf:
    kpis: {sold: {weight: 100%, linear: {from: EUR 0, to: EUR 1_000}}}
    tiers: {levels: {low: 0, high: 80}, hysteresis: {keep_within: 10 points}}
payouts:
  bonus: {for_each: partners, where: perf.tier = 'high', amount: EUR 100}
"""


def test_a_tier_that_comes_late_is_followed_into_the_next_period(tmp_path: Path) -> None:
    partners = "partner_id,tier\nP-1,\nP-2,\n"
    deals = "deal_id,partner_id,closed_on,amount\nD-1,P-1,2026-04-03,700.00\nD-2,P-1,2026-05-03,750.00\n"
    books = Books(tmp_path, TIERED)
    first = books.imported({"partners.csv": partners, "deals.csv": deals})
    books.lock(first, "2026-04")
    books.lock(first, "2026-05", books.stated["2026-04"].closing)
    assert not books.posted("2026-04") and not books.posted("2026-05")
    late = books.imported({"partners.csv": partners, "deals.csv": deals + "D-3,P-1,2026-04-30,200.00\n"})
    april = books.true_up(late, "2026-04")
    assert april is not None and [(each.table, each.key[0]) for each in april.closings] == [("scores", "P-1")]
    may = books.true_up(late, "2026-05", books.stated["2026-04"].closing)
    assert reasons(may) == ["P-1 P-1 10000: partner P-1 because deal D-3 was added"]
    for period in ("2026-04", "2026-05"):
        assert books.posted(period) == books.known(late, period)
