"""The parts of the seeded generator of the channel example: each file fills the tables of one topic."""
