"""Who we are and what we may spend."""

from accounts.models.api_key import ApiCall, ApiKey
from accounts.models.attempt import Attempt
from accounts.models.connection import Connection
from accounts.models.credit import CreditBalance, CreditLot, CreditObservation, CreditTransfer
from accounts.models.history import History, VirtualClock
from accounts.models.invitation import Invitation
from accounts.models.plan import Plan, PlanTerms
from accounts.models.sample import Sample
from accounts.models.sender import Sender, SenderTurn
from accounts.models.user import User
from accounts.models.workspace import Member, Role, Workspace

__all__ = [
    "ApiCall",
    "ApiKey",
    "Attempt",
    "Connection",
    "CreditBalance",
    "CreditLot",
    "CreditObservation",
    "CreditTransfer",
    "History",
    "Invitation",
    "Member",
    "Plan",
    "PlanTerms",
    "Role",
    "Sample",
    "Sender",
    "SenderTurn",
    "User",
    "VirtualClock",
    "Workspace",
]
