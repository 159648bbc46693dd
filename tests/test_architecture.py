"""The shape of the house, held: every import is compared with the table in docs/explanation/architecture.md.

In: the Python files of the four layers and that page. Out: a sentence for each breach, with its file and line. The
second half plants each breach in a small house of its own and checks that it is caught.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/explanation/architecture.md"
COMPUTED = "a computed name"


@dataclass(frozen=True)
class Import:
    """One import: the module that imports, the dotted name as imported, and where it is written."""

    importer: str
    name: str
    place: str


@dataclass(frozen=True)
class House:
    """The table of the page: layers from the top down, the engine's rooms, and each library's doors."""

    layers: tuple[str, ...]
    stages: tuple[str, ...]
    values: tuple[str, ...]
    doors: dict[str, tuple[str, ...]]
    imports_by_name: tuple[str, ...]
    lines_max: int


def house() -> House:
    (block,) = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    table = tomllib.loads(block)
    return House(
        layers=tuple(table["layers"]),
        stages=tuple(table["engine"]["stages"]),
        values=tuple(table["engine"]["values"]),
        doors={library: tuple(rooms) for library, rooms in table["doors"].items()},
        imports_by_name=tuple(table["imports_by_name"]),
        lines_max=table["lines_max"],
    )


def breaches(root: Path, table: House) -> list[str]:
    """Every breach of `table` in the code below `root`; empty when the house stands."""
    files = modules(root, table.layers)
    imports = [found for module, path in files.items() for found in imports_of(root, module, path)]
    arrows = [(found, target) for found in imports if (target := own_module(found.name, files, table))]
    return [
        *(say for found, target in arrows if (say := upward(found, target, table))),
        *(say for found, target in arrows if (say := into_commands(found, target))),
        *(say for found, target in arrows if (say := across_the_engine(found, target, table))),
        *(say for found in imports if (say := wrong_door(found, table))),
        *(f"{module}: the engine's table does not place it" for module in files if role(module, table) == "nowhere"),
        *circles(files, arrows),
        *too_long(root, table),
    ]


# Reading the code


def modules(root: Path, layers: tuple[str, ...]) -> dict[str, Path]:
    """Every module of the layers by its dotted name; a package's `__init__` bears the package's name."""
    paths = [path for layer in layers for path in (*root.glob(f"{layer}.py"), *sorted((root / layer).rglob("*.py")))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports_of(root: Path, module: str, path: Path) -> Iterator[Import]:
    """Every import in a file, wherever it stands: at the top, in a function, for types only, or by name."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        for name in imported_names(node, package):
            yield Import(module, name, f"{path.relative_to(root).as_posix()}:{getattr(node, 'lineno', 0)}")


def imported_names(node: ast.AST, package: str) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            parents = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            yield from (".".join([*parents, *([module] if module else []), alias.name]) for alias in names)
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[first, *_]):
            if called in ("__import__", "import_module"):
                yield str(first.value) if isinstance(first, ast.Constant) else COMPUTED


def own_module(name: str, files: dict[str, Path], table: House) -> str:
    """The module of ours that importing `name` runs, or `""` for a library: `rules.exact.Money` is in `rules.exact`."""
    if name.partition(".")[0] not in table.layers:
        return ""
    while name not in files and "." in name:
        name = name.rpartition(".")[0]
    return name


