"""phlo_api."""
