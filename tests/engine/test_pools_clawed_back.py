"""The clawback of carry: what is given back at the end, to whom, who gives it, and what later periods make of it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import partage, told
from test_pools_in_layers import carry, explained, pays, story

from engine.digest import canonical
from engine.explain import DoesNotReAdd
from engine.values import Reasoned
from rules.load import load
from rules.sharing.recovery import Clawback

DEAL_BY_DEAL = "      - split: {carry: 20%}\n"
IN_100 = "k1,lp,2024-12-31,contribution,100.00\n"
EARLY = "fund,proceeds,2025-06,60.00\n"
TO_MANAGER = "  manager: {size: {of: fund.carry}, among: partners.kind = 'manager', shared: equally, losses: shared}\n"


def clawed(to: str = "20%", on: str = "2026-12-31") -> str:
    return f"      clawback: {{to: {to}, on: {on}}}\n"


@pytest.mark.parametrize(
    ("back", "given"),
    [
        ("", 12_00),  # all capital is lost: 48 + 12 - 100 is no profit, so all carry goes back
        ("k2,lp,2026-06-30,return,-50.00\n", 10_00),  # 48 + 12 - 50 = 10, of which the carry may keep 2
        ("k2,lp,2026-06-30,return,-100.00\n", 0),  # 60 of profit, and 12 is 20 % of it
    ],
)
def test_a_fund_sells_early_and_loses_later(back: str, given: int, tmp_path: Path) -> None:
    """By hand: 100 in; 60 of profit in 2025, 48 to the partner and 12 to the carry; in 2026 nothing is sold."""
    path = story(tmp_path, DEAL_BY_DEAL + clawed(), IN_100 + back, EARLY, TO_MANAGER)
    with told(path, "2025") as of:
        assert (pays(of), pays(of, "manager"), carry(of)) == ({"lp": 48_00}, {"gp": 12_00}, 12_00)
        explained(of)
    with told(path, "2026") as of:
        assert carry(of) == -given
        assert pays(of) == ({"lp": given} if given else {})
        assert pays(of, "manager") == ({"gp": -given} if given else {})
        assert of.run.pools["fund"] == (0, -given, 0)
        assert json.loads(canonical(of.run.manifest))["pools"]["fund"] == {"size_minor": "0", "left_minor": str(-given)}
        explained(of)


def test_accounts_that_lack_a_preferred_return_get_it_before_the_carry_keeps_its_part(tmp_path: Path) -> None:
    """By hand: 2025 pays 8 preferred, then 41.60 and 10.40. In 2026 half of the capital comes back, and 8 preferred do
    not. Of 10 in all the carry could keep 2; but the partner has 49.60 of the 50 + 16 that it is to have."""
    layers = "      - preferred: {rate: 8%}\n" + DEAL_BY_DEAL + clawed()
    capital = IN_100 + "k2,lp,2026-12-31,return,-50.00\n"
    with told(story(tmp_path, layers, capital, EARLY), "2026") as of:
        assert (pays(of), carry(of)) == ({"lp": 10_40}, -10_40)
        (layer,) = (part for part in awarded(of.why("lp", "fund")) if part.title == "3 clawback")
        assert "(entitled 16.40, paid 10.40, remaining 0.00)" in layer.words
        assert "accounts lack 16.40; 10.40 was paid, 20 % of 10.00 is 2.00: 10.40 is given back" in layer.words
        explained(of)


def awarded(why: Reasoned) -> tuple[Reasoned, ...]:
    (award,) = (part for part in why.parts if part.title == "fund: award")
    return award.parts


def test_a_period_with_proceeds_gives_back_beside_its_layers(tmp_path: Path) -> None:
    """By hand: 160 out of 100 in, 32 to the carry; 128 + 32 - 100 = 60, of which it may keep 12. It got 20 now."""
    path = story(tmp_path, DEAL_BY_DEAL + clawed(), IN_100, EARLY + "fund,proceeds,2026-06,100.00\n", TO_MANAGER)
    with told(path, "2026") as of:
        assert (pays(of), carry(of), pays(of, "manager")) == ({"lp": 100_00}, 0, {})
        explained(of)


def test_what_is_given_back_goes_by_shares_and_to_the_cent(tmp_path: Path) -> None:
    """By hand: 12 back to two and one of three parts; the cents of thirds are the carry's, who gives what is paid."""
    capital = IN_100.replace("100.00", "70.00") + "k2,other,2024-12-31,contribution,35.00\n"
    path = story(tmp_path, DEAL_BY_DEAL + clawed(), capital, "fund,proceeds,2025-06,50.00\n", TO_MANAGER)
    with told(path, "2026") as of:
        assert (pays(of), carry(of)) == ({"lp": 6_67, "other": 3_33}, -10_00)
        assert pays(of, "manager") == {"gp": -10_00}
        explained(of)


@pytest.mark.parametrize("residue", ["largest_remainder", "to_last", "house", "carry", "round_each"])
def test_books_add_up_whatever_becomes_of_the_residue(residue: str, tmp_path: Path) -> None:
    """By hand: a fifth of 50.01, 10.002, is paid as 10.01 where the carry has the cent that does not divide, else as
    10.00; what it was paid is what it gives back. A cent that is carried does not divide among members in 2026 either,
    and is carried on."""
    capital = IN_100.replace("100.00", "70.00") + "k2,other,2024-12-31,contribution,36.00\n"
    path = story(tmp_path, DEAL_BY_DEAL + clawed(), capital, "fund,proceeds,2025-06,50.01\n")
    path.write_text(path.read_text("utf-8") + f"    residue: {residue}\n", "utf-8")
    with told(path, "2026") as of:
        size, left, adds = of.run.pools["fund"]
        assert sum(pays(of).values()) + left == size + adds == (1 if residue == "carry" else 0)
        assert carry(of) == (-10_01 if residue in ("largest_remainder", "to_last") else -10_00)
        assert left - carry(of) == (1 if residue in ("house", "carry") else 0)
        explained(of)


