"""Practice seats: the simulator speaks Unipile's API, and its history is whole, so absence there proves something."""

from dataclasses import replace

from outreach.connectors.base import Capabilities
from outreach.connectors.unipile import Unipile


class Practice(Unipile):
    """A seat of the simulator. Unlike the vendor it keeps every act it accepted, so what it does not show was not
    done."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, history="authoritative")
