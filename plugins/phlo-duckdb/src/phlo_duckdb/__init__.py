"""DuckDB, the in-process query engine, as a phlo package."""