def test_a_later_period_counts_what_was_given_back(tmp_path: Path) -> None:
    """By hand: in 2025 the carry gives back the 12 of the year at once, as 100 of capital are open. In 2026 160 come:
    36 to the partner, who has 60 of 96 by then, and 9 to the carry; 100 of capital; and the carry catches up by 15,
    to 20 % of 96 + 24."""
    layers = "      - split: {carry: 20%, until: {rate: 48%}}\n      - capital: true\n"
    layers += "      - catch_up: {share: 100%, to: 20%}\n" + clawed(on="2025-12-31")
    path = story(tmp_path, layers, IN_100, EARLY + "fund,proceeds,2026-12,160.00\n")
    with told(path, "2025") as of:
        assert (pays(of), carry(of)) == ({"lp": 60_00}, 0)
        explained(of)
    with told(path, "2026") as of:
        assert (pays(of), carry(of)) == ({"lp": 136_00}, 24_00)
        explained(of)


def test_nothing_is_given_back_in_another_period_and_without_members(tmp_path: Path) -> None:
    path = story(tmp_path / "one", DEAL_BY_DEAL + clawed(on="2024-12-31"), IN_100, EARLY)
    with told(path, "2025") as of:  # the day was in 2024, when the carry had nothing
        assert (pays(of), carry(of)) == ({"lp": 48_00}, 12_00)
        explained(of)
    path = story(tmp_path / "two", DEAL_BY_DEAL + clawed(), IN_100, EARLY)
    path.write_text(path.read_text("utf-8").replace("'investor'", "'nobody'"), "utf-8")
    with told(path, "2026") as of:
        assert (pays(of), carry(of)) == ({}, 0)


def test_the_explanation_ends_with_the_clawback(tmp_path: Path) -> None:
    path = story(tmp_path, DEAL_BY_DEAL + clawed(), IN_100, EARLY, TO_MANAGER)
    with told(path, "2026") as of:
        *_, layer, capital = awarded(of.why("lp", "fund"))
        assert layer.title == "2 clawback" and layer.value == 12_00
        assert "12.00 was paid, 20 % of -40.00 is 0.00: 12.00 is given back" in layer.words
        assert "(entitled 52.00, paid 12.00, remaining 0.00)" in layer.words
        assert capital.title == "capital k1 of 2024-12-31"
        (size,) = (part for part in of.why("gp", "manager").parts if part.title == "manager: the pool")
        (held,) = size.parts
        assert held.title == "fund, carry" and held.value == -12_00
        assert {part.title: part.value for part in held.parts} == {
            "1 split": Fraction(0),
            "2 clawback": Fraction(-12_00),
        }


@pytest.mark.parametrize("planted", ["to", "due"])
def test_a_planted_fault_in_the_clawback_does_not_re_add(
    planted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = "k2,lp,2026-06-30,return,-50.00\n"
    with told(story(tmp_path, DEAL_BY_DEAL + clawed(), IN_100 + back, EARLY, TO_MANAGER), "2026") as of:
        explained(of)
        whole = Clawback.explain
        if planted == "to":
            monkeypatch.setattr(Clawback, "explain", lambda self, carry, *rest: whole(self, carry - 1, *rest))
        else:
            monkeypatch.setattr("rules.sharing.distribution.day", lambda on: 0)
        for partner, component in (("lp", "fund"), ("gp", "manager")):
            with pytest.raises(DoesNotReAdd):
                of.why(partner, component)


@pytest.mark.parametrize("other", [clawed(to="25%"), clawed(on="2025-12-31"), ""])
def test_a_plan_on_paper_says_both_keys(other: str, tmp_path: Path) -> None:
    one = partage("plan", story(tmp_path / "one", DEAL_BY_DEAL + clawed(), IN_100, EARLY)).out
    two = partage("plan", story(tmp_path / "two", DEAL_BY_DEAL + other, IN_100, EARLY)).out
    words = [line for line in one.splitlines() if "gives back" in line]
    assert len(words) == 1 and "2026-12-31" in words[0] and "20 %" in words[0]
    assert words != [line for line in two.splitlines() if "gives back" in line]


def test_a_pool_of_the_carry_without_shared_losses_is_refused(tmp_path: Path) -> None:
    path = story(tmp_path, DEAL_BY_DEAL + clawed(), IN_100, EARLY, TO_MANAGER.replace(", losses: shared", ""))
    ended = partage("run", path, "--period", "2026")
    assert ended.exit_code == 2
    assert "K202" in ended.err + ended.out and "losses: shared" in ended.err + ended.out


@pytest.mark.parametrize(("on", "found"), [("2027-01-01", ["P321"]), ("2026-12-31", []), ("2023-12-31", ["P321"])])
def test_a_clawback_on_a_day_that_never_comes_is_warned_of(on: str, found: list[str], tmp_path: Path) -> None:
    path = story(tmp_path, DEAL_BY_DEAL + clawed(on=on), IN_100, EARLY)
    assert [each.code for each in load(path).problems if each.code == "P321"] == found
