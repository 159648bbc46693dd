"""Several at the same cycle at once; clocks that go back; the same import twice; a rule that changes after the lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cycle_desk import Desk, asking
from cycle_forks import Forks, Job
from cycle_places import memory

from engine.store import Store
from rules.problem import Conflict, Refused

__all__ = ["memory"]
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
V1, OTHER = ("v1", (1,)), ("v1", (0,))
C1 = {"cycle": "c1"}
BY_HAND = {**C1, "payee": "bolt", "title": "Sales", "amount": "-1240", "to": "", "reason": "agreed", "evidence": "a 17"}


class Team:
    """People at a desk, each command with the clock that it is given."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.at = desk, AT

    def do(self, who: str, name: str, key: str = "", **args: Any) -> Any:
        event, *_ = self.desk.send(name, args, asking(who, self.at, key))
        return event

    def in_force(self, version: str = "v1") -> None:
        number = self.do("ana", "program_submit", version=version).number
        self.do("bob", "program_approve", number=number)
        self.do("bob", "program_activate", number=number)

    def approved(self, name: str = "c1", period: str = "2026-01", version: str = "v1", people: str = "bob cyd") -> None:
        self.do("eve", "open", cycle=name, versions=[version], period=period)
        self.do("eve", "calculate", calc=(version, (1,)), period=period)
        self.do("eve", "submit", cycle=name)
        for each in people.split():
            self.do(each, "approve", cycle=name, digest="")

    def events(self) -> Counter[str]:
        """The log, whose chain is verified, by type."""
        with Store.open(self.desk.address, create=False) as store:
            return Counter(each.type for each in store.events())

    def owed(self) -> dict[str, int]:
        found = Counter[str]()
        with Store.open(self.desk.address, create=False) as store:
            for each in store.owed():
                found[each.payee] += each.amount_minor
        return dict(found)


@pytest.fixture
def team(store_address: Path | str, memory: Path) -> Team:
    found = Team(Desk(store_address, memory))
    found.in_force()
    return found


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """One for all stories: it keeps nothing of a job, which has a process of its own."""
    with Forks(tmp_path_factory.mktemp("scratch")) as found:
        yield found


def job(team: Team, who: str, name: str, key: str, **args: Any) -> Job:
    return Job(team.desk.address, team.desk.folder, name, args, who, AT, key)


def test_eight_processes_that_send_one_command_have_one_effect(team: Team, forks: Forks) -> None:
    """From the opening to the payment, each command by all of them at once, with one key."""

    def all_send(who: str, name: str, **args: Any) -> None:
        before = sum(team.events().values())
        told = forks.run([job(team, who, name, f"the key of {name}", **args)] * 8)
        assert Counter(each.exit_code for each in told) == {0: 8}, (name, [each.said for each in told])
        assert sorted(each.is_replayed for each in told) == [False] + [True] * 7, name
        assert len({each.event for each in told}) == 1 and sum(team.events().values()) == before + 1

    all_send("eve", "open", **C1, versions=["v1"], period="2026-01")
    team.do("eve", "calculate", calc=V1, period="2026-01")
    all_send("dan", "adjust", **BY_HAND)
    all_send("eve", "submit", **C1)
    team.do("bob", "approve", **C1, digest="")
    all_send("cyd", "approve", **C1, digest="")
    all_send("eve", "lock", **C1)
    all_send("eve", "pay", **C1, only=(), on=date(2026, 4, 2))
    assert set(team.owed().values()) == {0}


def test_of_two_who_lock_at_once_one_wins_and_the_other_is_told(team: Team, forks: Forks) -> None:
    team.approved()
    told = forks.run([job(team, "eve", "lock", "one", **C1), job(team, "dan", "lock", "two", **C1)])
    assert sorted(each.exit_code for each in told) == [0, 3], told
    assert "B134" in "".join(each.said for each in told)
    assert (team.events()["cycle.locked"], team.events()["refused"]) == (1, 1)
    assert team.owed() == {"acme": 9_000, "bolt": 3_000}


def test_of_eight_who_pay_at_once_one_pays(team: Team, forks: Forks) -> None:
    team.approved()
    team.do("eve", "lock", **C1)
    pays = [job(team, "eve", "pay", f"key {at}", **C1, only=(), on=date(2026, 4, 2)) for at in range(8)]
    told = forks.run(pays)
    assert sorted(each.exit_code for each in told) == [0] + [3] * 7, told
    assert team.owed() == {"acme": 0, "bolt": 0}
    assert (team.events()["cycle.paid"], team.events()["refused"]) == (1, 7)


def test_who_pays_different_payees_at_once_pays_each_once(team: Team, forks: Forks) -> None:
    team.approved()
    team.do("eve", "lock", **C1)
    only = [("acme",), ("bolt",), ("acme", "bolt"), ()] * 2
    pays = [job(team, "eve", "pay", "", **C1, only=each, on=date(2026, 4, 2)) for each in only]
    assert {each.exit_code for each in forks.run(pays)} <= {0, 3}
    assert team.owed() == {"acme": 0, "bolt": 0}


def test_a_change_between_the_submission_and_the_approval_is_not_approved(team: Team, forks: Forks) -> None:
    team.do("eve", "open", **C1, versions=["v1"], period="2026-01")
    team.do("eve", "calculate", calc=V1, period="2026-01")
    digest = team.do("eve", "submit", **C1).payload["digest"]
    assert forks.one(job(team, "dan", "calculate", "", calc=OTHER, period="2026-01")).exit_code == 0
    with pytest.raises(Conflict, match="B133"):
        team.do("bob", "approve", **C1, digest=digest)
    team.do("dan", "submit", **C1)
    with pytest.raises(Conflict, match="B103"):
        team.do("bob", "approve", **C1, digest=digest)


