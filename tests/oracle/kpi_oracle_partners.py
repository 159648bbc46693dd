"""The reference for the KPIs of partners, surveys, training and activities, row by row.

In: a scope and a period. Out: numerator and denominator; Unknown is raised where the figure can't be known.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from kpi_oracle_conventions import (
    Pair,
    Period,
    Row,
    Scope,
    amount,
    days_between,
    distinct,
    is_before,
    known,
    mean,
    partner_is_active,
    ratio,
    total,
)

SATISFIED_AT = 4


def partner_count(scope: Scope, period: Period) -> Pair:
    return amount(len([row for row in scope.rows("partners") if partner_is_active(row, period.end)]))


def active_partners(scope: Scope, period: Period) -> Pair:
    return partner_count(scope, period)


def partner_churn_rate(scope: Scope, period: Period) -> Pair:
    at_start = [row for row in scope.rows("partners") if partner_is_active(row, period.start)]
    gone = [row for row in at_start if period.has(row.get("terminated_on"))]
    return ratio(len(gone), len(at_start))


def partner_acquisition_rate(scope: Scope, period: Period) -> Pair:
    recruited, _ = partner_acquisition_number(scope, period)
    at_start = [row for row in scope.rows("partners") if partner_is_active(row, period.start)]
    return ratio(recruited, len(at_start))


def partner_acquisition_number(scope: Scope, period: Period) -> Pair:
    return amount(len([row for row in scope.rows("partners") if period.has(row.get("recruited_on"))]))


def partner_activation_days(scope: Scope, period: Period) -> Pair:
    activated = [row for row in scope.rows("partners") if period.has(row.get("activated_on"))]
    return mean([days_between(row, "recruited_on", "activated_on") for row in activated])


def partner_nps(scope: Scope, period: Period) -> Pair:
    answers = answers_to("nps", scope.partner_rows("surveys"), period)
    return net_promoter_score([row for row in answers if row.get("customer_id") is None])


def customer_satisfaction(scope: Scope, period: Period) -> Pair:
    answers = answers_to("nps", scope.rows("surveys"), period)
    return net_promoter_score([row for row in answers if row.get("customer_id") is not None])


def customer_satisfaction_mean(scope: Scope, period: Period) -> Pair:
    answers = answers_to("satisfaction", scope.rows("surveys"), period)
    return mean_score([row for row in answers if row.get("customer_id") is not None])


def partner_satisfaction(scope: Scope, period: Period) -> Pair:
    answers = answers_of_partners("satisfaction", scope, period)
    partners = distinct(answers, "partner_id")
    satisfied = 0
    for partner_id in partners:
        score, count = mean_score([row for row in answers if row["partner_id"] == partner_id])
        if score >= SATISFIED_AT * count:
            satisfied += 1
    return ratio(satisfied, len(partners))


def partner_satisfaction_mean(scope: Scope, period: Period) -> Pair:
    return mean_score(answers_of_partners("satisfaction", scope, period))


def support_satisfaction(scope: Scope, period: Period) -> Pair:
    return mean_score(answers_to("support", scope.rows("surveys"), period))


def strategic_alignment(scope: Scope, period: Period) -> Pair:
    return mean_score(answers_to("alignment", scope.rows("surveys"), period))


def answers_to(question: str, answers: list[Row], period: Period) -> list[Row]:
    return [row for row in answers if row.get("question") == question and period.has(row.get("answered_on"))]


def answers_of_partners(question: str, scope: Scope, period: Period) -> list[Row]:
    """The partners' own answers: one that carries a customer is the customer's."""
    answers = answers_to(question, scope.partner_rows("surveys"), period)
    return [row for row in answers if row.get("customer_id") is None]


def mean_score(answers: list[Row]) -> Pair:
    return mean([Fraction(known(row, "score")) for row in answers])


def net_promoter_score(answers: list[Row]) -> Pair:
    """100 x (promoters - detractors) / answers, of each respondent's latest answer.

    Of two answers on one day the one with the greater answer_id is the later; an answer without a respondent stands
    for a respondent of its own.
    """
    latest: dict[tuple[str, str], Row] = {}
    for row in sorted(answers, key=lambda row: (row["answered_on"], row["answer_id"])):
        if row.get("respondent_id") is None:
            latest["answer", row["answer_id"]] = row
        else:
            latest["respondent", row["respondent_id"]] = row
    scores = [known(row, "score") for row in latest.values()]
    promoters = len([score for score in scores if score >= 9])
    detractors = len([score for score in scores if score <= 6])
    return ratio(100 * (promoters - detractors), len(scores))


def training_completion_rate(scope: Scope, period: Period) -> Pair:
    enrolled = [row for row in scope.partner_rows("training") if period.has(row.get("enrolled_on"))]
    completed = [row for row in enrolled if is_before(row.get("completed_on"), period.end)]
    return ratio(len(distinct(completed, "partner_id")), len(distinct(enrolled, "partner_id")))


def training_completion_rate_by_enrolment(scope: Scope, period: Period) -> Pair:
    enrolled = [row for row in scope.partner_rows("training") if period.has(row.get("enrolled_on"))]
    completed = [row for row in enrolled if is_before(row.get("completed_on"), period.end)]
    return ratio(len(completed), len(enrolled))


def training_days(scope: Scope, period: Period) -> Pair:
    completed = [row for row in scope.partner_rows("training") if period.has(row.get("completed_on"))]
    return mean([days_between(row, "enrolled_on", "completed_on") for row in completed])


def partners_trained(scope: Scope, period: Period) -> Pair:
    completed = [row for row in scope.partner_rows("training") if is_before(row.get("completed_on"), period.end)]
    return amount(len(distinct(completed, "partner_id")))


def partners_certified(scope: Scope, period: Period) -> Pair:
    """By the end, so a certificate that has expired since still counts, as a completed course does."""
    completed = [row for row in scope.partner_rows("training") if is_before(row.get("completed_on"), period.end)]
    return amount(len(distinct([row for row in completed if row.get("certified") is True], "partner_id")))


def partner_advocacy(scope: Scope, period: Period) -> Pair:
    rows = scope.partner_rows("activities")
    return amount(len(activities(rows, period, "promotion", "testimonial", "case_study")))


def content_engagement(scope: Scope, period: Period) -> Pair:
    return amount(len(activities(scope.rows("activities"), period, "content_view")))


def content_engagement_minutes(scope: Scope, period: Period) -> Pair:
    return amount(total(activities(scope.rows("activities"), period, "content_view"), "minutes"))


def follow_ups(scope: Scope, period: Period) -> Pair:
    return amount(len(activities(scope.rows("activities"), period, "follow_up")))


def social_engagement(scope: Scope, period: Period) -> Pair:
    rows = scope.rows("activities")
    return amount(len(activities(rows, period, "social_like", "social_comment", "social_share")))


def reply_conversion_rate(scope: Scope, period: Period) -> Pair:
    """Messages of the period, whoever sent them; an answer counts when it is known by the end."""
    messages = activities(scope.rows("activities"), period, "message")
    answered: dict[str, date] = scope.facts.once("first answers", lambda: first_answers(scope.whole("activities")))
    replied_to = [row for row in messages if is_before(answered.get(row["activity_id"]), period.end)]
    return ratio(len(replied_to), len(messages))


def first_answers(rows: list[Row]) -> dict[str, date]:
    """Message -> the day of its first answer: any activity that names it in in_reply_to."""
    result: dict[str, date] = {}
    for row in rows:
        message, day = row.get("in_reply_to"), row.get("occurred_on")
        if message is not None and day is not None:
            result[message] = min(day, result.get(message, day))
    return result


def activities(rows: list[Row], period: Period, *kinds: str) -> list[Row]:
    """The activities of these kinds in the period, each row one activity."""
    return [row for row in rows if row.get("kind") in kinds and period.has(row.get("occurred_on"))]
