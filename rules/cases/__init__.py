"""Cases that a program brings along: small tables with the payouts that they should come to."""
