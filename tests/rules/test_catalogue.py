"""The catalogue: what each KPI and each part of one is measured in, and which direction of it is good."""

from __future__ import annotations

from importlib.resources import files

import pytest

from rules.catalogue import TOPICS, catalogue, topic_kpis
from rules.document.reader import plain, read_document
from rules.kpi import KpiSpec

# Less is better of these, and of nothing else: days until something is done, costs, and what went wrong.
LOWER = {
    *("sales_cycle_days", "sales_cycle_days.median", "training_days", "partner_activation_days"),
    *("partner_retention_cost", "partner_churn_rate"),
    *("api_error_rate", "api_calls.error_rate", "project_completion_rate.late"),
}
UNITS = {
    "sales_cycle_days.median": "days",
    "content_engagement.minutes": "minutes",
    "api_calls.error_rate": "percent",
    "customer_satisfaction.mean": "score",
    "deals_won_with_integration.amount": "money",
    "deals_won_with_integration.direct": "count",
}


def every() -> dict[str, KpiSpec]:
    """Every KPI by id, and every part of one as `id.part`."""
    parts = {f"{name}.{part}": below for name, spec in catalogue().items() for part, below in spec.parts.items()}
    return {**catalogue(), **parts}


def test_every_kpi_and_every_part_has_its_own_direction() -> None:
    assert {name for name, spec in every().items() if spec.better == "lower"} == LOWER


def test_every_kpi_and_every_part_has_its_own_unit() -> None:
    units = {name: spec.unit for name, spec in every().items()}
    assert [name for name, unit in units.items() if unit is None] == []
    assert {name: units[name] for name in UNITS} == UNITS


@pytest.mark.parametrize("topic", TOPICS)
def test_a_kpi_read_alone_is_what_the_whole_file_says(topic: str) -> None:
    """The catalogue is cut into definitions by the start of a line, so that a program reads only those it uses."""
    root, problems = read_document(files("rules.catalogue").joinpath(f"{topic}.yaml").read_bytes(), topic)
    assert root is not None and not problems
    assert {name: KpiSpec.model_validate(written) for name, written in plain(root).items()} == topic_kpis(topic)
