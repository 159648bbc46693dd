"""Events: what was decided is kept at once with all that it brings, in a chain that tells of every change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from event_stories import AT, closed, command, lines, once, paying, posting, refused
from store_stories import LINES, fault, july

from engine.digest import sha256
from engine.store import Store
from engine.values import Draft, Event, Owed, Posted, Posting
from engine.values.event import FIRST
from engine.version import VERSION
from rules.problem import CheckFailed, Conflict, Refused

# What is recorded is read back


def test_events_are_numbered_and_each_names_the_one_before(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        assert store.events() == ()
        first = store.record(command("a"), closed({"total_minor": "12000"})).event
        second = store.record(command("b"), closed()).event
        assert store.events() == (first, second)
    assert (first.number, first.before_sha256, second.number, second.before_sha256) == (1, FIRST, 2, first.sha256)
    assert (first.type, first.cycle, first.actor, first.identity) == ("cycle.closed", "2026-07", "ada", "os-declared")
    assert (first.at, first.key, first.engine, first.payload) == (AT, "a", VERSION, {"total_minor": "12000"})
    with Store.open(store_address, create=False) as store:
        assert store.events() == (first, second)


def test_a_decision_is_given_all_events_before_it(store_address: Path | str) -> None:
    seen: list[Sequence[Event]] = []

    def look(events: Sequence[Event]) -> Draft:
        seen.append(events)
        return closed()(events)

    with Store.open(store_address) as store:
        made = [store.record(command(), look).event for _ in range(3)]
    assert [list(each) for each in seen] == [made[:0], made[:1], made[:2]]


def test_runs_lines_and_postings_come_in_with_their_event(store_address: Path | str) -> None:
    found = lines([500, -20, 0])
    with Store.open(store_address) as store:
        digest = store.put(LINES)
        run = replace(paying(found), blobs={"lines": digest})
        draft = closed(runs=(run,), lines=((run.run_id, found),), postings=(posting(), posting("P-2", -5)))
        event = store.record(command("a"), draft).event
        assert store.latest() == store.run_by_id(run.run_id, "official") == replace(run, number=1)
        assert store.run_by_id(run.run_id, "preview") is None
        assert list(store.postings()) == [
            Posted(event.number, "2026-07", posting()),
            Posted(event.number, "2026-07", posting("P-2", -5)),
        ]


def test_a_run_that_was_kept_before_is_used_again(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        kept = store.keep(july(), {"lines": LINES})
        store.record(command("a"), closed(runs=(july(actor="grace"),)))
        assert store.runs() == (kept,)


def test_a_run_whose_blobs_were_never_kept_is_refused(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        with fault(CheckFailed, "S209", "is missing"):
            store.record(command("a"), closed(runs=(july(blobs={"lines": sha256(b"never kept")}),)))
        assert (store.events(), store.runs()) == ((), ())


def test_lines_that_are_not_those_of_the_run_are_a_fault_of_the_code(store_address: Path | str) -> None:
    found = lines([500, 20])
    for other in (replace(paying(found), lines=3), replace(paying(found), total_minor=521)):
        with Store.open(store_address) as store:
            with pytest.raises(AssertionError, match="those of the run"):
                store.record(command("a"), closed(runs=(other,), lines=((other.run_id, found),)))
            assert (store.events(), store.runs()) == ((), ())


# What is owed


def test_what_is_owed_is_the_sum_of_postings_up_to_a_day(store_address: Path | str) -> None:
    largest = 2**63 - 1
    made = [
        posting("é", largest),
        posting("é", largest),
        posting("é", -largest, kind="paid", effective="2026-08-15"),
        posting("Z", -7),
        posting("Z", 3, currency="JPY"),
    ]
    with Store.open(store_address) as store:
        assert store.owed() == ()
        store.record(command("a"), closed(postings=made))
        assert store.owed() == (
            Owed("Z", "rewards", "EUR", "earned", -7),
            Owed("Z", "rewards", "JPY", "earned", 3),
            Owed("é", "rewards", "EUR", "earned", 2 * largest),
            Owed("é", "rewards", "EUR", "paid", -largest),
        )
        assert [each.kind for each in store.owed(date(2026, 8, 14))] == ["earned"] * 3
        assert store.owed(date(2026, 7, 31)) == ()


def test_postings_of_one_cycle_are_told_apart(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        store.record(command("a"), closed(postings=[posting()]))
        store.record(command("b"), lambda _: Draft("opened", "2026-08", {}, postings=(posting("P-9"),)))
        assert [each.posting.payee for each in store.postings("2026-08")] == ["P-9"]
        assert [(each.event, each.cycle) for each in store.postings()] == [(1, "2026-07"), (2, "2026-08")]


def test_many_postings_are_read_page_by_page(store_address: Path | str) -> None:
    many = [posting(f"P-{each}", each) for each in range(25_000)]
    with Store.open(store_address) as store:
        store.record(command("a"), closed(postings=iter(many)))
        assert [each.posting for each in store.postings()] == many


@pytest.mark.parametrize("amount_minor", [2**63, -(2**63), 10**30])
def test_an_amount_beyond_64_bits_is_refused_with_nothing_written(store_address: Path | str, amount_minor: int) -> None:
    with Store.open(store_address) as store:
        with fault(Refused, "S218", f"{amount_minor:,}"):
            store.record(command("a"), closed(postings=[posting(), posting("P-2", amount_minor)]))
        assert (store.events(), list(store.postings())) == ((), [])


@pytest.mark.parametrize("wrong", [posting(kind="gift"), posting(effective="2026-8-1")])
def test_a_posting_of_no_kind_or_day_is_a_fault_of_the_code(store_address: Path | str, wrong: Posting) -> None:
    with Store.open(store_address) as store:
        with pytest.raises((AssertionError, ValueError)):
            store.record(command("a"), closed(postings=[wrong]))
        assert store.events() == ()


# The same command again


def test_the_same_command_again_has_one_effect(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        first = store.record(command("a", deal="D-1"), closed(postings=[posting()]))
        later = store.record(command("a", at=AT + timedelta(days=400), deal="D-1"), refused)
        assert (first.is_replayed, later.is_replayed, later.event) == (False, True, first.event)
        assert len(store.events()) == len(list(store.postings())) == 1


def test_the_same_key_with_another_request_is_refused(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        store.record(command("a", deal="D-1"), closed())
        with fault(Refused, "S214", "'a' was used for another request, which is event 1"):
            store.record(command("a", deal="D-2"), closed())
        _, refusal = store.events()
        assert (refusal.type, refusal.key, refusal.payload["code"]) == ("refused", "", "S214")


def test_a_command_without_a_key_is_a_new_one_each_time(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        assert [store.record(command(), closed()).event.number for _ in "ab"] == [1, 2]


# What is refused


def test_what_the_books_do_not_allow_is_logged_and_raised(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        with fault_of_july():
            store.record(command("a", deal="D-1"), refused)
        (event,) = store.events()
        assert (event.type, event.cycle, event.key, event.actor) == ("refused", "2026-07", "", "ada")
        assert event.payload == {
            "command": "close",
            "code": "S205",
            "message": "July is closed already",
            "request": {"deal": "D-1"},
        }
        assert not store.record(command("a", deal="D-1"), closed()).is_replayed, "a refusal does not use a key up"


def test_anything_else_that_stops_a_decision_leaves_no_trace(store_address: Path | str, tmp_path: Path) -> None:
    def of_the_disk(_: Sequence[Event]) -> Draft:
        return closed((tmp_path / "nowhere").read_text())(())

    def of_the_code(_: Sequence[Event]) -> Draft:
        raise AssertionError("a fault")

    with Store.open(store_address) as store:
        with pytest.raises(FileNotFoundError):
            store.record(command("a"), of_the_disk)
        with pytest.raises(AssertionError, match="a fault"):
            store.record(command("a"), of_the_code)
        assert store.events() == ()


def fault_of_july() -> pytest.RaisesExc[Conflict]:
    return pytest.raises(Conflict, match="July is closed already")


# The clock


def test_a_clock_that_goes_back_is_noted_and_changes_no_order(store_address: Path | str) -> None:
    times = [AT, AT - timedelta(microseconds=1), AT - timedelta(microseconds=1), AT + timedelta(days=1)]
    with Store.open(store_address) as store:
        for at in times:
            store.record(command(at=at), closed())
        assert [each.is_clock_regressed for each in store.events()] == [False, True, False, False]
        assert [each.at for each in store.events()] == times


def test_a_second_decision_sees_the_first(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        store.record(command("a"), once)
        with fault_of_july():
            store.record(command("b"), once)
