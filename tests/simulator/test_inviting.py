"""POST /users/invite: every row of the order in which the network checks an invitation."""

from hashlib import sha256

import httpx2
import pytest

from tests.simulator.running import KEY, Running, refusal


def test_a_call_without_a_key_is_refused(sim: Running) -> None:
    answer = httpx2.post(f"{sim.client.base_url}/api/v1/users/invite", json={}, trust_env=False)
    assert refusal(answer) == (401, "missing_credentials")


def test_a_call_with_a_wrong_key_is_refused(sim: Running) -> None:
    answer = sim.client.post("/api/v1/users/invite", json={}, headers={"X-API-KEY": KEY + "?"})
    assert refusal(answer) == (401, "invalid_credentials")


def test_an_unknown_account_is_not_found(sim: Running) -> None:
    assert refusal(sim.invite("nobody", sim.stranger("priya"))) == (404, "resource_not_found")


def test_an_account_to_be_connected_again_says_so(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.sim("POST", "/account/priya", {"status": "CREDENTIALS"})
    assert refusal(sim.invite("priya", person)) == (401, "disconnected_account")
    assert sim.get("/accounts/priya").json()["sources"][0]["status"] == "CREDENTIALS"
    sim.sim("POST", "/account/priya", {"status": "OK"})
    assert sim.invite("priya", person).status_code == 200


def test_a_restricted_account_may_not_invite_for_as_long_as_it_lasts(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.sim("POST", "/account/priya", {"status": "restricted", "days": 3})
    assert refusal(sim.invite("priya", person)) == (403, "account_restricted")
    sim.advance(days=3)
    assert sim.invite("priya", person).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"account_id": "priya"}, "missing_parameters"),
        ({"provider_id": "ACoAAx"}, "missing_parameters"),
        ({"account_id": "priya", "provider_id": 12}, "invalid_parameters"),
        ({"account_id": "priya", "provider_id": "ACoAAx", "message": ["Hi"]}, "invalid_parameters"),
        ([], "malformed_request"),
    ],
)
def test_a_missing_or_wrong_field_is_named(sim: Running, body: object, kind: str) -> None:
    assert refusal(sim.client.post("/api/v1/users/invite", json=body)) == (400, kind)


def test_a_form_instead_of_json_is_not_read(sim: Running) -> None:
    answer = sim.client.post("/api/v1/users/invite", data={"account_id": "priya"})
    assert refusal(answer) == (415, "unsupported_media_type")


def test_a_slug_or_an_unknown_member_is_no_recipient(sim: Running) -> None:
    assert refusal(sim.invite("priya", sim.stranger("priya")["slug"])) == (422, "invalid_recipient")
    assert refusal(sim.invite("priya", "ACoAAunknown")) == (422, "invalid_recipient")


def test_a_note_holds_300_characters_and_200_on_a_free_plan(sim: Running) -> None:
    person = sim.stranger("priya", degree={"mara": 2})
    assert refusal(sim.invite("priya", person, "x" * 301)) == (400, "too_many_characters")
    assert sim.invite("priya", person, "x" * 300).status_code == 200
    assert refusal(sim.invite("mara", person, "x" * 201)) == (400, "too_many_characters")
    assert sim.invite("mara", person, "x" * 200).status_code == 200


def test_a_line_end_counts_as_one_character(sim: Running) -> None:
    assert sim.invite("priya", sim.stranger("priya"), "x" * 298 + "\r\nx").status_code == 200


def test_a_free_plan_has_five_notes_a_calendar_month(sim: Running) -> None:
    for _ in range(5):
        assert sim.invite("mara", sim.stranger("mara"), "Hi").status_code == 200
    assert refusal(sim.invite("mara", sim.stranger("mara"), "Hi")) == (422, "limit_exceeded")
    assert sim.invite("mara", sim.stranger("mara")).status_code == 200, "a blank one is still possible"
    sim.advance_to("2026-11-30T23:59:59.999Z")
    assert refusal(sim.invite("mara", sim.stranger("mara"), "Hi")) == (422, "limit_exceeded")
    sim.advance_to("2026-12-01T00:00:00.000Z")
    assert sim.invite("mara", sim.stranger("mara"), "Hi").status_code == 200


def test_a_connection_cannot_be_invited_again(sim: Running) -> None:
    assert refusal(sim.invite("priya", sim.friend("priya"))) == (422, "already_connected")


def test_nobody_invites_themselves(sim: Running) -> None:
    own = sim.seeded["accounts"][0]["provider_id"]
    assert refusal(sim.invite("priya", own)) == (422, "cannot_invite_attendee")


