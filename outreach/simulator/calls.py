"""One request of the vendor's API: read it, let ordered faults strike, check the key and the account, answer it."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.faults import RequestFault
    from outreach.simulator.seats import Seat
    from outreach.simulator.server import Simulator
    from outreach.simulator.world import World

Answer = tuple[int, dict[str, Any]]
Handler = Callable[["World", "Call"], Answer]


@dataclass(slots=True)
class Call:
    """What was asked. `body` holds the JSON object, or the parts of the form (a list for each name)."""

    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    files: int = 0

    def part(self, name: str) -> str | None:
        """The first value of a form part."""
        values = self.body.get(name)
        return values[0] if values else None

    def text(self, name: str, *, required: bool = True) -> str | None:
        """A text of the JSON body. Raises Refusal when it is missing or something else."""
        value = self.body.get(name)
        if value is None:
            if required:
                raise Refusal("missing_parameters", f"{name} is required.")
            return None
        if not isinstance(value, str):
            raise Refusal("invalid_parameters", f"{name} must be a text.")
        return value

    def must(self, name: str) -> str:
        """A required, non-empty text of the JSON body."""
        value = self.text(name)
        if not value:
            raise Refusal("missing_parameters", f"{name} is required.")
        return value

    def limit(self, usual: int, most: int) -> int:
        """How many items a list answer may hold."""
        given = self.query.get("limit", str(usual))
        if not given.isdecimal() or not 1 <= int(given) <= most:
            raise Refusal("invalid_parameters", f"limit must be a number from 1 to {most}.")
        return int(given)

    def flag(self, name: str) -> bool | None:
        """true or false in the query, or None."""
        given = self.query.get(name)
        if given not in (None, "true", "false"):
            raise Refusal("invalid_parameters", f"{name} must be true or false.")
        return None if given is None else given == "true"

    @property
    def account_id(self) -> str | None:
        value = self.body.get("account_id", self.query.get("account_id"))
        if isinstance(value, list):
            value = value[0] if value else None
        return value if isinstance(value, str) and value else None


class JSONAnswer(Response):
    """JSON in plain ASCII; the vendor's errors have the same type as its answers."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()


def seat_of(world: "World", account_id: str | None) -> "Seat":
    """The linked account of a call. Raises Refusal when it is not named or unknown."""
    if account_id is None:
        raise Refusal("missing_parameters", "account_id is required.")
    seat = world.seats.get(account_id)
    if seat is None:
        raise Refusal("resource_not_found", "There is no account with this id.")
    return seat


def acting_seat(world: "World", account_id: str | None, *, reading: bool = False) -> "Seat":
    """The account of a call that reaches the network: signed in and, unless it only reads, not restricted."""
    seat = seat_of(world, account_id)
    if seat.status != "OK":
        raise Refusal("disconnected_account", "This account must be connected again.")
    if not reading and seat.restricted(world.clock.now()):
        raise Refusal("account_restricted", "The network has restricted this account.")
    return seat


def vendor(simulator: "Simulator", handler: Handler, *, form: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """A handler as an endpoint of the vendor's API. A handler is one step: nothing else happens while it runs."""

    async def endpoint(request: Request) -> Response:
        world = simulator.world
        try:
            _check_key(simulator, request)
            call = await _read(request, form)
        except Refusal as refusal:
            return JSONAnswer(refusal.as_body(), refusal.status)
        fault = None
        if world.faults.requests:
            fault = world.faults.strike(call.method, call.path, _account_of(world, call))
            world.commit()
        if fault is not None and (early := await _before(request, fault)) is not None:
            return early
        status, body = simulator.work(handler, call)
        if fault is not None:
            return await _after(request, fault, status, body)
        return JSONAnswer(body, status)

    return endpoint


async def break_connection(request: Request) -> Response:
    """Reset the TCP connection of this request: the other side gets no answer, only the break."""
    transport: asyncio.Transport = request.scope["state"]["connection"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0)  # lets the server notice, so that it drops what is returned here
    return Response(status_code=500)


def _check_key(simulator: "Simulator", request: Request) -> None:
    given = request.headers.get("x-api-key")
    if not given:
        raise Refusal("missing_credentials", "The header X-API-KEY is required.")
    if given != simulator.api_key:
        raise Refusal("invalid_credentials", "The API key is wrong.")


async def _read(request: Request, form: bool) -> Call:
    call = Call(request.method, request.scope["path"], request.path_params)
    query = request.scope["query_string"]
    if query:
        call.query = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if request.method not in ("POST", "PATCH"):
        return call
    kind = request.headers.get("content-type", "")
    if form:
        if not kind.startswith("multipart/form-data"):
            raise Refusal("unsupported_media_type", "This call takes multipart/form-data.")
        try:
            parts = await request.form()
        except (HTTPException, MultiPartException) as wrong:
            raise Refusal("malformed_request", f"The form cannot be read: {wrong}.") from None
        for name, value in parts.multi_items():
            if isinstance(value, str):
                call.body.setdefault(name, []).append(value)
            else:
                call.files += 1
        return call
    if not kind.startswith("application/json"):
        raise Refusal("unsupported_media_type", "This call takes application/json.")
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise Refusal("malformed_request", "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise Refusal("malformed_request", "The body must be a JSON object.")
    call.body = body
    return call


def _account_of(world: "World", call: Call) -> str | None:
    if call.account_id is None and (chat := world.chats.get(call.params.get("chat_id", ""))):
        return chat.account_id
    return call.account_id


async def _before(request: Request, fault: "RequestFault") -> Response | None:
    if fault.reset_before:
        return await break_connection(request)
    if fault.latency_s:
        await asyncio.sleep(fault.latency_s)
    if fault.error and not fault.after_accepting:
        return _error(fault)
    return None


async def _after(request: Request, fault: "RequestFault", status: int, body: dict[str, Any]) -> Response:
    accepted = status < 300
    if fault.latency_after_s:
        await asyncio.sleep(fault.latency_after_s)
    if fault.drop_after_accepting and accepted:
        return await break_connection(request)
    if fault.error and fault.after_accepting and accepted:
        return _error(fault)
    if fault.empty_body:
        return JSONAnswer(b"", status)
    if fault.malformed:
        whole = json.dumps(body).encode()
        return JSONAnswer(whole[: max(1, len(whole) // 2)], status)
    return JSONAnswer(body, status)


def _error(fault: "RequestFault") -> Response:
    assert fault.error is not None
    status, kind = fault.error
    return JSONAnswer(Refusal(kind, fault.detail, status).as_body(), status, headers=fault.headers)
