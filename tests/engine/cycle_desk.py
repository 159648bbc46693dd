"""A desk at which all commands of a cycle are given in this process: by name, with a clock and a key of one's own.

Runs are worked out once for each version and facts, by the engine; afterwards the act finds them as they came out then,
since the stories here are about the books and not about sums. A store stays open for all commands of a story.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cycle_model import ABOVE_MINOR, BY, COMPONENTS, DEALS, EFFECTIVE, MAY_ALSO, PERIODS, RATES, TITLES, Calc
from spine_stories import MONTH, write

from engine.acts.books import adjust, calculate, cycle, lock, pay, program
from engine.acts.books.adjust import Adjustment
from engine.acts.books.asking import Asker
from engine.store import Store
from engine.values import Event

Args = Mapping[str, Any]
Done = tuple[Event | None, bool, dict[str, int]]  # the event, whether it is an earlier one, and who was paid


def written(folder: Path, calc: Calc) -> Path:
    """The program of a calculation and its facts, in a folder of its own."""
    version, variants = calc
    found = folder / f"{version}-{''.join(map(str, variants))}"
    if found.exists():
        return found / "program.yaml"
    above = f", above: [{{amount: EUR {ABOVE_MINOR // 100}, needs: 2}}]" if version != "fees" else ""
    by = f", by: [{', '.join(BY[version] or ())}]" if BY[version] else ""
    text = MONTH.replace("program: Story", f"program: {TITLES[version]}") + textwrap.dedent(f"""
        sources: {{partners: partners.csv, deals: deals.csv}}
        payouts:
          {COMPONENTS[TITLES[version]]}: {{base: deals.amount, dated: deals.closed_on, rate: {RATES[version]}%}}
        approval: {{needs: 1{above}{by}, may_also: [{", ".join(MAY_ALSO[version])}]}}
    """)
    rows = [
        f"{period}-{payee},{payee},{euros}.00,{period}-15"
        for period, variant in zip(PERIODS, variants, strict=False)
        for payee, euros in DEALS[period][variant].items()
    ]
    partners = "partner_id,name\nacme,Acme\nbolt,Bolt\ncora,Cora\n"
    deals = "\n".join(["deal_id,partner_id,amount,closed_on", *rows, ""])
    return write(found, text, {"partners.csv": partners, "deals.csv": deals})


class Desk:
    """Commands by name on one store; `folder` is where programs and facts are written."""

    def __init__(self, address: Path | str, folder: Path) -> None:
        self.address, self.folder = address, folder

    def send(self, name: str, args: Args, asker: Asker) -> Done:
        """Give a command; raises what the act raises."""
        done = COMMANDS[name](self, args, asker)
        if isinstance(done, pay.Payment):
            paid = {each.payee: each.amount_minor for each in done.paid}
            assert len(paid) == len(done.paid) and json.loads(done.content)
            return done.recorded.event, done.recorded.is_replayed, paid
        return (done.event, done.is_replayed, {}) if done else (None, False, {})

    def open(self, a: Args, asker: Asker) -> Any:
        paths = [written(self.folder, (version, (0,))) for version in a["versions"]]
        return cycle.open_cycle(self.address, a["cycle"], paths, a["period"], asker)

    def calculate(self, a: Args, asker: Asker) -> Any:
        path = written(self.folder, a["calc"])
        found = calculate.calculate_in_cycle(path, a["period"], self.address, asker, False, False)
        assert bool(found.recorded) == bool(found.cycle)
        return found.recorded

    def submit_program(self, a: Args, asker: Asker) -> Any:
        first = date.fromisoformat(f"{EFFECTIVE[a['version']]}-01")
        path = written(self.folder, (a["version"], (0,)))
        return program.submit_program(self.address, path, first, "the plan", asker)

    def adjust(self, a: Args, asker: Asker) -> Any:
        texts = (a["payee"], a["title"], COMPONENTS[a["title"]] if a["to"] else "")
        amounts = [f"{int(each) / 100:.2f}" if each else "" for each in (a["amount"], a["to"])]
        asked = Adjustment(a["cycle"], *texts, *amounts, a["reason"], a["evidence"])
        return adjust.submit_adjustment(self.address, asked, asker)

    def pay(self, a: Args, asker: Asker) -> Any:
        return pay.pay(self.address, a["cycle"], a["only"], a["on"], asker)

    def take_back(self, a: Args, asker: Asker) -> Any:
        back = {(payee, a["currency"]): a["reason"] for payee in a["payees"]}
        return pay.take_back(self.address, a["cycle"], a["number"], back, None, asker)


def _of(act: Callable[..., Any], *names: str) -> Callable[[Desk, Args, Asker], Any]:
    """An act that is given these arguments in this order, as the command of its name."""
    return lambda desk, args, asker: act(desk.address, *(args[name] for name in names), asker)


COMMANDS: dict[str, Callable[[Desk, Args, Asker], Any]] = {
    "open": Desk.open,
    "calculate": Desk.calculate,
    "submit": _of(cycle.submit, "cycle"),
    "approve": _of(cycle.approve, "cycle", "digest"),
    "reject": _of(cycle.reject, "cycle", "reason"),
    "lock": _of(lock.lock, "cycle"),
    "pay": Desk.pay,
    "take_back": Desk.take_back,
    "close": _of(pay.close, "cycle"),
    "hold": _of(adjust.hold, "payee", "reason"),
    "release": _of(adjust.release, "payee", "reason"),
    "adjust": Desk.adjust,
    "adjust_approve": _of(adjust.approve_adjustment, "number"),
    "adjust_reject": _of(adjust.reject_adjustment, "number", "reason"),
    "program_submit": Desk.submit_program,
    "program_approve": _of(program.approve_program, "number"),
    "program_reject": _of(program.reject_program, "number", "reason"),
    "program_activate": _of(program.activate_program, "number"),
}


class Remembered:
    """`calculate` as the engine does it, once for each program and facts; then as it came out."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self._real, self._signature = real, inspect.signature(real)
        self._found: dict[tuple[Any, ...], Any] = {}

    def __call__(self, *args: Any, **named: Any) -> Any:
        given = self._signature.bind(*args, **named)
        given.apply_defaults()
        a = given.arguments
        facts = (a["program"].parent / "deals.csv").read_bytes()
        key = (a["program"].read_bytes(), facts, a["period_name"], a["is_official"])
        if key not in self._found:
            a["keep"] = partial(self._noted, key, a["keep"])
            return self._real(*given.args, **given.kwargs)
        calculated, record, blobs = self._found[key]
        with Store.open(a["store"]) as store:
            record = replace(record, actor=a["actor"], created_at=a["at"])
            return replace(calculated, record=a["keep"](store, record, blobs))

    def _noted(self, key: Any, keep: Callable[..., Any], store: Store, record: Any, blobs: Mapping[str, Any]) -> Any:
        kept = {role: each.read_bytes() if isinstance(each, Path) else each for role, each in blobs.items()}
        found = keep(store, record, blobs)
        self._found[key] = (self._calculated(found), record, kept)
        return found

    def _calculated(self, record: Any) -> Any:
        from engine.acts.calculate import Calculated

        return Calculated(record, *[None] * (len(inspect.signature(Calculated).parameters) - 1))  # type: ignore[arg-type]


REMEMBERED = Remembered(calculate.calculate)


@contextmanager
def at_a_desk(address: Path | str) -> Iterator[Store]:
    """Commands find runs that were worked out before, and the store open."""
    with Store.open(address) as store:
        real = Store.open

        def opened(where: Path | str, *args: Any, **named: Any) -> Store:
            return store if where == address else real(where, *args, **named)

        with (
            patch.object(calculate, "calculate", REMEMBERED),
            patch.object(Store, "open", opened),
            patch.object(store, "close", lambda: None),
        ):
            yield store


def asking(actor: str, at: datetime, key: str = "") -> Asker:
    return Asker(actor, "os-declared", at, key)
