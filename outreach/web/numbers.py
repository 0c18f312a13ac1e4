"""Numbers as an address or a form brings them: digits and nothing else, else none at all."""

MOST_DIGITS = 18
"""So many fit the database's widest whole number, whatever they are."""


def whole(text: str | None) -> int | None:
    """The whole number that is written there: a row, a count. None for what is no number, a sign, or too long."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
