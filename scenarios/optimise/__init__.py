"""The budget optimiser: a split with a proof of how good it is.

`core` splits over units and nested groups, and chooses tiers; `goals` asks other questions of it; `linked` holds units
that are linked by more, and `periods` spends that work on. `wide` and `flighting` are what is asked of the last two.
"""
