"""What people write for kinds of payout with several keys, and the values of their inputs, for the battery of kinds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Config = st.SearchStrategy[dict[str, Any]]
Texts = st.SearchStrategy[str]

RATE_INPUTS = {
    "term": st.fractions(-1, 1),
    "times": st.fractions(-(10**6), 10**6, max_denominator=10**4),
    "plus": st.fractions(-1, 1),
}
CARD_INPUTS = {f"fits.{index}": st.sampled_from([0, 1]) for index in range(3)}


def scaled_rates(rates: Texts) -> Config:
    """Rates that something changes, with and without bounds."""
    return st.fixed_dictionaries(
        {"rate": rates, "times": st.just("performance / 100")},
        optional={
            "term": st.just("commission_rate"),
            "plus": st.just("uplift"),
            "at_least": st.sampled_from(["-1%", "3%"]),
            "at_most": st.sampled_from(["3%", "8%"]),
        },
    )


def cards(rates: Texts, amounts: Texts) -> Config:
    """Cards of three entries, each more specific than the one before, so that no row is left open."""
    entries = []
    for names in (["deals.product"], ["deals.kind", "partners.tier"], ["items.kind", "items.size", "items.colour"]):
        match = st.just(dict.fromkeys(names, "x"))
        entries.append(
            st.fixed_dictionaries({"for": match, "rate": rates})
            | st.fixed_dictionaries({"for": match, "amount": amounts})
        )
    otherwise = st.fixed_dictionaries({"rate": rates})
    return st.fixed_dictionaries({"entries": st.tuples(*entries).map(list), "otherwise": otherwise})


def contests(amounts: Texts) -> Config:
    """Contests in which everybody with a base takes part."""
    return st.fixed_dictionaries(
        {
            "best": st.sampled_from(["highest", "lowest"]),
            "ties": st.sampled_from(["each", "share"]),
            "prizes": st.lists(amounts, min_size=1, max_size=5),
        }
    )
