"""PostgreSQL as a phlo service."""
