"""The levels at which KPIs are measured."""

LEVELS = ("partner", "kind", "tier", "region", "segment", "manager", "parent", "program")
"""Partners, what groups them, and the whole program; in the order of the choices that people see."""
