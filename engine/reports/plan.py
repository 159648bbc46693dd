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
from rules.balances.meaning import BalanceMeaning
from rules.crediting.words import credit_words
from rules.expressions.said import condition_said
from rules.kinds.base import ShareKind, Terms, Words
from rules.meaning import Meaning, TotalMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.payouts.words import Clause, payout_words, total_limit_words
from rules.pools.meaning import PoolMeaning
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


_IN_ORDER = (
    "What was earned is paid after these, in their order: each takes what the one before it leaves to be paid, keeps a "
    "part of it or adds to it, and tells in every period what was on it, what moved and what is on it then."
)
_UNKNOWN = {
    "refuse": "stops the calculation",
    "leave_out": "takes no part",
    "house": "counts as the mean of the others, and the house keeps its share",
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
    if meaning.paying_credits:
        blocks.append(Heading(2, "Who is credited"))
        for credit in meaning.paying_credits:
            blocks += [Heading(3, _titled(credit.name)), Clauses(tuple(credit_words(credit)))]
    percents = [kpi.name for kpi in meaning.kpis if kpi.unit == "percent"]
    if meaning.payouts:
        blocks.append(Heading(2, "What is paid"))
    for number, payout in enumerate(meaning.payouts, 1):
        title = f"{number}. {_titled(payout.title)} ({payout.name})"
        blocks += [Heading(3, title), *_rule(payout_words(payout, percents))]
        blocks += _example(payout, examples.get(payout.name))
    if meaning.amounts is not None:
        said = meaning.amounts.rule.in_words(meaning.terms)
        defined = tuple((_titled(name), definition) for name, definition in said.rows)
        blocks += [Heading(2, "What is defined together"), Paragraph(f"{_titled(said.text)}."), Clauses(defined)]
    if meaning.pools:
        blocks.append(Heading(2, "What is shared"))
    for pool in meaning.pools:
        blocks += [Heading(3, f"{_titled(pool.title)} ({pool.name})"), *_rule(_pool_clauses(pool))]
        blocks += _shown(examples.get(pool.name))
    if meaning.balances:
        blocks += [Heading(2, "What is kept from period to period"), Paragraph(_IN_ORDER)]
    for number, balance in enumerate(meaning.balances, 1):
        title = f"{number}. {_titled(balance.title)} ({balance.name})"
        blocks += [Heading(3, title), *_rule(_balance_clauses(balance))]
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
        ("Who can be paid", _whom(meaning)),
    ]
    if meaning.exchange is not None:
        rows.insert(1, ("Other currencies", meaning.exchange.spec.in_words(meaning.terms).text))
    if meaning.approval is not None:
        rows.append(("Approval", meaning.approval.in_words().text))
    if meaning.mdf is not None:
        rows.append(("Market development funds", meaning.mdf.in_words().text))
    if whose is not None:
        named = whose.partner if whose.name in ("", whose.partner) else f"{whose.partner}, {whose.name}"
        rows.insert(0, ("For", named))
    yield Clauses(tuple(rows))
    if whose is not None and whose.rows:
        yield Heading(2, "Agreed with this partner")
        yield Table(whose.head, whose.rows)


def _whom(meaning: Meaning) -> str:
    return "every partner" if meaning.eligible is None else f"partners for whom {condition_said(meaning.eligible)}"


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


def _balance_clauses(balance: BalanceMeaning) -> Iterator[Clause]:
    yield "Kept", balance.kind.in_words(balance.terms)
    opens = "with what the period before closed with; before the first, with what was on it then"
    yield "Opens", Words(opens)


def _rounding(pool: PoolMeaning) -> str:
    """How shares become whole units; the rounding mode is that of shares which are rounded each for itself."""
    text, step = _RESIDUES[pool.spec.residue], pool.terms.step_minor
    if pool.spec.residue is Residue.ROUND_EACH:
        return f"{text}; {pool.terms.rounding_words}"
    return text if step == 1 else f"{text}; in steps of {pool.terms.amount(step)}"


def _days(pool: PoolMeaning) -> str:
    text = "whoever was a partner for a part of the period weighs that part of its days"
    if pool.spec.bounds is None:
        return text
    if pool.spec.bounds.prorate:
        return f"{text}, and its floor and cap are for that part"
    return f"{text}; its floor and cap hold whole, but who was none on any day has no floor"


_LATE = {
    "reshare": "late records share it anew, and each partner gets or gives back the difference",
    "next_period": "its shares stay, and the pool of the next period has what late records change of its size",
    "house": "its shares stay, and the house has what late records change of its size",
}


def _pool_clauses(pool: PoolMeaning) -> Iterator[Clause]:
    yield "Size", Words(pool.size.text)
    among = "all partners that can be paid" if pool.among is None else f"partners for whom {condition_said(pool.among)}"
    yield "Among", Words(among)
    yield "Shared", pool.kind.in_words(pool.terms)
    yield "Rounding", Words(_rounding(pool))
    if pool.spec.by_days:
        yield "Days", Words(_days(pool))
    if pool.spec.bounds is not None:
        yield "Limits", pool.spec.bounds.in_words(pool.terms)
    if pool.spec.losses == "shared":
        yield "Losses", Words("a size below zero is a loss, and shared in the same way")
    if pool.spec.bounds is not None or not isinstance(pool.kind, ShareKind):
        to = "stays with the house" if pool.spec.unclaimed == "house" else "is carried to the next period"
        yield "Unclaimed", Words(f"what nobody claims or may have {to}")
    yield "Unknown", Words(f"a partner whose weight is unknown {_UNKNOWN[pool.spec.unknown]}")
    if pool.spec.late is not None:
        yield "Late records", Words(f"once its period is locked, {_LATE[pool.spec.late]}")


def _example(payout: PayoutMeaning, example: Example | None) -> Iterator[Block]:
    yield from _shown(example)
    if example is not None and example.reason is None and payout.limits:
        yield Paragraph("The example is before limits.")


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
