"""The simulator as a server: one process, one event loop; the vendor's API under /api/v1, control under /sim."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from outreach.simulator import api_accounts, api_chats, api_posts, api_users, control
from outreach.simulator.calls import Answer, Call, Handler, JSONAnswer, vendor
from outreach.simulator.clock import Clock
from outreach.simulator.clockwork import Clockwork
from outreach.simulator.courier import Courier
from outreach.simulator.journal import Journal
from outreach.simulator.refusals import Refusal
from outreach.simulator.world import World

IDLE_CONNECTION_S = 120  # longer than any client keeps a connection, so that none is closed under a request


class Simulator:
    """One running simulator."""

    def __init__(self, folder: Path, clock: Clock, api_key: str) -> None:
        self.api_key = api_key
        self.in_flight = 0
        self.world = World(Journal(folder), clock)
        self.courier = Courier(self.world)
        self.clockwork = Clockwork(self.world, self.courier)

    def work(self, handler: Handler, call: Call) -> Answer:
        """Run one handler and keep what it changed, also when it refuses (asking too often has consequences)."""
        try:
            return handler(self.world, call)
        except Refusal as refusal:
            return refusal.status, refusal.as_body()
        finally:
            self.settle()

    def settle(self) -> None:
        """Put what has changed on disk and look at what is due."""
        self.world.commit()
        self.clockwork.notice()

    def app(self) -> ASGIApp:
        """The ASGI application."""

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            self.clockwork.start()
            yield
            await self.clockwork.stop()
            self.courier.close()

        inner = Starlette(
            routes=[*self._vendor_routes(), *control.routes(self)],
            lifespan=lifespan,
            exception_handlers={404: _not_found, 405: _not_found},
        )
        inner.router.redirect_slashes = False

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await inner(scope, receive, send)
            if len(scope["path"]) > 1:
                scope["path"] = scope["path"].rstrip("/")
            self.in_flight += 1
            try:
                await inner(scope, receive, send)
            finally:
                self.in_flight -= 1

        return outer

    def _vendor_routes(self) -> list[Route]:
        def at(method: str, path: str, handler: Handler, *, form: bool = False) -> Route:
            return Route(f"/api/v1{path}", vendor(self, handler, form=form), methods=[method])

        return [
            at("POST", "/users/invite", api_users.send_invitation),
            at("POST", "/chats", api_chats.start_chat, form=True),
            at("POST", "/chats/{chat_id}/messages", api_chats.send_message, form=True),
            at("GET", "/chats", api_chats.list_chats),
            at("GET", "/chats/{chat_id}/messages", api_chats.list_chat_messages),
            at("GET", "/chats/{chat_id}/attendees", api_chats.list_attendees),
            at("GET", "/chats/{chat_id}", api_chats.get_chat),
            at("GET", "/messages", api_chats.list_messages),
            at("GET", "/messages/{message_id}", api_chats.get_message),
            at("GET", "/users/me", api_accounts.get_owner),
            at("GET", "/users/relations", api_users.list_relations),
            at("GET", "/users/invite/sent", api_users.list_invitations),
            at("DELETE", "/users/invite/sent/{invitation_id}", api_users.withdraw_invitation),
            at("GET", "/users/{identifier}/posts", api_posts.list_posts),
            at("GET", "/users/{identifier}", api_users.get_profile),
            at("GET", "/linkedin/inmail_balance", api_accounts.get_balance),
            at("POST", "/posts/reaction", api_posts.react),
            at("POST", "/posts/{post_id}/comments", api_posts.comment),
            at("GET", "/posts/{post_id}/comments", api_posts.list_comments),
            at("GET", "/posts/{post_id}/reactions", api_posts.list_reactions),
            at("GET", "/posts/{post_id}", api_posts.get_post),
            at("GET", "/accounts", api_accounts.list_accounts),
            at("GET", "/accounts/{account_id}", api_accounts.get_account),
            at("POST", "/webhooks", api_accounts.create_webhook),
            at("GET", "/webhooks", api_accounts.list_webhooks),
            at("DELETE", "/webhooks/{webhook_id}", api_accounts.delete_webhook),
        ]


class KnownConnection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # which class it is uvicorn decides at start
    """uvicorn's protocol, which also tells the application its connection, so that a fault can break it."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.app_state = {**self.app_state, "connection": transport}
        super().connection_made(transport)


async def _not_found(request: Request, problem: Exception) -> Response:
    refusal = Refusal("resource_not_found", "There is no such endpoint.")
    return JSONAnswer(refusal.as_body(), refusal.status)


def serve(simulator: Simulator, host: str, port: int) -> None:
    """Answer requests until told to stop (SIGTERM, SIGINT)."""
    settings: dict[str, Any] = {"http": KnownConnection, "timeout_keep_alive": IDLE_CONNECTION_S, "ws": "none"}
    settings |= {"access_log": False, "log_level": "warning", "server_header": False, "timeout_graceful_shutdown": 3}
    uvicorn.run(simulator.app(), host=host, port=port, lifespan="on", **settings)
