"""MinIO as a phlo service: an object store that speaks S3."""
