"""The vendors there are, by the word that a sender's row holds."""

from collections.abc import Callable
from functools import lru_cache

from outreach.connectors.base import Capabilities, Connector, Seat
from outreach.connectors.practice import Practice
from outreach.connectors.unipile import Unipile

VENDORS: dict[str, Callable[[Seat], Connector]] = {"unipile": Unipile, "simulator": Practice}


class UnknownVendor(Exception):
    """No such vendor. The message is one sentence that names those there are."""


def connect(vendor: str, seat: Seat) -> Connector:
    """The connector of one seat. Nothing is sent yet.

    Raises UnknownVendor, or BadSeat when the seat cannot be used as entered.
    """
    make = VENDORS.get(vendor)
    if make is None:
        raise UnknownVendor(f"There is no connector {vendor!r}: choose one of {', '.join(sorted(VENDORS))}.")
    return make(seat)


@lru_cache
def capabilities(vendor: str) -> Capabilities:
    """What a vendor can do and prove, whichever the seat. Raises UnknownVendor."""
    return connect(vendor, Seat(base_url="https://nowhere.invalid", api_key="none", account="none")).capabilities
