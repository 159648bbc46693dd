"""The reference of the Python API: a session that is run as any page is, and every public name by its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from markup import fenced

from scenarios import api

_SESSION = """# Python

Notebooks and scripts import `scenarios.api`. Files go in as paths, frozen values come out, and nothing is kept: a run
in the books is made by [commands](commands.md). Money is whole minor units (cents of EUR); what is wrong is raised as
`Refused`, whose `problems` hold every fault at once, each with its code, its place and how to mend it.

## A session

```yaml file=program.yaml
program: Partner plan
currency: EUR
calendar: month
effective: 2027-01-01 to 2027-12-31
sources: {partners: partners.csv}
payouts:
  base: {for_each: partners, amount: EUR 100}
```

```csv file=partners.csv
partner_id,name
acme,Acme Advisory
bolt,Bolt Systems
```

```yaml file=problem.yaml
optimise: Market funds 2027
program: program.yaml
budget: 1_000
units:
  acme: {curve: {power: {a: 30, b: 0.5}}, now: 500}
  bolt: {curve: {power: {a: 40, b: 0.5}}, now: 500}
pay: {payout: market_funds, period: 2027-01}
```

A split is a `Proposal`. Its `frame()` is a pandas frame, in which columns that end in `_minor` are whole (`Int64`),
blank where an amount is unknown.

```python file=split.py
from scenarios.api import Proposal, frontier, optimise, simulate, write_scenario

found = optimise("problem.yaml")
assert isinstance(found, Proposal)
print(found.is_certified, found.gap < 1e-9, round(found.shadow_price, 4))
print(found.frame()[["unit", "now_minor", "proposed_minor", "marginal"]].to_string(index=False))
print(frontier(found, "500..1_500", 3).frontier_frame()[["budget_minor", "value"]].round(2).to_string(index=False))

scenario, table = write_scenario(found, "funds.yaml")
simulated = simulate("program.yaml", [scenario], "2027-01")
print(simulated.frame().drop(columns=["scenario", "name"]).to_string(index=False))
```

```console
$ python split.py
True True 0.7906
unit  now_minor  proposed_minor  marginal
acme      50000           36000  0.790569
bolt      50000           64000  0.790569
 budget_minor   value
        50000 1118.03
       100000 1581.14
       150000 1936.49
partner  before_minor  now_minor  difference_minor
   bolt         10000      74000             64000
   acme         10000      46000             36000
```

A problem may also be made of plain values, without a file. The families of curves, and their numbers, are those of
[a problem file](../how-to/split-a-budget.md):

```python file=plain.py
import numpy as np

from scenarios.api import Answer, Budget, Curve, Group, Infeasible, Problem, curves, solve

units = ("acme", "bolt", "crux")
three = curves([Curve("power", (30, 0.5)), Curve("power", (40, 0.5)), Curve("steps", knots=((200, 900),))])
cap = Group("small ones", np.array([0, 1]), cap_minor=50_000)
problem = Problem(units, three, np.zeros(3, int), np.full(3, 90_000), Budget.at_most(100_000), groups=(cap,))
found = solve(problem, 1e-9)
assert isinstance(found, Answer)
print(dict(zip(units, found.spend_minor.tolist())), round(found.value_minor, 2), found.gap < 1e-9)

floors = Problem(units, three, np.full(3, 40_000), np.full(3, 90_000), Budget.equal(100_000))
refused = solve(floors, 1e-9)
assert isinstance(refused, Infeasible)
print(*refused.conflicts, sep="; ")
```

```console
$ python plain.py
{'acme': 18000, 'bolt': 32000, 'crux': 20000} 2018.03 True
the floors of acme, bolt, crux add up to 120000, 20000 more than the most that budget allows, 100000
```

Faults of files are raised:

```python file=faults.py
from pathlib import Path

from scenarios.api import Refused, optimise

Path("slip.yaml").write_text("optimise: x\\ncurrency: EUR\\nbudgett: 5\\nunits: {acme: {}}\\n")
try:
    optimise("slip.yaml")
except Refused as refusal:
    for each in refusal.problems:
        print(each.code, each.place, each.message)
```

```console
$ python faults.py
W301 slip.yaml:3:1 a problem has no key 'budgett'
W304 slip.yaml:4:9 acme has no curve
```

## Every name
"""


def python_page() -> str:
    """A session, and every name that `scenarios.api` has for people."""
    parts = [_SESSION]
    for name in sorted(api.__all__, key=lambda name: (inspect.isclass(getattr(api, name)), name)):
        told = inspect.getdoc(getattr(api, name)) or ""
        parts.append(f"\n### {name}\n\n{fenced(_signature(name), 'python')}\n{_prose(told)}\n")
    return "".join(parts)


def _signature(name: str) -> str:
    """A function with its arguments; a class with its fields, one a line, and its methods."""
    of = getattr(api, name)
    if not inspect.isclass(of):
        return f"{name}{_arguments(of)}"
    if not is_dataclass(of):
        return f"class {name}"
    own = [f"    {each.name}: {_plain(str(each.type))}" for each in fields(of) if each.init]
    return "\n".join([f"class {name}:", *own, *_members(of)])


def _members(of: type[Any]) -> Iterator[str]:
    """The methods and properties of a class."""
    for name, member in vars(of).items():
        if name.startswith("_") or not inspect.getdoc(member):
            continue
        if isinstance(member, property):
            yield f"    {name}  # {_first(member)}"
        elif inspect.isfunction(member) or isinstance(member, classmethod):
            yield f"    def {name}{_arguments(getattr(of, name))}  # {_first(member)}"


def _first(member: object) -> str:
    """The first sentence of a docstring, as the end of a line."""
    return re.split(r"[.:;](?:\s|$)", " ".join((inspect.getdoc(member) or "").split()))[0]


def _arguments(of: Any) -> str:
    return _plain(str(inspect.signature(of))).replace("(self, ", "(").replace("(self)", "()")


def _plain(text: str) -> str:
    """Types as they are written, without the quotes that the names of types have there."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text).replace("PandasFrame", "pandas.DataFrame")


def _prose(text: str) -> str:
    """A docstring without its doctest."""
    return text.partition("\n>>>")[0].strip()
