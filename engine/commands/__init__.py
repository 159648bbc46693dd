"""The command line of the engine's acts: parse, one act, print, exit code. Only `cli` imports these.

A command imports its act and its reports in the function that runs them: they bring numpy, pydantic and databases,
which take a second to load, and `--help` or a mistyped option needs none of it.
"""
