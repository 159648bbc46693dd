"""Problems for the optimiser as people write them: read from a file, understood, solved, told, and turned into pay.

`asked` is what a file asks, `reading` and the readers after it get it from the file, and `partners` is what it wants
of its program; `compiled` makes it a problem of `scenarios.optimise`, `proposal` is the answer in money and names,
`paid` makes it a scenario of a program, and `report` and `export` tell it.
"""
