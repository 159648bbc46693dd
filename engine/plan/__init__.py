"""Compile: what a program means becomes the ordered list of steps that work it out.

In: a meaning. Out: a plan; every step comes after what it reads. The names of the columns are those of the rules, with
a part after a dot for what a rule needs on the way: `commission.rows`, `commission.base`, `commission`.
"""

from __future__ import annotations

from engine.plan.balances import opening_steps, paid_steps
from engine.plan.pools import amount_steps, pool_steps, whole_steps
from engine.plan.totals import paying_steps
from engine.values import Credit, Kpi, Plan, Quota, Score, Step, Sum
from rules.check.versions import version_gaps
from rules.meaning import Meaning


def compile_plan(meaning: Meaning) -> Plan:
    """The plan of a program: KPIs, payouts, pools, sums, and last what each partner gets in all."""
    steps: list[Step] = []
    minor = meaning.terms.minor_per_major
    steps += [Quota(each.name, each.name.replace("_", " "), each.place, each, minor) for each in meaning.quotas]
    steps += [Kpi(kpi.name, kpi.title, kpi.place, kpi) for kpi in meaning.kpis if kpi.level == "partner"]
    steps += [Score(card.name, card.title, card.place, card) for card in meaning.scorecards]
    steps += [Credit(credit.name, credit.name, credit.place, credit) for credit in meaning.paying_credits]
    steps += paying_steps(meaning.payouts, meaning.totals)
    steps += whole_steps(meaning)
    steps += amount_steps(meaning)
    for pool in meaning.pools:
        steps += pool_steps(pool, meaning)
    for total in meaning.totals:
        steps.append(Sum(total.name, total.title, total.place, total.parts))
    paid = (*(payout.name for payout in meaning.payouts), *(pool.name for pool in meaning.pools))
    steps += paid_steps(meaning, paid, steps)
    opened, gaps = opening_steps(steps, minor), version_gaps(meaning)
    return Plan(meaning.title, meaning.terms, meaning.calendar, meaning.effective, (*opened, *steps), gaps)
