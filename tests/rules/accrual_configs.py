"""Rates per year and how they run, for the tests of interest and of what rests on it."""

from __future__ import annotations

from hypothesis import strategies as st

rates = st.sampled_from(["0%", "5%", "8%", "12.5%", "1/3"])
accruals = st.fixed_dictionaries(
    {
        "rate": rates,
        "compounding": st.sampled_from(["simple", "yearly", "half_yearly", "quarterly", "monthly", "daily"]),
        "days": st.sampled_from(["act/365", "act/360", "30/360", "30e/360"]),
        "broken": st.sampled_from(["compound", "simple"]),
    }
)
