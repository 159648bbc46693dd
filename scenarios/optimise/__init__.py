"""The budget optimiser: a budget split over units by their response curves, with a proof of how good the split is.

`problem` is what is asked, `answer` what comes back; `solve` does it, and `tiers` chooses one tier for each partner.
Inside, `tree` and `feasible` hold the bounds, `roofs` the concave roofs, `prices` and `threshold` the shadow prices,
`branch` the search where a roof is not reached (once for all `twins`), `whole` the whole minor units, and `program` the
door of HiGHS.
"""
