"""The Team page: every number opens exactly its rows, every rate says how sure it is, and the money can be checked."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import ledger
from accounts.models import CreditTransfer, Member, Role
from campaigns.metrics import behind, funnel, rollups, spending
from campaigns.metrics.funnel import Cut
from campaigns.models import Campaign, Enrollment, Message, RollupMark, Thread, Touch
from outreach.engine.kinds import Kind
from prospects.models import Prospect
from tests.answers import lines
from tests.campaigns.test_rollups import sent, writes
from tests.cast import MONDAY, Tidewell, campaign, enroll, member, prospects, sender, unsaved_touch
from tests.web.hostile import FORMULA, REFUSED, hostile

pytestmark = pytest.mark.django_db

SignIn = Callable[[Member | None], Client]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LINK = re.compile(r'<a class="n" href="(/team/rows/\?[^"]*)">([\d,]+)</a>')


def page(client: Client, **query: Any) -> str:
    answer = client.get(reverse("team"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(html: str) -> list[tuple[str, int]]:
    """Each number that is a link, with its address."""
    return [(unescape(address), int(n.replace(",", ""))) for address, n in LINK.findall(html)]


def rows_of(client: Client, address: str) -> int:
    """What the rows behind a number add up to, counted by following the list to its end."""
    total = 0
    while address:
        html = client.get(address).content.decode()
        table = re.findall(r'<tr data-row="\d+">(.*?)</tr>', html, re.S)
        credits = [int(n) for row in table for n in re.findall(r'<td class="num">(\d+)</td>', row)]
        total += sum(credits) if '<th scope="col" class="num">Credits</th>' in html else len(table)
        more = re.search(r'<a href="([^"]+)">Older</a>', html)
        address = reverse("team-rows") + unescape(more[1]) if more else ""
    return total


def busy(cast: Tidewell) -> None:
    """Three weeks of Bob and Alice: invites, messages, InMails with credits, replies of all tempers, two campaigns."""
    with scope(workspace=cast.workspace):
        for name, into in (("bob", campaign(cast.bob)), ("alice", campaign(cast.mara, "Depots"))):
            of = cast.senders[name]
            people = enroll(into, of, prospects(cast.workspace, 24))
            for n, one in enumerate(people):
                Prospect.objects.filter(pk=one.prospect_id).update(tier=n % 3 + 1)
            for n, one in enumerate(people):
                at = MONDAY - (20 - n % 12) * DAY
                kind = (Kind.INVITE_NOTE, Kind.INVITE, Kind.LIKE, Kind.OPEN_INMAIL)[n % 4]
                sent(one, kind, at, response="accepted" if n % 8 == 0 else "declined" if n == 5 else "")
                if n % 8 == 0:
                    sent(one, Kind.DM, at + DAY)
                if n % 5 == 0:
                    said = writes(one, at + 3 * DAY, ("interested", "out_of_office", "stop")[n // 5 % 3])
                    if n % 3 == 0:
                        Thread.objects.filter(pk=said.thread_id).update(outcome="held", outcome_at=at + 5 * DAY)
            _inmails(cast, name, people)


def _inmails(cast: Tidewell, name: str, people: list[Enrollment]) -> None:
    balance = ledger.open_balance(cast.senders[name], now=MONDAY - 25 * DAY)
    assert balance is not None
    for n, one in enumerate(people[:10]):
        at = MONDAY - (9 - n // 2) * DAY
        touch = sent(one, Kind.INMAIL, at)
        ledger.reserve(balance.pk, touch=touch.pk, now=at)
        ledger.post(balance.pk, touch=touch.pk, now=at)
        if n % 3 == 0:
            writes(one, at + HOUR)
            ledger.give_back(balance.pk, touch=touch.pk, sent_at=at, responded_at=at + HOUR, now=at + HOUR)


def keep() -> None:
    while rollups.keep():
        pass


# --- every number opens its rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"period": "7"},
        {"channel": "inmail"},
        {"tier": "3"},
        {"period": "90"},
        {"from": "2026-10-14", "to": "2026-10-20"},
    ],
    ids=str,
)
def test_every_number_opens_exactly_its_rows(
    query: dict[str, str], monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    busy(tidewell)
    client = signed_in(tidewell.mara)
    found = dict(numbers(page(client, **query)))
    assert len(found) > 12
    assert {address: rows_of(client, address) for address in found} == found


def test_the_filters_of_a_person_and_a_campaign_go_along(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    busy(tidewell)
    client = signed_in(tidewell.vera)
    with scope(workspace=tidewell.workspace):
        depots = Campaign.objects.get(name="Depots")
    for query in ({"sdr": tidewell.bob.pk}, {"campaign": depots.pk}, {"sdr": tidewell.alice.pk, "tier": 2}):
        found = dict(numbers(page(client, **query)))
        assert found and all(f"{name}={value}" in address for address in found for name, value in query.items())
        assert {address: rows_of(client, address) for address in found} == found


def test_the_page_is_the_same_before_and_after_the_days_are_counted(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    busy(tidewell)
    client = signed_in(tidewell.mara)
    with scope(workspace=tidewell.workspace):
        assert RollupMark.objects.exists()
        before = numbers(page(client))
        keep()
        assert not RollupMark.objects.exists()
    assert numbers(page(client)) == before


def test_the_tables_and_the_touches_give_the_same_funnel(monday: object, tidewell: Tidewell) -> None:
    """Asked by each campaign it reads touches; asked of all it reads the daily tables. The sums are equal."""
    busy(tidewell)
    keep()
    whole = Cut(tidewell.workspace.pk, (MONDAY - 40 * DAY).date(), MONDAY.date())
    with scope(workspace=tidewell.workspace):
        ids = list(Campaign.objects.values_list("pk", flat=True))
    all_at_once = funnel.read(whole)
    one_by_one = [funnel.read(Cut(whole.workspace, whole.first, whole.last, campaign=pk)) for pk in ids]
    assert sum((one.total for one in one_by_one), funnel.Count()) == all_at_once.total
    assert all_at_once.total.sent > 60 and all_at_once.total.replied > 8
    assert {pk: one.total for pk, one in zip(ids, one_by_one, strict=True)} == funnel.by_campaign(whole)
    assert sum(all_at_once.by_day.values(), funnel.Count()) == all_at_once.total
    assert sum(all_at_once.by_sender.values(), funnel.Count()) == all_at_once.total
    assert sum(all_at_once.by_channel.values(), funnel.Count()) == all_at_once.total


def test_a_long_list_of_rows_goes_on(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    with scope(workspace=tidewell.workspace):
        for one in enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 120)):
            sent(one, Kind.INVITE, MONDAY - HOUR)  # all in one instant
    client = signed_in(tidewell.bob)
    [(address, n), *_] = numbers(page(client))
    assert n == rows_of(client, address) == 120


# --- money ------------------------------------------------------------------------------------------------------------


def test_the_example_of_the_field_by_the_ledger(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    """In October 50 credits of 99 ÷ 50 dollars were spent, five InMails were answered; in November the five credits
    that came back were spent again."""
    october = MONDAY.replace(month=10, day=5)
    with scope(workspace=tidewell.workspace):
        of = tidewell.senders["alice"]
        balance = ledger.open_balance(of, now=october)
        assert balance is not None and balance.available == 50
        people = enroll(campaign(tidewell.alice), of, prospects(tidewell.workspace, 56))
        for n, one in enumerate(people):
            at = october + n * HOUR if n < 50 else MONDAY - HOUR
            touch = sent(one, Kind.INMAIL, at)
            ledger.reserve(balance.pk, touch=touch.pk, now=at)
            ledger.post(balance.pk, touch=touch.pk, now=at)
            if n % 10 == 0 and n < 50:
                writes(one, at + HOUR)
                ledger.give_back(balance.pk, touch=touch.pk, sent_at=at, responded_at=at + HOUR, now=at + HOUR)
            if n == 54:
                break
    html = page(signed_in(tidewell.mara), **{"from": "2026-10-01", "to": "2026-10-31"})
    cost = html[html.index('id="cost"') : html.index('id="credits"')]
    assert '<td>credits, gross</td><td class="num">$19.80</td>' in cost
    assert 'spent again</td><td class="num">$17.82</td>' in cost
    assert "$17.82<small> net</small>" in html


moves = st.lists(st.tuples(st.sampled_from(["spend", "answer", "void", "adjust"]), st.integers(0, 9)), max_size=60)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=moves)
def test_what_was_spent_again_is_what_a_queue_of_credits_says(done: list[tuple[str, int]], tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace):
        of = sender(tidewell.bob, "Bob too", "career")
        balance = ledger.open_balance(of, now=MONDAY - 40 * DAY)
        assert balance is not None
        base, now, paid = balance.pk * 1_000, MONDAY - 30 * DAY, []
        for n, (what, which) in enumerate(done):
            now += 6 * HOUR
            ledger.grant_due(now=now, balances=[balance.pk])
            try:
                match what:
                    case "spend" | "void":
                        ledger.reserve(balance.pk, touch=base + n, now=now)
                        (ledger.post if what == "spend" else ledger.void)(balance.pk, touch=base + n, now=now)
                        paid += [base + n] if what == "spend" else []
                    case "answer" if paid:
                        ledger.give_back(
                            balance.pk, touch=paid[which % len(paid)], sent_at=now, responded_at=now, now=now
                        )
                    case "adjust":
                        ledger.adjust(balance, which - 4, by=tidewell.alice, now=now, note="Counted.")
            except ledger.LedgerRefusal:
                pass
        cut = Cut(tidewell.workspace.pk, (MONDAY - 60 * DAY).date(), (MONDAY + 60 * DAY).date(), sender=of.pk)
        expected = _queue(list(CreditTransfer.objects.filter(balance=balance).order_by("id")))
        assert sum(one.again for one in spending.credits(cut)) == expected
        assert behind.behind(cut, behind.AGAIN).total == expected


def _queue(transfers: list[CreditTransfer]) -> int:
    """Credits one by one in the order in which they came; the returned among them that a touch took."""
    kept: list[bool] = []
    again = 0
    for move in transfers:
        if move.credit == "available" and move.debit != "reserved":
            kept += [move.debit == "returned"] * move.amount
        elif move.debit in ("available", "reserved") and move.credit not in ("available", "reserved"):
            gone, kept = kept[: move.amount], kept[move.amount :]
            again += sum(gone) if move.credit == "spent" else 0
    return again


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_few_tries_show_a_range(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    with scope(workspace=tidewell.workspace):
        people = enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 10))
        for n, one in enumerate(people):
            sent(one, Kind.DM, MONDAY - DAY)
            if n < 3:
                writes(one, MONDAY)
    html = page(signed_in(tidewell.mara))
    assert "11 to 60%" in html and "n = 10" in html
    assert "30%" not in html


def test_before_the_first_touch_it_says_what_will_be_here(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    html = page(signed_in(tidewell.mara))
    assert "Nothing was sent yet" in html and reverse("campaigns") in html


def test_days_without_a_touch_offer_more_days_or_fewer_filters(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    busy(tidewell)
    client = signed_in(tidewell.mara)
    assert "Look at 90 days" in page(client, **{"from": "2026-01-01", "to": "2026-01-02"})
    html = page(client, channel="whatsapp")
    assert "Nothing was sent that matches" in html and "Clear the filters" in html


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"from": "2026-11-31"}, "That is no day"),
        ({"from": "2026-10-09", "to": "2026-10-01"}, "The first day is after the last"),
        ({"from": "2024-01-01", "to": "2026-10-01"}, "more than 366 days"),
        ({"period": "weeks"}, "That period is not known"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "long before"),
    ],
    ids=str,
)
def test_what_is_not_understood_is_told_and_changes_nothing(
    query: dict[str, str], sentence: str, monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    html = page(signed_in(tidewell.mara), **query)
    assert sentence in html and "4 Oct to 2 Nov 2026" in html


def test_junk_in_the_address_is_left_out(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    busy(tidewell)
    client = signed_in(tidewell.mara)
    junk = {"sdr": "x", "tier": "7", "channel": "smoke", "campaign": "-1", "sender": "9" * 30}
    assert numbers(page(client, **junk)) == numbers(page(client))
    for after in ("x", "2026-11-02T00:00:00~1", "2026-99-99T00:00:00+00:00~1", "~"):
        assert client.get(reverse("team-rows"), {"after": after}).status_code == 200
    assert client.get(reverse("team-rows"), {"what": "everything"}).status_code == 404


def test_filters_stand_as_chips_that_can_be_taken_away(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    busy(tidewell)
    html = page(signed_in(tidewell.mara), sdr=tidewell.bob.pk, tier="2", period="90")
    assert html.count('aria-label="Remove filter') == 2
    assert f'href="?period=90&amp;sdr={tidewell.bob.pk}" aria-label="Remove filter Tier"' in html
    assert 'href="?period=90&amp;tier=2" aria-label="Remove filter SDR"' in html


def test_days_that_are_a_period_are_called_so(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    """The form of filters sends its days along: they stay "the last 30 days" tomorrow."""
    html = page(signed_in(tidewell.mara), **{"from": "2026-10-04", "to": "2026-11-02"})
    assert 'aria-current="true">30 days</a>' in html


def test_another_workspace_has_numbers_of_its_own(
    monday: object, tidewell: Tidewell, charlie: Member, signed_in: SignIn
) -> None:
    busy(tidewell)
    client = signed_in(charlie)
    assert numbers(page(client, sdr=tidewell.bob.pk)) == numbers(page(client)) == []
    for what in behind.MEASURES:
        html = client.get(reverse("team-rows"), {"what": what, "period": "90"}).content.decode()
        assert "data-row" not in html and "Ingrid" not in html


def test_what_outsiders_write_is_only_text(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    foe = hostile(tidewell.workspace, tidewell.bob)
    with scope(workspace=tidewell.workspace):
        sent(foe.enrollment, Kind.OPEN_INMAIL, MONDAY - HOUR)
        writes(foe.enrollment, MONDAY - HOUR)
    client = signed_in(tidewell.mara)
    html = page(client)
    for address, _ in numbers(html):
        html += client.get(address).content.decode()
    assert "&lt;script&gt;" in html
    assert [bad for bad in REFUSED if bad in html] == []


# --- files ------------------------------------------------------------------------------------------------------------


def file(client: Client, name: str, **query: Any) -> list[list[str]]:
    return lines(client.get(reverse(name), query))


def test_the_file_has_the_numbers_of_the_page(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    busy(tidewell)
    client = signed_in(tidewell.mara)
    head, *lines = file(client, "team-file")
    assert len(set(head)) == len(head) == len(lines[0])
    html = page(client)
    total = dict(zip(head, lines[0], strict=True))
    assert f">{total['Touches sent']}</a>" in html and f">{total['Human replies']}</a>" in html
    assert [line[1] for line in lines if line[0] == "SDR"] == ["Alice Lindqvist", "Bob Moreau"]
    sdrs = [int(line[head.index("Touches sent")]) for line in lines if line[0] == "SDR"]
    assert sum(sdrs) == int(total["Touches sent"])


def test_the_file_of_rows_has_every_row_and_runs_no_formula(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    busy(tidewell)
    with scope(workspace=tidewell.workspace):
        Prospect.objects.update(first_name=FORMULA, last_name="")
    client = signed_in(tidewell.vera)
    for address, n in dict(numbers(page(client))).items():
        _, *found = lines(client.get(address.replace("/team/rows/", "/team/rows/file/")))
        assert sum(int(line[2]) for line in found) == n
        assert all(line[3].startswith("'=") for line in found if line[3])


# --- how much it asks -------------------------------------------------------------------------------------------------


def test_three_hundred_cost_as_many_queries_as_three(
    monday: object, tidewell: Tidewell, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(tidewell.mara)
    _crowd(tidewell, 3, "few")
    addresses = [
        reverse("team"),
        reverse("team") + "?period=90&tier=1",
        reverse("team-rows"),
        reverse("team-rows") + "?what=replied",
    ]
    client.get(addresses[0])  # the first page of a process asks for more than the next
    few = [query_count(client, address) for address in addresses]
    _crowd(tidewell, 297, "many")
    keep()
    assert [query_count(client, address) for address in addresses] == few
    assert max(few) <= 16


def _crowd(cast: Tidewell, count: int, name: str) -> None:
    """So many touches with an answer; every tenth with a sender, an owner and a campaign of its own."""
    at = MONDAY - DAY
    with scope(workspace=cast.workspace):
        for n in range(0, count, 10):
            owner = member(cast.workspace, f"{name}{n} Brandt", Role.SDR)
            of = sender(owner, f"{name} {n}", "business")
            people = enroll(campaign(owner, f"{name} {n}"), of, prospects(cast.workspace, min(10, count - n)))
            Touch.objects.bulk_create(
                unsaved_touch(one, Kind.DM, gate_at=at, planned_at=at, state="sent") for one in people
            )
            threads = Thread.objects.bulk_create(
                Thread(
                    workspace=cast.workspace,
                    sender=of,
                    prospect_id=one.prospect_id,
                    provider_chat=f"chat-{one.pk}",
                    last_at=MONDAY,
                )
                for one in people
            )
            Message.objects.bulk_create(
                Message(
                    workspace=cast.workspace,
                    thread=thread,
                    sender=of,
                    provider_message=f"m-{thread.pk}",
                    inbound=True,
                    text="Hello",
                    at=MONDAY,
                    stored_at=MONDAY,
                    intent="interested",
                )
                for thread in threads
            )


def test_a_day_is_counted_by_beat(tidewell: Tidewell) -> None:
    """The doorbell that beat rings is there, and what it rings for empties the marks."""
    from campaigns.tasks import keep_rollups
    from outreach.schedule import SCHEDULE

    assert SCHEDULE["rollups"]["task"] == keep_rollups.name
    busy(tidewell)
    keep_rollups()
    with scope(workspace=tidewell.workspace):
        assert not RollupMark.objects.exists()
    first, last = (MONDAY - 40 * DAY).date(), MONDAY.date()
    assert sum(row["sent_inmail"] for row in rollups.daily(tidewell.workspace.pk, first, last)) == 20
