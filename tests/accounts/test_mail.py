"""Mails: text and HTML, links of ours, nothing that a name can add; and the page that shows them in development."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.core import mail as outbox
from django.test import Client

from accounts import mail
from outreach.web import mailbox

HOSTILE = 'Eve\r\nBcc: all@example.com\n\nhttps://evil.example/ <script>alert(1)</script> "x" {{7*7}} \u202e'
KINDS = sorted(path.stem for path in (Path(mail.__file__).parents[1] / "templates/emails").glob("*.txt"))
WORDS = {
    "name": "Ada",
    "link": "http://127.0.0.1:8000/somewhere/",
    "inviter": "Alice",
    "workspace": "Tidewell",
    "role": "an SDR",
    "until": "9 November 2026",
    "address": "ada@example.com",
}


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> Path:
    """Mail goes to a folder, as on a development machine."""
    backend = "outreach.web.mailbox.FolderBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"path": str(tmp_path / "mail")}}}
    return tmp_path / "mail"


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_is_text_and_simple_html_with_the_same_words(kind: str) -> None:
    mail.send(kind, "ada@example.com", **WORDS)
    (letter,) = outbox.outbox
    (html,) = letter.alternatives
    assert html.mimetype == "text/html"
    assert letter.subject and "\n" not in letter.subject and letter.subject not in letter.body
    told = re.sub(r"<[^>]+>", " ", html.content)
    assert " ".join(letter.body.split()) in " ".join(told.split())
    assert "<script" not in html.content and "style=" not in html.content
    if "http://" in letter.body:
        assert f'<a href="{WORDS["link"]}">' in html.content


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_adds_a_header_a_paragraph_or_a_link(kind: str) -> None:
    mail.send(kind, "ada@example.com", **{**WORDS, "name": HOSTILE, "inviter": HOSTILE, "workspace": HOSTILE})
    (letter,) = outbox.outbox
    message = letter.message()
    assert message["Bcc"] is None and message["To"] == "ada@example.com" and len(message.get_all("Subject")) == 1
    html = letter.alternatives[0].content
    assert "<script>" not in html and 'href="https://evil' not in html
    assert "49" not in letter.body, "what is typed is never a template"
    assert "https://evil" not in letter.body, "and what mail programs would make a link of is gone"
    assert "\u202e" not in letter.body + letter.subject
    assert not any(line.startswith(("Bcc:", "https://evil")) for line in letter.body.splitlines())


def test_a_name_in_a_mail_to_strangers_cannot_advertise() -> None:
    assert mail.plain_name("Win at https://evil.example/now or www.evil.example") == (
        "Win at https evil example now or www evil example"
    )
    assert len(mail.plain_name("a" * 200)) == 60
    assert mail.plain_name("J. R. Müller-Lüdenscheidt") == "J. R. Müller-Lüdenscheidt"


def test_a_link_in_a_mail_is_of_our_public_address(settings: Any) -> None:
    settings.PUBLIC_URL = "https://parley.example.com"
    assert mail.link("sign-in") == "https://parley.example.com/sign-in/"


def test_what_cannot_be_sent_says_so_in_one_sentence(settings: Any) -> None:
    options = {"host": "127.0.0.1", "port": 9}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    with pytest.raises(mail.NotSent, match=r"^The mail could not be sent\."):
        mail.send("verify", "ada@example.com", **WORDS)


def test_in_development_mail_is_kept_and_shown_with_links_to_click(kept: Path, client: Client) -> None:
    mail.send("verify", "first@example.com", **WORDS)
    mail.send("reset", "second@example.com", **WORDS)
    page = client.get("/mail/").content.decode()
    assert page.index("second@example.com") < page.index("first@example.com"), "newest first"
    (newest, _) = re.findall(r'href="(/mail/[^"/]+/)"', page)
    letter = client.get(newest).content.decode()
    assert "Choose a new password for Parley" in letter and f'href="{WORDS["link"]}"' in letter
    assert oct(kept.stat().st_mode)[-3:] == "700"


def test_a_hostile_mail_does_nothing_on_its_page(kept: Path, client: Client) -> None:
    mail.send("verify", "ada@example.com", **{**WORDS, "name": HOSTILE})
    (letter,) = mailbox.letters()
    page = client.get(f"/mail/{letter.name}/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_only_the_newest_mails_are_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "KEPT", 3)
    for number in range(5):
        mail.send("verify", f"person{number}@example.com", **WORDS)
    assert [letter.to for letter in mailbox.letters()] == [f"person{number}@example.com" for number in (4, 3, 2)]
    assert len(list(kept.iterdir())) == 3


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "00000000000000000000-00000000", "x"])
def test_there_is_no_way_out_of_the_folder(name: str, kept: Path, client: Client) -> None:
    assert client.get(f"/mail/{name}/").status_code == 404


def test_an_empty_mailbox_says_how_to_fill_it(kept: Path, client: Client) -> None:
    assert b"Nothing was sent yet." in client.get("/mail/").content


def test_in_production_there_is_no_such_page(kept: Path, client: Client, settings: Any) -> None:
    mail.send("verify", "ada@example.com", **WORDS)
    (letter,) = mailbox.letters()
    settings.PRODUCTION = True
    assert client.get("/mail/").status_code == client.get(f"/mail/{letter.name}/").status_code == 404


@pytest.mark.parametrize(
    ("backend", "refused"),
    [
        ("outreach.web.mailbox.FolderBackend", True),
        ("django.core.mail.backends.console.EmailBackend", True),
        ("django.core.mail.backends.smtp.EmailBackend", False),
    ],
)
def test_a_deployment_that_keeps_its_mail_is_refused(backend: str, refused: bool, settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {}}}
    found = {problem.id for problem in checks.run_checks(tags=["security"], include_deployment_checks=True)}
    assert ("parley.E001" in found) is refused
