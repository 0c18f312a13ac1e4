"""What the API answers: each field named, so that nothing else ever goes out."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.models.campaign import CampaignState
from campaigns.models.enrollment import EnrollmentState
from campaigns.models.thread import LABELS, Outcome, ThreadState
from outreach.engine.kinds import Seniority
from prospects.models import Prospect

PROFILE = "https://www.linkedin.com/in/"


class Shape(serializers.Serializer):  # type: ignore[misc]  # REST framework has no types
    """Something that is answered, never taken."""


class Ref(Shape):
    """What something is and what it is called."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="*")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {"id": instance.pk, "name": str(instance)}


class ProspectShape(Shape):
    """A person we may approach."""

    id = serializers.IntegerField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    title = serializers.CharField()
    company = serializers.CharField(source="company.name", default=None, allow_null=True)
    email = serializers.CharField()
    phone = serializers.CharField()
    location = serializers.CharField()
    profile = serializers.SerializerMethodField()
    seniority = serializers.ChoiceField(choices=list(Seniority))
    tier = serializers.IntegerField(min_value=1, max_value=3)
    open_profile = serializers.BooleanField(allow_null=True)
    replied_at = serializers.DateTimeField(allow_null=True)
    do_not_contact_at = serializers.DateTimeField(source="suppressed_at", allow_null=True)
    created_at = serializers.DateTimeField()

    @extend_schema_field({"type": ["string", "null"]})
    def get_profile(self, person: Prospect) -> str | None:
        return f"{PROFILE}{person.slug}" if person.slug else None


class CampaignShape(Shape):
    """A campaign. `people`: how many are in it, whatever became of them."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    play = serializers.CharField()
    state = serializers.ChoiceField(choices=CampaignState.values)
    owner = Ref()
    audience = Ref(allow_null=True)
    people = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    launched_at = serializers.DateTimeField(allow_null=True)


class EnrollmentShape(Shape):
    """A person in a campaign. `reason`: why the sequence stopped, empty while it goes on."""

    id = serializers.IntegerField()
    campaign = Ref()
    prospect = Ref()
    sender = Ref()
    state = serializers.ChoiceField(choices=EnrollmentState.values)
    reason = serializers.CharField()
    entered_at = serializers.DateTimeField()
    last_touch_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class ThreadShape(Shape):
    """A conversation of a sender with a person. `label`: what the reply is after."""

    id = serializers.IntegerField()
    prospect = Ref()
    sender = Ref()
    campaign = Ref(source="enrollment.campaign", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=ThreadState.values)
    label = serializers.ChoiceField(choices=[*LABELS, ""])
    subject = serializers.CharField()
    preview = serializers.CharField()
    unread = serializers.IntegerField()
    waits_for_answer = serializers.BooleanField()
    last_at = serializers.DateTimeField()
    last_reply_at = serializers.DateTimeField(source="last_inbound_at", allow_null=True)
    assignee = Ref(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.values)
    outcome_on = serializers.DateField(allow_null=True)


class MessageShape(Shape):
    """Something that was said. `inbound`: by the person; `label`: what it is after, of theirs."""

    id = serializers.IntegerField()
    inbound = serializers.BooleanField()
    text = serializers.CharField()
    label = serializers.CharField(source="intent")
    by_hand = serializers.BooleanField()
    at = serializers.DateTimeField()


class NoteShape(Shape):
    """What a member wrote beside a conversation. Never sent."""

    id = serializers.IntegerField()
    by = Ref()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class AnswerShape(Shape):
    """An answer that is no message yet, or never will be. `state` in words; `why`: one sentence."""

    id = serializers.IntegerField(source="answer.pk")
    text = serializers.CharField()
    state = serializers.CharField(source="words")
    why = serializers.CharField()
    at = serializers.DateTimeField(source="answer.at")


class WholeThreadShape(ThreadShape):
    """A conversation with its newest messages, the oldest of them first, its notes, and answers on their way."""

    messages = MessageShape(many=True)
    notes = NoteShape(many=True)
    answers = AnswerShape(many=True)


class EnrolledShape(Shape):
    """What an enrolling did. `already`: who was in it; `unknown`: numbers of nobody here; `left_out`: how many for what
    reason."""

    enrolled = serializers.IntegerField()
    already = serializers.IntegerField()
    unknown = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())


class LaunchedShape(Shape):
    """`changed`: False when it was launched before. `people`: whom it runs with."""

    changed = serializers.BooleanField()
    state = serializers.ChoiceField(choices=CampaignState.values)
    people = serializers.IntegerField()


class PausedShape(Shape):
    """`changed`: whether a running campaign was paused. `handed_over`: touches that were on their way already."""

    changed = serializers.BooleanField()
    state = serializers.ChoiceField(choices=CampaignState.values)
    handed_over = serializers.IntegerField()


class ForbiddenShape(Shape):
    """`changed`: False when it was so already. What it stopped: sequences, planned touches, and those that had been
    handed over."""

    changed = serializers.BooleanField()
    stopped = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    handed_over = serializers.IntegerField()


class HeldShape(Shape):
    """`changed`: False when it was so already. `cancelled`: planned touches that will not go; `on_the_way`: those that
    were handed over already."""

    changed = serializers.BooleanField()
    was = serializers.ChoiceField(choices=EnrollmentState.values)
    state = serializers.ChoiceField(choices=EnrollmentState.values)
    cancelled = serializers.IntegerField()
    on_the_way = serializers.IntegerField()


def many(of: type[Shape]) -> type[Shape]:
    """A page of these."""
    name = of.__name__.removesuffix("Shape")
    fields = {
        "items": of(many=True),
        "next_cursor": serializers.CharField(
            allow_null=True, help_text="Where the next page begins; null on the last."
        ),
        "__doc__": "A page of a list.",
    }
    return type(f"{name}Page", (Shape,), fields)
