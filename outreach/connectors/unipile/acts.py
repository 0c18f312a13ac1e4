"""Which call makes which act: method, address, body, and what the answer must say it is."""

from dataclasses import dataclass, field
from urllib.parse import quote

from outreach.connectors.base import Outgoing, Seat
from outreach.connectors.failures import Refused, Scope
from outreach.engine.kinds import Kind

KINDS = frozenset(
    {
        Kind.INVITE,
        Kind.INVITE_NOTE,
        Kind.DM,
        Kind.OPEN_INMAIL,
        Kind.INMAIL,
        Kind.VIEW,
        Kind.LIKE,
        Kind.COMMENT,
        Kind.WITHDRAW,
    }
)
"""The acts the vendor has a call for. It has none to follow somebody."""

TRACED = KINDS - {Kind.VIEW, Kind.LIKE, Kind.COMMENT}
"""Invites, withdrawals and messages can be found again in a list; a visit, a reaction or a comment of ours cannot."""


@dataclass(frozen=True, slots=True)
class Act:
    """One call. `json` or `form` is its body, `tag` the `object` of an answer that says it was done."""

    method: str
    path: str
    tag: str
    query: dict[str, str] = field(default_factory=dict)
    json: dict[str, str] | None = None
    form: tuple[tuple[str, str], ...] = ()
    names_person: bool = True


def plan(seat: Seat, out: Outgoing) -> Act:
    """The call for this act. Raises Refused when the act lacks what its kind needs: nothing is then handed over."""
    match out.kind:
        case Kind.INVITE | Kind.INVITE_NOTE:
            return _invite(seat, out)
        case Kind.DM if out.chat_id:
            form = (("account_id", seat.account), ("text", _crlf(_need(out.text, "text", "content"))))
            return Act("POST", f"/chats/{segment(out.chat_id)}/messages", "MessageSent", form=form)
        case Kind.DM | Kind.INMAIL | Kind.OPEN_INMAIL:
            return _chat(seat, out)
        case Kind.VIEW:
            identifier = _need(out.provider_id or out.slug, "provider_id", "person")
            query = {"account_id": seat.account, "notify": "true"}
            return Act("GET", f"/users/{segment(identifier)}", "UserProfile", query=query)
        case Kind.WITHDRAW:
            path = f"/users/invite/sent/{segment(_need(out.invitation_id, 'invitation_id', 'person'))}"
            return Act("DELETE", path, "InvitationCanceled", query={"account_id": seat.account})
        case Kind.LIKE:
            post_id = _need(out.post_id, "post_id", "person")
            body = {"account_id": seat.account, "post_id": post_id, "reaction_type": out.reaction}
            return Act("POST", "/posts/reaction", "ReactionAdded", json=body)
        case Kind.COMMENT:
            path = f"/posts/{segment(_need(out.post_id, 'post_id', 'person'))}/comments"
            body = {"account_id": seat.account, "text": _need(out.text, "text", "content")}
            return Act("POST", path, "CommentSent", json=body)
        case _:
            raise Refused("unsupported_kind", f"Unipile has no call for {out.kind.value!r}.", "content")


def segment(identifier: str) -> str:
    """An id as one segment of an address, colons and slashes encoded. Raises Refused for one that is no segment."""
    try:
        encoded = quote(identifier, safe="")
    except UnicodeEncodeError:
        encoded = ""
    if encoded in ("", ".", ".."):
        raise Refused("invalid_identifier", f"{identifier!r} is no id; look the person up again.", "person")
    return encoded


def _invite(seat: Seat, out: Outgoing) -> Act:
    body = {"account_id": seat.account, "provider_id": _need(out.provider_id, "provider_id", "person")}
    if out.kind is Kind.INVITE_NOTE:
        # A note counts characters against a short limit, so its line ends stay single.
        body["message"] = _need(out.text, "text", "content")
    return Act("POST", "/users/invite", "UserInvitationSent", json=body, names_person=False)


def _chat(seat: Seat, out: Outgoing) -> Act:
    """A first message to exactly one person: several ids would open a group with all of them."""
    form = [("account_id", seat.account), ("attendees_ids", _need(out.provider_id, "provider_id", "person"))]
    if out.kind is Kind.INMAIL:
        _need(out.subject, "subject", "content")
    if out.kind is not Kind.DM and out.subject:
        form.append(("subject", out.subject))
    form.append(("text", _crlf(_need(out.text, "text", "content"))))
    if out.kind is Kind.OPEN_INMAIL or (out.kind is Kind.INMAIL and seat.product == "premium"):
        form += [("linkedin[api]", "classic"), ("linkedin[inmail]", "true")]
    elif out.kind is Kind.INMAIL:
        # The vendor's schema has no `inmail` under its other products: there the product alone says it.
        form.append(("linkedin[api]", seat.product))
    return Act("POST", "/chats", "ChatStarted", form=tuple(form), names_person=False)


def _need(value: str, name: str, scope: Scope) -> str:
    if not value.strip():
        raise Refused(f"missing_{name}", f"This act needs a {name}; nothing was handed over.", scope)
    return value


def _crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
