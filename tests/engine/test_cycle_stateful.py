"""All commands of a cycle in any order, by anybody, sent again and altered: beside a model of what was promised.

After each command: it did what the model says or was refused with a code that the model expects; a refusal of the books
is logged and leaves nothing else; the log is chained without a gap, and what is owed is what the model says.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from cycle_beside import STEPS, Beside, Fresh
from cycle_desk import asking
from cycle_model import FEES, PERIODS, SALES, TITLES, Cycle, Request, Verdict
from cycle_places import fresh, memory
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from rules.problem import Refused

EVERYBODY = ["ana", "bob", "cyd", "dan", "eve"]
PEOPLE = st.sampled_from(EVERYBODY)
PAYEES = st.sampled_from(["acme", "bolt", "cora", "acme", "bolt", "zed"])
NAMES = st.sampled_from(["last", "last", "last", "last", "last", "last", "before", "before", "c1", "c9"])
REASONS = st.sampled_from(["it was agreed", "a letter came", "it was agreed", ""])
CLOCK = st.integers(-3, 9).map(lambda hours: timedelta(hours=hours))
__all__ = ["fresh", "memory"]


class Books(Beside):
    """A finance team of five at the books of one store."""

    # As it should go

    def onward(self, at: int, who: str) -> None:
        """The next right step of a cycle, by somebody who may do it."""
        waiting = [name for name, each in self.model.cycles.items() if each.status != "closed"]
        if not waiting or (at == 0 and len(waiting) == 1):
            self.open(who=who, name=f"c{len(self.model.cycles) + 1}", more=0, programs=("sf", "s", "f")[at % 3])
            return
        name = waiting[at % len(waiting)]
        cycle = self.model.cycles[name]
        if set(cycle.calcs) < set(cycle.programs) or (cycle.status == "open" and self.model.submit(cycle).must):
            self.calculate(who=who, period=list(self.waiting()).index(cycle), version=0, at=at % 2)
        elif cycle.status == "open":
            self.submit(who=who, name=name)
        elif cycle.status == "submitted":
            people = (each for each in EVERYBODY if not self.model.approve(cycle, each, "").must)
            self.approve(who=next(people, who), name=name, which="its")
        elif cycle.status == "approved":
            self.lock(who=who, name=name)
        elif self.model.pay(cycle, ()).must:
            self.close(who=who, name=name)
        else:
            self.pay(who=who, name=name, only=[], on=at)

    @rule(at=st.integers(0, 5), who=PEOPLE)
    def onward_1(self, at: int, who: str) -> None:
        self.onward(at, who)

    @rule(at=st.integers(0, 5), who=PEOPLE)
    def onward_2(self, at: int, who: str) -> None:
        self.onward(at, who)

    @rule(at=st.integers(0, 5), who=PEOPLE)
    def onward_3(self, at: int, who: str) -> None:
        self.onward(at, who)

    @rule(what=st.sampled_from(["adjust", "override", "return", "version", "hold"]), at=st.integers(0, 5), who=PEOPLE)
    def seldom(self, what: str, at: int, who: str) -> None:
        """What does not happen in every cycle, as it should."""
        other = EVERYBODY[EVERYBODY.index(who) - 1 - at % 3]
        paid = [(name, number, each) for name, number, each in self.paid_parts() if each]
        if what in ("adjust", "override") and (calculated := [each for each in self.waiting() if each.calcs]):
            cycle = calculated[at % len(calculated)]
            name = next(name for name, each in self.model.cycles.items() if each is cycle)
            minor, title = (1_240, -6_000, 45_000, -90_000, 5, -1)[at], list(cycle.calcs)[at % len(cycle.calcs)]
            about = {
                "payee": ("acme", "bolt", "cora")[at % 3],
                "title": title,
                "reason": "agreed",
                "evidence": "ticket 17",
            }
            self.adjust(who=who, name=name, minor=minor, is_to=what == "override", **about)
            self.decide(who=other, at=0, reason=None, kind="adjust")
        elif what == "return" and paid:
            name, number, payees = paid[at % len(paid)]
            self.take_back(who=who, name=name, number=number, payees=payees[: at % 2 + 1], code="")
        elif what == "version":
            number = [each for each, asked in self.model.requests.items() if asked.kind == "program"][2 + at % 2]
            place = sorted(self.model.requests, reverse=True).index(number)
            self.decide(who="bob", at=place, reason=None, kind="program")
            self.activate(who=who, at=place)
        elif what == "hold":
            is_held = bool(self.model.holds) and at % 2
            payee = min(self.model.holds) if is_held else ("acme", "bolt", "cora")[at % 3]
            self.hold(who=who, payee=payee, reason="a letter", name="release" if is_held else "hold")

    # What may be asked for

    @rule(who=PEOPLE, name=NAMES, more=st.integers(0, 3), programs=st.sampled_from(["s", "s", "f", "sf", "sf", "ss"]))
    def open(self, who: str, name: str, more: int, programs: str) -> None:
        name = f"c{len(self.model.cycles) + 1}" if name == "last" else self.named(name)
        titles = [{"s": SALES, "f": FEES}[each] for each in programs]
        done = [PERIODS.index(each) for title in titles for each in self.model.locked_periods(title)]
        at = max(done, default=-1) + (more if more > 1 else 1)
        if at >= len(PERIODS):
            return
        args = {
            "cycle": name,
            "versions": ["v1" if each == SALES else "fees" for each in titles],
            "period": PERIODS[at],
        }
        if self.send("open", args, who, self.model.open(name, titles, PERIODS[at])):
            self.model.cycles[name] = Cycle(PERIODS[at], tuple(sorted(titles)))

    @rule(
        who=PEOPLE,
        period=st.integers(0, 2),
        version=st.sampled_from([0, 0, 0, "v1", "v2", "v3", "fees"]),
        at=st.integers(0, 1),
    )
    def calculate(self, who: str, period: int, version: Any, at: int) -> None:
        waiting = self.waiting()
        if version == 0:  # as it should be: what is open, with the version in force
            if not waiting:
                return
            cycle = waiting[period % len(waiting)]
            left = [each for each in cycle.programs if each not in cycle.calcs] or list(cycle.programs)
            period, version = PERIODS.index(cycle.period), self.model.in_force(left[0], cycle.period)
        name, title = PERIODS[period], TITLES[version]
        variants = [] if title == SALES else [0] * period
        while len(variants) < period:
            variants.append(self.locked_variant(title, PERIODS[len(variants)]))
        calc = (version, (*variants, at if title == SALES else 0))
        found = self.model.unlocked(title, name)
        if (
            self.send("calculate", {"calc": calc, "period": name}, who, Verdict({}), is_event=found is not None)
            and found
        ):
            self.model.calculated(found, title, calc, who)

    @rule(who=PEOPLE, name=NAMES)
    def submit(self, who: str, name: str) -> None:
        name = self.named(name)
        if (cycle := self.cycle(name)) is None:
            self.send("submit", {"cycle": name}, who, Verdict({"B120": True}))
        elif event := self.send("submit", {"cycle": name}, who, self.model.submit(cycle)):
            cycle.status, cycle.submitted_by, cycle.digest = "submitted", who, event.payload["digest"]
            cycle.approved_by, cycle.needs = set(), event.payload["policy"]["needs"]
            fewest, most = self.model.people(cycle)
            assert fewest <= cycle.needs <= most

    @rule(who=PEOPLE, name=NAMES, which=st.sampled_from(["", "", "its", "its", "other"]))
    def approve(self, who: str, name: str, which: str) -> None:
        name = self.named(name)
        if (cycle := self.cycle(name)) is None:
            self.send("approve", {"cycle": name, "digest": ""}, who, Verdict({"B120": True}))
            return
        digest = {"": "", "its": cycle.digest[:16], "other": "0123456789abcdef"}[which]
        if self.send("approve", {"cycle": name, "digest": digest}, who, self.model.approve(cycle, who, digest)):
            self.model.approved(cycle, who)

    @rule(who=PEOPLE, name=NAMES, reason=REASONS)
    def reject(self, who: str, name: str, reason: str) -> None:
        name = self.named(name)
        cycle = self.cycle(name)
        verdict = self.model.reject(cycle, who, reason) if cycle else Verdict({"B120": True, "B100": not reason})
        if self.send("reject", {"cycle": name, "reason": reason}, who, verdict) and cycle:
            self.model.void(cycle)

    @rule(who=PEOPLE, name=NAMES)
    def lock(self, who: str, name: str) -> None:
        name = self.named(name)
        cycle = self.cycle(name)
        verdict = self.model.lock(cycle) if cycle else Verdict({"B120": True})
        if self.send("lock", {"cycle": name}, who, verdict) and cycle:
            self.model.lock_now(cycle)

    @rule(who=PEOPLE, name=NAMES, only=st.lists(PAYEES, max_size=2, unique=True), on=st.integers(0, 40))
    def pay(self, who: str, name: str, only: list[str], on: int) -> None:
        name = self.named(name)
        cycle = self.cycle(name)
        args = {"cycle": name, "only": tuple(only), "on": date(2026, 2, 1) + timedelta(on)}
        free = self.model.payable(only)
        verdict = self.model.pay(cycle, only, str(args["on"])) if cycle else Verdict({"B120": True})
        if self.send("pay", args, who, verdict) and cycle:
            assert self.paid == free, "each payee gets what is owed to them, once"
            self.model.owed.subtract(free)
            cycle.payments.append(dict(free))

    @rule(
        who=PEOPLE,
        name=NAMES,
        number=st.integers(0, 3),
        payees=st.lists(PAYEES, min_size=1, max_size=2, unique=True),
        code=st.sampled_from(["", "EUR"]),
    )
    def take_back(self, who: str, name: str, number: int, payees: list[str], code: str) -> None:
        name = self.named(name)
        cycle = self.cycle(name)
        args = {"cycle": name, "number": number, "payees": payees, "currency": code, "reason": "account closed"}
        verdict = self.model.take_back(cycle, number, payees) if cycle else Verdict({"B120": True})
        if self.send("take_back", args, who, verdict) and cycle:
            for payee in payees:
                self.model.owed[payee] += cycle.payments[number - 1].pop(payee)

    @rule(who=PEOPLE, name=NAMES)
    def close(self, who: str, name: str) -> None:
        name = self.named(name)
        cycle = self.cycle(name)
        verdict = self.model.close(cycle) if cycle else Verdict({"B120": True})
        if self.send("close", {"cycle": name}, who, verdict) and cycle:
            cycle.status = "closed"

    @rule(who=PEOPLE, payee=PAYEES, reason=REASONS, name=st.sampled_from(["hold", "release"]))
    def hold(self, who: str, payee: str, reason: str, name: str) -> None:
        verdict = self.model.hold(payee, reason) if name == "hold" else self.model.release(payee, reason)
        if self.send(name, {"payee": payee, "reason": reason}, who, verdict):
            self.model.holds ^= {payee}

    @rule(
        who=PEOPLE,
        name=NAMES,
        payee=PAYEES,
        title=st.sampled_from([SALES, SALES, FEES]),
        minor=st.sampled_from([1240, -500, -20_000, 8_000, 0]),
        is_to=st.booleans(),
        reason=REASONS,
        evidence=st.sampled_from(["ticket 17", "ticket 17", "ticket 17", ""]),
    )
    def adjust(
        self, who: str, name: str, payee: str, title: str, minor: int, is_to: bool, reason: str, evidence: str
    ) -> None:
        name = self.named(name)
        cycle = self.cycle(name)
        overrides = [each.detail for each in self.model.requests.values() if each.detail.get("to")]
        is_to = is_to and (name, payee, title) not in [(a["cycle"], a["payee"], a["title"]) for a in overrides]
        amount, to = ("", str(minor)) if is_to else (str(minor), "")
        args = {
            "cycle": name,
            "payee": payee,
            "title": title,
            "amount": amount,
            "to": to,
            "reason": reason,
            "evidence": evidence,
        }
        verdict = (
            self.model.adjust(cycle, args)
            if cycle
            else Verdict({"B120": True, "B100": not reason, "B141": not evidence})
        )
        if event := self.send("adjust", args, who, verdict):
            self.model.requests[event.number] = Request("adjust", who, args)

    @rule(
        who=PEOPLE,
        at=st.integers(0, 9),
        reason=st.sampled_from([None, None, None, "no", ""]),
        kind=st.sampled_from(["adjust", "adjust", "program"]),
    )
    def decide(self, who: str, at: int, reason: str | None, kind: str) -> None:
        number = self.pick(at)
        name = f"{kind}_approve" if reason is None else f"{kind}_reject"
        args = {"number": number} | ({} if reason is None else {"reason": reason})
        if self.send(name, args, who, self.model.decide(kind, number, who, reason)):
            asked = self.model.requests[number]
            asked.state = "approved" if reason is None else "rejected"
            if name == "adjust_approve":
                cycle = self.model.cycles[asked.detail["cycle"]]
                cycle.adjustments.append(number)
                self.model.void(cycle)

    @rule(who=PEOPLE, at=st.integers(0, 9))
    def activate(self, who: str, at: int) -> None:
        number = self.pick(at)
        if self.send("program_activate", {"number": number}, who, self.model.activate(number)):
            self.model.requests[number].state = "activated"

    # What was sent before

    @precondition(lambda self: self.sent)
    @rule(at=st.integers(0, 99), pause=CLOCK)
    def again(self, at: int, pause: timedelta) -> None:
        name, args, who, key, event = self.sent[at % len(self.sent)]
        found, is_earlier, _ = self.desk.send(name, args, asking(who, self.tick(pause), key))
        assert is_earlier and found == event
        self.hold_still("again")

    @precondition(lambda self: self.sent)
    @rule(at=st.integers(0, 99), other=st.integers(0, 99), pause=CLOCK)
    def altered(self, at: int, other: int, pause: timedelta) -> None:
        first, args, who, key, _ = self.sent[at % len(self.sent)]
        name, altered, *_ = self.sent[other % len(self.sent)]
        if altered == args and name == first:
            altered = altered | {"reason": "another"} if "reason" in args else altered
            name = "lock" if "reason" not in args else name
            altered = altered if "reason" in args else {"cycle": "c1"}
            if altered == args:
                return
        if name == first == "calculate" and (args["calc"][0], args["period"]) == (
            altered["calc"][0],
            altered["period"],
        ):
            return  # the facts are no part of what is asked
        now = self.tick(pause)
        with pytest.raises(Refused):
            self.desk.send(name, altered, asking(who, now, key))
        self.follow("altered", who, now, True, "S214")


def test_any_commands_in_any_order(fresh: Fresh, request: pytest.FixtureRequest) -> None:
    """About 1,000 commands over both databases; a server takes longer for each, so that it is given fewer."""
    is_soak = settings().max_examples > 1_000
    examples = 9 if request.node.callspec.params["fresh"] == "sqlite" else 4
    campaign(fresh, 1_000 if is_soak else examples, is_soak)


@pytest.mark.ci
def test_ten_thousand_commands_in_any_order(fresh: Fresh, request: pytest.FixtureRequest) -> None:
    """About 10,000 commands over both databases."""
    campaign(fresh, 88 if request.node.callspec.params["fresh"] == "sqlite" else 32, is_soak=False)


def campaign(fresh: Fresh, examples: int, is_soak: bool) -> None:
    """So many stories of a hundred commands each; to shrink one takes minutes, which only the soak has."""
    STEPS.clear()
    phases = [Phase.generate, Phase.shrink][: 1 + is_soak]
    some = settings(max_examples=examples, stateful_step_count=100, phases=phases, report_multiple_bugs=False)
    run_state_machine_as_test(partial(Books, fresh), settings=some)
    print(sum(STEPS.values()), "commands:", dict(sorted(STEPS.items())))
    assert sum(STEPS.values()) > 50 * examples
