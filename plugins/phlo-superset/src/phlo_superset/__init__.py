"""Apache Superset as a phlo service: dashboards over the lake."""
