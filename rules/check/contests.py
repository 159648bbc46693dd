"""Contests over days of several periods, which a rule that pays by the period would decide again in each.

In: what a program means. Out: the contests, and how each is written so that it is decided once.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.cases.fill import periods_near
from rules.kinds.prizes import Prizes
from rules.meaning import Meaning
from rules.problem import Problem


def contest_faults(meaning: Meaning) -> Iterator[Problem]:
    """The contests that would give all of their prizes in more than one period."""
    for payout in meaning.payouts:
        during = payout.rows.during
        if not isinstance(payout.kind, Prizes) or during is None or payout.rows.dated is None:
            continue
        near = periods_near(meaning.calendar, during)
        found = [each for each in near if each.start < during.end and during.first < each.end]
        if len(found) > 1:
            message = f"{payout.name} is for {during.first} to {during.last}, and would give its prizes in each of "
            message += f"{len(found)} periods, to the rows of that period"
            hint = "rank a KPI that measures these days by where: and window: until_end, for_each: partners where "
            hint += f"period.start = date '{found[-1].start}'; for a contest in each period leave during: out"
            yield Problem("P245", message, payout.place, hint)
