"""A bucket of AWS, or of any server that speaks S3, as a phlo service."""
