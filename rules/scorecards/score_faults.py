"""What is wrong with a scorecard as a whole: weights that do not add up, groups too deep, minimums beyond reach.

In: a scorecard. Out: (code, path of keys within the scorecard, message, hint) for every fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from rules.expressions.tree import Type
from rules.kinds.base import Terms, percent
from rules.kinds.scales.base import ScaleKind
from rules.scorecards.scorecard import Parts, ScorecardSpec

Path = tuple[str, ...]
PlacedFault = tuple[str, Path, str, str]

DEPTH_MAX = 5
DECIMALS_MAX = 9


def weight_faults(card: ScorecardSpec) -> list[PlacedFault]:
    """Faults of weights, groups and minimums. Weights are compared exactly: 1/3 three times is 100 %.

    >>> gate = {"at_least": "1"}
    >>> kpis = {"sales": {"weight": "60%", "gate": gate}, "nps": {"weight": "35%", "gate": gate}}
    >>> [(code, message) for code, _, message, _ in weight_faults(ScorecardSpec.model_validate({"kpis": kpis}))]
    [('P201', 'weights add to 95 %, not 100 %')]
    """
    faults = _parts_faults(card, (), card.normalise, 0)
    kpis, groups = sum(1 for _ in card.entries()), len(card.groups)
    for what, needed, there in (("kpis", card.at_least.kpis, kpis), ("groups", card.at_least.groups, groups)):
        if not 0 <= needed <= there:
            message = f"{needed} {'KPIs' if what == 'kpis' else what} are needed, and the scorecard has {there}"
            faults.append(("P206", ("at_least",), message, f"write {there} or fewer"))
    faults += _name_faults(card)
    if not 0 <= card.decimals <= DECIMALS_MAX:
        hint = f"write 0 to {DECIMALS_MAX}"
        faults.append(("P223", ("decimals",), f"a score cannot have {card.decimals} decimals", hint))
    if card.floor is not None and card.cap is not None and card.floor > card.cap:
        faults.append(("P211", ("floor",), "the floor of the score is above its cap", "exchange them"))
    return faults


def _name_faults(card: ScorecardSpec) -> list[PlacedFault]:
    """KPIs and groups that would be called like something else of the scorecard: `bonus.nps`, `gates.nps`, `tier`."""
    paths = {path: path.split(".") for path, _ in card.entries()}
    taken = {f"bonus.{name}": "a bonus" for name in card.bonus}
    taken |= {f"multipliers.{name}": "a multiplier" for name in card.multipliers}
    taken |= {f"gates.{name}": "a gate" for name in card.gates}
    taken |= {"tier": "the tier"} if card.tiers is not None else {}
    taken |= {"rank": "the rank"} if card.rank is not None else {}
    found: dict[str, Path] = {}
    for parts in paths.values():
        groups: Path = ()
        for depth, name in enumerate(parts, start=1):
            groups = (*groups, "groups" if depth < len(parts) else "kpis", name)
            if ".".join(parts[:depth]) in taken:
                found.setdefault(".".join(parts[:depth]), groups)
    hint = "give the KPI or the group another name"
    return [
        ("P232", groups, f"{path} is the name of {taken[path]} of this scorecard as well", hint)
        for path, groups in found.items()
    ]


def scale_faults(card: ScorecardSpec, terms: Terms, measured: Mapping[str, Type]) -> list[PlacedFault]:
    """Faults of every scale on the card, once it is known what each KPI holds (`measured`, by name of the KPI)."""
    found: list[tuple[Path, ScaleKind, str]] = []
    for path, entry in card.entries():
        *groups, name = path.split(".")
        keys = tuple(key for group in groups for key in ("groups", group))
        assert entry.scale_name is not None, "a KPI of a card has a scale"
        found.append(((*keys, "kpis", name, entry.scale_name), entry.scale, entry.kpi or name))
    for key, extras in (("bonus", card.bonus), ("multipliers", card.multipliers)):
        for name, extra in extras.items():
            if extra.scale_name is not None and extra.kpi is not None:
                found.append(((key, name, extra.scale_name), extra.scale, extra.kpi))
    for name, gate in card.gates.items():
        if gate.gate is not None and gate.kpi is not None:
            found.append((("gates", name, "gate"), gate.gate, gate.kpi))
    return [
        (code, path, message, hint)
        for path, scale, kpi in found
        for code, message, hint in scale.faults(terms, measured.get(kpi, Type.NUMBER))
    ]


def _parts_faults(parts: Parts, path: Path, normalise: bool, depth: int) -> list[PlacedFault]:
    faults: list[PlacedFault] = []
    if not parts.kpis and not parts.groups:
        what = "the group" if path else "the scorecard"
        faults.append(("P205", path, f"{what} has neither KPIs nor groups", "add kpis: or groups:"))
        return faults
    for name in sorted(set(parts.kpis) & set(parts.groups)):
        message = f"{name} is a KPI and a group of the same {'group' if path else 'scorecard'}"
        faults.append(("P204", (*path, "groups", name), message, "give one of them another name"))
    weights = {(*path, "kpis", name): entry.weight for name, entry in parts.kpis.items()}
    weights |= {(*path, "groups", name): group.weight for name, group in parts.groups.items()}
    for place, weight in weights.items():
        if weight < 0:
            message = f"a weight of {percent(weight)} would turn good into bad"
            faults.append(("P202", (*place, "weight"), message, "write 0% or more; better: lower turns a scale"))
    total = sum(weights.values(), Fraction(0))
    if total <= 0 or (total != 1 and not normalise):
        faults.append(("P201", path, f"weights add to {percent(total)}, not 100 %", _cure(total)))
    for name, group in parts.groups.items():
        place = (*path, "groups", name)
        if depth + 1 > DEPTH_MAX:
            hint = "join it with the group around it"
            faults.append(("P203", place, f"a group {depth + 1} groups deep; {DEPTH_MAX} is the most", hint))
            continue
        there = sum(1 for _ in group.entries())
        if not 0 <= group.at_least <= there:
            message = f"{group.at_least} KPIs are needed, and the group has {there}"
            faults.append(("P206", (*place, "at_least"), message, f"write {there} or fewer"))
        faults += _parts_faults(group, place, normalise, depth + 1)
    return faults


def _cure(total: Fraction) -> str:
    if total <= 0:
        return "give at least one of them a weight above 0%"
    change = f"add {percent(1 - total)}" if total < 1 else f"take {percent(total - 1)} off"
    return f"{change}, or set normalise: true"
