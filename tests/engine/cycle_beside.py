"""What holds an engine beside the model: each command has to end as the model says, and leave what it says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from cycle_desk import Desk, asking, at_a_desk
from cycle_model import Cycle, Model, Verdict
from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from engine.acts.books import looks
from engine.store import Store
from engine.values import Event
from rules.problem import Conflict, PartageError, Refused

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
STEPS = Counter[str]()
BEFORE = {"B106"}  # refused for how it is asked, before the books are looked at: the log has nothing of it
Fresh = Callable[[], tuple[Desk, Mapping[str, int]]]


class Beside(RuleBasedStateMachine):
    """The books of one store, and those of the model."""

    def __init__(self, fresh: Fresh) -> None:
        super().__init__()
        self.is_still = False
        self.fresh, self.stack = fresh, ExitStack()

    @initialize()
    def begin(self) -> None:
        self.desk, requests = self.fresh()
        self.model = Model(requests)
        self.store = self.stack.enter_context(at_a_desk(self.desk.address))
        self.events = self.store.events()
        self.now, self.number, self.looked_at = NOON, 0, 0
        self.sent: list[tuple[str, dict[str, Any], str, str, Event]] = []

    def teardown(self) -> None:
        self.stack.close()
        if not self.is_still:  # a command did not end as it should have: that is what is told
            return
        with Store.open(self.desk.address, create=False) as again:
            assert again.events() == self.events

    def send(self, name: str, args: dict[str, Any], who: str, verdict: Verdict, is_event: bool = True) -> Event | None:
        """Give a command as the model expects it to end: its event, None where it was refused."""
        self.number, self.is_still = self.number + 1, False
        key = f"key {self.number}" if self.number % 3 else ""
        at = self.tick(timedelta(hours=(self.number * 7) % 13 - 3))
        shown = f"{name} {args} by {who}: {sorted(verdict.must)} {sorted(verdict.may)}"
        try:
            event, is_earlier, self.paid = self.desk.send(name, args, asking(who, at, key))
        except PartageError as error:
            code = error.problems[0].code
            assert isinstance(error, Conflict | Refused) and code in verdict.must | verdict.may, f"{shown}: {error}"
            self.follow(name, who, at, code not in BEFORE, code)
            return None
        assert not verdict.must, f"{shown}: was done"
        assert not is_earlier
        self.follow(name, who, at, is_event)
        if event and key:
            self.sent.append((name, args, who, key, event))
        assert bool(event) == is_event
        return event or (self.events[-1] if name == "calculate" else None)

    def follow(self, name: str, who: str, at: datetime, is_event: bool, code: str = "") -> None:
        """The log has one event more, that of the command or of its refusal, or none."""
        before, self.events = self.events, self.store.events()
        assert self.events[: len(before)] == before and len(self.events) == len(before) + is_event
        if is_event:
            event, last = self.events[-1], before[-1]
            assert (event.number, event.before_sha256) == (last.number + 1, hashlib.sha256(last.content).hexdigest())
            assert (event.actor, event.at, event.is_clock_regressed) == (who, at, at < last.at)
            assert (event.type == "refused") == bool(code) and event.payload.get("code", "") == code
        note(f"    {name} by {who}: {code or 'done'} {self.events[-1].payload if is_event and not code else ''}")
        STEPS[f"{name} {code or 'done'}"] += 1

    def hold_still(self, name: str) -> None:
        """Nothing was written."""
        assert self.store.events() == self.events
        STEPS[name] += 1

    @invariant()
    def owes_what_was_promised(self) -> None:
        """By payee, what is owed is the model's; and the cycle that was just touched stands as the model's does."""
        owed, self.is_still = Counter[str](), True
        for each in self.store.owed():
            owed[each.payee] += each.amount_minor
        assert +owed == +self.model.owed and -owed == -self.model.owed
        name = self.events[-1].cycle
        if (cycle := self.cycle(name)) and self.looked_at < self.events[-1].number:
            self.looked_at = self.events[-1].number
            look = looks.look(self.desk.address, name, NOON.date())
            assert look.cycle.status == cycle.status
            if len(cycle.calcs) == len(cycle.programs) and not cycle.is_locked:
                assert look.totals_minor == {"EUR": self.model.would_pay(cycle).total()}

    def tick(self, pause: timedelta) -> datetime:
        self.now += pause
        return self.now

    def cycle(self, name: str) -> Cycle | None:
        return self.model.cycles.get(name)

    def named(self, name: str) -> str:
        """The name of the last cycle, or of the one before, where it is called so."""
        names = list(self.model.cycles)
        return (names[-1:] or ["c1"])[0] if name == "last" else (names[-2:] or ["c1"])[0] if name == "before" else name

    def waiting(self) -> list[Cycle]:
        return [each for each in self.model.cycles.values() if not each.is_locked]

    def pick(self, at: int) -> int:
        """A request, or a number that is none."""
        numbers = [*sorted(self.model.requests, reverse=True), 1_000]
        return numbers[at % len(numbers)]

    def locked_variant(self, title: str, period: str) -> int:
        found = [each for each in self.model.cycles.values() if each.is_locked and each.period == period]
        return next((each.calcs[title][1][-1] for each in found if title in each.programs), 0)

    def paid_parts(self) -> Iterator[tuple[str, int, list[str]]]:
        for name, cycle in self.model.cycles.items():
            for at, each in enumerate(cycle.payments):
                yield name, at + 1, sorted(each)
