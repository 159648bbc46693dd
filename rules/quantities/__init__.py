"""Exact quantities: how people write them, how they are held, rounded once and shared without a cent left over."""
