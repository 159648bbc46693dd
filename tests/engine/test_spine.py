"""The spine as stories: a program and its tables as people write them, and every line that comes out of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, refused, told, write

DEALS = {
    "partners.csv": """
        partner_id,name,tier,region
        acme,Acme,gold,DE
        bolt,Bolt,silver,AT
        crux,Crux,gold,FR
        """,
    "deals.csv": """
        deal_id,partner_id,status,closed_on,annual_value,term_months
        d1,acme,won,2026-04-01,1200.00,12
        d2,acme,won,2026-04-30,333.33,24
        d3,bolt,lost,2026-04-15,9000.00,12
        d4,bolt,won,2026-03-31,1000.00,12
        d5,bolt,won,2026-05-01,1000.00,12
        d6,crux,won,2026-04-10,-166.74,1
        d7,,won,2026-04-11,500.00,12
        d8,bolt,open,,500.00,12
        """,
}
SOURCES = "sources: {partners: partners.csv, deals: deals.csv}\n"


def test_a_rate_of_each_won_deal_that_closed_in_the_month(tmp_path: Path) -> None:
    """The first day counts and the day after the last does not; a deal without a partner or a day pays nobody."""
    program = f"""{MONTH}{SOURCES}
payouts:
  commission:
    base: deals.annual_value
    rate: 7.5%
    where: deals.status = 'won'
    dated: deals.closed_on
"""
    with told(write(tmp_path, program, DEALS)) as story:
        assert story.lines() == [
            "acme commission d1 9000",
            "acme commission d2 2500",  # 24.99975
            "crux commission d6 -1251",  # a return is paid back as it was paid: half up, away from zero
        ]
        assert story.payouts() == {"acme": 11_500, "bolt": 0, "crux": -1_251}
        assert story.run.total_minor == 10_249


def test_a_flat_amount_per_deal_and_an_amount_per_unit(tmp_path: Path) -> None:
    program = f"""{MONTH}{SOURCES}
eligible: partners.tier = 'gold'
payouts:
  bounty:
    for_each: deals
    amount: EUR 250
    dated: deals.closed_on
  term:
    base: deals.term_months
    per_unit: EUR 0.0035
    dated: deals.closed_on
    rounding: up
  welcome:
    amount: 10
    where: partners.region != 'FR'
"""
    with told(write(tmp_path, program, DEALS)) as story:
        assert story.lines() == [
            "acme bounty d1 25000",
            "acme bounty d2 25000",
            "acme term d1 5",  # 12 x 0.0035 = 0.042, up
            "acme term d2 9",  # 24 x 0.0035 = 0.084, up
            "acme welcome acme 1000",
            "crux bounty d6 25000",
            "crux term d6 1",
        ]
        assert story.payouts() == {"acme": 51_014, "crux": 25_001}  # bolt is no partner of this program


def test_a_base_over_a_row_that_the_deal_refers_to(tmp_path: Path) -> None:
    """A credit sees its deal: three partners have a part in one."""
    tables = DEALS | {
        "credits.csv": """
            credit_id,deal_id,partner_id,share
            c1,d1,acme,0.5
            c2,d1,bolt,0.333333333
            c3,d1,crux,0.166666667
            c4,d2,bolt,1
            """
    }
    program = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv, credits: credits.csv}}
payouts:
  commission:
    base: deals.annual_value * credits.share
    rate: 10%
    where: deals.status = 'won' and credits.share < 1
    dated: deals.closed_on
"""
    with told(write(tmp_path, program, tables)) as story:
        assert story.lines() == [
            "acme commission c1 6000",
            "bolt commission c2 4000",
            "crux commission c3 2000",
        ]


CLUBS = {
    "clubs.csv": "partner_id\nares\nbeta\ncora\n",
    "tables.csv": """
        partner_id,position,points
        cora,1,80
        ares,2,70
        beta,2,0
        """,
}
POOLS = f"""{MONTH}
tables:
  standings:
    key: [partner_id]
    columns: {{partner_id: id, position: count, points: number}}
sources: {{partners: clubs.csv, standings: tables.csv}}
pools:
"""


