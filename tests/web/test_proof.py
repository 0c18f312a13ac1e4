"""Settings › Promises: the last result, and having everything recomputed now."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import Member
from campaigns.models import ProofRun
from campaigns.proof import PARTS, runner
from tests.cast import MONDAY, Tidewell

SignIn = Callable[[Member | None], Client]


def page(client: Client) -> str:
    return client.get(reverse("proof")).content.decode()


def run(tidewell: Tidewell, days: int, *, broken: bool = False) -> ProofRun:
    breach = {"sentence": "These <b>rows</b> show it.", "count": 12, "rows": ["touch:4", "touch:5"]}
    checks = [
        {"name": "credits: exact", "ok": True, "counted": 3, "noun": "transfers", "note": "", "breaches": []},
        {"name": "windows: no more", "ok": not broken, "counted": 9, "noun": "acts", "note": "",
         "breaches": [breach] if broken else []},
    ]  # fmt: skip
    at = MONDAY + timedelta(days=days)
    with scope(workspace=tidewell.workspace):
        made: ProofRun = ProofRun.objects.create(
            workspace=tidewell.workspace, began_at=at, ended_at=at, done=9, total=9, broken=int(broken), checks=checks
        )
    return made


def test_before_the_first_night_it_says_when_that_is(tidewell: Tidewell, signed_in: SignIn) -> None:
    assert "The first time is tonight" in page(signed_in(tidewell.alice))


def test_the_last_result_names_the_rows_of_what_is_broken(tidewell: Tidewell, signed_in: SignIn) -> None:
    run(tidewell, 1)
    run(tidewell, 2, broken=True)
    said = page(signed_in(tidewell.mara))
    assert "1 of 2 promises is broken" in said and "touch:4, touch:5" in said and "all 2 held" in said
    assert "&lt;b&gt;rows" in said and "Check now" not in said, "a manager reads"


def test_an_admin_has_it_recomputed_and_sees_it_go_on(tidewell: Tidewell, signed_in: SignIn) -> None:
    client = signed_in(tidewell.alice)
    assert client.post(reverse("proof-begin")).status_code == 302
    said = page(client)
    assert f"0 of {len(PARTS)} parts are done" in said and 'hx-trigger="load delay:2s"' in said
    assert "Check now" not in said
    (begun,) = runner.unfinished()
    while runner.work(begun, now=MONDAY):
        pass
    said = page(client)
    assert "promises hold" in said and "hx-trigger" not in said.partition('id="proof"')[2].partition("</section>")[0]
    part = client.get(reverse("proof"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and 'id="proof"' in part


def test_many_results_cost_no_more_queries(
    tidewell: Tidewell, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(tidewell.alice)
    run(tidewell, 1)
    client.get(reverse("proof"))  # the first page of a session writes it down
    few = query_count(client, reverse("proof"))
    for day in range(2, 12):
        run(tidewell, day)
    assert query_count(client, reverse("proof")) == few


def test_another_workspace_sees_nothing_of_it(tidewell: Tidewell, charlie: Member, signed_in: SignIn) -> None:
    run(tidewell, 1, broken=True)
    assert "touch:4" not in page(signed_in(charlie))
