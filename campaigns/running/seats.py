"""From a sender to the connector that acts as it. Connections are kept alive between calls of one process."""

from datetime import datetime
from functools import lru_cache
from typing import cast

from django.conf import settings

from accounts.models import Connection
from accounts.secrets import unseal
from campaigns.running import terms
from campaigns.running.database import Row, row
from outreach.connectors import registry
from outreach.connectors.base import Connector, Product, Seat


class Guided(LookupError):
    """This sender has no connector: a person acts on linkedin.com. The message is one sentence."""


def connector(sender: int, *, now: datetime) -> Connector:
    """The connector of an automatic sender, ready to be called. Raises Guided."""
    found = row(
        f"SELECT {COLUMNS}, t.t_product FROM accounts_sender s "
        f"LEFT JOIN accounts_connection k ON k.id = s.connection_id {terms.JOIN.format(day='%s')} WHERE s.id = %s",
        (now.date(), sender),
    )
    if found is None:
        raise Guided("There is no such sender.")
    return of(found)


COLUMNS = "s.provider_account, k.vendor, k.base_url, k.api_key"
"""What `of` needs of sender s and connection k, beside the columns of its terms."""


def of(found: Row) -> Connector:
    """The connector of a sender that was read with `COLUMNS` and its terms. Raises Guided."""
    if found["vendor"] is None:
        raise Guided("This sender is guided: a person acts on linkedin.com, no connector does.")
    return _connector(
        found["vendor"],
        found["base_url"],
        found["api_key"],
        found["provider_account"],
        found["t_product"] or terms.NONE.product,
        settings.HTTP_TIMEOUT_S,
    )


@lru_cache(maxsize=256)
def _connector(vendor: str, base_url: str, sealed_key: str, account: str, product: str, timeout_s: int) -> Connector:
    place = Connection._meta.get_field("api_key").place
    seat = Seat(
        base_url=base_url,
        api_key=unseal(sealed_key, bound_to=place),
        account=account,
        product=cast(Product, product),
        timeout_s=timeout_s,
    )
    return registry.connect(vendor, seat)