def inside(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


# The rules


def upward(found: Import, target: str, table: House) -> str:
    above, below = (table.layers.index(name.partition(".")[0]) for name in (target, found.importer))
    return f"{found.place}: {found.importer} imports {target}, which is above it" if above < below else ""


def into_commands(found: Import, target: str) -> str:
    room, own = (".".join(module.split(".")[:2]) for module in (target, found.importer))
    if not room.endswith(".commands") or found.importer == "cli" or own.endswith(".commands"):
        return ""
    return f"{found.place}: {found.importer} imports {target}, a command, which only cli and commands may"


def role(module: str, table: House) -> str:
    """What a module is in the engine: face, act, command, value, the stage it is in, or nowhere; `""` outside it."""
    if not inside(module, "engine"):
        return ""
    rooms = {"engine.acts": "act", "engine.commands": "command"}
    rooms |= dict.fromkeys(table.values, "value") | {room: f"stage {room}" for room in table.stages}
    if module == "engine":
        return "face"
    return next((name for room, name in rooms.items() if inside(module, room)), "nowhere")


def across_the_engine(found: Import, target: str, table: House) -> str:
    of_importer, of_target = role(found.importer, table), role(target, table)
    if not of_importer.startswith(("stage", "value")) or of_target in ("", "value", of_importer):
        return ""
    if of_target.startswith("stage"):
        return f"{found.place}: {found.importer} imports {target}, another stage; only acts put stages together"
    return f"{found.place}: {found.importer} imports {target}, which is outside the stages; hand it in as an argument"


def wrong_door(found: Import, table: House) -> str:
    if found.name == COMPUTED:
        allowed = any(inside(found.importer, room) for room in table.imports_by_name)
        return "" if allowed else f"{found.place}: {found.importer} imports by a computed name, which hides the arrow"
    library = found.name.partition(".")[0]
    if library in sys.stdlib_module_names or library in table.layers:
        return ""
    if library not in table.doors:
        return f"{found.place}: {found.importer} imports {library}, which has no door in the table"
    if any(inside(found.importer, room) for room in table.doors[library]):
        return ""
    return f"{found.place}: {found.importer} imports {library}, whose only door is {', '.join(table.doors[library])}"


def circles(files: dict[str, Path], arrows: list[tuple[Import, str]]) -> list[str]:
    graph = {module: {target for found, target in arrows if found.importer == module} - {module} for module in files}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return [f"a circle of imports: {' <- '.join(circle.args[1])}"]
    return []


def too_long(root: Path, table: House) -> Iterator[str]:
    for path in python_files(root, table):
        if (lines := len(path.read_text("utf-8").splitlines())) > table.lines_max:
            yield f"{path.relative_to(root).as_posix()}: {lines} lines, of {table.lines_max} at most"


def python_files(root: Path, table: House) -> list[Path]:
    others = (path for room in ("tests", "docs") for path in sorted((root / room).rglob("*.py")))
    return [*modules(root, table.layers).values(), *others]


# The house as it is


def test_the_house_stands_as_the_page_draws_it() -> None:
    assert breaches(ROOT, house()) == []


def libraries_imported() -> dict[str, str]:
    """Each library that the product imports, with one place where it does."""
    table = house()
    found: dict[str, str] = {}
    for module, path in modules(ROOT, table.layers).items():
        for one in imports_of(ROOT, module, path):
            library = one.name.partition(".")[0]
            if one.name != COMPUTED and library not in table.layers and library not in sys.stdlib_module_names:
                found.setdefault(library, one.place)
    return found


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def normal(requirement: str) -> str:
    """A distribution's name as registries compare it: without extras or version, `-` for `_` and `.`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def test_a_library_that_runs_is_declared() -> None:
    """Leaning on what another library happens to bring in breaks on the day when that library drops it."""
    declared = {normal(line) for line in project()["project"]["dependencies"]}
    bringers = packages_distributions()
    undeclared = {
        library: place
        for library, place in libraries_imported().items()
        if not declared & {normal(name) for name in bringers.get(library, [library])}
    }
    assert undeclared == {}


def test_every_package_is_shipped() -> None:
    """Packages are listed by hand, so a folder left out works in the checkout and is missing once installed."""
    table = house()
    folders = {path.parent for path in modules(ROOT, table.layers).values()} - {ROOT}
    listed = project()["tool"]["setuptools"]["packages"]
    assert {".".join(folder.relative_to(ROOT).parts) for folder in folders} <= set(listed)


# The same rules on small houses, each with one breach planted

SOUND = {
    "cli.py": "from importlib import import_module\n\ndef main(name):\n    import_module(name)\n",
    "scenarios/compare.py": "import scipy\nfrom engine.sheet import evaluate\nfrom rules.exact import Money\n",
    "engine/__init__.py": "from engine.acts.pay import pay\n",
    "engine/acts/pay.py": "from engine import plan, sheet\nfrom engine.facts import reader\n",
    "engine/commands/pay.py": "import click\nfrom engine.acts.pay import pay\nfrom engine.commands import printing\n",
    "engine/commands/printing.py": "import rich\n",
    "scenarios/commands/weigh.py": "import click\nfrom engine.commands import printing\n",
    "engine/facts/reader.py": "import duckdb\nfrom engine.facts.csv import rows\nfrom engine.values import Facts\n",
    "engine/facts/csv.py": "def rows(): ...\n",
    "engine/plan.py": "import numpy\nfrom rules.exact import Money\n",
    "engine/sheet.py": "from engine.values import Facts\n",
    "engine/values.py": "import json\n",
    "rules/exact.py": "from . import problem\n",
    "rules/problem.py": "",
}

PLANTED = [
    ("rules/exact.py", "from engine.values import Facts", "which is above it"),
    ("rules/exact.py", "def late():\n    import engine.plan", "rules/exact.py:2: rules.exact imports engine.plan, "),
    ("rules/exact.py", "if TYPE_CHECKING:\n    import scenarios.compare", "which is above it"),
    ("rules/exact.py", "from importlib import import_module\nimport_module('engine.plan')", "which is above it"),
    ("scenarios/compare.py", "import cli", "which is above it"),
    ("scenarios/compare.py", "from engine.commands.pay import pay", "a command, which only cli and commands may"),
    ("engine/acts/pay.py", "from ..commands import pay", "engine.acts.pay imports engine.commands.pay, a command"),
    ("engine/plan.py", "from engine.acts import pay", "imports engine.acts.pay, which is outside the stages"),
    ("engine/plan.py", "from engine import pay", "engine.plan imports engine, which is outside the stages"),
    ("engine/plan.py", "def late():\n    from engine.sheet import evaluate", "engine.sheet, another stage"),
    ("engine/facts/csv.py", "from ..plan import Plan", "engine.facts.csv imports engine.plan, another stage"),
    ("engine/values.py", "from engine.plan import Plan", "engine.values imports engine.plan, another stage"),
    ("engine/chores.py", "", "engine.chores: the engine's table does not place it"),
    ("rules/problem.py", "from rules.exact import Money", "a circle of imports: rules."),
    ("engine/facts/csv.py", "def late():\n    from engine.facts import reader", "a circle of imports: engine.facts."),
    ("engine/plan.py", "import duckdb", "engine.plan imports duckdb, whose only door is engine.facts"),
    ("engine/plan.py", "from sqlglot.expressions import Column", "whose only door is rules.expression"),
    ("engine/reports/tables.py", "import altair", "whose only door is engine.reports.charts"),
    ("engine/acts/pay.py", "import rich.table", "whose only door is cli, engine.commands, scenarios.commands"),
    ("rules/expressions_of_others.py", "import ruamel.yaml", "whose only door is rules.document"),
    ("engine/plan.py", "import requests", "imports requests, which has no door in the table"),
    ("engine/plan.py", "import importlib\nimportlib.import_module(name)", "imports by a computed name"),
    ("engine/plan.py", "__import__('duck' + 'db')", "imports by a computed name"),
    ("rules/exact.py", "x = 1\n" * 401, "rules/exact.py: 401 lines, of 400 at most"),
    ("tests/rules/test_exact.py", "x = 1\n" * 401, "tests/rules/test_exact.py: 401 lines, of 400 at most"),
]


def build(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


def test_a_sound_house_has_no_breach(tmp_path: Path) -> None:
    assert breaches(build(tmp_path, SOUND), house()) == []


@pytest.mark.parametrize(("name", "text", "said"), PLANTED, ids=[f"{name}-{said[-24:]}" for name, _, said in PLANTED])
def test_a_planted_breach_is_caught(tmp_path: Path, name: str, text: str, said: str) -> None:
    planted = SOUND | {name: f"{text}\n{SOUND.get(name, '')}" if len(text) < 400 else text}
    assert any(said in breach for breach in breaches(build(tmp_path, planted), house()))
