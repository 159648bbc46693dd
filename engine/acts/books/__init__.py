"""Acts on the books: each makes one event, in one transaction with what it describes, or none at all."""
