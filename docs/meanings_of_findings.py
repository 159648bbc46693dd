"""What each key of the JSON of `partage mdf effect` means, by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_ENDS = {
    "value": "the estimate, as a number's text",
    "low": "the lower end of its interval of 95 %; null where none is known",
    "high": "the upper end; null where none is known, or there is none",
}
_EFFECT = {
    "method": "`did`, `matched`, `synthetic`, `sdid` or `group-time`",
    "per_unit_period": "the effect per treated partner and period",
    "total": "the same times `unit_periods`",
    "std_error": "of the effect per partner and period, as a number's text; null where the method gives none",
    "p_value": "that there is no effect, as a number's text; null where the method gives none",
    "p_kind": "what it is drawn from: `t`, `permutation` or `placebo`",
    "pre_trend_p": "that treated and controls moved alike before the start; null where that can't be told",
    "pre_fit": "the root mean square of observed less counterfactual before the start",
    "pre_periods": "how many periods come before the first start",
    "treated": "how many partners are treated",
    "controls": "how many partners are controls of some of them",
    "unit_periods": "how many partner-periods are counted",
    "mde": "the smallest effect per partner and period that such data find 4 times of 5; null where unknown",
}
_REASON = {"code": "the reason as a code, `M201` to `M208`", "why": "the reason in words"}
_WORTH = {
    "brought": "the effect in all, in the outcome's unit",
    "margin": "what is earned on it; null where no margin is asked for",
    "iroas": "brought / paid; null where the outcome is no money",
    "profit_return": "(margin - paid) / paid",
    "cost_per": "paid / brought, of an outcome that is counted; null where the effect is not above zero",
}


def _findings() -> Iterator[tuple[str, str]]:
    """Every path: what stands at several is said once above."""
    for root in ("", "also.", "groups[]."):
        yield f"{root}effect", "the effect; null where it is not measurable"
        yield from ((f"{root}effect.{key}", words) for key, words in _EFFECT.items())
        yield from _ranges(f"{root}effect.per_unit_period", f"{root}effect.total")
        yield f"{root}not_measurable", "why there is no effect; null where there is one"
        yield from ((f"{root}not_measurable.{key}", words) for key, words in _REASON.items())
    worth = {
        "returns.gross": "what the effect is worth",
        "returns.net": "what is left of that after what was taken from elsewhere and from later; null where not asked",
        "groups[].worth": "what the effect is worth; null where it is not measurable",
    }
    for path, words in worth.items():
        yield path, words
        yield from ((f"{path}.{key}", told) for key, told in _WORTH.items())
        yield from _ranges(*(f"{path}.{key}" for key in _WORTH))
    yield from _ranges("returns.lift", "returns.deadweight", "net_lift.net", "carry_over.theta")


def _ranges(*paths: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{path}.{end}", words) for path in paths for end, words in _ENDS.items())


MEANINGS_OF_FINDINGS: Mapping[str, str] = {
    **dict(_findings()),
    "outcome": "the KPI that may have changed",
    "outcome.kpi": "its name in the program",
    "outcome.title": "what it is called",
    "outcome.unit": "`money` (here in whole units of the currency), `count`, `percent`, ...",
    "periods": "the periods that are looked at",
    "periods.first": "the first",
    "periods.last": "the last",
    "periods.count": "how many",
    "treated_from": "from when on a partner is treated: `campaign`, `funded`, `paid`; null for an incentive",
    "activity": "the activity whose funds are looked at; null for all",
    "incentive": "the payout or pool that is looked at; null for funds",
    "lasts": "how many periods from each start are counted; null for all",
    "seed": "of what is drawn by chance",
    "partners": "how many partners the program has",
    "not_compared[]": "why partners are left out",
    "not_compared[].why": "the reason in words",
    "not_compared[].partners": "how many",
    "funds": "what went to the treated, exact",
    "funds.paid_minor": "what was paid to them by the end of the periods, in minor units",
    "funds.granted_minor": "what was granted to them, in minor units",
    "funds.unknown_rows": "how many rows of funds lack a day or an amount, and are left out",
    "over_time[]": "each period, as a mean over the treated; empty where nothing is measurable",
    "over_time[].period": "the period",
    "over_time[].observed": "what was, as a number's text",
    "over_time[].counterfactual": "what would have been; null where no control is left",
    "over_time[].low": "the lower end of its interval; null where the method gives none",
    "over_time[].high": "the upper end",
    "since_start[]": "the effect by the time since the start, against the period before it",
    "since_start[].since": "so many periods after the start (0 is the first); before it where below zero",
    "since_start[].effect": "the effect, as a number's text",
    "since_start[].low": "the lower end of its interval; null where none is known",
    "since_start[].high": "the upper end",
    "since_start[].partners": "how many treated partners it is the mean of",
    "returns": "what the effect is worth; null where it is not measurable",
    "returns.margin_by": "the rate or the KPI that margin comes by; null where not asked",
    "returns.break_even": "the effect per partner and period that would just pay; null without a rate of margin",
    "returns.power": "how often such data would find that, 0 to 1",
    "returns.payback_periods": "after how many periods the margin of an average partner came to what was paid for it; "
    "null where it has not",
    "returns.lift": "the effect over what would have been; null where that is not above zero",
    "returns.deadweight": "what an incentive paid for what would have been anyway: an estimate with `value`, `low` and "
    "`high`; null for funds",
    "also": "another outcome, over all periods from each start; null where not asked",
    "also.kpi": "its name in the program",
    "also.title": "what it is called",
    "also.unit": "its unit",
    "net_lift": "the lift less what it took; null where neither `--lasts` nor `--also` of the same unit is given",
    "net_lift.lift": "the effect in all, as a number's text",
    "net_lift.cannibalised": "what the other outcome lost",
    "net_lift.pulled_forward": "what was sold less after the periods that count",
    "net_lift.net": "what is left; null where a part is not measurable",
    "net_lift.p_value": "that nothing is left; null where the method gives none",
    "carry_over": "how long an effect goes on; null where that is not measurable, and for an incentive",
    "carry_over.theta": "the part of an effect that goes on into the next period, 0 to 1",
    "carry_over.half_life_periods": "after how many periods half is left",
    "carry_over.long_run_multiplier": "what an amount brings in all over what it brings at once",
    "split": "what the treated are told apart by; null where not asked",
    "groups[].paid_minor": "what was paid to its treated partners, in minor units",
    "notes[]": "what to know before it is believed",
}
