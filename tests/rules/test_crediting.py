"""Who earns which share of a deal: tables of credits, fixed shares by role, preferences, registrations and limits.

Every story is told by both twins, and shares and house make 100 % in each (see `crediting_rows.earned`).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from crediting_rows import EUR, By, Row, by_name, candidates, codes, earned, hierarchy, part, rule, words
from pydantic import ValidationError

from rules.codes import CODES
from rules.crediting.credit import CreditSpec
from rules.crediting.credited import credited

TABLE = {"table": {"roles": ["sourced"]}}
ROLES = {"roles": {"sourced": "70%", "influenced": {"share": "30%", "among": "equally"}}}


def of(**shares: str) -> dict[str, Fraction]:
    return {partner: part(share) for partner, share in shares.items()}


# --- the ways ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([By("ann")], of(ann="1")),
        ([By("ann"), By("bob"), By("cid")], of(ann="1/3", bob="1/3", cid="1/3")),
        ([By("ann", share="60%"), By("bob")], of(ann="60%", bob="40%")),
        ([By("ann", share="60%"), By("bob"), By("cid"), By("dee")], of(ann="60%", bob="2/15", cid="2/15", dee="2/15")),
        ([By("ann", share="50%"), By("bob", share="30%")], of(ann="50%", bob="30%")),  # the house keeps 20 %
        ([By("ann", share="100%"), By("bob")], of(ann="1")),  # nothing is left for a blank
        ([By("ann", share="0%"), By("bob")], of(bob="1")),  # zero is said, and is not blank
        ([By("ann", role="influenced")], {}),  # a role that is not credited
    ],
)
def test_a_blank_share_is_an_equal_part_of_what_the_filled_ones_leave(
    lines: list[By], expected: dict[str, Fraction]
) -> None:
    assert earned(rule(TABLE), candidates(lines)) == expected


def test_a_share_of_the_table_tells_why() -> None:
    given = candidates([By("ann", share="60%"), By("bob"), By("cid"), By("dee")])
    assert words(rule(TABLE), given, "ann") == "60 % as the credit says (sourced)"
    expected = "1/3 of what the filled shares leave of 100 %: 40 % among 3 (sourced)"
    assert words(rule(TABLE), given, "bob") == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([By("ann"), By("bob", "influenced")], of(ann="70%", bob="30%")),
        ([By("ann"), By("bob", "influenced"), By("cid", "influenced")], of(ann="70%", bob="15%", cid="15%")),
        ([By("ann")], of(ann="70%")),  # nobody influenced: the house keeps 30 %
        ([By("ann"), By("ann", "influenced")], of(ann="100%")),
        ([By("ann", share="10%"), By("bob", share="90%")], of(ann="35%", bob="35%")),  # equally, whatever is filled in
    ],
)
def test_roles_earn_fixed_shares(lines: list[By], expected: dict[str, Fraction]) -> None:
    assert earned(rule(ROLES), candidates(lines)) == expected


def test_a_role_can_be_shared_by_what_the_credits_say() -> None:
    spec = rule({"roles": {"sourced": {"share": "80%", "among": "by_share"}}})
    given = candidates([By("ann", share="50%"), By("bob"), By("cid")])
    assert earned(spec, given) == of(ann="40%", bob="20%", cid="20%")
    expected = "1/2 of what the filled shares leave of 100 %: 50 % among 2, of the 80 % for sourced"
    assert words(spec, given, "bob") == expected


def test_the_owner_earns_it_and_a_deal_without_one_is_the_house_s() -> None:
    spec, rows = rule({"owner": "100%"}), {"D-1": Row(), "D-2": Row()}
    given = candidates([By("ann", row="D-1")], rows)
    result = credited(spec, given, EUR)
    assert by_name(given, result) == {("D-1", "ann", "sourced", 0): 1}
    assert result.shares.house.fractions() == [0, 1]


def test_each_row_goes_by_its_own_way() -> None:
    spec = rule([{"owner": "50%"}, {"for": {"deals.product": "Atlas"}, **TABLE}])
    lines = [By("ann", row="D-1"), By("bob", row="D-2", way=1), By("cid", row="D-2", way=1)]
    assert earned(spec, candidates(lines)) == of(ann="50%", bob="50%", cid="50%")


# --- who counts -------------------------------------------------------------------------------------------------------


def test_influenced_counts_only_where_nothing_is_sourced() -> None:
    spec = rule(
        {"roles": {"sourced": "100%", "influenced": {"share": "50%", "overlay": "true"}}},
        prefer="sourced over influenced",
        over_100="overlay",
    )
    lines = [By("ann", row="D-1"), By("bob", "influenced", row="D-1"), By("bob", "influenced", row="D-2")]
    given = candidates(lines)
    assert by_name(given, credited(spec, given, EUR)) == {
        ("D-1", "ann", "sourced", 0): 1,
        ("D-2", "bob", "influenced", 0): Fraction(1, 2),
    }
    assert earned(spec, given) == of(ann="1", bob="50%")


def test_a_registered_partner_takes_the_sourced_credit_and_no_other() -> None:
    spec = rule(ROLES, protected_by="registrations")
    lines = [By("ann", share="100%"), By("bob", share="10%", protected=True), By("cid", "influenced")]
    assert earned(spec, candidates(lines)) == of(bob="70%", cid="30%")
    assert words(spec, candidates(lines), "bob") == "70 % for sourced, protected by a registration"
    table = rule(TABLE, protected_by="registrations")
    assert earned(table, candidates(lines)) == of(bob="100%")
    two = [*lines, By("dee", protected=True)]
    assert earned(table, candidates(two)) == of(bob="50%", dee="50%")
    assert earned(rule({"owner": "100%"}, protected_by="registrations"), candidates(lines)) == of(bob="100%")


def test_of_roles_that_are_preferred_over_one_another_each_may_earn_all() -> None:
    spec = rule({"roles": {"sourced": "100%", "influenced": "100%"}}, prefer="sourced over influenced")
    assert spec.faults(EUR) == []
    assert earned(spec, candidates([By("ann"), By("bob", "influenced")])) == of(ann="100%")
    assert earned(spec, candidates([By("bob", "influenced")])) == of(bob="100%")


BOTH = {"table": {"roles": ["sourced", "influenced"]}}
CID = By("cid", "influenced", share="40%")
REGISTERED = By("bob", share="0", protected=True)  # who has registered a deal and has no credit of it


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([By("ann", share="60%", protected=True), CID], of(ann="60%", cid="40%")),
        ([By("ann", share="60%"), CID, REGISTERED], of(bob="60%", cid="40%")),
        ([By("ann", share="30%"), By("dee", share="20%"), CID, REGISTERED], of(bob="50%", cid="40%")),
        ([By("ann", share="60%"), CID, REGISTERED, By("dee", share="0", protected=True)],
         of(bob="30%", dee="30%", cid="40%")),
        ([By("ann", share="60%"), REGISTERED], of(bob="60%")),  # the house keeps what it kept
        ([By("ann"), By("dee"), REGISTERED], of(bob="100%")),  # blank shares are all of it
        ([By("ann", share="1"), By("dee", share="1"), REGISTERED], of(bob="100%")),  # two claims, one registration
        ([CID, REGISTERED], of(bob="60%", cid="40%")),  # nobody sourced it: what is left
        ([By("cid", "influenced"), REGISTERED], of(cid="100%")),  # and nothing is
        ([REGISTERED, By("bob", share="20%", protected=True), By("dee", share="40%", protected=True)],
         of(bob="30%", dee="30%")),  # a partner is one, whatever credits it has
    ],
)  # fmt: skip
def test_who_registered_takes_what_was_sourced_and_others_keep_theirs(
    lines: list[By], expected: dict[str, Fraction]
) -> None:
    given = candidates(lines)
    assert codes(rule(BOTH, protected_by="registrations"), given) == []
    assert earned(rule(BOTH, protected_by="registrations"), given) == expected


def test_what_is_protected_tells_why() -> None:
    spec = rule(BOTH, protected_by="registrations")
    given = candidates([By("ann", share="60%"), CID, REGISTERED])
    assert words(spec, given, "bob") == "60 %, all that is sourced (sourced), protected by a registration"


def test_who_is_protected_in_an_overlay_leaves_the_100_percent_alone() -> None:
    overlay = {"table": {"roles": {"sourced": {"overlay": "true"}, "influenced": {}}}}
    spec = rule(overlay, protected_by="registrations", over_100="overlay")
    assert earned(spec, candidates([CID, REGISTERED])) == of(bob="100%", cid="40%")


def test_a_share_below_zero_is_told_also_of_who_is_shut_out() -> None:
    spec = rule(BOTH, protected_by="registrations")
    told = codes(spec, candidates([By("ann", share="-10%"), By("dee", share="60%"), REGISTERED]))
    assert [code for code, _ in told] == ["C121"]


# --- more and less than 100 % -----------------------------------------------------------------------------------------


def test_more_than_100_percent_is_told_with_the_row_and_its_shares() -> None:
    given = candidates([By("ann", share="60%", row="D-7"), By("bob", share="50%", row="D-7"), By("ann", row="D-8")])
    message = "D-7: shares add to 110 % (ann 60 %, bob 50 %)"
    assert codes(rule(TABLE), given) == [("C120", message)]


def test_an_overlay_is_a_pot_of_its_own() -> None:
    spec = rule({"table": {"roles": {"sourced": {}, "serviced": {"overlay": "true"}}}}, over_100="overlay")
    lines = [By("ann"), By("bob", "serviced", "60%"), By("cid", "serviced")]
    assert earned(spec, candidates(lines)) == of(ann="1", bob="60%", cid="40%")
    over = candidates([By("bob", "serviced", "60%"), By("cid", "serviced", "50%")])
    assert codes(spec, over) == [("C120", "D-1: serviced earns 110 % (bob 60 %, cid 50 %)")]
    assert codes(rule({"table": {"roles": ["sourced", "serviced"]}}), candidates(lines))[0][0] == "C120"


def test_parts_of_a_role_stay_within_it() -> None:
    spec = rule({"roles": {"sourced": {"share": "50%", "among": "by_share"}}})
    given = candidates([By("ann", share="80%"), By("bob", share="80%")])
    assert codes(spec, given) == [("C120", "D-1: shares of sourced add to 160 %")]


def test_a_negative_share_is_refused() -> None:
    message = "a credit of ann on D-1 has a share of -10 %"
    assert codes(rule(TABLE), candidates([By("ann", share="-10%"), By("bob")])) == [("C121", message)]


def test_what_is_left_goes_to_the_credited_partners_in_equal_parts_if_the_rule_says_so() -> None:
    lines = [By("ann", share="50%"), By("bob", share="20%")]
    assert earned(rule(TABLE, remainder="equally"), candidates(lines)) == of(ann="65%", bob="35%")
    lines = [By("ann"), By("ann", "fulfilled"), By("bob", "fulfilled")]
    spec = rule({"roles": {"sourced": "40%", "fulfilled": "20%", "serviced": "10%"}}, remainder="equally")
    assert earned(spec, candidates(lines)) == of(ann="70%", bob="30%")  # 40 % among two partners, not three credits


def test_a_cap_shrinks_all_shares_of_a_row_alike() -> None:
    spec = rule(ROLES, at_most="EUR 1_000")
    lines = [By("ann"), By("bob", "influenced")]
    given = candidates(lines, {"D-1": Row(amount=300_000)})
    assert earned(spec, given) == of(ann="7/30", bob="1/10")  # 700.00 and 300.00 of 3,000.00
    assert words(spec, given, "bob").endswith(", x 1/3 so that 3,000.00 credited become 1,000.00")
    back = candidates(lines, {"D-1": Row(amount=-300_000)})
    assert earned(spec, back) == of(ann="7/30", bob="1/10")  # a return mirrors it
    below = candidates(lines[:1], {"D-1": Row(amount=142_000)})  # 70 % of it is 994.00
    assert earned(spec, below) == of(ann="70%")
    unknown = candidates(lines, {"D-1": Row(amount=None)})
    assert [code for code, _ in codes(spec, unknown)] == ["C126"]


# --- those above ------------------------------------------------------------------------------------------------------

OVERRIDE: dict[str, Any] = {"to": "parent", "rates": ["10%", "5%"], "on_top": "true"}
ABOVE = {"ann": "bob", "bob": "cid", "cid": "dee"}
WHO = ["ann", "bob", "cid", "dee"]


@pytest.mark.parametrize(
    ("change", "inactive", "expected"),
    [
        ({}, [], of(ann="1", bob="10%", cid="5%")),
        ({"on_top": "false"}, [], of(ann="85%", bob="10%", cid="5%")),
        ({}, ["bob"], of(ann="1", cid="5%")),  # the first level is lost
        ({"on_top": "false"}, ["bob"], of(ann="95%", cid="5%")),  # and nothing is taken for it
        ({"compress": "inactive"}, ["bob"], of(ann="1", cid="10%", dee="5%")),
        ({"compress": "inactive"}, ["bob", "cid", "dee"], of(ann="1")),
        ({"rates": ["10%", "5%", "1%", "1%"]}, [], of(ann="1", bob="10%", cid="5%", dee="1%")),  # nobody above dee
    ],
)
def test_those_above_earn_an_override_level_by_level(
    change: dict[str, Any], inactive: list[str], expected: dict[str, Fraction]
) -> None:
    spec = rule({"owner": "100%"}, roll_up=OVERRIDE | change)
    given = candidates([By("ann")], partners=WHO)
    assert earned(spec, given, hierarchy(WHO, ABOVE, inactive)) == expected


def test_two_children_of_one_parent_give_it_one_share_and_its_reason() -> None:
    spec = rule(TABLE, roll_up=OVERRIDE)
    given = candidates([By("ann", share="60%"), By("eve")], partners=WHO)
    tree = hierarchy(given.partners, {"ann": "bob", "eve": "bob"})
    assert earned(spec, given, tree) == of(ann="60%", eve="40%", bob="10%")
    assert words(spec, given, "bob", tree) == "10 % of the 60 % of ann + 10 % of the 40 % of eve, level 1 above it"


def test_a_parent_of_another_day_earns_nothing() -> None:
    tree = hierarchy(WHO, {"ann": "bob"})
    tree.end[0] = Row().closed.toordinal()  # type: ignore[union-attr]
    assert earned(rule({"owner": "1"}, roll_up=OVERRIDE), candidates([By("ann")], partners=WHO), tree) == of(ann="1")


def test_a_circle_is_shown() -> None:
    spec = rule({"owner": "100%"}, roll_up=OVERRIDE | {"rates": ["1%"] * 9})
    tree = hierarchy(WHO, {"ann": "bob", "bob": "cid", "cid": "bob"})
    message = "bob stands above itself on D-1: bob -> cid -> bob"
    assert codes(spec, candidates([By("ann")], partners=WHO), tree) == [("C123", message)]


def test_a_chain_ends_after_32_partners() -> None:
    who = [f"p{n:02}" for n in range(40)]
    above = dict(pairwise(who))
    spec = rule({"owner": "100%"}, roll_up=OVERRIDE | {"compress": "inactive"})
    tree = hierarchy(who, above, inactive=who[1:])
    assert [code for code, _ in codes(spec, candidates([By("p00")], partners=who), tree)] == ["C124"]


def test_two_above_one_on_a_day_and_a_row_without_a_day_are_told() -> None:
    spec = rule({"owner": "100%"}, roll_up=OVERRIDE)
    given = candidates([By("ann")], {"D-1": Row(closed=None)}, WHO)
    tree = hierarchy(WHO, ABOVE)
    assert [code for code, _ in codes(spec, given, tree)] == ["C122"]
    tree.child[1] = 0
    messages = [message for code, message in codes(spec, candidates([By("ann")], partners=WHO), tree) if code == "C125"]
    assert messages == ["ann stands below bob and cid on one day"]


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "more", "code"),
    [
        ({"owner": "100%", **TABLE}, {}, "C101"),
        ({}, {}, "C101"),
        ({"touches": {"shape": "u", "within": "a week"}}, {}, "C102"),
        ({"touches": {"shape": "u", "within": "1001 days"}}, {}, "C102"),
        (TABLE, {"prefer": "sourced"}, "C103"),
        (TABLE, {"prefer": "sourced over sourced"}, "C103"),
        ({"table": {"roles": ["sourced", "sourced"]}}, {}, "C111"),
        ({"roles": {"Sourced": "70%"}}, {}, "P101"),
    ],
)
def test_what_cannot_be_read_is_refused(ways: Any, more: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        rule(ways, **more)
    assert [error["type"] for error in caught.value.errors()] == [code]


@pytest.mark.parametrize(
    ("ways", "more", "expected"),
    [
        ({"roles": {"sourced": "-10%"}}, {}, ("C104", ("from", 0, "roles"))),
        ({"roles": {}}, {}, ("C104", ("from", 0, "roles"))),
        ({"owner": "-1"}, {}, ("C104", ("from", 0, "owner"))),
        ({"roles": {"sourced": "70%", "influenced": "40%"}}, {}, ("C105", ("from", 0, "roles"))),
        (
            {"roles": {"sourced": "100%", "influenced": "90%", "co_sold": "20%"}},
            {"prefer": "sourced over influenced"},
            ("C105", ("from", 0, "roles")),
        ),
        ({"roles": {"sourced": {"share": "70%", "overlay": "true"}}}, {}, ("C106", ("over_100",))),
        (TABLE, {"over_100": "overlay"}, ("C106", ("over_100",))),
        (TABLE, {"prefer": "sourced over influenced"}, ("C107", ("prefer",))),
        ({"touches": "u"}, {"protected_by": "registrations"}, ("C107", ("protected_by",))),
        (TABLE, {"roll_up": OVERRIDE | {"rates": []}}, ("C108", ("roll_up", "rates"))),
        (TABLE, {"roll_up": OVERRIDE | {"rates": ["-1%"]}}, ("C108", ("roll_up", "rates"))),
        (TABLE, {"roll_up": OVERRIDE | {"rates": ["60%"] * 2, "on_top": "false"}}, ("C108", ("roll_up", "rates"))),
        (TABLE, {"at_most": "0", "amount": "deals.amount"}, ("C109", ("at_most",))),
        (TABLE, {"at_most": "9"}, ("C109", ("at_most",))),
        (TABLE, {"at_most": "USD 5", "amount": "deals.amount"}, ("P130", ("at_most",))),
        ({"touches": {"shape": "u", "half_life": "7 days"}}, {}, ("C110", ("from", 0, "touches"))),
        ([TABLE, {"owner": "100%"}], {}, ("C101", ("from", 1))),
    ],
)
def test_what_does_not_hold_together_is_told(ways: Any, more: dict[str, Any], expected: tuple[str, Any]) -> None:
    assert [(code, path) for code, path, _, _ in rule(ways, **more).faults(EUR)] == [expected]
    assert expected[0] in CODES


@pytest.mark.parametrize(
    "ways",
    [
        {"owner": "100%"},
        {"touches": "time_decay"},
        {"touches": {"shape": "w", "within": "90 days"}},
        {"table": {"roles": ["sourced", "co_sold"]}},
        {"table": {"roles": {"sourced": {}, "serviced": {"overlay": "true"}}}},
        [ROLES, {"for": {"deals.product": ["Atlas", "Nova"]}, "owner": "100%"}],
    ],
)
def test_the_schema_takes_what_the_model_takes(ways: Any) -> None:
    written = {"of": "deals", "from": ways, "prefer": "sourced over influenced", "roll_up": OVERRIDE}
    CreditSpec.model_validate(written)
    jsonschema.validate(written, CreditSpec.model_json_schema())


def test_a_sound_rule_has_no_faults() -> None:
    cap = {"at_most": "9", "amount": "deals.amount"}
    spec = rule(ROLES, prefer="sourced over influenced", protected_by="registrations", roll_up=OVERRIDE, **cap)
    assert spec.faults(EUR) == []
