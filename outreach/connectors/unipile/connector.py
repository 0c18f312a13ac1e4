"""One sender at Unipile (API v1, per-customer address)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from outreach.connectors.base import (
    Account,
    Answer,
    Capabilities,
    Chat,
    ChatMessage,
    Outgoing,
    Owner,
    Page,
    Post,
    Profile,
    Relation,
    Seat,
    SentInvite,
    Standing,
)
from outreach.connectors.failures import BadSeat, Refused, Unknown
from outreach.connectors.unipile import acts, answers, bodies, hooks, shapes
from outreach.connectors.wire import Reply, Request, wire_to
from outreach.engine.kinds import Kind

LONGEST_WORK_S = 120.0
"""How long the vendor may go on with a request after we gave up. It names no figure; gateways usually stop earlier."""
MOST_REDIRECTS = 3


class Unipile:
    """Speaks for one seat. Safe to share between threads and cheap to make: connections belong to the process."""

    def __init__(self, seat: Seat) -> None:
        """Raises BadSeat with one sentence when the address, the key or the account cannot be used."""
        self._seat = seat
        base = _base(seat.base_url)
        self._origin = f"{base.scheme}://{base.netloc.decode('ascii')}"
        self._prefix = quote(base.path.rstrip("/").removesuffix("/api/v1")) + "/api/v1"
        self._always = dict(base.params)  # the variant on port 443 names the real port in the query
        if not seat.api_key or not seat.api_key.isascii() or not seat.api_key.isprintable():
            raise BadSeat("The API key is empty or has characters a key cannot have: copy it again from the dashboard.")
        if not seat.account.strip():
            raise BadSeat("The seat names no Unipile account: connect the sender first.")
        if not seat.timeout_s > 0:
            raise BadSeat(f"The time-out is {seat.timeout_s}: give a number of seconds above 0.")
        self._headers = {"X-API-KEY": seat.api_key, "Accept": "application/json", "Accept-Encoding": "identity"}
        self._wire = wire_to(self._origin)

    def __repr__(self) -> str:
        return f"<Unipile {self._seat.account} at {self._origin}>"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            kinds=acts.KINDS,
            idempotency="none",
            history="partial",
            evidence=frozenset({"webhook", "poll"}),
            longest_work_s=max(LONGEST_WORK_S, self._seat.timeout_s),
            traced=acts.TRACED,
        )

    # --- Acts ---------------------------------------------------------------------------------------------------------

    def hand_over(self, outgoing: Outgoing) -> Answer:
        """One attempt. Raises NotSent, Refused, LoggedOut, Restricted or Unknown.

        Whether an InMail cost a credit is never said: read the balance. A free InMail costs one when the profile is not
        open any more, so look at it right before. A message into a chat is free only with a connection or an answer.
        """
        body = self._make(acts.plan(self._seat, outgoing))
        answer = Answer(
            message_id=shapes.ident(body.get("message_id")),
            chat_id=shapes.ident(body.get("chat_id")) or outgoing.chat_id,
            invitation_id=shapes.ident(body.get("invitation_id")),
            usage=shapes.number(body.get("usage")),
        )
        if outgoing.kind in (Kind.INVITE, Kind.INVITE_NOTE) and not answer.invitation_id:
            raise Unknown("The vendor says that an invitation was sent, but not which.")
        return answer

    def _make(self, act: acts.Act) -> dict[str, Any]:
        reply = self._call(act.method, act.path, act.query, json=act.json, form=act.form)
        body = answers.judge(reply, names_person=act.names_person)
        answers.expect(body, act.tag)
        return body

    # --- Reads --------------------------------------------------------------------------------------------------------

    def profile(self, identifier: str, *, notify: bool = False) -> Profile:
        if notify:
            view = Outgoing(Kind.VIEW, provider_id=identifier)
            return _whole(self._make(acts.plan(self._seat, view)), shapes.profile)
        return _whole(self._get(f"/users/{acts.segment(identifier)}", self._mine(), person=True), shapes.profile)

    def relations(self, cursor: str | None = None, limit: int = 100) -> Page[Relation]:
        # Beside a cursor this list takes the account only; the page size travels inside the cursor.
        query = {"cursor": cursor} if cursor else {"limit": str(limit)}
        return shapes.page(self._list("/users/relations", self._mine() | query), shapes.relation)

    def sent_invites(self, cursor: str | None = None, limit: int = 100) -> Page[SentInvite]:
        query = self._mine() | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        return shapes.page(self._list("/users/invite/sent", query), shapes.sent_invite)

    def chats(self, after: datetime | None = None, cursor: str | None = None, limit: int = 100) -> Page[Chat]:
        # Filters travel inside the cursor.
        query = {"cursor": cursor} if cursor else self._mine() | _since(after)
        return shapes.page(self._list("/chats", query | {"limit": str(limit)}), self._own(shapes.chat))

    def messages(
        self, chat_id: str, after: datetime | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[ChatMessage]:
        query = ({"cursor": cursor} if cursor else _since(after)) | {"limit": str(limit)}
        path = f"/chats/{acts.segment(chat_id)}/messages"
        return shapes.page(self._list(path, query, person=True), self._own(shapes.message))

    def posts(self, identifier: str, cursor: str | None = None, limit: int = 10) -> Page[Post]:
        query = self._mine() | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        return shapes.page(self._list(f"/users/{acts.segment(identifier)}/posts", query, person=True), shapes.post)

    def balance(self) -> dict[str, int | None]:
        body = self._get("/linkedin/inmail_balance", self._mine())
        products = ("premium", "sales_navigator", "recruiter")
        if not any(product in body for product in products):
            raise Unknown("The answer holds no InMail balance.")
        return {product: shapes.number(body.get(product)) for product in products}

    def me(self) -> Owner:
        return _whole(self._get("/users/me", self._mine()), shapes.owner)

    def account(self) -> Account:
        """The vendor's record of this sender; one it does not know any more is `Standing.GONE`."""
        try:
            body = self._get(f"/accounts/{acts.segment(self._seat.account)}", {})
        except Refused as refusal:
            if refusal.code == "resource_not_found":
                return Account(self._seat.account, "", "", "", frozenset(), Standing.GONE)
            raise
        return _whole(body, shapes.account)

    # --- Webhooks -----------------------------------------------------------------------------------------------------

    def hook(self, url: str, secret: str, account_ids: Iterable[str] | None = None) -> tuple[str, ...]:
        """Hook up messages, new relations and account status, each delivery with the header `Unipile-Auth`.

        What was hooked to the same address before goes after the new ones are there, so no event is lost between.
        """
        old = self._hooked(url)
        new = []
        for order in hooks.orders(url, secret, account_ids):
            body = answers.judge(self._call("POST", "/webhooks", {}, json=order), names_person=False)
            answers.expect(body, "WebhookCreated")
            new.append(shapes.ident(body.get("webhook_id")))
        self._unhook(old)
        return tuple(new)

    def unhook(self, url: str) -> int:
        old = self._hooked(url)
        self._unhook(old)
        return len(old)

    def _hooked(self, url: str) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": "250"} | ({"cursor": cursor} if cursor else {})
            page = shapes.page(self._list("/webhooks", query), hooks.hooked)
            found += [hook_id for hook_id, target in page.items if target == url]
            if page.cursor is None or page.cursor == cursor:
                return found
            cursor = page.cursor

    def _unhook(self, hook_ids: Iterable[str]) -> None:
        for hook_id in hook_ids:
            reply = self._call("DELETE", f"/webhooks/{acts.segment(hook_id)}", {})
            if reply.status != 404 and not 200 <= reply.status < 300:  # 404: somebody else was faster
                answers.judge(reply, names_person=False)

    # --- Exchanges ----------------------------------------------------------------------------------------------------

    def _mine(self) -> dict[str, str]:
        return {"account_id": self._seat.account}

    def _own[T](self, read: Callable[[shapes.Body], T | None]) -> Callable[[shapes.Body], T | None]:
        """One key covers all linked accounts, so an item of another one is never ours to show."""

        def read_own(body: shapes.Body) -> T | None:
            return read(body) if body.get("account_id") in (None, self._seat.account) else None

        return read_own

    def _list(self, path: str, query: dict[str, str], *, person: bool = False) -> dict[str, Any]:
        body = self._get(path, query, person=person)
        if not isinstance(body.get("items"), list):
            raise Unknown("The answer is no list.")
        return body

    def _get(self, path: str, query: dict[str, str], *, person: bool = False) -> dict[str, Any]:
        """Read. A redirect within the vendor's own address is followed; the key never goes anywhere else."""
        reply = self._call("GET", path, query)
        for _ in range(MOST_REDIRECTS):
            target = reply.headers.get("location")
            if reply.status not in (301, 302, 303, 307, 308) or not target:
                break
            reply = self._follow(target)
        return answers.judge(reply, names_person=person)

    def _follow(self, target: str) -> Reply:
        try:
            url = httpx2.URL(self._origin + self._prefix).join(target)
        except httpx2.InvalidURL as wrong:
            raise Unknown(f"The vendor redirects to something that is no address: {wrong}.") from None
        if f"{url.scheme}://{url.netloc.decode('ascii')}" != self._origin:
            raise Unknown(f"The vendor redirects to {url.host}, where the key must not go.")
        request = Request("GET", url.raw_path.decode("ascii"), self._headers)
        return self._wire.exchange(request, self._seat.timeout_s)

    def _call(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        *,
        json: dict[str, Any] | None = None,
        form: tuple[tuple[str, str], ...] = (),
    ) -> Reply:
        try:
            asked = urlencode(self._always | query)
            kind, body = bodies.of_json(json) if json is not None else bodies.of_form(form) if form else ("", b"")
        except UnicodeError as wrong:
            raise Refused("unwritable", f"This cannot be written into a request: {wrong}.", "content") from None
        target = f"{self._prefix}{path}?{asked}" if asked else f"{self._prefix}{path}"
        headers = self._headers | {"Content-Type": kind} if kind else self._headers
        return self._wire.exchange(Request(method, target, headers, body), self._seat.timeout_s)


def _base(given: str) -> httpx2.URL:
    """The customer's address, with or without scheme, trailing slash or the path of the API."""
    address = given.strip()
    try:
        url = httpx2.URL(address if "://" in address else f"https://{address}")
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise BadSeat(
            f"{given!r} is no address of the Unipile API: give something like https://api8.unipile.com:13443."
        )
    return url


def _since(after: datetime | None) -> dict[str, str]:
    return {"after": shapes.stamp(after)} if after else {}


def _whole[T](body: dict[str, Any], read: Callable[[shapes.Body], T | None]) -> T:
    found = read(body)
    if found is None:
        raise Unknown("The answer lacks the id of what was asked for.")
    return found
