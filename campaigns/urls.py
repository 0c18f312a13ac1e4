"""Addresses of campaigns. Each must stand in the access matrix (tests/web/test_access.py)."""

from django.urls import path

from campaigns.views import hooks, overview

urlpatterns = [
    path("", overview.overview, name="home"),
    path("hooks/unipile/<str:hook>/", hooks.unipile_hook, name="hook-unipile"),
]
