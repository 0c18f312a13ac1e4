"""Cursors: padded standard base64 of a small JSON text. They carry the filters, so the next page needs only them."""

import base64
import binascii
import json
from typing import Any

from outreach.simulator.refusals import Refusal


def write(facts: dict[str, Any]) -> str:
    """The cursor that holds these facts."""
    return base64.b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode()


def read(cursor: str | None, purpose: str) -> dict[str, Any]:
    """The facts of a cursor made for this list, none without a cursor. Raises Refusal for anything else."""
    if not cursor:
        return {}
    try:
        facts = json.loads(base64.b64decode(cursor, validate=True))
    except (ValueError, binascii.Error):
        facts = None
    if not isinstance(facts, dict) or facts.get("list") != purpose:
        raise Refusal("invalid_parameters", "The cursor does not belong to this list; pass it back unchanged.")
    return facts
