"""How the tables came to be, step by step: a new store is made by the same steps that bring an old one up to date."""
