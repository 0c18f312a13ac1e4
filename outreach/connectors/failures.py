"""How a call to the outside world can fail. Which failure may be tried again is said by its class: `NotSent` may,
`Unknown` never by itself.
"""

from typing import Literal

Scope = Literal["person", "sender", "content"]


class ConnectorError(Exception):
    """A call that brought no answer to work with. `code` is stable and for machines, `detail` is for people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class NotSent(ConnectorError):
    """Surely nothing was handed over: no connection, or the vendor said that it did not take the request.

    May be planned again. `retry_after_s` is the vendor's own wish in seconds, None when it named none. For 429
    the pace of the sender must fall as well.
    """

    def __init__(self, code: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(code, detail)
        self.args = (code, detail, retry_after_s)
        self.retry_after_s = retry_after_s


class Refused(ConnectorError):
    """The vendor looked at the request and said no; nothing was handed over and nothing is tried again.

    `code` is the vendor's type without `errors/`, or `http_<status>` when it gave none. `scope` says whom the refusal
    binds: this `person`, this `sender` (a limit, a missing product, no credit), or this `content`.
    """

    def __init__(self, code: str, detail: str = "", scope: Scope = "person") -> None:
        super().__init__(code, detail)
        self.args = (code, detail, scope)
        self.scope: Scope = scope


class LoggedOut(ConnectorError):
    """The sender's session or key is not valid: nothing was handed over, the owner must sign in again."""


class Restricted(ConnectorError):
    """LinkedIn holds the sender back: everything of this sender freezes until a person lifts it."""


class Unknown(ConnectorError):
    """A write may or may not have happened: look for evidence, never repeat it. For a read: no usable answer."""

    def __init__(self, detail: str) -> None:
        super().__init__("unknown", detail)
        self.args = (detail,)


class BadEvent(Exception):
    """A webhook body that says nothing we can use. The message is one sentence."""


class BadSeat(Exception):
    """A seat that cannot be used as entered. The message is one sentence that says what to do."""
