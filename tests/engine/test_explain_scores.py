"""Every cell of a scorecard explained by its path, with its peers, its targets and where they are written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from score_stories import HEAD, KPIS, PAY, TABLES, story
from spine_stories import Told, partage, told, write

from engine.explain import DoesNotReAdd, explain
from engine.explain.names import matching
from engine.explain.score import cells
from engine.store import Store
from engine.store.sheets import sheet_from_parquet, sheet_to_parquet
from engine.values import Reasoned, Score, Sheet
from rules.problem import Refused
from rules.quantities.exact import Exact

TARGETS = """
    target_id,partner_id,scope,kpi,period,target,version,set_on
    t1,acme,partner,won,2026-04,800,1,2026-01-01
    t2,acme,partner,won,2026-04,500,2,2026-02-01
    t3,,program,won,2026-04,200,1,2026-01-01
    t4,dune,,won,2026-04,1,9,2026-03-01
    t5,acme,partner,won,2026-05,1,9,2026-03-01
    """
BENCHMARKS = "kpi,segment,period,p25,p50,p75\nwon,smb,2026-04,50,200,400\nwon,all,2026-04,100,250,500\n"
CARD = """
groups:
  growth:
    weight: 75%
    kpis: {won: {weight: 50%, attainment: {of: target}}}
    groups: {lead: {weight: 50%, kpis: {wins: {weight: 100%, rank: {ties: mean}}}}}
  service: {weight: 25%, kpis: {support: {weight: 100%, linear: {from: 5, to: 10}}}}
missing: reweight
bonus: {local: {when: partners.region = 'DE', points: 5}}
multipliers: {busy: {kpi: wins, bands: [{below: 1, points: 0.5}, {points: 1}]}}
gates: {any: {when: won >= 0, otherwise: zero}}
tiers: {bronze: 0, silver: 20, gold: 60}
rank: {ties: mean, among: partners.kind}
"""
CELLS = {
    "performance",
    "performance.tier",
    "performance.rank",
    "performance.growth",
    "performance.growth.won",
    "performance.growth.lead",
    "performance.growth.lead.wins",
    "performance.service",
    "performance.service.support",
    "performance.bonus.local",
    "performance.multipliers.busy",
    "performance.gates.any",
}


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with told(story(tmp_path_factory.mktemp("story"), CARD, targets=TARGETS)) as found:
        yield found


def walk(reason: Reasoned) -> Iterator[Reasoned]:
    yield reason
    for part in reason.parts:
        yield from walk(part)


def node(reason: Reasoned, title: str) -> Reasoned:
    """The first node of an explanation whose title begins so."""
    return next(each for each in walk(reason) if each.title.startswith(title))


def test_every_cell_is_explained_to_every_partner(of: Told) -> None:
    (step,) = (step for step in of.plan.steps if isinstance(step, Score))
    assert set(cells(step.scorecard)) == CELLS
    for partner in of.run.partners:
        whole = of.why(partner, "performance")
        for path in CELLS - {"performance", "performance.tier", "performance.rank"}:
            cell = of.why(partner, path)
            inside = path.removeprefix("performance.")
            same = next(each for each in walk(whole) if each.title.split(",")[0] == inside)
            assert (cell.value, cell.words, cell.place, cell.parts) == (same.value, same.words, same.place, same.parts)
            assert cell.title.startswith(f"performance: {inside}")


def test_a_cell_says_what_it_weighs_and_where_it_is_written(of: Told) -> None:
    # acme won 400 of 500, its target: 80 points; it leads by deals: 100; growth is the mean of both
    points = of.why("acme", "performance.growth.won")
    assert (points.value, points.title) == (Fraction(80), "performance: growth.won, weighing 50 %")
    assert points.words == "400.00 of target 500.00 = 80 % x 100 points"
    group = of.why("acme", "performance.growth")
    assert (group.value, group.title) == (Fraction(90), "performance: growth, weighing 75 %")
    assert group.words == "50 % x 80 + 50 % x 100 = 90"
    bonus = of.why("acme", "performance.bonus.local")
    assert (bonus.value, bonus.parts[0].source) == (Fraction(5), "partners.csv record 1")
    assert of.why("bolt", "performance.bonus.local").value == 0
    lines = [of.why("acme", f"performance.{path}").place.line for path in ("growth", "growth.won", "bonus.local")]
    written = CARD.strip().splitlines()
    first = next(line for line, text in enumerate(written) if "growth:" in text)
    assert [line - lines[0] for line in lines] == [
        0,
        2,
        written.index(next(t for t in written if "bonus" in t)) - first,
    ]


def test_a_name_that_there_is_not_is_answered_by_the_nearest(of: Told) -> None:
    with pytest.raises(Refused, match=r"S111 .*did you mean 'performance\.growth\.won'\?"):
        of.why("acme", "performance.growth.wonn")
    with pytest.raises(Refused, match=r"S111 .*performance\.service has performance\.service\.support"):
        of.why("acme", "performance.service.zzzzzzzzzzzzzzzz")


@pytest.mark.parametrize(
    ("short", "path"),
    [
        ("performance.won", "performance.growth.won"),
        ("growth.won", "performance.growth.won"),
        ("service.support", "performance.service.support"),
        ("local", "performance.bonus.local"),
        ("rank", "performance.rank"),
    ],
)
def test_a_short_path_that_fits_one_name_will_do(short: str, path: str, of: Told) -> None:
    assert of.why("acme", short) == of.why("acme", path)


def test_the_names_below_are_listed_down_to_the_last(of: Told) -> None:
    with pytest.raises(Refused, match=r"S111 .*performance has .*performance\.growth\.won"):
        of.why("acme", "performance.zzzzzzzzzzzzzzzz")


def test_a_short_path_that_fits_several_is_answered_by_each() -> None:
    known = ["won", "work.won", "work.more.won", "club.won"]
    assert matching("won", known) == ["won"]
    assert matching("work.won", known) == ["work.won"]
    assert matching("more.won", known) == ["work.more.won"]
    assert matching("won", known[1:]) == known[1:]


def test_targets_tell_their_row_and_their_line(of: Told) -> None:
    target = node(of.why("acme", "performance.growth.won"), "target")
    assert (target.shown, target.source, target.words) == ("500.00", "targets.csv record 2", "of acme for won, 2026-04")
    assert target.place.file == "program.yaml" and target.place.line > 0
    target = node(of.why("bolt", "performance.growth.won"), "target")
    assert (target.shown, target.source) == ("200.00", "targets.csv record 3")
    assert target.words == "of the program for won, 2026-04"
    ends = [node(of.why("acme", "performance.service.support"), end) for end in ("from", "to")]
    assert [(end.shown, end.source, end.place.file) for end in ends] == [
        ("5", "", "program.yaml"),
        ("10", "", "program.yaml"),
    ]


def test_benchmarks_and_baselines_tell_their_row(tmp_path: Path) -> None:
    card = """
