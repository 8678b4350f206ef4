"""phlo_duckdb."""
