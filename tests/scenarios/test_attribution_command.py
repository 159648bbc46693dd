"""partage attribute: from touches to a saved table of weights, and from that table to the cent that it pays."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from spine_stories import leaves, partage, refused, told, write

from scenarios.attribution.methods import METHODS
from scenarios.commands.attribute import _METHODS

PROGRAM = """
program: Shared deals
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources:
  partners: partners.csv
  deals: deals.csv
  touches: touches.csv
  registrations: registrations.csv
  attributions: attributions.csv
credit:
  sales:
    of: deals
    where: deals.status = 'won'
    from: {attributions: METHOD}
payouts:
  commission: {credit: sales, base: deals.amount, dated: deals.closed_on, rate: 10%}
"""

# In February three deals were won and two lost with touches, and one was won without any.
TABLES = {
    "partners.csv": """
        partner_id,name,region
        acme,Acme Advisory,DE
        bolt,Bolt Systems,FR
        crux,Crux Partners,DE
        """,
    "deals.csv": """
        deal_id,partner_id,status,opened_on,closed_on,amount
        D-1,acme,won,2026-01-20,2026-02-10,1000.00
        D-2,crux,won,2026-02-01,2026-02-20,500.05
        D-3,bolt,lost,2026-01-10,2026-02-21,800.00
        D-4,bolt,won,2026-01-10,2026-02-22,300.00
        D-5,bolt,won,2026-01-10,2026-02-22,100.00
        D-6,bolt,lost,2026-01-10,2026-02-22,100.00
        D-7,acme,won,2026-02-10,2026-03-05,40.00
        """,
    "touches.csv": """
        touch_id,deal_id,partner_id,touched_on,kind
        T-1,D-1,acme,2026-01-05,webinar
        T-2,D-1,bolt,2026-01-18,mail
        T-3,D-1,crux,2026-02-01,webinar
        T-4,D-1,acme,2026-02-08,mail
        T-5,D-2,crux,2026-02-03,webinar
        T-6,D-3,bolt,2026-01-12,mail
        T-7,D-4,crux,2026-01-03,mail
        T-8,D-4,bolt,2026-02-01,webinar
        T-9,D-6,bolt,2026-02-01,mail
        T-10,D-7,acme,2026-02-20,mail
        """,
    "registrations.csv": """
        registration_id,partner_id,deal_id,registered_on,expires_on,status
        R-1,crux,D-2,2026-02-02,2026-05-01,approved
        """,
}
PERIOD = ("--period", "2026-02")


def story(folder: Path, method: str = "markov", **changed: str) -> Path:
    return write(folder, PROGRAM.replace("METHOD", method), TABLES | changed)


def attribute(path: Path, *options: str | Path) -> Any:
    """What the command prints as JSON."""
    ended = partage("attribute", path, *PERIOD, *options, "--json")
    assert ended.exit_code == 0, ended.err
    return ended.json()


def refusal(path: Path, *options: str | Path) -> str:
    """The code of the first problem, of a command that wrote nothing."""
    before = sorted(each.name for each in path.parent.iterdir())
    ended = partage("attribute", path, *PERIOD, *options, "--json")
    assert (ended.exit_code, sorted(each.name for each in path.parent.iterdir())) == (2, before)
    return str(json.loads(ended.err or ended.out)["problems"][0]["code"])


def amounts(method: Any) -> dict[str, int]:
    """What a method credits partners with."""
    return {each["partner"]: each["amount_minor"] for each in method["partners"]}


# --- what each method finds -------------------------------------------------------------------------------------------


CREDITED = {
    "first": {"acme": 1000_00, "crux": 800_05},
    "last": {"acme": 1000_00, "bolt": 300_00, "crux": 500_05},
    "linear": {"acme": 500_00, "bolt": 250_00 + 150_00, "crux": 250_00 + 500_05 + 150_00},
    "u": {"acme": 800_00, "bolt": 100_00 + 150_00, "crux": 100_00 + 500_05 + 150_00},
    "sourced": {"acme": 1000_00, "crux": 500_05 + 300_00},
    "influenced": {"acme": 1000_00, "bolt": 300_00, "crux": 1000_00 + 500_05},
    "shapley": {"acme": 333_34, "bolt": 333_33 + 150_00, "crux": 333_33 + 500_05 + 150_00},
}


def test_who_is_credited_with_what(tmp_path: Path) -> None:
    path = story(tmp_path)
    found = attribute(path, "--compare", "--method", "linear")
    assert (found["deals_won"], found["deals_lost"], found["won_minor"]) == (4, 2, 1900_05)
    assert [each["method"] for each in found["methods"]][:3] == ["linear", "first", "last"]
    by_method = {each["method"]: each for each in found["methods"]}
    assert len(by_method) == 11
    assert {name: amounts(by_method[name]) for name in CREDITED} == CREDITED
    assert {by_method[name]["nobody_minor"] for name in CREDITED} == {100_00}, "D-5 has no touch"
    (alone,) = attribute(path, "--method", "u")["methods"]
    assert alone == by_method["u"]


def test_shapes_credit_what_a_run_pays_by_them(tmp_path: Path) -> None:
    path, shapes = story(tmp_path), ("u", "w", "time_decay")
    credited = {each["method"]: amounts(each) for each in attribute(path, "--compare", "--window", "30d")["methods"]}
    program = path.read_text("utf-8").replace("  attributions: attributions.csv\n", "")
    start, _, _ = program.partition("credit:\n")
    of = "of: deals, where: deals.status = 'won'"
    ways = "".join(
        f"  by_{shape}: {{{of}, from: {{touches: {{shape: {shape}, within: 30 days}}}}}}\n" for shape in shapes
    )
    pays = "".join(
        f"  {shape}: {{credit: by_{shape}, base: deals.amount, dated: deals.closed_on, rate: 100%}}\n"
        for shape in shapes
    )
    path.write_text(f"{start}credit:\n{ways}payouts:\n{pays}", "utf-8")
    paid: dict[str, dict[str, int]] = {shape: {} for shape in shapes}
    with told(path, "2026-02") as run:
        for who, shape, _, minor in map(str.split, run.lines()):
            paid[shape][who] = paid[shape].get(who, 0) + int(minor)
    assert paid == {shape: credited[shape] for shape in shapes}


def test_removal_effects_by_hand(tmp_path: Path) -> None:
    """Of the five journeys with a touch, A B C A, C and C B are won, and B is lost twice. Starts: A 1/5, B 2/5, C 2/5.
    A goes on to B or wins, 1/2 each; B goes on to C or wins, 1/4 each; C goes to A, to B or wins, 1/3 each.

    Without A: b = c/4 + 1/4 and c = b/3 + 1/3, so 4/11 and 5/11, and 2/5 b + 2/5 c = 18/55: 5/11 less than 3/5.
    Without B: a = 1/2 and c = a/3 + 1/3 = 1/2, so 1/10 + 1/5 = 3/10: 1/2 less.
    Without C: b = 1/4 and a = b/2 + 1/2 = 5/8, so 1/8 + 1/10 = 9/40: 5/8 less."""
    (method,) = attribute(story(tmp_path), "--method", "markov")["methods"]
    assert method["figures"]["chance"] == "3/5"
    values = {each["partner"]: each["value"] for each in method["partners"]}
    assert values == {"acme": "5/11", "bolt": "1/2", "crux": "5/8"}


def test_a_window_and_kinds_say_which_touches_count(tmp_path: Path) -> None:
    path = story(tmp_path)
    assert attribute(path, "--window", "30d")["touches_counted"] == 6
    webinars = attribute(path, "--kinds", "webinar", "--method", "linear")
    assert amounts(webinars["methods"][0]) == {"acme": 500_00, "bolt": 300_00, "crux": 1000_05}


def test_several_periods_are_attributed_together(tmp_path: Path) -> None:
    ended = partage("attribute", story(tmp_path), "--period", "2026-01..2026-03", "--json")
    assert (ended.json()["deals_won"], ended.json()["won_minor"]) == (5, 1940_05)


def test_methods_side_by_side_tell_who_gains_and_loses(tmp_path: Path) -> None:
    ended = partage("attribute", story(tmp_path), *PERIOD, "--method", "linear", "--compare")
    assert ended.exit_code == 0
    assert "  u: acme +300.00, bolt -150.00, crux -150.00\n" in ended.out
    assert "influenced: adds up to 147.4 % of what was won, and is not to be paid as it is\n" in ended.out


def test_the_command_knows_every_method() -> None:
    assert tuple(METHODS) == _METHODS


# --- from the table to the cent ---------------------------------------------------------------------------------------


def saved(folder: Path, method: str = "markov", *options: str) -> tuple[Path, Any]:
    """The program with the table that was written, and what was printed."""
    path = story(folder, method)
    found = attribute(path, "--method", method, "--out", folder / "attributions.csv", *options)
    return path, found


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """What `saved` gives, made once and never changed."""
    return saved(tmp_path_factory.mktemp("saved"))


def copied(once: tuple[Path, Any], folder: Path) -> tuple[Path, Any]:
    path, found = once
    shutil.copytree(path.parent, folder, dirs_exist_ok=True)
    return folder / path.name, found


def test_a_payout_is_shared_by_the_saved_weights_and_adds_up_to_each_deal(once: tuple[Path, Any]) -> None:
    path, found = once
    assert [Path(each).name for each in found["files"]] == ["attributions.csv", "attributions.manifest.json"]
    with told(path, "2026-02") as run:
        by_deal: dict[str, int] = {}
        for line in run.lines():
            _, _, deal, minor = line.split()
            by_deal[deal] = by_deal.get(deal, 0) + int(minor)
        assert by_deal == {"D-1": 100_00, "D-2": 50_01, "D-4": 30_00}
        assert run.payouts() == {"acme": 28_78, "bolt": 44_98, "crux": 106_25}


def test_what_is_paid_is_explained_by_method_and_version_and_the_saved_row(once: tuple[Path, Any]) -> None:
    path, found = once
    with told(path, "2026-02") as run:
        (leaf,) = (each for each in leaves(run.why("acme")) if each.title == "weight of acme")
    assert (leaf.shown, leaf.source) == ("40", "attributions.csv record 1")
    assert leaf.words == f"as saved by markov, version {found['weights_version']}"


def test_a_run_is_worked_out_again_from_the_saved_table_and_nothing_is_solved(
    once: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = copied(once, tmp_path / "here")
    store = tmp_path / "books.db"
    assert partage("--store", store, "run", path, *PERIOD).exit_code == 0
    shutil.rmtree(tmp_path / "here")

    def never(*_: object) -> None:
        raise AssertionError("a run that is replayed solves nothing again")

    for name in ("by_shape", "removal_effects", "rate_values", "equal_split"):
        monkeypatch.setattr(f"scenarios.attribution.methods.{name}", never)
    ended = partage("--store", store, "replay", "1")
    assert (ended.exit_code, "run 1 is proved" in ended.out) == (0, True)


def test_the_same_question_writes_the_same_bytes_and_another_one_another_version(
    once: tuple[Path, Any], tmp_path: Path
) -> None:
    first, one = once
    path, _ = copied(once, tmp_path)
    head, *rows = (tmp_path / "touches.csv").read_text("utf-8").splitlines()
    (tmp_path / "touches.csv").write_text("\n".join([head, *rows[::-1], ""]), "utf-8")
    again = attribute(path, "--method", "markov", "--out", tmp_path / "attributions.csv", "--force")
    assert one["weights_version"] == again["weights_version"], "whatever the order of rows"
    for name in ("attributions.csv", "attributions.manifest.json"):
        assert (tmp_path / name).read_bytes() == (first.parent / name).read_bytes()
    windowed = attribute(path, "--method", "markov", "--window", "30 days")
    assert windowed["weights_version"] != one["weights_version"]


def test_a_table_that_was_changed_or_is_by_another_method_pays_nothing(once: tuple[Path, Any], tmp_path: Path) -> None:
    path, found = copied(once, tmp_path)
    table = tmp_path / "attributions.csv"
    text = table.read_text("utf-8")
    table.write_text(text.replace("D-1,acme,40", "D-1,acme,400"), "utf-8")
    assert refused(path, "2026-02") == ["M410 attributions.csv"]
    table.write_text(text.replace(found["weights_version"], "by hand"), "utf-8")
    assert refused(path, "2026-02") == [], "a table that somebody made has no digest of ours"
    table.write_text("deal_id,partner_id\nD-1,acme\n", "utf-8")
    assert set(refused(path, "2026-02")) == {
        f"F105 attributions.csv:1:{name}" for name in ("weight", "method", "version")
    }
    table.write_text(text, "utf-8")
    pinned = path.read_text("utf-8").replace("attributions: markov}", "attributions: {method: markov, version: other}}")
    path.write_text(pinned, "utf-8")
    assert refused(path, "2026-02")[0] == "C129 attributions:D-1"


def test_tables_of_several_periods_stand_one_below_the_other(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, "linear")
    table, march = tmp_path / "attributions.csv", tmp_path / "march.csv"
    ended = partage("attribute", path, "--period", "2026-03", "--method", "linear", "--out", march)
    assert ended.exit_code == 0
    both = table.read_text("utf-8") + march.read_text("utf-8").partition("\n")[2]
    table.write_text(both, "utf-8")
    with told(path, "2026-03") as run:
        assert run.payouts()["acme"] == 4_00
    with told(path, "2026-02") as run:
        assert run.payouts() == {"acme": 50_00, "bolt": 40_00, "crux": 90_01}


def test_a_deal_without_weights_goes_to_its_own_partner_where_the_rule_says_so(
    once: tuple[Path, Any], tmp_path: Path
) -> None:
    path, _ = copied(once, tmp_path)
    with told(path, "2026-02") as run:
        assert not any("D-5" in line for line in run.lines())
    text = path.read_text("utf-8").replace("attributions: markov}", "attributions: {method: markov, otherwise: owner}}")
    path.write_text(text, "utf-8")
    with told(path, "2026-02") as run:
        assert [line for line in run.lines() if "D-5" in line] == ["bolt commission D-5 1000"]


# --- what is not paid as it is ----------------------------------------------------------------------------------------


def test_influence_is_told_and_paid_only_where_it_is_brought_to_100_percent(tmp_path: Path) -> None:
    path = story(tmp_path, "influenced")
    out = tmp_path / "attributions.csv"
    assert refusal(path, "--method", "influenced", "--out", out) == "M407"
    attribute(path, "--method", "influenced", "--normalise", "--out", out)
    with told(path, "2026-02") as run:
        assert run.payouts() == {"acme": 50_00, "bolt": 30_00, "crux": 50_00 + 50_01}


def test_shares_below_zero_are_refused_kept_or_set_to_zero_and_told(tmp_path: Path) -> None:
    """Of three deals that nobody touched two are won: 2/3. With bolt's own 3/5, with acme's own 6/7, with all 8/10. So
    bolt adds -1/15 or -2/35, and acme 4/21 or 1/5."""
    deals = {"won": ("N-1", "N-2", "B-1", "A-1", "A-2", "A-3", "A-4", "AB"), "lost": ("N-3", "B-2")}
    rows = [f"{name},acme,{status},2026-01-10,2026-02-03,10.00" for status, names in deals.items() for name in names]
    touched = [*(("bolt", each) for each in ("B-1", "B-2", "AB")), *(("acme", f"A-{at}") for at in range(1, 5))]
    by = [f"T-{at},{deal},{who},2026-01-20,mail" for at, (who, deal) in enumerate([*touched, ("acme", "AB")])]
    tables = {
        "deals.csv": "\n".join(["deal_id,partner_id,status,opened_on,closed_on,amount", *rows, ""]),
        "touches.csv": "\n".join(["touch_id,deal_id,partner_id,touched_on,kind", *by, ""]),
        "registrations.csv": "registration_id,partner_id,deal_id,registered_on,expires_on,status\n",
    }
    path = story(tmp_path, "shapley_rate", **tables)
    out, method = tmp_path / "attributions.csv", ("--method", "shapley_rate")
    assert refusal(path, *method, "--out", out) == "M408"
    zeroed = attribute(path, *method, "--negative", "zero_and_tell", "--out", out)["methods"][0]
    assert zeroed["is_zeroed"]
    assert [(each["partner"], each["value"], each["deals_below_zero"]) for each in zeroed["partners"]] == [
        ("acme", str((Fraction(190476190, 10**9) + Fraction(2, 10)) / 2), 0),
        ("bolt", str(-(Fraction(66666667, 10**9) + Fraction(57142857, 10**9)) / 2), 2),
    ]
    with told(path, "2026-02") as run:
        assert run.payouts() == {"acme": 5_00, "bolt": 0, "crux": 0}
    attribute(path, *method, "--negative", "keep", "--out", out, "--force")
    assert refused(path, "2026-02") == ["C130 deals:AB"], "a rule has to say so too"
    kept = path.read_text("utf-8").replace("shapley_rate}", "{method: shapley_rate, negative: keep}}")
    path.write_text(kept, "utf-8")
    with told(path, "2026-02") as run:
        lines = [line for line in run.lines() if " AB " in line]
    assert lines == ["acme commission AB 146", "bolt commission AB -46"], "the deal still pays 1.00"


def test_sampled_values_show_their_error_and_are_paid_only_where_that_is_said(tmp_path: Path) -> None:
    path, out = story(tmp_path), tmp_path / "attributions.csv"
    asked = ("--method", "shapley_rate", "--sample", "200", "--negative", "zero_and_tell")
    found = attribute(path, *asked)
    assert all(float(each["standard_error"]) > 0 for each in found["methods"][0]["partners"])
    assert refusal(path, *asked, "--out", out) == "M406"
    paid = attribute(path, *asked, "--out", out, "--pay-sampled")
    manifest = json.loads((tmp_path / "attributions.manifest.json").read_text("utf-8"))
    assert (manifest["is_sampled"], manifest["figures"]["seed"], manifest["figures"]["orders"]) == (True, 1, 200)
    assert paid["weights_version"] == manifest["version"]
    assert attribute(path, *asked, "--seed", "2")["weights_version"] != paid["weights_version"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--method", "linear", "--order", "2"), "M409"),
        (("--method", "u", "--half-life", "7d"), "M409"),
        (("--method", "markov", "--unions", "region"), "M409"),
        (("--method", "shapley_rate", "--unions", "region", "--sample", "9"), "M409"),
        (("--out", "weights.parquet"), "M401"),
        (("--period", "2026-02.."), "M401"),
        (("--period", "..2026-02"), "M401"),
        (("--window", "1d", "--period", "2026-03", "--method", "markov"), "M402"),
        (("--method", "shapley", "--unions", "tier"), "M409"),
    ],
)
def test_a_question_without_an_answer_is_refused(options: tuple[str, ...], code: str, tmp_path: Path) -> None:
    assert refusal(story(tmp_path), *options) == code


def test_a_kind_that_no_touch_has_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    said = partage("attribute", story(tmp_path), *PERIOD, "--kinds", "webinar,=mial").err
    assert "no touch is of the kind =mial" in said and "mail, webinar" in said


def test_a_file_that_is_there_is_told_before_anything_is_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.acts.attribute.attribute", None)
    (tmp_path / "mine.manifest.json").touch()
    assert refusal(story(tmp_path), "--out", tmp_path / "mine.csv") == "S102"


def test_where_no_deal_is_left_the_rows_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    path = story(tmp_path, **{"partners.csv": "partner_id,name,region\n"})
    assert "18 rows of the sources cannot be used" in partage("attribute", path, *PERIOD).err


def test_unions_share_before_their_members_do(tmp_path: Path) -> None:
    """Acme and crux are of one region: of D-1 it has half, and bolt the other half."""
    found = attribute(story(tmp_path), "--method", "shapley", "--unions", "region")
    assert amounts(found["methods"][0]) == {"acme": 250_00, "bolt": 500_00 + 150_00, "crux": 250_00 + 500_05 + 150_00}
