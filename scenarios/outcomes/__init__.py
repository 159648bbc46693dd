"""Outcomes: what a program comes to with a scenario, set beside what it comes to without."""
