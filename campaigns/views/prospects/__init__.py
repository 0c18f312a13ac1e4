"""Whom we know: list, one person, imports."""
