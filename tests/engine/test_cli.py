"""The command line: exit codes, JSON with stable keys, suggestions, and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from spine_stories import MONTH, Ended, partage, write

PROGRAM = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
payouts: {{commission: {{title: sales commission, base: deals.amount, dated: deals.closed_on, rate: 7.5%}}}}
pools: {{bonus: {{size: 100, shared: equally, residue: house}}}}
"""
TABLES = {
    "partners.csv": "partner_id,name\nacme,Acme Ltd\nbolt,\ncrux,Crux\n",
    "deals.csv": "deal_id,partner_id,amount,closed_on\nd1,acme,166.74,2026-04-01\nd2,bolt,-10.00,2026-04-30\n",
}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A program and the store of its first run."""
    folder = tmp_path_factory.mktemp("books")
    program = write(folder, PROGRAM, TABLES)
    store = folder / "books.db"
    assert partage("--store", store, "run", program, "--period", "2026-04").exit_code == 0
    yield program, store


def keys(value: object) -> set[str]:
    assert isinstance(value, dict)
    return set(value)


def is_clean(ended: Ended) -> bool:
    return "Traceback" not in ended.out + ended.err and "S500" not in ended.out + ended.err


def test_a_run_is_told_in_words(books: tuple[Path, Path]) -> None:
    program, store = books
    ended = partage("--store", store, "run", program, "--period", "2026-04")
    lines = ended.out.splitlines()
    assert ended.exit_code == 0 and ended.err == ""
    assert lines[0].startswith("Story, 2026-04   program ")
    assert lines[1:3] == ["read      5 rows: partners 3  deals 2", "accepted  5 rows, rejected 0"]
    assert [line.split() for line in lines[3:8]] == [
        ["partner", "sales", "commission", "bonus", "payout", "EUR"],  # the title of the rule called commission
        ["acme", "Acme", "Ltd", "12.51", "33.33", "45.84"],
        ["crux", "Crux", "0.00", "33.33", "33.33"],
        ["bolt", "-0.75", "33.33", "32.58"],
        ["total", "11.76", "99.99", "111.75"],
    ]
    assert "bonus 99.99 shared, 0.01 left" in lines[8] and "all sums agree" in lines[8]
    assert lines[9].startswith("run 1 kept in ")


def test_json_has_the_keys_that_scripts_rely_on(books: tuple[Path, Path]) -> None:
    program, store = books
    run = partage("--store", store, "run", program, "--period", "2026-04", "--json").json()
    assert keys(run) >= {
        *("run", "run_id", "program", "period", "engine", "inputs", "pools"),
        *("currency", "decimals", "components", "partners", "total_minor"),
    }
    assert keys(run["inputs"][0]) >= {"table", "file", "read", "rows", "rejected", "rows_sha256"}
    assert run["pools"] == {"bonus": {"size_minor": 10_000, "left_minor": 1, "house_adds_minor": 0}}
    assert run["partners"][0] == {
        "partner_id": "acme",
        "name": "Acme Ltd",
        "components": {"commission": 1_251, "bonus": 3_333},
        "payout_minor": 4_584,
    }
    assert (run["currency"], run["decimals"], run["total_minor"]) == ("EUR", 2, 11_175)

    shown = partage("--store", store, "show", "1", "--lines", "--json").json()
    assert keys(shown) >= {"run", "run_id", "kind", "created_at", "actor", "manifest", "partners", "lines"}
    assert shown["run_id"] == run["run_id"] and shown["partners"] == run["partners"]
    assert shown["lines"][0] == {
        "partner_id": "acme",
        "component": "bonus",
        "table": "pool",
        "key": "acme",
        "amount_minor": 3_333,
    }
    assert sum(line["amount_minor"] for line in shown["lines"]) == run["total_minor"]

    why = partage("--store", store, "explain", "1", "acme", "commission", "--json").json()
    assert keys(why) >= {"run", "run_id", "partner_id", "explanation"}
    assert keys(why["explanation"]) >= {"title", "value", "unit", "shown", "words", "rule", "source", "parts"}
    assert (why["explanation"]["value"], why["explanation"]["unit"]) == ("1251", "minor")

    check = partage("check", program, "--json").json()
    assert keys(check) >= {"program", "sha256", "problems"} and check["problems"] == []


def test_show_tells_the_latest_run_its_lines_and_its_inputs(books: tuple[Path, Path]) -> None:
    _, store = books
    for arguments, words in (
        ((), "45.84"),
        (("1", "--lines"), "deals d1"),
        (("--inputs",), "sha256 over key-sorted rows"),
    ):
        ended = partage("--store", store, "show", *arguments)
        assert ended.exit_code == 0 and words in ended.out


def test_an_explanation_ends_at_the_posted_cent(books: tuple[Path, Path]) -> None:
    ended = partage("--store", books[1], "explain", "1", "acme")
    assert ended.exit_code == 0
    assert ended.out.splitlines()[0] == "Story, 2026-04: acme Acme Ltd"
    assert "7.5 % of 166.74 = 12.5055, rounded half up" in ended.out
    assert "deals.csv record 1" in ended.out and "program.yaml:" in ended.out
    assert ended.out.splitlines()[-1] == "adds up to the posted cent"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["chekc"], 2, "Did you mean 'check'?"),
        (["expalin", "1", "acme"], 2, "Did you mean 'explain'?"),
        (["run", "program.yaml"], 2, "--period"),
        (["run", "program.yaml", "--perod", "2026-04"], 2, "--period"),
        (["run", "nowhere.yaml", "--period", "2026-04"], 2, "S101"),
        (["run", ".", "--period", "2026-04"], 2, "S101"),
        (["run", "program.yaml", "--period", "2026-Q2"], 2, "S120"),
        (["run", "program.yaml", "--period", "0000-01"], 2, "S120"),
        (["run", "program.yaml", "--period", "9999-12"], 2, "S120"),
        (["run", "program.yaml", "--period", "2025-12"], 2, "S121"),
        (["check", "nowhere.yaml"], 2, "S101"),
        (["check"], 2, "PROGRAM"),
        (["explain", "1", "nobody"], 2, "S110"),
        (["explain", "1", "acme", "bonsu"], 2, "S111"),
        (["explain", "2", "acme"], 2, "S210"),
        (["explain", "one", "acme"], 2, "one"),
        (["explain", "-1", "acme"], 2, "-1"),
        (["show", "99999999999999999999999"], 2, "S210"),
        (["show", "0"], 2, "S210"),
        (["--store", "nowhere.db", "show"], 2, "S201"),
        (["--store", "nowhere/books.db", "run", "program.yaml", "--period", "2026-04"], 2, "S201"),
        (["--store", "program.yaml", "show"], 2, "S202"),
        (["--version"], 0, "partage"),
        (["--help"], 0, "Commands"),
        (["run", "--help"], 0, "--period"),
    ],
)
def test_exit_codes_and_what_is_said(
    books: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, arguments: list[str], exit_code: int, words: str
) -> None:
    program, store = books
    monkeypatch.chdir(program.parent)
    monkeypatch.setenv("PARTAGE_STORE", str(store))
    ended = partage(*arguments)
    assert (ended.exit_code, is_clean(ended)) == (exit_code, True)
    assert words in ended.out + ended.err
    if exit_code and "--help" not in arguments:
        assert ended.out == ""
        as_json = partage(*arguments, "--json")
        assert as_json.exit_code == exit_code and as_json.err == ""
        (problem, *_) = as_json.json()["problems"]
        assert keys(problem) == {"code", "severity", "message", "place", "hint"} and problem["severity"] == "error"


def test_check_tells_every_problem_with_place_and_cure(tmp_path: Path) -> None:
    program = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
payouts:
  commission: {{base: deals.amout, rate: 7.5}}
  bonus: {{amount: USD 5, where: partners.tier = 1}}
"""
    ended = partage("check", write(tmp_path, program, {}), "--json")
    assert ended.exit_code == 2
    found = {each["code"]: each for each in ended.json()["problems"]}
    assert {"W113"} <= set(found)
    assert found["W113"]["place"] == {"file": "program.yaml", "line": 8, "column": 41}
    mended = partage("check", write(tmp_path, program.replace("7.5}", "7.5%}"), {}), "--json")
    found = {each["code"]: each for each in mended.json()["problems"]}
    assert set(found) == {"X131", "P130", "X132"}
    assert found["X131"]["hint"] == "did you mean 'amount'?" and found["X131"]["place"]["line"] == 8
    plain = partage("check", tmp_path / "program.yaml")
    assert plain.exit_code == 2 and "program.yaml:8:" in plain.out and "3 errors, 0 warnings" in plain.out


