"""At most so many people of one company are approached within so many days, over all senders, under any number of
workers; who waits knows until when."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import History
from accounts.rights import NotAllowed
from campaigns.running import companies, planning, turns, why
from campaigns.running.companies import BadThrottle
from campaigns.running.database import rows
from outreach.engine.causes import Cause
from prospects.models import Company, Prospect
from tests.outside import until
from tests.stage import Stage
from tests.threads import Thread, waiting_for_locks


def employ(stage: Stage, people: Sequence[int], name: str = "Northgate") -> None:
    company = Company.objects.create(workspace=stage.workspace, name=name)
    Prospect.objects.filter(pk__in=people).update(company=company)


def limit(stage: Stage, people: int | None, days: int | None) -> bool:
    return companies.throttle(people, days, by=stage.members["mara"], now=stage.now)


def approached(stage: Stage, people: Sequence[int]) -> list[int]:
    return [person for person in people if stage.accepted(person)]


def test_one_company_gets_one_new_person_a_week_over_two_senders(stage: Stage) -> None:
    people, elsewhere = stage.people(4), stage.people(2)
    employ(stage, people)
    limit(stage, 1, 7)
    stage.launch("volume", [*people[:2], elsewhere[0]], "bob")
    stage.launch("volume", [*people[2:], elsewhere[1]], "priya")
    stage.pass_time(hours=6)
    [first] = approached(stage, people)
    assert approached(stage, elsewhere) == elsewhere  # of no company that anybody counts
    opens = stage.sent_to(first)[0]["gate_at"] + timedelta(days=7)
    others = [stage.enrollment(person) for person in people if person != first]
    assert {(one["cause"], one["cause_until"]) for one in others} == {("company_throttle", opens)}
    reasons = why.explain(stage.workspace.pk, stage.now, [one["id"] for one in others])
    assert {(reason.cause, reason.until) for reason in reasons} == {(Cause.COMPANY_THROTTLE, opens)}
    stage.go_to(opens - timedelta(seconds=1))
    stage.settle()
    assert approached(stage, people) == [first]
    stage.go_to(opens)
    stage.settle()
    assert len(approached(stage, people)) == 2
    stage.pass_time(days=1)
    assert len(approached(stage, people)) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_approach_one_of_them(stage: Stage) -> None:
    people = stage.people(2, tier=3)
    employ(stage, people)
    limit(stage, 1, 7)
    stage.launch("volume", people[:1], "bob")
    stage.launch("volume", people[1:], "priya")
    stage.decide()
    claimed = turns.claim(now=stage.now)
    for turn in claimed:
        turns.profiles.freshen(turn.heads[0], now=stage.now)
        planning.decide_these([turn.heads[0].enrollment], now=stage.now)
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_lane ORDER BY id FOR NO KEY UPDATE")  # the last lock that a gate takes
        taking = [Thread(turns.take, turn) for turn in claimed]
        until(lambda: waiting_for_locks() == 2, what="both gates to wait")
    outcomes = [thread.result() for thread in taking]
    assert sorted(outcomes) == [["company_throttle"], ["sent"]]
    assert len(approached(stage, people)) == 1


def test_who_was_approached_goes_on_whatever_the_others_do(stage: Stage) -> None:
    person, other = stage.people(2, connected_to="bob")
    stage.launch("volume", [person, other])
    stage.reach(person)
    stage.reach(other)
    employ(stage, [person, other])
    limit(stage, 1, 30)
    stage.pass_time(days=8)
    assert len(stage.accepted(person)) > 1 and len(stage.accepted(other)) > 1


def test_lifting_it_lets_the_others_go(stage: Stage) -> None:
    people = stage.people(3)
    employ(stage, people)
    limit(stage, 1, 30)
    stage.launch("volume", people)
    stage.pass_time(hours=2)
    assert len(approached(stage, people)) == 1
    assert limit(stage, None, None) and not limit(stage, None, None)
    stage.pass_time(hours=2)
    assert approached(stage, people) == people


def test_a_larger_one_wakes_who_waits(stage: Stage) -> None:
    people = stage.people(3)
    employ(stage, people)
    limit(stage, 1, 30)
    stage.launch("volume", people)
    stage.pass_time(hours=2)
    assert limit(stage, 2, 30) and not limit(stage, 2, 30)
    stage.pass_time(hours=2)
    assert len(approached(stage, people)) == 2


def test_managers_set_it_and_history_says_so(stage: Stage) -> None:
    with pytest.raises(NotAllowed):
        companies.throttle(1, 7, by=stage.members["bob"], now=stage.now)
    limit(stage, 1, 7)
    limit(stage, None, None)
    noted = History.objects.filter(verb__startswith="company").order_by("pk")
    assert [(one.verb, one.data) for one in noted] == [
        ("company throttle set", {"people": 1, "days": 7}),
        ("company throttle lifted", {}),
    ]


@pytest.mark.parametrize(
    ("people", "days", "field"), [(0, 7, "people"), (None, 7, "people"), (3, None, "days"), (3, 400, "days")]
)
def test_what_is_no_throttle_is_refused_in_one_sentence(
    stage: Stage, people: int | None, days: int | None, field: str
) -> None:
    with pytest.raises(BadThrottle, match=f"Give a number of {field} from 1 to") as caught:
        limit(stage, people, days)
    assert caught.value.field == field
