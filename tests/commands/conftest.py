from tests.cast import charlie, tidewell

__all__ = ["charlie", "tidewell"]
