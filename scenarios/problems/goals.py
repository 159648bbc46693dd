"""What a problem seeks and is held to: the goal, the budget, risk, fairness, periods, groups, and how it is paid.

In: the nodes of a problem file. Out: the values of `asked`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping as Named, Sequence as Several
from fractions import Fraction

from rules.document.reader import Mapping, Node, Scalar, Sequence
from rules.problem import Place
from scenarios.optimise.core.tree import ROOT
from scenarios.problems.asked import FairKind, Fairness, Goal, GoalKind, Pay, Periods, Risk, RiskKind, Unit, UnitGroup
from scenarios.problems.partners import Now
from scenarios.problems.reading import Reading, is_name

GOALS: tuple[GoalKind, ...] = (
    "response", "margin", "profit", "least_spend", "average_return", "marginal_return", "weighted",
)  # fmt: skip
RISKS: tuple[RiskKind, ...] = ("best", "mean", "cvar", "worst", "regret")
FAIR: tuple[FairKind, ...] = ("gini", "four_fifths", "floor")
PERIODS_MAX = 120
OF_GROUP = ("where", "units", "at_least", "at_most", "share", "return")


def read_budget(reading: Reading, node: Node | None) -> tuple[int | None, int | None] | None:
    """The least and the most that is spent (None where it has no such end); None where nothing is said of it."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        minor = reading.money(node, "the budget")
        return minor, minor
    entries = reading.entries(node, ("at_least", "at_most"), "the budget")
    if isinstance(node, Mapping) and not node.entries:
        reading.fault(
            "W301", "the budget takes an amount", node.place, "write budget: 2_000_000, or {at_most: 2_000_000}"
        )
    least, most = (reading.money(entries[key], key) if key in entries else None for key in ("at_least", "at_most"))
    if least is not None and most is not None and least > most:
        hint = "write the smaller of the two as at_least"
        reading.fault("W302", "the budget is to be at least more than it is at most", node.place, hint)
    return least, most


def read_goal(reading: Reading, node: Node | None) -> Goal:
    """The goal; response where nothing is said."""
    if node is None or (isinstance(node, Scalar) and node.text == "response"):
        return Goal()
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        reading.fault("W301", "a goal is one of its kinds", node.place, "write response, or one of " + ", ".join(GOALS))
        return Goal()
    found = reading.one(node, GOALS, "the goal")
    if found is None:
        return Goal()
    key, value = found
    kind = next(each for each in GOALS if each == key)
    match kind:
        case "response":
            reading.fault("W301", "the goal response takes no number", node.place, "write goal: response")
        case "margin" | "profit":
            margin = reading.rate(value, f"the {key}")
            if margin == 0:
                reading.fault("W302", f"a {key} of nothing seeks nothing", value.place, "write such as 35%")
            return Goal(kind, margin or Fraction(1))
        case "least_spend":
            entries = reading.entries(value, ("response",), key)
            if "response" in entries:
                return Goal(kind, target=reading.number(entries["response"], "the response") or Fraction(0))
            hint = "write {least_spend: {response: 5_000}}"
            reading.fault("W301", "least_spend takes a response", value.place, hint)
        case "average_return" | "marginal_return":
            return Goal(kind, reading.number(value, f"the {key}") or Fraction(0))
        case "weighted":
            return Goal(kind, weights=_weights(reading, value))
    return Goal()


def _weights(reading: Reading, node: Node) -> tuple[tuple[str, Fraction], ...]:
    if not isinstance(node, Mapping) or not node.entries:
        reading.fault(
            "W301", "weighted takes responses with their weights", node.place, "write {revenue: 1, leads: 200}"
        )
        return ()
    found = [(key.text, reading.number(value, f"the weight of {key.text[:64]}")) for key, value in node.entries]
    if all(weight == 0 for _, weight in found):
        reading.fault(
            "W302", "a goal with no weight at all seeks nothing", node.place, "write {revenue: 1, leads: 200}"
        )
    return tuple((name, weight) for name, weight in found if weight is not None)


