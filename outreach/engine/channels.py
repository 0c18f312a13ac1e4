"""Which channel carries out a step for this person now, or why none does. Every option says why it won or lost.

A credit is the last resort: never spent on a first-degree connection, never on an Open Profile.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.engine.credits import needs_release, spendable
from outreach.engine.decisions import Choice, Option
from outreach.engine.facts import PersonFacts, SenderFacts, StepFacts
from outreach.engine.kinds import BY_HAND, CREDIT_COST, SENIOR, Invitation, Kind

PROFILE_FRESH = timedelta(days=7)
"""How long an Open Profile flag and a degree may be trusted before they are read again."""


class Why(StrEnum):
    """The reason beside an option or a choice."""

    ALREADY_CONNECTED = "already_connected"
    OPEN_PROFILE = "open_profile"
    WORTH_A_CREDIT = "worth_a_credit"
    RELEASED_CREDIT = "released_credit"
    INVITE_FITS = "invite_fits"
    STEP_SAYS_SO = "step_says_so"
    OUTRANKED = "outranked"
    CONNECTOR_CANNOT = "connector_cannot"
    NOT_CONNECTED = "not_connected"
    NOT_OPEN_PROFILE = "not_open_profile"
    OPEN_PROFILE_UNKNOWN = "open_profile_unknown"
    OPEN_PROFILE_IS_FREE = "open_profile_is_free"
    INMAIL_NOT_ALLOWED = "inmail_not_allowed"
    PLAN_WITHOUT_INMAIL = "plan_without_inmail"
    PLAN_WITHOUT_FREE_INMAIL = "plan_without_free_inmail"
    NOT_WORTH_A_CREDIT = "not_worth_a_credit"
    NO_CREDIT = "no_credit"
    BALANCE_HELD = "balance_held"
    HELD_FOR_TIER_3 = "held_for_tier_3"
    INVITE_PENDING = "invite_pending"
    INVITE_ACCEPTED = "invite_accepted"
    INVITE_DECLINED = "invite_declined"
    INVITE_LAPSED = "invite_lapsed"
    COOL_DOWN = "cool_down"
    NO_NOTE = "no_note"
    PLAN_WITHOUT_NOTES = "plan_without_notes"
    NOTES_USED_UP = "notes_used_up"
    NO_INVITE_PENDING = "no_invite_pending"
    NO_POST = "no_post"
    NO_EMAIL = "no_email"
    NO_PHONE = "no_phone"


WORDS: dict[Why, str] = {
    Why.ALREADY_CONNECTED: "They are connected already",
    Why.OPEN_PROFILE: "Their Open Profile takes a message free of charge",
    Why.WORTH_A_CREDIT: "Worth a credit, and one is free to spend",
    Why.RELEASED_CREDIT: "A credit held for tier 3 is released to them, because it would be lost by the next grant",
    Why.INVITE_FITS: "An invite fits best",
    Why.STEP_SAYS_SO: "The step asks for it",
    Why.OUTRANKED: "Possible, but a better channel is open",
    Why.CONNECTOR_CANNOT: "The sender's connector cannot do this",
    Why.NOT_CONNECTED: "They are not connected",
    Why.NOT_OPEN_PROFILE: "They have no Open Profile",
    Why.OPEN_PROFILE_UNKNOWN: "Not known whether they have an Open Profile",
    Why.OPEN_PROFILE_IS_FREE: "No credit is spent on an Open Profile",
    Why.INMAIL_NOT_ALLOWED: "They take no InMail from this sender",
    Why.PLAN_WITHOUT_INMAIL: "The sender's plan has no InMail",
    Why.PLAN_WITHOUT_FREE_INMAIL: "The sender's plan has no free InMail",
    Why.NOT_WORTH_A_CREDIT: "Credits are not spent on tier 1",
    Why.NO_CREDIT: "No credit is left",
    Why.BALANCE_HELD: "InMail of this sender is held until the balance is explained",
    Why.HELD_FOR_TIER_3: "The credits left are held for tier 3",
    Why.INVITE_PENDING: "An invite is waiting for an answer",
    Why.INVITE_ACCEPTED: "They accepted an invite before and are connected no longer",
    Why.INVITE_DECLINED: "They declined an invite",
    Why.INVITE_LAPSED: "An earlier invite vanished without an answer",
    Why.COOL_DOWN: "No new invite so soon after the last one",
    Why.NO_NOTE: "The step has no note",
    Why.PLAN_WITHOUT_NOTES: "The sender's plan has no notes",
    Why.NOTES_USED_UP: "This month's notes are used up",
    Why.NO_INVITE_PENDING: "There is no invite to withdraw",
    Why.NO_POST: "They have no post to react to",
    Why.NO_EMAIL: "No e-mail address is known",
    Why.NO_PHONE: "No phone number is known",
}

APPROACH: tuple[Kind, ...] = (Kind.DM, Kind.OPEN_INMAIL, Kind.INMAIL, Kind.INVITE_NOTE, Kind.INVITE)

PREFERENCE: dict[str, tuple[Kind, ...]] = {
    "approach": APPROACH,
    "inmail": (Kind.DM, Kind.OPEN_INMAIL, Kind.INMAIL),
    "invite": (Kind.INVITE_NOTE, Kind.INVITE),
    "message": (Kind.DM,),
    **{
        kind.value: (kind,)
        for kind in (
            Kind.VIEW,
            Kind.FOLLOW,
            Kind.LIKE,
            Kind.COMMENT,
            Kind.WITHDRAW,
            Kind.EMAIL,
            Kind.WHATSAPP,
            Kind.CALL,
            Kind.TASK,
        )
    },
}
"""The kinds that can carry out an act, best first: the first that is possible wins."""

_WON: dict[Kind, Why] = {
    Kind.DM: Why.ALREADY_CONNECTED,
    Kind.OPEN_INMAIL: Why.OPEN_PROFILE,
    Kind.INMAIL: Why.WORTH_A_CREDIT,
    Kind.INVITE_NOTE: Why.INVITE_FITS,
    Kind.INVITE: Why.INVITE_FITS,
}

_MAY_LIFT: dict[Why, str] = {
    Why.COOL_DOWN: "cool_down",
    Why.NO_CREDIT: "no_credit",
    Why.BALANCE_HELD: "no_credit",
    Why.HELD_FOR_TIER_3: "held_for_tier_3",
}
"""Losses that waiting can turn into wins, with the cause each is shown as, in the order in which causes are named."""

_ENDED: dict[Invitation, Why] = {
    Invitation.ACCEPTED: Why.INVITE_ACCEPTED,
    Invitation.DECLINED: Why.INVITE_DECLINED,
    Invitation.LAPSED: Why.INVITE_LAPSED,
}


def standing(p: PersonFacts) -> int:
    """The tier for spending credits: VP and above count as tier 2 at least."""
    return max(p.tier, 2) if p.seniority in SENIOR else p.tier


def depends_on_profile(step: StepFacts) -> bool:
    """Whether the channel of this step hangs on the Open Profile flag and the degree."""
    return step.act in ("approach", "inmail")


def stale(p: PersonFacts, now: datetime) -> bool:
    """Whether the profile must be read again before a choice that depends on it is carried out.

    A first-degree connection gets a message whatever its profile says, so it is never stale.
    """
    return not p.connected and (p.checked_at is None or now - p.checked_at > PROFILE_FRESH)


def choose(p: PersonFacts, s: SenderFacts, step: StepFacts, now: datetime, notes_left: int | None = None) -> Choice:
    """The channel that carries out `step.act` for this person at `now`, or none with the cause.

    `notes_left`: noted invites left this month, None when unlimited or unknown; at 0 the invite goes without its note.
    Without a channel, `cause` is "cool_down", "no_credit" or "held_for_tier_3" when waiting may help, and
    "no_channel" when not.
    Raises ValueError for an act that is not known.
    """
    kinds = preference(step.act)
    losses = [_loss(kind, p, s, step, now, notes_left) for kind in kinds]
    for kind, loss in zip(kinds, losses, strict=True):
        if loss is None:
            won = _WON.get(kind, Why.STEP_SAYS_SO) if step.act in ("approach", "inmail") else Why.STEP_SAYS_SO
            if kind is Kind.INMAIL and needs_release(s.credits, standing(p)):
                won = Why.RELEASED_CREDIT
            return Choice(kind, won, _options(kinds, losses, kind, won))
    lost = [loss for loss in losses if loss is not None]
    for why, cause in _MAY_LIFT.items():
        if why in lost:
            return Choice(None, why, _options(kinds, losses, None, why), cause)
    return Choice(None, lost[-1], _options(kinds, losses, None, lost[-1]), "no_channel")


def preference(act: str) -> tuple[Kind, ...]:
    """The kinds that can carry out an act, best first. Raises ValueError for an act that is not known."""
    try:
        return PREFERENCE[act]
    except KeyError:
        raise ValueError(f"The act {act!r} is not known: use one of {', '.join(sorted(PREFERENCE))}.") from None


def _options(kinds: Sequence[Kind], losses: Sequence[Why | None], winner: Kind | None, won: Why) -> tuple[Option, ...]:
    return tuple(
        Option(kind, loss is None, loss or (won if kind is winner else Why.OUTRANKED), CREDIT_COST[kind])
        for kind, loss in zip(kinds, losses, strict=True)
    )


def _loss(
    kind: Kind, p: PersonFacts, s: SenderFacts, step: StepFacts, now: datetime, notes_left: int | None
) -> Why | None:
    """Why this kind is impossible now, None when it is possible."""
    if kind not in s.kinds and kind not in BY_HAND:
        return Why.CONNECTOR_CANNOT
    match kind:
        case Kind.DM:
            return None if p.connected else Why.NOT_CONNECTED
        case Kind.OPEN_INMAIL:
            return _open_inmail_loss(p, s)
        case Kind.INMAIL:
            return _inmail_loss(p, s)
        case Kind.INVITE_NOTE:
            return _invite_loss(p, now) or _note_loss(s, step, notes_left)
        case Kind.INVITE:
            return _invite_loss(p, now)
        case Kind.WITHDRAW:
            return None if p.invitation is Invitation.PENDING else Why.NO_INVITE_PENDING
        case Kind.LIKE | Kind.COMMENT:
            return Why.NO_POST if p.has_post is False else None
        case Kind.EMAIL:
            return None if p.email else Why.NO_EMAIL
        case Kind.WHATSAPP:
            return None if p.phone else Why.NO_PHONE
        case _:
            return None


def _open_inmail_loss(p: PersonFacts, s: SenderFacts) -> Why | None:
    if p.connected:
        return Why.ALREADY_CONNECTED
    if p.open_profile is None:
        return Why.OPEN_PROFILE_UNKNOWN
    if not p.open_profile:
        return Why.NOT_OPEN_PROFILE
    if p.inmail_allowed is False:
        return Why.INMAIL_NOT_ALLOWED
    return None if s.terms.open_month > 0 else Why.PLAN_WITHOUT_FREE_INMAIL


def _inmail_loss(p: PersonFacts, s: SenderFacts) -> Why | None:
    if p.connected:
        return Why.ALREADY_CONNECTED
    if p.open_profile:
        return Why.OPEN_PROFILE_IS_FREE
    if p.inmail_allowed is False:
        return Why.INMAIL_NOT_ALLOWED
    if not s.terms.inmail:
        return Why.PLAN_WITHOUT_INMAIL
    tier = standing(p)
    if tier < 2:
        return Why.NOT_WORTH_A_CREDIT
    if s.credits.blocked:
        return Why.BALANCE_HELD
    if s.credits.available <= 0:
        return Why.NO_CREDIT
    return None if spendable(s.credits, tier) > 0 else Why.HELD_FOR_TIER_3


def _invite_loss(p: PersonFacts, now: datetime) -> Why | None:
    if p.connected:
        return Why.ALREADY_CONNECTED
    if p.invitation is Invitation.PENDING:
        return Why.INVITE_PENDING
    if p.invitation in _ENDED:
        return _ENDED[p.invitation]
    if p.invite_not_before is not None and p.invite_not_before > now:
        return Why.COOL_DOWN
    return None


def _note_loss(s: SenderFacts, step: StepFacts, notes_left: int | None) -> Why | None:
    if not step.has_note:
        return Why.NO_NOTE
    if s.terms.note_chars <= 0 or s.terms.notes_month == 0:
        return Why.PLAN_WITHOUT_NOTES
    if s.terms.notes_month is not None and notes_left is not None and notes_left <= 0:
        return Why.NOTES_USED_UP
    return None