def test_an_approval_and_a_change_at_once_never_lock_what_nobody_saw(team: Team, forks: Forks) -> None:
    """Whichever comes first: what is locked is what was approved, or nothing is. A change that comes after the lock is
    the preview of a period that no cycle is open for, and leaves no event."""
    team.do("eve", "open", **C1, versions=["v1"], period="2026-01")
    team.do("eve", "calculate", calc=OTHER, period="2026-01")
    digest = team.do("eve", "submit", **C1).payload["digest"]
    change = job(team, "dan", "calculate", "", calc=V1, period="2026-01")
    told = forks.run([job(team, "bob", "approve", "", **C1, digest=digest), change, job(team, "eve", "lock", "", **C1)])
    is_locked = told[2].exit_code == 0
    assert told[2].exit_code in (0, 3) and told[1].exit_code in ((0, 3) if is_locked else (0,)), told
    assert not (is_locked and told[1].event), told
    assert team.owed() == ({"acme": 4_000, "bolt": 3_000} if is_locked else {})


def test_a_clock_that_goes_back_is_noted_and_changes_no_order(team: Team) -> None:
    team.approved()
    team.at -= timedelta(days=40)
    locked = team.do("eve", "lock", **C1)
    team.at += timedelta(hours=1)
    paid = team.do("eve", "pay", **C1, only=(), on=date(2026, 4, 2))
    with Store.open(team.desk.address) as store:
        events = store.events()
    assert [each.number for each in events] == list(range(1, len(events) + 1))
    assert events[-2:] == (locked, paid) and locked.at < events[-3].at
    assert [each.is_clock_regressed for each in events[-3:]] == [False, True, False]


def test_the_same_import_twice_is_the_same_run_and_voids_nothing(team: Team, memory: Path) -> None:
    team.approved()
    with Store.open(team.desk.address) as store:
        runs = store.runs()
    again = Team(Desk(team.desk.address, memory / "elsewhere"))  # the same bytes in another folder
    again.at += timedelta(days=3)
    event = again.do("eve", "calculate", calc=V1, period="2026-01")
    with Store.open(team.desk.address) as store:
        assert store.runs() == runs and event.payload["run_id"] == runs[-1].run_id
    team.do("eve", "lock", **C1)
    assert team.owed() == {"acme": 9_000, "bolt": 3_000}


def test_a_rule_that_changes_after_the_lock_leaves_the_locked_run_its_program(team: Team) -> None:
    team.approved()
    team.do("eve", "lock", **C1)
    with Store.open(team.desk.address) as store:
        (locked,) = store.runs()
        lines = store.blob_bytes(locked.blobs["lines"])
        text = store.blob_bytes(locked.blobs["program"])
    team.in_force("v3")  # from the second month on
    path = next(team.desk.folder.glob("v1-1/program.yaml"))
    path.write_text(path.read_text("utf-8").replace("10%", "90%"), "utf-8")
    preview = team.do("eve", "calculate", calc=V1, period="2026-01")
    assert preview is None, "a locked period is previewed, and no more"
    with Store.open(team.desk.address) as store:
        assert store.run(locked.number) == locked
        assert (store.blob_bytes(locked.blobs["lines"]), store.blob_bytes(locked.blobs["program"])) == (lines, text)
    assert team.owed() == {"acme": 9_000, "bolt": 3_000}


def test_the_version_in_force_may_not_change_between_the_approval_and_the_lock(team: Team) -> None:
    """Only the version in force pays: what was approved by another one is approved anew, or never locked."""
    number = team.do("dan", "program_submit", version="v3").number
    team.do("bob", "program_approve", number=number)
    team.approved(period="2026-02")
    team.do("ana", "program_activate", number=number)
    with pytest.raises(Conflict):
        team.do("eve", "lock", **C1)
    assert team.owed() == {}


def test_a_key_is_of_one_request_whoever_sends_it_later(team: Team) -> None:
    team.approved()
    first = team.do("eve", "lock", key="k", **C1)
    team.at += timedelta(days=4_000)
    assert team.do("eve", "lock", key="k", **C1) == first
    for name, args in (("close", C1), ("lock", {"cycle": "c2"}), ("hold", {"payee": "acme", "reason": "why"})):
        with pytest.raises(Refused):
            team.do("eve", name, key="k", **args)
    assert team.events()["refused"] == 3 and replace(first, key="k") == first


def test_a_calculation_that_is_sent_again_after_the_lock_is_the_one_that_it_was(team: Team) -> None:
    team.do("eve", "open", **C1, versions=["v1"], period="2026-01")
    first = team.do("eve", "calculate", key="k", calc=V1, period="2026-01")
    team.do("eve", "submit", **C1)
    team.do("bob", "approve", **C1, digest="")
    team.do("cyd", "approve", **C1, digest="")
    team.do("eve", "lock", **C1)
    assert team.do("eve", "calculate", key="k", calc=V1, period="2026-01") == first


def test_two_overrides_of_one_component_do_not_both_count(team: Team) -> None:
    """`--to` says what a component comes to: twice 100.00 is 100.00."""
    team.do("eve", "open", **C1, versions=["v1"], period="2026-01")
    team.do("eve", "calculate", calc=V1, period="2026-01")
    for _ in range(2):
        over = {**BY_HAND, "payee": "acme", "amount": "", "to": "10000"}
        number = team.do("dan", "adjust", **over).number
        try:
            team.do("bob", "adjust_approve", number=number)
        except Conflict:
            break
    team.do("eve", "submit", **C1)
    for each in ("bob", "cyd"):
        team.do(each, "approve", **C1, digest="")
    team.do("eve", "lock", **C1)
    assert team.owed() == {"acme": 10_000, "bolt": 3_000}
