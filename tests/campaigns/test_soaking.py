"""What a soak counts as lost or stuck is really missing: proved on a provider that wrote and was not heard."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from campaigns.running.database import rows
from campaigns.timelapse import soaking
from tests.stage import Stage, simulator, stage

__all__ = ["simulator", "stage"]


def test_a_reply_that_we_do_not_have_is_lost_until_we_hear_of_it(stage: Stage) -> None:
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.reach(person)
    stage.outside.control(
        "POST", "/act", act="reply", account_id="seat-bob", person=stage.slugs[person], text="Yes, tell me more."
    )
    [(message, slug)] = soaking.lost_replies(stage.outside)
    assert slug == stage.slugs[person]
    stage.later(minutes=1)
    stage.hear()
    assert soaking.lost_replies(stage.outside) == []
    assert rows("SELECT id FROM campaigns_message WHERE provider_message = %s", (message,))


def test_what_is_on_its_way_at_the_end_is_stuck(stage: Stage) -> None:
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    touch = stage.reach(person)
    assert soaking.stuck() == []
    rows("UPDATE campaigns_inboundevent SET state = 'quarantined'")
    events = [f"event:{found['id']}" for found in rows("SELECT id FROM campaigns_inboundevent ORDER BY id")]
    assert sorted(soaking.stuck()) == sorted(events)
    assert touch["state"] == "sent"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["0"], "MINUTES must be above 0"),
        (["nan"], "MINUTES must be above 0"),
        (["1441"], "at most 1440"),
        (["1", "--people", "0"], "--people and --workers must be at least 1."),
        (["1", "--workers", "0"], "--people and --workers must be at least 1."),
    ],
)
def test_a_soak_that_cannot_be_played_says_so_in_one_sentence(
    settings: Any, arguments: list[str], sentence: str
) -> None:
    settings.PARLEY_CLOCK, settings.HTTP_TIMEOUT_S = "virtual", 2
    with pytest.raises(CommandError, match=sentence):
        call_command("soak", *arguments)


def test_a_soak_on_the_real_clock_is_refused(settings: Any) -> None:
    settings.PARLEY_CLOCK = "real"
    with pytest.raises(CommandError, match="A soak needs virtual time"):
        call_command("soak", "1")


def test_a_soak_touches_no_data_that_is_there(stage: Stage, settings: Any) -> None:
    settings.PARLEY_CLOCK, settings.HTTP_TIMEOUT_S = "virtual", 2
    with pytest.raises(CommandError, match="needs an empty database"):
        call_command("soak", "1")
