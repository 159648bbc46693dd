"""Payout rules: how they are written, what they mean, and what happens to a line between its kind and its partner."""