def test_a_kept_program_that_was_changed_by_hand_is_no_run(tmp_path: Path) -> None:
    """What is explained is what was kept: a blob that was changed is told, with exit code 1."""
    store = tmp_path / "books.db"
    partage("--store", store, "run", write(tmp_path, PROGRAM, TABLES), "--period", "2026-04")
    blobs = [path for path in (tmp_path / "books.db.blobs").rglob("*") if path.is_file()]
    program = next(path for path in blobs if path.read_bytes().startswith(b"program: Story"))
    program.chmod(0o644)
    program.write_bytes(program.read_bytes().replace(b"7.5%", b"8.5%"))
    ended = partage("--store", store, "explain", "1", "acme")
    assert (ended.exit_code, is_clean(ended)) == (1, True) and "S209" in ended.err


words = st.sampled_from(
    [
        "run",
        "show",
        "explain",
        "check",
        "program.yaml",
        "--period",
        "2026-04",
        "--json",
        "--lines",
        "1",
        "acme",
        "-",
        "--",
    ]
) | st.text(max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(words, max_size=6))
def test_no_words_make_a_traceback(
    books: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(books[0].parent)
    ended = partage("--store", tmp_path / "fuzz.db", *arguments)
    assert ended.exit_code in (0, 1, 2, 3, 4) and is_clean(ended), ended
    if ended.exit_code and "--json" in arguments and "--" not in arguments:
        assert json.loads(ended.out)["problems"]


any_text = st.text(st.characters(codec="utf-8"), max_size=20)
lines = st.lists(st.sampled_from([line for line in PROGRAM.splitlines() if line]) | any_text, max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines, st.binary(max_size=8))
def test_no_program_makes_a_traceback(tmp_path: Path, lines: list[str], tail: bytes) -> None:
    (tmp_path / "program.yaml").write_bytes("\n".join(lines).encode() + tail)
    ended = partage("check", tmp_path / "program.yaml", "--json")
    assert ended.exit_code in (0, 2) and is_clean(ended), ended


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.lists(st.text(max_size=4), max_size=9).map(lambda cells: ",".join(cells).encode()))
def test_no_table_makes_a_traceback(tmp_path: Path, rows: bytes) -> None:
    deals = b"deal_id,partner_id,amount\n" + rows
    program = write(tmp_path, PROGRAM, TABLES | {"deals.csv": deals})
    ended = partage("--store", tmp_path / "books.db", "run", program, "--period", "2026-04", "--json")
    assert ended.exit_code in (0, 2) and is_clean(ended), ended


