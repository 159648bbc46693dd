"""The documentation, held: pages show what commands print, the reference is what the code says, and links resolve."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import generate
import pages
import pytest
from jsonschema import Draft202012Validator
from markup import anchors, links
from reference_of_balances import KEPT
from reference_of_credit import EXAMPLES
from reference_of_kinds import PAID
from reference_of_models import registers

import cli
from rules.balances import BALANCES
from rules.catalogue import catalogue
from rules.codes import CODES
from rules.crediting import WAYS
from rules.document.reader import plain, read_document
from rules.kinds.scales import SCALES
from rules.quantities.rounding import Rounding, round_fraction
from rules.quantities.written import parse_number
from rules.schema import program_schema
from rules.tables import canonical

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
REFERENCE = ROOT / "docs/reference"


def name(path: Path) -> str:
    """A page's name for people."""
    return path.relative_to(ROOT).as_posix()


def headings(page: str) -> set[str]:
    """The headings of a reference page."""
    return set(re.findall(r"^#{2,3} (.+)$", (REFERENCE / page).read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    """The reference pages as the code says today."""
    return dict(generate.reference())


@pytest.mark.ci  # it runs every command and every example of an error: half a minute
def test_the_reference_is_what_the_code_says(reference: dict[str, str]) -> None:
    kept = {path.name: path.read_text("utf-8") for path in REFERENCE.glob("*.md")}
    assert sorted(kept) == sorted(reference)
    assert [each for each in kept if kept[each] != reference[each]] == [], "stale: run make docs, and read what changed"


def test_every_command_is_documented() -> None:
    assert {f"partage {each}" for each in cli.COMMANDS} <= {
        " ".join(heading.split()[:2]) for heading in headings("commands.md")
    }


def test_every_kind_is_documented() -> None:
    kinds = {kind for register in registers().values() for kind in register}
    assert kinds - set(SCALES) <= headings("kinds.md")


def test_every_balance_is_documented() -> None:
    page = (REFERENCE / "balances.md").read_text("utf-8")
    assert [name for name in BALANCES if f"\n```yaml\n{name}: " not in page] == []


def test_every_way_to_credit_is_documented() -> None:
    assert set(WAYS) <= headings("credit.md")


RULES = {f"{name} {at}": rule for name, rules in PAID.items() for at, (rule, _) in enumerate(rules)}
CREDITS = {f"{name} {at}": way for name, ways in EXAMPLES.items() for at, (way, _) in enumerate(ways)}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(program_schema())


@pytest.mark.parametrize("name", [*RULES, *CREDITS, *KEPT])
def test_an_editor_accepts_the_examples_of_the_reference(name: str, validator: Draft202012Validator) -> None:
    """By the JSON Schema that `partage schema` prints, so that it knows every kind and every way to credit."""
    program = (
        "program: x\ncurrency: EUR\ncalendar: month\neffective: 2026-01-01 to 2026-12-31\nsources: {partners: p.csv}\n"
    )
    if name in RULES:
        program += "payouts:\n  one:\n" + textwrap.indent(RULES[name], "    ")
    elif name in KEPT:
        program += "balances:\n  one:\n" + textwrap.indent(KEPT[name][0], "    ")
    else:
        program += "credit:\n  one:\n    of: deals\n    from:\n" + textwrap.indent(CREDITS[name], "      ")
    root, problems = read_document(program.encode(), "program.yaml")
    assert root is not None and not problems
    assert [error.json_path for error in validator.iter_errors(plain(root))] == []


def test_every_scale_is_documented_with_an_example() -> None:
    page = (REFERENCE / "scales.md").read_text("utf-8")
    assert set(SCALES) <= headings("scales.md")
    assert [name for name in SCALES if f"\n```yaml\n{name}: " not in page] == []


def test_every_kpi_of_the_catalogue_is_documented() -> None:
    assert set(catalogue()) <= headings("kpis.md")


def test_every_code_is_documented() -> None:
    assert {f"{code} {entry.title}" for code, entry in CODES.items()} <= headings("errors.md")


def test_every_key_of_json_is_explained() -> None:
    rows = re.findall(r"^\| `(\S+)` \| .+? \| (.*)\|$", (REFERENCE / "json.md").read_text("utf-8"), re.MULTILINE)
    bare = [key for key, meaning in rows if not meaning.strip() and not key.startswith("manifest.")]
    assert bare == [], "say in docs/meanings_of_json.py what they mean"


def test_every_table_is_documented() -> None:
    assert set(canonical()) <= headings("tables.md")


# The first page runs the whole demo, and four work out hundreds of plans or answers: most of a minute together.
LONG = (
    "README.md",
    "docs/how-to/split-a-budget.md",
    "docs/how-to/choose-plan-parameters.md",
    "docs/how-to/simulate-a-change.md",
    "docs/reference/python.md",
)
SHOWN = [pytest.param(each, marks=[pytest.mark.ci] * (name(each) in LONG)) for each in pages.shown()]


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_a_page_shows_what_its_commands_print(page: Path) -> None:
    """A page is one session in a new folder. `make docs` renews what changed, where no `...` stands in it."""
    for one in pages.played(page):
        shown = "\n".join(one.exchange.expected)
        assert one.is_as_shown, f"{name(page)}:{one.exchange.line}: $ {one.exchange.command}\n" + (
            f"--- the page shows\n{shown}\n--- it prints\n" + "\n".join(one.printed)
        )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_within_the_project_resolves(page: Path) -> None:
    broken = []
    for link in links(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, fragment = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (fragment and fragment not in anchors(path.read_text("utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    """A page that nothing links to is read by nobody."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "docs/index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        found = (link.partition("#")[0] for link in links(page.read_text("utf-8")) if not re.match(r"[a-z]+:", link))
        waiting += [(page.parent / link).resolve() for link in found if link.endswith(".md")]
    assert [name(page) for page in PAGES if page not in reached] == []


@pytest.mark.parametrize(
    "example", sorted((ROOT / "docs/examples").glob("*/program.yaml")), ids=lambda path: path.parent.name
)
def test_an_example_says_which_period_to_run(example: Path) -> None:
    assert re.search(r"--period \S+|Run the \w+ \d{4}", (example.parent / "README.md").read_text("utf-8"))


def test_the_table_of_rounding_modes_is_right() -> None:
    """`docs/how-to/round-and-share.md` rounds four amounts by every mode."""
    text = (ROOT / "docs/how-to/round-and-share.md").read_text("utf-8")
    (head,) = re.findall(r"^\| mode \| (.+) \|$", text, re.MULTILINE)
    amounts = [parse_number(each) * 100 for each in head.split(" | ")]
    rows = {mode: cells.split(" | ") for mode, cells in re.findall(r"^\| `(\w+)`.*?: .+? \| (-?\d.+) \|$", text, re.M)}
    rows |= {mode: cells.split(" | ") for mode, cells in re.findall(r"^\| `(\w+)` .+? \| (-?\d.+) \|$", text, re.M)}
    assert set(rows) == set(Rounding)
    for mode, cells in rows.items():
        assert [parse_number(each) * 100 for each in cells] == [
            round_fraction(amount, Rounding(mode)) for amount in amounts
        ], mode