def read_risk(reading: Reading, node: Node | None) -> Risk:
    """How uncertain curves are judged."""
    if node is None:
        return Risk()
    if isinstance(node, Scalar):
        for kind in RISKS:
            if node.text == kind != "cvar":
                return Risk(kind)
        reading.fault(
            "W301", f"there is no risk '{node.text[:64]}'", node.place, "write best, mean, {cvar: 10%}, worst or regret"
        )
        return Risk()
    found = reading.one(node, ("cvar",), "risk")
    part = None if found is None else reading.rate(found[1], "cvar")
    if part == 0:
        reading.fault("W302", "cvar is of a part above zero", node.place, "write {cvar: 10%}, or worst")
    return Risk("cvar", part) if part else Risk()


def read_fairness(reading: Reading, node: Node | None) -> Fairness | None:
    """What keeps a split from being lopsided."""
    if node is None:
        return None
    found = reading.one(node, FAIR, "fairness")
    if found is None:
        return None
    key, value = found
    if key == "four_fifths":
        level = reading.text(value, "four_fifths")
        return None if level is None else Fairness("four_fifths", Fraction(4, 5), level, node.place)
    part = reading.rate(value, key)
    return None if part is None else Fairness("gini" if key == "gini" else "floor", part, "", node.place)


def read_periods(reading: Reading, node: Node | None, units: Several[Unit]) -> Periods | None:
    """The periods of the budget."""
    if node is None:
        return None
    entries = reading.entries(node, ("count", "carry_over", "carried_in", "after"), "periods")
    count = reading.count(entries["count"], "count", 1, PERIODS_MAX) if "count" in entries else None
    if "count" not in entries and isinstance(node, Mapping):
        reading.fault("W301", "periods takes a count", node.place, "write periods: {count: 12}")
    carry = entries.get("carry_over")
    part: Fraction | None = Fraction(0)
    if isinstance(carry, Scalar) and carry.text == "fitted":
        part = None
    elif carry is not None:
        part = reading.rate(carry, "carry_over")
        if part == 1:
            reading.fault("W302", "all of a spend can't work on for ever", carry.place, "write a part such as 50%")
    names = {unit.name for unit in units}
    carried: dict[str, int] = {}
    inside = entries.get("carried_in")
    if inside is not None and not isinstance(inside, Mapping):
        hint = "write carried_in: {acme: 1_000}"
        reading.fault("W301", "carried_in takes amounts by unit", inside.place, hint)
    for name, value in inside.entries if isinstance(inside, Mapping) else ():
        if name.text not in names:
            reading.unknown(name.text, name.place, sorted(names)[:200], "carried_in")
        elif (minor := reading.money(value, f"carried_in of {name.text[:64]}")) is not None:
            carried[name.text] = minor
    after = reading.count(entries["after"], "after", 0, PERIODS_MAX) if "after" in entries else 0
    return None if count is None else Periods(count, part, carried, after or 0, node.place)


def read_pay(reading: Reading, node: Node | None) -> Pay | None:
    """By which payout, and in which period, a proposal is paid."""
    if node is None:
        return None
    payout, period = _texts(reading, node, "pay", {"payout": "market_funds", "period": "2027-01"})
    return None if payout is None or period is None else Pay(payout, period, node.place)


def read_now(reading: Reading, node: Node | None) -> Now | None:
    """By what, and in which period, the plan in force is known."""
    if node is None:
        return None
    of, period = _texts(reading, node, "now", {"of": "mdf", "period": "2026-Q3"})
    return None if of is None or period is None else Now(of, period, node.place)


