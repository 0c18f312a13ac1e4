"""Faults a test has ordered: which requests or webhooks they strike, how often, and what then goes wrong.

Whether a fault with a probability strikes is a draw keyed by its seed and the count of requests it has met, so the same
run meets the same faults. Faults are kept on disk like everything else.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance
from outreach.simulator.refusals import STATUS, usual_type

if TYPE_CHECKING:
    from outreach.simulator.journal import Journal


@dataclass(slots=True)
class RequestFault:
    """What goes wrong with a request of the vendor's API.

    Before the request is looked at: `reset_before` breaks the connection, `latency_s` waits, `status` or `type`
    answers an error (nothing is accepted). After it was worked on: `latency_after_s` waits, `drop_after_accepting`
    breaks the connection, `empty_body` and `malformed` spoil the answer, and with `after_accepting` the error of
    `status` or `type` is answered although the request was accepted. `times` is how often it strikes (left out: until
    it is removed).
    """

    id: int
    match: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    type: str | None = None
    detail: str = "A fault ordered by the control plane."
    headers: dict[str, str] = field(default_factory=dict)
    after_accepting: bool = False
    latency_s: float = 0.0
    latency_after_s: float = 0.0
    drop_after_accepting: bool = False
    reset_before: bool = False
    empty_body: bool = False
    malformed: bool = False
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    met: int = 0
    struck: int = 0

    MATCHES = ("method", "path_prefix", "account_id")

    @property
    def error(self) -> tuple[int, str] | None:
        """The status and the type of the error to answer, if any."""
        if self.status is None and self.type is None:
            return None
        kind = self.type.removeprefix("errors/") if self.type else usual_type(self.status or 500)
        return self.status or STATUS.get(kind, 500), kind


@dataclass(slots=True)
class WebhookFault:
    """What goes wrong with a webhook when its event happens.

    `double` sends that many copies more, `delay_s` holds it back, `out_of_order` lets the next one overtake it,
    `wrong_secret` spoils its configured headers.
    """

    id: int
    match: dict[str, str] = field(default_factory=dict)
    double: int = 0
    delay_s: float = 0.0
    out_of_order: bool = False
    wrong_secret: bool = False
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    met: int = 0
    struck: int = 0

    MATCHES = ("event", "account_id")


class Faults:
    """All ordered faults, oldest first."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._made = 0
        self.requests: list[RequestFault] = []
        self.webhooks: list[WebhookFault] = []

    def restore(self, rows: dict[str, list[Any]]) -> None:
        """Take over what the journal holds."""
        for row in sorted(rows.values(), key=lambda row: int(row[1]["id"])):
            if row[0] == "request":
                self.requests.append(RequestFault(**row[1]))
            else:
                self.webhooks.append(WebhookFault(**row[1]))
            self._made = max(self._made, row[1]["id"])

    def order(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a request fault. Raises ValueError naming what is wrong."""
        fault = _read(RequestFault, given, self._next())
        self.requests.append(fault)
        return self._keep("request", fault)

    def order_webhook(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a webhook fault. Raises ValueError naming what is wrong."""
        fault = _read(WebhookFault, given, self._next())
        self.webhooks.append(fault)
        return self._keep("webhook", fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        for fault in self.requests:
            self._journal.put("fault", str(fault.id), None)
        self.requests.clear()
        self.clear_webhooks()

    def clear_webhooks(self) -> None:
        for fault in self.webhooks:
            self._journal.put("fault", str(fault.id), None)
        self.webhooks.clear()

    def strike(self, method: str, path: str, account_id: str | None) -> RequestFault | None:
        """The first fault that hits this request, counted as used."""
        for fault in self.requests:
            match = fault.match
            if match.get("method", method).upper() != method or not path.startswith(match.get("path_prefix", "")):
                continue
            if match.get("account_id", account_id) == account_id and self._strikes("request", fault):
                return fault
        return None

    def strike_webhook(self, event: str, account_id: str) -> list[WebhookFault]:
        """All faults that bend this event, counted as used."""
        return [
            fault
            for fault in self.webhooks
            if fault.match.get("event", event) == event
            and fault.match.get("account_id", account_id) == account_id
            and self._strikes("webhook", fault)
        ]

    def _strikes(self, table: str, fault: RequestFault | WebhookFault) -> bool:
        if fault.times is not None and fault.struck >= fault.times:
            return False
        fault.met += 1
        hit = fault.probability >= 1 or chance.fraction(fault.seed, "fault", fault.id, fault.met) < fault.probability
        fault.struck += hit
        self._keep(table, fault)
        return hit

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _keep(self, table: str, fault: RequestFault | WebhookFault) -> dict[str, Any]:
        facts = asdict(fault)
        self._journal.put("fault", str(fault.id), [table, facts])
        return facts


def _read[F: (RequestFault, WebhookFault)](form: type[F], given: dict[str, Any], number: int) -> F:
    known = {f.name for f in fields(form)} - {"id", "met", "struck"}
    if unknown := set(given) - known:
        raise ValueError(f"A fault has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}.")
    match = given.get("match") or {}
    if not isinstance(match, dict) or set(match) - set(form.MATCHES):
        raise ValueError(f"match is an object with {', '.join(form.MATCHES)}.")
    kind = given.get("type")
    if kind is not None and given.get("status") is None and str(kind).removeprefix("errors/") not in STATUS:
        raise ValueError(f"{kind!r} is no known error type; give its status too.")
    return form(id=number, **{**given, "match": match})
