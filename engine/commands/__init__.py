"""The command line of the engine's acts: parse, one act, print, exit code. Only `cli` imports these."""