def test_a_pending_invitation_forbids_another(sim: Running) -> None:
    person = sim.stranger("priya")
    assert sim.invite("priya", person).status_code == 200
    assert refusal(sim.invite("priya", person)) == (422, "already_invited_recently")


def test_after_a_withdrawal_a_person_rests_for_exactly_21_days(sim: Running) -> None:
    person = sim.stranger("priya")
    sent = sim.invite("priya", person).json()["invitation_id"]
    path = f"/api/v1/users/invite/sent/{sent}"
    assert sim.client.delete(path, params={"account_id": "priya"}).json() == {"object": "InvitationCanceled"}
    assert refusal(sim.client.delete(path, params={"account_id": "priya"})) == (404, "resource_not_found")
    assert sim.items("/users/invite/sent", account_id="priya") == []
    assert refusal(sim.invite("priya", person)) == (422, "already_invited_recently")
    sim.advance(days=20, hours=23)
    assert refusal(sim.invite("priya", person)) == (422, "already_invited_recently")
    sim.advance(hours=1)
    assert sim.invite("priya", person).status_code == 200


def test_a_person_who_wants_their_address_given_gets_it(sim: Running) -> None:
    person = sim.stranger("priya", needs_email=True)
    assert refusal(sim.invite("priya", person)) == (422, "cannot_invite_attendee")
    assert sim.invite("priya", person, user_email="someone@example.com").status_code == 200


def test_a_person_who_blocks_cannot_be_invited(sim: Running) -> None:
    assert refusal(sim.invite("priya", sim.stranger("priya", blocks=True))) == (422, "cannot_invite_attendee")


@pytest.mark.parametrize(
    ("option", "status"), [("cannot_resend_yet", 422), ("limit_exceeded", 422), ("too_many_requests", 429)]
)
def test_the_weekly_cap_is_rolling_and_says_no_in_the_chosen_way(sim: Running, option: str, status: int) -> None:
    sim.sim("POST", "/options", {"weekly_cap_error": option})
    sim.sim("POST", "/account/priya", {"weekly_cap": 3})
    for _ in range(3):
        assert sim.invite("priya", sim.stranger("priya")).status_code == 200
        sim.advance(days=1)
    person = sim.stranger("priya")
    assert refusal(sim.invite("priya", person)) == (status, option)
    sim.advance(days=3, hours=23, minutes=59, seconds=59.999)
    assert refusal(sim.invite("priya", person)) == (status, option)
    sim.advance(seconds=0.001)
    assert sim.invite("priya", person).status_code == 200, "the first is seven days old"
    assert refusal(sim.invite("priya", sim.stranger("priya"))) == (status, option)


def test_a_withdrawal_frees_no_weekly_room(sim: Running) -> None:
    sim.sim("POST", "/account/priya", {"weekly_cap": 1})
    sent = sim.invite("priya", sim.stranger("priya")).json()["invitation_id"]
    sim.client.delete(f"/api/v1/users/invite/sent/{sent}", params={"account_id": "priya"})
    assert refusal(sim.invite("priya", sim.stranger("priya"))) == (422, "cannot_resend_yet")


def test_too_many_pending_invitations_restrict_the_account_for_a_week(process: Running) -> None:
    process.seed({"id": "a", "pending_stop": 2, "weekly_cap": None})
    for _ in range(3):
        assert process.invite("a", process.stranger("a")).status_code == 200
    person = process.stranger("a")
    assert refusal(process.invite("a", person)) == (403, "account_restricted")
    for sent in process.items("/users/invite/sent", account_id="a"):
        answer = process.client.delete(f"/api/v1/users/invite/sent/{sent['id']}", params={"account_id": "a"})
        assert refusal(answer) == (403, "account_restricted"), "nor may it withdraw"
    process.act("withdraw_by_hand", "a", process.sim("GET", f"/people/{sent['invited_user_public_id']}"))
    assert refusal(process.invite("a", person)) == (403, "account_restricted"), "withdrawing lifts nothing"
    process.advance(days=7)
    assert process.invite("a", person).status_code == 200


def test_hardly_any_acceptance_restricts_the_account_once_sixty_have_had_a_week(process: Running) -> None:
    rates = {"accept_note": 0, "accept_blank": 0, "decline": 0, "first_degree": 0, "needs_email": 0}
    process.seed({"id": "a", "weekly_cap": None}, people=100, rates=rates)
    people = process.people()
    for person in people[:61]:
        assert process.invite("a", person).status_code == 200
    process.advance(days=6, hours=23)
    assert process.invite("a", people[61]).status_code == 200
    process.advance(hours=1)
    assert refusal(process.invite("a", people[62])) == (403, "account_restricted")


