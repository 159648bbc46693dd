"""Plan parameters chosen on the engine itself: a grid of plans, a goal, what has to hold, the best found."""
