"""The HTTP API of a phlo lakehouse."""
