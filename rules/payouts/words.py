"""What a payout rule says in words, every key of it: a list of clauses, as a plan on paper has them.

In: what the rule means. Out: for each clause its name and its words; the words are made from the typed rule itself, so
that what is signed is what runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from rules.expressions.tree import as_written
from rules.kinds.base import Terms, Words, number, percent
from rules.payouts.meaning import LimitMeaning, MultiplierMeaning, PayoutMeaning, ReturnMeaning, Typed
from rules.quantities.written import DateRange

Clause = tuple[str, Words]
_STRETCH = {"period": "in each period", "fiscal_year": "in each fiscal year", "ever": "over all time"}


def payout_words(payout: PayoutMeaning) -> Iterator[Clause]:
    """The clauses of a rule, in the order in which they take effect."""
    terms, kind = payout.terms, payout.kind
    yield from _rows(payout)
    if payout.base is not None:
        yield "Base", Words(as_written(payout.base))
    yield "Pays", kind.in_words(terms)
    for each in payout.multipliers:
        yield "Multiplied", _multiplier(each)
    for bound, side in ((payout.at_least_minor, "at least"), (payout.at_most_minor, "at most")):
        if bound is not None:
            yield "A line pays", Words(f"{side} {terms.amount(bound)}, before it is rounded")
    yield "Rounding", Words(_rounding(payout))
    for limit in payout.limits:
        yield "Limit", Words(_limit(limit, terms))
    for back in payout.returns:
        yield "Taken back", Words(_return(back, payout))
    unknown = {
        "refuse": "a row whose value is unknown stops the calculation until it is mended",
        "leave_out": "a row whose value is unknown is not paid",
    }
    yield "Unknown", Words(unknown[payout.unknown])


def _rows(payout: PayoutMeaning) -> Iterator[Clause]:
    rows = payout.rows
    yield "For", Words(f"each row of {rows.table}")
    if rows.where is not None:
        yield "Where", Words(as_written(rows.where))
    if rows.dated is not None:
        day = str(rows.dated)
        lock = f"{rows.lock_days} days after {day}" if rows.lock_days else day
        yield "Counts", Words(f"in the period that holds {lock}{_during(rows.during, day)}")
    else:
        yield "Counts", Words("in every period")
    if rows.credit is not None:
        yield "Paid to", Words(f"the partners that earn credit by the rule {rows.credit}, by their shares")
    else:
        yield "Paid to", Words("the partner that the row names")


def _during(days: DateRange | None, day: str) -> str:
    return "" if days is None else f", if {day} is from {days.first} to {days.last}, both days included"


def _multiplier(each: MultiplierMeaning) -> Words:
    spec, name = each.spec, each.name.replace("_", " ")
    rows: list[tuple[str, str, str]] = []
    if spec.times is not None:
        text = f"{name}: by {spec.times.text}"
    else:
        assert spec.by is not None, "a multiplier is a factor or bands"
        text = f"{name}: by the band that {spec.by.text} is in; what equals an edge is in the next band"
        for at, band in enumerate(spec.bands):
            low, high = spec.bands[at - 1].below if at else None, band.below
            ends = ("-" if low is None else number(low), "no end" if high is None else number(high))
            rows.append((*ends, number(band.times)))
    for bound, side in ((spec.at_least, "at least"), (spec.at_most, "at most")):
        text += "" if bound is None else f"; the factor is {side} {number(bound)}"
    text += "" if spec.where is None else f"; only where {spec.where.text}"
    return Words(text, ("from", "below", "factor") if rows else (), tuple(rows))


def _rounding(payout: PayoutMeaning) -> str:
    text = f"each line once, {payout.terms.rounding_words}"
    if payout.is_cumulative:
        text += ", as the difference of the partner's rounded running totals"
    if payout.kind.rounds_together == "row":
        text += "; lines of one row add up to the rounded whole"
    elif payout.kind.rounds_together == "frame":
        text += "; lines that share an amount add up to it"
    return text


def _limit(limit: LimitMeaning, terms: Terms) -> str:
    spec, amount = limit.spec, terms.amount(limit.amount_minor)
    if limit.of is not None:
        amount = f"{rate_words(limit)} of that partner, rounded down,"
    whose = "each partner" if spec.per == "partner" else "all partners together"
    if spec.at_least is not None:
        return f"the lines of {whose} come to at least {amount} {_STRETCH[spec.over]}; a line of its own tops up"
    over = _STRETCH.get(spec.over, "")
    if limit.during is not None and spec.over == "during":
        over = f"from {limit.during.first} to {limit.during.last}"
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
    return f"{percent(most.rate)} of {as_written(limit.of)}"


def _listed(order: Sequence[Typed]) -> str:
    return ", ".join(as_written(tree) for tree, _ in order)


def _return(back: ReturnMeaning, payout: PayoutMeaning) -> str:
    text = f"{back.name.replace('_', ' ')}: for each row of {back.table}"
    text += "" if back.where is None else f" where {as_written(back.where)}"
    text += f", in the period that holds {back.dated}, "
    if isinstance(back.share, Fraction):
        text += f"{percent(back.share)} of "
    else:
        text += f"the share {as_written(back.share[0])}, no less than 0 and no more than 1, of "
    what = (
        "what the row was paid" if back.tiers == "as_paid" else "the base, off the running total, highest tiers first"
    )
    if back.base is not None:
        part = as_written(back.base[0])
        what = f"{what}, in the part that {part} is of the base" if back.tiers == "as_paid" else f"{part}, off the "
        what += "" if back.tiers == "as_paid" else "running total, highest tiers first"
    if back.tiers == "highest_first" and payout.running is not None and payout.running.of != "base":
        moved = as_written(payout.inputs[payout.running.of][0])
        what = "the base" if back.base is None else as_written(back.base[0])
        what += f", and the same part of {moved} off the running total, highest tiers first"
    return text + what
