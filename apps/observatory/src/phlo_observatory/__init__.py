"""Observatory, the web interface of a phlo lakehouse."""
