"""Writes docs/reference from the code, and renews what the pages and the examples of errors show: run by `make docs`.

In: the catalogue of codes, the registers of kinds, the models of the program, the canonical tables and the commands.
Out: one page for each; a test fails where a page is not what the code says today.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pages
from markup import cell, fenced, table
from reference_of_balances import balances_page
from reference_of_commands import commands_page
from reference_of_credit import credit_page
from reference_of_json import json_page
from reference_of_kinds import kinds_page
from reference_of_models import program_page
from reference_of_python import python_page
from reference_of_scales import scales_page
from transcripts import inside, replay

from engine.reports.kpis import definition
from rules.catalogue import TOPICS, topic_kpis
from rules.codes import SECTIONS
from rules.quantities.currency import DECIMALS
from rules.tables import DERIVED, ENTERED, NEEDS, NEVER_BEFORE, REFERRED, REIMBURSABLE, WORDS, Table, canonical, topics

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs/reference"
ERRORS = ROOT / "tests/errors"
MADE = "<!-- Made from the code by `make docs`: change the code, not this page. -->\n\n"


def reference() -> Mapping[str, str]:
    """Every reference page by file name."""
    made = {
        "balances.md": balances_page(),
        "commands.md": commands_page(),
        "credit.md": credit_page(),
        "currencies.md": currencies_page(),
        "errors.md": errors_page(),
        "json.md": json_page(),
        "kinds.md": kinds_page(),
        "kpis.md": kpis_page(),
        "program.md": program_page(),
        "python.md": python_page(),
        "scales.md": scales_page(),
        "tables.md": tables_page(),
    }
    return {name: MADE + text.rstrip() + "\n" for name, text in made.items()}


def errors_page() -> str:
    """Each code: its title, why it is refused, the cure, and what the smallest program that triggers it prints."""
    parts = [
        "# Errors\n\n"
        "Each problem has a code that never changes its meaning. Partage reports all that it finds at once, each with "
        "its place (`file:line:column` in a document, `file:line:column name` in a table) and a cure. Nothing is "
        "written before a command has found no error.\n"
    ]
    for title, codes in SECTIONS.items():
        parts.append(f"\n## {title}\n")
        for code, entry in codes.items():
            parts.append(f"\n### {code} {entry.title}\n\n{entry.why} **Cure:** {entry.cure}\n")
            told = "".join(_told(code))
            if told:
                parts.append("\n" + fenced(told, "text"))
    return "".join(parts)


def _told(code: str) -> Iterator[str]:
    """The lines of an example that tell this code."""
    path = ERRORS / code / "expected.txt"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for at, line in enumerate(lines):
        if re.match(rf"(error|warning) {code} ", line):
            yield line + "\n"
            if lines[at + 1 : at + 2] and lines[at + 1].startswith("      "):
                yield lines[at + 1] + "\n"
            return


_NOTES = {
    "targets": "A goal with the `scope` `partner` is of the partner that it names, one with `region` of partners whose "
    "`region` it names, one with `program` of all; without a scope it is of the partner that it names, else of "
    "all. For "
    "a partner counts the nearest: its own, then its region's, then the program's; of several versions the latest. A "
    "row that lacks what its scope asks for, or names a partner or a region beside another scope, is rejected "
    "([F215](errors.md#f215-scope-that-contradicts-its-row)). `kpi` is the KPI's name in the program or in the "
    "catalogue, or what a quota names; `period` the period's name, such as `2026-Q1`.",
    "benchmarks": "A partner is held against the figure of its `segment`, else of the segment `all`, for the period "
    "that is run.",
    "scores": "`kpi` is the KPI's path in the scorecard, such as `growth.sourced` for one in a group, or its own name "
    "where no other KPI of the scorecard has it (the path outranks it); `period` the name of the period before the one "
    "that is run. Any other name, in that period and for a scorecard that carries points over, is rejected "
    "([F216](errors.md#f216-points-of-a-kpi-that-the-scorecard-does-not-have)).",
    "registrations": "One with the status `approved` protects its partner from `registered_on` to `expires_on`, both "
    "days included, where a program [says so](credit.md#registrations).",
    "balances": "What a program's [balances](balances.md) open with; `as_of` is the last day of a period, and "
    "`released_on` the day on which a part of what is held back is released, or a part of an allowance expires.",
    "mdf_claims": "A claim is the partner's whose request it is of, where `mdf` is among the sources.",
    "partner_history": "`parent` (the `partner_id` of a partner) and `manager` say who stands above a partner when "
    "credit [rolls up](program.md#creditroll_up); a blank `value` says nobody. A partner without a version of the "
    "one that is "
    "rolled up to has what `parent_id` or `manager` of `partners` says, on every day. One that has versions has only "
    "those: a credited row on a day that none of them holds on is refused "
    "([C128](errors.md#c128-day-that-no-version-holds-on)), and of two that hold on one day both are rejected. In "
    "the same "
    "way `tier`, `region`, `segment`, `kind`, `manager` and `parent` (`partners.parent_id`), and `status` and "
    "`plan`, of which "
    "`partners` has no column, are what `partners.tier` and so on mean: [on the day of a "
    "row](../how-to/pay-by-date.md) that a "
    "rule dates, and else on the last day of the period on which the partner is one "
    "([F330](errors.md#f330-day-on-which-no-version-holds)).",
}


def tables_page() -> str:
    """The canonical tables by topic."""
    parts = [
        "# Tables\n\n"
        "The canonical tables are what a program can know about itself. A program names a file for each table that it "
        "uses, under [`sources`](program.md#sources); it may declare more tables of its own. A file needs the columns "
        "of the key, and those that the program uses; what else it holds is passed over. A blank cell is unknown, "
        "never zero.\n\n"
        "| type | a cell holds |\n|---|---|\n"
        "| `id` | 1 to 64 letters, digits, dots, hyphens and underscores |\n"
        "| `text` | text in Unicode NFC, without control or invisible characters, and without spaces around it |\n"
        "| `date` | a day: `2026-01-31` |\n"
        "| `month` | a month: `2026-01`, or its first day |\n"
        "| `money` | an amount in the program's currency, no finer than its minor unit: `1250.50`; with "
        "`exchange:`, in "
        "that of its row |\n"
        "| `number` | a decimal with at most 9 decimals: `0.7` |\n"
        "| `count` | a whole number: `12` |\n"
        "| `flag` | `true` or `false` |\n\n"
        "**Keys** are marked: a row is told from every other by its key. `key, may be blank` means that a blank cell "
        "stands for all.\n"
    ]
    known = canonical()
    for topic, names in topics().items():
        parts.append(f"\n## {topic}\n")
        parts += [_table_section(known[name]) for name in names]
    return "".join(parts)


def _contradictions(one: Table) -> list[str]:
    """The rows of a canonical table that contradict themselves."""
    told = []
    for needs in NEEDS.get(one.name, ()):
        says = " or ".join(f"`{value}`" for value in needs.values) or "not zero"
        told.append(f"`{needs.column}` is {says} and `{needs.date}` is blank")
    if one.name in ENTERED:
        first, second, why = ENTERED[one.name]
        told.append(f"`{first}`, `{second}` or `{why}` is blank, or no column of the file")
        told.append(f"`{second}` is who is in `{first}` or `partner_id`")
    return told + [f"`{later}` is before `{first}`" for first, later in NEVER_BEFORE.get(one.name, ())]


_REIMBURSABLE = (
    f"`{REIMBURSABLE[1]}` (money) is what the program's `mdf:` reimburses of the claim, in the fund's money: its "
    "activity's part of the validated cost, no more than was left of its request, and nothing where a rule refuses it; "
    "blank until it is decided."
)


def _table_section(one: Table) -> str:
    rows = [
        (f"`{each.name}`", each.type.value, ("key, may be blank" if each.blank_key else "key") if each.in_key else "")
        for each in one.columns
    ]
    derived = [
        f"`{name}` is true where `{began}` lies before the {at} of the period and `{ended}` does not."
        for (of, name), (began, ended, at) in DERIVED.items()
        if of == one.name
    ] + [
        f"`{name}` is true where another row names this one as its `{column}`, with `{dated}` before the period's end."
        for (of, name), (column, dated) in REFERRED.items()
        if of == one.name
    ]
    if one.name == REIMBURSABLE[0]:
        derived.append(_REIMBURSABLE)
    told = "\nDerived, with no column in the file: " + " ".join(derived) + "\n" if derived else ""
    words = {name: listed for (of, name), listed in WORDS.items() if of == one.name}
    for name, listed in words.items():
        told += f"\n`{name}` is one of " + ", ".join(f"`{word}`" for word in listed) + "; another is rejected.\n"
    told += f"\n{_NOTES[one.name]}\n" if one.name in _NOTES else ""
    rejected = _contradictions(one)
    told += "\nRejected, where the file has both columns: " + "; ".join(rejected) + ".\n" if rejected else ""
    return f"\n### {one.name}\n\nOne row is {cell(one.row)}.\n\n{table(('column', 'type', ''), rows)}{told}"


def kpis_page() -> str:
    """The catalogue of KPIs by topic, each with its definition."""
    parts = [
        "# KPIs\n\n"
        "The catalogue: KPIs that a program takes by their id, as they are or with a change of its own. "
        "`partage kpis show ID` prints the same definition. The keys are those of "
        "[`kpis`](program.md#kpis) in a program.\n"
    ]
    for topic in TOPICS:
        parts.append(f"\n## {topic.capitalize()}\n")
        for name, spec in topic_kpis(topic).items():
            parts.append(f"\n### {name}\n\n{fenced(chr(10).join(definition(name, spec)), 'text')}")
    return "".join(parts)


def currencies_page() -> str:
    """The currencies that a program can pay in, by their decimals."""
    by_decimals: dict[int, list[str]] = {}
    for code, decimals in sorted(DECIMALS.items()):
        if decimals is not None:
            by_decimals.setdefault(decimals, []).append(code)
    rows = [(str(decimals), " ".join(codes)) for decimals, codes in sorted(by_decimals.items())]
    unpaid = " ".join(code for code, decimals in sorted(DECIMALS.items()) if decimals is None)
    return (
        "# Currencies\n\n"
        "A program pays in one currency of ISO 4217. Money is a whole number of its minor unit; how many decimals that "
        "is, is a fact of the currency.\n\n"
        f"{table(('decimals', 'currencies'), rows)}\n"
        f"Metals, funds units and codes for testing have no minor unit and can't be paid: {unpaid}.\n"
    )


def renewed_error(folder: Path) -> str:
    """The transcript of an example of an error, as it runs today."""
    text = (folder / "expected.txt").read_text("utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "work"
        shutil.copytree(folder, work, ignore=shutil.ignore_patterns("expected.txt"))
        with inside(work):
            return replay(text)


def main() -> None:
    """Renew the examples of errors, then the reference, then the transcripts in pages; tell what changed."""
    for folder in sorted(path for path in ERRORS.iterdir() if path.is_dir()):
        told = renewed_error(folder)
        if f" {folder.name} " in told or f'"{folder.name}"' in told:
            _write(folder / "expected.txt", told)
        else:
            print(f"tests/errors/{folder.name}: its program no longer triggers {folder.name}; left as it was")
    for name, text in reference().items():
        _write(REFERENCE / name, text)
    for page in pages.shown():
        _write(page, pages.renewed(page))


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
