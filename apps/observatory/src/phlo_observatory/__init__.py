"""phlo_observatory."""