kpis:
  won: {weight: 50%, linear: {from: benchmark.p25, to: benchmark.p75}}
  grown:
    weight: 50%
    kpi: won
    improvement: {over: {expression: partners.capacity}, measured: growth, scale: {linear: {from: 0%, to: 100%}}}
missing: zero
"""
    partners = TABLES["partners.csv"].replace("smb,kim,\n        bolt", "smb,kim,320.00\n        bolt")
    with told(story(tmp_path, card, partners=partners, benchmarks=BENCHMARKS)) as of:
        why = of.why("acme", "performance.won")
        found = [node(why, f"benchmark.{figure}") for figure in ("p25", "p75")]
        assert [(each.shown, each.source) for each in found] == [
            ("50.00", "benchmarks.csv record 1"),
            ("400.00", "benchmarks.csv record 1"),
        ]
        assert node(of.why("dune", "performance.won"), "benchmark.p25").source == "benchmarks.csv record 2"
        grown = of.why("acme", "performance.grown")
        base = node(grown, "partners.capacity")
        assert (grown.value, base.shown, base.source) == (Fraction(25), "320.00", "partners.csv record 1")
        assert [node(grown, end).shown for end in ("from", "to")] == ["0 %", "100 %"]


SCALES = ["rank: {ties: mean}", "percentile: {}", "min_max: {}", "z_score: {deviation: population}"]
MANY = 30


def many(folder: Path, scale: str) -> Path:
    """A program for thirty partners: partner p07 won seven deals."""
    partners = "partner_id\n" + "".join(f"p{n:02}\n" for n in range(1, MANY + 1))
    deals = "deal_id,partner_id,status,closed_on,amount\n" + "".join(
        f"d{n}-{k},p{n:02},won,2026-04-01,1\n" for n in range(1, MANY + 1) for k in range(n)
    )
    tables = {"partners.csv": partners, "deals.csv": deals}
    kpis = "kpis:\n  wins: {count: deals, where: deals.status = 'won', dated: deals.closed_on}\n"
    card = f"scorecards:\n  performance:\n    kpis: {{wins: {{weight: 100%, {scale}}}}}\n"
    return write(folder, f"{HEAD}  partners: partners.csv\n  deals: deals.csv\n{kpis}{card}{PAY}", tables)


@pytest.mark.parametrize("scale", [*SCALES, "gate: {at_least: {percentile: 50%}}"])
def test_peers_are_told_around_the_partner_and_all_of_them_where_asked(scale: str, tmp_path: Path) -> None:
    with told(many(tmp_path, scale)) as of:
        short = node(of.why("p10", "performance.wins", is_whole=False), "peers")
        whole = node(of.why("p10", "performance.wins", is_whole=True), "peers")
    assert short.value == whole.value == MANY
    assert short.words == "from 1 to 30, the highest first; 10 of 30 are told"
    assert whole.words == "from 1 to 30, the highest first"
    titles = [part.title for part in short.parts]
    assert len(titles) == 10 and {"partner p09", "partner p10", "partner p11"} <= set(titles)
    assert next(part for part in short.parts if part.words == "this partner").title == "partner p10"
    assert ({"partner p01", "partner p30"} <= set(titles)) == scale.startswith("min_max")
    assert [part.value for part in whole.parts] == list(range(MANY, 0, -1))


def test_the_rank_tells_who_is_near(of: Told) -> None:
    peers = of.why("bolt", "performance.rank").parts[-1]
    assert peers.title == "peers with partners.kind reseller"
    assert [part.title for part in peers.parts] == ["partner acme", "partner bolt", "partner crux"]


def test_a_percentage_is_told_as_one(tmp_path: Path) -> None:
    kpis = (
        KPIS
        + """  close_rate: {unit: percent, count: deals, where: deals.status = 'won', dated: deals.closed_on,
    over: {count: deals, dated: deals.closed_on}}
