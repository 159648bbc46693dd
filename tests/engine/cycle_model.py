"""A payout cycle as its promises say, in plain dicts: what each command must do, beside which the engine is held.

Written from the requirement alone, and by other means than the engine: no events, no digests, no postings. A verdict
names the codes of which a refusal gives one: `must` says that the command is refused; `may` are cases that the
requirement leaves open, in which the engine decides and the model follows. Amounts are minor units of euros.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

PERIODS = ("2026-01", "2026-02", "2026-03")
LAST_DAYS = {"2026-01": "2026-01-31", "2026-02": "2026-02-28", "2026-03": "2026-03-31"}
SALES, FEES = "Sales", "Fees"
COMPONENTS = {SALES: "commission", FEES: "fee"}
AUTHORS = {"v1": "ana", "v2": "ana", "v3": "dan", "fees": "dan"}
TITLES = {"v1": SALES, "v2": SALES, "v3": SALES, "fees": FEES}
RATES = {"v1": 10, "v2": 12, "v3": 8, "fees": -5}  # in percent
EFFECTIVE = {"v1": "2026-01", "v2": "2026-03", "v3": "2026-02", "fees": "2026-01"}
MAY_ALSO = {"v1": (), "v2": ("adjust",), "v3": ("calculate",), "fees": ("calculate", "adjust")}
BY = {"v1": None, "v2": ("bob", "cyd", "eve"), "v3": None, "fees": None}  # anybody, unless it names people
ABOVE_MINOR = 10_000  # Sales: more than this takes two people
DEALS = {  # what acme and bolt sold in a period, in euros, by variant of the facts
    "2026-01": ({"acme": 400, "bolt": 300}, {"acme": 900, "bolt": 300}),
    "2026-02": ({"acme": 700, "bolt": 600}, {"acme": 700, "cora": 100}),
    "2026-03": ({"bolt": 200}, {"acme": 500, "bolt": 200}),
}

Calc = tuple[str, tuple[int, ...]]  # the version, and the variants of the facts of all periods so far


@dataclass
class Request:
    """Something that a second person decides on: a version of a program, or an adjustment."""

    kind: str
    author: str
    detail: Mapping[str, str]
    state: str = "asked"


@dataclass
class Cycle:
    """A cycle: `hands` are those of what it would pay now, `former` had one in what was replaced since."""

    period: str
    programs: tuple[str, ...]
    status: str = "open"
    calcs: dict[str, Calc] = field(default_factory=dict)
    calculated_by: dict[str, str] = field(default_factory=dict)
    adjustments: list[int] = field(default_factory=list)
    submitted_by: str = ""
    digest: str = ""
    needs: int = 0
    approved_by: set[str] = field(default_factory=set)
    former: set[str] = field(default_factory=set)
    earned: Counter[str] = field(default_factory=Counter)
    payments: list[dict[str, int]] = field(default_factory=list)
    order: int = 0

    @property
    def is_locked(self) -> bool:
        return self.status in ("locked", "closed")


@dataclass
class Verdict:
    """What must be refused with one of these codes, and what may be."""

    must: set[str] = field(default_factory=set)
    may: set[str] = field(default_factory=set)

    def __init__(self, must: Mapping[str, object], may: Mapping[str, object] | None = None) -> None:
        self.must = {code for code, holds in must.items() if holds}
        self.may = {code for code, holds in (may or {}).items() if holds}


def paid_by(version: str, period: str, variant: int) -> Counter[str]:
    """What a version pays for a period, in minor units: a rate on what was sold, as in a spreadsheet."""
    return Counter({payee: euros * RATES[version] for payee, euros in DEALS[period][variant].items()})


class Model:
    """The books of an office whose programs `v1` and `fees` are in force, and `v2` and `v3` were submitted."""

    def __init__(self, requests: Mapping[str, int]) -> None:
        self.cycles: dict[str, Cycle] = {}
        self.requests = {
            number: Request("program", AUTHORS[each], {"version": each}) for each, number in requests.items()
        }
        self.holds: set[str] = set()
        self.owed: Counter[str] = Counter()
        self.ever_owed: set[str] = set()
        self.locks = 0
        for each in ("v1", "fees"):
            self.requests[requests[each]].state = "activated"

    # What the cycle would pay, and who had a hand in it

    def unlocked(self, title: str, period: str) -> Cycle | None:
        found = (each for each in self.cycles.values() if not each.is_locked)
        return next((each for each in found if each.period == period and title in each.programs), None)

    def locked_periods(self, title: str) -> list[str]:
        return sorted(each.period for each in self.cycles.values() if each.is_locked and title in each.programs)

    def in_force(self, title: str, period: str) -> str:
        active = [each.detail["version"] for each in self.requests.values() if each.state == "activated"]
        fit = [each for each in active if TITLES[each] == title and EFFECTIVE[each] <= period]
        return max(fit, key=lambda each: EFFECTIVE[each], default="")

    def would_pay(self, cycle: Cycle) -> Counter[str]:
        """By payee, adjustments with it."""
        found: Counter[str] = Counter()
        for each in self.parts(cycle):
            found.update(each)
        return found

    def parts(self, cycle: Cycle) -> Iterator[Counter[str]]:
        """Each program and each adjustment by itself; an override is worth what its component lacks."""
        for version, variants in cycle.calcs.values():
            yield paid_by(version, cycle.period, variants[-1])
        for number in cycle.adjustments:
            asked = self.requests[number].detail
            minor = int(asked["amount"] or 0)
            if asked["to"]:
                version, variants = cycle.calcs[asked["title"]]
                minor = int(asked["to"]) - paid_by(version, cycle.period, variants[-1])[asked["payee"]]
            yield Counter({asked["payee"]: minor})

    def hands(self, cycle: Cycle) -> dict[str, set[str]]:
        """Who did which part of what would be paid now."""
        found: dict[str, set[str]] = {}
        for title, who in cycle.calculated_by.items():
            found.setdefault(who, set()).add("calculate")
            version = cycle.calcs[title][0]
            paid = any(each.is_locked and each.calcs.get(title, ("",))[0] == version for each in self.cycles.values())
            if not paid:  # what was paid by before was looked at then
                found.setdefault(AUTHORS[version], set()).add("write")
        for number in cycle.adjustments:
            found.setdefault(self.requests[number].author, set()).add("adjust")
        found.setdefault(cycle.submitted_by, set()).add("submit")
        return found

    def people(self, cycle: Cycle) -> tuple[int, int]:
        """How many approve: at least what the total asks for, at most what it would before anything was set off."""
        gross = sum(abs(minor) for each in self.parts(cycle) for minor in each.values())
        return 1 + self.is_above(cycle, self.would_pay(cycle).total()), 1 + self.is_above(cycle, gross)

    def is_above(self, cycle: Cycle, minor: int) -> bool:
        return SALES in cycle.programs and minor > ABOVE_MINOR

    # What is refused

    def open(self, name: str, titles: Collection[str], period: str) -> Verdict:
        months = [(PERIODS.index(period), [PERIODS.index(each) for each in self.locked_periods(t)]) for t in titles]
        return Verdict(
            {
                "B106": len(set(titles)) < len(titles),
                "B121": name in self.cycles,
                "B122": any(not each.is_locked and set(titles) & set(each.programs) for each in self.cycles.values()),
                "B123": not all(self.in_force(title, period) for title in titles),
                "B124": any(done and at not in done and at != done[-1] + 1 for at, done in months),
                "B125": 0 < sum(at in done for at, done in months) < len(months),
            }
        )

    def submit(self, cycle: Cycle) -> Verdict:
        versions = {title: cycle.calcs[title][0] if title in cycle.calcs else "" for title in cycle.programs}
        return Verdict(
            {
                "B134": cycle.is_locked,
                "B127": cycle.status in ("submitted", "approved"),
                "B128": not all(versions.values()),
                "B129": any(each and each != self.in_force(title, cycle.period) for title, each in versions.items()),
            }
        )

    def approve(self, cycle: Cycle, actor: str, digest: str) -> Verdict:
        versions = [each[0] for each in cycle.calcs.values()]
        allowed = set.intersection(*(set(MAY_ALSO[each]) for each in versions)) if versions else set()
        parts = self.hands(cycle).get(actor, set())
        by = [set(named) for each in versions if (named := BY[each]) is not None]
        return Verdict(
            {
                "B134": cycle.is_locked,
                "B133": cycle.status == "open",
                "B103": bool(digest) and not cycle.digest.startswith(digest),
                "B101": bool(parts - allowed),
                "B102": any(actor not in each for each in by),
                "B104": actor in cycle.approved_by,
            },
            {
                "B133": cycle.status == "approved",
                "B101": actor in cycle.former or actor in [AUTHORS[each] for each in versions],
            },
        )

    def reject(self, cycle: Cycle, actor: str, reason: str) -> Verdict:
        is_maker = actor in self.hands(cycle) or actor in cycle.former
        must = {"B134": cycle.is_locked, "B133": cycle.status == "open", "B100": not reason}
        return Verdict(must, {"B133": cycle.status == "approved", "B101": is_maker})

    def lock(self, cycle: Cycle) -> Verdict:
        other = any(each[0] != self.in_force(title, cycle.period) for title, each in cycle.calcs.items())
        return Verdict(
            {
                "B134": cycle.is_locked,
                "B130": cycle.status != "approved",
                "B129": cycle.status == "approved" and other,
            }
        )

    def payable(self, only: Collection[str]) -> dict[str, int]:
        free = {payee: minor for payee, minor in self.owed.items() if minor > 0 and payee not in self.holds}
        return {payee: minor for payee, minor in free.items() if not only or payee in only}

    def pay(self, cycle: Cycle, only: Collection[str], on: str = "2026-12-31") -> Verdict:
        return Verdict(
            {
                "B135": not cycle.is_locked,
                "B147": on < LAST_DAYS[cycle.period],
                "B136": not self.payable(only),
                "B139": any(payee not in self.ever_owed for payee in only),
                "B142": any(payee in self.holds for payee in only),
            }
        )

    def take_back(self, cycle: Cycle, number: int, payees: Collection[str]) -> Verdict:
        is_there = 0 < number <= len(cycle.payments)
        gone = not is_there or any(payee not in cycle.payments[number - 1] for payee in payees)
        must = {"B138": not is_there, "B137": is_there and gone, "B135": not cycle.is_locked}
        return Verdict(must, dict.fromkeys(("B131", "B134", "B135"), cycle.status == "closed"))

    def close(self, cycle: Cycle) -> Verdict:
        later = sum((each.earned for each in self.cycles.values() if each.order > cycle.order), Counter())
        free = self.payable(())
        due = any(free.get(payee, 0) > max(later[payee], 0) for payee in cycle.earned)
        return Verdict({"B131": cycle.status != "locked", "B132": due}, {"B132": bool(free)})

    def hold(self, payee: str, reason: str) -> Verdict:
        must = {"B100": not reason, "B142": payee in self.holds}
        return Verdict(must, {"B139": payee not in self.ever_owed})

    def release(self, payee: str, reason: str) -> Verdict:
        return Verdict({"B100": not reason, "B143": payee not in self.holds}, {"B139": payee not in self.ever_owed})

    def adjust(self, cycle: Cycle, asked: Mapping[str, str]) -> Verdict:
        is_zero = not asked["to"] and int(asked["amount"]) == 0
        must = {"B134": cycle.is_locked, "B126": asked["title"] not in cycle.programs, "B140": is_zero}
        must |= {"B100": not asked["reason"], "B141": not asked["evidence"]}
        return Verdict(must, {"B128": asked["title"] not in cycle.calcs, "B139": asked["payee"] == "zed"})

    def decide(self, kind: str, number: int, actor: str, reason: str | None) -> Verdict:
        """An approval of a request, or with a reason its rejection."""
        asked = self.requests.get(number)
        if asked is None or asked.kind != kind:
            return Verdict({"B110": True, "B100": reason == ""})
        is_late = kind == "adjust" and self.cycles[asked.detail["cycle"]].is_locked
        must = {"B111": asked.state != "asked", "B100": reason == ""}
        if reason is None:
            return Verdict(must | {"B101": asked.author == actor, "B134": is_late})
        return Verdict(must, {"B101": asked.author == actor, "B134": is_late})

    def activate(self, number: int) -> Verdict:
        asked = self.requests.get(number)
        if asked is None or asked.kind != "program":
            return Verdict({"B110": True})
        version = asked.detail["version"]
        late = any(period >= EFFECTIVE[version] for period in self.locked_periods(TITLES[version]))
        return Verdict({"B112": asked.state == "activated", "B113": asked.state in ("asked", "rejected"), "B114": late})

    # What is done

    def void(self, cycle: Cycle) -> None:
        cycle.former |= {cycle.submitted_by} - {""}
        cycle.status, cycle.submitted_by, cycle.approved_by = "open", "", set()

    def calculated(self, cycle: Cycle, title: str, calc: Calc, actor: str) -> None:
        cycle.former |= {actor, cycle.calculated_by.get(title, actor)}
        if cycle.calcs.get(title) == calc:  # the very same: nothing is void, and either may be said to have made it
            return
        if title in cycle.calcs:
            cycle.former.add(AUTHORS[cycle.calcs[title][0]])
        cycle.calcs[title], cycle.calculated_by[title] = calc, actor
        self.void(cycle)

    def approved(self, cycle: Cycle, actor: str) -> None:
        cycle.approved_by.add(actor)
        cycle.status = "approved" if len(cycle.approved_by) >= cycle.needs else cycle.status

    def lock_now(self, cycle: Cycle) -> None:
        self.locks += 1
        cycle.status, cycle.order, cycle.earned = "locked", self.locks, self.would_pay(cycle)
        self.owed.update(cycle.earned)
        self.ever_owed |= set(cycle.earned)
