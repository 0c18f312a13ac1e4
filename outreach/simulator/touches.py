"""The simulator's own record of every touch it accepted: append-only, its own times, the only truth about doubles."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from outreach.simulator.clock import write_instant

if TYPE_CHECKING:
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World


@dataclass(slots=True)
class Touch:
    """One accepted act. Text is known by the SHA-256 of its UTF-8 with line ends as LF."""

    n: int
    at: int
    account_id: str
    kind: str
    provider_id: str
    slug: str
    text_sha256: str | None = None
    message_id: str | None = None
    invitation_id: str | None = None
    post_id: str | None = None
    credit: int = 0
    recipients: int = 1
    in_reply: bool = False

    def row(self) -> list[Any]:
        return [
            *(
                self.n,
                self.at,
                self.account_id,
                self.kind,
                self.provider_id,
                self.slug,
                self.text_sha256,
                self.message_id,
            ),
            *(self.invitation_id, self.post_id, self.credit, self.recipients, self.in_reply),
        ]

    def as_dict(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "at": write_instant(self.at),
            "account_id": self.account_id,
            "kind": self.kind,
            "provider_id": self.provider_id,
            "slug": self.slug,
            "text_sha256": self.text_sha256,
            "message_id": self.message_id,
            "invitation_id": self.invitation_id,
            "post_id": self.post_id,
            "credit": self.credit,
            "recipients": self.recipients,
            "in_reply": self.in_reply,
        }


def unify(text: str) -> str:
    """The text with every line end as LF, the form in which it is counted, kept and hashed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def fingerprint(text: str) -> str:
    """SHA-256 of the text's UTF-8, line ends as LF, in hex."""
    return sha256(unify(text).encode("utf-8", "surrogatepass")).hexdigest()


def accept(
    world: "World",
    seat: "Seat",
    kind: str,
    provider_id: str,
    slug: str,
    *,
    text: str | None = None,
    message_id: str | None = None,
    invitation_id: str | None = None,
    post_id: str | None = None,
    credit: int = 0,
    recipients: int = 1,
    in_reply: bool = False,
) -> Touch:
    """Record an act as accepted now and count it against the seat's limits."""
    touch = Touch(
        n=len(world.touches) + 1,
        at=world.clock.now(),
        account_id=seat.id,
        kind=kind,
        provider_id=provider_id,
        slug=slug,
        text_sha256=fingerprint(text) if text is not None else None,
        message_id=message_id,
        invitation_id=invitation_id,
        post_id=post_id,
        credit=credit,
        recipients=recipients,
        in_reply=in_reply,
    )
    world.touches.append(touch)
    world.journal.put("touch", str(touch.n), touch.row())
    seat.count(kind, touch.at)
    return touch
