"""The provider's own ledger of InMail credits."""

import pytest

from tests.simulator.running import Running


@pytest.mark.parametrize(
    ("plan", "product", "grant"),
    [
        ("career", "premium", 5),
        ("business", "premium", 15),
        ("sn_core", "sales_navigator", 50),
        ("recruiter_lite", "recruiter", 30),
    ],
)
def test_a_subscription_starts_with_its_grant(process: Running, plan: str, product: str, grant: int) -> None:
    process.seed({"id": "a", "plan": plan})
    balance = process.get("/linkedin/inmail_balance", account_id="a").json()
    expected = dict.fromkeys(("premium", "recruiter", "sales_navigator")) | {product: grant}
    assert balance == {"object": "LinkedinInmailBalance", **expected}


def test_a_free_plan_has_no_balance(sim: Running) -> None:
    balance = sim.get("/linkedin/inmail_balance", account_id="mara").json()
    assert balance == {"object": "LinkedinInmailBalance", "premium": None, "recruiter": None, "sales_navigator": None}


def test_sales_navigator_grants_on_the_first_of_the_month_and_never_above_the_cap(sim: Running) -> None:
    sim.advance_to("2026-11-30T23:59:59.999Z")
    assert sim.balance("priya") == 50
    seen = []
    for month in ("2026-12", "2027-01", "2027-02"):
        sim.advance_to(f"{month}-01T00:00:00.000Z")
        seen.append(sim.balance("priya"))
    assert seen == [100, 150, 150]


def test_premium_grants_on_its_billing_day(sim: Running) -> None:
    sim.advance_to("2026-11-14T23:59:59.999Z")
    assert sim.balance("bob", "premium") == 15
    sim.advance_to("2026-11-15T00:00:00.000Z")
    assert sim.balance("bob", "premium") == 30
    sim.advance_to("2027-06-01T00:00:00.000Z")
    assert sim.balance("bob", "premium") == 45


def test_a_billing_day_that_a_month_lacks_is_its_last(process: Running) -> None:
    process.seed({"id": "a", "plan": "career", "billing_day": 31})
    seen = []
    for day in ("2026-11-29", "2026-11-30", "2026-12-30", "2026-12-31"):
        process.advance_to(f"{day}T12:00:00.000Z")
        seen.append(process.balance("a", "premium"))
    assert seen == [5, 10, 10, 15]


def test_a_reply_gives_the_credit_back_once(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.inmail("priya", person)
    assert sim.balance("priya") == 49
    sim.act("reply", "priya", person, text="Yes?")
    assert sim.balance("priya") == 50
    sim.act("reply", "priya", person, text="Hello?")
    assert sim.balance("priya") == 50
    kinds = [entry["kind"] for entry in sim.sim("GET", "/ledger?account_id=priya")["items"]]
    assert kinds == ["grant", "spend", "return"]


@pytest.mark.parametrize("act", ["accept_inmail", "decline_inmail"])
def test_a_silent_answer_gives_the_credit_back_too(sim: Running, act: str) -> None:
    person = sim.stranger("priya")
    chat = sim.inmail("priya", person).json()["chat_id"]
    sim.act(act, "priya", person)
    assert sim.balance("priya") == 50 and len(sim.items(f"/chats/{chat}/messages")) == 1


def test_on_day_90_the_credit_comes_back_and_after_it_not(process: Running) -> None:
    process.seed({"id": "a", "plan": "sn_core", "credits": 10, "grant": 0})
    early, late = process.stranger("a"), process.stranger("a")
    process.inmail("a", early)
    process.inmail("a", late)
    process.advance(days=90)
    process.act("reply", "a", early, text="At last")
    assert process.balance("a") == 9
    process.advance(seconds=0.001)
    process.act("reply", "a", late, text="Too late")
    assert process.balance("a") == 9


def test_one_response_returns_one_credit_of_two_inmails(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.inmail("priya", person)
    sim.inmail("priya", person)
    sim.act("reply", "priya", person, text="Stop asking")
    assert sim.balance("priya") == 49


def test_a_return_at_the_cap_is_clamped(process: Running) -> None:
    process.seed({"id": "a", "plan": "sn_core", "credits": 150})
    person = process.stranger("a")
    process.inmail("a", person)
    process.advance_to("2026-12-01T00:00:00.000Z")
    assert process.balance("a") == 150
    process.act("reply", "a", person, text="Hi")
    assert process.balance("a") == 150


def test_another_plan_takes_the_old_credits_away(sim: Running) -> None:
    sim.inmail("priya", person := sim.stranger("priya"))
    sim.sim("POST", "/account/priya", {"plan": "business"})
    assert sim.balance("priya") is None and sim.balance("priya", "premium") == 15
    sim.act("reply", "priya", person, text="Hi")
    assert sim.balance("priya", "premium") == 15, "a credit of the old product does not come back to the new one"


def test_the_ledger_adds_up_to_the_balance(process: Running) -> None:
    process.seed({"id": "a", "plan": "sn_core"}, people=200)
    for person in process.people():
        if person["degree"]["a"] != 1:
            process.inmail("a", person)
    process.advance(days=100)
    entries = process.sim("GET", "/ledger?account_id=a")["items"]
    assert sum(entry["amount"] for entry in entries) == process.balance("a") == entries[-1]["balance"]
    assert {"grant", "spend", "return"} == {entry["kind"] for entry in entries}
    assert all(0 <= entry["balance"] <= 150 for entry in entries)
    assert len({e["cause"] for e in entries if e["kind"] == "return"}) == sum(e["kind"] == "return" for e in entries)
