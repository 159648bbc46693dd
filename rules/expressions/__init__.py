"""Expressions: SQL text of a condition, measure or formula to a typed, frozen tree, and what it gives on rows."""
