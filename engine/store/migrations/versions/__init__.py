"""The steps, oldest first: `v0001_runs.py` and so on. A step that was released is never edited."""
