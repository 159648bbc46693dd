"""Scenarios: changes on a program, or on the facts that it reads, written in a small YAML file of their own."""
