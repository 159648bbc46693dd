"""Units that are linked by more than groups within groups: crossing limits, draws, fairness, and stocks of periods."""
