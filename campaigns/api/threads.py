"""Conversations: the list, one with its messages, answering, and what the inbox does with one."""

import hashlib
import secrets
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Member
from campaigns.api.campaigns import Nothing
from campaigns.api.edge import Edge
from campaigns.api.shapes import AnswerShape, MessageShape, NoteShape, ThreadShape, WholeThreadShape, many
from campaigns.inbox import answers, triage
from campaigns.models import Message, Note, Thread
from campaigns.models.thread import LABELS, Outcome, ThreadState
from outreach.web import news
from outreach.web.api import lists
from outreach.web.api.bodies import Body, Number, Text, refuse
from outreach.web.api.lists import Listing

LISTING = Listing(
    "threads",
    {
        "state": lists.choice("state", ThreadState.values),
        "label": lists.choice("label", list(LABELS)),
        "outcome": lists.choice("outcome", [one for one in Outcome.values if one], empty="none"),
        "sender": lists.number("sender"),
        "prospect": lists.number("prospect"),
        "assignee": lists.number("assignee"),
    },
    order=("-last_at", "-pk"),
    instants=frozenset({"last_at"}),
)
NEWEST = 50
"""Messages and notes that come with a conversation; the others are pages of their own."""


class NewAnswer(Body):
    """What to answer."""

    text = Text()


class NewNote(Body):
    """What colleagues should know."""

    text = Text()


class SnoozeBody(Body):
    """Until when it sleeps."""

    until = serializers.DateTimeField()


class AssignBody(Body):
    """Whose it is to answer; null for nobody's."""

    to = Number(allow_null=True)


class LabelBody(Body):
    """What the reply is after."""

    label = serializers.ChoiceField(choices=list(LABELS))


class OutcomeBody(Body):
    """What came of it, "none" to take it back. `on`: the day of a meeting."""

    outcome = serializers.ChoiceField(choices=[*(one for one in Outcome.values if one), "none"])
    on = serializers.DateField(required=False, allow_null=True)


class Threads(Edge):
    scopes = {"GET": "threads:read"}

    @extend_schema(
        parameters=LISTING.parameters(), responses=many(ThreadShape), summary="Conversations, newest message first"
    )
    def get(self, asked: Request) -> Response:
        readable = Thread.objects.readable_by(self.member).answered()
        return self.page(asked, LISTING, _with_names(readable), ThreadShape)


