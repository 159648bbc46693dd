"""One file for each act of a user that keeps nothing in the books: a straight function that calls stages in order."""
