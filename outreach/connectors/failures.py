"""How a call to the outside world can fail. Which failure may be tried again is said by its class, and the class by
its row of `TABLE`: nothing else decides what a failure makes of a touch.
"""

from enum import StrEnum
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

    May be planned again. `retry_after_s` is the vendor's own wish in seconds, None when it named none.
    """

    def __init__(self, code: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(code, detail)
        self.args = (code, detail, retry_after_s)
        self.retry_after_s = retry_after_s


class Limited(NotSent):
    """The vendor was reached and took nothing, because it was too much or too early: wait, and for a limit let the
    allowance rest."""


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


class Row(StrEnum):
    """A row of the failure table: what a failure of a hand-over makes of the touch."""

    NOT_SENT = "not_sent"
    """It did not leave the house: the step is planned again, later each time."""
    LIMITED = "limited"
    """Not taken: planned again, not before the vendor's wish; at a limit the allowance rests."""
    REFUSED = "refused"
    """The vendor said no: what follows stands with its code (`engine/refusals.py`)."""
    SEAT = "seat"
    """Not taken, because nobody may act as this sender: the sender stops, the step is planned again afterwards."""
    UNCERTAIN = "uncertain"
    """It may have arrived: evidence or a person decides, and it is never repeated by itself."""


TABLE: dict[type[ConnectorError], Row] = {
    NotSent: Row.NOT_SENT,
    Limited: Row.LIMITED,
    Refused: Row.REFUSED,
    LoggedOut: Row.SEAT,
    Restricted: Row.SEAT,
    Unknown: Row.UNCERTAIN,
}
"""The one row of each class."""


def row(error: ConnectorError) -> Row:
    """The row of this failure. A class that stands in no row says nothing for sure."""
    return TABLE.get(type(error), Row.UNCERTAIN)


class BadEvent(Exception):
    """A webhook body that says nothing we can use. The message is one sentence."""


class BadSeat(Exception):
    """A seat that cannot be used as entered. The message is one sentence that says what to do."""
