"""What follows when a provider refuses a touch, by its code: whose matter it is and what it does."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from outreach.engine.kinds import TouchState


class Scope(StrEnum):
    """Whose matter a refusal is."""

    PERSON = "person"
    SENDER = "sender"
    CONTENT = "content"


class Effect(StrEnum):
    """What a refusal does."""

    CONNECTED = "connected"
    NOT_CONNECTED = "not_connected"
    COOL_DOWN = "cool_down"
    NO_INVITE = "no_invite"
    NO_INMAIL = "no_inmail"
    NO_EMAIL = "no_email"
    UNREACHABLE = "unreachable"
    SKIP = "skip"
    FIX_TEXT = "fix_text"
    REST = "rest"
    HOLD_CREDITS = "hold_credits"
    CONFIGURE = "configure"
    FREEZE = "freeze"
    RECONNECT = "reconnect"


@dataclass(frozen=True, slots=True)
class Consequence:
    """`state`: what the touch becomes. Refused uses the step up; not_sent lets it be tried again later.
    `lasts`: how long a cool-down or a first rest holds, None where no time lifts it."""

    scope: Scope
    effect: Effect
    state: TouchState
    why: str
    lasts: timedelta | None = None


COOL_DOWN = timedelta(days=21)
"""LinkedIn lets the same person be invited again up to three weeks after a withdrawal."""

REST = timedelta(hours=24)
"""An allowance rests this long after the provider first said "limit" (health.py knows the second time)."""


def _person(effect: Effect, why: str, lasts: timedelta | None = None) -> Consequence:
    return Consequence(Scope.PERSON, effect, TouchState.REFUSED, why, lasts)


def _sender(effect: Effect, why: str, lasts: timedelta | None = None) -> Consequence:
    return Consequence(Scope.SENDER, effect, TouchState.NOT_SENT, why, lasts)


_CONNECTED = _person(Effect.CONNECTED, "They are connected already: go on with messages")
_UNREACHABLE = _person(Effect.UNREACHABLE, "This person cannot be reached by this sender")
_SKIP = _person(Effect.SKIP, "This step is not possible for this person")
_TEXT = Consequence(Scope.CONTENT, Effect.FIX_TEXT, TouchState.NOT_SENT, "The text cannot be sent as it is: change it")
_LIMIT = _sender(Effect.REST, "A limit of the sender was reached: rest", REST)
_CONFIGURE = _sender(Effect.CONFIGURE, "The sender's plan or connector does not allow this: tell an admin")
_FREEZE = _sender(Effect.FREEZE, "The sender is restricted: a person must lift it")
_RECONNECT = _sender(Effect.RECONNECT, "The sender must be connected again")

CONSEQUENCES: dict[str, Consequence] = {
    "already_connected": _CONNECTED,
    "no_connection_with_recipient": _person(Effect.NOT_CONNECTED, "They are not connected: correct the degree"),
    "already_invited_recently": _person(Effect.COOL_DOWN, "An invite to them was recent: skip this one", COOL_DOWN),
    "cannot_invite_attendee": _person(Effect.NO_INVITE, "This person cannot be invited by this sender"),
    "not_allowed_inmail": _person(Effect.NO_INMAIL, "They take no InMail from this sender"),
    "recipient_rejected": _person(Effect.NO_EMAIL, "Their mail server refused the address"),
    **dict.fromkeys(("user_unreachable", "invalid_recipient", "blocked_recipient"), _UNREACHABLE),
    **dict.fromkeys(
        (
            "action_already_performed",
            "comments_disabled",
            "invalid_post",
            "cant_send_message",
            "invalid_resource_identifier",
        ),
        _SKIP,
    ),
    **dict.fromkeys(
        (
            "content_too_large",
            "too_many_characters",
            "invalid_message",
            "unescaped_characters",
            "invalid_reply_subject",
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            "limit_exceeded",
            "too_many_requests",
            "cannot_resend_yet",
            "cannot_resend_within_24hrs",
            "connection_limit_reached",
        ),
        _LIMIT,
    ),
    "insufficient_credits": _sender(Effect.HOLD_CREDITS, "The provider says no credit is left: compare the balances"),
    **dict.fromkeys(
        (
            "feature_not_subscribed",
            "subscription_required",
            "payment_error",
            "limit_too_high",
            "feature_not_implemented",
            "insufficient_permissions",
            "resource_access_restricted",
            "unknown_authentication_context",
            "sender_rejected",
            "ip_rejected_by_server",
            "send_as_denied",
            "account_configuration_error",
            # Answers that would meet everybody alike (an account the provider does not know, a request of ours it
            # cannot read) must not use up everybody's steps.
            "resource_not_found",
            "invalid_parameters",
            "missing_parameters",
            "malformed_request",
        ),
        _CONFIGURE,
    ),
    **dict.fromkeys(("account_restricted", "action_required"), _FREEZE),
    **dict.fromkeys(
        (
            "account_mismatch",
            "session_mismatch",
            "invalid_account",
            "unauthorized",
            "missing_credentials",
            "invalid_credentials",
            "expired_credentials",
            "disconnected_account",
            "disconnected_feature",
            "insufficient_privileges",
            "multiple_sessions",
            "checkpoint_error",
            "invalid_checkpoint_solution",
            "expired_link",
            "wrong_account",
            "captcha_not_supported",
            "invalid_credentials_but_valid_account_imap",
            "invalid_imap_configuration",
            "invalid_smtp_configuration",
            "invalid_proxy_credentials",
        ),
        _RECONNECT,
    ),
}


def after_refusal(code: str) -> Consequence:
    """What follows a refusal. `code`: the provider's type, with or without a prefix such as "errors/".

    A refusal that is not known uses up the step and nothing more: trying it again could reach the person twice.
    """
    return CONSEQUENCES.get(code.rpartition("/")[2], _SKIP)


def stops_sender(code: str) -> bool:
    """Whether this refusal says that nobody may act as the sender until a person did something about it."""
    return after_refusal(code).effect in (Effect.FREEZE, Effect.RECONNECT)