def test_enough_acceptance_keeps_the_account_free(process: Running) -> None:
    rates = {"accept_note": 0, "accept_blank": 0, "decline": 0, "first_degree": 0, "needs_email": 0}
    process.seed({"id": "a", "weekly_cap": None}, people=100, rates=rates)
    people = process.people()
    for number, person in enumerate(people[:62]):
        assert process.invite("a", person).status_code == 200
        if number < 5:
            process.act("accept", "a", person)
    process.advance(days=7)
    assert process.invite("a", people[62]).status_code == 200


def test_the_rows_are_checked_in_their_order(process: Running) -> None:
    """One request that breaks every rule; each refusal is lifted and the next one shows."""
    process.seed({"id": "a", "plan": "free", "weekly_cap": 6, "pending_stop": 0})
    for _ in range(5):
        assert process.invite("a", process.stranger("a"), "Hi").status_code == 200
        process.sim("POST", "/account/a", {"status": "OK"})
        for sent in process.items("/users/invite/sent", account_id="a"):
            process.client.delete(f"/api/v1/users/invite/sent/{sent['id']}", params={"account_id": "a"})
    left = process.stranger("a")
    assert process.invite("a", left).status_code == 200
    person = process.stranger("a", degree={"a": 1}, needs_email=True)
    process.sim("POST", "/account/a", {"status": "CREDENTIALS"})
    process.sim("POST", "/account/a", {"status": "restricted"})

    request = {"account_id": "nobody", "message": "x" * 301}
    headers = {"X-API-KEY": "wrong"}
    seen = []
    lifted = [
        lambda: headers.update({"X-API-KEY": KEY}),
        lambda: request.update(account_id="a"),
        lambda: (
            process.sim("POST", "/account/a", {"status": "OK"}),
            process.sim("POST", "/account/a", {"status": "restricted"}),
        ),
        lambda: process.sim("POST", "/account/a", {"status": "OK"}),
        lambda: request.update(provider_id=person["slug"]),
        lambda: request.update(provider_id=person["provider_id"]),
        lambda: request.update(message="x" * 200),
        lambda: request.pop("message"),
        lambda: process.script(person, degree={"a": 2}) and process.act("invite_by_hand", "a", person),
        lambda: process.act("decline", "a", person),
        lambda: request.update(user_email="someone@example.com"),
        lambda: process.sim("POST", "/account/a", {"weekly_cap": 99}),
        lambda: process.act("withdraw_by_hand", "a", left) and process.sim("POST", "/account/a", {"status": "OK"}),
    ]
    for lift in [None, *lifted]:
        if lift is not None:
            lift()
        answer = process.client.post("/api/v1/users/invite", json=request, headers=headers)
        seen.append(refusal(answer)[1] if answer.status_code >= 400 else "ok")
    assert seen == [
        "invalid_credentials",
        "resource_not_found",
        "disconnected_account",
        "account_restricted",
        "missing_parameters",
        "invalid_recipient",
        "too_many_characters",
        "limit_exceeded",
        "already_connected",
        "already_invited_recently",
        "cannot_invite_attendee",
        "cannot_resend_yet",
        "account_restricted",
        "ok",
    ]


def test_usage_appears_when_50_75_90_and_95_per_cent_are_crossed(sim: Running) -> None:
    sim.sim("POST", "/account/priya", {"weekly_cap": 20})
    seen = [sim.invite("priya", sim.stranger("priya")).json().get("usage") for _ in range(20)]
    expected = {10: 50, 15: 75, 18: 90, 19: 95}
    assert seen == [expected.get(n) for n in range(1, 21)]


def test_an_invitation_is_recorded_with_the_simulators_own_time(sim: Running) -> None:
    sim.advance(hours=1)
    person = sim.stranger("priya")
    invitation = sim.invite("priya", person, "Hi\r\nyou").json()["invitation_id"]
    [touch] = sim.accepted()
    assert touch["n"] == 1 and touch["at"] == "2026-11-02T09:00:00.000Z" and touch["account_id"] == "priya"
    assert (touch["kind"], touch["provider_id"], touch["slug"]) == (
        "invite_note",
        person["provider_id"],
        person["slug"],
    )
    assert touch["invitation_id"] == invitation and touch["message_id"] is None and touch["credit"] == 0
    assert touch["text_sha256"] == sha256(b"Hi\nyou").hexdigest()
