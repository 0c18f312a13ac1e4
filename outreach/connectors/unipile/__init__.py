"""Unipile, API v1: LinkedIn seats linked by hosted sign-in. No proxies, no cookies, no search, no bulk reads."""

from outreach.connectors.unipile.connector import Unipile
from outreach.connectors.unipile.events import event_of_message, event_of_relation, events
from outreach.connectors.unipile.hooks import HEADER, authentic

__all__ = ["HEADER", "Unipile", "authentic", "event_of_message", "event_of_relation", "events"]