"""
    )
    card = "kpis: {close_rate: {weight: 100%, attainment: {of: 80%}}}\nmissing: zero"
    with told(story(tmp_path, card, kpis=kpis)) as of:
        assert of.why("bolt", "close_rate").shown == "50 %"
        why = of.why("bolt", "performance.close_rate")
    assert why.words == "50 % of 80% 80 % = 62.5 % x 100 points"
    assert node(why, "target").shown == "80 %"


def test_who_is_not_scored_is_told_so_in_every_cell(tmp_path: Path) -> None:
    card = "for: partners.kind = 'reseller'\nkpis: {won: {weight: 100%, percentile: {method: below}}}\n"
    with told(story(tmp_path, card)) as of:
        why = of.why("dune", "performance.won")
    assert (why.value, why.shown) == (None, "not scored") and "the scorecard is for" in why.words


def test_a_cell_of_another_value_does_not_re_add(of: Told) -> None:
    for column, cell in (
        ("performance.points.growth.won", "performance.growth.won"),
        ("performance.weights.growth.won", "performance.growth.won"),
        ("performance.points.growth.lead.wins", "performance.growth"),
        ("won", "performance.growth"),
    ):
        changed = of.sheet.columns[column] + Exact(np.array([1, 0, 0, 0]), 10**9)
        sheet = Sheet(of.sheet.period, of.sheet.frames, {**of.sheet.columns, column: changed}, of.sheet.frame_of)
        with pytest.raises(DoesNotReAdd):
            explain(of.plan, sheet, of.facts, "acme", cell)


# --- a kept run -------------------------------------------------------------------------------------------------------


def test_a_kept_sheet_comes_back_as_it_was(of: Told) -> None:
    back = sheet_from_parquet(sheet_to_parquet(of.sheet))
    names = {name for name, frame in of.sheet.frame_of.items() if frame == "partners"}
    assert back.keys() == names
    assert all(back[name].fractions() == of.sheet.columns[name].fractions() for name in names)
    huge = Exact.of([Fraction(2**80, 3), None, Fraction(-1, 2**70), 5])
    sheet = Sheet(of.sheet.period, of.sheet.frames, {"huge": huge}, {"huge": "partners"})
    assert sheet_from_parquet(sheet_to_parquet(sheet))["huge"].fractions() == huge.fractions()


def test_a_cell_is_explained_without_the_run_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, path = tmp_path / "books.db", story(tmp_path / "story", CARD, targets=TARGETS)
    assert partage("--store", store, "run", path, "--period", "2026-04").exit_code == 0
    slow = partage("--store", store, "explain", "1", "acme")
    assert slow.exit_code == 0

    def never(*_: object) -> None:
        raise AssertionError("the run is not worked out again")

    monkeypatch.setattr("engine.acts.reopen.reopen", never)
    for name in sorted(CELLS | {"won"}):
        ended = partage("--store", store, "explain", "1", "acme", name)
        assert ended.exit_code == 0 and "adds up" in ended.out
    assert partage("--store", store, "explain", "1", "acme", "performance.grwth").exit_code == 2


def test_a_kept_sheet_that_was_changed_is_refused(tmp_path: Path) -> None:
    store, path = tmp_path / "books.db", story(tmp_path / "story", CARD, targets=TARGETS)
    partage("--store", store, "run", path, "--period", "2026-04")
    with Store.open(store) as books:
        kept = books.blob(books.run(1).blobs["sheet"])
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    ended = partage("--store", store, "explain", "1", "acme", "performance.growth.won")
    assert ended.exit_code == 1 and "S209" in ended.err