@pytest.mark.parametrize(
    ("pool", "shares"),
    [
        ("{size: 100, shared: equally}", [3334, 3333, 3333]),
        ("{size: 100, shared: equally, residue: to_last}", [3333, 3333, 3334]),
        ("{size: 100, shared: equally, residue: house}", [3333, 3333, 3333]),
        ("{size: 100, shared: {by: standings.points}}", [4667, 0, 5333]),
        ("{size: 100, shared: {by: standings.points}, residue: to_biggest}", [4666, 0, 5334]),
        ("{size: 200, shared: {by: standings.points}, residue: round_each}", [9333, 0, 10667]),
        ("{size: 100, shared: {by_rank: {of: standings.position, best: lowest}}}", [2500, 2500, 5000]),
        ("{size: 100, shared: {by_rank: {of: standings.points, best: highest}}}", [3333, 1667, 5000]),
        ("{size: 100, shared: equally, among: standings.points > 0}", [5000, None, 5000]),
        ("{size: 0, shared: equally}", [0, 0, 0]),
        ("{size: 0.01, shared: equally}", [1, 0, 0]),
    ],
)
def test_a_pool_is_shared_to_the_last_unit(tmp_path: Path, pool: str, shares: list[int | None]) -> None:
    with told(write(tmp_path, f"{POOLS}  bonus: {pool}\n", CLUBS)) as story:
        expected = [
            f"{club} bonus {club} {share}"
            for club, share in zip(["ares", "beta", "cora"], shares, strict=True)
            if share is not None
        ]
        assert story.lines() == expected
        size, left, _ = story.run.pools["bonus"]
        assert size == left + story.run.total_minor


def test_three_pools_two_payouts_and_their_sums(tmp_path: Path) -> None:
    program = f"""{POOLS}
  half: {{size: EUR 500.01, shared: equally}}
  merit: {{size: EUR 250, shared: {{by_rank: {{of: standings.position, best: lowest}}}}}}
  crowd: {{size: EUR 250, shared: {{by: standings.points}}, residue: house}}
payouts:
  fee: {{base: standings.points, per_unit: 1.10}}
totals:
  league: {{title: from the league, sum: [pooled, fee]}}
  pooled: {{sum: [half, merit, crowd]}}
"""
    with told(write(tmp_path, program, CLUBS)) as story:
        assert story.run.components == ("fee", "half", "merit", "crowd")
        assert story.run.payouts_minor.tolist() == [
            [7700, 16667, 6250, 11666, 42283],
            [0, 16667, 6250, 0, 22917],
            [8800, 16667, 12500, 13333, 51300],
        ]
        assert story.run.pools == {"half": (50_001, 0, 0), "merit": (25_000, 0, 0), "crowd": (25_000, 1, 0)}
        for name, sums in {"league": [42283, 22917, 51300], "pooled": [34583, 22917, 42500]}.items():
            assert story.sheet.columns[name].fractions() == sums
        assert story.run.total_minor == 116_500


def test_a_kpi_measured_on_deals_is_the_weight_of_a_pool(tmp_path: Path) -> None:
    program = f"""{MONTH}{SOURCES}
kpis:
  won: {{count: deals, where: deals.status = 'won', dated: deals.closed_on}}
  revenue: {{sum: deals.annual_value, where: deals.status = 'won' and deals.annual_value > 0, dated: deals.closed_on}}
pools:
  growth: {{size: 300, shared: {{by: revenue}}, among: won > 0}}
  deals_won: {{size: 300, shared: {{by: won}}}}
payouts:
  club: {{amount: 50, where: won >= 2}}
"""
    with told(write(tmp_path, program, DEALS)) as story:
        assert story.lines() == [
            "acme club acme 5000",
            "acme deals_won acme 20000",
            "acme growth acme 30000",
            "bolt deals_won bolt 0",
            "crux deals_won crux 10000",
            "crux growth crux 0",
        ]


