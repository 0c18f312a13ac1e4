"""For whoever watches the process: is it alive, and may it be given work?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks no database."""
    return _sentence("Alive.")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has all migrations, else 503 and what to do."""
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return _sentence("The database cannot be reached: check DATABASE_URL and that the server runs.", status=503)
    if missing:
        return _sentence(f"Migrations are missing ({missing}): run manage.py migrate.", status=503)
    return _sentence("Ready.")


def _sentence(text: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
