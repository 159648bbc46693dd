"""Response curves: how much outcome a spend brings, fitted to what was seen, kept, and given to the optimiser.

`smooth` and `pieces` are the families, `envelope` their least concave roof and `mixed` many curves of several families;
`observed` holds the data, `fit` and `resample` estimate, `judge` chooses between families and refuses, `saved` keeps.
"""