UNKNOWN = {
    "partners.csv": "partner_id\nacme\nbolt\ncrux\n",
    "deals.csv": """
        deal_id,partner_id,annual_value
        d1,acme,1000.00
        d2,bolt,
        d3,bolt,500.00
        """,
    "standings.csv": "partner_id,points\nacme,1\nbolt,\n",
}
OWN = "tables: {standings: {key: [partner_id], columns: {partner_id: id, points: count}}}\n"


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        ("payouts: {c: {base: deals.annual_value, rate: 10%}}", ["F301 deals:d2"]),
        (
            "payouts: {c: {base: deals.annual_value, rate: 10%, unknown: leave_out}}",
            ["acme c d1 10000", "bolt c d3 5000"],
        ),
        (
            "payouts: {c: {base: deals.annual_value, rate: 10%, where: deals.annual_value > 500}}",
            ["acme c d1 10000"],  # what is not known to hold does not hold
        ),
        (
            "payouts: {c: {base: 'coalesce(deals.annual_value, 0)', rate: 10%}}",
            ["acme c d1 10000", "bolt c d2 0", "bolt c d3 5000"],
        ),
        ("pools: {p: {size: 9, shared: {by: standings.points}}}", ["F302 partners:bolt", "F302 partners:crux"]),
        ("pools: {p: {size: 9, shared: {by: standings.points}, unknown: leave_out}}", ["acme p acme 900"]),
        ("pools: {p: {size: 9, shared: {by: 0 - standings.points}, unknown: leave_out}}", ["F303 partners:acme"]),
        ("pools: {p: {size: 9, shared: {by: standings.points * 0}, unknown: leave_out}}", ["F304 program.yaml:7:9"]),
        ("pools: {p: {size: 9, shared: equally, among: standings.points > 5}}", ["F304 program.yaml:7:9"]),
        (
            "pools: {p: {size: 9, shared: {by: 1 / (standings.points - 1)}, among: standings.points = 1}}",
            ["F302 partners:acme"],
        ),
    ],
)
def test_what_is_unknown_is_refused_or_left_out_and_never_zero(tmp_path: Path, rules: str, answer: list[str]) -> None:
    program = f"""{MONTH.lstrip()}{OWN}sources: {{partners: partners.csv, deals: deals.csv, standings: standings.csv}}
{rules}
"""
    path = write(tmp_path, program, UNKNOWN)
    if answer[0].startswith("F30"):
        assert refused(path) == answer
    else:
        with told(path) as story:
            assert story.lines() == answer


def test_a_program_of_another_currency_counts_in_its_own_units(tmp_path: Path) -> None:
    tables = {"partners.csv": "partner_id\nacme\n", "deals.csv": "deal_id,partner_id,amount\nd1,acme,{}\n"}
    for code, written, amount_minor in (
        ("JPY", "1999", 200),
        ("EUR", "19.99", 200),
        ("KWD", "1.999", 200),
        ("CLF", "0.1999", 200),
    ):
        program = f"{MONTH.replace('EUR', code)}{SOURCES}payouts: {{c: {{base: deals.amount, rate: 10%}}}}\n"
        deals = {name: text.format(written) for name, text in tables.items()}
        with told(write(tmp_path / code, program, deals)) as story:
            assert story.payouts() == {"acme": amount_minor}


def test_an_amount_beyond_the_books_names_its_row(tmp_path: Path) -> None:
    deals = "deal_id,partner_id,amount\nd1,acme,10000000000000.00\n"
    tables = {"partners.csv": "partner_id\nacme\n", "deals.csv": deals}
    program = f"{MONTH}{SOURCES}payouts: {{c: {{base: deals.amount, rate: 1_000_000%}}}}\n"
    assert refused(write(tmp_path, program, tables)) == ["K104 deals:d1"]


def test_sums_beyond_the_books_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"d{number},acme,10000000000000.00\n" for number in range(3))
    tables = {"partners.csv": "partner_id\nacme\n", "deals.csv": "deal_id,partner_id,amount\n" + rows}
    program = f"{MONTH}{SOURCES}payouts: {{c: {{base: deals.amount, rate: 400_000%}}}}\n"
    assert refused(write(tmp_path, program, tables)) == ["F305 "]
    both = program.replace("payouts: {", "payouts: {undo: {base: deals.amount, rate: -400_000%}, ")
    assert refused(write(tmp_path, both, tables)) == ["F305 "]


