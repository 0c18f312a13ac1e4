"""What counts against a limit: a guess at a password, a sign-up, a mail that somebody made us send."""

from django.db import models


class Attempt(models.Model):
    """One of them. `key` is a keyed hash of the address, person, workspace or network it counts for."""

    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "key", "at"], name="attempts_of_key"),
            models.Index(fields=["at"], name="attempts_by_age"),
        ]
