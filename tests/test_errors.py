"""Every problem code: the smallest program that triggers it, with the exact words and exit code; and hostile programs.

`tests/errors/CODE/` holds a program, its tables and `expected.txt`, a transcript of the commands. `make docs` writes
the transcripts anew after a change of words: read what changed, since people act on it.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from transcripts import answer, exchanges, inside, replay

from rules.codes import CODES, SECTIONS

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(path for path in (ROOT / "tests/errors").iterdir() if path.is_dir())
USED = re.compile(r"""["']([A-Z][0-9]{3})["']""")

# What no document and no table can trigger, so that no folder shows it; each has a test of its own where it is raised.
ONLY_CODE = {
    "B100": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B101": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B102": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B103": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B104": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B105": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B106": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B107": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B110": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B111": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B112": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B113": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B114": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B115": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B116": "needs the books of a cycle: tests/engine/test_cycle_told.py",
    "B120": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B121": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B122": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B123": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B124": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B125": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B126": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B127": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B128": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B129": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B130": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B131": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B132": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B133": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B134": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B135": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B136": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B137": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B138": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B139": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B140": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B141": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B142": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B143": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B144": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B145": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B146": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B147": "needs the books of a cycle: tests/engine/test_cycle.py",
    "B148": "needs the books of a cycle: tests/engine/test_cycle_dropped.py",
    "B149": "needs the books of a cycle: tests/engine/test_cycle_dropped.py",
    "M201": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M202": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M203": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M204": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M205": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M206": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M207": "is an answer, not an error: tests/scenarios/test_effect_choice.py",
    "M208": "is an answer, not an error: tests/scenarios/test_effect_carry_over.py",
    "M505": "needs the books of a cycle: tests/scenarios/test_contribution_of_cycles.py",
    "B167": "needs a dispute that is granted and a source that is corrected: tests/engine/test_paid_twice.py",
    "B150": "needs a kept run that somebody disputes",
    "B151": "needs a kept run that somebody disputes",
    "B152": "needs a kept run that somebody disputes",
    "B153": "needs a kept run that somebody disputes",
    "B154": "needs a kept run that somebody disputes",
    "B155": "needs a kept run that somebody disputes",
    "B156": "needs a kept run that somebody disputes",
    "B157": "needs a kept run that somebody disputes",
    "B158": "needs the days of a command",
    "M106": "needs the books of a cycle: tests/engine/test_incentive.py",
    "B159": "needs the books of a cycle",
    "F333": "needs periods that were locked with two versions: tests/engine/test_cycle_versions.py",
    "B160": "needs an opening that somebody submits",
    "B161": "needs an opening that somebody submits",
    "B162": "needs an opening that somebody submits",
    "B163": "needs an opening that somebody submits",
    "B164": "needs an opening that somebody submits",
    "B165": "needs a kept run that somebody disputes",
    "B166": "needs a kept run that somebody disputes",
    "M403": "needs 2,501 partners: tests/scenarios/test_attribution_values.py",
    "M404": "needs 21 partners: tests/scenarios/test_attribution_values.py",
    "M405": "needs 13 partners in a union: tests/scenarios/test_attribution_values.py",
    "C121": "a share below zero is rejected as it is read (F127)",
    "C125": "two versions that hold on one day are rejected as they are read (F124)",
    "F108": "needs a workbook, which is no text to review",
    "F109": "needs more rows than a source may have",
    "F115": "needs more bad rows than anybody reads through",
    "F116": "needs a workbook",
    "F118": "needs a database",
    "F210": "needs a workbook",
    "F211": "needs a workbook",
    "F212": "needs a database",
    "K103": "the check reports P132 for the same amount, with its place",
    "K260": "needs a period that is locked",
    "K105": "no kind divides by what a table holds; the kernel guards its own callers",
    "K106": "the check reports P133 for the same step, with its place",
    "K107": "a pool without members is F304 before it is shared",
    "K108": "a negative weight is F303 before it is shared",
    "K109": "a pool without weight is F304 before it is shared",
    "K110": "members are partners, whose ids are a key (F121, F122)",
    "K213": "a row of coalitions has a partner, so no coalition of a table is empty",
    "K232": "a period of no day: tests/rules/test_sharing_*.py; no program names one yet",
    "M307": "needs draws of many units: tests/scenarios/test_curves_fit.py",
    "M314": "needs more rows than a table of observations may have: tests/scenarios/test_curves_command.py",
    "S103": "needs a folder that can't be written",
    "S112": "needs a store that was made and holds no run, which no command leaves behind",
    "S130": "needs a kept run that comes out differently: a changed engine",
    "S160": "needs a kept table that was changed by hand",
    "S161": "needs kept lines that were changed by hand",
    "S162": "needs figures of a run that were changed by hand",
    "S203": "needs a store without rights",
    "S204": "needs a full disk",
    "S205": "needs another command that writes meanwhile",
    "S206": "needs a store of a newer version",
    "S207": "needs a disk that refuses SQLite's settings",
    "S208": "needs a damaged database",
    "S209": "needs a damaged blob",
    "S211": "needs a manifest that was changed by hand",
    "S212": "needs a store whose sheet was changed by hand",
    "S213": "needs a log of events that was changed by hand",
    "S214": "needs a key that was used before",
    "S215": "needs a server that is not there",
    "S216": "needs a database whose connection breaks",
    "S218": "needs an amount beyond 64 bits, which no program pays",
    "S219": "needs a store of an older version: tests/engine/test_upgrade.py",
    "S220": "needs a damaged store: tests/engine/test_backup_damaged.py",
    "S221": "needs a damaged backup: tests/engine/test_backup_damaged.py",
    "S222": "needs a folder or a store that is there: tests/engine/test_backup.py",
    "S223": "needs a folder that is no backup: tests/engine/test_backup_damaged.py",
    "S224": "needs an old store in PostgreSQL: tests/engine/test_upgrade.py",
    "S225": "needs a store that is written while it is upgraded: tests/engine/test_upgrade.py",
    "S500": "a fault of Partage itself",
}

HEAD = "program: Hostile\ncurrency: EUR\ncalendar: year\neffective: 2026-01-01 to 2026-12-31\n"
SOURCES = "sources: {partners: partners.csv}\n"
BONUS = "payouts:\n  bonus: {amount: EUR 100}\n"
PARTNERS = "partner_id,name\nP-1,Nordlicht\n"


def where(condition: str) -> str:
    """A program that pays those for whom a condition holds."""
    return f"{HEAD}{SOURCES}payouts:\n  bonus:\n    where: {condition}\n    amount: EUR 100\n"


def source(file: str) -> str:
    """A program that reads its partners from a file."""
    return f"{HEAD}sources:\n  partners: {file}\n{BONUS}"


def aliases(depth: int) -> str:
    """A few hundred bytes that stand for 9 to the power of `depth` values."""
    lines = ["a0: &a0 lol"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth)]
    return "\n".join(lines) + "\n"


