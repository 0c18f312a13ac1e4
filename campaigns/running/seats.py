"""From a sender to the connector that acts as it. Connections are kept alive between calls of one process."""

from functools import lru_cache
from typing import cast

from django.conf import settings

from accounts import plans
from accounts.models import Sender
from outreach import clock
from outreach.connectors import registry
from outreach.connectors.base import Connector, Product, Seat


def connector(sender: int) -> Connector:
    """The connector of an automatic sender, ready to be called. Raises LookupError for a guided one."""
    row = Sender.objects.with_scopes_disabled().select_related("connection").get(pk=sender)
    if row.connection is None:
        raise LookupError(f"{row.name} is guided: a person acts on linkedin.com, no connector does.")
    product = plans.terms_on(row.plan_id, clock.now().date()).product if row.plan_id else "premium"
    return _connector(
        row.connection.vendor, row.connection.base_url, row.connection.api_key, row.provider_account, product
    )


@lru_cache(maxsize=256)
def _connector(vendor: str, base_url: str, api_key: str, account: str, product: str) -> Connector:
    seat = Seat(
        base_url=base_url,
        api_key=api_key,
        account=account,
        product=cast(Product, product),
        timeout_s=settings.HTTP_TIMEOUT_S,
    )
    return registry.connect(vendor, seat)
