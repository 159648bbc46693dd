"""Attribute: a program and its periods become shares of won deals, by one method or by all, and a table of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.acts.period import period_of
from engine.facts.gather import Gathered, gather_facts
from engine.reports.counted import counted
from engine.reports.new_file import refuse_existing, write_new
from engine.values import Input
from engine.version import VERSION
from rules.calendar import Period
from rules.load import load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency
from scenarios.attribution.credit import Attribution, Negative
from scenarios.attribution.methods import METHODS, SEED, SHAPES, Asked, attributed, brought_to_all
from scenarios.attribution.money import Credited, credited, won_minor
from scenarios.attribution.table import Weights, weighed

ATTRIBUTIONS = "attributions"
AMOUNTS = ("amount", "annual_value", "margin")
_READ = ("deals", "touches", "leads", "registrations")
_USED: Mapping[str, tuple[str, ...]] = {  # which methods an option is for
    "--half-life": ("time_decay",),
    "--order": ("markov",),
    "--unions": ("shapley", "shapley_rate"),
    "--sample": ("shapley_rate",),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a method is asked: days of the window and of the half-life, the kinds of touches that qualify, the amount of
    a deal, and what is done with shares that can't be paid as they are."""

    method: str
    window_days: int | None = None
    half_life_days: int | None = None
    kinds: tuple[str, ...] = ()
    amount: str = "amount"
    order: int | None = None
    unions: str | None = None
    orders: int | None = None
    seed: int = SEED
    negative: Negative = "refuse"
    is_normalised: bool = False
    may_be_sampled: bool = False
    compares: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Attributed:
    """What was found: the asked method first, then the others it is compared with, and why some are left out."""

    title: str
    period: str
    days: str
    currency: Currency
    partners: Sequence[str]
    names: Mapping[str, str]
    deals_won: int
    deals_lost: int
    touches: int
    touches_counted: int
    amounts_unknown: int
    won_minor: int
    methods: tuple[Credited, ...]
    left_out: tuple[Problem, ...]
    weights: Weights | None
    rejected: int


def attribute(program: Path, periods: str, options: Options) -> Attributed:
    """The deals that were closed in the periods (`2026-01..2026-06`, or one), shared by the method that is asked for.

    Nothing is written. `weights` are there where the shares may be paid as they are asked for; why they may not is
    told by `payable`. The source `attributions`, which this makes, is not read.
    """
    _refuse_unused(options)
    loaded = load(program)
    meaning = loaded.understood()
    first, last = _periods(meaning, periods)
    with gather_facts(_readable(meaning), loaded.folder, last) as facts:
        asked = _asked(facts, (first, last), options)
        _refuse_empty(asked, periods, len(facts.rejected))
        found, left_out = _methods(asked, options)
        wanted = [brought_to_all(each) if options.is_normalised else each for each in found]
        methods = tuple(credited(asked.journeys, each) for each in wanted)
        shared = _weights(asked, methods[0].attribution, options, meaning.title, facts.inputs, (first, last))
        unknown = asked.journeys.is_won & ~asked.journeys.amount_minor.is_known()
        return Attributed(
            title=meaning.title,
            period=periods,
            days=f"{first.start} to {last.last}",
            currency=meaning.terms.currency,
            partners=asked.journeys.partners,
            names=facts.snapshot.partner_names(),
            deals_won=int(asked.journeys.is_won.sum()),
            deals_lost=int((~asked.journeys.is_won).sum()),
            touches=len(asked.journeys.touch_deal),
            touches_counted=len(asked.counted.touch_deal),
            amounts_unknown=int(unknown.sum()),
            won_minor=won_minor(asked.journeys),
            methods=methods,
            left_out=left_out,
            weights=shared,
            rejected=len(facts.rejected),
        )


def save(found: Attributed, options: Options, path: Path, force: bool) -> tuple[Path, Path]:
    """Write the table of weights and, beside it, its manifest; gives both paths. Raises Refused where the shares are
    not to be paid as they are (M406, M407, M408), with nothing written."""
    path, beside = files_of(path, force)
    payable(found.methods[0].attribution, options, found.partners)
    assert found.weights is not None, "what may be paid has weights"
    write_new(path, found.weights.csv_text(), force, "the table of weights")
    write_new(beside, found.weights.manifest_text(), force, "the manifest")
    return path, beside


def files_of(path: Path, force: bool) -> tuple[Path, Path]:
    """The file of a table of weights, and that of its manifest; raises Refused where they can't have these names. Ask
    before the work is done."""
    if path.suffix != ".csv":
        message = f"a table of weights is a CSV file, and this is {path.name}"
        raise Refused(Problem("M401", message, Place("--out"), "name it attributions.csv"))
    beside = path.with_suffix(".manifest.json")
    refuse_existing(path, force)
    refuse_existing(beside, force)
    return path, beside


def payable(found: Attribution, options: Options, partners: Sequence[str]) -> None:
    """Raise Refused where shares may not enter a payout as they are, and nobody said that they may."""
    if found.may_exceed:
        message = f"the parts of a deal by {found.method} add up to more than the deal"
        raise Refused(Problem("M407", message, Place(), "bring the parts of each deal to 100 % with --normalise"))
    if found.is_sampled and not options.may_be_sampled:
        message = f"{found.method} was sampled: another seed would pay other amounts"
        hint = "let partners come union by union (--unions), or say that it may be paid with --pay-sampled"
        raise Refused(Problem("M406", message, Place(), hint))
    if found.below_zero and options.negative == "refuse":
        who = ", ".join(f"{partners[each]} (in {deals:,} of the deals)" for each, deals in found.below_zero.items())
        message = f"{found.method} finds partners that are worth less than nothing: {who[:400]}"
        hint = "say what becomes of them: --negative keep, or --negative zero_and_tell"
        raise Refused(Problem("M408", message, Place(), hint))


