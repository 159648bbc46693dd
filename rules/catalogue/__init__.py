"""The catalogue of KPIs: definitions in the language of programs, by topic in the YAML files beside this one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from rules.document.reader import plain, read_document
from rules.kpi import KpiSpec

TOPICS = ("deals", "customers", "relationship")


@cache
def catalogue() -> Mapping[str, KpiSpec]:
    """Every KPI of the catalogue by id, in reading order."""
    found: dict[str, KpiSpec] = {}
    for topic in TOPICS:
        found |= topic_kpis(topic)
    return found


def catalogue_digest() -> str:
    """The SHA-256 of all definitions, in hexadecimal: recorded with a run, since they determine its KPIs."""
    state = hashlib.sha256()
    for topic in TOPICS:
        state.update(files(__name__).joinpath(f"{topic}.yaml").read_bytes())
    return state.hexdigest()


def topic_kpis(topic: str) -> Mapping[str, KpiSpec]:
    """The KPIs of one topic by id."""
    file = f"{topic}.yaml"
    root, problems = read_document(files(__name__).joinpath(file).read_bytes(), f"catalogue/{file}")
    assert root is not None and not problems, f"the catalogue is sound: {problems}"
    return {name: KpiSpec.model_validate(written) for name, written in plain(root).items()}
