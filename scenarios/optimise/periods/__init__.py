"""Spends that work on in later periods, by whole schedules of units."""