# --- what is asked ----------------------------------------------------------------------------------------------------


def _periods(meaning: Meaning, text: str) -> tuple[Period, Period]:
    """The first and the last of the periods that are asked for."""
    one, dots, other = text.partition("..")
    if dots and not (one and other):
        message, hint = f"'{text[:64]}' lacks a period", "write the first and the last, such as 2026-01..2026-06"
        raise Refused(Problem("M401", message, Place("--period"), hint))
    first = period_of(meaning, one)
    last = period_of(meaning, other) if dots else first
    if last.start < first.start:
        message = f"{last.name} comes before {first.name}"
        raise Refused(Problem("M401", message, Place("--period"), f"write --period {last.name}..{first.name}"))
    return first, last


def _readable(meaning: Meaning) -> Meaning:
    """The program with the sources that there are before anything is attributed, and with all of its partners."""
    there = {source.table for source in meaning.sources}
    for table in ("deals", "touches"):
        if table not in there:
            message = f"the program has no source {table}, and deals are attributed by touches on them"
            raise Refused(Problem("M401", message, Place(), f"add {table} to its sources"))
    kept = tuple(source for source in meaning.sources if source.table != ATTRIBUTIONS)
    return replace(meaning, eligible=None, sources=kept)


def _refuse_unused(options: Options) -> None:
    given = {
        "--half-life": options.half_life_days,
        "--order": options.order,
        "--unions": options.unions,
        "--sample": options.orders,
    }
    for option, value in given.items():
        if value is not None and not options.compares and options.method not in _USED[option]:
            message = f"{option} says nothing to {options.method}"
            hint = f"leave it out; it is for {' and '.join(_USED[option])}"
            raise Refused(Problem("M409", message, Place(option), hint))
    if options.orders is not None and options.unions is not None:
        message = "what is sampled is not solved union by union"
        raise Refused(Problem("M409", message, Place("--sample"), "leave --sample or --unions out"))


def _asked(facts: Gathered, periods: tuple[Period, Period], options: Options) -> Asked:
    journeys = facts.snapshot.journeys((periods[0].start, periods[1].end), options.amount, options.kinds)
    union_of = None if options.unions is None else _unions(facts, journeys.partners, options.unions)
    return Asked(
        journeys,
        options.window_days,
        options.half_life_days,
        1 if options.order is None else options.order,
        union_of,
        options.orders,
        options.seed,
        options.negative == "zero_and_tell",
    )


def _unions(facts: Gathered, partners: Sequence[str], by: str) -> Sequence[str]:
    """The union of each partner: its attribute, and one of its own where that is blank."""
    labels, groups = facts.snapshot.groups(by)
    if not any(labels):
        message = f"no partner has a {by}, so that --unions {by} says nothing"
        raise Refused(Problem("M409", message, Place("--unions"), f"fill in the {by} of partners, or leave it out"))
    label_of = {str(key): labels[at] for key, at in zip(groups.partners, groups.groups.tolist(), strict=True)}
    if by == "parent":  # who stands above others is of their union
        parents = set(label_of.values())
        return [label_of.get(each) or (each if each in parents else f" {each}") for each in partners]
    return [label_of.get(each) or f" {each}" for each in partners]


def _refuse_empty(asked: Asked, periods: str, rejected: int) -> None:
    if not len(asked.journeys.deals):
        message = f"no deal was won or lost in {periods}"
        message += f"; {counted(rejected, 'row')} of the sources cannot be used" if rejected else ""
        hint = "deals need a status (won or lost) and the day closed_on; or ask for other periods"
        raise Refused(Problem("M401", message, Place("deals"), hint))


# --- what is found ----------------------------------------------------------------------------------------------------


def _methods(asked: Asked, options: Options) -> tuple[list[Attribution], tuple[Problem, ...]]:
    """The asked method, and where methods are compared all others; those that can't be worked out are told."""
    found, left_out = [attributed(options.method, asked)], []
    for method in METHODS if options.compares else ():
        if method == options.method:
            continue
        try:
            found.append(attributed(method, asked))
        except Refused as refused:
            left_out += [replace(each, message=f"{method}: {each.message}") for each in refused.problems]
    return found, tuple(left_out)


def _weights(
    asked: Asked,
    found: Attribution,
    options: Options,
    title: str,
    inputs: Sequence[Input],
    periods: tuple[Period, Period],
) -> Weights | None:
    """The table of weights, with the manifest that says how it came about; None where shares are not of 100 %."""
    if found.may_exceed:
        return None
    read = {*_READ, "partners"}
    manifest = {
        "engine": VERSION,
        "program": title,
        "first_day": str(periods[0].start),
        "last_day": str(periods[1].last),
        "window_days": options.window_days,
        "kinds": sorted(options.kinds),
        "unions": options.unions,
        "negative": options.negative,
        "is_normalised": options.is_normalised,
        "is_sampled": found.is_sampled,
        "figures": dict(found.figures),
        "inputs": [
            {"table": each.table, "rows": each.rows, "rows_sha256": each.rows_sha256}
            for each in sorted(inputs, key=lambda each: each.table)
            if each.table in read
        ],
    }
    journeys = asked.journeys
    return weighed(found.shares, journeys.deals, journeys.partners, found.method, manifest)


__all__ = ["AMOUNTS", "SHAPES", "Attributed", "Options", "attribute", "files_of", "payable", "save"]
