"""Run, explain, keep: facts to a sheet, a sheet to a run, a run to the books, and every cent back again."""
