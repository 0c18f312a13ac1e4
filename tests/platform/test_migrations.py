"""The first migrations are written as `./dev manage makemigrations` writes them: short, and quick to apply."""

import pytest
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel

from accounts.management.commands.makemigrations import folded
from accounts.tenancy import TenantKey

OURS = ("accounts", "prospects", "campaigns")


@pytest.mark.parametrize("app", OURS)
def test_constraints_stand_in_the_table_that_they_belong_to(app: str) -> None:
    operations = MigrationLoader(None).disk_migrations[app, "0001_initial"].operations
    assert len(folded(operations)) == len(operations)


def test_what_names_a_field_that_comes_later_stays_where_it_is() -> None:
    table = CreateModel("Touch", [])
    early = AddConstraint("touch", TenantKey(field="sender", name="touch_sender_tenant"))
    late = AddConstraint("touch", TenantKey(field="message", name="touch_message_tenant"))
    foreign = AddIndex("thread", TenantKey(field="touch", name="of_an_older_table"))
    field = AddField("touch", "message", None)
    assert folded([table, early, field, late, foreign]) == [table, field, late, foreign]
    assert table.options == {"constraints": [early.constraint]}
