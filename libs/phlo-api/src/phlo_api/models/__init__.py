"""What the API answers: every response, typed; the OpenAPI document is made of these."""
