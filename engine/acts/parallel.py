"""Parallel: an old system's payouts beside those of a kept run, and why each difference is there.

Both are added up by what the old file says: partner, component, key. What differs is rounding, where another way to
round the same exact amounts gives theirs; else what our facts and rules say of the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from engine.acts.parallel_exact import ExactLine, Way, coarse_ways, exact_lines, fine_ways
from engine.acts.parallel_words import Told, base_of, told_missing, told_other, told_ours
from engine.acts.reopen import Reopened, reopen
from engine.facts.legacy import OldFile, read_old, read_partner_map
from engine.store import Store
from engine.values.matched import MISSING, ROUNDING, Matched, OldRow, Parallel
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import currency

GRAIN = ("partner", "component", "key")
Group = tuple[str, ...]  # a value for each of GRAIN, empty where the file does not say it
_TRIED_MAX = 1_000  # matching groups that a way to round is held against


@dataclass(frozen=True, slots=True)
class Reading:
    """How an old file is read: what its columns are called, what its components and its partners are called here (of
    these also by a file), and its signs."""

    columns: Mapping[str, str]
    components: Mapping[str, str]
    separator: str = ","
    decimal: str = "."
    partners: Mapping[str, str] = field(default_factory=dict)
    partner_map: Path | None = None


@dataclass(slots=True)
class _Both:
    """What both systems have of one group."""

    theirs: list[OldRow] = field(default_factory=list)
    ours: list[ExactLine] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def theirs_minor(self) -> int | None:
        """What they pay, None where they do not have it."""
        return sum(row.amount_minor for row in self.theirs) if self.theirs else None

    @property
    def ours_minor(self) -> int | None:
        """What we pay, None where we do not have it."""
        return sum(line.amount_minor for line in self.ours) if self.ours else None

    @property
    def is_same(self) -> bool:
        """Whether both pay the same; to pay nothing and not to have it are one."""
        return (self.theirs_minor or 0) == (self.ours_minor or 0)

    @property
    def theirs_base(self) -> Fraction | None:
        """What theirs is a rate of, where all their rows say it."""
        bases = [row.base_minor for row in self.theirs]
        known = [Fraction(each) for each in bases if each is not None]
        return sum(known, Fraction(0)) if known and len(known) == len(bases) else None


def parallel(store: Path | str, number: int, file: Path, reading: Reading) -> Parallel:
    """The run of that number beside an old system's file; raises Refused with every fault of the file."""
    with Store.open(store, create=False) as books, reopen(books, number) as run:
        money, partners = currency(run.record.currency), dict(reading.partners)
        if reading.partner_map is not None:
            partners = {**read_partner_map(reading.partner_map, money), **partners}
        old = read_old(file, reading.columns, money, reading.separator, reading.decimal, partners)
        grain = tuple(each for each in GRAIN if each in old.columns)
        titles = {step.name: step.title for step in run.plan.components}
        groups = _groups(run, _named(old, titles, reading.components, file), grain)
        way, fits = _way(run, groups)
        told = Told(run, way)
        rows = tuple(_matched(group, groups[group], told, grain) for group in sorted(groups))
        names = run.facts.partner_names()
        rounding = "" if way is None else told.rounding(way)
        return Parallel(run.record, file.name, grain, rows, len(old.rows), titles, names, rounding, fits)


def _named(old: OldFile, titles: Mapping[str, str], named: Mapping[str, str], file: Path) -> Sequence[OldRow]:
    """The rows with our names of components; raises Refused with each name that is of none."""
    if "component" not in old.columns:
        return old.rows
    ours = {_plain(title): name for name, title in titles.items()} | {_plain(name): name for name in titles}
    problems, found = [], dict[str, str]()
    for theirs, meant in named.items():
        if _plain(meant) not in ours:
            hint = f"the components of the run are {', '.join(titles)}"
            problems.append(Problem("S171", f"--components names '{meant}', which is none of the run", Place(), hint))
        found[_plain(theirs)] = ours.get(_plain(meant), "")
    told = set[str]()
    for row in old.rows:
        name = _plain(row.component)
        if name in found or name in ours or name in told:
            continue
        told.add(name)
        hint = f"say which it is: --components '{row.component}=NAME'; those of the run are {', '.join(titles)}"
        place = Place(file.name, row.line, field=old.columns["component"])
        problems.append(Problem("S171", f"'{row.component}' is no component of the run", place, hint))
    if problems:
        raise Refused(*problems)

    def own(component: str) -> str:
        name = _plain(component)
        return found[name] if name in found else ours[name]

    return [
        OldRow(row.partner, own(row.component), row.key, row.amount_minor, row.base_minor, row.line) for row in old.rows
    ]


