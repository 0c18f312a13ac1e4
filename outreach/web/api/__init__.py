"""The edge of the API that any app may use: one shape of error, bodies, filters, pages, the schema."""
