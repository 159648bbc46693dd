"""A budget split over units, groups within groups, or a tier for each partner: by a price of money, with a proof.

`problem` is what is asked, `answer` what comes back; `solve` does it, and `tiers` chooses one tier for each partner.
Inside, `tree` and `feasible` hold the bounds, `roofs` the concave roofs, `prices` and `threshold` the shadow prices,
`branch` the search where a roof is not reached (once for all `twins`), `whole` the whole minor units, `margins` what
one more brings, `stepped` the splits of steps, `tied` the tiers that are nearly alike, and `program` the door of HiGHS.
"""
