"""Whether htmx asks, and for what: the middleware of django-htmx says it on the request."""

from typing import cast

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class _Request(HttpRequest):
    htmx: HtmxDetails


def htmx(request: HttpRequest) -> HtmxDetails:
    """What htmx says of this request; false when it is an ordinary one."""
    return cast(_Request, request).htmx