def _texts(reading: Reading, node: Node, what: str, example: Named[str, str]) -> Iterator[str | None]:
    """The texts of keys, all of which are needed, in the order of the example."""
    entries = reading.entries(node, tuple(example), what)
    lacking = [key for key in example if key not in entries]
    if lacking and isinstance(node, Mapping):
        hint = f"write {what}: {{{', '.join(f'{key}: {text}' for key, text in example.items())}}}"
        reading.fault("W301", f"{what} lacks {' and '.join(lacking)}", node.place, hint)
    for key in example:
        yield reading.text(entries[key], f"{key} of {what}") if key in entries else None


def read_groups(reading: Reading, node: Node | None, units: Several[Unit]) -> tuple[UnitGroup, ...]:
    """The groups, by their names."""
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        hint = "write EMEA: {where: {region: EMEA}, at_most: 900_000}"
        reading.fault("W301", "groups takes groups by name", node.place, hint)
        return ()
    places = {unit.name: place for place, unit in enumerate(units)}
    found = [_group(reading, key.text, key.place, value, units, places) for key, value in node.entries]
    return tuple(group for group in found if group is not None)


def _group(
    reading: Reading, name: str, place: Place, node: Node, units: Several[Unit], places: dict[str, int]
) -> UnitGroup | None:
    if name == ROOT or not is_name(name):
        reading.fault("W301", "a group has a short name, which is not 'budget'", place, "give it another name")
        return None
    entries = reading.entries(node, OF_GROUP, f"the group {name[:64]}")
    if ("where" in entries) == ("units" in entries):
        hint = "write where: {region: EMEA}, or units: [acme, bolt]"
        reading.fault("W301", f"the group {name[:64]} is said by where or by units", place, hint)
        return None
    if "where" in entries:
        members = _where(reading, entries["where"], units)
    else:
        members = _named(reading, entries["units"], places)
    if members is not None and not members:
        hint = "look at the values of that level, or leave the group out"
        reading.fault("W304", f"no unit is in the group {name[:64]}", place, hint)
    least, most = (reading.money(entries[key], key) if key in entries else None for key in ("at_least", "at_most"))
    share = reading.rate(entries["share"], "share") if "share" in entries else None
    least_return = reading.number(entries["return"], "return") if "return" in entries else None
    if not members:
        return None
    return UnitGroup(name, members, place, least or 0, most, share, least_return)


def _where(reading: Reading, node: Node, units: Several[Unit]) -> tuple[int, ...] | None:
    """The places of units by values of levels."""
    if not isinstance(node, Mapping):
        reading.fault("W301", "where takes a level and its value", node.place, "write where: {region: EMEA}")
        return None
    known = sorted({level for unit in units for level in unit.levels})
    wanted: dict[str, set[str]] = {}
    for key, value in node.entries:
        values = value.items if isinstance(value, Sequence) else (value,)
        if key.text not in known:
            reading.unknown(key.text, key.place, known or ("none",), "a unit")
        elif not all(isinstance(each, Scalar) for each in values):
            reading.fault(
                "W301", "where takes a value or a list of values", value.place, "write {region: [EMEA, APAC]}"
            )
        else:
            wanted[key.text] = {each.text for each in values if isinstance(each, Scalar)}
    if len(wanted) < len(node.entries):
        return None
    return tuple(
        place for place, unit in enumerate(units) if all(unit.levels.get(key) in texts for key, texts in wanted.items())
    )


def _named(reading: Reading, node: Node, places: dict[str, int]) -> tuple[int, ...] | None:
    """The places of units by their names."""
    if not isinstance(node, Sequence):
        reading.fault("W301", "units of a group takes a list", node.place, "write units: [acme, bolt]")
        return None
    found: set[int] = set()
    before = len(reading.problems)
    for item in node.items:
        name = item.text if isinstance(item, Scalar) else ""
        if name not in places:
            reading.fault("W304", f"there is no unit '{name[:64]}'", item.place, "name a unit of the problem")
        elif places[name] in found:
            reading.fault("W304", f"the unit '{name[:64]}' stands twice in a group", item.place, "name it once")
        else:
            found.add(places[name])
    return tuple(sorted(found)) if len(reading.problems) == before else None
