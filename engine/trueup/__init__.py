"""True-ups: what of a restated period differs from what was posted, whom it has to be worked out for, and why."""
