"""LinkedIn addresses: every spelling of a profile is one, and nothing else is a profile."""

from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospects.files.urls import Address, NotAProfile, member_id_of, normalise, slug_of, understand

LEAD = "ACwAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"
MEMBER = "ACoAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"


@pytest.mark.parametrize(
    "text",
    [
        "https://www.linkedin.com/in/jon-bergstrom",
        "http://www.linkedin.com/in/jon-bergstrom/",
        "https://linkedin.com/in/Jon-Bergstrom",
        "linkedin.com/in/jon-bergstrom",
        "www.linkedin.com/in/jon-bergstrom//",
        "//www.linkedin.com/in/jon-bergstrom",
        "https://se.linkedin.com/in/jon-bergstrom?originalSubdomain=se",
        "HTTPS://WWW.LINKEDIN.COM/IN/JON-BERGSTROM#about",
        "https://www.linkedin.com:443/in/jon%2Dbergstrom/en",
        "https://m.linkedin.com/mwlite/in/jon-bergstrom",
        "https://www.linkedin.com/in/jon-bergstrom/recent-activity/all/",
        "  https://www.linkedin.com/in/jon-\u200bbergstrom\u00a0",
        "/in/jon-bergstrom/",
        "in/jon-bergstrom",
    ],
)
def test_every_spelling_of_an_address_is_the_same_person(text: str) -> None:
    assert normalise(text) == "https://www.linkedin.com/in/jon-bergstrom"
    assert slug_of(text) == "jon-bergstrom"
    assert member_id_of(text) is None


@pytest.mark.parametrize(
    "slug", ["J%C3%B6rg-Weiß", "j%c3%b6rg-wei%C3%9F", "jo\u0308rg-weiß", "J%25C3%25B6rg-wei%25C3%259f"]
)
def test_percent_signs_and_accents_do_not_hide_who_it_is(slug: str) -> None:
    assert slug_of(f"https://de.linkedin.com/in/{slug}/") == "jörg-weiß"


@pytest.mark.parametrize(
    "text",
    [
        f"https://www.linkedin.com/sales/lead/{LEAD},NAME_SEARCH,xYz1",
        f"http://linkedin.com/sales/people/{LEAD},NAME_SEARCH,xYz1?_ntb=abc",
        f"https://www.linkedin.com/sales/lead/{LEAD}%2CNAME_SEARCH%2CxYz1",
        f"urn:li:fs_salesProfile:({LEAD},NAME_SEARCH,xYz1)",
    ],
)
def test_a_sales_navigator_address_gives_the_member_id(text: str) -> None:
    url = f"https://www.linkedin.com/sales/lead/{LEAD},NAME_SEARCH,xYz1"
    assert understand(text) == Address(url, member_id=LEAD, sales=True)
    assert (member_id_of(text), slug_of(text)) == (LEAD, None)


def test_a_profile_address_may_hold_a_member_id_whose_case_matters() -> None:
    assert understand(f"https://www.linkedin.com/in/{MEMBER}/") == Address(
        f"https://www.linkedin.com/in/{MEMBER}", member_id=MEMBER
    )
    assert member_id_of(f"urn:li:fsd_profile:{MEMBER}") == member_id_of(f" {MEMBER} ") == MEMBER
    assert member_id_of("jon-bergstrom") is None


def test_an_old_pub_address_is_kept_and_has_no_slug() -> None:
    address = understand("http://www.linkedin.com/pub/Jon-Berg/1a/2b3/4c5/")
    assert address == Address("https://www.linkedin.com/pub/jon-berg/1a/2b3/4c5", legacy=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("javascript:alert(1)", "Only web addresses"),
        ("JaVaScRiPt://www.linkedin.com/in/jon", "Only web addresses"),
        ("java\nscript:alert(1)//linkedin.com/in/jon", "Only web addresses"),
        ("data:text/html,<script>", "Only web addresses"),
        ("ftp://www.linkedin.com/in/jon", "Only web addresses"),
        ("https://evil.example/in/jon", "does not lead to linkedin.com"),
        ("https://www.linkedin.com.evil.example/in/jon", "does not lead to linkedin.com"),
        ("https://evillinkedin.com/in/jon", "does not lead to linkedin.com"),
        ("https://www.linkedin.com@evil.example/in/jon", "does not lead to linkedin.com"),
        ("https://user:secret@www.linkedin.com/in/jon", "does not lead to linkedin.com"),
        ("https://evil.example\\@www.linkedin.com/in/jon", "backslash"),
        ("https://www.linkedin.com:8080/in/jon", "does not lead to linkedin.com"),
        ("https://www.linkedin.com:99999/in/jon", "not complete"),
        ("https://[::1/in/jon", "not complete"),
        ("https://www.linkedin.com/company/nordlys/", "company page"),
        ("https://www.linkedin.com/feed/", "not a person's profile"),
        ("https://www.linkedin.com/in/", "not a person's profile"),
        ("https://www.linkedin.com/in/..%2f..%2flogout", "damaged"),
        ("https://www.linkedin.com/in/%3Cscript%3E", "damaged"),
        ("https://www.linkedin.com/in/jon%00berg%ff", "damaged"),
        ("https://www.linkedin.com/in/" + "x" * 201, "damaged"),
        ("https://www.linkedin.com/sales/lead/<b>", "damaged"),
        ("urn:li:fsd_profile:nobody", "URN"),
        ("https://www.linkedin.com/in/" + "x" * 2_000, "longer"),
        ("", "does not lead to linkedin.com"),
        ("n/a", "does not lead to linkedin.com"),
    ],
)
def test_what_is_no_profile_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(NotAProfile) as refused:
        normalise(text)
    assert says in refused.value.sentence and refused.value.sentence.endswith(".")
    assert slug_of(text) is None and member_id_of(text) is None


slugs = st.text(st.sampled_from("abcxyz0189-_.éößñøłЖ田中🌿İǅﬁ"), min_size=1, max_size=30).filter(
    lambda slug: any(c.isalnum() for c in slug)
)


@given(slugs, st.sampled_from(["", "?trk=x", "#top", "/", "/de", "/?a=/in/b"]), st.sampled_from(["www.", "", "fr."]))
def test_any_spelling_of_any_slug_means_the_same_slug(slug: str, tail: str, host: str) -> None:
    plain = slug_of(f"https://www.linkedin.com/in/{slug}")
    assert plain
    for spelled in (slug, quote(slug), quote(quote(slug)), slug.upper().lower() if slug.isascii() else slug):
        assert slug_of(f"http://{host}linkedin.com/in/{spelled}{tail}") == plain


@given(
    slugs | st.text(max_size=60),
    st.sampled_from(["", "https://www.linkedin.com/in/", "linkedin.com/pub/", "/sales/lead/"]),
)
def test_normalising_twice_changes_nothing_and_always_leads_to_linkedin(text: str, start: str) -> None:
    try:
        once = normalise(start + text)
    except NotAProfile:
        return
    assert normalise(once) == once
    assert slug_of(once) == slug_of(start + text) and member_id_of(once) == member_id_of(start + text)
    parts = urlsplit(once)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "www.linkedin.com", "", "")
