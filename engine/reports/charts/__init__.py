"""Pictures of plain values, as SVG, PNG and in a page: one file for each kind of picture; the only door of Altair."""
