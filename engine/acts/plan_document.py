"""Plan on paper: a program becomes the document that partners read and sign. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.acts.cases import difference_of, played
from engine.digest import sha256
from engine.explain import explain
from engine.facts.gather import gather_facts
from engine.plan import compile_plan
from engine.reports.paper import html, markdown
from engine.reports.plan import plan_blocks
from engine.sheet.alone import pay_alone
from engine.sheet.samples import columns_of, sample_rows
from engine.values import Plan
from engine.values.paper import Agreed, Example, Foot
from engine.version import VERSION
from rules.cases.fill import first_period
from rules.expressions.tree import Column, Type
from rules.kinds.base import number, percent
from rules.load import Loaded, load
from rules.meaning import Meaning, PoolMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.apportion import apportion
from rules.quantities.exact import Exact, total
