"""A campaign before and beside its people: list, plan, sequence, audience, review."""
