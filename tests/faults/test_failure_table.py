"""The failure table: each class of failure of a connector stands in one row, each row has a class, and what the row
says is what happens to the touch, the credit, the step and the sender."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns.running import gate, planning, turns
from campaigns.running.gate import Dispatch
from outreach.connectors import failures, registry
from outreach.connectors.base import Answer, Outgoing
from outreach.connectors.failures import (
    TABLE,
    ConnectorError,
    Limited,
    LoggedOut,
    NotSent,
    Refused,
    Restricted,
    Row,
    Unknown,
)
from tests.stage import Stage


@dataclass(frozen=True, slots=True)
class Fails:
    """An outside world in which every hand-over fails alike."""

    error: ConnectorError

    def hand_over(self, outgoing: Outgoing) -> Answer:
        raise self.error


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows a failed InMail. `again`: whether the same step is tried again; `after`: not before that."""

    touch: str
    credit: tuple[str, ...]
    sender: str = "active"
    again: bool = False
    after: timedelta = timedelta(0)


VOIDED = ("available to reserved", "reserved to available")
FOLLOWS: dict[Row, list[tuple[ConnectorError, Follows]]] = {
    Row.NOT_SENT: [(NotSent("unreachable"), Follows("not_sent", VOIDED, again=True, after=timedelta(seconds=30)))],
    Row.LIMITED: [
        (Limited("http_503", "", 900.0), Follows("not_sent", VOIDED, again=True, after=timedelta(minutes=15))),
        (Limited("too_many_requests"), Follows("not_sent", VOIDED, again=True, after=timedelta(hours=24))),
    ],
    Row.REFUSED: [
        (Refused("not_allowed_inmail"), Follows("refused", VOIDED)),
        (Refused("a_word_of_tomorrow"), Follows("refused", VOIDED)),
    ],
    Row.SEAT: [
        (LoggedOut("disconnected_account"), Follows("not_sent", VOIDED, sender="disconnected")),
        (LoggedOut("http_401"), Follows("not_sent", VOIDED, sender="disconnected")),
        (Restricted("account_restricted"), Follows("not_sent", VOIDED, sender="frozen")),
        (Restricted("a_word_of_tomorrow"), Follows("not_sent", VOIDED, sender="frozen")),
    ],
    Row.UNCERTAIN: [(Unknown("No answer came."), Follows("uncertain", ("available to reserved",)))],
}


def classes(of: type[ConnectorError] = ConnectorError) -> set[type[ConnectorError]]:
    """Every class of failure that the product knows, however deep."""
    assert registry.VENDORS  # all connectors are loaded, with failures of their own if they had any
    return {found for one in of.__subclasses__() for found in ({one} | classes(one))}


def passed(stage: Stage) -> tuple[int, Dispatch]:
    """An InMail that is through the gate and not handed over yet."""
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    turns.profiles.freshen(turn.heads[0], now=stage.now)
    planning.decide_these([turn.heads[0].enrollment], now=stage.now)
    dispatch = gate.enter(turn.heads[0], turn.token)
    assert isinstance(dispatch, Dispatch)
    return person, dispatch


def test_each_class_of_failure_stands_in_one_row_and_each_row_has_a_class() -> None:
    assert set(TABLE) == classes()
    assert set(TABLE.values()) == set(Row) == set(FOLLOWS)
    assert {type(error) for cases in FOLLOWS.values() for error, _ in cases} == set(TABLE)
    assert all(failures.row(error) is row for row, cases in FOLLOWS.items() for error, _ in cases)


def test_a_failure_of_no_known_class_may_have_arrived() -> None:
    assert failures.row(ConnectorError("something_new")) is Row.UNCERTAIN


@pytest.mark.parametrize(
    ("error", "follows"),
    [
        pytest.param(error, follows, id=f"{type(error).__name__}-{error.code}")
        for cases in FOLLOWS.values()
        for error, follows in cases
    ],
)
def test_what_the_row_says_is_what_happens(stage: Stage, error: ConnectorError, follows: Follows) -> None:
    person, dispatch = passed(stage)
    failing: Any = Fails(error)
    turns.hand_over(replace(dispatch, connector=failing))
    assert stage.touch(person)["state"] == follows.touch
    assert stage.moved(person) == list(follows.credit)
    assert stage.sender("priya")["state"] == follows.sender
    if follows.sender != "active":
        stage.later(days=2)
        assert stage.settle() == [] and stage.accepted(person) == []  # its people wait with it
        return
    if follows.after:
        stage.later(seconds=follows.after.total_seconds() - 5)
        stage.settle()
        assert stage.accepted(person) == []
        stage.later(minutes=2)
    stage.settle()
    assert stage.accepted(person) == (["inmail"] if follows.again else [])