MEASURED = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis:
  closed: {{unit: percent, count: deals, where: deals.amount > 0, over: {{count: deals}}}}
  whole: {{count: deals}}
  paid: {{sum: deals.amount}}
payouts: {{commission: {{title: sales commission, base: deals.amount, dated: deals.closed_on, rate: 7.5%}}}}
"""
SIX = "deal_id,partner_id,amount,closed_on\n" + "".join(
    f"d{n},{partner},{amount},2026-04-01\n"
    for n, (partner, amount) in enumerate(
        [("acme", 1), ("acme", 2), ("acme", 3), ("acme", 4), ("acme", 0), ("bolt", 1), ("bolt", 1), ("bolt", 0)]
    )
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A program that measures in percent, counts and money, and the store of its first run."""
    folder = tmp_path_factory.mktemp("measured")
    program = write(folder, MEASURED, TABLES | {"deals.csv": SIX + "d9,acme,1.00,2026-04-31\n"})
    store = folder / "books.db"
    assert partage("--store", store, "run", program, "--period", "2026-04").exit_code == 0
    yield program, store


def test_a_percentage_is_shown_as_people_write_it_and_its_exact_value_to_scripts(measured: tuple[Path, Path]) -> None:
    program, store = measured
    asked = (("metrics", program, "--period", "2026-04"), ("--store", store, "show", "--kpis"))
    for question in asked:
        rows = [line.split("  ") for line in partage(*question).out.splitlines() if line.startswith(("acme", "bolt"))]
        cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
        assert cells == [["acme Acme Ltd", "80 %", "5", "10.00"], ["bolt", "66.67 %", "3", "2.00"]]
        told = partage(*question, "--json").json()
        units = told["kpis"] if question[0] == "metrics" else told["units"]
        assert {name: each["unit"] for name, each in units.items()} == {
            "closed": "percent",
            "whole": "count",
            "paid": "money",
        }
        groups = told["groups"] if question[0] == "metrics" else told["kpis"]
        assert groups[0] == {"group": "acme", "kpis": {"closed": "4/5", "whole": "5", "paid": "1000"}}


