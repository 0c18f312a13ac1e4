"""The examples of docs/api.md, made as they stand there."""

import re
import shlex
from pathlib import Path
from string import Template

import pytest
from django.conf import settings
from django.test import Client

from accounts import keys
from tests.api.caller import token
from tests.cast import Tidewell, campaign, enroll, prospects
from tests.web.conversations import conversation

PAGE = Path(settings.BASE_DIR, "docs", "api.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == len([line for line in PAGE.splitlines() if line.startswith("curl ")]) >= 8


@pytest.mark.django_db
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_works(example: str, monday: object, tidewell: Tidewell) -> None:
    people = prospects(tidewell.workspace, 2)
    of = campaign(tidewell.bob)
    (enrolled,) = enroll(of, tidewell.senders["bob"], people[:1])
    known = {
        "PARLEY": "",
        "KEY": token(tidewell.alice),
        "SENDER": tidewell.senders["bob"].pk,
        "PROSPECT": people[1].pk,
        "CAMPAIGN": of.pk,
        "ENROLLMENT": enrolled.pk,
        "THREAD": conversation(tidewell.senders["bob"]).pk,
    }
    said = shlex.split(Template(example).substitute(known))
    assert said.pop(0) == "curl"
    address = next(word for word in said if word.startswith("/api/v1/"))
    headers = dict(said[at + 1].split(": ", 1) for at, word in enumerate(said) if word == "-H")
    body = next((said[at + 1] for at, word in enumerate(said) if word == "-d"), "")
    method = "POST" if body or "-X" in said else "GET"
    content_type = headers.pop("Content-Type", "application/octet-stream")
    answer = Client().generic(method, address, body, content_type, headers=headers)
    assert answer.status_code in (200, 201), answer.content


def test_the_page_says_the_numbers_of_the_code() -> None:
    assert f"more than {keys.PER_MINUTE} calls" in PAGE
