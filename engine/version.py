"""The engine's version: printed on every output, and part of what determines a run."""

VERSION = "0.1.0"
