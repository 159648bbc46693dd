"""What `check` tells of pools and balances before anything is run, and that one call tells all it can."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.load import understand

FRAME = """\
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sales: {sum: deals.amount, dated: deals.closed_on}
  profit: {sum: deals.amount, dated: deals.closed_on, level: program}
payouts:
  bonus: {base: deals.amount, dated: deals.closed_on, rate: 5%, where: sales > 0}
"""


def told(rules: str) -> list[tuple[str, str, str]]:
    """The problems of a program: code, message and hint; each has a line."""
    found = understand((FRAME + rules).encode(), "program.yaml", Path()).problems
    assert all(each.place.line for each in found), found
    return [(each.code, each.message, each.hint) for each in found]


POOL = "pools:\n  p: {size: EUR 100, shared: {by: sales}, HOW}\n"
CAPPED = "bounds: {at_least: EUR 60, at_most: EUR 50}"
BOUNDS = [
    (CAPPED, "K205", "the floor of EUR 60.00 is above the cap of EUR 50.00"),
    ("bounds: {at_least: {share: 30%}, at_most: {share: 20%}}", "K205", "the floor of 30 % of the pool is above"),
    (CAPPED.replace("EUR 50", "EUR 50, if_short: scale"), "", ""),  # what is scaled may be within the cap
    ("bounds: {at_least: EUR 50, at_most: EUR 50}", "", ""),
    ("bounds: {at_least: EUR 60, at_most: {of: sales}}", "", ""),
    (
        "bounds: {at_least: {share: 110%}}",
        "K206",
        "the floor of one member, 110 % of the pool, is more than EUR 100.00",
    ),
    ("bounds: {at_least: EUR 100.01}", "K206", "the floor of one member, EUR 100.01, is more than EUR 100.00"),
    ("bounds: {at_least: EUR 100}", "", ""),
    ("bounds: {at_least: {share: 110%}, if_short: scale}", "", ""),
    ("bounds: {at_least: {share: 110%}, floors_from: house}", "", ""),
    ("by_days: true, bounds: {at_least: {share: 110%}}", "", ""),  # for half a year it is 55 %
    ("by_days: true, bounds: {at_least: {share: 110%}, prorate: false}", "K206", "the floor of one member"),
    ("unclaimed: carry, bounds: {at_least: EUR 110}", "", ""),  # what was carried comes on top
]


@pytest.mark.parametrize(("how", "code", "message"), BOUNDS, ids=[each[0] for each in BOUNDS])
def test_floors_that_contradict_the_pool_are_found_before_a_run(how: str, code: str, message: str) -> None:
    found = told(POOL.replace("HOW", how))
    assert [each[0] for each in found] == ([code] if code else [])
    assert all(message in each[1] and each[2] for each in found)


BALANCES = [
    ("d: {draw: {amount: EUR 10, recoverable: false, recoup: 50%}}", "P260", "a draw that is not recoverable"),
    ("d: {draw: {amount: EUR 10, recoverable: false}}", "", ""),
    ("d: {draw: {amount: EUR 10, recoup: 50%}}", "", ""),
    ("a: {negative: carry}\n  b: {negative: net}", "P265", "a takes all that is due below zero, so that b"),
    ("a: {negative: carry}\n  b: {negative: {what: net, of: [bonus]}}", "", ""),
    ("m: {mark: {of: m.opening}}", "P264", "the mark m is the highest value of its own opening"),
    ("m: {mark: {of: m.opening * 2}}", "P264", "the mark m is the highest value of its own opening"),
    ("m: {mark: {of: sales}}", "", ""),
    ("n: {mark: {of: sales}}\n  m: {mark: {of: n.opening}}", "", ""),
    ("h: {holdback: {share: 10%, released: {on: 2027-01-01}}}", "P321", "what h holds back is released on 2027-01-01"),
    ("h: {holdback: {share: 10%, released: {on: 2026-12-31}}}", "", ""),
]


@pytest.mark.parametrize(("balance", "code", "message"), BALANCES, ids=[each[0] for each in BALANCES])
def test_balances_that_do_nothing_are_found_before_a_run(balance: str, code: str, message: str) -> None:
    found = told(f"balances:\n  {balance}\n")
    assert [each[0] for each in found] == ([code] if code else [])
    assert all(message in each[1] and each[2] for each in found)


@pytest.mark.parametrize(
    ("size", "message", "hint"),
    [
        ("late.left", "late.left comes of a later pool", "late stands below: move it above p"),
        ("profit - late.left", "late.left comes of a later pool", "late stands below: move it above p"),
        ("p.left", "p.left comes of this pool", "it is known once p is shared, and its size comes before that"),
        ("late", "late is a later pool", "late stands below: move it above p, or define what rests on each other"),
        ("p", "p is this pool", "p is this pool, and what rests on itself is defined under amounts:"),
    ],
)
def test_what_a_later_pool_shares_or_leaves_is_told_as_such(size: str, message: str, hint: str) -> None:
    pools = f"pools:\n  p: {{size: {{of: {size}}}, shared: equally}}\n  late: {{size: EUR 100, shared: equally}}\n"
    ((code, told_message, told_hint),) = told(pools)
    assert (code, told_message) == ("X131", message) and told_hint.startswith(hint)


TWO = """\
pools:
  one: {size: {of: profit, rate: 10%}, shared: {by: sales}, CARRIES}
  rest: {size: {of: SIZE}, shared: {by: sales}}
