"""A plan on paper: what a program says, rule by rule in words, each with an example that the engine worked out.

In: what a program means, the examples, whose plan it is. Out: blocks of a document. Every key of every rule is said, in
words that are made from the typed rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.reports.paper import Block, Clauses, Figure, Heading, Paragraph, Table
from engine.reports.plan_measures import kpi_words, scorecard_blocks
from engine.reports.tree import tree_lines
from engine.values.paper import Agreed, Example, Foot
from rules.crediting.meaning import CreditMeaning
from rules.expressions.tree import as_written
from rules.kinds.base import Terms, Words, percent
from rules.meaning import Meaning, PoolMeaning, TotalMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.payouts.words import Clause, payout_words, total_limit_words
from rules.quantities.apportion import Residue

_RESIDUES: Mapping[Residue, str] = {
    Residue.LARGEST_REMAINDER: "shares are rounded down, and the cents left over go to the largest remainders",
    Residue.TO_FIRST: "shares are rounded down, and the cents left over go to the first partners by id",
    Residue.TO_LAST: "shares are rounded down, and the cents left over go to the last partners by id",
    Residue.TO_BIGGEST: "shares are rounded down, and the cents left over go to the biggest weights",
    Residue.HOUSE: "shares are rounded down, and the cents left over stay with the house",
    Residue.CARRY: "shares are rounded down, and the cents left over are carried to the next period",
    Residue.ROUND_EACH: "each share is rounded for itself, so that they may miss the pool by some cents",
}


def plan_blocks(meaning: Meaning, examples: Mapping[str, Example], whose: Agreed | None, foot: Foot) -> list[Block]:
    """The whole document."""
    blocks: list[Block] = [Heading(1, meaning.title), *_frame(meaning, whose)]
    if meaning.quotas:
        reached = tuple((_titled(each.name), each.spec.in_words(meaning.terms).text) for each in meaning.quotas)
        blocks += [Heading(2, "What is to be reached"), Clauses(reached)]
    if meaning.kpis:
        blocks += [Heading(2, "What is measured"), Clauses(tuple(kpi_words(kpi) for kpi in meaning.kpis))]
    for card in meaning.scorecards:
        blocks += [Heading(2, f"Score: {card.title}"), *scorecard_blocks(card, meaning.terms)]
    if meaning.credits:
        blocks.append(Heading(2, "Who is credited"))
        for credit in meaning.credits:
            blocks += [Heading(3, _titled(credit.name)), Clauses(tuple(_credit_clauses(credit)))]
    if meaning.payouts:
        blocks.append(Heading(2, "What is paid"))
    for number, payout in enumerate(meaning.payouts, 1):
        blocks += [Heading(3, f"{number}. {_titled(payout.title)} ({payout.name})"), *_rule(payout_words(payout))]
        blocks += _example(payout, examples.get(payout.name))
    if meaning.pools:
        blocks.append(Heading(2, "What is shared"))
    for pool in meaning.pools:
        blocks += [Heading(3, f"{_titled(pool.title)} ({pool.name})"), *_rule(_pool_clauses(pool))]
        blocks += _shown(examples.get(pool.name))
    if meaning.totals:
        sums = tuple((_titled(total.title), _sum(total, meaning.terms)) for total in meaning.totals)
        blocks += [Heading(2, "Sums that are reported"), Clauses(sums)]
    return [*blocks, *_foot(foot)]


def _sum(total: TotalMeaning, terms: Terms) -> str:
    limits = (total_limit_words(limit, total.parts, terms) for limit in total.limits)
    return "; ".join([" + ".join(total.parts), *limits])


def _frame(meaning: Meaning, whose: Agreed | None) -> Iterator[Block]:
    calendar, effective, currency = meaning.calendar, meaning.effective, meaning.terms.currency
    length = calendar.length.replace("_", " ")
    period = "the periods that the program lists" if length == "custom" else f"a {length}"
    if length not in ("month", "custom"):
        period += f"; the fiscal year starts on {calendar.start_month:02d}-{calendar.start_day:02d}"
    if length == "custom":
        listed = [f"{each.name} ({each.start} to {each.last})" for each in calendar.custom]
        period += ": " + ", ".join(listed)
    rows = [
        ("Currency", f"{currency.code}, paid in whole units of {_unit(currency.decimals)}"),
        ("Period", period),
        ("In force", f"from {effective.first} to {effective.last}, both days included"),
        ("Who can be paid", "every partner" if meaning.eligible is None else f"where {as_written(meaning.eligible)}"),
    ]
    if whose is not None:
        named = whose.partner if whose.name in ("", whose.partner) else f"{whose.partner}, {whose.name}"
        rows.insert(0, ("For", named))
    yield Clauses(tuple(rows))
    if whose is not None and whose.rows:
        yield Heading(2, "Agreed with this partner")
        yield Table(whose.head, whose.rows)


def _unit(decimals: int) -> str:
    return "1" if not decimals else f"0.{'0' * (decimals - 1)}1"


def _titled(text: str) -> str:
    spaced = text.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def _rule(clauses: Iterator[Clause]) -> Iterator[Block]:
    """The clauses of a rule; a table of steps follows the clause that it belongs to."""
    waiting: list[tuple[str, str]] = []
    for name, said in clauses:
        waiting.append((name, said.text))
        if said.rows:
            yield Clauses(tuple(waiting))
            yield Table(said.head, said.rows)
            waiting = []
    if waiting:
        yield Clauses(tuple(waiting))


def _credit_clauses(credit: CreditMeaning) -> Iterator[tuple[str, str]]:
    spec = credit.spec
    where = "" if credit.where is None else f" where {as_written(credit.where)}"
    yield "Of", f"each row of {credit.of}{where}"
    for each, fits in zip(spec.from_, credit.fits, strict=True):
        only = "" if fits is None else f"; for rows where {as_written(fits)}, before what is less specific"
        yield "From", each.way.in_words(credit.terms).text + only
    if spec.prefer is not None:
        yield "Prefer", " over ".join(spec.prefer) + ": a later role counts only where no earlier one does"
    if spec.protected_by is not None:
        yield "Protected", f"a partner with a valid row of {spec.protected_by} takes the sourced credit"
    over = "refused" if spec.over_100 == "refuse" else "paid for roles that are declared as overlay"
    yield "More than 100 %", over
    rest = "stays with the house" if spec.remainder == "house" else "goes to the credited partners in equal parts"
    yield "What is left", f"of 100 % {rest}"
    if spec.roll_up is not None:
        up = spec.roll_up
        whose = "on top of the 100 %" if up.on_top else "out of the share below"
        skipped = "skipped" if up.compress == "inactive" else "lost"
        rates = ", ".join(map(percent, up.rates))
        yield "Roll-up", f"each {up.to} above earns, level by level, {rates} {whose}; an inactive level is {skipped}"
    if spec.at_most is not None and credit.amount is not None:
        most = credit.terms.amount(credit.terms.minor(spec.at_most))
        yield "At most", f"{most} of {as_written(credit.amount)} is credited of a row"


def _pool_clauses(pool: PoolMeaning) -> Iterator[Clause]:
    yield "Size", Words(pool.terms.amount(pool.size_minor))
    among = "all partners that can be paid" if pool.among is None else f"partners where {as_written(pool.among)}"
    yield "Among", Words(among)
    yield "Shared", pool.kind.in_words(pool.terms)
    yield "Rounding", Words(f"{_RESIDUES[pool.residue]}; {pool.terms.rounding_words}")
    unknown = "stops the calculation" if pool.unknown == "refuse" else "takes no part"
    yield "Unknown", Words(f"a partner whose weight is unknown {unknown}")


def _example(payout: PayoutMeaning, example: Example | None) -> Iterator[Block]:
    left_out = [*(["multipliers"] if payout.multipliers else []), *(["limits"] if payout.limits else [])]
    yield from _shown(example)
    if example is not None and example.reason is None and left_out:
        yield Paragraph(f"The example is before {' and '.join(left_out)}.")


def _shown(example: Example | None) -> Iterator[Block]:
    if example is None:
        return
    if example.reason is not None:
        yield Figure(example.title, tuple(tree_lines(example.reason)))
    else:
        yield Paragraph(example.title)
        yield Table(example.head, example.rows)


def _foot(foot: Foot) -> Sequence[Block]:
    return (
        Heading(2, "What this plan is made from"),
        Clauses(
            (
                ("Program", foot.file),
                ("Digest (SHA-256)", foot.program_sha256),
                ("Engine", f"partage {foot.engine}"),
            )
        ),
        Paragraph(
            "The rules above are the program in words, and its examples were worked out by the engine that pays."
        ),
    )
