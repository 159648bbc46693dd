"""Compile: what a program means becomes the ordered list of steps that work it out.

In: a meaning. Out: a plan; every step comes after what it reads. The names of the columns are those of the rules, with
a part after a dot for what a rule needs on the way: `commission.rows`, `commission.base`, `commission`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan.totals import paying_steps
from engine.values import PAYOUT, Credit, Gather, Kpi, Plan, Quota, ReadRows, Score, Share, Size, Step, Sum, Weigh
from rules.meaning import Meaning, PoolMeaning
from rules.problem import Place


def compile_plan(meaning: Meaning) -> Plan:
    """The plan of a program: KPIs, payouts, pools, sums, and last what each partner gets in all."""
    steps: list[Step] = []
    minor = meaning.terms.minor_per_major
    steps += [Quota(each.name, each.name.replace("_", " "), each.place, each, minor) for each in meaning.quotas]
    steps += [Kpi(kpi.name, kpi.title, kpi.place, kpi) for kpi in meaning.kpis]
    steps += [Score(card.name, card.title, card.place, card) for card in meaning.scorecards]
    steps += [Credit(credit.name, credit.name, credit.place, credit) for credit in meaning.credits]
    steps += paying_steps(meaning.payouts, meaning.totals)
    for pool in meaning.pools:
        steps += _pool_steps(pool)
    for total in meaning.totals:
        steps.append(Sum(total.name, total.title, total.place, total.parts))
    paid = (*(payout.name for payout in meaning.payouts), *(pool.name for pool in meaning.pools))
    steps.append(Sum(PAYOUT, "payout", Place(), paid, is_paid=True))
    return Plan(meaning.title, meaning.terms, meaning.calendar, meaning.effective, tuple(steps))


def _pool_steps(pool: PoolMeaning) -> Iterator[Step]:
    name, frame = pool.name, f"{pool.name}.members"
    measures = {f"{name}.{key}": typed for key, typed in pool.inputs.items()}
    inputs = {key: f"{name}.{key}" for key in pool.inputs}
    yield ReadRows(frame, "members of the pool", pool.place, "partners", pool.among, None, measures)
    yield Size(f"{name}.size", f"{pool.title}: the pool", pool.size_place, pool.size_minor)
    yield Weigh(
        f"{name}.weight", f"{pool.title}: weight", pool.place, frame, pool.kind, inputs, pool.terms, pool.unknown
    )
    yield Share(
        f"{name}.lines", pool.title, pool.place, frame, f"{name}.size", f"{name}.weight", pool.residue, pool.terms, name
    )
    yield Gather(name, pool.title, pool.place, ((f"{name}.lines", frame),))
