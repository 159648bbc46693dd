"""The catalogue of KPIs: definitions in the language of programs, by topic in the YAML files beside this one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from rules.document.reader import plain, read_document
from rules.kpi import KpiSpec

TOPICS = ("deals", "customers", "relationship")


class _Catalogue(Mapping[str, KpiSpec]):
    """Definitions by id, in reading order; each is read when it is first asked for, as a program uses few of them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._known: dict[str, KpiSpec] = {}

    def __getitem__(self, name: str) -> KpiSpec:
        if name not in self._known:
            root, problems = read_document(self._texts[name].encode(), f"catalogue of {name}")
            assert root is not None and not problems, f"the catalogue is sound: {problems}"
            self._known[name] = KpiSpec.model_validate(plain(root)[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def catalogue() -> Mapping[str, KpiSpec]:
    """Every KPI of the catalogue by id, in reading order."""
    return _Catalogue({name: text for topic in TOPICS for name, text in _texts(topic).items()})


def catalogue_digest() -> str:
    """The SHA-256 of all definitions, in hexadecimal: recorded with a run, since they determine its KPIs."""
    state = hashlib.sha256()
    for topic in TOPICS:
        state.update(files(__name__).joinpath(f"{topic}.yaml").read_bytes())
    return state.hexdigest()


def topic_kpis(topic: str) -> Mapping[str, KpiSpec]:
    """The KPIs of one topic by id."""
    return {name: catalogue()[name] for name in _texts(topic)}


def _texts(topic: str) -> Mapping[str, str]:
    """The text of each definition of a topic by its id, which stands at the start of a line."""
    text = files(__name__).joinpath(f"{topic}.yaml").read_text("utf-8")
    found = re.split(r"^(?=\w+:)", text, flags=re.MULTILINE)[1:]
    return {each.partition(":")[0]: each for each in found}
