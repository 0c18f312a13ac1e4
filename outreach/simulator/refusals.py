"""The ways the vendor says no: its error types, their status, and the body they come in."""

from typing import Any

STATUS: dict[str, int] = {
    **dict.fromkeys(("invalid_parameters", "missing_parameters", "malformed_request"), 400),
    **dict.fromkeys(("content_too_large", "too_many_characters", "invalid_url", "unescaped_characters"), 400),
    **dict.fromkeys(("missing_credentials", "invalid_credentials", "expired_credentials", "disconnected_account"), 401),
    **dict.fromkeys(("disconnected_feature", "insufficient_privileges", "multiple_sessions", "checkpoint_error"), 401),
    **dict.fromkeys(("expired_link", "wrong_account"), 401),
    **dict.fromkeys(("account_restricted", "account_mismatch", "insufficient_permissions", "session_mismatch"), 403),
    **dict.fromkeys(("feature_not_subscribed", "subscription_required", "action_required"), 403),
    "resource_access_restricted": 403,
    **dict.fromkeys(("resource_not_found", "invalid_resource_identifier"), 404),
    "unsupported_media_type": 415,
    **dict.fromkeys(("invalid_account", "invalid_recipient", "no_connection_with_recipient", "blocked_recipient"), 422),
    **dict.fromkeys(("user_unreachable", "unprocessable_entity", "action_already_performed", "invalid_message"), 422),
    **dict.fromkeys(("invalid_post", "not_allowed_inmail", "insufficient_credits", "cannot_resend_yet"), 422),
    **dict.fromkeys(("cannot_resend_within_24hrs", "limit_exceeded", "already_invited_recently"), 422),
    **dict.fromkeys(("already_connected", "cannot_invite_attendee", "connection_limit_reached"), 422),
    **dict.fromkeys(("comments_disabled", "cant_send_message", "limit_too_high"), 422),
    "too_many_requests": 429,
    **dict.fromkeys(("unexpected_error", "provider_error", "authentication_intent_error"), 500),
    "feature_not_implemented": 501,
    **dict.fromkeys(("no_client_session", "no_channel", "no_handler", "network_down", "service_unavailable"), 503),
    "request_timeout": 504,
}

_USUAL_TYPE = {
    400: "invalid_parameters",
    401: "invalid_credentials",
    403: "insufficient_permissions",
    404: "resource_not_found",
    408: "request_timeout",
    415: "unsupported_media_type",
    422: "unprocessable_entity",
    429: "too_many_requests",
    500: "unexpected_error",
    501: "feature_not_implemented",
    502: "provider_error",
    503: "service_unavailable",
    504: "request_timeout",
}


class Refusal(Exception):
    """A request that is answered with an error. `kind` is the part of the vendor's `type` after `errors/`."""

    def __init__(self, kind: str, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.status = status or STATUS.get(kind, 500)

    def as_body(self) -> dict[str, Any]:
        return {
            "title": self.kind.replace("_", " ").capitalize(),
            "detail": self.detail,
            "type": f"errors/{self.kind}",
            "status": self.status,
        }


def usual_type(status: int) -> str:
    """The error type that goes with a status when none is named."""
    return _USUAL_TYPE.get(status, "unexpected_error")