"""


@pytest.mark.parametrize(
    ("carries", "size", "is_told"),
    [
        ("unclaimed: carry", "profit - one", True),
        ("bounds: {at_most: {share: 40%}, excess: carry}", "profit - (one - bonus)", True),
        ("unclaimed: house", "profit - one", False),
        ("bounds: {at_most: {share: 40%}}", "profit - one", False),
        ("unclaimed: carry", "profit - one - one.left", False),
        ("unclaimed: carry", "profit", False),
        ("unclaimed: carry", "bonus - one", False),  # of other money than the first one
    ],
)
def test_money_that_is_carried_and_shared_is_told(carries: str, size: str, is_told: bool) -> None:
    found = told(TWO.replace("CARRIES", carries).replace("SIZE", size))
    assert [each[0] for each in found if each[0] != "P312"] == (["P324"] if is_told else [])


BAD = """\
  bad: {size: EUR 100, shared: {by: sales}, unclaimed: keep}
"""


def test_misspelled_names_are_told_beside_what_is_written_wrong() -> None:
    """A wrong word in one pool hides no misspelled name in another; names of what is wrong itself are not unknown."""
    found = told(
        "pools:\n"
        + BAD
        + "  p: {size: {of: profi}, shared: {by: sale}}\n  q: {size: {of: bad.left}, shared: equally}\n"
        "balances:\n  h: {holdback: {share: 10%, of: [bonsu, bad], released: {after: 1}}}\n"
    )
    assert [(code, hint) for code, _, hint in found] == [
        ("P104", "write one of house, carry"),
        ("X131", "did you mean 'profit'?"),
        ("X131", "did you mean 'sales'?"),
        ("P126", "did you mean 'bonus'?"),
    ]


@pytest.mark.parametrize(
    "faulty",
    [
        "pools:\n  bad: EUR 5\n  p: {size: {of: bad.left}, shared: equally}\n",
        "pools:\n  Bad Name: {size: EUR 5, shared: equally}\n  p: {size: EUR 5, shared: equally}\n",
        "tables: {m: {key: []}}\npools:\n  p: {size: EUR 5, shared: {by: m.score}}\n",
        "pools: 5\n",
        "credit:\n  own: {of: deals, form: {}}\npools:\n  p: {size: EUR 5, shared: equally}\n",
    ],
)
def test_what_rests_on_something_wrong_is_not_called_unknown(faulty: str) -> None:
    assert not [each for each in told(faulty) if each[0] in ("X131", "P126")]
