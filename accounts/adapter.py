"""What allauth asks us: it says nothing on our pages, and mail goes through accounts/mail.py."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

UNKNOWN_IP = "0.0.0.0"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The pages and the words are ours."""

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: our views say what happened."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address a request comes from, seen through our own proxies only; one for all where there is none, as on
        a Unix socket or past the proxy."""
        try:
            return get_client_ip(request) or UNKNOWN_IP
        except ImproperlyConfigured:  # fewer addresses in X-Forwarded-For than proxies: it did not come through them
            return str(request.META.get("REMOTE_ADDR") or UNKNOWN_IP)
