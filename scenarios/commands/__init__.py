"""The command line of the acts of scenarios: parse, one act, print, exit code. Only `cli` imports these."""