def test_a_register_is_headed_by_titles_and_json_keeps_names(measured: tuple[Path, Path]) -> None:
    shown = partage("--store", measured[1], "show")
    assert shown.out.splitlines()[2].split("  ")[-2:] == ["sales commission", "payout EUR"]
    assert partage("--store", measured[1], "show", "--json").json()["components"] == ["commission"]


def test_each_view_that_is_asked_for_is_shown(measured: tuple[Path, Path]) -> None:
    shown = partage("--store", measured[1], "show", "--fates", "--lines", "--rejected").out
    assert [line for line in shown.splitlines() if line in ("lines", "fates", "rejected", "inputs")] == [
        *("lines", "rejected", "fates")
    ]
    assert "deals d1" in shown and "not payable" in shown and "1 row rejected" in shown
    told = partage("--store", measured[1], "show", "--fates", "--lines", "--scorecards", "--json").json()
    assert keys(told) >= {"fates", "lines", "scorecards"} and "rejected" not in told


def test_a_view_of_what_a_program_does_not_have_says_so(measured: tuple[Path, Path], tmp_path: Path) -> None:
    shown = partage("--store", measured[1], "show", "--scorecards", "--balances").out
    assert "this program has no scorecard" in shown and "this program has no balance" in shown
    bare = write(tmp_path, MEASURED.partition("kpis:")[0] + "payouts:" + MEASURED.partition("payouts:")[2], TABLES)
    store = tmp_path / "books.db"
    assert partage("--store", store, "run", bare, "--period", "2026-04").exit_code == 0
    assert "this program has no KPI by partner" in partage("--store", store, "show", "--kpis").out


@pytest.mark.parametrize("folder", ["", " "])
def test_a_folder_without_a_name_is_refused(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = partage("init", folder)
    assert ended.exit_code == 2 and "the folder has no name" in ended.err and not list(tmp_path.iterdir())


def test_tiers_that_are_kept_need_the_tiers_that_partners_hold(tmp_path: Path) -> None:
    """Without the column every partner would begin without a tier, and nobody would hear that nothing is kept."""
    program = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis: {{sales: {{count: deals, dated: deals.closed_on}}}}
scorecards:
  performance:
    kpis: {{sales: {{weight: 100%, linear: {{from: 0, to: 4}}}}}}
    tiers: {{levels: {{low: 0, high: 60}}, hysteresis: 5 points}}
"""
    ended = partage("score", write(tmp_path, program, TABLES), "--period", "2026-01")
    assert ended.exit_code == 2 and "F105 the source has no column tier" in ended.err
    tiered = TABLES["partners.csv"].replace("name\n", "name,tier\n").replace("Ltd\n", "Ltd,high\n")
    tiered = tiered.replace("bolt,\n", "bolt,,\n").replace("Crux\n", "Crux,\n")
    ended = partage("score", write(tmp_path, program, TABLES | {"partners.csv": tiered}), "--period", "2026-04")
    assert ended.exit_code == 0, ended.err
