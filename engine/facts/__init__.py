"""Facts: source tables read as text, typed by our own grammar, kept as a snapshot. The only door of DuckDB."""
