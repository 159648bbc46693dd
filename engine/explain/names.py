"""Names of what can be explained: the whole path of a payout, a KPI or a cell of a scorecard, or a short one that fits
a single path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from engine.explain.score import cells
from engine.values import Gather, Kpi, OpenAccounts, Plan, Quota, Score, Step, Sum
from rules.balances.meaning import OPENING
from rules.problem import Place, Problem, Refused

NAMES_SHOWN = 24


def resolved(plan: Plan, asked: str) -> str:
    """The name that a user means by `asked`: that name itself, or the only one that it is short for. Raises Refused
    where there is none, with what there is below the part that is right; and where there are several, with each."""
    known = [name for step in plan.steps for name in _told(step)]
    meant = matching(asked, known)
    if len(meant) == 1:
        return meant[0]
    if meant:
        message = f"this program has {len(meant)} things called {asked} for a partner"
        raise Refused(Problem("S111", message, Place(), "name one of " + _listed(meant)))
    message = f"this program has nothing called {asked} for a partner"
    raise Refused(Problem("S111", message, Place(), _instead(asked, known)))


def matching(asked: str, known: Iterable[str]) -> list[str]:
    """The names that a user may mean: the one that is exactly so, else all that end in the last word of `asked` and
    have the words before it, in their order.

    >>> known = ["sourced", "work.growth.sourced", "work.growth.won", "work.tier", "club.tier"]
    >>> matching("work.won", known), matching("sourced", known), matching("tier", known), matching("growth", known)
    (['work.growth.won'], ['sourced'], ['work.tier', 'club.tier'], [])
    """
    every = list(dict.fromkeys(known))
    return [asked] if asked in every else [name for name in every if _is_short(asked.split("."), name.split("."))]


def _is_short(asked: Sequence[str], path: Sequence[str]) -> bool:
    before = iter(path[:-1])
    return asked[-1] == path[-1] and all(word in before for word in asked[:-1])


def _told(step: Step) -> list[str]:
    """What a step gives to partners, and what the program itself has on its balances: all that can be explained."""
    if isinstance(step, Score):
        return list(cells(step.scorecard))
    if isinstance(step, OpenAccounts):
        return [told for roll in step.rolls for told in (roll.name, f"{roll.name}.{OPENING}")]
    return [step.name] if isinstance(step, Gather | Sum | Kpi | Quota) else []


def _instead(asked: str, known: Sequence[str]) -> str:
    """What to ask for in place of a name that there is not: the nearest, and what is below the part that is right; of
    all names, where no part is, those of the first level."""
    inside = max((name for name in known if asked.startswith(f"{name}.")), key=len, default="")
    near = [name for name in get_close_matches(asked, known, n=1, cutoff=0.6) if name != inside]
    mean = f"did you mean '{near[0]}'? " if near else ""
    below = [name for name in known if (name.startswith(f"{inside}.") if inside else "." not in name)]
    return f"{mean}{inside or 'it'} has " + (_listed(below) if below else "nothing below it")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
