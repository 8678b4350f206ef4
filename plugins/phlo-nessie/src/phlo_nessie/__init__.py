"""Project Nessie as a phlo service: a catalog with branches of all tables."""
