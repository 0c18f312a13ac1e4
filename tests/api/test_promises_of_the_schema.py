"""docs/openapi.yaml is what the code says, and whatever is called by it or against it, the API keeps to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core import signals
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django_scopes import scope
from hypothesis import HealthCheck
from hypothesis import settings as examples
from schemathesis.specs.openapi.checks import positive_data_acceptance

from accounts import keys
from accounts.models import Member
from tests.api.caller import token
from tests.cast import Tidewell, campaign, enroll, prospects
from tests.web.conversations import conversation

WRITTEN = Path(settings.BASE_DIR, "docs", "openapi.yaml")
SCHEMA = schemathesis.openapi.from_path(WRITTEN)
SCHEMA.app = get_wsgi_application()


def test_what_is_written_is_what_the_code_says(tmp_path: Path) -> None:
    said = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(said), validate=True, fail_on_warn=True)
    assert WRITTEN.read_text() == said.read_text(), "run ./dev manage spectacular --file docs/openapi.yaml"


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The application under the schema's client stays in the transaction of the test, as it does under Django's own."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def bearer(
    monday: object, tidewell: Tidewell, alice: Member, one_connection: None, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A key that may everything, and may ask often; in a workspace that has something of each."""
    monkeypatch.setattr(keys, "PER_MINUTE", 1_000_000)
    with scope(workspace=tidewell.workspace):
        conversation(tidewell.senders["bob"])
        people = prospects(tidewell.workspace, 3)
        enroll(campaign(tidewell.bob), tidewell.senders["bob"], people)
    return {"Authorization": f"Bearer {token(alice)}"}


@pytest.mark.django_db
@SCHEMA.parametrize()
@examples(max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_call_keeps_to_it(case: Any, bearer: dict[str, str]) -> None:
    # What the rules refuse (a name that is taken, a draft without people) no schema can say.
    case.call_and_validate(headers=bearer, excluded_checks=[positive_data_acceptance])
