"""What a payout rule says in words, every key of it: a list of clauses, as a plan on paper has them.

In: what the rule means. Out: for each clause its name and its words; the words are made from the typed rule itself, so
that what is signed is what runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

from rules.expressions.said import condition_said, said
from rules.kinds.base import Terms, Words, number, percent
from rules.payouts.meaning import LimitMeaning, MultiplierMeaning, PaidRows, PayoutMeaning, ReturnMeaning, Typed
from rules.quantities.written import DateRange

Clause = tuple[str, Words]
OWNERS = {"mdf_claims": "the partner whose request the claim is of"}
_STRETCH = {"period": "in each period", "fiscal_year": "in each fiscal year", "ever": "over all time"}


def payout_words(payout: PayoutMeaning, percents: Collection[str] = ()) -> Iterator[Clause]:
    """The clauses of a rule, in the order in which they take effect; `percents` are the KPIs that are in percent."""
    terms, kind = payout.terms, payout.kind
    yield from _rows(payout)
    if payout.base is not None:
        yield "Base", Words(said(payout.base))
    yield "Pays", kind.in_words(terms)
    for each in payout.multipliers:
        yield "Multiplied", _multiplier(each, each.in_percent(percents))
    if payout.at_least_minor is not None:
        yield "A line pays", Words(_least(payout.at_least_minor, terms))
    if payout.at_most_minor is not None:
        yield "A line pays", Words(_most(payout.at_most_minor, terms))
    yield "Rounding", Words(_rounding(payout))
    for limit in sorted(payout.limits, key=lambda each: each.spec.at_least is not None):  # caps hold over the least
        yield "Limit", Words(_limit(limit, terms))
    for back in payout.returns:
        yield "Taken back", Words(_return(back, payout))
    is_contest = kind.rounds_together == "frame"
    unknown = {
        "refuse": "a row whose value is unknown stops the calculation until it is mended",
        "leave_out": f"a row whose value is unknown {'takes no part' if is_contest else 'is not paid'}",
    }
    yield "Unknown", Words(unknown[payout.unknown])


def _least(bound: Fraction, terms: Terms) -> str:
    """What the least of a line says, of lines below zero too: they are raised to it as any other."""
    if bound == 0:
        return f"at least {terms.amount(0)}: where it would be below zero, nothing is paid and nothing is charged"
    if bound < 0:
        return (
            f"at least {terms.amount(bound)}, before it is rounded: it never charges more than {terms.amount(-bound)}"
        )
    return f"at least {terms.amount(bound)}, before it is rounded, also where it would be below zero"


def _most(bound: Fraction, terms: Terms) -> str:
    """What the most of a line says: one below zero is below it, and stays."""
    if bound < 0:
        return f"at most {terms.amount(bound)}, before it is rounded: it charges at least {terms.amount(-bound)}"
    return f"at most {terms.amount(bound)}, before it is rounded; one below zero stays as it is"


def _rows(payout: PayoutMeaning) -> Iterator[Clause]:
    rows = payout.rows
    yield "For", Words("each partner" if rows.table == "partners" else f"each row of {rows.table}")
    if rows.where is not None:
        yield "Where", Words(condition_said(rows.where))
    if rows.dated is not None:
        day = str(rows.dated)
        lock = f"{rows.lock_days} days after {day}" if rows.lock_days else day
        yield "Counts", Words(f"in the period that holds {lock}{_during(rows.during, day)}")
    else:
        yield "Counts", Words("in every period")
    if payout.replaces is not None:
        yield "Replaces", Words(f"{payout.replaces}; a row on a day between the two stops the calculation")
    if rows.credit is not None:
        yield "Paid to", Words(f"the partners that earn credit by the rule {rows.credit}, by their shares")
    else:
        yield "Paid to", Words(_owner(rows))


def _owner(rows: PaidRows) -> str:
    """Whose the line of a row is that no crediting rule shares out."""
    if rows.table == "partners":
        return "that partner"
    if rows.owner.table in (None, rows.table):
        return "the partner that the row names"
    return OWNERS[rows.table]


def _during(days: DateRange | None, day: str) -> str:
    return "" if days is None else f", if {day} is from {days.first} to {days.last}, both days included"


def _multiplier(each: MultiplierMeaning, in_percent: bool) -> Words:
    spec, name = each.spec, each.name.replace("_", " ")
    told = percent if in_percent else number
    rows: list[tuple[str, str, str]] = []
    if spec.times is not None:
        text = f"{name}: by {said(each.inputs['times'][0])}"
    else:
        assert spec.by is not None, "a multiplier is a factor or bands"
        text = f"{name}: by the factor of the band that {said(each.inputs['by'][0])} is in; "
        text += "what equals an edge is in the next band"
        for at, band in enumerate(spec.bands):
            low, high = spec.bands[at - 1].below if at else None, band.below
            ends = ("-" if low is None else told(low), "no end" if high is None else told(high))
            rows.append((*ends, number(band.times)))
    for bound, side in ((spec.at_least, "at least"), (spec.at_most, "at most")):
        text += "" if bound is None else f"; the factor is {side} {number(bound)}"
    text += "" if spec.where is None else f"; only where {condition_said(each.inputs['where'][0])}"
    return Words(text, ("from", "below", "factor") if rows else (), tuple(rows))


def _rounding(payout: PayoutMeaning) -> str:
    how, unit = payout.terms.rounding_words, payout.terms.amount(payout.terms.step_minor)
    if payout.is_cumulative:
        return f"each line once, {how}, as the difference of the partner's rounded running totals"
    if payout.kind.rounds_together == "frame":
        which = "the lines that share prizes"
    elif payout.kind.rounds_together == "row" or payout.rows.credit is not None:
        which = "the lines of one row"
    else:
        return f"each line once, {how}"
    text = f"{which} once and together: their sum is rounded {how}, and they add up to it; each line is rounded down to"
    return (
        f"{text} {unit}, and what is missing goes, {unit} each, to those that lost most, of equals to the first by id"
    )


def _limit(limit: LimitMeaning, terms: Terms) -> str:
    spec, amount = limit.spec, terms.amount(limit.amount_minor)
    if limit.of is not None:
        amount = f"{rate_words(limit)} of that partner, rounded down,"
    whose = "each partner" if spec.per == "partner" else "all partners together"
    over = _STRETCH.get(spec.over, "")
    if limit.during is not None and spec.over == "during":
        over = f"from {limit.during.first} to {limit.during.last}"
    end = "" if spec.over == "period" else " at its end" if spec.over == "fiscal_year" else " at the end of these days"
    if spec.at_least is not None:
        return f"the lines of {whose} come to at least {amount} {over}; a line of its own tops up{end}"
    text = f"the lines of {whose} come to at most {amount} {over}; "
    if spec.cut == "pro_rata":
        text += "beyond that all are cut in proportion"
    else:
        text += f"they are paid in the order of {_listed(limit.order)} and then of their keys until it is spent, and "
        text += "the line that crosses is paid in part" if spec.last == "partial" else "a line that crosses is not paid"
    kept = "lost" if spec.excess == "lost" else "banked, and paid in later periods in which there is room"
    return f"{text}; what is cut is {kept}"


def total_limit_words(limit: LimitMeaning, parts: Sequence[str], terms: Terms) -> str:
    """What a limit over several rules says."""
    most = terms.amount(limit.amount_minor)
    if limit.of is not None:
        most = f"{rate_words(limit)} of that partner, rounded down,"
    text = f"the lines of each partner by {', '.join(parts)} together come to at most {most} in each period; "
    if limit.spec.cut == "pro_rata":
        return f"{text}beyond that all are cut in proportion; what is cut is lost"
    return f"{text}the rules are paid in this order, and the rows of each in that of their keys; what is cut is lost"


def rate_words(limit: LimitMeaning) -> str:
    """The most of a limit that is a rate of what a partner has: `200 % of quota`."""
    most = limit.spec.at_most
    assert most is not None and most.rate is not None and limit.of is not None, "the limit is a rate of something"
    return f"{percent(most.rate)} of {said(limit.of)}"


def _listed(order: Sequence[Typed]) -> str:
    return ", ".join(said(tree) for tree, _ in order)


def _return(back: ReturnMeaning, payout: PayoutMeaning) -> str:
    text = f"{back.name.replace('_', ' ')}: for each row of {back.table}"
    text += "" if back.where is None else f" where {condition_said(back.where)}"
    text += f", in the period that holds {back.dated}, "
    if isinstance(back.share, Fraction):
        text += f"{percent(back.share)} of "
    else:
        text += f"the share {said(back.share[0])}, no less than 0 and no more than 1, of "
    what = (
        "what the row was paid" if back.tiers == "as_paid" else "the base, off the running total, highest tiers first"
    )
    if back.base is not None:
        part = said(back.base[0])
        what = f"{what}, in the part that {part} is of the base" if back.tiers == "as_paid" else f"{part}, off the "
        what += "" if back.tiers == "as_paid" else "running total, highest tiers first"
    if back.tiers == "highest_first" and payout.running is not None and payout.running.of != "base":
        moved = said(payout.inputs[payout.running.of][0])
        what = "the base" if back.base is None else said(back.base[0])
        what += f", and the same part of {moved} off the running total, highest tiers first"
    return text + what