def merges(depth: int) -> str:
    """A chain of merge keys, each of which doubles what it copies."""
    lines = ["m0: &m0 {a: 1}"]
    lines += [f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}], k{n}: 1}}" for n in range(1, depth)]
    return "\n".join(lines) + "\n"


# What an attacker or an accident might hand us: the code that must be among those reported, and the document.
HOSTILE: dict[str, tuple[str, Callable[[], str | bytes]]] = {
    "a key written twice": ("D109", lambda: HEAD + SOURCES + BONUS + "currency: USD\n"),
    "a million brackets": ("D101", lambda: "a: " + "[" * 1_000_000),
    "a hundred thousand brackets": ("D119", lambda: "a: " + "[" * 100_000),
    "mappings nested in blocks": ("D119", lambda: "".join(" " * n + f"k{n}:\n" for n in range(200))),
    "an alias bomb": ("D114", lambda: aliases(9)),
    "an alias of itself": ("D114", lambda: "a: &a [*a]\n"),
    "a merge chain": ("D115", lambda: merges(22)),
    "a tag that makes an object": ("D116", lambda: 'a: !!python/object/apply:os.system ["touch owned"]\n'),
    "a thousand tags": ("D116", lambda: "".join(f"k{n}: !t{n} x\n" for n in range(1_000))),
    "thirty thousand keys": ("D120", lambda: "".join(f"k{n}: x\n" for n in range(30_000))),
    "one endless value": ("D121", lambda: "program: " + "x" * 70_000 + "\n"),
    "zero bytes": ("D103", lambda: b"program: x\x00y\n"),
    "a text that runs backwards": ("D104", lambda: HEAD.replace("Hostile", "Host\u202eile") + SOURCES + BONUS),
    "500 nested parentheses": ("X103", lambda: where("(" * 500 + "partners.tier = 'gold'" + ")" * 500)),
    "200 nested parentheses": ("X104", lambda: where("(" * 200 + "partners.tier = 'gold'" + ")" * 200)),
    "400 nots": ("X104", lambda: where("not " * 400 + "partners.tier = 'gold'")),
    "900 open parentheses": ("X103", lambda: where("(" * 900)),
    "10,000 parentheses": ("X102", lambda: where("(" * 10_000)),
    "an import": ("X113", lambda: where("__import__('os').system('touch owned')")),
    "a walk through attributes": ("X114", lambda: where("partners.tier.__class__.__mro__ = 'x'")),
    "a tower of powers": ("X106", lambda: where("9**9**9 > 1")),
    "a text times a billion": ("X133", lambda: where("\"'a' * 1000000000 = 'a'\"")),
    "a comprehension": ("X106", lambda: where('"[x for x in partners] = 1"')),
    "a second statement": ("X107", lambda: where("\"partners.tier = 'gold'; drop table t_partners\"")),
    "a query inside": ("X112", lambda: where("partners.tier in (select name from t_partners)")),
    "a file read by a function": ("X113", lambda: where("read_text('partners.csv') = 'x'")),
    "a quote that closes the text": ("X107", lambda: where("\"partners.tier = 'x''' or 1=1 --'\"")),
    "SQL as a payout's name": ("P101", lambda: f'{HEAD}{SOURCES}payouts:\n  "x\\"; drop table y": {{amount: 1}}\n'),
    "SQL as a table's name": ("P101", lambda: f'{HEAD}sources: {{partners: p.csv, "t; drop": q.csv}}\n{BONUS}'),
    "SQL as a column's name": (
        "P101",
        lambda: f"{HEAD}tables:\n  t: {{key: [partner_id], columns: {{'x) --': id}}}}\nsources: {{t: t.csv}}\n{BONUS}",
    ),
    "a path upwards": ("P150", lambda: source("../partners.csv")),
    "a path upwards on the way down": ("P150", lambda: source("data/../../partners.csv")),
    "an absolute path": ("P150", lambda: source("/etc/passwd")),
    "a path from home": ("P150", lambda: source("~/partners.csv")),
    "a drive": ("P150", lambda: source("'C:\\partners.csv'")),
    "backslashes upwards": ("P150", lambda: source("'..\\partners.csv'")),
    "an address": ("P150", lambda: source("https://example.com/partners.csv")),
    "a link that leads out": ("P150", lambda: source("linked.csv")),
    "a path with a line break": ("P150", lambda: source('"partners.csv\\nx"')),
    "a folder": ("F101", lambda: source("{file: folder, format: csv}")),
}

