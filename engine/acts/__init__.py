"""One file for each act of a user: a straight function that calls the stages in order."""
