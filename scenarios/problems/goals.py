"""What a problem seeks and is held to: the goal, the budget, risk, fairness, periods, groups, and how it is paid.

In: the nodes of a problem file. Out: the values of `asked`.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from fractions import Fraction

from rules.document.reader import Mapping, Node, Scalar, Sequence
from rules.problem import Place
from scenarios.problems.asked import FairKind, Fairness, Goal, GoalKind, Pay, Periods, Risk, RiskKind, Unit, UnitGroup
from scenarios.problems.reading import Reading

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
    for key, value in reading.entries(node, GOALS, "the goal").items():
        if key in ("margin", "profit"):
            margin = reading.rate(value, f"the {key}")
            if margin == 0:
                reading.fault("W302", f"a {key} of nothing seeks nothing", value.place, "write such as 35%")
            return Goal("margin" if key == "margin" else "profit", margin or Fraction(1))
        if key == "least_spend":
            entries = reading.entries(value, ("response",), "least_spend")
            if "response" in entries:
                return Goal("least_spend", target=reading.number(entries["response"], "the response") or Fraction(0))
            reading.fault("W301", "least_spend takes a response", value.place, "write {least_spend: {response: 5_000}}")
        elif key == "average_return" or key == "marginal_return":
            rate = reading.number(value, f"the {key}")
            return Goal("average_return" if key == "average_return" else "marginal_return", rate or Fraction(0))
        elif key == "weighted":
            return Goal("weighted", weights=_weights(reading, value))
    return Goal()


def _weights(reading: Reading, node: Node) -> tuple[tuple[str, Fraction], ...]:
    if not isinstance(node, Mapping) or not node.entries:
        reading.fault(
            "W301", "weighted takes responses with their weights", node.place, "write {revenue: 1, leads: 200}"
        )
        return ()
    found = ((key.text, reading.number(value, f"the weight of {key.text[:64]}")) for key, value in node.entries)
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
    entries = reading.entries(node, ("cvar",), "risk")
    part = reading.rate(entries["cvar"], "cvar") if "cvar" in entries else None
    if part == 0:
        reading.fault("W302", "cvar is of a part above zero", node.place, "write {cvar: 10%}, or worst")
    return Risk("cvar", part) if part else Risk()


def read_fairness(reading: Reading, node: Node | None) -> Fairness | None:
    """What keeps a split from being lopsided."""
    if node is None:
        return None
    for key, value in reading.entries(node, FAIR, "fairness").items():
        if key == "four_fifths":
            level = reading.text(value, "four_fifths")
            return None if level is None else Fairness("four_fifths", Fraction(4, 5), level, node.place)
        part = reading.rate(value, key)
        return None if part is None else Fairness("gini" if key == "gini" else "floor", part, "", node.place)
    return None


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
    for name, value in inside.entries if isinstance(inside, Mapping) else ():
        if name.text not in names:
            reading.unknown(name.text, name.place, sorted(names)[:200], "carried_in")
        elif (minor := reading.money(value, f"carried_in of {name.text}")) is not None:
            carried[name.text] = minor
    after = reading.count(entries["after"], "after", 0, PERIODS_MAX) if "after" in entries else 0
    return None if count is None else Periods(count, part, carried, after or 0, node.place)


def read_pay(reading: Reading, node: Node | None) -> Pay | None:
    """By which payout, and in which period, a proposal is paid."""
    if node is None:
        return None
    entries = reading.entries(node, ("payout", "period"), "pay")
    found = [reading.text(entries[key], key) if key in entries else None for key in ("payout", "period")]
    lacking = [key for key in ("payout", "period") if key not in entries]
    if lacking and isinstance(node, Mapping):
        hint = "write pay: {payout: market_funds, period: 2027-01}"
        reading.fault("W301", f"pay lacks {' and '.join(lacking)}", node.place, hint)
    payout, period = found
    return None if payout is None or period is None else Pay(payout, period, node.place)


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
    found = set()
    for item in node.items:
        name = item.text if isinstance(item, Scalar) else ""
        if name in places:
            found.add(places[name])
        else:
            reading.fault("W304", f"there is no unit '{name[:64]}'", item.place, "name a unit of the problem")
    return tuple(sorted(found)) if len(found) == len(node.items) else None
