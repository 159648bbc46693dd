"""What a crediting rule says in words, every key of it: a list of clauses, as a plan on paper has them."""

from __future__ import annotations

from collections.abc import Iterator

from rules.crediting.meaning import DAY_OF, CreditMeaning
from rules.expressions.said import condition_said, said
from rules.kinds.base import percent


def credit_words(credit: CreditMeaning) -> Iterator[tuple[str, str]]:
    """The clauses of a rule, in the order in which they take effect."""
    spec = credit.spec
    where = "" if credit.where is None else f" where {condition_said(credit.where)}"
    yield "Of", f"each row of {credit.of}{where}"
    if spec.protected_by is not None:
        registered = "of the partners with a registration that is approved and in force on the day of the row the first"
        text = f"{registered} takes all that was sourced, whoever sourced it; those of one day take equal parts"
        yield "Protected", f"{text} ({spec.protected_by})"
    if spec.prefer is not None:
        yield "Prefer", " over ".join(spec.prefer) + ": a later role counts only where no earlier one does"
    several = len(spec.from_) > 1
    for each, fits in zip(spec.from_, credit.fits, strict=True):
        only = "" if fits is None else f"where {condition_said(fits)}: "
        only = "all other rows: " if fits is None and several else only
        yield "From", only + each.way.in_words(credit.terms).text
    if several:
        yield "Which of them", "the one whose condition holds and names the most attributes"
    over = "refused" if spec.over_100 == "refuse" else "paid for roles that are declared to be beside the 100 %"
    yield "Above 100 %", over
    rest = "stays with the house" if spec.remainder == "house" else "goes to the credited partners in equal parts"
    yield "Below 100 %", f"what is left {rest}"
    if spec.at_most is not None and credit.amount is not None:
        most = credit.terms.amount(credit.terms.minor(spec.at_most))
        yield "At most", f"{most} of {said(credit.amount)} is credited of a row; beyond that all shares shrink alike"
    if spec.roll_up is not None:
        up = spec.roll_up
        whose = "on top of the 100 %" if up.on_top else "out of that share"
        skipped = "skipped" if up.compress == "inactive" else "lost"
        levels = [f"{percent(rate)} to the {up.to} at level {at}" for at, rate in enumerate(up.rates, 1)]
        day = f"{credit.of}.{DAY_OF[credit.of]}" if credit.of in DAY_OF else "the day of the row"
        text = f"of a partner's share those above it earn {', '.join(levels)}, {whose}, as they stood on {day}"
        yield "Roll-up", f"{text}; a level whose partner is inactive is {skipped}"
