"""Addresses of the API. Each must stand in docs/openapi.yaml and in the matrix of tests/api/test_matrix.py."""

from django.urls import path

from campaigns.api import campaigns, enrollments, prospects, threads

urlpatterns = [
    path("prospects/", prospects.Prospects.as_view(), name="api-prospects"),
    path("prospects/<int:pk>/", prospects.OneProspect.as_view(), name="api-prospect"),
    path("prospects/<int:pk>/do-not-contact/", prospects.DoNotContact.as_view(), name="api-prospect-forbid"),
    path("campaigns/", campaigns.Campaigns.as_view(), name="api-campaigns"),
    path("campaigns/<int:pk>/", campaigns.OneCampaign.as_view(), name="api-campaign"),
    path("campaigns/<int:pk>/enrollments/", campaigns.Enrolling.as_view(), name="api-campaign-enroll"),
    path("campaigns/<int:pk>/launch/", campaigns.Launching.as_view(), name="api-campaign-launch"),
    path("campaigns/<int:pk>/pause/", campaigns.Pausing.as_view(), name="api-campaign-pause"),
    path("campaigns/<int:pk>/resume/", campaigns.Resuming.as_view(), name="api-campaign-resume"),
    path("enrollments/", enrollments.Enrollments.as_view(), name="api-enrollments"),
    path("enrollments/<int:pk>/", enrollments.OneEnrollment.as_view(), name="api-enrollment"),
    path("enrollments/<int:pk>/hold/", enrollments.Holding.as_view(), name="api-enrollment-hold"),
    path("enrollments/<int:pk>/resume/", enrollments.Resuming.as_view(), name="api-enrollment-resume"),
    path("enrollments/<int:pk>/stop/", enrollments.Stopping.as_view(), name="api-enrollment-stop"),
    path("threads/", threads.Threads.as_view(), name="api-threads"),
    path("threads/<int:pk>/", threads.OneThread.as_view(), name="api-thread"),
    path("threads/<int:pk>/messages/", threads.Messages.as_view(), name="api-thread-messages"),
    path("threads/<int:pk>/answers/", threads.Answering.as_view(), name="api-thread-answer"),
    path("threads/<int:pk>/done/", threads.Closing.as_view(), name="api-thread-done"),
    path("threads/<int:pk>/reopen/", threads.Reopening.as_view(), name="api-thread-reopen"),
    path("threads/<int:pk>/snooze/", threads.Snoozing.as_view(), name="api-thread-snooze"),
    path("threads/<int:pk>/assign/", threads.Assigning.as_view(), name="api-thread-assign"),
    path("threads/<int:pk>/label/", threads.Labelling.as_view(), name="api-thread-label"),
    path("threads/<int:pk>/outcome/", threads.SettingOutcome.as_view(), name="api-thread-outcome"),
    path("threads/<int:pk>/notes/", threads.Noting.as_view(), name="api-thread-note"),
]
