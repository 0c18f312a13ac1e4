"""All addresses. Each must stand in the access matrix (tests/web/test_access.py)."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("campaigns.urls")),
    path("api/v1/", include("campaigns.api.urls")),
]

handler400 = "outreach.web.errors.bad_request"
handler403 = "outreach.web.errors.forbidden"
handler404 = "outreach.web.errors.not_found"
handler500 = "outreach.web.errors.server_error"
