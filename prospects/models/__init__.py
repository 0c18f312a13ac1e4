"""Whom we talk to."""

from prospects.models.audience import Audience, AudienceMember
from prospects.models.company import Company
from prospects.models.imports import ColumnMemory, Import, ImportedPerson, ImportPart, ImportRow
from prospects.models.intent import Intent
from prospects.models.prospect import Prospect
from prospects.models.relationship import Relationship
from prospects.models.suppression import Suppression

__all__ = [
    "Audience",
    "AudienceMember",
    "ColumnMemory",
    "Company",
    "Import",
    "ImportPart",
    "ImportRow",
    "ImportedPerson",
    "Intent",
    "Prospect",
    "Relationship",
    "Suppression",
]
