"""Market development funds: what a program says of activities, claims, what accrues, and stages of its pipeline."""
