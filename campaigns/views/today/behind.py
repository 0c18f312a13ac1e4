"""The rows behind a number."""

from urllib.parse import urlencode

from django.urls import reverse


def people_url(campaign: int, **asked: str) -> str:
    """The people of a campaign, those asked for."""
    return f"{reverse('campaign-people', args=[campaign])}?{urlencode(asked)}"
