"""Invitations (connection requests): the order in which the network checks one, and what becomes of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance, conversations, hooks, tempers, touches
from outreach.simulator.clock import DAY, WEEK
from outreach.simulator.people import Person
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

REST_AFTER_WITHDRAWAL = 21 * DAY
RESTRICTION = 7 * DAY
_LEVELS = (95, 90, 75, 50)


@dataclass(slots=True)
class Invitation:
    """One connection request. States: pending, accepted, declined, withdrawn."""

    id: str
    account_id: str
    person: int
    note: str | None
    at: int
    by_hand: bool = False
    state: str = "pending"
    ended_at: int | None = None

    def row(self) -> list[Any]:
        return [self.id, self.account_id, self.person, self.note, self.at, self.by_hand, self.state, self.ended_at]


def send(
    world: "World", seat: "Seat", recipient: str, note: str | None, email: str | None
) -> tuple[Invitation, int | None]:
    """Invite the member with this provider id.

    Returns the invitation and, when one of 50, 75, 90 or 95 per cent of the weekly cap is crossed with it, that level.
    Raises Refusal for the first rule that forbids it; the seat may become restricted by asking too often.
    """
    now = world.clock.now()
    person = world.people.by_provider_id(recipient)
    own = recipient == seat.provider_id
    if person is None and not own:
        raise Refusal("invalid_recipient", "provider_id must be the id of a member, not a public identifier.")
    if note and len(note) > seat.terms.note_characters:
        raise Refusal("too_many_characters", f"The note is longer than {seat.terms.note_characters} characters.")
    monthly = seat.terms.notes_a_month
    if note and monthly is not None and seat.notes_this_month(now) >= monthly:
        raise Refusal("limit_exceeded", f"The {monthly} personal notes of this month are used up.")
    if person is None:
        raise Refusal("cannot_invite_attendee", "A member cannot invite themselves.")
    if person.index in seat.connected:
        raise Refusal("already_connected", "This member is already a first-degree connection.")
    withdrawn = seat.withdrawn.get(person.index)
    if person.index in seat.pending or (withdrawn is not None and now < withdrawn + REST_AFTER_WITHDRAWAL):
        raise Refusal(
            "already_invited_recently", "An invitation is pending or was withdrawn less than three weeks ago."
        )
    if person.blocks:
        raise Refusal("cannot_invite_attendee", "This member cannot be invited.")
    if person.needs_email and not email:
        raise Refusal("cannot_invite_attendee", "This member cannot be invited without their e-mail address.")
    cap = seat.limits.get("invites_week")
    used = seat.invites_in_week(now)
    if cap is not None and used >= cap:
        raise Refusal(world.options.weekly_cap_error, "You have reached a temporary provider limit.")
    seat.check_volume("invite", now)
    if _is_too_pushy(seat, now):
        seat.restricted_until = now + RESTRICTION
        world.keep_seat(seat)
        raise Refusal("account_restricted", "The network has restricted this account for a week.")

    invitation = create(world, seat, person, note)
    kind = "invite_note" if note else "invite"
    touches.accept(world, seat, kind, person.provider_id, person.slug, text=note, invitation_id=invitation.id)
    if cap is None:
        return invitation, None
    before, after = 100 * used / cap, 100 * (used + 1) / cap
    return invitation, next((level for level in _LEVELS if before < level <= after), None)


def create(world: "World", seat: "Seat", person: Person, note: str | None, *, by_hand: bool = False) -> Invitation:
    """Put a pending invitation there and let the person make up their mind."""
    now = world.clock.now()
    nth = seat.invited.get(person.index, 0)
    number = chance.digits(world.seed, "invitation", seat.id, person.slug, nth)
    invitation = Invitation(number, seat.id, person.index, note, now, by_hand)
    add(world, invitation)
    world.journal.put("invitation", invitation.id, invitation.row())
    if (answer := tempers.judge_invitation(world, seat, person, bool(note), nth)) is not None:
        verdict, wait = answer
        world.agenda.plan(now + world.clock.stretch(wait), verdict, [invitation.id])
    return invitation


def add(world: "World", invitation: Invitation) -> None:
    """Enter an invitation into the indexes of its seat (when it is made, and when the state is read from disk)."""
    seat = world.seats[invitation.account_id]
    world.invitations[invitation.id] = invitation
    seat.invitations.append(invitation)
    seat.invited[invitation.person] = seat.invited.get(invitation.person, 0) + 1
    if invitation.note:
        seat.noted.append(invitation.at)
    if invitation.by_hand:
        seat.count("invite", invitation.at)
    if invitation.state == "pending":
        seat.pending[invitation.person] = invitation
    elif invitation.state == "withdrawn" and invitation.ended_at is not None:
        seat.withdrawn[invitation.person] = invitation.ended_at


def accept(world: "World", invitation: Invitation) -> None:
    """The person accepts: a connection, a late webhook, and a chat when the invitation carried a note."""
    if invitation.state != "pending":
        return
    now = world.clock.now()
    seat, person = world.seats[invitation.account_id], world.people.everyone[invitation.person]
    _end(world, invitation, "accepted")
    world.connect(seat, person)
    hooks.announce_relation(world, seat, person)
    if invitation.note:
        chat = conversations.open_chat(world, seat, [person.index], "classic", subject=None, inmail=False)
        message = conversations.write(world, chat, invitation.note, "note")
        wait = tempers.judge_note(world, seat, person, invitation.id)
        if wait is not None and not chat.answer_due:
            chat.answer_due = True
            world.agenda.plan(now + world.clock.stretch(wait), "reply", [chat.id, message.id, None, None])


def decline(world: "World", invitation: Invitation) -> None:
    """The person declines: the invitation vanishes from the list, nobody is told."""
    if invitation.state == "pending":
        _end(world, invitation, "declined")


def withdraw(world: "World", seat: "Seat", invitation_id: str, *, by_hand: bool = False) -> Invitation:
    """Take a pending invitation back. It frees no weekly room and starts three weeks of rest for this person."""
    invitation = world.invitations.get(invitation_id)
    if invitation is None or invitation.account_id != seat.id or invitation.state != "pending":
        raise Refusal("resource_not_found", "There is no pending invitation with this id.")
    if not by_hand:
        seat.check_volume("withdraw", world.clock.now())
    _end(world, invitation, "withdrawn")
    seat.withdrawn[invitation.person] = world.clock.now()
    if not by_hand:
        person = world.people.everyone[invitation.person]
        touches.accept(world, seat, "withdraw", person.provider_id, person.slug, invitation_id=invitation.id)
    return invitation


def _end(world: "World", invitation: Invitation, state: str) -> None:
    invitation.state, invitation.ended_at = state, world.clock.now()
    world.seats[invitation.account_id].pending.pop(invitation.person, None)
    world.journal.put("invitation", invitation.id, invitation.row())


def _is_too_pushy(seat: "Seat", now: int) -> bool:
    """Too many pending, or (once sixty invitations have had a week to be answered) almost nobody accepts."""
    if seat.pending_stop is not None and len(seat.pending) > seat.pending_stop:
        return True
    if seat.acceptance_floor is None:
        return False
    ripe = accepted = 0
    for invitation in seat.invitations:
        if invitation.at > now - WEEK:
            break
        ripe += 1
        accepted += invitation.state == "accepted"
    return ripe >= 60 and accepted < seat.acceptance_floor * ripe