def test_nobody_to_pay_is_a_run_of_nothing(tmp_path: Path) -> None:
    program = f"{MONTH}{SOURCES}payouts: {{c: {{base: deals.annual_value, rate: 10%, dated: deals.closed_on}}}}\n"
    with told(write(tmp_path, program, DEALS), "2026-07") as story:
        assert story.lines() == [] and story.payouts() == {"acme": 0, "bolt": 0, "crux": 0}


CONDITIONS = {
    "partners.csv": """
        partner_id,tier,capacity,recruited_on,terminated_on
        acme,gold,100.00,2025-01-01,
        bolt,,300.00,2025-02-28,2026-04-30
        crux,silver,,2026-04-30,
        dune,gold,50.00,2026-05-01,
        """,
    "campaigns.csv": """
        campaign_id,partner_id,joint
        c1,acme,false
        c2,bolt,
        c3,crux,true
        """,
}


@pytest.mark.parametrize(
    ("condition", "partners"),
    [
        ("partners.capacity * 2 > 150", ["acme", "bolt"]),
        ("partners.capacity / 2 >= 50 or partners.tier = 'silver'", ["acme", "bolt", "crux"]),
        ("not partners.capacity * 2 > 150", ["dune"]),  # unknown is neither true nor false
        ("partners.tier is null", ["bolt"]),
        ("coalesce(partners.tier, 'none') in ('none', 'silver')", ["bolt", "crux"]),
        ("coalesce(partners.tier = 'gold', true)", ["acme", "bolt", "dune"]),
        ("case when partners.tier = 'gold' then partners.capacity * 1 > 60 else false end", ["acme"]),
        ("partners.active", ["acme", "crux"]),
        ("not partners.active", ["bolt", "dune"]),
        ("partners.recruited_on + interval '1' month > date '2026-05-29'", ["crux", "dune"]),
        ("partners.recruited_on + interval '12' month = date '2026-02-28'", ["bolt"]),
        ("partners.recruited_on + interval '30' day - partners.recruited_on = 30", ["acme", "bolt", "crux", "dune"]),
        ("least(partners.capacity, 60) = 60", ["acme", "bolt"]),
        ("greatest(partners.recruited_on, partners.terminated_on) = date '2026-04-30'", ["bolt"]),
        ("least(partners.capacity, 60) * 1 < 60", ["dune"]),
        ("partners.capacity between 50 and 100", ["acme", "dune"]),
        ("partners.partner_id not in ('acme', 'bolt')", ["crux", "dune"]),
    ],
)
def test_who_is_eligible_and_who_a_rule_pays_are_one_logic(tmp_path: Path, condition: str, partners: list[str]) -> None:
    """A condition means the same where it says who takes part at all, where it picks rows, and among a pool."""
    frame = f"{MONTH}sources: {{partners: partners.csv}}\n"
    flat, pool = "payouts: {c: {amount: 1, where: $}}\n", "pools: {p: {size: 120, shared: equally, among: $}}\n"
    for rules in (f"eligible: {condition}\n{flat.replace(', where: $', '')}", flat, pool):
        program = f"{frame}{rules}".replace("$", f'"{condition}"')
        with told(write(tmp_path, program, CONDITIONS)) as story:
            assert [partner for partner, amount in story.payouts().items() if amount] == partners


def test_a_flag_that_is_blank_is_unknown(tmp_path: Path) -> None:
    program = f"""{MONTH}sources: {{partners: partners.csv, campaigns: campaigns.csv}}
payouts:
  alone: {{for_each: campaigns, amount: 1, where: not campaigns.joint}}
  joint: {{for_each: campaigns, amount: 2, where: 'coalesce(campaigns.joint, true)'}}
"""
    with told(write(tmp_path, program, CONDITIONS)) as story:
        assert story.lines() == ["acme alone c1 100", "bolt joint c2 200", "crux joint c3 200"]


def test_a_limit_within_a_limit_is_answered_at_once(tmp_path: Path) -> None:
    condition = "least(" * 40 + "partners.capacity" + ", 60)" * 40 + " > 55"
    program = f"{MONTH}sources: {{partners: partners.csv}}\npayouts: {{c: {{amount: 1, where: '{condition}'}}}}\n"
    with told(write(tmp_path, program, CONDITIONS)) as story:
        assert [partner for partner, amount in story.payouts().items() if amount] == ["acme", "bolt"]
