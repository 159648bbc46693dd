"""Scorecards: how they are written, what they mean, the score with its twin, and the tiers and ranks from it."""
