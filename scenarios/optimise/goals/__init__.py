"""Other questions than the best split of a budget: goals, sweeps of budgets, shares and returns of units."""
