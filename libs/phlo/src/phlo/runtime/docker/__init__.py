"""Services in containers: the engine, Docker Compose, and what phlo adds to both."""
