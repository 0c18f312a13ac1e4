"""Addresses of LinkedIn profiles: many spellings, one normal form.

The normal form is https, www.linkedin.com, no query, fragment, country or language, the slug percent-decoded, NFC and
lower-case. Addresses are rebuilt from their checked parts, so nothing hostile survives in them.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

HOME = "https://www.linkedin.com"
LONGEST = 2_000

# "ACoAA…" is a member, "ACwAA…" the same kind of id as Sales Navigator writes it. Ids are case-sensitive.
_MEMBER_ID = re.compile(r"A[A-Z][A-Za-z]AA[A-Za-z0-9_-]{3,90}")
_MEMBER_ID_AS_SLUG = re.compile(r"A[A-Z][A-Za-z]AA[A-Za-z0-9_-]{10,90}")
_LEAD = re.compile(r"([A-Za-z0-9_-]{3,95})((?:,[A-Za-z0-9_-]{0,60}){0,4})")
_URN = re.compile(
    r"urn:li:(fs_salesprofile|fsd_profile|fs_miniprofile|fs_profile):\(?([^()]{3,300}?)\)?", re.IGNORECASE
)
_HOST = re.compile(r"(?:(?:www|m|touch|[a-z]{2,3})\.)?linkedin\.com")
# What nearly every row of an export holds; understood at once, with the same outcome as the long way.
_USUAL = re.compile(r"https?://(?:www\.)?linkedin\.com/in/([a-z0-9][a-z0-9-]{0,199})/?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_NOT_IN_A_SLUG = re.compile(r"[\s/\\?#%<>\"'`{}|^\[\]():;,=*$!@+]")
_SLUG_LENGTH = 200


class NotAProfile(ValueError):
    """This text is no address of a LinkedIn profile. `sentence` says so to a person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Address:
    """One profile address, understood. `url` is the normal form; `slug` is empty where the address has none.

    sales: the address opens in Sales Navigator. legacy: a /pub/ address, which cannot be converted to a slug.
    """

    url: str
    slug: str = ""
    member_id: str = ""
    sales: bool = False
    legacy: bool = False


@lru_cache(maxsize=4096)
def understand(text: str) -> Address:
    """Read any spelling of a LinkedIn profile address or URN. Raises NotAProfile for everything else."""
    if usual := _USUAL.fullmatch(text):
        return Address(f"{HOME}/in/{usual[1]}", slug=usual[1])
    if not text.isprintable():
        text = "".join(filter(str.isprintable, text.strip()))
    text = text.strip()
    if len(text) > LONGEST:
        raise NotAProfile(f"This address is longer than {LONGEST:,} characters; paste the profile's address alone.")
    if urn := _URN.fullmatch(text):
        return _from_urn(urn[1].lower(), urn[2])
    parts = _path(text)
    match [_unquote(part) for part in parts]:
        case ["in", slug, *_] | ["mwlite", "in", slug, *_]:
            return _from_slug(slug)
        case ["pub", *rest] if rest:
            return _legacy(rest)
        case ["sales", "lead" | "people" | "profile", lead, *_]:
            return _from_lead(lead)
        case ["company" | "school" | "showcase", *_]:
            raise NotAProfile("This is the address of a company page; give the person's own profile address.")
    raise NotAProfile("This LinkedIn address is not a person's profile; it should look like linkedin.com/in/name.")


def normalise(text: str) -> str:
    """The one normal spelling of a profile address. Normalising twice changes nothing. Raises NotAProfile."""
    return understand(text).url


def slug_of(text: str) -> str | None:
    """The public name in the address (/in/<slug>), lower-case; None when the text has none."""
    try:
        return understand(text).slug or None
    except NotAProfile:
        return None


def member_id_of(text: str) -> str | None:
    """LinkedIn's own id (ACoAA…, ACwAA…) from an address, a URN or the bare id; None when the text has none."""
    text = text.strip()
    if _MEMBER_ID.fullmatch(text):
        return text
    try:
        return understand(text).member_id or None
    except NotAProfile:
        return None


def _path(text: str) -> list[str]:
    """The path segments of an address on LinkedIn's own host."""
    if "\\" in text:
        raise NotAProfile("This address contains a backslash; copy the profile's address from the browser again.")
    if text.startswith("/") and not text.startswith("//"):
        text = HOME + text
    elif text[:3].lower() == "in/":
        text = f"{HOME}/{text}"
    elif text.startswith("//"):
        text = "https:" + text
    elif not _SCHEME.match(text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotAProfile("This address is not complete; it should look like linkedin.com/in/name.") from None
    if parts.scheme not in ("http", "https"):
        raise NotAProfile("Only web addresses are accepted here; it should look like linkedin.com/in/name.")
    host = (parts.hostname or "").rstrip(".")
    if not _HOST.fullmatch(host) or "@" in parts.netloc or port not in (None, 80, 443):
        raise NotAProfile("This address does not lead to linkedin.com; it should look like linkedin.com/in/name.")
    segments = [segment for segment in parts.path.split("/") if segment]
    if segments:
        segments[0] = segments[0].lower()
    if len(segments) > 1 and segments[0] in ("sales", "mwlite"):
        segments[1] = segments[1].lower()
    return segments


def _unquote(text: str) -> str:
    """Percent-decode until nothing changes: copied addresses are sometimes encoded twice."""
    for _ in range(5):
        decoded = unquote(text)
        if decoded == text:
            break
        text = decoded
    return text


def _from_slug(text: str) -> Address:
    text = text.strip()
    if _MEMBER_ID_AS_SLUG.fullmatch(text):
        return Address(f"{HOME}/in/{text}", member_id=text)
    slug = _fold(text)
    if (
        not 1 <= len(slug) <= _SLUG_LENGTH
        or not any(c.isalnum() for c in slug)
        or _NOT_IN_A_SLUG.search(slug)
        or not slug.isprintable()
        or "\ufffd" in slug
    ):
        raise NotAProfile("The name in this profile address is damaged; copy the address from the browser again.")
    return Address(f"{HOME}/in/{slug}", slug=slug)


def _fold(slug: str) -> str:
    """Lower-case and NFC, repeated until stable (lower-casing can undo composition and the other way round)."""
    for _ in range(4):
        folded = unicodedata.normalize("NFC", slug.lower())
        if folded == slug:
            break
        slug = folded
    return slug


def _legacy(parts: list[str]) -> Address:
    path = "/".join(_from_slug(part).slug or part for part in parts[:4])
    return Address(f"{HOME}/pub/{path}", legacy=True)


def _from_lead(text: str) -> Address:
    lead = _LEAD.fullmatch(text.strip().rstrip(","))
    if not lead:
        raise NotAProfile("This Sales Navigator address is damaged; copy it from the browser again.")
    return Address(f"{HOME}/sales/lead/{lead[0]}", member_id=lead[1], sales=True)


def _from_urn(kind: str, rest: str) -> Address:
    if kind == "fs_salesprofile":
        return _from_lead(re.sub(r"\s*,\s*", ",", rest))
    if not _MEMBER_ID.fullmatch(rest):
        raise NotAProfile("This URN does not name a LinkedIn member; give the profile's address.")
    return Address(f"{HOME}/in/{rest}", member_id=rest)