def _plain(name: str) -> str:
    """A name as people compare it: `New deals`, `new_deals` and `NEW DEALS` are one."""
    return " ".join(name.replace("_", " ").casefold().split())


def _groups(run: Reopened, rows: Sequence[OldRow], grain: Sequence[str]) -> dict[Group, _Both]:
    """What both have, by what the old file says."""
    found: dict[Group, _Both] = {}

    def of(*names: str) -> _Both:
        group = tuple(name if each in grain else "" for each, name in zip(GRAIN, names, strict=True))
        return found.setdefault(group, _Both())

    for row in rows:
        of(row.partner, row.component, row.key).theirs.append(row)
    for (partner, component, key), lines in exact_lines(run.plan, run.sheet).items():
        both = of(partner, component, key)
        both.ours += lines
        both.keys += [key] * len(lines)
    total = sum(line.amount_minor for both in found.values() for line in both.ours)
    assert total == run.run.total_minor, "every line is in one group"
    return found


def _way(run: Reopened, groups: Mapping[Group, _Both]) -> tuple[Way | None, tuple[int, int]]:
    """The way to round that brings most rows to their amount, among those that explain any difference; and how many of
    the rows that it was held against."""
    both = [each for each in groups.values() if each.theirs and each.ours]
    differing = [each for each in both if not each.is_same and _is_near(each, run)]
    if not differing:
        return None, (0, 0)
    tried = [*differing, *[each for each in both if each.is_same][:_TRIED_MAX]]
    fine = fine_ways(run.plan)
    fits = Counter[Way]()
    for way in (*fine, *coarse_ways(run.plan)):
        if any(way(each.ours) == each.theirs_minor for each in differing):
            found = sum(way(each.ours) == each.theirs_minor for each in tried)
            if way in fine or found == len(tried) > 1:
                fits[way] = found
    if not fits:
        return None, (0, len(tried))
    best, count = fits.most_common(1)[0]  # of equals the first: to the finest step, and line by line
    return best, (count, len(tried))


def _is_near(both: _Both, run: Reopened) -> bool:
    """Whether rounding can be the difference at all: less than the largest step a line."""
    step = max(run.plan.terms.step_minor, run.plan.terms.minor_per_major)
    return abs((both.ours_minor or 0) - (both.theirs_minor or 0)) <= step * len(both.ours)


def _matched(group: Group, both: _Both, told: Told, grain: Sequence[str]) -> Matched:
    cause, words = ("", "") if both.is_same else _cause(group, both, told, grain)
    partner, component, key = group
    return Matched(partner, component, key, both.theirs_minor, both.ours_minor, cause, words)


def _cause(group: Group, both: _Both, told: Told, grain: Sequence[str]) -> tuple[str, str]:
    partner, component, key = group
    if not both.ours:
        return told_missing(told, partner, component, key)
    if not both.theirs:
        return MISSING, told_ours(told, partner, component, both.ours, both.keys)
    base = base_of(both.ours)
    is_other_base = both.theirs_base is not None and base is not None and both.theirs_base != base
    if told.way is not None and not is_other_base and _is_near(both, told.run):
        every = (told.way, *fine_ways(told.run.plan))
        if (way := next((each for each in every if each(both.ours) == both.theirs_minor), None)) is not None:
            return ROUNDING, told.rounding(way)
    return told_other(told, both.ours, both.keys, both.theirs_minor or 0, both.theirs_base, "key" in grain)
