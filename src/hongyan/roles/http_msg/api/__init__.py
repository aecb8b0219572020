"""``/api/v1``: one module per subject, each a router; OpenAPI comes from their types."""