class OneThread(Edge):
    scopes = {"GET": "threads:read"}

    @extend_schema(responses=WholeThreadShape, summary="One conversation with its newest messages")
    def get(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        newest = Message.objects.filter(thread=thread).order_by("-at", "-pk")[:NEWEST]
        thread_notes = Note.objects.filter(thread=thread).select_related("by__user").order_by("-at", "-pk")[:NEWEST]
        whole = dict(ThreadShape(thread).data)
        whole["messages"] = MessageShape(list(newest)[::-1], many=True).data
        whole["notes"] = NoteShape(list(thread_notes)[::-1], many=True).data
        whole["answers"] = AnswerShape(answers.under_way(thread, self.now), many=True).data
        return Response(whole)


MESSAGES = Listing("messages", {}, order=("-at", "-pk"), instants=frozenset({"at"}))


class Messages(Edge):
    scopes = {"GET": "threads:read"}

    @extend_schema(parameters=MESSAGES.parameters(), responses=many(MessageShape), summary="Messages, newest first")
    def get(self, asked: Request, pk: int) -> Response:
        return self.page(asked, MESSAGES, Message.objects.filter(thread=readable(self, pk)), MessageShape)


class Answering(Edge):
    scopes = {"POST": "threads:write"}
    beside = True

    @extend_schema(
        request=NewAnswer, responses={201: AnswerShape}, summary="Answer: it goes in ten seconds at the earliest"
    )
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        text = NewAnswer.of(self.said)["text"]
        made = answers.answer(thread, text, key=self._same(), by=self.member, now=self.now)
        _tell(thread)
        shown = [one for one in answers.under_way(thread, self.now) if one.answer.pk == made.pk]
        if shown:
            return Response(AnswerShape(shown[0]).data, 201)
        said = {"id": made.pk, "text": made.touch.text, "state": made.touch.get_state_display(), "why": ""}
        return Response(said | {"at": made.at}, 201)

    def _same(self) -> str:
        """What makes a second call the same answer: the call's own key, as far as it has one."""
        key = self.request.headers.get("Idempotency-Key", "")
        told = f"{self.api_key.pk}:{key}"
        return f"api-{hashlib.sha256(told.encode()).hexdigest()[:36]}" if key else f"api-{secrets.token_hex(16)}"


class Act(Edge):
    """One act of the inbox; answered with the conversation as it is then."""

    scopes = {"POST": "threads:write"}

    def shown(self, thread: Thread) -> Response:
        _tell(thread)
        return Response(ThreadShape(readable(self, thread.pk)).data)


class Closing(Act):
    @extend_schema(request=Nothing, responses=ThreadShape, summary="Nothing is left to do")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        Nothing.of(self.said)
        triage.done(thread, by=self.member, now=self.now)
        return self.shown(thread)


class Reopening(Act):
    @extend_schema(request=Nothing, responses=ThreadShape, summary="Back among the open ones")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        Nothing.of(self.said)
        triage.reopen(thread, by=self.member, now=self.now)
        return self.shown(thread)


class Snoozing(Act):
    @extend_schema(request=SnoozeBody, responses=ThreadShape, summary="Out of the list until then, or until they write")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        triage.snooze(thread, SnoozeBody.of(self.said)["until"], by=self.member, now=self.now)
        return self.shown(thread)


class Assigning(Act):
    @extend_schema(request=AssignBody, responses=ThreadShape, summary="Say whose it is to answer")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        number = AssignBody.of(self.said)["to"]
        to = None
        if number is not None:
            to = Member.objects.visible_to(self.member).filter(pk=number).first()
            if to is None:
                refuse("to", f"There is no member {number} here.")
        triage.assign(thread, to, by=self.member, now=self.now)
        return self.shown(thread)


class Labelling(Act):
    @extend_schema(request=LabelBody, responses=ThreadShape, summary="Correct what the reply is after")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        triage.label(thread, LabelBody.of(self.said)["label"], by=self.member, now=self.now)
        return self.shown(thread)


class SettingOutcome(Act):
    @extend_schema(request=OutcomeBody, responses=ThreadShape, summary="Say what came of it")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        said = OutcomeBody.of(self.said)
        what = "" if said["outcome"] == "none" else said["outcome"]
        triage.outcome(thread, what, on=said.get("on"), by=self.member, now=self.now)
        return self.shown(thread)


class Noting(Act):
    @extend_schema(request=NewNote, responses={201: NoteShape}, summary="Write a note for colleagues")
    def post(self, asked: Request, pk: int) -> Response:
        thread = readable(self, pk)
        made = triage.note(thread, NewNote.of(self.said)["text"], by=self.member, now=self.now)
        _tell(thread)
        return Response(NoteShape(made).data, 201)


def readable(edge: Edge, pk: int) -> Thread:
    """The conversation. Raises Http404 for a stranger to the workspace, PermissionDenied for who may not read it."""
    found: Thread = edge.found(_with_names(Thread.objects.visible_to(edge.member)), pk)
    if not Thread.objects.readable_by(edge.member).filter(pk=pk).exists():
        raise PermissionDenied(f"Only {found.sender.owner}, managers and admins read what {found.sender} is written.")
    return found


def _with_names(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.select_related("prospect", "sender__owner__user", "enrollment__campaign", "assignee__user")


def _tell(thread: Thread) -> None:
    """Open pages ask again, once it is committed."""
    transaction.on_commit(lambda: news.tell(thread.workspace_id, "inbox"), robust=True)