# Rows that try the same from inside a table: they are read as the text that they are, or refused.
HOSTILE_ROWS: dict[str, tuple[str | None, str]] = {
    "SQL as an id": ("F201", "partner_id,name\nP'; drop table t_partners; --,x\n"),
    "SQL as a name": (None, "partner_id,name\nP-1,'); drop table t_partners; --\n"),
    "SQL as a header": (None, 'partner_id,name,"x"") from t; drop table t_partners; --"\nP-1,Nordlicht,y\n'),
    "an id that walks upwards": ("F201", "partner_id,name\n../../x,y\n"),
    "a cell without an end": ("F110", 'partner_id,name\nP-1,"' + "x" * 100_000 + "\n"),
    "a cell that is too long": ("F114", "partner_id,name\nP-1," + "x" * 100_000 + ",\n"),
}


def files(folder: Path) -> dict[str, bytes]:
    """What a folder holds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_fault_is_told_in_these_words(folder: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns("expected.txt"))
    expected = (folder / "expected.txt").read_text("utf-8")
    with inside(work):
        assert replay(expected) == expected
    assert f" {folder.name} " in expected or f'"{folder.name}"' in expected


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_refused_at_once_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    code, document = HOSTILE[name]
    text = document()
    work = tmp_path / "work"
    work.mkdir()
    (work / "program.yaml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (work / "partners.csv").write_text(PARTNERS)
    (work / "folder").mkdir()
    (tmp_path / "partners.csv").write_text(PARTNERS)
    (work / "linked.csv").symlink_to(tmp_path / "partners.csv")
    before = files(tmp_path)
    with inside(work):
        answer("partage run none.yaml --period 2026")  # what the command loads is not the document's doing
        started = time.process_time()
        printed, exit_code = answer("partage run program.yaml --period 2026")
        took = time.process_time() - started
    assert exit_code == 2, printed
    assert f"error {code} " in printed
    assert took < 1, f"{took:.2f} s"
    assert "Traceback" not in printed
    assert max(map(len, printed.splitlines())) < 300, "what was written is quoted in short"
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", HOSTILE_ROWS)
def test_a_hostile_row_is_text_or_is_refused(name: str, tmp_path: Path) -> None:
    code, rows = HOSTILE_ROWS[name]
    (tmp_path / "program.yaml").write_text(HEAD + SOURCES + BONUS)
    (tmp_path / "partners.csv").write_text(rows)
    with inside(tmp_path):
        printed, exit_code = answer("partage run program.yaml --period 2026 --official")
    assert exit_code == (2 if code else 0), printed
    assert code is None or f"error {code} " in printed
    assert code is not None or "total 100.00 EUR" in printed


def test_each_code_is_explained_and_each_explanation_is_of_a_code() -> None:
    """The catalogue and the source name the same codes: nothing is refused without a why, and nothing is left over."""
    texts = {
        path: path.read_text("utf-8")
        for layer in ("rules", "engine", "scenarios")
        for path in sorted((ROOT / layer).rglob("*.py"))
        if "codes" not in path.relative_to(ROOT).parts
    }
    used = {code for text in texts.values() for code in USED.findall(text)}
    assert sorted(used - set(CODES)) == [], "these codes have no entry in rules/codes/"
    assert sorted(set(CODES) - used) == [], "these entries of rules/codes/ are of no code in use"


def test_each_code_has_its_smallest_program() -> None:
    shown = {folder.name for folder in FOLDERS} | {code for code, _ in HOSTILE.values()}
    shown |= {code for code, _ in HOSTILE_ROWS.values() if code is not None}
    assert sorted(set(CODES) - shown - set(ONLY_CODE)) == [], "add tests/errors/CODE/ with a program and expected.txt"
    assert sorted((shown | set(ONLY_CODE)) - set(CODES)) == [], "these are no codes"
    assert sorted(set(ONLY_CODE) & {folder.name for folder in FOLDERS}) == [], "these have a folder after all"


def test_no_code_stands_in_two_sections() -> None:
    assert sum(len(section) for section in SECTIONS.values()) == len(CODES)


def test_a_transcript_is_commands_and_what_they_print() -> None:
    for folder in FOLDERS:
        found = exchanges((folder / "expected.txt").read_text("utf-8"))
        assert found, folder.name
        assert all(each.command.startswith("partage ") for each in found), folder.name
