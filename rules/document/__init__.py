"""The document: bytes of a YAML file to a tree of texts with their places, and every fault of its form."""
