"""What an answer of the vendor means: the object it carries, or the one error that says what may follow.

Judged by `type` and status, never by a text. Late is cheap and twice is expensive: whatever does not say plainly that
the request was not taken is `Unknown`.
"""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from outreach.connectors.failures import Limited, LoggedOut, Refused, Restricted, Scope, Unknown
from outreach.connectors.unipile import shapes
from outreach.connectors.wire import Reply

_LONGEST_WAIT_S = 30 * 86_400.0

NOT_TAKEN = frozenset({"no_client_session", "no_channel", "no_handler"})
"""Types of a 503 that say there was nobody to take the request. `network_down`, `service_unavailable` do not say so."""

RESTRICTED = frozenset({"account_restricted", "action_required"})

_SCOPES: dict[Scope, tuple[str, ...]] = {
    "person": (
        *("invalid_recipient", "no_connection_with_recipient", "blocked_recipient", "user_unreachable"),
        *("not_allowed_inmail", "already_invited_recently", "already_connected", "cannot_invite_attendee"),
        *("action_already_performed", "comments_disabled", "invalid_post", "cant_send_message", "recipient_rejected"),
        *("invalid_resource_identifier", "resource_access_restricted", "invalid_thread", "parent_mail_not_found"),
        "unprocessable_entity",
    ),
    "sender": (
        *("cannot_resend_yet", "cannot_resend_within_24hrs", "limit_exceeded", "connection_limit_reached"),
        *("limit_too_high", "insufficient_credits", "payment_error", "feature_not_subscribed"),
        *("subscription_required", "account_mismatch", "insufficient_permissions", "session_mismatch"),
        *("unknown_authentication_context", "invalid_account", "unauthorized", "account_configuration_error"),
        *("realtime_client_not_initialized", "provider_unreachable", "send_as_denied", "sender_rejected"),
        *("ip_rejected_by_server", "invalid_folder", "feature_not_implemented"),
    ),
    "content": (
        *("invalid_parameters", "missing_parameters", "malformed_request", "content_too_large", "invalid_url"),
        *("too_many_characters", "unescaped_characters", "unsupported_media_type", "invalid_message"),
        *("invalid_reply_subject", "invalid_headers"),
    ),
}
SCOPES: dict[str, Scope] = {kind: scope for scope, kinds in _SCOPES.items() for kind in kinds}
"""Whom each documented refusal binds. `resource_not_found` is missing: what was not found depends on the call."""

_SCOPE_OF_STATUS: dict[int, Scope] = {400: "content", 413: "content", 415: "content", 422: "person", 409: "person"}


def judge(reply: Reply, *, names_person: bool) -> dict[str, Any]:
    """The object of a 2xx answer.

    `names_person` says that the call's address names a person, a chat, an invitation or a post, so that a 404 speaks of
    it and not of the account. Raises LoggedOut, Restricted, Refused, Limited or Unknown.
    """
    if 200 <= reply.status < 300:
        return _object(reply)
    problem = _problem(reply)
    kind = shapes.text(problem.get("type")).removeprefix("errors/")
    detail = (shapes.text(problem.get("detail")) or shapes.text(problem.get("title")))[:500]
    code = kind or f"http_{reply.status}"
    wait = retry_after(reply.headers)
    if reply.status == 429:
        raise Limited(kind or "too_many_requests", detail, wait)
    if reply.status == 503 and kind not in SCOPES and kind not in RESTRICTED:
        if kind in NOT_TAKEN or wait is not None:
            raise Limited(code, detail, wait)
        raise Unknown(_unclear(reply, kind))
    if not (400 <= reply.status < 500 or reply.status in (501, 503)) or reply.status == 408:
        raise Unknown(_unclear(reply, kind))
    if kind in RESTRICTED:
        raise Restricted(code, detail)
    if reply.status == 401:
        raise LoggedOut(code, detail)
    if kind == "too_many_requests":
        raise Limited(code, detail, wait)
    usual = _SCOPE_OF_STATUS.get(reply.status, "sender")
    if reply.status == 404 and names_person:
        usual = "person"
    raise Refused(code, detail, SCOPES.get(kind, usual))


def expect(body: Mapping[str, Any], tag: str) -> None:
    """The object must say that it is what the call makes. Raises Unknown when it says anything else."""
    said = body.get("object")
    if not isinstance(said, str) or said.lower() != tag.lower():
        raise Unknown(f"The answer is no {tag}, so it does not say whether the act was done.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The vendor's wish in seconds: a number, or a date measured against the answer's own Date. None if unreadable."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return min(float(given[:12]), _LONGEST_WAIT_S)
    try:
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT_S)


def _object(reply: Reply) -> dict[str, Any]:
    if reply.body is None:
        raise Unknown(f"The answer (status {reply.status}) did not arrive whole.")
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise Unknown(f"The answer (status {reply.status}) is no JSON.") from None
    if not isinstance(body, dict):
        raise Unknown(f"The answer (status {reply.status}) is no JSON object.")
    return body


def _problem(reply: Reply) -> dict[str, Any]:
    """The error body, or nothing: the status alone then decides."""
    try:
        return _object(reply)
    except Unknown:
        return {}


def _unclear(reply: Reply, kind: str) -> str:
    said = f"{reply.status} {kind}".strip()
    return f"The vendor answered {said}, which does not say whether the request was taken."
