"""Adjustments and holds: amounts by hand, and payees who wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from engine.acts.books.asking import Asker, record
from engine.ledger import adjustments
from engine.ledger.books import Books
from engine.ledger.cycles import Calculation
from engine.ledger.refusals import conflict, reasoned
from engine.store import Address, Store
from engine.store.tables import ids
from engine.values.draft import Draft, Recorded
from rules.load import understand
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import currency
from rules.quantities.written import parse_money


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is asked for by hand: who gets it, of which program and component, and why.

    `amount` is to be added, or `to` is what the component shall come to: one of the two, as people write money.
    """

    cycle: str
    payee: str
    program: str
    component: str
    amount: str
    to: str
    reason: str
    evidence: str
    dispute: int = 0


def submit_adjustment(store: Address, asked: Adjustment, asker: Asker) -> Recorded:
    """Ask for an adjustment in the open cycle; another person approves it."""
    with Store.open(store, create=False) as kept:
        request = {name: getattr(asked, name) for name in ("payee", "program", "component", "amount", "to", "dispute")}
        command = asker.command("adjust", asked.cycle, {**request, "reason": asked.reason, "evidence": asked.evidence})

        def decide(books: Books) -> Draft:
            content = _content(books, asked)
            _refuse_unknown(kept, books, content, asked.cycle)
            return adjustments.submit_adjustment(books, command, content)

        return record(kept, command, decide)


def approve_adjustment(store: Address, number: int, asker: Asker) -> Recorded:
    """Approve an adjustment as another person than the one who asked for it."""
    command = asker.command("adjust approve", "", {"request": number})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: adjustments.approve_adjustment(books, command, number))


def reject_adjustment(store: Address, number: int, reason: str, asker: Asker) -> Recorded:
    """Turn an adjustment down."""
    command = asker.command("adjust reject", "", {"request": number, "reason": reason})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: adjustments.reject_adjustment(books, command, number, reason))


def hold(store: Address, payee: str, reason: str, asker: Asker) -> Recorded:
    """Let a payee's payments wait."""
    command = asker.command("hold", "", {"payee": payee, "reason": reason})
    with Store.open(store, create=False) as kept:

        def decide(books: Books) -> Draft:
            if problems := tuple(_nobody(payee, payees_known(kept, books))):
                raise Refused(*problems)
            return adjustments.hold(books, command, payee, reason)

        return record(kept, command, decide)


def release(store: Address, payee: str, reason: str, asker: Asker) -> Recorded:
    """Let a payee be paid again."""
    command = asker.command("release", "", {"payee": payee, "reason": reason})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: adjustments.release(books, command, payee, reason))


def payees_known(store: Store, books: Books) -> frozenset[str]:
    """Whoever was ever owed anything, and the partners and payees of what was calculated last in each cycle."""
    known = {each.payee for each in store.owed()}
    for cycle in books.cycles.values():
        for each in cycle.calculations.values():
            known |= _of_tables(store, each)
    return frozenset(known)


def _of_tables(store: Store, calculation: Calculation) -> frozenset[str]:
    columns = {"partners": "partner_id", "payees": "payee_id"}
    tables = {name: sha for name, sha in calculation.tables.items() if name in columns}
    return frozenset(each for name, sha in tables.items() for each in ids(store.blob(sha), columns[name]))


def _refuse_unknown(store: Store, books: Books, content: Mapping[str, Any], name: str) -> None:
    """Raise Refused where an adjustment is for nobody, or of no component: both are told."""
    calculation = books.cycle(name).calculations[content["program"]]
    partners = ids(store.blob(calculation.tables["partners"]), "partner_id")
    problems = list(_nobody(content["payee"], partners if "to_minor" in content else _of_tables(store, calculation)))
    if "to_minor" in content and not calculation.run_id:
        message = f"cycle {name} only trues up, so there is nothing of its own to replace"
        problems.append(Problem("B140", message, Place(), "add an amount: --amount AMOUNT"))
    data = store.blob_bytes(calculation.program_sha256)
    meaning = understand(data, "program", Path(), warns=False).understood()
    components = [each.name for part in (meaning.payouts, meaning.pools, meaning.balances) for each in part]
    if content["component"] and content["component"] not in components:
        near = get_close_matches(content["component"], components, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"its components: {', '.join(components)}"
        message = f"{content['program']} has no component {content['component']}"
        problems.append(Problem("B146", message, Place(), hint))
    if problems:
        raise Refused(*problems)


def _nobody(payee: str, known: Collection[str]) -> Iterator[Problem]:
    if payee not in known:
        near = get_close_matches(payee, sorted(known), n=1)
        hint = f"did you mean '{near[0]}'?" if near else "name a partner of what was calculated, or a payee"
        yield Problem("B139", f"there is no payee {payee}", Place(), hint)


def _content(books: Books, asked: Adjustment) -> Mapping[str, Any]:
    """What the event says: the program, where the cycle has one only, and amounts in minor units of its currency."""
    cycle = books.cycle(asked.cycle)
    program = asked.program or (cycle.programs[0] if len(cycle.programs) == 1 else "")
    problems = list(_misasked(asked))
    if not program:
        hint = f"--program: {', '.join(cycle.programs)}"
        problems.append(Problem("B126", "the cycle pays several programs", Place(), hint))
    if problems:
        raise Refused(*problems)
    if program in cycle.programs and program not in cycle.calculations:
        message = f"nothing was calculated yet of {program} in cycle {cycle.name}"
        raise conflict("B128", message, "calculate it first: an adjustment is in the currency of its program")
    if program not in cycle.programs:
        hint = f"its programs: {', '.join(cycle.programs)}"
        raise conflict("B126", f"cycle {cycle.name} does not pay {program}", hint)
    code = cycle.calculations[program].currency
    content: dict[str, Any] = {
        "payee": asked.payee,
        "program": program,
        "component": asked.component,
        "currency": code,
        "reason": asked.reason,
        "evidence": asked.evidence,
    }
    content |= {"dispute": asked.dispute} if asked.dispute else {}
    return content | {"amount_minor" if asked.amount else "to_minor": str(_minor(asked.amount or asked.to, code))}


def _misasked(asked: Adjustment) -> Iterator[Problem]:
    """All that is wrong with what was asked for, whatever the books say."""
    if bool(asked.amount) == bool(asked.to):
        message = "an adjustment adds an amount, or says what a component shall come to"
        yield Problem("B140", message, Place(), "one of: --amount AMOUNT, --to AMOUNT")
    if asked.to and not asked.component:
        yield Problem("B140", "it is not said what shall come to this amount", Place(), "name it: --component NAME")
    for text in filter(None, (asked.amount, asked.to)):
        try:
            parse_money(text)
        except ValueError as error:
            yield Problem("B140", str(error), Place(), "write it as 1250.00 or -12.40")
    if not asked.evidence.strip():
        yield Problem("B141", "no evidence is named", Place(), "say where it can be looked up: --evidence TEXT")
    try:
        reasoned(asked.reason)
    except Refused as refusal:
        yield from refusal.problems


def _minor(text: str, code: str) -> int:
    """An amount as people write it, in minor units of a currency."""
    money = parse_money(text)
    minor = money.amount * currency(code).minor_per_major
    if money.currency not in (None, code) or minor.denominator != 1:
        message = f"{text} is no amount of {code} in whole minor units"
        raise Refused(Problem("B140", message, Place(), f"write an amount of {code}"))
    return int(minor)
