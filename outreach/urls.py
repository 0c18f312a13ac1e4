"""All addresses. Each must stand in the access matrix (tests/web/test_access.py)."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("campaigns.urls")),
]
