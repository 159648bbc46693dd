"""The budget optimiser: a budget split over units by their response curves, with a proof of how good the split is.

`problem` is what is asked, `answer` what comes back; `solve` does it, and `tiers` chooses one tier for each partner.
`goals` turns it round (the least spend of a response, the largest with an average return), `frontier` sweeps budgets,
`domains` holds units to a return of their own, and `shares` to parts of what is spent in all.
Inside, `tree` and `feasible` hold the bounds, `roofs` the concave roofs, `prices` and `threshold` the shadow prices,
`branch` the search where a roof is not reached (once for all `twins`), `stepped` the choice of steps group by group,
`core` that of tiers nearly tied, `whole` the whole minor units, and `program` the door of HiGHS.
"""
