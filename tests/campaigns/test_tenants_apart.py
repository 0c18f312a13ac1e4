"""Rows of two tenants cannot meet: shown for every foreign key from one tenant row to another."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import Error, connection, models, transaction
from django.db.models import ForeignKey

from accounts.models import Member
from accounts.tenancy import TenantKey, TenantModel
from campaigns.running.database import rows
from tests.cast import MONDAY, Tidewell, charlie, tidewell

__all__ = ["charlie", "tidewell"]


def tenant_keys() -> list[Any]:
    """Every foreign key from one tenant row to another."""
    return [
        pytest.param(model, field.name, id=f"{model.__name__}.{field.name}")
        for app in ("accounts", "prospects", "campaigns")
        for model in apps.get_app_config(app).get_models()
        if issubclass(model, TenantModel) and not model._meta.proxy
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and issubclass(field.related_model, TenantModel)
    ]


def test_there_are_keys_to_test_and_all_are_tenant_keys() -> None:
    keys = [key.values for key in tenant_keys()]
    assert len(keys) >= 40
    assert [
        key for key in keys if TenantKey(field=key[1], name=constraint_of(*key)) not in key[0]._meta.constraints
    ] == []


@pytest.mark.parametrize(("model", "name"), tenant_keys())
def test_rows_of_two_tenants_cannot_meet(
    model: type[models.Model], name: str, charlie: Member, tidewell: Tidewell
) -> None:
    """A row of Tidewell that points to a row of Otherside is refused, whatever else it says."""
    field = model._meta.get_field(name)
    target = field.related_model
    assert isinstance(field, ForeignKey) and isinstance(target, type)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # only the key in question is to be judged
        theirs = bare(target, charlie.workspace_id)
        with pytest.raises(Error) as refusal, transaction.atomic():
            bare(model, tidewell.workspace.pk, **{field.column: theirs})
            rows(f'SET CONSTRAINTS "{constraint_of(model, name)}" IMMEDIATE')
        transaction.set_rollback(True)
    assert "violates foreign key constraint" in str(refusal.value) and constraint_of(model, name) in str(refusal.value)


def constraint_of(model: type[models.Model], name: str) -> str:
    return f"{model._meta.model_name}_{name}_tenant"


def bare(model: type[models.Model], workspace: int, **given: int) -> int:
    """The id of a row of this table that says as little as it may; its own keys point nowhere and are not judged."""
    columns: dict[str, Any] = {}
    for field in model._meta.local_concrete_fields:
        if field.primary_key or getattr(field, "generated", False) or field.null:
            continue
        if field.name == "workspace":
            columns[field.column] = workspace
        elif isinstance(field, ForeignKey):
            columns[field.column] = 2_000_000_000 + workspace
        else:
            columns[field.column] = plain(field)
    needed = {
        "credittransfer": {"credit": "available"},
        "touch": {"state": "planned"},
        "enrollment": {"state": "waiting"},
        "apikey": {"expires_at": MONDAY + timedelta(days=1)},
    }
    columns |= needed.get(model._meta.model_name or "", {}) | given
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    found = rows(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}) RETURNING id", tuple(columns.values()))
    return int(found[0]["id"])


def plain(field: Any) -> Any:
    if field.choices:
        return field.choices[0][0]
    if field.has_default() and not isinstance(field, models.JSONField):
        return field.get_default()
    match field:
        case models.DateTimeField():
            return MONDAY
        case models.DateField():
            return MONDAY.date()
        case models.BooleanField():
            return False
        case models.JSONField():
            return "{}"
        case ArrayField():
            return [field.name]
        case models.IntegerField():
            return 1
        case _:
            return "" if field.blank else field.name[: field.max_length or 200]
