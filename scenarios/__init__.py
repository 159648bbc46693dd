"""What if: everything that runs the engine on other inputs than the books'. Notebooks import `scenarios.api`."""
