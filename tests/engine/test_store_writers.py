"""Several at once: writers come one after the other, each decides on what the one before left, and a command that is
sent several times has one effect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from event_stories import closed, command, once, posting, refused
from store_stories import LINES, PROCESSES, fault, july

from engine.store import Store
from engine.values import Draft, Event, Recorded
from rules.problem import Conflict


def at_once(address: Path | str, works: Sequence[Callable[[Store], Any]]) -> list[Any]:
    """What each gives, started together, each with a store of its own; what it raises is given too."""
    Store.open(address).close()
    start = threading.Barrier(len(works))

    def run(work: Callable[[Store], Any]) -> Any:
        with Store.open(address, create=False) as store:
            start.wait()
            try:
                return work(store)
            except Conflict as error:
                return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_eight_senders_of_one_command_have_one_effect(store_address: Path | str) -> None:
    done = at_once(store_address, [lambda store: store.record(command("a"), closed(postings=[posting()]))] * 8)
    assert sorted(each.is_replayed for each in done) == [False] + [True] * 7
    assert len({each.event.sha256 for each in done}) == 1
    with Store.open(store_address) as store:
        assert len(store.events()) == len(list(store.postings())) == 1


def test_of_eight_who_close_one_is_first_and_the_others_are_told_and_logged(store_address: Path | str) -> None:
    works = [lambda store, key=key: store.record(command(key), once) for key in "abcdefgh"]
    done = at_once(store_address, works)
    assert sum(isinstance(each, Recorded) for each in done) == 1
    assert {str(each.problems[0].message) for each in done if isinstance(each, Conflict)} == {"July is closed already"}
    with Store.open(store_address) as store:
        assert sorted(each.type for each in store.events()) == ["cycle.closed"] + ["refused"] * 7


def test_a_second_writer_waits_and_is_decided_by_what_the_first_left(store_address: Path | str) -> None:
    inside, went_on = threading.Event(), threading.Event()

    def slow(events: Sequence[Event]) -> Draft:
        inside.set()
        time.sleep(0.3)  # the other one waits meanwhile
        assert not went_on.is_set()
        return once(events)

    def second(store: Store) -> Recorded:
        inside.wait()
        try:
            return store.record(command("b"), once)
        finally:
            went_on.set()

    first, other = at_once(store_address, [lambda store: store.record(command("a"), slow), second])
    assert isinstance(first, Recorded) and isinstance(other, Conflict)


def test_a_writer_that_does_not_get_its_turn_is_told_so_and_a_reader_never_waits(store_address: Path | str) -> None:
    with Store.open(store_address) as store, Store.open(store_address, busy_ms=50) as other:

        def meanwhile(_: Sequence[Event]) -> Draft:
            assert (other.events(), other.runs()) == ((), ())
            with fault(Conflict, "S205", "another command is writing"):
                other.record(command("b"), closed())
            return closed()(())

        store.record(command("a"), meanwhile)
        assert [each.key for each in other.events()] == ["a"], "to be busy is no refusal of the books"
        assert other.record(command("b"), closed()).event.number == 2


def record_ten(address: Path | str, who: str) -> None:
    with Store.open(address) as store:
        for each in range(10):
            store.record(command(f"{who} {each}"), closed(runs=(july(f"{who} {each}"),), postings=[posting(who, each)]))
            store.put(LINES)


def test_processes_that_open_a_new_store_at_once_record_all_that_they_have(store_address: Path | str) -> None:
    workers = [PROCESSES.Process(target=record_ten, args=(store_address, who)) for who in "abcd"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with Store.open(store_address, create=False) as store:
        assert [each.number for each in store.runs()] == list(range(1, 41))
        assert len(store.events()) == 40
        assert [each.amount_minor for each in store.owed()] == [45] * 4


def record_until_killed(address: Path | str, turn: int, told: Any) -> None:
    with Store.open(address) as store:
        for each in range(10_000):
            postings = [posting(f"P-{number}") for number in range(20)]
            told.send(store.record(command(f"{turn} {each}"), closed(postings=postings)).event.number)


def test_a_process_killed_at_any_moment_leaves_whole_events_and_none_that_it_told_is_lost(
    store_address: Path | str,
) -> None:
    last_told = 0
    for turn in range(4):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        worker = PROCESSES.Process(target=record_until_killed, args=(store_address, turn, theirs))
        worker.start()
        theirs.close()
        last_told = ours.recv()
        time.sleep(0.013 * turn)
        worker.kill()
        worker.join()
        while ours.poll():
            try:
                last_told = ours.recv()
            except EOFError:
                break
        with Store.open(store_address) as store:
            assert len(store.events()) - last_told in (0, 1), "recorded and not told at most once"
            assert len(list(store.postings())) == 20 * len(store.events())


def test_a_refusal_is_logged_once_for_each_time_it_was_asked(store_address: Path | str) -> None:
    with Store.open(store_address) as store:
        for _ in range(3):
            with pytest.raises(Conflict):
                store.record(command("a"), refused)
        assert [each.type for each in store.events()] == ["refused"] * 3
