"""Attribution: whose touches brought a deal, by many methods side by side; what a method found is saved before it pays.

In: the journeys of decided deals (`engine.values.journeys`). Out: shares of won deals (`credit.Attribution`), and a
table of whole weights with its digest (`table`), which a program takes as a source.
"""
